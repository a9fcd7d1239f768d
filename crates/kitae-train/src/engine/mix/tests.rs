//! Mixed batches and their losses against what a loop over rows computes.

use burn::tensor::{Device, Int, Tensor, TensorData};
use kitae_model::{Inputs, Lane};

use crate::engine::evaluate::host;
use crate::engine::feed::Batch;
use crate::mixing::{Columns, Mix, Mixing, Source};
use crate::objective::{Loss, Objective, TargetTensor};

/// Rows of a batch, and those of the shorter second lane.
const N_ROWS: usize = 6;
const COUNTS: [usize; 2] = [6, 4];

fn columns() -> Columns {
    Columns { numbers: vec![0, 1, 1], codes: vec![2, 3], n: 4 }
}

fn mixes(mixing: Mixing, step: usize) -> Vec<Option<Mix>> {
    let lane = |index| Lane { seed: 5, index };
    let of = |index: usize| mixing.draw(lane(index as u64), [2, step], COUNTS[index], &columns());
    vec![of(0), of(1)]
}

fn number(lane: usize, row: usize, column: usize) -> f32 {
    ((lane * 31 + row * 7 + column) as f32).sin()
}

fn code(lane: usize, row: usize, column: usize) -> i32 {
    (lane * 100 + row * 10 + column) as i32
}

fn class(lane: usize, row: usize) -> i32 {
    ((lane + row * 2) % 3) as i32
}

fn logit(lane: usize, row: usize, output: usize) -> f32 {
    2.0 * ((lane * 17 + row * 5 + output * 3) as f32).cos()
}

/// Numbers made by `value` for each lane, row and column.
fn made<T>(n_columns: usize, value: impl Fn(usize, usize, usize) -> T) -> TensorData
where
    T: burn::tensor::Element,
{
    let places = (0..2 * N_ROWS * n_columns).map(|place| {
        let row = place / n_columns;
        value(row / N_ROWS, row % N_ROWS, place % n_columns)
    });
    TensorData::new(places.collect::<Vec<T>>(), [2, N_ROWS, n_columns])
}

/// How much a row counts in the loss.
fn row_weight(row: usize) -> f64 {
    (row % 3) as f64 / 2.0
}

fn batch(device: &Device) -> Batch {
    let weight = |lane: usize, row: usize, _: usize| f32::from(u8::from(row < COUNTS[lane]));
    let counts = |lane: usize, row: usize, _: usize| weight(lane, row, 0) * row_weight(row) as f32;
    Batch {
        inputs: Inputs {
            numbers: Tensor::from_data(made(3, number), device),
            codes: Some(Tensor::from_data(made(2, code), device)),
            row_weights: Some(Tensor::<3>::from_data(made(1, weight), device).reshape([2, N_ROWS])),
        },
        targets: TargetTensor::Classes(
            Tensor::<3, Int>::from_data(made(1, |lane, row, _| class(lane, row)), device)
                .reshape([2, N_ROWS]),
        ),
        weights: Some(Tensor::<3>::from_data(made(1, counts), device).reshape([2, N_ROWS])),
        partners: None,
        counts: COUNTS.to_vec(),
    }
}

const MIXINGS: [Mixing; 3] = [
    Mixing::Mixup { alpha: 1.0 },
    Mixing::CutMix { probability: 0.7, alpha: 1.0 },
    Mixing::CutOut { probability: 0.7, share: 0.4 },
];

/// The partner of a row; padding and rows of lanes that stay are their own.
fn partner(mix: Option<&Mix>, row: usize) -> usize {
    mix.and_then(|mix| mix.partners.get(row)).map_or(row, |partner| *partner as usize)
}

#[test]
fn tensors_mix_what_a_loop_over_rows_mixes() {
    let device = Device::flex();
    for (mixing, step) in MIXINGS.into_iter().flat_map(|mixing| (0..12).map(move |step| (mixing, step))) {
        let mixes = mixes(mixing, step);
        let inputs = batch(&device).mixed(&mixes).inputs;
        let (numbers, codes) = (host(inputs.numbers), inputs.codes.expect("there are codes").into_data());
        let codes: Vec<i32> = codes.iter::<i32>().collect();
        for (lane, row) in (0..2).flat_map(|lane| (0..COUNTS[lane]).map(move |row| (lane, row))) {
            let (mix, other) = (mixes[lane].as_ref(), partner(mixes[lane].as_ref(), row));
            for column in 0..3 {
                let [of_own, of_partner] = mix.map_or([1.0, 0.0], |mix| mix.numbers[column]);
                let expected = of_own * number(lane, row, column) + of_partner * number(lane, other, column);
                let found = numbers[(lane * N_ROWS + row) * 3 + column];
                assert!((found - expected).abs() < 1e-6, "{mixing:?}: {found} {expected}");
            }
            for column in 0..2 {
                let expected = match mix.map_or(Source::Own, |mix| mix.code(row, column)) {
                    Source::Own => code(lane, row, column),
                    Source::Partner => code(lane, other, column),
                    Source::Blank => 0,
                };
                assert_eq!(codes[(lane * N_ROWS + row) * 2 + column], expected, "{mixing:?}");
            }
        }
    }
}

/// −log of the probability that the logits give to a class.
fn surprise(lane: usize, row: usize, class: i32) -> f64 {
    let powers: Vec<f64> = (0..3).map(|output| f64::from(logit(lane, row, output)).exp()).collect();
    (powers.iter().sum::<f64>() / powers[class as usize]).ln()
}

#[test]
fn the_loss_shares_the_targets_by_lambda_and_weights_keep_their_sum() {
    let device = Device::flex();
    let class_weights = vec![1.0, 4.0, 0.5];
    let objective = Objective::CrossEntropy { class_weights: class_weights.clone(), label_smoothing: 0.0 };
    for (mixing, step) in MIXINGS.into_iter().flat_map(|mixing| (0..12).map(move |step| (mixing, step))) {
        let mixes = mixes(mixing, step);
        let Batch { targets, weights, partners, .. } = batch(&device).mixed(&mixes);
        let logits = Tensor::<3>::from_data(made(3, logit), &device);
        let losses = match partners {
            None => objective.loss(logits, &targets, weights.as_ref()),
            Some(partners) => partners.loss(&objective, logits, &targets, weights.as_ref()),
        };
        for (lane, found) in host(losses).into_iter().enumerate() {
            let (mix, weight) = (mixes[lane].as_ref(), |class: i32| class_weights[class as usize]);
            let own = mix.map_or(1.0, |mix| f64::from(mix.own));
            let (mut sum, mut total) = (0.0, 0.0);
            for row in 0..COUNTS[lane] {
                let (mine, other) = (class(lane, row), class(lane, partner(mix, row)));
                let (of_mine, of_other) = (row_weight(row), row_weight(partner(mix, row)));
                sum += own * of_mine * weight(mine) * surprise(lane, row, mine);
                sum += (1.0 - own) * of_other * weight(other) * surprise(lane, row, other);
                total += of_mine * weight(mine);
            }
            assert!((f64::from(found) - sum / total).abs() < 1e-5, "{mixing:?}: {found} {}", sum / total);
        }
    }
}
