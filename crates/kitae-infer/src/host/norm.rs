//! Batch and layer normalisation where nothing is trained.

use std::ops::Range;

use super::{HostNetwork, LayerPart};

/// What is added to a variance before its root is taken, as in `PyTorch`.
const EPSILON: f32 = 1e-5;

/// Where the normalisation of a hidden layer lies among the numbers, and what of it is not trained.
#[derive(Clone, Debug)]
pub(super) struct NormPart {
    pub(super) gain: Range<usize>,
    pub(super) shift: Range<usize>,
    /// Mean and variance of each neuron over the rows of training; none where each row has its own.
    pub(super) running: Option<[Vec<f32>; 2]>,
}

impl HostNetwork {
    /// Products `[n_rows, width]` become what enters the activation.
    pub(super) fn normalise(&self, part: &LayerPart, norm: &NormPart, z: &mut [f32]) {
        let (gain, shift) = (self.part(&norm.gain), self.part(&norm.shift));
        match &norm.running {
            Some([mean, variance]) => {
                let factors: Vec<f32> = gain
                    .iter()
                    .zip(variance)
                    .map(|(gain, variance)| gain / (variance + EPSILON).sqrt())
                    .collect();
                for row in z.chunks_exact_mut(part.d_out) {
                    let vectors = mean.iter().zip(&factors).zip(shift);
                    for (z, ((mean, factor), shift)) in row.iter_mut().zip(vectors) {
                        *z = (*z - mean) * factor + shift;
                    }
                }
            }
            None => {
                for row in z.chunks_exact_mut(part.d_out) {
                    let n = row.len() as f32;
                    // Members of a full ensemble have added biases of their own.
                    row.iter_mut().zip(self.shared_bias(part)).for_each(|(z, bias)| *z += bias);
                    let mean = row.iter().sum::<f32>() / n;
                    let variance = row.iter().map(|z| (z - mean) * (z - mean)).sum::<f32>() / n;
                    let deviation = (variance + EPSILON).sqrt();
                    for (z, (gain, shift)) in row.iter_mut().zip(gain.iter().zip(shift)) {
                        *z = (*z - mean) / deviation * gain + shift;
                    }
                }
            }
        }
    }
}
