//! Numerical embeddings on host memory.

use std::f32::consts::TAU;

use pulp::{Simd, WithSimd};

use super::curves::cos_sin;
use super::{HostNetwork, PeriodicPart};
use crate::config::Periodic;

/// The small networks of the numeric inputs.
#[derive(Clone, Copy)]
pub(super) struct Waves<'a> {
    config: Periodic,
    part: &'a PeriodicPart,
    values: &'a [f32],
    d_numbers: usize,
    d_input: usize,
}

impl<'a> Waves<'a> {
    /// None where the network has no such embeddings.
    pub(super) fn of(network: &'a HostNetwork) -> Option<Self> {
        let part = network.parts.periodic.as_ref()?;
        Some(Self {
            config: network.config.periodic?,
            part,
            values: &network.values,
            d_numbers: network.config.d_numbers,
            d_input: network.config.d_input(),
        })
    }

    /// Puts the embeddings of `numbers` behind the numbers in each row of `input`, and keeps the waves.
    pub(super) fn forward(
        self,
        numbers: &'a [f32],
        cos: &'a mut [f32],
        sin: &'a mut [f32],
        input: &'a mut [f32],
    ) -> Forward<'a> {
        Forward { waves: self, numbers, cos, sin, input }
    }

    /// Adds to `gradients` those of the embeddings' numbers; `by_input` is `[n_rows, d_input]`.
    pub(super) fn backward(
        self,
        numbers: &'a [f32],
        waves: &'a [Vec<f32>; 2],
        by_input: &'a [f32],
        gradients: &'a mut [f32],
    ) -> Backward<'a> {
        Backward { waves: self, numbers, cos: &waves[0], sin: &waves[1], by_input, gradients }
    }
}

pub(super) struct Forward<'a> {
    waves: Waves<'a>,
    numbers: &'a [f32],
    cos: &'a mut [f32],
    sin: &'a mut [f32],
    input: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Waves { config, part, values, d_numbers, d_input } = self.waves;
        let Periodic { n_numbers, n_frequencies, d_embedding, .. } = config;
        let (frequency, phase) = (&values[part.frequency.clone()], &values[part.phase.clone()]);
        let (weight, bias) = (&values[part.weight.clone()], &values[part.bias.clone()]);
        let n_waves = n_numbers * n_frequencies;
        let rows = self.numbers.chunks_exact(d_numbers).zip(self.input.chunks_exact_mut(d_input));
        let waves = self.cos.chunks_exact_mut(n_waves).zip(self.sin.chunks_exact_mut(n_waves));
        for ((numbers, input), (cos, sin)) in rows.zip(waves) {
            for (j, x) in numbers[..n_numbers].iter().enumerate() {
                let at = j * n_frequencies..(j + 1) * n_frequencies;
                let (cos, sin) = (&mut cos[at.clone()], &mut sin[at.clone()]);
                let angles = frequency[at.clone()].iter().zip(&phase[at]);
                for ((cos, sin), (frequency, phase)) in cos.iter_mut().zip(sin).zip(angles) {
                    (*cos, *sin) = cos_sin(frequency * x + phase * (1.0 / TAU));
                }
                let matrix = weight[j * d_embedding * n_frequencies..].chunks_exact(n_frequencies);
                let outputs = &mut input[d_numbers + j * d_embedding..][..d_embedding];
                for ((output, row), bias) in outputs.iter_mut().zip(matrix).zip(&bias[j * d_embedding..]) {
                    let mut sum = 0.0;
                    for (cos, weight) in cos.iter().zip(row) {
                        sum += cos * weight;
                    }
                    *output = sum + bias;
                }
            }
        }
    }
}

pub(super) struct Backward<'a> {
    waves: Waves<'a>,
    numbers: &'a [f32],
    cos: &'a [f32],
    sin: &'a [f32],
    by_input: &'a [f32],
    gradients: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Waves { config, part, values, d_numbers, d_input } = self.waves;
        let Periodic { n_numbers, n_frequencies, d_embedding, .. } = config;
        let weight = &values[part.weight.clone()];
        let n_waves = n_numbers * n_frequencies;
        // The layout puts these four side by side.
        let (frequencies, rest) = self.gradients[part.frequency.start..part.bias.end].split_at_mut(n_waves);
        let (phases, rest) = rest.split_at_mut(n_waves);
        let (weights, biases) = rest.split_at_mut(d_embedding * n_waves);
        let rows = self.numbers.chunks_exact(d_numbers).zip(self.by_input.chunks_exact(d_input));
        let waves = self.cos.chunks_exact(n_waves).zip(self.sin.chunks_exact(n_waves));
        for ((numbers, gradient), (cos, sin)) in rows.zip(waves) {
            for (j, x) in numbers[..n_numbers].iter().enumerate() {
                let at = j * n_frequencies..(j + 1) * n_frequencies;
                let gradient = &gradient[d_numbers + j * d_embedding..][..d_embedding];
                let biases = &mut biases[j * d_embedding..][..d_embedding];
                biases.iter_mut().zip(gradient).for_each(|(sum, g)| *sum += g);
                let outputs = j * d_embedding * n_frequencies..(j + 1) * d_embedding * n_frequencies;
                let matrix = &weight[outputs.clone()];
                let sums = weights[outputs].chunks_exact_mut(n_frequencies).zip(gradient);
                for (sums, g) in sums {
                    for (sum, cos) in sums.iter_mut().zip(&cos[at.clone()]) {
                        *sum += g * cos;
                    }
                }
                let angles = frequencies[at.clone()].iter_mut().zip(&mut phases[at.clone()]);
                for (i, ((frequency, phase), sin)) in angles.zip(&sin[at]).enumerate() {
                    let mut by_wave = 0.0;
                    for (o, g) in gradient.iter().enumerate() {
                        by_wave += g * matrix[o * n_frequencies + i];
                    }
                    let by_angle = -by_wave * sin;
                    *phase += by_angle;
                    *frequency += by_angle * (TAU * x);
                }
            }
        }
    }
}
