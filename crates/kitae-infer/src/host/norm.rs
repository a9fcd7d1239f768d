//! Batch and layer normalisation: each neuron over the rows of a batch, or each row over its neurons (Ioffe
//! and Szegedy 2015; Ba et al. 2016).

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::workspace::LayerSpace;
use super::{HostNetwork, LayerPart, Workspace};
use crate::config::{NetworkConfig, Normalisation};

/// What is added to a variance before its root is taken, as in `PyTorch`.
const EPSILON: f32 = 1e-5;

/// Sums that the numbers of a row are added up in: one alone would wait for each addition.
const N_SUMS: usize = 16;

/// Where the normalisation of a hidden layer lies among the numbers.
#[derive(Clone, Debug)]
pub(super) struct NormPart {
    pub(super) gain: Range<usize>,
    pub(super) shift: Range<usize>,
    /// Mean and variance of each neuron over the rows of training, among the running numbers; none where each
    /// row has its own.
    pub(super) running: Option<[Range<usize>; 2]>,
}

/// What a pass keeps of a normalisation.
#[derive(Clone, Debug, Default)]
pub(super) struct NormSpace {
    /// What gain and shift were applied to, `[n_rows · n_members, width]`; empty without a normalisation.
    normalised: Vec<f32>,
    /// One over the deviation of each row, `[n_rows · n_members]`, or of each neuron, `[width]`.
    inverse: Vec<f32>,
    /// Mean and variance of each neuron; empty where each row has its own.
    moments: [Vec<f32>; 2],
    /// Rows that these are of; 0 if they are the running ones.
    n_rows: usize,
}

/// Where batch normalisation has its mean and variance from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Moments {
    /// The rows of the pass.
    Batch,
    /// What was gathered over the rows of training.
    Running,
}

impl NormSpace {
    pub(super) fn new(config: &NetworkConfig, width: usize, n_rows: usize) -> Self {
        let space = |n: usize| vec![0.0; n];
        match config.normalisation {
            Normalisation::None => Self::default(),
            Normalisation::Layer => {
                Self { normalised: space(n_rows * width), inverse: space(n_rows), ..Self::default() }
            }
            Normalisation::Batch => Self {
                normalised: space(n_rows * width),
                inverse: space(width),
                moments: [space(width), space(width)],
                n_rows: 0,
            },
        }
    }
}

impl HostNetwork {
    /// The products of a layer, the first `n` of its activations, become what enters the activation.
    pub(super) fn normalise(&self, part: &LayerPart, space: &mut LayerSpace, n: usize, moments: Moments) {
        let Some(norm) = &part.norm else { return };
        let (z, space) = (&mut space.activations[..n], &mut space.norm);
        let NormSpace { normalised, inverse, moments: [mean, variance], n_rows } = space;
        match &norm.running {
            None => self.arch.dispatch(StandardiseRows { z, bias: self.shared_bias(part), inverse }),
            Some(running) => {
                if moments == Moments::Batch {
                    *n_rows = n / part.d_out;
                    self.arch.dispatch(Measure { z, mean, variance });
                } else {
                    *n_rows = 0;
                    mean.copy_from_slice(&self.running[running[0].clone()]);
                    variance.copy_from_slice(&self.running[running[1].clone()]);
                }
                self.arch.dispatch(StandardiseColumns { z, mean, variance, inverse });
            }
        }
        normalised[..n].copy_from_slice(z);
        self.arch.dispatch(Stretch { z, gain: self.part(&norm.gain), shift: self.part(&norm.shift) });
    }

    /// `gradient` by what [`normalise`](Self::normalise) gave becomes that by the products. Adds to the sums
    /// of the gain in `gradients` and of a bias that all members share.
    pub(super) fn normalise_back(
        &self,
        part: &LayerPart,
        space: &NormSpace,
        gradient: &mut [f32],
        gradients: &mut [f32],
        no_bias: &mut [f32],
    ) {
        let Some(norm) = &part.norm else { return };
        let (normalised, gain) = (&space.normalised[..gradient.len()], self.part(&norm.gain));
        let inverse = &space.inverse[..];
        if norm.running.is_some() {
            let (gain_sums, n_rows) = (&mut gradients[norm.gain.clone()], space.n_rows);
            self.arch.dispatch(ColumnsBack { gradient, normalised, inverse, gain, gain_sums, n_rows });
        } else {
            let sums = &mut gradients[part.bias.start..norm.gain.end];
            let (bias_sums, gain_sums) = sums.split_at_mut(part.bias.len());
            let bias_sums = if part.member_out.is_some() { &mut no_bias[..part.d_out] } else { bias_sums };
            self.arch.dispatch(RowsBack { gradient, normalised, inverse, gain, gain_sums, bias_sums });
        }
    }

    /// Moves the running statistics of batch normalisations towards those of the last
    /// [`forward_train`](Self::forward_train) with `work`: (1 − `momentum`)·running + `momentum`·batch, with
    /// the unbiased variance, as `PyTorch` does. Without any it does nothing.
    pub fn absorb(&mut self, work: &Workspace, momentum: f64) {
        let [kept, taken] = [1.0 - momentum, momentum].map(|share| share as f32);
        for (part, space) in self.parts.layers.iter().zip(&work.layers) {
            let running = part.norm.as_ref().and_then(|norm| norm.running.as_ref());
            let (Some(running), n_rows @ 1..) = (running, space.norm.n_rows) else { continue };
            let unbiased = n_rows as f32 / (n_rows as f32 - 1.0);
            for ((range, batch), factor) in running.iter().zip(&space.norm.moments).zip([1.0, unbiased]) {
                for (value, batch) in self.running[range.clone()].iter_mut().zip(batch) {
                    *value = *value * kept + batch * factor * taken;
                }
            }
        }
    }
}

/// `mean` and `variance` become those of each column of `z`, `[n_rows, width]`.
struct Measure<'a> {
    z: &'a [f32],
    mean: &'a mut [f32],
    variance: &'a mut [f32],
}

impl WithSimd for Measure<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { z, mean, variance } = self;
        let width = mean.len();
        // A batch may have many rows, whose sum single precision would not hold.
        let (n_rows, mut sums) = ((z.len() / width) as f64, vec![0.0_f64; width]);
        for row in z.chunks_exact(width) {
            sums.iter_mut().zip(row).for_each(|(sum, z)| *sum += f64::from(*z));
        }
        for (mean, sum) in mean.iter_mut().zip(&mut sums) {
            *mean = (std::mem::take(sum) / n_rows) as f32;
        }
        for row in z.chunks_exact(width) {
            for ((sum, z), mean) in sums.iter_mut().zip(row).zip(&*mean) {
                let centred = f64::from(z - mean);
                *sum += centred * centred;
            }
        }
        variance.iter_mut().zip(sums).for_each(|(variance, sum)| *variance = (sum / n_rows) as f32);
    }
}

/// Each column of `z` becomes itself less its mean, over its deviation.
struct StandardiseColumns<'a> {
    z: &'a mut [f32],
    mean: &'a [f32],
    variance: &'a [f32],
    inverse: &'a mut [f32],
}

impl WithSimd for StandardiseColumns<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { z, mean, variance, inverse } = self;
        for (inverse, variance) in inverse.iter_mut().zip(variance) {
            *inverse = (variance + EPSILON).sqrt().recip();
        }
        for row in z.chunks_exact_mut(mean.len()) {
            for ((z, mean), inverse) in row.iter_mut().zip(mean).zip(&*inverse) {
                *z = (*z - mean) * inverse;
            }
        }
    }
}

/// Each row of `z` plus `bias` becomes itself less its mean, over its deviation.
struct StandardiseRows<'a> {
    z: &'a mut [f32],
    bias: &'a [f32],
    inverse: &'a mut [f32],
}

impl WithSimd for StandardiseRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { z, bias, inverse } = self;
        let n = bias.len() as f32;
        for (row, inverse) in z.chunks_exact_mut(bias.len()).zip(inverse) {
            row.iter_mut().zip(bias).for_each(|(z, bias)| *z += bias);
            let mean = sum(row) / n;
            for z in &mut *row {
                *z -= mean;
            }
            *inverse = (sum_of_products(row, row) / n + EPSILON).sqrt().recip();
            for z in &mut *row {
                *z *= *inverse;
            }
        }
    }
}

/// `z` becomes itself times the gain of its neuron plus its shift.
struct Stretch<'a> {
    z: &'a mut [f32],
    gain: &'a [f32],
    shift: &'a [f32],
}

impl WithSimd for Stretch<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { z, gain, shift } = self;
        for row in z.chunks_exact_mut(gain.len()) {
            for (z, (gain, shift)) in row.iter_mut().zip(gain.iter().zip(shift)) {
                *z = *z * gain + shift;
            }
        }
    }
}

/// The inverse of [`StandardiseColumns`] and [`Stretch`] for gradients: g becomes gain / deviation · (g −
/// mean(g) − ẑ·mean(g·ẑ)), with means over the `n_rows` rows that the moments are of, and without them where
/// these are the running ones.
struct ColumnsBack<'a> {
    gradient: &'a mut [f32],
    normalised: &'a [f32],
    inverse: &'a [f32],
    gain: &'a [f32],
    gain_sums: &'a mut [f32],
    n_rows: usize,
}

impl WithSimd for ColumnsBack<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { gradient, normalised, inverse, gain, gain_sums, n_rows } = self;
        let width = gain.len();
        let (mut means, mut along) = (vec![0.0; width], vec![0.0; width]);
        for (row, normalised) in gradient.chunks_exact(width).zip(normalised.chunks_exact(width)) {
            let sums = means.iter_mut().zip(&mut along);
            for ((mean, along), (g, z)) in sums.zip(row.iter().zip(normalised)) {
                *mean += g;
                *along += g * z;
            }
        }
        gain_sums.iter_mut().zip(&along).for_each(|(sum, along)| *sum += along);
        let share = if n_rows > 0 { (n_rows as f32).recip() } else { 0.0 };
        means.iter_mut().chain(&mut along).for_each(|sum| *sum *= share);
        let factors: Vec<f32> = gain.iter().zip(inverse).map(|(gain, inverse)| gain * inverse).collect();
        for (row, normalised) in gradient.chunks_exact_mut(width).zip(normalised.chunks_exact(width)) {
            let neurons = means.iter().zip(&along).zip(&factors);
            for ((g, z), ((mean, along), factor)) in row.iter_mut().zip(normalised).zip(neurons) {
                *g = (*g - mean - z * along) * factor;
            }
        }
    }
}

/// As [`ColumnsBack`] for [`StandardiseRows`]: with a = gain·g, a row becomes (a − mean(a) − ẑ·mean(a·ẑ)) /
/// deviation.
struct RowsBack<'a> {
    gradient: &'a mut [f32],
    normalised: &'a [f32],
    inverse: &'a [f32],
    gain: &'a [f32],
    gain_sums: &'a mut [f32],
    bias_sums: &'a mut [f32],
}

impl WithSimd for RowsBack<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { gradient, normalised, inverse, gain, gain_sums, bias_sums } = self;
        let (width, n) = (gain.len(), gain.len() as f32);
        let rows = gradient.chunks_exact_mut(width).zip(normalised.chunks_exact(width)).zip(inverse);
        for ((row, normalised), inverse) in rows {
            for ((g, z), (sum, gain)) in row.iter_mut().zip(normalised).zip(gain_sums.iter_mut().zip(gain)) {
                *sum += *g * z;
                *g *= gain;
            }
            let (mean, along) = (sum(row) / n, sum_of_products(row, normalised) / n);
            for ((g, z), sum) in row.iter_mut().zip(normalised).zip(&mut *bias_sums) {
                *g = (*g - mean - z * along) * inverse;
                *sum += *g;
            }
        }
    }
}

#[inline(always)]
fn sum(values: &[f32]) -> f32 {
    let (blocks, mut sums) = (values.chunks_exact(N_SUMS), [0.0_f32; N_SUMS]);
    let rest: f32 = blocks.remainder().iter().sum();
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, value)| *sum += value);
    }
    sums.iter().sum::<f32>() + rest
}

#[inline(always)]
fn sum_of_products(left: &[f32], right: &[f32]) -> f32 {
    let (left, right) = (left.chunks_exact(N_SUMS), right.chunks_exact(N_SUMS));
    let rest = left.remainder().iter().zip(right.remainder());
    let rest: f32 = rest.map(|(left, right)| left * right).sum();
    let mut sums = [0.0_f32; N_SUMS];
    for (left, right) in left.zip(right) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += left * right;
        }
    }
    sums.iter().sum::<f32>() + rest
}
