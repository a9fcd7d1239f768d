//! What the ledger found, in a few sentences, and the few numbers beside it.

use kitae_lab::{LeverReport, Verdict};

use super::{Ledger, applied};
use crate::experiment::Experiment;
use crate::section::NAME;
use crate::wording::Step;
use crate::words::{bracket, capital, count, listed, more_time, number, or_dash, shorten, signed};

/// Levers that a sentence names.
const MOST_NAMES: usize = 5;

/// What was found, and what to do.
pub(super) fn sentences(ledger: &Ledger) -> Vec<String> {
    found(ledger).into_iter().chain(next(ledger)).collect()
}

/// What to take, what to leave, and what holdout rows say.
pub(super) fn found(ledger: &Ledger) -> Vec<String> {
    std::iter::once(earners(ledger)).chain(others(ledger)).chain(applied::together(ledger)).collect()
}

pub(super) fn figures(ledger: &Ledger) -> Vec<(String, String)> {
    let n_folds = ledger.judgement.levers.iter().map(|lever| lever.n_folds).max().unwrap_or(0);
    [
        ("levers tried".to_owned(), ledger.tried().len().to_string()),
        ("adopted".to_owned(), ledger.judgement.found(Verdict::Adopt).count().to_string()),
        ("folds compared on".to_owned(), n_folds.to_string()),
        ("held-out rows".to_owned(), ledger.n_rows().to_string()),
        ("seconds of trials".to_owned(), number(ledger.seconds())),
        (format!("{} of the recipe", ledger.judgement.measured()), or_dash(ledger.judgement.baseline)),
    ]
    .into()
}

/// The first sentence: what to take.
fn earners(ledger: &Ledger) -> String {
    let n_tried = ledger.tried().len();
    if n_tried == 0 {
        return "No lever has been tried yet, so there is no result.".to_owned();
    }
    let adopted: Vec<String> = ledger.judgement.found(Verdict::Adopt).map(with_gain).collect();
    let tried = format!("Of {} that {} tried", count(n_tried, "lever"), was(n_tried));
    let metric = ledger.judgement.measured();
    match adopted.len() {
        0 => format!("{tried}, none has a significant gain on these rows."),
        1 => format!("{tried}, one has a significant gain in {metric}: {}.", adopted[0]),
        n => format!("{tried}, {n} have a significant gain in {metric}: {}.", listed(&adopted, MOST_NAMES)),
    }
}

fn was(n: usize) -> &'static str {
    if n == 1 { "was" } else { "were" }
}

fn with_gain(lever: &LeverReport) -> String {
    let name = shorten(&lever.name, NAME);
    match lever.test {
        Some(test) => format!("{name} ({} {})", signed(test.mean), bracket(test.interval)),
        None => name,
    }
}

/// The second: what to leave, and what these rows leave open.
fn others(ledger: &Ledger) -> Option<String> {
    let open: Vec<&LeverReport> = ledger.judgement.found(Verdict::CannotTell).collect();
    let unknown = match open.len() {
        0 => None,
        1 => Some(format!("one is inconclusive{}", seen(&open))),
        n if n == ledger.tried().len() => Some(format!("all {n} are inconclusive{}", seen(&open))),
        n => Some(format!("{n} are inconclusive{}", seen(&open))),
    };
    let parts: Vec<String> = rejected(ledger).into_iter().flatten().chain(unknown).collect();
    (!parts.is_empty()).then(|| format!("{}.", capital(&parts.join(", "))))
}

/// How many are rejected, and why.
fn rejected(ledger: &Ledger) -> [Option<String>; 3] {
    let told = |one: &str, many: &str, is_so: fn(&LeverReport) -> bool| match ledger
        .judgement
        .found(Verdict::Reject)
        .filter(|lever| is_so(lever))
        .count()
    {
        0 => None,
        1 => Some(format!("one {one}")),
        n => Some(format!("{n} {many}")),
    };
    [
        told("makes it worse", "make it worse", |lever| lever.failure.is_none() && lever.test.is_some()),
        told("changes nothing", "change nothing", |lever| lever.failure.is_none() && lever.test.is_none()),
        told("cannot be trained", "cannot be trained", |lever| lever.failure.is_some()),
    ]
}

/// What an inconclusive lever would have had to gain.
fn seen(open: &[&LeverReport]) -> String {
    let mut effects: Vec<f64> = open.iter().filter_map(|lever| lever.smallest_effect).collect();
    effects.sort_unstable_by(f64::total_cmp);
    let Some(middle) = effects.get(effects.len() / 2) else { return String::new() };
    format!("; gains below about {} could not have been seen", number(*middle))
}

/// The last: what to do; nothing where levers were applied.
fn next(ledger: &Ledger) -> Option<String> {
    let Experiment { folder, wording, .. } = ledger.experiment;
    let n_left = ledger.judgement.found(Verdict::NotTried).count();
    let n_adopted = ledger.judgement.found(Verdict::Adopt).count();
    if !ledger.log.looks.is_empty() {
        return None;
    }
    if n_left > 0 {
        let time = more_time(ledger.seconds());
        let (levers, have) = (count(n_left, "lever"), if n_left == 1 { "has" } else { "have" });
        return Some(format!(
            "{levers} {have} not been tried: resume with {}, the time of the trials so far included.",
            (wording.step)(&Step::ResumeLedger(folder, &time))
        ));
    }
    let next = if n_adopted > 0 {
        format!(
            "What was adopted was selected for its gain, so that number is too optimistic: {} measures it on \
             holdout rows.",
            (wording.step)(&Step::ApplyLedger)
        )
    } else {
        "So the recipe stays as it is; more rows, folds or repeats would detect smaller gains.".to_owned()
    };
    (!ledger.judgement.levers.is_empty()).then_some(next)
}
