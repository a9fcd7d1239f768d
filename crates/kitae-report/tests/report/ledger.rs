//! The report of a ledger.

use kitae_eval::intervals::Interval;
use kitae_eval::tests::PairedTest;
use kitae_eval::{MetricValue, Score};
use kitae_lab::log::Log;
use kitae_lab::{
    Family, FoldScore, HoldoutReport, Judgement, Lever, LeverReport, Refused, Trial, TrialOutcome, Verdict,
};
use kitae_report::ledger::Ledger;
use kitae_report::text::{Terminal, text};
use kitae_train::Recipe;
use serde_json::json;

use crate::{check_document, flowers, made};

fn test(mean: f64, half: f64) -> PairedTest {
    PairedTest {
        mean,
        standard_error: half / 2.0,
        t: 2.0 * mean / half,
        p_value: 0.01,
        interval: Interval { low: mean - half, high: mean + half },
        smallest_effect: half,
    }
}

fn untold(name: &str, verdict: Verdict) -> LeverReport {
    LeverReport {
        name: name.into(),
        family: Family::Shape,
        verdict,
        n_folds: 0,
        test: None,
        adjusted_p: None,
        smallest_effect: None,
        cost: None,
        rate: None,
        failure: None,
    }
}

fn tried(name: &str, verdict: Verdict, mean: f64) -> LeverReport {
    LeverReport {
        n_folds: 10,
        test: Some(test(mean, 0.125)),
        adjusted_p: Some(0.0125),
        smallest_effect: Some(0.25),
        cost: Some(1.5),
        rate: Some(2.0),
        ..untold(name, verdict)
    }
}

fn recipe() -> Recipe {
    made::manifest().unwrap().recipe
}

fn fold(score: f64, n_held_out: usize) -> FoldScore {
    let (learning_rate, validation, score) = (0.1, Score(score), Score(score));
    FoldScore { fold: 0, learning_rate, validation, score, n_train: 30, n_held_out, n_rare: None }
}

/// A ledger whose trial of the recipe itself took 90 seconds; `holdout_share` is there where levers are to be
/// applied.
fn log(levers: &[Lever], refused: &[Refused], holdout_share: Option<f64>) -> Log {
    let begun = json!({
        "format": 1,
        "levers": levers,
        "refused": refused,
        "budget_seconds": null,
        "holdout_share": holdout_share,
    });
    let outcome = TrialOutcome::Folds(vec![fold(-0.75, 72)]);
    let own = Trial { lever: None, repeat: 0, seconds: 90.0, seconds_saved: 0.0, outcome };
    Log { begun: serde_json::from_value(begun).unwrap(), trials: vec![own], looks: Vec::new() }
}

fn usual() -> Log {
    let refused = Refused { lever: "layer norm".into(), reason: "the recipe has no layer".into() };
    log(
        &["relu", "no norm"].map(|name| Lever::new(name, Family::Shape, toml::Table::new())),
        &[refused],
        Some(0.2),
    )
}

fn whole<'a>(recipe: &'a Recipe, log: &'a Log) -> Ledger<'a> {
    let mut ledger = Ledger::new(flowers("ledgers/flowers", recipe), log);
    let failed = LeverReport { failure: Some("it diverged".into()), ..untold("sgd", Verdict::Reject) };
    ledger.judgement = Judgement {
        baseline: Some(MetricValue(0.75)),
        baseline_rate: Some(0.5),
        levers: vec![
            tried("relu", Verdict::Adopt, 0.25),
            tried("mixup", Verdict::CannotTell, 0.0625),
            tried("no dropout", Verdict::Reject, -0.5),
            failed,
            untold("batch norm", Verdict::NotTried),
        ],
        ..ledger.judgement
    };
    ledger
}

#[track_caller]
fn check(ledger: &Ledger, parts: &[&str]) {
    check_document(&ledger.document(), parts);
}

#[track_caller]
fn check_text(ledger: &Ledger, parts: &[&str]) {
    let text = text(&ledger.results(), &Terminal::ENDLESS);
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn levers_are_told_in_sentences_a_picture_and_a_table() {
    let recipe = recipe();
    let log = usual();
    let ledger = whole(&recipe, &log);
    let parts = [
        "<h1>flowers</h1>",
        "predicting kind from flowers.csv",
        "Of 4 levers that were tried, one has a significant gain in log_loss: relu (+0.2500 [0.1250, 0.3750]).",
        "One makes it worse, one cannot be trained, one is inconclusive; gains below about 0.2500 could not \
         have been seen.",
        "1 lever has not been tried: resume with a budget of 15m, the time of the trials so far included.",
        "Gain of each lever",
        "×\u{20}1.5",
        "0.013",
        "reject (failed)",
        "failed: it diverged",
        "refused: the recipe has no layer",
        "no time was left",
        "lower learning rate, 0.5000 times its own",
        "<code>learning_rate</code>",
        "00000000000000ff",
    ];
    check(&ledger, &parts);
    let document = ledger.document();
    let charts = document.charts();
    assert_eq!(charts.iter().map(|chart| chart.name.as_str()).collect::<Vec<_>>(), ["levers"]);
    // One filled, one with a hole, one cross: told without colours.
    for mark in ["class=\"dot\"", "class=\"hole\"", "class=\"cross\""] {
        assert_eq!(charts[0].marks.matches(mark).count(), 1, "{mark}");
    }
    assert!(charts[0].description.contains("mixup: 0.06250 [-0.06250, 0.1875], +0.06250, inconclusive."));
    // The same sentences where there are no pictures.
    let parts = [
        "Ledger of flowers.csv: the recipe itself has log_loss 0.7500\n",
        "Of 4 levers that were tried, one has a significant gain in log_loss: relu (+0.2500 [0.1250, 0.3750]).\n",
        "One makes it worse, one cannot be trained, one is inconclusive; gains below about 0.2500 could",
        "  relu         adopt             +0.2500    [0.1250, 0.3750]",
        "lower learning rate, 0.5000 times its own",
        "  sgd          failed: it diverged\n",
        "  batch norm   no time was left\n",
    ];
    check_text(&ledger, &parts);
    let text = text(&ledger.results(), &Terminal::ENDLESS);
    assert!(!text.contains("dots") && !text.contains("fingerprint") && !text.contains("--resume"), "{text}");
}

/// What holdout rows say of `relu`, which scores `gain` better there.
fn look(gain: Option<f64>, half: f64) -> HoldoutReport {
    HoldoutReport {
        levers: vec!["relu".into()],
        promised: 0.25,
        without: vec![fold(-0.75, 18)],
        with: vec![FoldScore { fold: usize::from(gain.is_none()), ..fold(gain.unwrap_or(0.0) - 0.75, 18) }],
        gain: gain.map(|gain| test(gain, half)),
        seconds: 1.0,
    }
}

#[test]
fn what_was_promised_stands_beside_what_was_seen() {
    let recipe = recipe();
    let mut log = usual();
    log.looks = vec![look(Some(0.125), 0.0625); 2];
    let mut ledger = whole(&recipe, &log);
    ledger.judgement.levers.insert(1, tried("no norm", Verdict::Adopt, 0.125));
    let parts = [
        "Together they make a gain of 0.1250 [0.06250, 0.1875] on 18 holdout rows that no trial saw; the sum \
         of their single gains was +0.2500, so 50 % of that sum was confirmed; the interval excludes zero",
        "So 50 % of that sum was confirmed; the interval excludes zero",
        "they make a model with these keys as overrides",
        "sum of the single gains",
        "<code>relu</code> of the same family gains more",
        "looked at 2 times",
    ];
    check(&ledger, &parts);
    let parts = [
        "  applied                  relu\n",
        "  sum of the single gains  +0.2500\n",
        "  gain on holdout rows     +0.1250 [0.06250, 0.1875]\n",
        "  learning rate            0.1000, the median over these folds\n",
        "So 50 % of that sum was confirmed; the interval excludes zero",
        "looked at 2 times",
    ];
    check_text(&ledger, &parts);
    let told = |look: HoldoutReport, part: &str| {
        let mut log = usual();
        log.looks = vec![look];
        check(&whole(&recipe, &log), &[part]);
    };
    told(look(Some(-0.125), 0.5), "so none of that sum was confirmed; the interval includes zero");
    told(look(Some(0.125), 0.5), "so 50 % of that sum was confirmed; the interval includes zero");
    told(look(None, 0.5), "could not be scored");
    let log = usual();
    let mut ledger = whole(&recipe, &log);
    ledger.judgement.levers = vec![tried("mixup", Verdict::CannotTell, 0.0625)];
    check(&ledger, &["No lever was adopted, so there was nothing to measure"]);
}

#[test]
fn steps_are_told_in_the_words_of_who_shows_them() {
    let recipe = recipe();
    let folder = format!("my ledgers/{}", "long".repeat(50));
    let log = usual();
    let mut ledger = whole(&recipe, &log);
    ledger.experiment.folder = &folder;
    ledger.experiment.wording.step = |step| format!("`{step:?}`");
    check(&ledger, &[&format!("ResumeLedger(&quot;{folder}&quot;, &quot;15m&quot;)")]);
}

#[test]
fn a_ledger_that_adopts_nothing_says_so() {
    let recipe = recipe();
    let log = usual();
    let mut ledger = whole(&recipe, &log);
    ledger.judgement.levers = vec![tried("mixup", Verdict::CannotTell, 0.0625)];
    check(
        &ledger,
        &["Of 1 lever that was tried, none has a significant gain", "So the recipe stays as it is"],
    );
    ledger.judgement.levers = vec![tried("relu", Verdict::Adopt, 0.25)];
    check(&ledger, &["that number is too optimistic", "<code>kitae_lab::measure</code>"]);
    ledger.judgement.levers.clear();
    check(&ledger, &["No lever has been tried yet"]);
}

#[test]
fn many_levers_and_hostile_names_make_a_small_and_safe_page() {
    let recipe = recipe();
    let evil = format!("<script>'\"&{}\u{1}", "x".repeat(500));
    let log = log(&[], &vec![Refused { lever: evil.clone(), reason: evil.clone() }; 500], None);
    let mut ledger = whole(&recipe, &log);
    ledger.judgement.levers = (0..1000)
        .map(|at| tried(&evil, Verdict::CannotTell, if at == 0 { 1e300 } else { f64::from(at) }))
        .collect();
    let experiment = &mut ledger.experiment;
    (experiment.target, experiment.data, experiment.kitae, experiment.folder) = (&evil, &evil, &evil, &evil);
    check(&ledger, &["&lt;script&gt;", "The table lists the first 200 of 1000."]);
}
