//! What the study found, in a few sentences, and the few numbers beside it.

use kitae_lab::tune::State;

use super::StudyReport;
use crate::experiment::Experiment;
use crate::wording::Step;
use crate::words::{count, gain, more_time, number, or_dash};

/// What was found, and what to do.
pub(super) fn sentences(study: &StudyReport) -> Vec<String> {
    found(study).into_iter().chain(next(study)).collect()
}

/// What the search was good for, and what was chosen.
pub(super) fn found(study: &StudyReport) -> Vec<String> {
    std::iter::once(gained(study)).chain(taken(study)).collect()
}

pub(super) fn figures(study: &StudyReport) -> Vec<(String, String)> {
    let record = study.record;
    let held = record.look.as_ref().map(|look| study.natural(look.best_measured().score));
    [
        ("trials".to_owned(), record.trials.len().to_string()),
        ("on all folds".to_owned(), record.n(State::Complete).to_string()),
        ("pruned".to_owned(), record.n(State::Stopped).to_string()),
        ("levers searched".to_owned(), record.study.space.axes.len().to_string()),
        ("seconds of trials".to_owned(), number(study.seconds)),
        (format!("{}, holdout rows", study.measured()), or_dash(held)),
    ]
    .into()
}

fn gained(study: &StudyReport) -> String {
    let Some(look) = &study.record.look else {
        return match study.record.taken() {
            None => "No trial has ended yet, so there is no result.".to_owned(),
            Some(_) => "The search has not ended, so nothing was measured on the holdout rows.".to_owned(),
        };
    };
    let Some(mean) = look.mean_gain() else {
        return "The search found nothing better than the recipe itself.".to_owned();
    };
    let verdict = match look.gain {
        Some(range) if range.low > 0.0 => "The search improved the recipe",
        Some(range) if range.high < 0.0 => "The search made the recipe worse",
        _ => "Inconclusive whether the search improved the recipe",
    };
    format!("{verdict}: {} in {} on rows that no trial saw.", gain(mean, look.gain), study.measured())
}

/// What the rows that chose say.
fn taken(study: &StudyReport) -> Option<String> {
    let taken = study.record.taken()?;
    let (metric, value) = (study.measured(), number(study.value(taken)?));
    let n_trials = count(study.record.trials.len(), "trial");
    let is = if study.record.look.is_some() { "was chosen" } else { "is the best so far" };
    if taken.number == 0 {
        let itself = "the first, the recipe itself,";
        return Some(format!("Of {n_trials} {itself} {is}: {metric} {value} on the validation rows."));
    }
    let own = study.record.trial(0).and_then(|own| study.value(own));
    let own = own.map(|own| format!(", the recipe itself {}", number(own))).unwrap_or_default();
    Some(format!(
        "Of {n_trials}, number {} {is}: {metric} {value} on the validation rows{own}.",
        taken.number
    ))
}

/// The last: what to do.
fn next(study: &StudyReport) -> Option<String> {
    let Experiment { folder, wording, .. } = study.experiment;
    if study.record.look.is_none() {
        let step = (wording.step)(&Step::ResumeStudy(folder));
        return Some(format!("A study that is not running can be resumed with {step}."));
    }
    (!study.record.study.space.axes.is_empty()).then(|| {
        format!(
            "More time, that of the trials so far included: {}.",
            (wording.step)(&Step::ExtendStudy(folder, &more_time(study.seconds)))
        )
    })
}
