//! The optimiser of one lane on host memory: a step is one pass over each parameter.
//!
//! The formulas are those of the tensors' rules, and so are the names of what is remembered: a
//! lane's state means the same to both.
#![expect(clippy::inline_always, reason = "loops become vector code only inside the dispatched function")]

use std::collections::BTreeMap;

use kitae_model::Role;
use kitae_model::host::HostParameter;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::config::{Acceleration, OptimiserConfig};
use super::{Clip, OptimiserState, Rates, UpdateConfig, is_penalised, muon, rule};

/// Numbers that are moved by one thread at a time.
const BLOCK: usize = 1 << 14;

/// The most numbers that a rule remembers of a parameter's number.
const MAX_SLOTS: usize = 4;

/// An optimiser at work on one lane.
#[derive(Clone, Debug)]
pub(crate) struct HostOptimiser {
    config: UpdateConfig,
    arch: pulp::Arch,
    steps: u64,
    /// What is remembered of every number of the network; all zeros before the first step.
    slots: Vec<Vec<f32>>,
}

impl HostOptimiser {
    /// An optimiser before its first step, for a network of `n_values` numbers.
    pub(crate) fn new(config: &UpdateConfig, n_values: usize) -> Self {
        // Of no other parameter is more remembered than of a bias.
        let slots = vec![vec![0.0; n_values]; names(config, Role::Bias).len()];
        Self { config: config.clone(), arch: pulp::Arch::new(), steps: 0, slots }
    }

    /// One step, on all threads of the thread pool that asks. `gradients` are used up.
    pub(crate) fn step(
        &mut self,
        parameters: &[HostParameter],
        values: &mut [f32],
        gradients: &mut [f32],
        rates: &Rates,
    ) {
        self.steps = self.steps.saturating_add(1);
        clip(self.config.clip, gradients);
        let arch = self.arch;
        if values.len() <= BLOCK {
            self.moves(parameters, values, gradients, rates).for_each(|block| arch.dispatch(block));
        } else {
            let blocks: Vec<Move> = self.moves(parameters, values, gradients, rates).collect();
            blocks.into_par_iter().for_each(|block| arch.dispatch(block));
        }
        let Some(max_norm) = self.config.max_norm else { return };
        let is_matrix = |role| matches!(role, Role::Weight | Role::MemberWeight);
        for parameter in parameters.iter().filter(|parameter| is_matrix(parameter.role)) {
            limit(&mut values[parameter.range.clone()], parameter.shape[1], max_norm as f32);
        }
    }

    /// The numbers of all parameters in blocks, each with what moves it.
    fn moves<'a>(
        &'a mut self,
        parameters: &'a [HostParameter],
        mut values: &'a mut [f32],
        mut gradients: &'a mut [f32],
        rates: &'a Rates,
    ) -> impl Iterator<Item = Move<'a>> {
        let (config, step, n_slots) = (&self.config, self.steps, self.slots.len());
        let within = "blocks lie side by side in the numbers of the network";
        let mut slots: [&mut [f32]; MAX_SLOTS] = Default::default();
        for (place, slot) in slots.iter_mut().zip(&mut self.slots) {
            *place = slot;
        }
        let blocks = |parameter: &'a HostParameter| {
            let (range, rule) = (parameter.range.clone(), config.optimiser.of(parameter.role));
            let is_whole = matches!(rule, OptimiserConfig::Muon { .. });
            let most = if is_whole { range.len().max(1) } else { BLOCK };
            range.clone().step_by(most).map(move |from| (parameter, rule, most.min(range.end - from)))
        };
        parameters.iter().flat_map(blocks).map(move |(parameter, rule, n)| {
            let [rate, shrink] = rates.of(config.groups.of(parameter.role));
            let mut heads: [&mut [f32]; MAX_SLOTS] = Default::default();
            for (head, slot) in heads.iter_mut().zip(&mut slots).take(n_slots) {
                *head = slot.split_off_mut(..n).expect(within);
            }
            Move {
                rule,
                shape: parameter.shape,
                step,
                n_slots: rule::names(&rule).len(),
                slots: heads,
                values: values.split_off_mut(..n).expect(within),
                gradients: gradients.split_off_mut(..n).expect(within),
                penalty: penalty(parameter.role, rates),
                shrink,
                rate,
            }
        })
    }

    /// What is remembered, by the names of the tensors' optimiser; empty before the first step.
    pub(crate) fn state(&self, parameters: &[HostParameter]) -> OptimiserState {
        let mut buffers = BTreeMap::new();
        for (position, parameter) in parameters.iter().enumerate().filter(|_| self.steps > 0) {
            for (name, slot) in names(&self.config, parameter.role).iter().zip(&self.slots) {
                buffers.insert(format!("{position}.{name}"), slot[parameter.range.clone()].to_vec());
            }
        }
        OptimiserState { steps: self.steps, buffers }
    }

    /// An optimiser that goes on where a lane was.
    ///
    /// # Errors
    ///
    /// A sentence that says what is missing, unknown or of the wrong size.
    pub(crate) fn from_state(
        config: &UpdateConfig,
        state: &OptimiserState,
        parameters: &[HostParameter],
    ) -> Result<Self, String> {
        let n_values = parameters.last().map_or(0, |parameter| parameter.range.end);
        let mut optimiser = Self { steps: state.steps, ..Self::new(config, n_values) };
        let of_parameter = |parameter: &HostParameter| names(config, parameter.role).len();
        let n_buffers = if state.steps > 0 { parameters.iter().map(of_parameter).sum() } else { 0 };
        if state.buffers.len() != n_buffers {
            let got = state.buffers.len();
            return Err(format!("the optimiser has {n_buffers} buffers for this network, got {got}"));
        }
        for (position, parameter) in parameters.iter().enumerate().filter(|_| state.steps > 0) {
            for (name, slot) in names(config, parameter.role).iter().zip(&mut optimiser.slots) {
                let name = format!("{position}.{name}");
                let stored =
                    state.buffers.get(&name).ok_or_else(|| format!("the buffer `{name}` is missing"))?;
                let place = &mut slot[parameter.range.clone()];
                if stored.len() != place.len() {
                    let (size, got) = (place.len(), stored.len());
                    return Err(format!("the buffer `{name}` must have {size} values, got {got}"));
                }
                place.copy_from_slice(stored);
            }
        }
        Ok(optimiser)
    }
}

/// The names of what is remembered of parameters of a role.
fn names(config: &UpdateConfig, role: Role) -> &'static [&'static str] {
    rule::names(&config.optimiser.of(role))
}

fn clip(clip: Clip, gradients: &mut [f32]) {
    match clip {
        Clip::None => {}
        Clip::Value(bound) => {
            let bound = bound as f32;
            for gradient in gradients {
                *gradient = gradient.clamp(-bound, bound);
            }
        }
        Clip::GlobalNorm(bound) => {
            let square: f64 = gradients.iter().map(|gradient| f64::from(*gradient).powi(2)).sum();
            let factor = (bound / (square.sqrt() + super::clip::EPSILON)) as f32;
            // NaN must reach the weights, so that divergence is seen.
            if factor < 1.0 || factor.is_nan() {
                for gradient in gradients {
                    *gradient *= factor;
                }
            }
        }
    }
}

/// The strengths of the L1 and the L2 penalty: for weights and embeddings alone.
fn penalty(role: Role, rates: &Rates) -> Option<[f32; 2]> {
    (is_penalised(role) && (rates.l1 != 0.0 || rates.l2 != 0.0)).then_some([rates.l1 as f32, rates.l2 as f32])
}

/// Adds the gradients of the L1 and L2 penalties.
#[inline(always)]
fn penalise([l1, l2]: [f32; 2], values: &[f32], gradients: &mut [f32]) {
    for (gradient, value) in gradients.iter_mut().zip(values) {
        let sign = if *value > 0.0 {
            1.0
        } else if *value < 0.0 {
            -1.0
        } else {
            0.0
        };
        *gradient += l1 * sign + l2 * value;
    }
}

/// Shrinks each column of the row-major matrix to a norm of at most `max_norm`.
fn limit(values: &mut [f32], n_columns: usize, max_norm: f32) {
    let mut squares = vec![0.0_f32; n_columns];
    for row in values.chunks_exact(n_columns) {
        squares.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * value);
    }
    let factors: Vec<f32> = squares.iter().map(|square| (max_norm / square.sqrt()).min(1.0)).collect();
    for row in values.chunks_exact_mut(n_columns) {
        row.iter_mut().zip(&factors).for_each(|(value, factor)| *value *= factor);
    }
}

/// Moves numbers of one parameter.
struct Move<'a> {
    rule: OptimiserConfig,
    /// Of the parameter, of which Muon moves all numbers at once.
    shape: [usize; 2],
    /// From 1.
    step: u64,
    n_slots: usize,
    slots: [&'a mut [f32]; MAX_SLOTS],
    values: &'a mut [f32],
    gradients: &'a mut [f32],
    penalty: Option<[f32; 2]>,
    shrink: f64,
    /// The learning rate.
    rate: f64,
}

impl WithSimd for Move<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { rule, shape, step, n_slots, mut slots, values, gradients, penalty, shrink, rate } = self;
        if let Some(strengths) = penalty {
            penalise(strengths, values, gradients);
        }
        let (gradients, pace) = (&*gradients, Pace { shrink: shrink as f32, rate });
        match (rule, &mut slots[..n_slots]) {
            (OptimiserConfig::Sgd { momentum, acceleration }, [sums]) => {
                let beta = momentum as f32;
                match acceleration {
                    Acceleration::Classical => pace.one(1.0, values, gradients, sums, |g, m| {
                        *m = beta * *m + g;
                        *m
                    }),
                    Acceleration::Nesterov => pace.one(1.0, values, gradients, sums, |g, m| {
                        *m = beta * *m + g;
                        beta * *m + g
                    }),
                }
            }
            (OptimiserConfig::AdaGrad { epsilon }, [squares]) => {
                let epsilon = epsilon as f32;
                pace.one(1.0, values, gradients, squares, |g, s| {
                    *s += g * g;
                    g / (s.sqrt() + epsilon)
                });
            }
            (OptimiserConfig::RmsProp { smoothing, epsilon }, [squares]) => {
                let scale = (1.0 - smoothing).sqrt().recip();
                let (beta, epsilon) = (smoothing as f32, (epsilon * scale) as f32);
                pace.one(scale, values, gradients, squares, |g, s| {
                    *s = beta * *s + g * g;
                    g / (s.sqrt() + epsilon)
                });
            }
            (OptimiserConfig::Lion { beta1, beta2 }, [sums]) => {
                let (weight, beta) = ((beta1 * (1.0 - beta2) / (1.0 - beta1)) as f32, beta2 as f32);
                pace.one(1.0, values, gradients, sums, |g, m| {
                    let mixed = *m * weight + g;
                    *m = beta * *m + g;
                    // NaN stays NaN.
                    if mixed > 0.0 {
                        1.0
                    } else if mixed < 0.0 {
                        -1.0
                    } else {
                        mixed
                    }
                });
            }
            (
                OptimiserConfig::Adam { beta1, beta2, epsilon }
                | OptimiserConfig::AdamW { beta1, beta2, epsilon },
                [sums, squares],
            ) => {
                let [mean, square] = [beta1, beta2].map(|beta| rule::MovingMean::new(beta, step));
                let root = square.share.sqrt();
                let (beta1, beta2, epsilon) = (beta1 as f32, beta2 as f32, (epsilon / root) as f32);
                pace.two(mean.share / root, values, gradients, [sums, squares], |g, m, s| {
                    *s = beta2 * *s + g * g;
                    *m = beta1 * *m + g;
                    *m / (s.sqrt() + epsilon)
                });
            }
            (OptimiserConfig::Adan { beta1, beta2, beta3, epsilon }, [sums, squares, differences, last]) => {
                if step == 1 {
                    last.copy_from_slice(gradients);
                }
                let memory = [beta1, beta2, beta3].map(|beta| rule::MovingMean::new(beta, step));
                adan(&pace, memory, epsilon, values, gradients, [sums, squares, differences, last]);
            }
            (OptimiserConfig::Muon { momentum, iterations, scale }, [sums]) => {
                let beta = momentum as f32;
                let ahead = gradients.iter().zip(sums.iter_mut()).map(|(g, m)| {
                    *m = beta * *m + g;
                    beta * *m + g
                });
                let along = muon::orthogonal_on_host(ahead.collect(), shape, iterations);
                Pace { rate: rate * muon::length(scale, shape), ..pace }.none(values, &along);
            }
            _ => pace.none(values, gradients),
        }
    }
}

/// How far and how shrunk a step goes.
struct Pace {
    shrink: f32,
    rate: f64,
}

impl Pace {
    #[inline(always)]
    fn none(&self, values: &mut [f32], gradients: &[f32]) {
        let length = self.rate as f32;
        for (value, g) in values.iter_mut().zip(gradients) {
            *value = *value * self.shrink - length * g;
        }
    }

    #[inline(always)]
    fn one(
        &self,
        scale: f64,
        values: &mut [f32],
        gradients: &[f32],
        slot: &mut [f32],
        along: impl Fn(f32, &mut f32) -> f32,
    ) {
        let length = (scale * self.rate) as f32;
        for ((value, g), slot) in values.iter_mut().zip(gradients).zip(slot) {
            *value = *value * self.shrink - length * along(*g, slot);
        }
    }

    #[inline(always)]
    fn two(
        &self,
        scale: f64,
        values: &mut [f32],
        gradients: &[f32],
        [first, second]: [&mut [f32]; 2],
        along: impl Fn(f32, &mut f32, &mut f32) -> f32,
    ) {
        let length = (scale * self.rate) as f32;
        let slots = first.iter_mut().zip(second.iter_mut());
        for ((value, g), (first, second)) in values.iter_mut().zip(gradients).zip(slots) {
            *value = *value * self.shrink - length * along(*g, first, second);
        }
    }
}

#[inline(always)]
fn adan(
    pace: &Pace,
    [mean, difference, square]: [rule::MovingMean; 3],
    epsilon: f64,
    values: &mut [f32],
    gradients: &[f32],
    [sums, squares, differences, last]: [&mut [f32]; 4],
) {
    let root = square.share.sqrt();
    let ratio = (difference.beta * difference.share / mean.share) as f32;
    let length = (pace.rate * mean.share / root) as f32;
    let [beta1, beta2, beta3] = [mean, difference, square].map(|memory| memory.beta as f32);
    let epsilon = (epsilon / root) as f32;
    let slots = sums.iter_mut().zip(squares.iter_mut()).zip(differences.iter_mut().zip(last.iter_mut()));
    for ((value, g), ((m, n), (d, last))) in values.iter_mut().zip(gradients).zip(slots) {
        let change = g - *last;
        *last = *g;
        let ahead = change * beta2 + g;
        *n = beta3 * *n + ahead * ahead;
        *m = beta1 * *m + g;
        *d = beta2 * *d + change;
        *value = *value * pace.shrink - length * ((*d * ratio + *m) / (n.sqrt() + epsilon));
    }
}
