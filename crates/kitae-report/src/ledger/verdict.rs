//! What the ledger found, in a few sentences, and the few numbers beside it.

use super::{Application, Applied, Finding, Ledger, Tried};
use crate::render::Head;
use crate::section::NAME;
use crate::words::{
    bracket, capital, count, gain, listed, more_time, number, promise, quoted, shorten, signed,
};

/// Levers that a sentence names.
const MOST_NAMES: usize = 5;

pub(super) fn head(ledger: &Ledger) -> Head {
    let name = ledger.folder.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or("ledger");
    Head {
        title: shorten(name, NAME),
        subtitle: subtitle(ledger),
        verdict: std::iter::once(earners(ledger)).chain(others(ledger)).chain(next(ledger)).collect(),
        figures: figures(ledger),
    }
}

fn subtitle(ledger: &Ledger) -> String {
    let from = match ledger.data.as_str() {
        "" => String::new(),
        path => format!(" from {}", shorten(path, 120)),
    };
    format!("the gain of each lever of training in predicting {}{from}", shorten(&ledger.target, NAME))
}

fn figures(ledger: &Ledger) -> Vec<(String, String)> {
    let n_tried = ledger.levers.iter().filter(|lever| lever.finding != Finding::NotTried).count();
    let n_folds = ledger.levers.iter().map(|lever| lever.n_folds).max().unwrap_or(0);
    let baseline = ledger.baseline.map_or_else(|| "-".to_owned(), number);
    [
        ("levers tried", n_tried.to_string()),
        ("adopted", ledger.found(Finding::Adopt).count().to_string()),
        ("folds compared on", n_folds.to_string()),
        ("held-out rows", ledger.n_rows.to_string()),
        ("seconds of trials", number(ledger.seconds)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .chain([(format!("{} of the recipe", ledger.recipe.measured()), baseline)])
    .collect()
}

/// The first sentence: what to take.
fn earners(ledger: &Ledger) -> String {
    let n_tried = ledger.levers.iter().filter(|lever| lever.finding != Finding::NotTried).count();
    if n_tried == 0 {
        return "No lever has been tried yet, so there is no result.".to_owned();
    }
    let adopted: Vec<String> = ledger.found(Finding::Adopt).map(with_gain).collect();
    let tried = format!("Of {} that {} tried", count(n_tried, "lever"), was(n_tried));
    let metric = ledger.recipe.measured();
    match adopted.len() {
        0 => format!("{tried}, none has a significant gain on these rows."),
        1 => format!("{tried}, one has a significant gain in {metric}: {}.", adopted[0]),
        n => format!("{tried}, {n} have a significant gain in {metric}: {}.", listed(&adopted, MOST_NAMES)),
    }
}

fn was(n: usize) -> &'static str {
    if n == 1 { "was" } else { "were" }
}

fn with_gain(lever: &Tried) -> String {
    let name = shorten(&lever.name, NAME);
    match lever.test {
        Some(test) => format!("{name} ({} {})", signed(test.mean), bracket(test.interval)),
        None => name,
    }
}

/// The second: what to leave, and what these rows leave open.
fn others(ledger: &Ledger) -> Option<String> {
    let open: Vec<&Tried> = ledger.found(Finding::CannotTell).collect();
    let n_tried = ledger.levers.iter().filter(|lever| lever.finding != Finding::NotTried).count();
    let unknown = match open.len() {
        0 => None,
        1 => Some(format!("one is inconclusive{}", seen(&open))),
        n if n == n_tried => Some(format!("all {n} are inconclusive{}", seen(&open))),
        n => Some(format!("{n} are inconclusive{}", seen(&open))),
    };
    match (rejected(ledger), unknown) {
        (None, None) => None,
        (Some(one), None) => Some(format!("{one}.")),
        (None, Some(other)) => Some(format!("{}.", capital(&other))),
        (Some(one), Some(other)) => Some(format!("{one}, {other}.")),
    }
}

/// How many are rejected, and why.
fn rejected(ledger: &Ledger) -> Option<String> {
    let told = |one: &str, many: &str, is_so: fn(&Tried) -> bool| match ledger
        .found(Finding::Reject)
        .filter(|lever| is_so(lever))
        .count()
    {
        0 => None,
        1 => Some(format!("one {one}")),
        n => Some(format!("{n} {many}")),
    };
    let parts = [
        told("makes it worse", "make it worse", |lever| lever.failure.is_none() && lever.test.is_some()),
        told("changes nothing", "change nothing", |lever| lever.failure.is_none() && lever.test.is_none()),
        told("cannot be trained", "cannot be trained", |lever| lever.failure.is_some()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| capital(&parts.join(", ")))
}

/// What an inconclusive lever would have had to gain.
fn seen(open: &[&Tried]) -> String {
    let mut effects: Vec<f64> = open.iter().filter_map(|lever| lever.smallest_effect).collect();
    effects.sort_unstable_by(f64::total_cmp);
    let Some(middle) = effects.get(effects.len() / 2) else { return String::new() };
    format!("; gains below about {} could not have been seen", number(*middle))
}

/// The last: what was measured on rows held back, or what to do.
fn next(ledger: &Ledger) -> Option<String> {
    let n_left = ledger.found(Finding::NotTried).count();
    let n_adopted = ledger.found(Finding::Adopt).count();
    if let Application::Measured(applied) = &ledger.application {
        return Some(measured(applied));
    }
    if n_left > 0 {
        let folder = quoted(ledger.folder);
        let (levers, have) = (count(n_left, "lever"), if n_left == 1 { "has" } else { "have" });
        return Some(format!(
            "{levers} {have} not been tried: resume with `kitae ledger --resume {folder} --time {}`, the time \
             of the trials \
             so far included.",
            more_time(ledger.seconds)
        ));
    }
    match (n_adopted, &ledger.application) {
        (0, _) if ledger.levers.is_empty() => None,
        (0, _) => Some(
            "So the recipe stays as it is; more rows, or more folds and repeats (`--folds`, `--repeats`), \
             would detect smaller gains."
                .to_owned(),
        ),
        _ => Some(
            "What was adopted was selected for its gain, so that number is too optimistic: `kitae ledger \
             --apply` measures it on holdout rows."
                .to_owned(),
        ),
    }
}

fn measured(applied: &Applied) -> String {
    let rows = count(applied.n_rows, "holdout row");
    let promised = signed(applied.promised);
    let Some(mean) = applied.mean else {
        return format!("Together they could not be scored on the {rows}.");
    };
    let interval = applied.gain.map(|gain| gain.interval);
    let share = promise(applied.promised, mean, interval).map(|text| format!(", {text}")).unwrap_or_default();
    format!(
        "Together they make {} on {rows} that no trial saw; the sum of their single gains was {promised}{share}.",
        gain(mean, interval)
    )
}
