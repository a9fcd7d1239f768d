//! The backward pass.

use super::forward::input_of;
use super::layer::Unfinish;
use super::periodic::Waves;
use super::piecewise::Pieces;
use super::product::{Before, Matrix, multiply};
use super::workspace::InputSpace;
use super::{HostNetwork, HostRows, LayerPart, Workspace};
use crate::config::Skip;

impl HostNetwork {
    /// Adds to `gradients` (in the order of [`values`](Self::values)) those of the rows of the last
    /// [`forward_train`](Self::forward_train), given the gradient of the loss by the logits,
    /// `[n_rows, n_outputs]`.
    ///
    /// ```
    /// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
    /// use kitae_model::host::{HostNetwork, HostNoise, HostRows, Workspace};
    ///
    /// let network = HostNetwork::new(&small::config(), &small::network().weights()[0])?;
    /// let mut work = Workspace::new(&network, 2);
    /// let rows = HostRows { numbers: &[0.5, -1.0, 2.0, 0.0], codes: &[] };
    /// let noise = HostNoise::new(small::LANES[0], 0, 0, &[0.0]);
    /// network.forward_train(&rows, 0, &noise, &mut work);
    /// let mut gradients = vec![0.0; network.values().len()];
    /// network.backward(&rows, &[1.0, 1.0], &mut work, &mut gradients);
    /// // The sum of two logits moves twice as far as the output's bias.
    /// assert_eq!(gradients.last(), Some(&2.0));
    /// # Ok::<(), kitae_model::WeightsError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `rows`, `work` or a length differ from those of that pass.
    pub fn backward(&self, rows: &HostRows, by_logits: &[f32], work: &mut Workspace, gradients: &mut [f32]) {
        let (n_rows, n_hidden) = (work.n_rows, self.config.hidden.len());
        let output = &self.parts.layers[n_hidden];
        assert_eq!(by_logits.len(), n_rows * output.d_out, "a gradient for each logit");
        assert_eq!(gradients.len(), self.values.len(), "a gradient for each number of the network");
        for row in by_logits.chunks_exact(output.d_out) {
            gradients[output.bias.clone()].iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
        }
        let x = input_of(&work.input, &work.layers, n_rows, output.d_in);
        by_weight(output, x, by_logits, gradients);
        let [mut above, mut below] = work.gradients.each_mut();
        if n_hidden > 0 || self.learns_inputs() {
            self.by_input(output, by_logits, &mut above[..n_rows * output.d_in], Before::Forget);
        }
        for position in (0..n_hidden).rev() {
            let part = &self.parts.layers[position];
            let n = n_rows * part.d_out;
            let space = &work.layers[position];
            let gradient = &mut above[..n];
            let before = match part.skip {
                Skip::Residual => {
                    below[..n].copy_from_slice(gradient);
                    Before::Add
                }
                Skip::None => Before::Forget,
            };
            let (bias, slope) = vectors(gradients, part);
            self.arch.dispatch(Unfinish {
                gradient,
                slopes: &space.slopes[..n],
                strengths: &space.strengths[..space.strengths.len().min(n)],
                bias,
                slope,
            });
            let x = input_of(&work.input, &work.layers[..position], n_rows, part.d_in);
            by_weight(part, x, &above[..n], gradients);
            if position > 0 || self.learns_inputs() {
                self.by_input(part, &above[..n], &mut below[..n_rows * part.d_in], before);
            }
            std::mem::swap(&mut above, &mut below);
        }
        if self.learns_inputs() {
            let gradient = &mut above[..n_rows * self.config.d_input()];
            self.by_inputs(rows, gradient, &mut work.embedded, gradients);
        }
    }

    /// Whether anything before the first layer is trained.
    fn learns_inputs(&self) -> bool {
        let parts = &self.parts;
        let numbers = parts.periodic.is_some() || parts.piecewise.is_some();
        numbers || parts.embeddings.is_some() || parts.input_scale.is_some()
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
        let weight = Matrix::new(self.part(&part.weight), part.d_in, part.d_out).transposed();
        multiply(result, Matrix::new(gradient, n_rows, part.d_out), weight, part.scale, before);
    }
}

/// Adds xᵀ·g.
fn by_weight(part: &LayerPart, x: &[f32], gradient: &[f32], gradients: &mut [f32]) {
    let n_rows = gradient.len() / part.d_out;
    let x = Matrix::new(x, n_rows, part.d_in).transposed();
    let gradient = Matrix::new(gradient, n_rows, part.d_out);
    multiply(&mut gradients[part.weight.clone()], x, gradient, part.scale, Before::Add);
}

/// The sums of a layer's biases and slopes; the layout puts them side by side.
fn vectors<'a>(gradients: &'a mut [f32], part: &LayerPart) -> (&'a mut [f32], &'a mut [f32]) {
    let end = part.slope.as_ref().map_or(part.bias.end, |slope| slope.end);
    gradients[part.bias.start..end].split_at_mut(part.d_out)
}
