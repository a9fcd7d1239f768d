//! The backward pass.

use super::forward::{entry, input_of};
use super::layer::Unfinish;
use super::members::{Unscale, Unshift, Unspread};
use super::periodic::Waves;
use super::piecewise::Pieces;
use super::product::{Before, Matrix, multiply, multiply_block};
use super::workspace::InputSpace;
use super::{HostNetwork, HostRows, LayerPart, Workspace};
use crate::config::Skip;

impl HostNetwork {
    /// `gradients` (in the order of [`values`](Self::values)) become those of the rows of the last
    /// [`forward_train`](Self::forward_train), plus themselves where `before` says so, given the gradient of
    /// the loss by the logits, `[n_rows, n_outputs]`, with a row for each member of an ensemble.
    ///
    /// # Panics
    ///
    /// If `rows`, `work` or a length differ from those of that pass.
    pub fn backward(
        &self,
        rows: &HostRows,
        by_logits: &[f32],
        work: &mut Workspace,
        gradients: &mut [f32],
        before: Before,
    ) {
        let n_hidden = self.config.hidden.len();
        assert_eq!(by_logits.len(), work.logits(self).len(), "a gradient for each logit");
        assert_eq!(gradients.len(), self.values.len(), "a gradient for each number of the network");
        if before == Before::Forget {
            self.clear_sums(gradients);
        }
        self.output_back(by_logits, work, gradients, before);
        for position in (0..n_hidden).rev() {
            self.layer_back(position, work, gradients, before);
            work.gradients.swap(0, 1);
        }
        if self.learns_inputs() {
            self.inputs_back(rows, work, gradients);
        }
    }

    /// All gradients but those by weights, which one product makes, become 0.
    fn clear_sums(&self, gradients: &mut [f32]) {
        let mut from = 0;
        for part in &self.parts.layers {
            gradients[from..part.weight.start].fill(0.0);
            from = part.weight.end;
        }
        gradients[from..].fill(0.0);
    }

    /// The output maps; the first of the gradients becomes that by their inputs.
    fn output_back(
        &self,
        by_logits: &[f32],
        work: &mut Workspace,
        gradients: &mut [f32],
        sums_before: Before,
    ) {
        let (n_rows, n_hidden) = (work.n_rows, self.config.hidden.len());
        let (n_members, n_outputs) = (self.config.ensemble.n_members(), self.config.n_outputs);
        let part = &self.parts.layers[n_hidden];
        for row in by_logits.chunks_exact(part.d_out) {
            gradients[part.bias.clone()].iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
        }
        let n = n_rows * n_members * part.d_in;
        let x = input_of(entry(&work.input, &work.spread), &work.layers, n_rows * n_members, part.d_in);
        let (weight, sums) = (self.part(&part.weight), &mut gradients[part.weight.clone()]);
        for member in 0..n_members {
            let own = (member, n_members);
            let block = |values, shape| Matrix::block(values, shape, member, n_members);
            let gradient = block(by_logits, [n_rows, n_outputs]);
            let x = block(x, [n_rows, part.d_in]).transposed();
            multiply_block(sums, own, x, gradient, part.scale, sums_before);
            if n_hidden > 0 || self.learns_inputs() {
                let weight = block(weight, [part.d_in, n_outputs]).transposed();
                let result = &mut work.gradients[0][..n];
                multiply_block(result, own, gradient, weight, part.scale, Before::Forget);
            }
        }
    }

    /// A hidden layer: the first of the gradients is by its outputs, the second becomes that by its inputs.
    fn layer_back(&self, position: usize, work: &mut Workspace, gradients: &mut [f32], sums_before: Before) {
        let n_rows = work.n_rows * self.config.ensemble.n_members();
        let part = &self.parts.layers[position];
        let n = n_rows * part.d_out;
        let [above, below] = &mut work.gradients;
        let (space, gradient) = (&work.layers[position], &mut above[..n]);
        let no_bias = &mut work.no_bias;
        let before = match part.skip {
            Skip::Residual => {
                below[..n].copy_from_slice(gradient);
                Before::Add
            }
            Skip::None => Before::Forget,
        };
        let (bias, slope) = vectors(gradients, part, no_bias);
        self.arch.dispatch(Unfinish {
            gradient,
            slopes: &space.slopes[..n],
            strengths: &space.strengths[..space.strengths.len().min(n)],
            bias,
            slope,
        });
        self.normalise_back(part, &space.norm, gradient, gradients, no_bias);
        if let Some(range) = &part.member_out {
            let (factor_sums, bias_sums) = if part.bias.is_empty() {
                (&mut gradients[range.clone()], &mut no_bias[..range.len()])
            } else {
                gradients[range.start..part.bias.end].split_at_mut(range.len())
            };
            let (products, factors) = (&space.products[..n], self.part(range));
            self.arch.dispatch(Unshift { gradient, products, factors, factor_sums, bias_sums });
        }
        let x = input_of(entry(&work.input, &work.spread), &work.layers[..position], n_rows, part.d_in);
        let result = &mut below[..x.len()];
        if let Some(range) = &part.member_in {
            by_weight(part, &space.scaled[..x.len()], gradient, gradients, sums_before);
            let by_scaled = &mut work.scaled_gradients[..x.len()];
            self.by_input(part, gradient, by_scaled, Before::Forget);
            let (gradient, factors, sums) = (by_scaled, self.part(range), &mut gradients[range.clone()]);
            self.arch.dispatch(Unscale { gradient, x, factors, sums, result, before });
        } else {
            by_weight(part, x, gradient, gradients, sums_before);
            if position > 0 || self.learns_inputs() {
                self.by_input(part, gradient, result, before);
            }
        }
    }

    /// What comes before the first layer: the first of the gradients is by its inputs.
    fn inputs_back(&self, rows: &HostRows, work: &mut Workspace, gradients: &mut [f32]) {
        let (width, n_members) = (self.config.d_input(), self.config.ensemble.n_members());
        let n = work.n_rows * width;
        let [above, below] = &mut work.gradients;
        let gradient = match &self.parts.member_scale {
            None => &mut above[..n],
            Some(range) => {
                let (gradient, x) = (&above[..n * n_members], &work.input[..n]);
                let (factors, sums) = (self.part(range), &mut gradients[range.clone()]);
                let result = &mut below[..n];
                self.arch.dispatch(Unspread { gradient, x, factors, width, sums, result });
                &mut below[..n]
            }
        };
        self.by_inputs(rows, gradient, &mut work.embedded, gradients);
    }

    /// Whether anything before the first layer is trained.
    pub(super) fn learns_inputs(&self) -> bool {
        let parts = &self.parts;
        let numbers = parts.periodic.is_some() || parts.piecewise.is_some();
        let scales = parts.input_scale.is_some() || parts.member_scale.is_some();
        numbers || parts.embeddings.is_some() || scales
    }

    /// `gradient` is by the inputs of the first layer, `[n_rows, d_input]`.
    fn by_inputs(
        &self,
        rows: &HostRows,
        gradient: &mut [f32],
        space: &mut InputSpace,
        gradients: &mut [f32],
    ) {
        let d_input = self.config.d_input();
        if let Some(range) = &self.parts.input_scale {
            let (scale, sums) = (self.part(range), &mut gradients[range.clone()]);
            for (row, x) in gradient.chunks_exact_mut(d_input).zip(space.unscaled.chunks_exact(d_input)) {
                for (((g, x), scale), sum) in row.iter_mut().zip(x).zip(scale).zip(&mut *sums) {
                    *sum += *g * x;
                    *g *= scale;
                }
            }
        }
        if let Some(waves) = Waves::of(self) {
            self.arch.dispatch(waves.backward(rows.numbers, &space.waves, gradient, gradients));
        }
        if let Some(pieces) = Pieces::of(self) {
            self.arch.dispatch(pieces.backward(rows.numbers, &mut space.pieces, gradient, gradients));
        }
        let Some(range) = &self.parts.embeddings else { return };
        let (n_codes, width) = (self.config.cardinalities.len(), self.config.d_embedding);
        let (start, sums) = (d_input - n_codes * width, &mut gradients[range.clone()]);
        for (row, codes) in gradient.chunks_exact(d_input).zip(rows.codes.chunks_exact(n_codes)) {
            for (g, vector) in row[start..].chunks_exact(width).zip(self.vectors(codes)) {
                sums[vector * width..][..width].iter_mut().zip(g).for_each(|(sum, g)| *sum += g);
            }
        }
    }

    /// g·Wᵀ.
    fn by_input(&self, part: &LayerPart, gradient: &[f32], result: &mut [f32], before: Before) {
        let n_rows = gradient.len() / part.d_out;
        let weight = match self.transposed.of(part) {
            Some(transposed) => Matrix::new(transposed, part.d_out, part.d_in),
            None => Matrix::new(self.part(&part.weight), part.d_in, part.d_out).transposed(),
        };
        multiply(result, Matrix::new(gradient, n_rows, part.d_out), weight, part.scale, before);
    }
}

/// xᵀ·g.
fn by_weight(part: &LayerPart, x: &[f32], gradient: &[f32], gradients: &mut [f32], before: Before) {
    let n_rows = gradient.len() / part.d_out;
    let x = Matrix::new(x, n_rows, part.d_in).transposed();
    let gradient = Matrix::new(gradient, n_rows, part.d_out);
    multiply(&mut gradients[part.weight.clone()], x, gradient, part.scale, before);
}

/// The sums of what a layer adds last before its activation, and of its slopes; the layout puts them side by
/// side. Where members have biases of their own, `no_bias` takes those of a bias that is not there.
fn vectors<'a>(
    gradients: &'a mut [f32],
    part: &LayerPart,
    no_bias: &'a mut [f32],
) -> (&'a mut [f32], &'a mut [f32]) {
    let added = part.norm.as_ref().map_or(&part.bias, |norm| &norm.shift);
    let end = part.slope.as_ref().map_or(added.end, |slope| slope.end);
    let (bias, slope) = gradients[added.start..end].split_at_mut(added.len());
    if part.norm.is_none() && part.member_out.is_some() {
        (&mut no_bias[..part.d_out], slope)
    } else {
        (bias, slope)
    }
}
