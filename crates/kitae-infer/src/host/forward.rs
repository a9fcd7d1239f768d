//! Forward passes.

use super::dropout::HostNoise;
use super::layer::{Finish, FinishTraining, Unit};
use super::members::{Scale, Shift, Spread};
use super::norm::Moments;
use super::periodic::Waves;
use super::piecewise::Pieces;
use super::product::{Before, Matrix, multiply, multiply_block};
use super::workspace::LayerSpace;
use super::{HostNetwork, HostRows, LayerPart, Workspace};
use crate::config::Skip;

impl HostNetwork {
    /// Logits `[n_rows, n_outputs]` for evaluation: no dropout. An ensemble gives them for each member of
    /// each row, those of a row side by side.
    ///
    /// # Panics
    ///
    /// If the rows are not of the network's shape, a code is out of its range, or `work` was made for
    /// another network or fewer rows.
    pub fn forward<'a>(&self, rows: &HostRows, work: &'a mut Workspace) -> &'a [f32] {
        let n_rows = self.read(rows, work);
        let n_spread = self.spread(work, n_rows);
        for position in 0..self.config.hidden.len() {
            let part = &self.parts.layers[position];
            let (before, here) = work.layers.split_at_mut(position);
            let x = input_of(entry(&work.input, &work.spread), before, n_spread, part.d_in);
            let (n, space) = (n_spread * part.d_out, &mut here[0]);
            self.linear(part, x, space);
            self.normalise(part, space, n, Moments::Running);
            let y = &mut space.activations[..n];
            Finish { arch: self.arch, unit: self.unit(part), x: y }.run();
            add_skip(part, x, y);
        }
        self.output(work, n_rows);
        work.logits(self)
    }

    /// Logits `[n_rows, n_outputs]` for training, and in `work` what [`backward`](Self::backward) and
    /// [`absorb`](Self::absorb) need. `first_row` is how many rows of the step are passed in other
    /// micro-batches before these, so that each draws its part of `noise`. Batch normalisation takes the rows
    /// of the pass for the whole batch; of a single row, which has no variance, it uses the running
    /// statistics.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward).
    pub fn forward_train<'a>(
        &self,
        rows: &HostRows,
        first_row: usize,
        noise: &HostNoise,
        work: &'a mut Workspace,
    ) -> &'a [f32] {
        let n_rows = self.read(rows, work);
        let n_spread = self.spread(work, n_rows);
        let first_row = first_row * self.config.ensemble.n_members();
        let moments = if n_rows > 1 { Moments::Batch } else { Moments::Running };
        for position in 0..self.config.hidden.len() {
            let part = &self.parts.layers[position];
            let (before, here) = work.layers.split_at_mut(position);
            let x = input_of(entry(&work.input, &work.spread), before, n_spread, part.d_in);
            let n = n_spread * part.d_out;
            let space = &mut here[0];
            self.linear(part, x, space);
            self.normalise(part, space, n, moments);
            let y = &mut space.activations[..n];
            let n_strengths = space.strengths.len().min(n);
            FinishTraining {
                arch: self.arch,
                unit: self.unit(part),
                x: y,
                slopes: &mut space.slopes[..n],
                strengths: &mut space.strengths[..n_strengths],
                noise: noise.of(position, first_row, part.d_out),
            }
            .run();
            add_skip(part, x, &mut space.activations[..n]);
        }
        self.output(work, n_rows);
        work.logits(self)
    }

    /// Puts rows together as inputs of the first layer; how many there are.
    fn read(&self, rows: &HostRows, work: &mut Workspace) -> usize {
        let config = &self.config;
        let (d_numbers, n_codes, d_input) = (config.d_numbers, config.cardinalities.len(), config.d_input());
        let n_rows = rows.numbers.len().checked_div(d_numbers).unwrap_or_else(|| rows.codes.len() / n_codes);
        assert_eq!(rows.numbers.len(), n_rows * d_numbers, "rows have the network's number of numbers");
        assert_eq!(rows.codes.len(), n_rows * n_codes, "rows have a code for each categorical input");
        assert!(n_rows <= work.max_rows, "the workspace is for {} rows, got {n_rows}", work.max_rows);
        work.n_rows = n_rows;
        let input = &mut work.input[..n_rows * d_input];
        if d_numbers > 0 {
            for (row, numbers) in input.chunks_exact_mut(d_input).zip(rows.numbers.chunks_exact(d_numbers)) {
                row[..d_numbers].copy_from_slice(numbers);
            }
        }
        if let Some(waves) = Waves::of(self) {
            let [cos, sin] = &mut work.embedded.waves;
            self.arch.dispatch(waves.forward(rows.numbers, cos, sin, input));
        }
        if let Some(pieces) = Pieces::of(self) {
            self.arch.dispatch(pieces.forward(rows.numbers, &mut work.embedded.pieces, input));
        }
        self.embed(rows.codes, input);
        if let Some(scale) = &self.parts.input_scale {
            let scale = self.part(scale);
            work.embedded.unscaled[..input.len()].copy_from_slice(input);
            for row in input.chunks_exact_mut(d_input) {
                row.iter_mut().zip(scale).for_each(|(x, scale)| *x *= scale);
            }
        }
        n_rows
    }

    /// Lets each member of an ensemble have the rows; how many they are then.
    fn spread(&self, work: &mut Workspace, n_rows: usize) -> usize {
        let Some(range) = &self.parts.member_scale else { return n_rows };
        let (width, n_spread) = (self.config.d_input(), n_rows * self.config.ensemble.n_members());
        let (x, result) = (&work.input[..n_rows * width], &mut work.spread[..n_spread * width]);
        self.arch.dispatch(Spread { x, factors: self.part(range), width, result });
        n_spread
    }

    /// Vectors of the codes go to the end of each row.
    fn embed(&self, codes: &[u32], input: &mut [f32]) {
        let Some(range) = &self.parts.embeddings else { return };
        let table = self.part(range);
        let (n_codes, width) = (self.config.cardinalities.len(), self.config.d_embedding);
        let d_input = self.config.d_input();
        let start = d_input - n_codes * width;
        for (row, codes) in input.chunks_exact_mut(d_input).zip(codes.chunks_exact(n_codes)) {
            for (place, vector) in row[start..].chunks_exact_mut(width).zip(self.vectors(codes)) {
                place.copy_from_slice(&table[vector * width..][..width]);
            }
        }
    }

    /// Which vector of the table each code of a row stands for.
    ///
    /// # Panics
    ///
    /// If a code is out of its range.
    pub(super) fn vectors<'a>(&'a self, codes: &'a [u32]) -> impl Iterator<Item = usize> + 'a {
        let mut offset = 0;
        codes.iter().zip(&self.config.cardinalities).map(move |(code, cardinality)| {
            let code = *code as usize;
            assert!(code < *cardinality, "code {code} of a column with {cardinality} codes");
            let vector = offset + code;
            offset += cardinality;
            vector
        })
    }

    /// The linear map of a hidden layer into its activations, but for a bias that all members share.
    fn linear(&self, part: &LayerPart, x: &[f32], space: &mut LayerSpace) {
        let n_rows = x.len() / part.d_in;
        let x = match &part.member_in {
            None => x,
            Some(range) => {
                let result = &mut space.scaled[..x.len()];
                self.arch.dispatch(Scale { x, factors: self.part(range), result });
                &space.scaled[..x.len()]
            }
        };
        let z = &mut space.activations[..n_rows * part.d_out];
        let weight = Matrix::new(self.part(&part.weight), part.d_in, part.d_out);
        multiply(z, Matrix::new(x, n_rows, part.d_in), weight, part.scale, Before::Forget);
        if let Some(range) = &part.member_out {
            let products = &mut space.products[..z.len()];
            let bias =
                if part.bias.is_empty() { &self.no_bias[..range.len()] } else { self.part(&part.bias) };
            let factors = self.part(range);
            self.arch.dispatch(Shift { z, products, factors, bias });
        }
    }

    fn unit<'a>(&'a self, part: &'a LayerPart) -> Unit<'a> {
        Unit {
            activation: self.config.activation,
            // A normalisation has added it already.
            bias: if part.norm.is_some() { &self.no_bias[..part.d_out] } else { self.shared_bias(part) },
            slope: part.slope.as_ref().map(|slope| self.part(slope)),
        }
    }

    /// The bias that all members share.
    pub(super) fn shared_bias(&self, part: &LayerPart) -> &[f32] {
        match &part.member_out {
            None => self.part(&part.bias),
            Some(_) => &self.no_bias[..part.d_out],
        }
    }

    fn output(&self, work: &mut Workspace, n_rows: usize) {
        let part = &self.parts.layers[self.config.hidden.len()];
        let (n_members, n_outputs) = (self.config.ensemble.n_members(), self.config.n_outputs);
        let x = input_of(entry(&work.input, &work.spread), &work.layers, n_rows * n_members, part.d_in);
        let logits = &mut work.logits[..n_rows * part.d_out];
        let weight = self.part(&part.weight);
        for member in 0..n_members {
            let x = Matrix::block(x, [n_rows, part.d_in], member, n_members);
            let weight = Matrix::block(weight, [part.d_in, n_outputs], member, n_members);
            multiply_block(logits, (member, n_members), x, weight, part.scale, Before::Forget);
        }
        let bias = self.part(&part.bias);
        for row in logits.chunks_exact_mut(part.d_out) {
            row.iter_mut().zip(bias).for_each(|(logit, bias)| *logit += bias);
        }
    }
}

/// What enters the first layer: the rows of members, where there are any.
pub(super) fn entry<'a>(input: &'a [f32], spread: &'a [f32]) -> &'a [f32] {
    if spread.is_empty() { input } else { spread }
}

/// What a layer reads, given the layers before it.
pub(super) fn input_of<'a>(
    input: &'a [f32],
    before: &'a [LayerSpace],
    n_rows: usize,
    d_in: usize,
) -> &'a [f32] {
    let x = before.last().map_or(input, |space| &space.activations);
    &x[..n_rows * d_in]
}

fn add_skip(part: &LayerPart, x: &[f32], y: &mut [f32]) {
    if part.skip == Skip::Residual {
        y.iter_mut().zip(x).for_each(|(y, x)| *y += x);
    }
}
