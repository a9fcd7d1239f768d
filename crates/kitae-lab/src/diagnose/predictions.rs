//! Rules about the predictions for the held-out rows.

use kitae_eval::words::{gain, number, percent};
use kitae_train::prepare::Targets;

use super::{Ailment, Patient, Rule, Symptom, Treatment};
use crate::lever::Family;

pub(super) const RULES: &[Rule] = &[overconfident, tilted, neglected_class, heavy_tails, not_worth_it];

/// A gap of less than this is small beside the error itself.
const SMALL_GAP: f64 = 0.02;
/// Standard errors that chance does not reach.
const SURE: f64 = 3.0;

/// Classes: the mean probability of the predicted class against how often it is right. Unlike the expected
/// calibration error this does not grow where rows are few.
fn overconfident(patient: &Patient) -> Option<Symptom> {
    let scored = patient.case.scored.as_ref()?;
    let Targets::Classes(classes) = &scored.targets else { return None };
    let n_rows = classes.len() as f64;
    let rows = scored.predictions.values.chunks_exact(scored.predictions.n_columns);
    let (mut claimed, mut right) = (0.0, 0.0);
    for (row, class) in rows.zip(classes) {
        let (best, probability) = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
        claimed += probability / n_rows;
        right += f64::from(u8::from(best == *class as usize)) / n_rows;
    }
    let gap = claimed - right;
    let error = (right * (1.0 - right) / n_rows).sqrt();
    if gap.abs() < SMALL_GAP || gap.abs() < SURE * error {
        return None;
    }
    let evidence = format!(
        "On held-out rows the mean confidence is {}, but the accuracy is {}",
        percent(claimed),
        percent(right)
    );
    let mut treatments = patient.levers(&[
        ("temperature", Family::Loss, "calibration = 'temperature'".into()),
        ("no label smoothing", Family::Loss, "objective.label_smoothing = 0.0".into()),
        ("equal class weights", Family::Loss, "objective.class_weights = []".into()),
    ]);
    treatments.push(Treatment::Advice(
        "give the calibration, which is fitted on the validation rows, more of them: \
         `split.validation_share = 0.25`"
            .into(),
    ));
    Some(Symptom { ailment: Ailment::Miscalibrated, evidence, plot: None, treatments })
}

/// A slope this far from 1 is seen in the error.
const TILT: f64 = 0.05;

/// Numbers: the slope of the target over the predictions is 1 where predictions mean what they say (the
/// calibration slope, Cox 1958).
fn tilted(patient: &Patient) -> Option<Symptom> {
    let scored = patient.case.scored.as_ref()?;
    let Targets::Values(targets) = &scored.targets else { return None };
    let (slope, error) = slope(&scored.predictions.values, targets)?;
    if (slope - 1.0).abs() < TILT || (slope - 1.0).abs() < SURE * error {
        return None;
    }
    let direction = if slope < 1.0 { "too far from" } else { "too close to" };
    let evidence = format!(
        "On held-out rows the target rises by {} ± {} where the prediction rises by 1: predictions lie {direction} the mean",
        number(slope),
        number(2.0 * error)
    );
    let treatments = patient.levers(&[
        ("linear share", Family::Blend, "blend = 'linear'".into()),
        ("squared error", Family::Loss, "objective = { kind = 'mean_squared' }".into()),
        ("weight decay 0.1", Family::Penalty, "training.weight_decay = 0.1".into()),
    ]);
    Some(Symptom { ailment: Ailment::Miscalibrated, evidence, plot: None, treatments })
}

/// The least-squares slope of `y` over `x` and its standard error, which allows for errors of different size
/// (White 1980); none without spread.
fn slope(x: &[f64], y: &[f64]) -> Option<(f64, f64)> {
    let n = x.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let spread: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
    let common: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let slope = common / spread;
    let part = |x: &f64, y: &f64| ((x - mean_x) * (y - mean_y - slope * (x - mean_x))).powi(2);
    let error = x.iter().zip(y).map(|(x, y)| part(x, y)).sum::<f64>().sqrt() / spread;
    (spread > 0.0 && slope.is_finite() && error.is_finite()).then_some((slope, error))
}

/// Classes with fewer rows are too rare to be judged.
const FEWEST_ROWS: u64 = 20;
/// Fewer of a class that are recognised are next to none.
const NEGLECTED: f64 = 0.1;

fn neglected_class(patient: &Patient) -> Option<Symptom> {
    let manifest = patient.case.manifest;
    let confusion = manifest.scores.confusion.as_ref()?;
    let recall = |class: u32| {
        let n_rows: u64 =
            (0..manifest.model.class_names.len() as u32).map(|other| confusion.n_rows(class, other)).sum();
        (n_rows >= FEWEST_ROWS).then(|| (confusion.n_rows(class, class) as f64 / n_rows as f64, n_rows))
    };
    let all = (0..manifest.model.class_names.len() as u32).filter_map(|class| Some((class, recall(class)?)));
    let (class, (recall, n_rows)) = all.min_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
    if recall >= NEGLECTED {
        return None;
    }
    let name = &manifest.model.class_names[class as usize];
    let evidence = format!(
        "Of the {n_rows} held-out rows of class `{name}`, {} are predicted as it ({} of all rows are of this class)",
        percent(recall),
        percent(n_rows as f64 / manifest.scores.n_rows as f64)
    );
    let mut treatments =
        patient.levers(&[("balanced classes", Family::Loss, "objective.class_weights = 'balanced'".into())]);
    treatments.push(Treatment::Advice(
        "if a false negative costs more than a false positive, set the threshold on the probability below one \
         half, and select by `metric = \"auc\"` or `metric = \"balanced_accuracy\"`"
            .into(),
    ));
    Some(Symptom { ailment: Ailment::NeglectedClass, evidence, plot: None, treatments })
}

/// Fewer rows than this do not show how errors are spread.
const ENOUGH_ROWS: usize = 200;
/// The share of rows, and the share of the squared error that they make. With normal errors one row in a
/// hundred makes about 8 % of it.
const FEW: f64 = 0.01;
const MOST: f64 = 0.5;

fn heavy_tails(patient: &Patient) -> Option<Symptom> {
    let scored = patient.case.scored.as_ref()?;
    let Targets::Values(targets) = &scored.targets else { return None };
    let mut errors: Vec<f64> = targets
        .iter()
        .zip(&scored.predictions.values)
        .map(|(target, answer)| (target - answer).powi(2))
        .collect();
    errors.sort_by(|a, b| b.total_cmp(a));
    let n_few = (FEW * errors.len() as f64).ceil() as usize;
    let share = errors[..n_few.min(errors.len())].iter().sum::<f64>() / errors.iter().sum::<f64>();
    if errors.len() < ENOUGH_ROWS || share.is_nan() || share < MOST {
        return None;
    }
    let evidence =
        format!("{} of the held-out rows account for {} of the squared error", percent(FEW), percent(share));
    let mut treatments = patient.levers(&[
        ("Huber loss", Family::Loss, "objective = { kind = 'huber', delta = 1.0 }".into()),
        ("absolute error", Family::Loss, "objective = { kind = 'mean_absolute' }".into()),
    ]);
    treatments.push(Treatment::Advice(
        "look at those rows: `out_of_fold.csv` has the target and the prediction of each".into(),
    ));
    Some(Symptom { ailment: Ailment::HeavyTails, evidence, plot: None, treatments })
}

/// A gain of less than this share of the linear model's score is small, even if it were sure.
const SMALL_GAIN: f64 = 0.02;

fn not_worth_it(patient: &Patient) -> Option<Symptom> {
    let manifest = patient.case.manifest;
    let scores = &manifest.scores;
    let linear = scores.baselines.iter().find(|baseline| baseline.name == "linear model")?;
    let test = linear.gain.as_ref()?;
    let is_small = test.mean < SMALL_GAIN * linear.score.value.0.abs();
    if test.interval.low > 0.0 || !is_small || manifest.model.network.hidden.is_empty() {
        return None;
    }
    let own = scores.entries.first()?;
    let sure = if test.interval.high < 0.0 { "" } else { ", which could be zero" };
    let evidence = format!(
        "{} is {} with {} and {} with the linear model: {}{sure}",
        scores.heading(),
        number(own.value),
        scores.predictions_by(),
        number(linear.score.value),
        gain(test.mean, Some(test.interval))
    );
    let mut treatments = patient.levers(&[
        (
            "piecewise embedding",
            Family::NumberEmbedding,
            "network.number_embedding = { kind = 'piecewise_linear' }".into(),
        ),
        ("linear share", Family::Blend, "blend = 'linear'".into()),
    ]);
    let linear = "take the linear model: `network.hidden = []` trains it alone".to_owned();
    treatments.push(Treatment::Advice(linear));
    Some(Symptom { ailment: Ailment::NotWorthIt, evidence, plot: None, treatments })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_and_its_error_are_those_of_the_formula_with_matrices() {
        // By numpy, X with a column of ones, e the residuals: (XᵀX)⁻¹ Xᵀ diag(e²) X (XᵀX)⁻¹.
        let x = [1.0, 2.0, 3.0, 4.0, 5.0];
        let y = [1.2, 1.9, 3.5, 3.7, 5.2];
        let (slope, error) = slope(&x, &y).expect("there is spread");
        assert!((slope - 0.98).abs() < 1e-12, "{slope}");
        assert!((error - 0.053_441_556_863_549_594).abs() < 1e-9, "{error}");
    }
}
