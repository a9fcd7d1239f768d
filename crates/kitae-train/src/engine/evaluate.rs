//! Measuring lanes on rows that give no gradients.

use burn::tensor::{Device, Tensor, TensorData};
use kitae_data::features::Features;
use kitae_infer::{OutputDecoder, Targets};
use kitae_model::{Inputs, Network, NetworkConfig};

use crate::calibration::{Calibration, Calibrator, TOO_SURE};
use crate::engine::feed::Rows;
use crate::objective::{Loss, Objective};
use crate::recipe::Recipe;

/// The most rows of each lane that are forwarded at once: bounds the memory of activations.
const CHUNK_ROWS: usize = 8_192;

/// Numbers in the largest tensor of one lane, 64 MB.
const TENSOR_VALUES: usize = 1 << 24;

/// How many rows, at most `most`, go through tensors at once: fewer for an ensemble, each of whose members
/// passes all of them, and for piecewise-linear embeddings, which have a number for each bin there.
pub(crate) fn rows_at_once(config: &NetworkConfig, most: usize) -> usize {
    let encoded = config.piecewise.map_or(1, |piecewise| piecewise.n_numbers * piecewise.n_bins);
    (most / config.ensemble.n_members()).min(TENSOR_VALUES / encoded.max(1)).max(64)
}

/// The loss of each lane, which is the mean of the losses of its members where it is an ensemble, and the
/// raw outputs of each lane's rows, which are those of all members together; padding left out.
pub(crate) struct LaneOutputs {
    pub(crate) losses: Vec<f64>,
    pub(crate) logits: Vec<Vec<f32>>,
}

/// Forwards all rows; `network` must stand on the plain device of `rows`.
pub(crate) fn evaluate(network: &Network, rows: &Rows, objective: &Objective) -> LaneOutputs {
    let (n_lanes, config) = (rows.counts.len(), network.config());
    let (n_outputs, n_members) = (config.n_outputs, config.ensemble.n_members());
    let (mut sums, mut logits) = (vec![0.0; n_lanes], vec![Vec::new(); n_lanes]);
    let (mut from, chunk_rows) = (0, rows_at_once(network.config(), CHUNK_ROWS));
    while from < rows.len() {
        let to = (from + chunk_rows).min(rows.len());
        let batch = rows.range(from, to);
        let weights = batch.weights.clone();
        let output = network.forward(batch.inputs);
        let losses = host(objective.loss(output.clone(), &batch.targets, weights.as_ref()));
        for (lane, count) in batch.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            sums[lane] += f64::from(losses[lane]) * *count as f64;
        }
        let counts: Vec<usize> = batch.counts.iter().map(|count| count * n_members).collect();
        spread(output, &counts, &mut logits);
        from = to;
    }
    let losses = sums.iter().zip(&rows.counts).map(|(sum, count)| sum / (*count).max(1) as f64).collect();
    let joined = |logits| objective.joined(logits, n_outputs, n_members);
    LaneOutputs { losses, logits: logits.into_iter().map(joined).collect() }
}

/// Appends each lane's real rows of `[n_lanes, n_rows, n_outputs]` to its list.
fn spread(output: Tensor<3>, counts: &[usize], logits: &mut [Vec<f32>]) {
    let [_, n_rows, n_outputs] = output.dims();
    let values = host(output);
    for (lane, count) in counts.iter().enumerate() {
        let start = lane * n_rows * n_outputs;
        logits[lane].extend_from_slice(&values[start..start + count * n_outputs]);
    }
}

/// Raw outputs of a network of one lane for any number of rows, row-major `[n_rows · n_members, n_outputs]`.
pub(crate) fn forward(network: &Network, features: &Features, device: &Device) -> Vec<f32> {
    let (d_numbers, n_codes) = (features.d_numbers, features.n_codes);
    let (mut logits, chunk_rows) = (Vec::new(), rows_at_once(network.config(), CHUNK_ROWS));
    for from in (0..features.n_rows).step_by(chunk_rows) {
        let to = (from + chunk_rows).min(features.n_rows);
        let numbers = features.numbers[from * d_numbers..to * d_numbers].to_vec();
        let codes = features.codes[from * n_codes..to * n_codes].iter().map(|code| *code as i32).collect();
        let numbers = TensorData::new(numbers, [1, to - from, d_numbers]);
        let codes = TensorData::new::<i32, _>(codes, [1, to - from, n_codes]);
        let inputs = Inputs {
            numbers: Tensor::from_data(numbers, device),
            codes: (n_codes > 0).then(|| Tensor::from_data(codes, device)),
            row_weights: None,
        };
        logits.extend(host(network.forward(inputs)));
    }
    logits
}

/// The calibrator that the validation rows ask for, if the recipe wants one: of probabilities a temperature,
/// of logarithms what makes means of their powers.
pub(crate) fn calibrator(
    decoder: &OutputDecoder,
    recipe: &Recipe,
    logits: &[f32],
    targets: &Targets,
) -> Calibrator {
    let prior_mean = if recipe.network.hidden.is_empty() { 0.0 } else { TOO_SURE };
    match (recipe.calibration, targets) {
        (Calibration::Temperature, Targets::Classes(classes)) => {
            Calibrator::fit(decoder.objective, logits, decoder.n_outputs, classes, prior_mean)
        }
        (_, Targets::Values(values)) if recipe.predicts_means() => {
            let predictions = decoder.objective.predict(logits, decoder.n_outputs);
            let smearing = decoder.scale.map_or(1.0, |scale| scale.smearing(&predictions, values));
            Calibrator { smearing, ..Calibrator::default() }
        }
        _ => Calibrator::default(),
    }
}

/// Copies a tensor to the host.
pub(crate) fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_into_vec().expect("the data was just converted to f32")
}
