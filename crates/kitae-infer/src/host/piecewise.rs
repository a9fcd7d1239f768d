//! Piecewise-linear numerical embeddings on host memory.
//!
//! A number in bin k becomes w·x + b + W₀ + … + Wₖ₋₁ + share·Wₖ. The sums over bins are made once a pass,
//! so a row costs as much as the outputs it has, however many bins there are. Backward, each row adds its
//! gradient to its own bin, and one sum from the last bin to the first gives all bins theirs.

use pulp::{Simd, WithSimd};

use super::{HostNetwork, PiecewisePart};
use crate::config::Piecewise;

/// Edges of a lane, as passes want them. Bins that a number lacks begin at infinity.
#[derive(Clone, Debug, Default)]
pub(super) struct Bins {
    /// `[n_numbers, n_bins]`
    lower: Vec<f32>,
    /// One over the width of each bin, `[n_numbers, n_bins]`; 0 for bins that are not there.
    inverse: Vec<f32>,
}

impl Bins {
    /// `edges` are `[n_numbers, n_bins + 1]`.
    pub(super) fn of(edges: &[f32], n_bins: usize) -> Self {
        let mut bins = Self::default();
        for edges in edges.chunks_exact(n_bins + 1) {
            for (position, edge) in edges.windows(2).enumerate() {
                let width = edge[1] - edge[0];
                // The first lower edge is only subtracted, never compared.
                bins.lower.push(if width > 0.0 || position == 0 { edge[0] } else { f32::INFINITY });
                bins.inverse.push(if width > 0.0 { width.recip() } else { 0.0 });
            }
        }
        bins
    }
}

/// Buffers of the passes; empty without such embeddings.
#[derive(Clone, Debug, Default)]
pub(super) struct PieceSpace {
    /// What the outputs are where a bin begins, without w·x: `[n_numbers, n_bins, d_embedding]`.
    starts: Vec<f32>,
    /// The bin of each number, `[n_numbers, n_rows]`.
    bins: Vec<u32>,
    /// How far each number has come through its bin, `[n_numbers, n_rows]`.
    shares: Vec<f32>,
    /// Sums of gradients for each bin of one number, `[n_bins, d_embedding]`.
    sums: Vec<f32>,
}

impl PieceSpace {
    pub(super) fn new(config: Option<Piecewise>, max_rows: usize) -> Self {
        let Some(Piecewise { n_numbers, n_bins, d_embedding }) = config else { return Self::default() };
        Self {
            starts: vec![0.0; n_numbers * n_bins * d_embedding],
            bins: vec![0; n_numbers * max_rows],
            shares: vec![0.0; n_numbers * max_rows],
            sums: vec![0.0; n_bins * d_embedding],
        }
    }
}

/// The embeddings of the numeric inputs.
#[derive(Clone, Copy)]
pub(super) struct Pieces<'a> {
    config: Piecewise,
    bins: &'a Bins,
    part: &'a PiecewisePart,
    values: &'a [f32],
    d_numbers: usize,
    d_input: usize,
}

impl<'a> Pieces<'a> {
    /// None where the network has no such embeddings.
    pub(super) fn of(network: &'a HostNetwork) -> Option<Self> {
        Some(Self {
            config: network.config.piecewise?,
            bins: &network.bins,
            part: network.parts.piecewise.as_ref()?,
            values: &network.values,
            d_numbers: network.config.d_numbers,
            d_input: network.config.d_input(),
        })
    }

    /// Puts the embeddings of `numbers` behind the numbers in each row of `input`, and keeps the places.
    pub(super) fn forward(
        self,
        numbers: &'a [f32],
        space: &'a mut PieceSpace,
        input: &'a mut [f32],
    ) -> Forward<'a> {
        Forward { pieces: self, numbers, space, input }
    }

    /// Adds to `gradients` those of the embeddings' numbers; `by_input` is `[n_rows, d_input]`.
    pub(super) fn backward(
        self,
        numbers: &'a [f32],
        space: &'a mut PieceSpace,
        by_input: &'a [f32],
        gradients: &'a mut [f32],
    ) -> Backward<'a> {
        Backward { pieces: self, numbers, space, by_input, gradients }
    }

    /// Where the outputs of a number stand in a row.
    #[inline(always)]
    fn outputs(&self, number: usize) -> std::ops::Range<usize> {
        let from = self.d_numbers + number * self.config.d_embedding;
        from..from + self.config.d_embedding
    }
}

pub(super) struct Forward<'a> {
    pieces: Pieces<'a>,
    numbers: &'a [f32],
    space: &'a mut PieceSpace,
    input: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { pieces, numbers, space, input } = self;
        let Pieces { config, bins, part, values, d_numbers, d_input } = pieces;
        let Piecewise { n_numbers, n_bins, d_embedding } = config;
        let n_rows = numbers.len() / d_numbers;
        for j in 0..n_numbers {
            let own = j * d_embedding..(j + 1) * d_embedding;
            let (factor, bias) = (&values[part.factor.clone()][own.clone()], &values[part.bias.clone()][own]);
            let table = j * n_bins * d_embedding..(j + 1) * n_bins * d_embedding;
            let weight = &values[part.weight.clone()][table.clone()];
            let starts = &mut space.starts[table];
            add_up(bias, weight, starts);
            let edges = j * n_bins..(j + 1) * n_bins;
            let (lower, inverse) = (&bins.lower[edges.clone()], &bins.inverse[edges]);
            let places = space.bins[j * n_rows..][..n_rows].iter_mut().zip(&mut space.shares[j * n_rows..]);
            let rows = numbers.chunks_exact(d_numbers).zip(input.chunks_exact_mut(d_input));
            for ((numbers, input), (bin, share)) in rows.zip(places) {
                let x = numbers[j];
                let k = bin_of(x, lower);
                // NaN stays NaN.
                let s = ((x - lower[k]) * inverse[k]).clamp(-1.0, 2.0);
                (*bin, *share) = (k as u32, s);
                let (start, weight) = (&starts[k * d_embedding..], &weight[k * d_embedding..]);
                let outputs = input[pieces.outputs(j)].iter_mut();
                for (((output, start), weight), factor) in outputs.zip(start).zip(weight).zip(factor) {
                    *output = start + s * weight + x * factor;
                }
            }
        }
    }
}

/// The bin that a number lies in: how many begin at or below it, without the first.
#[inline(always)]
fn bin_of(x: f32, lower: &[f32]) -> usize {
    lower[1..].iter().map(|edge| u32::from(*edge <= x)).sum::<u32>() as usize
}

/// The bias plus the weights of all bins before each. Sums of the width that is the default stay in a
/// register.
#[inline(always)]
fn add_up(bias: &[f32], weight: &[f32], starts: &mut [f32]) {
    const USUAL: usize = 4;
    if let Ok(bias) = <[f32; USUAL]>::try_from(bias) {
        let mut sum = bias;
        for (start, weight) in starts.as_chunks_mut().0.iter_mut().zip(weight.as_chunks::<USUAL>().0) {
            *start = sum;
            sum = std::array::from_fn(|i| sum[i] + weight[i]);
        }
        return;
    }
    let d = bias.len();
    starts[..d].copy_from_slice(bias);
    for k in 1..starts.len() / d {
        let (before, here) = starts.split_at_mut(k * d);
        let sums = before[(k - 1) * d..].iter().zip(&weight[(k - 1) * d..]);
        here[..d].iter_mut().zip(sums).for_each(|(start, (before, weight))| *start = before + weight);
    }
}

pub(super) struct Backward<'a> {
    pieces: Pieces<'a>,
    numbers: &'a [f32],
    space: &'a mut PieceSpace,
    by_input: &'a [f32],
    gradients: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { pieces, numbers, space, by_input, gradients } = self;
        let Pieces { config, part, d_numbers, d_input, .. } = pieces;
        let Piecewise { n_numbers, n_bins, d_embedding } = config;
        let (n_rows, n_outputs) = (numbers.len() / d_numbers, n_numbers * d_embedding);
        // The layout puts these three side by side.
        let (factors, rest) = gradients[part.factor.start..part.weight.end].split_at_mut(n_outputs);
        let (biases, weights) = rest.split_at_mut(n_outputs);
        let own = factors.chunks_exact_mut(d_embedding).zip(biases.chunks_exact_mut(d_embedding));
        let own = own.zip(weights.chunks_exact_mut(n_bins * d_embedding));
        for (j, ((factor, bias), weight)) in own.enumerate() {
            let sums = &mut space.sums;
            sums.fill(0.0);
            let places = space.bins[j * n_rows..][..n_rows].iter().zip(&space.shares[j * n_rows..]);
            let rows = numbers.chunks_exact(d_numbers).zip(by_input.chunks_exact(d_input));
            for ((numbers, gradient), (bin, share)) in rows.zip(places) {
                let (x, from) = (numbers[j], *bin as usize * d_embedding);
                let tables = sums[from..].iter_mut().zip(&mut weight[from..]);
                let gradient = gradient[pieces.outputs(j)].iter();
                for ((g, factor), (sum, weight)) in gradient.zip(&mut *factor).zip(tables) {
                    *sum += g;
                    *weight += g * share;
                    *factor += g * x;
                }
            }
            add_back(sums, bias, weight);
        }
    }
}

/// Gives each bin the sums of all bins after it, and `bias` those of all.
#[inline(always)]
fn add_back(sums: &mut [f32], bias: &mut [f32], weight: &mut [f32]) {
    let d = bias.len();
    for k in (0..sums.len() / d - 1).rev() {
        let (here, after) = sums.split_at_mut((k + 1) * d);
        let own = here[k * d..].iter_mut().zip(&mut weight[k * d..]);
        for ((sum, weight), after) in own.zip(&after[..d]) {
            *weight += after;
            *sum += after;
        }
    }
    bias.iter_mut().zip(sums).for_each(|(bias, sum)| *bias += *sum);
}
