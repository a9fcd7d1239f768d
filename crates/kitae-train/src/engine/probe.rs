//! A look inside a lane while it is trained: gradients, weights and activations layer by layer, on a fixed
//! handful of its training rows.

use burn::module::Module;
use burn::tensor::Tensor;
use kitae_data::features::Features;
use kitae_model::{Network, Observed, Weights};

use crate::engine::LaneJob;
use crate::engine::evaluate::host;
use crate::engine::feed::Rows;
use crate::objective::Loss;
use crate::observer::{LayerProbe, Probe};
use crate::prepare::{LaneData, RoleData};

/// Whether a run looks inside its lanes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Probing {
    /// It does not.
    #[default]
    Off,
    /// The first network of each fold, after epochs 1, 2, 4, 8 … and each quarter of the planned ones: some
    /// ten times, each at the price of a few steps.
    Epochs,
}

impl Probing {
    /// Whether there is a look after `epoch`.
    pub(crate) fn is_due(self, epoch: usize, n_epochs: usize) -> bool {
        let quarter = n_epochs.div_ceil(4);
        self == Self::Epochs && (epoch.is_power_of_two() || epoch.is_multiple_of(quarter))
    }
}

/// Rows that are looked at, in batches from whose gradients the noise is estimated.
const N_BATCHES: usize = 4;
const BATCH_ROWS: usize = 32;

/// Below it the activation passes next to nothing: less than a twentieth of what the identity does.
const FLAT: f32 = 0.05;
/// Units are called dead if they never pass more than this.
const DEAD: f32 = 0.01;

/// A unit whose spread is a smaller share of the size of its layer's signals says the same of every row.
const LEAST_SPREAD: f64 = 0.01;

/// The means of the units of each layer at a look, from which the next one tells the shift.
pub(crate) type UnitMeans = Vec<Vec<f64>>;

/// Looks at a lane that has these weights; `before` are those at the start of the epoch, `last` what the look
/// before this one returned, empty if it is the first. None if the fold has too few rows.
pub(crate) fn probe(
    job: &LaneJob,
    lane: &LaneData,
    weights: &Weights,
    before: &Weights,
    last: &UnitMeans,
) -> Option<(Probe, UnitMeans)> {
    let part = some_rows(&lane.fold.train)?;
    let device = job.place.engine.device();
    let network = Network::load(job.network, &[weights], &device.clone().autodiff()).ok()?;
    let rows = Rows::upload(&[lane], |_| &part, device);
    let n_batch = part.features.n_rows / N_BATCHES;
    let mut batches = Vec::with_capacity(N_BATCHES);
    let mut losses_seen = Vec::with_capacity(N_BATCHES);
    for batch in 0..N_BATCHES {
        let picks: Vec<u32> = (batch * n_batch..(batch + 1) * n_batch).map(|row| row as u32).collect();
        let batch = rows.select(&[&picks]);
        let logits = network.forward(batch.inputs);
        let losses = job.recipe.objective.loss(logits, &batch.targets, None);
        losses_seen.push(f64::from(host(losses.clone().inner())[0]));
        let gradients = network.gradients(&mut losses.sum().backward());
        batches.push(gradients.into_iter().map(host).collect::<Vec<Vec<f32>>>());
    }
    let names: Vec<String> = network.parameters().into_iter().map(|parameter| parameter.name).collect();
    let all: Vec<u32> = (0..(N_BATCHES * n_batch) as u32).collect();
    let (logits, observed) = network.valid().observe(rows.select(&[&all]).inputs);
    let mut seen: Vec<Seen> = observed.into_iter().map(Seen::layer).collect();
    seen.push(Seen::output(logits));
    let layers = seen.iter().enumerate().map(|(at, seen)| {
        let name = if at + 1 == seen_names(&network) {
            "output.weight".to_owned()
        } else {
            format!("layers.{at}.weight")
        };
        let position = names.iter().position(|other| *other == name);
        let gradient = position.map_or(0.0, |position| root_mean_square(&mean_of(&batches, position)));
        let of = |weights: &Weights| weights.tensors.get(&name).map(|tensor| tensor.values.clone());
        let (now, then) = (of(weights).unwrap_or_default(), of(before).unwrap_or_default());
        let moved: Vec<f32> = now.iter().zip(&then).map(|(now, then)| now - then).collect();
        let weight = root_mean_square(&now);
        LayerProbe {
            gradient,
            weight,
            change: (weight > 0.0).then(|| root_mean_square(&moved) / weight),
            mean: seen.means.iter().sum::<f64>() / seen.means.len().max(1) as f64,
            spread: seen.spread,
            shift: last.get(at).and_then(|last| seen.shift(last)),
            dead: seen.dead,
            flat: seen.flat,
        }
    });
    let loss = losses_seen.iter().sum::<f64>() / N_BATCHES as f64;
    let squares: f64 = losses_seen.iter().map(|other| (other - loss).powi(2)).sum();
    let probe = Probe {
        layers: layers.collect(),
        loss: Some(loss).filter(|loss| loss.is_finite()),
        loss_spread: Some((squares / (N_BATCHES - 1) as f64).sqrt()).filter(|spread| spread.is_finite()),
        gradient_noise: noise_scale(&batches, n_batch),
    };
    Some((probe, seen.into_iter().map(|seen| seen.means).collect()))
}

/// Hidden layers and the output.
fn seen_names(network: &Network) -> usize {
    network.config().hidden.len() + 1
}

/// Rows evenly spaced over the part, as many as fill the batches; none if a batch would have fewer than two.
fn some_rows(part: &RoleData) -> Option<RoleData> {
    let n_rows = part.features.n_rows;
    let n_batch = (n_rows / N_BATCHES).min(BATCH_ROWS);
    if n_batch < 2 {
        return None;
    }
    // Interleaved, so that a table in some order does not make the batches differ.
    let n_picked = n_batch * N_BATCHES;
    let spaced = |position: usize| position * n_rows / n_picked;
    let picks: Vec<usize> = (0..N_BATCHES)
        .flat_map(|batch| (0..n_batch).map(move |row| spaced(row * N_BATCHES + batch)))
        .collect();
    let features = &part.features;
    let rows = |values: &[f32], width: usize| -> Vec<f32> {
        picks.iter().flat_map(|row| values[row * width..(row + 1) * width].to_vec()).collect()
    };
    let codes = picks
        .iter()
        .flat_map(|row| features.codes[row * features.n_codes..(row + 1) * features.n_codes].to_vec());
    Some(RoleData {
        rows: picks.iter().map(|row| part.rows[*row]).collect(),
        features: Features {
            numbers: rows(&features.numbers, features.d_numbers),
            codes: codes.collect(),
            n_rows: n_picked,
            ..*features
        },
        targets: part.targets.select(picks.iter().copied()),
        weights: part.weights.as_ref().map(|weights| picks.iter().map(|row| weights[*row]).collect()),
    })
}

/// Units over rows.
struct Seen {
    means: Vec<f64>,
    spreads: Vec<f64>,
    spread: f64,
    dead: f64,
    flat: f64,
}

impl Seen {
    fn layer(observed: Observed) -> Self {
        let width = observed.before.dims()[2];
        let steepness = host(observed.steepness);
        let steepest = |unit: usize| {
            steepness.iter().skip(unit).step_by(width).fold(0.0_f32, |most, value| most.max(value.abs()))
        };
        let n_dead = (0..width).filter(|unit| steepest(*unit) < DEAD).count();
        let n_flat = steepness.iter().filter(|value| value.abs() < FLAT).count();
        Self {
            dead: n_dead as f64 / width.max(1) as f64,
            flat: n_flat as f64 / steepness.len().max(1) as f64,
            ..Self::output(observed.before)
        }
    }

    fn output(values: Tensor<3>) -> Self {
        let width = values.dims()[2];
        let values = host(values);
        let n_rows = (values.len() / width.max(1)).max(1) as f64;
        let unit = |unit: usize| values.iter().skip(unit).step_by(width).map(|value| f64::from(*value));
        let means: Vec<f64> = (0..width).map(|at| unit(at).sum::<f64>() / n_rows).collect();
        let variance = |at: usize| unit(at).map(|value| (value - means[at]).powi(2)).sum::<f64>() / n_rows;
        let spreads: Vec<f64> = (0..width).map(|at| variance(at).sqrt()).collect();
        let spread = spreads.iter().sum::<f64>() / width.max(1) as f64;
        Self { means, spreads, spread, dead: 0.0, flat: 0.0 }
    }

    /// Units that hardly vary have no spread to measure by.
    fn shift(&self, last: &[f64]) -> Option<f64> {
        let size: f64 =
            self.means.iter().zip(&self.spreads).map(|(mean, spread)| mean * mean + spread * spread).sum();
        let least = LEAST_SPREAD * (size / self.means.len().max(1) as f64).sqrt();
        let moves: Vec<f64> = self
            .means
            .iter()
            .zip(last)
            .zip(&self.spreads)
            .filter(|(_, spread)| **spread > least)
            .map(|((now, then), spread)| (now - then).abs() / spread)
            .collect();
        (!moves.is_empty()).then(|| moves.iter().sum::<f64>() / moves.len() as f64)
    }
}

fn mean_of(batches: &[Vec<Vec<f32>>], position: usize) -> Vec<f32> {
    let mut sum = vec![0.0; batches[0][position].len()];
    for batch in batches {
        sum.iter_mut().zip(&batch[position]).for_each(|(sum, value)| *sum += value / batches.len() as f32);
    }
    sum
}

fn root_mean_square(values: &[f32]) -> f64 {
    (squares(values) / values.len().max(1) as f64).sqrt()
}

fn squares(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value).powi(2)).sum()
}

/// From the squares of the gradients of batches of b rows, S, and of their mean, that of B rows, L: the true
/// gradient's |G|² is (B|L|² - b|S|²) / (B - b), the trace of the noise (|S|² - |L|²) / (1/b - 1/B).
fn noise_scale(batches: &[Vec<Vec<f32>>], n_batch: usize) -> Option<f64> {
    let small = batches.iter().map(|batch| batch.iter().map(|part| squares(part)).sum::<f64>());
    let small = small.sum::<f64>() / batches.len() as f64;
    let large: f64 = (0..batches[0].len()).map(|position| squares(&mean_of(batches, position))).sum();
    let (b, all) = (n_batch as f64, (n_batch * batches.len()) as f64);
    let signal = (all * large - b * small) / (all - b);
    let noise = (small - large) / (1.0 / b - 1.0 / all);
    (signal > 0.0 && noise > 0.0).then(|| noise / signal).filter(|scale| scale.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_scale_is_that_of_gradients_of_known_signal_and_noise() {
        // A signal of 3 in one direction; the noise of batches of two rows is ±1 in another, so that of a row
        // has variance 2.
        let batches: Vec<Vec<Vec<f32>>> =
            [1.0, -1.0, 1.0, -1.0].map(|noise| vec![vec![3.0], vec![noise]]).to_vec();
        // Estimated: |G|² = (8 · 9 - 2 · 10) / 6, the trace 1 / (1/2 - 1/8).
        let expected = (1.0 / (0.5 - 0.125)) / ((8.0 * 9.0 - 2.0 * 10.0) / 6.0);
        let scale = noise_scale(&batches, 2).expect("there is a signal");
        assert!((scale - expected).abs() < 1e-9, "{scale}");
        let noise: Vec<Vec<Vec<f32>>> = [1.0, -1.0, 1.0, -1.0].map(|noise| vec![vec![noise]]).to_vec();
        assert_eq!(noise_scale(&noise, 2), None);
    }

    #[test]
    fn looks_come_often_at_first_and_then_each_quarter() {
        let due = |n_epochs: usize| -> Vec<usize> {
            (1..=n_epochs).filter(|epoch| Probing::Epochs.is_due(*epoch, n_epochs)).collect()
        };
        assert_eq!(due(100), [1, 2, 4, 8, 16, 25, 32, 50, 64, 75, 100]);
        assert_eq!(due(1), [1]);
        assert!(!Probing::Off.is_due(1, 100));
    }
}
