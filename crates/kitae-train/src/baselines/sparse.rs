//! A linear model that chooses its columns, for tables with more columns than rows.
//!
//! A ridge penalty gives every column a small weight: of 2,000 columns of which one carries the class, the
//! noise of the others drowns it. The elastic net (Zou and Hastie 2005) leaves most columns out. Where rows
//! are few, folds of the training rows choose its penalty, as a handful of validation rows would choose by
//! chance. Whether this model or the ridge is taken is up to the validation rows, as all else.

mod columns;
mod path;
mod targets;

use kitae_data::features::Features;
use kitae_eval::Score;
use kitae_model::Weights;

use self::columns::Columns;
use self::path::{FITS_A_PENALTY, Fit, path};
use self::targets::ScaledTargets;
use super::{LinearModel, LinearModels};
use crate::calibration::Calibrator;
use crate::engine::evaluate::calibrator;
use crate::engine::passes;
use crate::engine::{self, LaneResult};
use crate::objective::Objective;
use crate::observer::LaneEnd;
use crate::prepare::{FoldData, LaneData, RoleData};
use crate::recipe::Recipe;
use crate::seal::SplitBy;
use kitae_infer::OutputDecoder;

/// With more training rows the validation rows choose the penalty.
const ROWS_FOR_VALIDATION: usize = 1_000;
/// Folds of the training rows that choose it otherwise, and from how many rows on half of them are enough.
const MOST_FOLDS: usize = 10;
const ROWS_FOR_FEWER_FOLDS: usize = 100;
/// Rows times columns times classes that a fit may look at in each round; a larger one is not tried.
const MOST_WORK: usize = 200_000_000;

/// Whether a fold has more columns than rows to learn from.
pub(super) fn is_wide(lane: &LaneData) -> bool {
    let features = &lane.fold.train.features;
    features.d_numbers > features.n_rows
}

/// The model of a fold in the form of those in `models`, whose recipe is `recipe`; none if its loss has no
/// such model or there are too many classes.
pub(super) fn fit(
    by: &SplitBy,
    recipe: &Recipe,
    models: &LinearModels,
    lane: &LaneData,
    place: &engine::RunContext,
) -> Option<LinearModel> {
    let fold = &*lane.fold;
    let scale = fold.target_scale.as_ref();
    let targets = ScaledTargets::of(&fold.train.targets, &models.objective, scale, models.network.n_outputs)?;
    let columns = Columns::screened(&fold.train.features, &targets, None);
    let work = columns.n_rows.saturating_mul(columns.len()).saturating_mul(targets.n_scores());
    if work > MOST_WORK {
        return None;
    }
    let fits = path(&columns, &targets, None);
    let fit = &fits[chosen(by, &models.objective, fold, &columns, &targets, &fits)];
    let template = &models.folds.first()?.result.weights;
    let weights = stored(template, &columns, fit, models.network.n_outputs)?;
    let result = result(recipe, models, fold, weights, place)?;
    let validation_score =
        result.validation.score(&fold.validation.targets, recipe.metric).unwrap_or(Score(f64::NEG_INFINITY));
    Some(LinearModel { place: lane.place, preprocessor: None, validation_score, result })
}

/// The position of the first fit that is as good, within a standard error, as the one that is best on rows
/// that it has not seen (Breiman et al. 1984): few rows make chance columns look useful.
fn chosen(
    by: &SplitBy,
    objective: &Objective,
    fold: &FoldData,
    columns: &Columns,
    targets: &ScaledTargets,
    fits: &[Fit],
) -> usize {
    // Rows of one group lie in several folds of the training rows.
    let is_dealt = by.column().is_none();
    let stop =
        ScaledTargets::of(&fold.validation.targets, objective, fold.target_scale.as_ref(), targets.n_outputs);
    let losses: Vec<Vec<f64>> = match stop {
        Some(stop) if !is_dealt || fold.train.features.n_rows > ROWS_FOR_VALIDATION => {
            let losses = |fit: &Fit| stop.losses(&fit.scores(columns, &fold.validation.features, None));
            fits.iter().map(losses).collect()
        }
        _ => losses_in_folds(&fold.train.features, targets, fits),
    };
    simplest(&losses)
}

/// The first of these losses, one for each row, whose mean is within a standard error of the least.
fn simplest(losses: &[Vec<f64>]) -> usize {
    let mean = |losses: &Vec<f64>| losses.iter().sum::<f64>() / losses.len().max(1) as f64;
    let Some(best) = losses.iter().min_by(|a, b| mean(a).total_cmp(&mean(b))) else { return 0 };
    let (n, least) = (best.len() as f64, mean(best));
    let squares: f64 = best.iter().map(|loss| (loss - least) * (loss - least)).sum();
    let enough = least + (squares / (n * (n - 1.0)).max(1.0)).sqrt();
    losses.iter().position(|losses| mean(losses) <= enough).unwrap_or(0)
}

/// For each fit the losses of training rows, each predicted by a model that has not seen it. Columns are
/// chosen anew each time.
fn losses_in_folds(features: &Features, targets: &ScaledTargets, fits: &[Fit]) -> Vec<Vec<f64>> {
    let penalties: Vec<f64> = fits.iter().step_by(FITS_A_PENALTY).map(|fit| fit.penalty).collect();
    let mut losses = vec![vec![0.0; targets.n_rows()]; fits.len()];
    let order = targets.order();
    let n_folds = if order.len() < ROWS_FOR_FEWER_FOLDS { MOST_FOLDS } else { MOST_FOLDS / 2 };
    for number in 0..n_folds.min(order.len()) {
        let (held, learnt): (Vec<usize>, Vec<usize>) =
            (0..order.len()).partition(|place| place % n_folds == number);
        let rows = |places: Vec<usize>| places.into_iter().map(|place| order[place]).collect::<Vec<usize>>();
        let (held, learnt) = (rows(held), rows(learnt));
        let own = targets.select(&learnt);
        let columns = Columns::screened(features, &own, Some(&learnt));
        let others = path(&columns, &own, Some(&penalties));
        for (at, losses) in losses.iter_mut().enumerate() {
            // A path ends where nothing is left to explain.
            let last = others.len() - FITS_A_PENALTY + at % FITS_A_PENALTY;
            let scores = others[at.min(last)].scores(&columns, features, Some(&held));
            for (row, loss) in held.iter().zip(targets.select(&held).losses(&scores)) {
                losses[*row] = loss;
            }
        }
    }
    losses
}

/// The weights of the network that predicts as `fit` does; all that it does not use is 0.
fn stored(template: &Weights, columns: &Columns, fit: &Fit, n_outputs: usize) -> Option<Weights> {
    let mut weights = template.clone();
    for tensor in weights.tensors.values_mut() {
        tensor.values.fill(0.0);
    }
    // Two classes have one score, the log odds of the second.
    let parts: &[f64] = if fit.scores.len() == 1 && n_outputs == 2 { &[-0.5, 0.5] } else { &[1.0] };
    let line = fit.in_units_of(columns);
    let bias = &mut weights.tensors.get_mut("output.bias")?.values;
    for (score, line) in line.iter().enumerate() {
        for (part, share) in parts.iter().enumerate() {
            bias[score + part] = (share * line.bias) as f32;
        }
    }
    let matrix = &mut weights.tensors.get_mut("output.weight")?.values;
    for (score, line) in line.iter().enumerate() {
        for (column, weight) in &line.weights {
            for (part, share) in parts.iter().enumerate() {
                matrix[column * n_outputs + score + part] = (share * weight) as f32;
            }
        }
    }
    Some(weights)
}

/// The predictions of these weights, calibrated as those of the other linear models.
fn result(
    recipe: &Recipe,
    models: &LinearModels,
    fold: &FoldData,
    weights: Weights,
    place: &engine::RunContext,
) -> Option<LaneResult> {
    let (network, objective) = (&models.network, &models.objective);
    let ready = place.engine.ready(network, &weights).ok()?;
    let logits = |part: &RoleData| passes::logits(&*ready, network, &part.features, objective);
    let (validation, held_out) = (logits(&fold.validation), logits(&fold.held_out));
    let decoder =
        OutputDecoder { objective, n_outputs: network.n_outputs, scale: fold.target_scale.as_ref() };
    let calibrator = calibrator(&decoder, recipe, &validation, &fold.validation.targets);
    let n_rows = [&fold.train, &fold.validation, &fold.held_out].map(|part| part.rows.len()).iter().sum();
    let in_bag = calibrator.in_bag(recipe.training.members, n_rows);
    Some(LaneResult {
        in_bag: decoder.predictions(&held_out, Calibrator { smoothing: 0.0, ..in_bag }),
        validation: decoder.predictions(&validation, calibrator),
        held_out: decoder.predictions(&held_out, calibrator),
        calibrator,
        kept_epoch: 1,
        n_epochs: 1,
        end: LaneEnd::Planned,
        weights,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simplest_of_what_is_as_good_is_taken() {
        let losses = [vec![0.9, 1.1, 1.0, 1.0], vec![0.2, 0.6, 0.5, 0.5], vec![0.1, 0.6, 0.5, 0.4]];
        assert_eq!(simplest(&losses), 1);
        assert_eq!(simplest(&losses[..1]), 0);
        assert_eq!(simplest(&[]), 0);
    }
}
