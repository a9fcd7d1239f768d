//! What the study found, in a few sentences, and the few numbers beside it.

use super::{Fate, Gain, Study};
use crate::render::Head;
use crate::section::NAME;
use crate::words::{count, gain, more_time, number, quoted, shorten};

pub(super) fn head(study: &Study) -> Head {
    let name = study.folder.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or("study");
    Head {
        title: shorten(name, NAME),
        subtitle: subtitle(study),
        verdict: [Some(gained(study)), found(study), next(study)].into_iter().flatten().collect(),
        figures: figures(study),
    }
}

fn subtitle(study: &Study) -> String {
    let from = match study.data.as_str() {
        "" => String::new(),
        path => format!(" from {}", shorten(path, 120)),
    };
    format!("a search for a better recipe to predict {}{from}", shorten(&study.target, NAME))
}

fn figures(study: &Study) -> Vec<(String, String)> {
    let value = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number);
    let metric = study.recipe.measured();
    let held = study.gain.as_ref().map(|gain| gain.tuned.as_ref().unwrap_or(&gain.own).value);
    [
        ("trials".to_owned(), study.trials.len().to_string()),
        ("on all folds".to_owned(), study.n(Fate::Complete).to_string()),
        ("pruned".to_owned(), study.n(Fate::GivenUp).to_string()),
        ("levers searched".to_owned(), study.n_levers.to_string()),
        ("seconds of trials".to_owned(), number(study.seconds)),
        (format!("{metric}, holdout rows"), value(held)),
    ]
    .into()
}

/// The first sentence: what it was good for.
fn gained(study: &Study) -> String {
    let metric = study.recipe.measured();
    match &study.gain {
        None if study.best().is_none() => "No trial has ended yet, so there is no result.".to_owned(),
        None => "The search has not ended, so nothing was measured on the holdout rows.".to_owned(),
        Some(Gain { mean: Some(mean), interval, .. }) => {
            let by = gain(*mean, *interval);
            match interval {
                Some(range) if range.low > 0.0 => {
                    format!("The search improved the recipe: {by} in {metric} on rows that no trial saw.")
                }
                Some(range) if range.high < 0.0 => {
                    format!("The search made the recipe worse: {by} in {metric} on rows that no trial saw.")
                }
                _ => format!(
                    "Inconclusive whether the search improved the recipe: {by} in {metric} on rows that no trial saw."
                ),
            }
        }
        Some(_) => "The search found nothing better than the recipe itself.".to_owned(),
    }
}

/// The second: what the rows that chose say.
fn found(study: &Study) -> Option<String> {
    let taken = study.taken()?;
    let (metric, value) = (study.recipe.measured(), number(taken.value?));
    let n_trials = count(study.trials.len(), "trial");
    let is = if study.chosen.is_some() { "was chosen" } else { "is the best so far" };
    if taken.number == 0 {
        let itself = "the first, the recipe itself,";
        return Some(format!("Of {n_trials} {itself} {is}: {metric} {value} on the validation rows."));
    }
    let own = study.own().and_then(|own| own.value).map(|own| format!(", the recipe itself {}", number(own)));
    let own = own.unwrap_or_default();
    Some(format!(
        "Of {n_trials}, number {} {is}: {metric} {value} on the validation rows{own}.",
        taken.number
    ))
}

/// The last: what to do.
fn next(study: &Study) -> Option<String> {
    let folder = quoted(study.folder);
    match study.gain {
        None => {
            Some(format!("A study that is not running can be resumed with `kitae tune --resume {folder}`."))
        }
        Some(_) if study.n_levers > 0 => Some(format!(
            "More time, that of the trials so far included: `kitae tune --resume {folder} --time {}`.",
            more_time(study.seconds)
        )),
        Some(_) => None,
    }
}
