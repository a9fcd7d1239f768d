//! The verdict in three sentences, and the few numbers beside it.

use kitae_data::finding::Severity;
use kitae_data::target::Task;
use kitae_eval::Metric;
use kitae_train::looks::Which;
use kitae_train::scores::{BaselineReport, MetricScore, ScoreReport};

use super::{FINDING, NAME};
use crate::Contents;
use crate::document::{Document, Section, facts};
use crate::wording::Step;
use crate::words::{
    bracket, capital, count, gain, last_part, learned_nothing, listed, number, percent, shorten,
    with_article, written_from,
};

/// Warnings at the top of the page.
const MOST_WARNINGS: usize = 3;

/// The report, of which all but the top is made.
pub(crate) fn headed(contents: &Contents, sections: Vec<Section>) -> Document {
    let manifest = contents.manifest;
    Document {
        title: shorten(last_part(contents.folder).unwrap_or("model"), NAME),
        subtitle: subtitle(contents),
        verdict: [how_good(&manifest.scores), against_baselines(&manifest.scores)]
            .into_iter()
            .chain(learned_nothing(&manifest.scores).map(|text| format!("{}.", capital(&text))))
            .chain(take_care(contents))
            .chain([what_next(contents)])
            .collect(),
        figures: figures(contents),
        sections,
        foot: written_from("the model folder", contents.folder),
    }
}

/// What makes the scores untrue; the rest is told below.
fn take_care(contents: &Contents) -> Option<String> {
    let grave = contents.manifest.findings.iter().filter(|finding| finding.severity == Severity::Warning);
    let sentences: Vec<String> =
        grave.map(|finding| shorten(&(contents.wording.settings)(&finding.to_string()), FINDING)).collect();
    let more = match sentences.len().saturating_sub(MOST_WARNINGS) {
        0 => String::new(),
        n => format!(" {} under “Columns”.", count(n, "more warning")),
    };
    let told = sentences.iter().take(MOST_WARNINGS).map(|sentence| capital(sentence)).collect::<Vec<_>>();
    (!sentences.is_empty()).then(|| format!("Caution: {}.{more}", told.join(". ")))
}

fn subtitle(contents: &Contents) -> String {
    let manifest = contents.manifest;
    let what = match manifest.recipe.task {
        Task::Classification => {
            let names: Vec<String> =
                manifest.model.class_names.iter().map(|name| shorten(name, 30)).collect();
            format!("one of {}", listed(&names, 6))
        }
        Task::Regression => "a number".to_owned(),
    };
    let from = match manifest.model.source.path.as_str() {
        "" => String::new(),
        path => format!(" of {}", shorten(path, 120)),
    };
    let columns = count(manifest.model.layout.inputs.len(), "column");
    format!("{}, {what}, predicted from {columns}{from}", shorten(&manifest.model.target, NAME))
}

fn figures(contents: &Contents) -> Vec<(String, String)> {
    let manifest = contents.manifest;
    let figures = facts([
        ("held-out rows", manifest.scores.n_rows.to_string()),
        ("test rows sealed", manifest.model.source.n_sealed.to_string()),
        ("networks", manifest.model.lanes.len().to_string()),
        ("weights per network", manifest.model.network.count_parameters().to_string()),
    ]);
    figures.into_iter().chain(super::learning::seconds(contents)).collect()
}

/// The heading score, and a number that everybody knows.
fn how_good(scores: &ScoreReport) -> String {
    let Some(heading) = scores.entries.first() else {
        return format!("No metric has a value on the {} that were scored.", count(scores.n_rows, "row"));
    };
    let rows = count(scores.n_rows, "row");
    let between = heading.interval.map(|interval| format!(" {}", bracket(interval))).unwrap_or_default();
    let better = if heading.metric.is_loss() { "lower" } else { "higher" };
    let known = scores.entries.iter().skip(1).find_map(known).unwrap_or_default();
    format!(
        "On {rows}, each predicted out of fold, {} is {}{between} ({better} is better){known}.",
        heading.label(),
        number(heading.value)
    )
}

fn known(entry: &MetricScore) -> Option<String> {
    match entry.metric {
        Metric::Accuracy => Some(format!("; {} of the rows are classified correctly", percent(entry.value))),
        Metric::R2 if entry.value.0 > 0.0 => {
            Some(format!("; {} of the target's variance is explained", percent(entry.value)))
        }
        Metric::R2 => Some("; none of the target's variance is explained".to_owned()),
        _ => None,
    }
}

/// How the model compares with each baseline, as one sentence.
pub(crate) fn against_baselines(scores: &ScoreReport) -> String {
    if scores.baselines.is_empty() {
        return "It was not compared with a baseline, so it is unknown whether that is good.".to_owned();
    }
    let network = scores.entries.first();
    let parts: Vec<String> = scores.baselines.iter().map(|baseline| compared(network, baseline)).collect();
    format!("It is {}.", parts.join("; it is "))
}

fn compared(network: Option<&MetricScore>, baseline: &BaselineReport) -> String {
    let name = format!("{} ({})", with_article(&baseline.name), number(baseline.score.value));
    match (Certainty::of(network, baseline), &baseline.gain) {
        (Certainty::Same, _) => format!("the same as {name}"),
        (_, None) => format!("compared with {name} on too few folds for a test"),
        (certainty, Some(test)) => {
            let by = gain(test.mean, Some(test.interval));
            match certainty {
                Certainty::Better => format!("better than {name}, {by}"),
                Certainty::Worse => format!("worse than {name}, {by}"),
                _ => format!(
                    "not significantly different from {name}: {by}, which could be zero; a difference of {} or \
                     more would have been detected",
                    number(test.smallest_effect)
                ),
            }
        }
    }
}

/// What is known of the network against one baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Certainty {
    Better,
    Worse,
    Same,
    Unknown,
}

impl Certainty {
    fn of(network: Option<&MetricScore>, baseline: &BaselineReport) -> Self {
        match &baseline.gain {
            Some(gain) if gain.interval.low > 0.0 => Self::Better,
            Some(gain) if gain.interval.high < 0.0 => Self::Worse,
            None if network.is_some_and(|network| network.folds == baseline.score.folds) => Self::Same,
            _ => Self::Unknown,
        }
    }
}

/// Whether the network is worth it, and what to do next.
fn what_next(contents: &Contents) -> String {
    let scores = &contents.manifest.scores;
    let network = scores.entries.first();
    let judged = |baseline: &BaselineReport| (Certainty::of(network, baseline), with_article(&baseline.name));
    let judged: Vec<(Certainty, String)> = scores.baselines.iter().map(judged).collect();
    let of = |certainty: Certainty| {
        judged.iter().find(|(found, _)| *found == certainty).map(|(_, name)| name.clone())
    };
    let open = open_the_seal(contents);
    if let Some(name) = of(Certainty::Worse) {
        return format!(
            "The network is not worth it here: take {name}, or find what holds the network back."
        );
    }
    if scores.linear_share == Some(1.0) || of(Certainty::Same).is_some() {
        return format!(
            "The network adds nothing to its baseline here: take the simpler model, or look with {} for more \
             informative columns.",
            (contents.wording.step)(&Step::Inspect)
        );
    }
    match of(Certainty::Unknown) {
        Some(name) => format!(
            "So it is not shown that the network is worth it over {name}: more rows, folds or repeats would detect \
             smaller differences; {open}."
        ),
        None if judged.is_empty() => format!("Next, {open}."),
        None => format!("The network is worth it here; next, {open}."),
    }
}

fn open_the_seal(contents: &Contents) -> String {
    let (folder, n_sealed) = (contents.folder, contents.manifest.model.source.n_sealed);
    let with = |step: Step| (contents.wording.step)(&step);
    let looks = contents.looks.as_deref().unwrap_or_default();
    let n_looks = looks.iter().filter(|look| look.which == Which::Sealed).count();
    match (n_sealed, n_looks) {
        (0, _) => format!("score it on rows of another file with {}", with(Step::ScoreOthers(folder))),
        (_, 0) => {
            let rows = count(n_sealed, "sealed row");
            format!("when all choices are made, open the {rows} once with {}", with(Step::OpenSeal(folder)))
        }
        (_, 1) => "the sealed rows have been opened, so their score is final for this model".to_owned(),
        (_, n) => {
            format!(
                "the sealed rows have been opened {n} times, so confirm it on new rows before you rely on it"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use kitae_eval::MetricValue;
    use kitae_eval::intervals::Interval;
    use kitae_eval::tests::PairedTest;

    use super::*;

    fn baseline(mean: f64, low: f64, high: f64) -> BaselineReport {
        let score = MetricScore {
            metric: Metric::LogLoss,
            positive: None,
            value: MetricValue(0.5),
            interval: None,
            folds: Vec::new(),
            folds_interval: None,
        };
        let gain = PairedTest {
            mean,
            standard_error: 0.01,
            t: 1.0,
            p_value: 0.1,
            interval: Interval { low, high },
            smallest_effect: 0.05,
        };
        BaselineReport { name: "linear model".into(), score, gain: Some(gain) }
    }

    #[test]
    fn a_verdict_is_sure_only_if_the_interval_is() {
        let check = |baseline: &BaselineReport, start: &str| {
            let text = compared(None, baseline);
            assert!(text.starts_with(start), "{text}");
        };
        check(
            &baseline(0.021, 0.01, 0.032),
            "better than the linear model (0.5000), a gain of 0.02100 [0.01000, 0.03200]",
        );
        check(
            &baseline(0.021, -0.01, 0.05),
            "not significantly different from the linear model (0.5000): a gain of 0.02100 [-0.01000",
        );
        check(
            &baseline(-0.02, -0.03, -0.01),
            "worse than the linear model (0.5000), a loss of 0.02000 [0.01000, 0.03000]",
        );
        check(
            &baseline(-0.02, -0.05, 0.01),
            "not significantly different from the linear model (0.5000): a loss of",
        );
        let same = BaselineReport { gain: None, ..baseline(0.0, 0.0, 0.0) };
        check(&same, "compared with the linear model (0.5000) on too few folds");
        assert_eq!(compared(Some(&same.score), &same), "the same as the linear model (0.5000)");
    }
}
