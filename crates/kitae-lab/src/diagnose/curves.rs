//! Rules about the learning curves.

use kitae_eval::words::{number, percent};
use kitae_train::mixing::Mixing;
use kitae_train::observer::LaneEnd;
use kitae_train::stopping::{Keep, Stopping};

use super::course::{Course, line};
use super::{Ailment, Patient, Plot, Rule, Symptom, Treatment};
use crate::lever::Family;
use crate::paired::median;

pub(super) const RULES: &[Rule] =
    &[diverged, rate_too_high, rate_too_low, stopped_early, stopped_late, overfitting, underfitting];

/// Losses on the training rows while they are trained on, and on the validation rows.
fn losses(patient: &Patient) -> Option<Plot> {
    let courses = &patient.courses;
    let lines = vec![
        line("training rows", courses, |course| &course.loss),
        line("validation rows", courses, |course| &course.validation_loss),
    ];
    let is_drawable = lines.iter().any(|line| line.points.len() > 1);
    is_drawable.then(|| Plot { x: "epoch".into(), y: "loss".into(), lines })
}

fn finding(patient: &Patient, ailment: Ailment, evidence: String, treatments: Vec<Treatment>) -> Symptom {
    Symptom { ailment, evidence, plot: losses(patient), treatments }
}

/// The middle of some numbers, for a sentence.
fn middle(values: Vec<f64>) -> f64 {
    median(values).unwrap_or(f64::NAN)
}

fn of_all(n_ill: usize, patient: &Patient) -> String {
    format!("{n_ill} of {} networks", patient.courses.len())
}

fn lower_rates(patient: &Patient) -> Vec<Treatment> {
    let rate = patient.case.manifest.recipe.training.learning_rate;
    patient.levers(&[
        ("a quarter of the rate", Family::Optimiser, format!("training.learning_rate = {:?}", rate / 4.0)),
        ("a sixteenth of the rate", Family::Optimiser, format!("training.learning_rate = {:?}", rate / 16.0)),
        (
            "gradients clipped at 1",
            Family::Optimiser,
            "training.clip = { kind = 'global_norm', value = 1.0 }".into(),
        ),
    ])
}

fn diverged(patient: &Patient) -> Option<Symptom> {
    let diverged = |course: &Course| course.end.filter(|(_, end)| *end == LaneEnd::Diverged);
    let epochs: Vec<f64> = patient
        .courses
        .iter()
        .filter(|course| diverged(course).is_some())
        .map(|course| course.n_epochs() as f64)
        .collect();
    if epochs.is_empty() {
        return None;
    }
    let evidence = format!(
        "The loss of {} became infinite, in the median after {} epochs",
        of_all(epochs.len(), patient),
        middle(epochs)
    );
    Some(finding(patient, Ailment::Diverged, evidence, lower_rates(patient)))
}

/// Epochs from which a curve can be read.
pub(super) const FEWEST_EPOCHS: usize = 8;

/// A loss on the validation rows that jumps by this share of itself from epoch to epoch, at the end of the
/// run.
const JUMPS: f64 = 0.05;
/// Weights that move by this share of themselves in an epoch do not settle. The networks of presets moved by
/// 0.05 to 0.6 in the epochs looked at, those with 25 times the rate by 0.9 to 3 (`docs/diagnosis.md`).
const WILD: f64 = 0.7;
/// Weights that never move by this share of themselves in an epoch hardly move.
const STILL: f64 = 0.01;

/// How far the loss on the validation rows jumps up and down from epoch to epoch in some epochs, as a share
/// of itself: the middle change of its steps, halved. A loss that falls evenly does not jump.
pub(super) fn jumps(course: &Course, epochs: std::ops::Range<usize>) -> Option<f64> {
    let part = course.validation_loss.get(epochs)?;
    let turns = part.windows(3).map(|three| (three[2] - 2.0 * three[1] + three[0]).abs() / 2.0);
    let level = median(part.iter().copied().filter(|loss| loss.is_finite()).collect())?;
    let turn = median(turns.filter(|turn| turn.is_finite()).collect())?;
    course.share(turn, level)
}

/// In the last eighth of the epochs, at least four; of networks that hardly move it does not come from the
/// rate.
fn last_jumps(course: &Course) -> Option<f64> {
    let n_epochs = course.n_epochs();
    let first = n_epochs.checked_sub((n_epochs / 8).max(4))?;
    let jumps = jumps(course, first..n_epochs).filter(|_| n_epochs >= FEWEST_EPOCHS)?;
    Some(if movement(course).is_some_and(|movement| movement < STILL) { 0.0 } else { jumps })
}

/// The largest share of itself by which a hidden layer moved in an epoch that was looked at. In the first
/// epoch weights have far to go, so it does not count.
fn movement(course: &Course) -> Option<f64> {
    let later = course.looks.iter().filter(|(epoch, _)| *epoch > 1);
    let hidden = later.filter_map(|(_, probe)| Some(probe.layers.split_last()?.1)).flatten();
    hidden.filter_map(|layer| layer.change).max_by(f64::total_cmp)
}

fn rate_too_high(patient: &Patient) -> Option<Symptom> {
    let wild = patient.most(movement, |movement| *movement >= WILD);
    let jumping = patient.most(last_jumps, |jump| *jump >= JUMPS);
    let evidence = if !jumping.is_empty() {
        format!(
            "In {} the loss on the validation rows still changes by {} from one epoch to the next at the end \
             (threshold {})",
            of_all(jumping.len(), patient),
            percent(middle(jumping)),
            percent(JUMPS)
        )
    } else if !wild.is_empty() {
        format!(
            "In {} the weights of a layer change by {} in one epoch (threshold {})",
            of_all(wild.len(), patient),
            percent(middle(wild)),
            percent(WILD)
        )
    } else {
        return None;
    };
    Some(finding(patient, Ailment::RateTooHigh, evidence, lower_rates(patient)))
}

/// A loss that falls by this share of itself in the last quarter is still falling.
const FALLING: f64 = 0.02;
/// A learning rate that ends at less than this share of its largest was let out: the loss falls then in any
/// case.
const LET_OUT: f64 = 0.1;

/// By what share of itself the loss on the validation rows fell in the last quarter, and whether it ended at
/// its lowest.
fn late_fall(course: &Course) -> Option<(f64, bool)> {
    let n_epochs = course.n_epochs();
    let before = course.level(&course.validation_loss, (n_epochs * 3 / 4).checked_sub(1)?)?;
    let ((_, end), (_, lowest)) = (course.last()?, course.lowest(&course.validation_loss)?);
    let is_lowest = course.share(end - lowest, end)? < FALLING / 4.0;
    (n_epochs > 1).then_some((course.share(before - end, end)?, is_lowest))
}

/// By what share of itself the loss fell at the end, nothing if it ended above its lowest; and the movement.
fn still_falling(course: &Course) -> Option<(f64, f64)> {
    let (fall, is_lowest) = late_fall(course)?;
    Some((if is_lowest { fall } else { 0.0 }, movement(course)?))
}

fn is_let_out(course: &Course) -> bool {
    let largest = course.rates.iter().copied().fold(0.0, f64::max);
    course.rates.last().is_some_and(|last| *last < LET_OUT * largest)
}

fn rate_too_low(patient: &Patient) -> Option<Symptom> {
    let ill = patient.most(still_falling, |(fall, movement)| *movement < STILL && *fall >= FALLING);
    if ill.is_empty() {
        return None;
    }
    let evidence = format!(
        "In {} no layer's weights change by more than {} in an epoch, and the loss on the validation rows \
         still fell by {} in the last quarter",
        of_all(ill.len(), patient),
        percent(middle(ill.iter().map(|(_, movement)| *movement).collect())),
        percent(middle(ill.iter().map(|(fall, _)| *fall).collect()))
    );
    let rate = patient.case.manifest.recipe.training.learning_rate;
    let treatments = patient.levers(&[
        ("8 times the rate", Family::Optimiser, format!("training.learning_rate = {:?}", rate * 8.0)),
        ("64 times the rate", Family::Optimiser, format!("training.learning_rate = {:?}", rate * 64.0)),
        ("Adam", Family::Optimiser, "optimiser = { kind = 'adam', beta2 = 0.95 }".into()),
    ]);
    Some(finding(patient, Ailment::RateTooLow, evidence, treatments))
}

fn stopped_early(patient: &Patient) -> Option<Symptom> {
    let recipe = &patient.case.manifest.recipe;
    let falling = |course: &Course| still_falling(course).filter(|_| !is_let_out(course));
    let ill = patient.most(falling, |(fall, movement)| *movement >= STILL && *fall >= FALLING);
    if ill.is_empty() {
        return None;
    }
    let evidence = format!(
        "In {} the loss on the validation rows fell by {} in the last quarter of the {} epochs and ended at its lowest",
        of_all(ill.len(), patient),
        percent(middle(ill.iter().map(|(fall, _)| *fall).collect())),
        middle(patient.courses.iter().map(|course| course.n_epochs() as f64).collect())
    );
    let mut changes = vec![(
        "4 times the epochs",
        Family::Epochs,
        format!("training.epochs = {}", recipe.training.epochs * 4),
    )];
    if recipe.stopping != Stopping::Never {
        changes.push(("no early stopping", Family::Epochs, "stopping = { kind = 'never' }".into()));
    }
    Some(finding(patient, Ailment::StoppedEarly, evidence, patient.levers(&changes)))
}

/// The generalisation loss past which Prechelt stops: 5 % above the lowest (`GL_5`).
const GENERALISATION_LOSS: f64 = 0.05;
/// An error below this share of that after the first epoch has all but vanished, and so has what it rises by.
const VANISHED: f64 = 0.1;
/// Where the best epoch is kept, what comes after it costs time and nothing else; it says that the network
/// could be held back more if that is more than half of the epochs.
const WASTED: f64 = 0.5;

/// How the error on the validation rows rises after its lowest level.
struct Rise {
    /// By what share of itself at the end.
    by: f64,
    /// The best epoch, counted from 1.
    epoch: usize,
    /// What part of all epochs that is.
    part: f64,
    /// By what share the loss on the training rows falls meanwhile.
    fall: f64,
}

fn rise(course: &Course) -> Option<Rise> {
    let n_epochs = course.n_epochs();
    let (epoch, lowest) = course.lowest(&course.error)?;
    let end = course.level(&course.error, n_epochs.checked_sub(1)?)?;
    let first = course.error.iter().copied().find(|error| error.is_finite())?;
    let (train, then) = (course.last()?.0, course.level(&course.loss, epoch)?);
    let by = (end - lowest) / lowest.max(VANISHED * first);
    let part = (epoch + 1) as f64 / n_epochs as f64;
    (n_epochs >= FEWEST_EPOCHS && by.is_finite() && then > 0.0).then_some(Rise {
        by,
        epoch: epoch + 1,
        part,
        fall: 1.0 - train / then,
    })
}

/// "In 4 of 5 networks the brier on the validation rows is lowest at epoch 40 of 256 and 12 % higher at the
/// last".
fn risen(ill: &[Rise], patient: &Patient) -> String {
    let middle_of = |part: &dyn Fn(&Rise) -> f64| middle(ill.iter().map(part).collect());
    let metric = patient.case.manifest.recipe.validation_metric;
    format!(
        "In {} the {} on the validation rows is lowest at epoch {} of {} and {} higher at the last",
        of_all(ill.len(), patient),
        if metric.is_loss() { metric.to_string() } else { "loss".to_owned() },
        middle_of(&|rise| rise.epoch as f64),
        middle_of(&|rise| (rise.epoch as f64 / rise.part).round()),
        percent(middle_of(&|rise| rise.by)),
    )
}

fn stopped_late(patient: &Patient) -> Option<Symptom> {
    if patient.case.manifest.recipe.training.keep == Keep::Best {
        return None;
    }
    let ill = patient.most(rise, |rise| rise.by >= GENERALISATION_LOSS);
    if ill.is_empty() {
        return None;
    }
    let evidence = format!("{}, whose weights are kept", risen(&ill, patient));
    let treatments = patient.levers(&[
        ("keep the best epoch", Family::Epochs, "training.keep = 'best'".into()),
        ("early stopping", Family::Epochs, "stopping = { kind = 'early' }\ntraining.keep = 'best'".into()),
    ]);
    Some(finding(patient, Ailment::StoppedLate, evidence, treatments))
}

fn overfitting(patient: &Patient) -> Option<Symptom> {
    let is_kept = patient.case.manifest.recipe.training.keep == Keep::Best;
    let ill = patient.most(rise, |rise| {
        let is_early = !is_kept || rise.part < WASTED;
        rise.by >= GENERALISATION_LOSS && rise.fall >= GENERALISATION_LOSS && is_early
    });
    if ill.is_empty() {
        return None;
    }
    let evidence = format!(
        "{}, while the loss on the training rows falls by another {}{}",
        risen(&ill, patient),
        percent(middle(ill.iter().map(|rise| rise.fall).collect())),
        if is_kept { "; the best epoch is kept, and the later ones are wasted" } else { "" },
    );
    let widths = &patient.case.manifest.model.network.hidden;
    let narrow: Vec<String> = widths.iter().map(|width| (width / 4).max(4).to_string()).collect();
    let mut treatments = patient.levers(&[
        ("dropout 0.3", Family::Dropout, "network.dropout = 0.3".into()),
        ("cutmix", Family::Mixing, "training.mixing = { kind = 'cut_mix' }".into()),
        ("weight decay 0.1", Family::Penalty, "training.weight_decay = 0.1".into()),
        ("narrower", Family::Shape, format!("network.hidden = [{}]", narrow.join(", "))),
        ("early stopping", Family::Epochs, "stopping = { kind = 'early' }".into()),
    ]);
    treatments.push(Treatment::Advice("more data, if there is any".into()));
    Some(finding(patient, Ailment::Overfitting, evidence, treatments))
}

/// A loss on training rows that is within this share of that on validation rows leaves no gap to speak of:
/// where nothing held the networks of presets back, it was 0.23 or more.
const GAP: f64 = 0.15;
/// Settings from which a lever holds a network back.
const MUCH_DROPOUT: f64 = 0.4;
const MUCH_PENALTY: f64 = 1e-3;
const MUCH_DECAY: f64 = 0.3;
const NARROW: usize = 16;

fn underfitting(patient: &Patient) -> Option<Symptom> {
    // The few rows of a look say little alone, so all folds are taken together.
    let gap = |course: &Course| Some((course.looks.last()?.1.loss?, course.last()?.1));
    let losses: Vec<(f64, f64)> = patient.courses.iter().filter_map(gap).collect();
    let mean = |part: fn(&(f64, f64)) -> f64| losses.iter().map(part).sum::<f64>() / losses.len() as f64;
    let (train, validation) = (mean(|losses| losses.0), mean(|losses| losses.1));
    let (bounds, treatments) = bounds(patient);
    let has_gap = train.is_nan() || validation <= 0.0 || train < (1.0 - GAP) * validation;
    if has_gap || bounds.is_empty() {
        return None;
    }
    let evidence = format!(
        "The loss on training rows ({}) is hardly lower than on validation rows ({}), and the recipe limits \
         the network by {}",
        number(train),
        number(validation),
        bounds.join(", ")
    );
    Some(finding(patient, Ailment::Underfitting, evidence, treatments))
}

/// What holds the network back, in words and as levers that let it go.
fn bounds(patient: &Patient) -> (Vec<String>, Vec<Treatment>) {
    let recipe = &patient.case.manifest.recipe;
    let (network, training) = (&recipe.network, &recipe.training);
    let dropout = network.dropout.rates(network.hidden.len()).into_iter().fold(0.0, f64::max);
    let narrowest = network.hidden.iter().copied().min();
    let mut found = Vec::new();
    if let Some(width) = narrowest.filter(|width| *width <= NARROW) {
        let wide = vec!["128"; network.hidden.len()].join(", ");
        let lever = ("wider", Family::Shape, format!("network.hidden = [{wide}]"));
        found.push((format!("a layer of {width} units"), lever));
    }
    if dropout >= MUCH_DROPOUT {
        let lever = ("no dropout", Family::Dropout, "network.dropout = 0.0".into());
        found.push((format!("dropout {dropout}"), lever));
    }
    if training.weight_decay >= MUCH_DECAY {
        let lever = ("weight decay 0.02", Family::Penalty, "training.weight_decay = 0.02".into());
        found.push((format!("weight decay {}", training.weight_decay), lever));
    }
    if training.l1.max(training.l2) >= MUCH_PENALTY {
        let lever = ("no penalty", Family::Penalty, "training.l1 = 0.0\ntraining.l2 = 0.0".into());
        found.push((format!("L1 {} and L2 {}", training.l1, training.l2), lever));
    }
    if training.mixing != Mixing::None {
        let lever = ("no mixing", Family::Mixing, "training.mixing = { kind = 'none' }".into());
        found.push(("mixing of rows".into(), lever));
    }
    let (words, changes): (Vec<String>, Vec<_>) = found.into_iter().unzip();
    let treatments = patient.levers(&changes);
    (words, treatments)
}
