//! Rows that several members of a network predict: each learns on its own, and their mean is the prediction.

use burn::tensor::{Int, Tensor};

use super::TargetTensor;

/// How many members predicted each row, given the rows of logits.
pub(super) fn n_members(targets: &TargetTensor, n_predictions: usize) -> usize {
    let [_, n_rows] = match targets {
        TargetTensor::Classes(classes) => classes.dims(),
        TargetTensor::Values(values) => values.dims(),
    };
    n_predictions.checked_div(n_rows).unwrap_or(1)
}

/// Each row once for each of `n_members` members, side by side.
pub(super) fn spread_targets(targets: &TargetTensor, n_members: usize) -> TargetTensor {
    targets.clone().map(|classes| spread_codes(classes, n_members), |values| spread(values, n_members))
}

/// Each row of `[n_lanes, n_rows]` `n_members` times.
pub(super) fn spread(rows: Tensor<2>, n_members: usize) -> Tensor<2> {
    let [n_lanes, n_rows] = rows.dims();
    rows.unsqueeze_dim::<3>(2).repeat_dim(2, n_members).reshape([n_lanes, n_rows * n_members])
}

fn spread_codes(rows: Tensor<2, Int>, n_members: usize) -> Tensor<2, Int> {
    let [n_lanes, n_rows] = rows.dims();
    rows.unsqueeze_dim::<3>(2).repeat_dim(2, n_members).reshape([n_lanes, n_rows * n_members])
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::objective::{Loss, Objective};

    /// Two rows of three members.
    const LOGITS: [f32; 12] = [0.3, -1.0, 2.0, 0.5, -0.7, 1.1, 4.0, -3.0, 0.0, 0.2, 1.5, 0.9];

    /// The mean of the members' predictions and the prediction of the joined outputs.
    fn check(objective: &Objective, logits: &[f32], n_outputs: usize) {
        let n_rows = logits.len() / n_outputs / 3;
        let apart = objective.predict(logits, n_outputs);
        let joined = objective.predict(&objective.joined(logits.to_vec(), n_outputs, 3), n_outputs);
        let width = joined.len() / n_rows;
        for (row, joined) in joined.chunks_exact(width).enumerate() {
            for (column, joined) in joined.iter().enumerate() {
                let of = |member: usize| apart[(row * 3 + member) * width + column];
                let mean = (of(0) + of(1) + of(2)) / 3.0;
                assert!((joined - mean).abs() < 1e-6 * mean.abs().max(1.0), "{objective:?}: {joined} {mean}");
            }
        }
    }

    #[test]
    fn the_joined_answer_is_the_mean_of_the_members_predictions() {
        check(&Objective::cross_entropy(), &LOGITS, 2);
        check(&Objective::binary_cross_entropy(), &LOGITS[..6], 1);
        check(&Objective::MeanSquared, &LOGITS[..6], 1);
        check(&Objective::Pinball { quantile: 0.9 }, &LOGITS[..6], 1);
        check(&Objective::Poisson, &LOGITS[..6], 1);
        check(&Objective::Poisson, &[50.0, 1.0, 31.0], 1);
        check(&Objective::GaussianNll, &LOGITS, 2);
    }

    #[test]
    fn a_mixture_of_normal_distributions_has_the_spread_of_its_means_too() {
        let joined = Objective::GaussianNll.joined(vec![-1.0, 0.0, 3.0, 4.0_f32.ln()], 2, 2);
        // Variances 1 and 4, means two away from their mean.
        assert_eq!(joined[0], 1.0);
        assert!((joined[1] - 6.5_f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn members_that_are_sure_keep_the_answer_finite_and_nan_stays_nan() {
        let sure = Objective::cross_entropy().joined(vec![1e30, -1e30, 1e30, -1e30], 2, 2);
        assert!(sure.iter().all(|logit| logit.is_finite()), "{sure:?}");
        let torn = Objective::binary_cross_entropy().joined(vec![1e4, -1e4], 1, 2);
        assert!(torn[0].abs() < 1e-6);
        for objective in [Objective::cross_entropy(), Objective::GaussianNll] {
            let lost = objective.joined(vec![f32::NAN, f32::NAN, 1.0, 2.0], 2, 2);
            assert!(lost.iter().all(|logit| logit.is_nan()), "{lost:?}");
        }
        for objective in [Objective::binary_cross_entropy(), Objective::Poisson, Objective::MeanSquared] {
            assert!(objective.joined(vec![f32::NAN, 1.0], 1, 2)[0].is_nan(), "{objective:?}");
        }
    }

    #[test]
    fn the_loss_is_the_mean_of_the_members_losses() {
        let device = Device::flex();
        let values = |values: [f32; 2]| TargetTensor::Values(Tensor::from_data([values], &device));
        let logits = Tensor::<3>::from_data([[[1.0], [3.0], [0.0], [4.0]]], &device);
        let loss = |logits: Tensor<3>, weights: Option<&Tensor<2>>| {
            let loss = Objective::MeanSquared.loss(logits, &values([1.0, 0.0]), weights);
            loss.try_to_vec_as::<f32>().expect("floats")[0]
        };
        // Not 0.5 · (1 + 4), the loss of the means.
        assert_eq!(loss(logits.clone(), None), (0.0 + 4.0 + 0.0 + 16.0) / 4.0);
        let weights = Tensor::from_data([[1.0, 0.0]], &device);
        assert_eq!(loss(logits, Some(&weights)), 2.0);
    }
}
