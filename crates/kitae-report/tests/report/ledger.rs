//! The page of a ledger.

use kitae_eval::intervals::Interval;
use kitae_eval::tests::PairedTest;
use kitae_report::document::{Block, Section};
use kitae_report::ledger::{Application, Applied, Finding, Ledger, Tried, ledger_charts, ledger_page};
use kitae_train::Recipe;

use crate::{made, xml};

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

fn tried(name: &str, finding: Finding, mean: f64) -> Tried {
    Tried {
        family: "shape".into(),
        n_folds: 10,
        test: Some(test(mean, 0.125)),
        adjusted_p: Some(0.0125),
        smallest_effect: Some(0.25),
        cost: Some(1.5),
        rate: Some(2.0),
        ..Tried::new(name, finding)
    }
}

fn recipe() -> Recipe {
    made::manifest().unwrap().recipe
}

fn whole(recipe: &Recipe) -> Ledger<'_> {
    let mut ledger = Ledger::new("ledgers/flowers", recipe);
    (ledger.target, ledger.data, ledger.kitae) = ("kind".into(), "flowers.csv".into(), "0.1.0".into());
    (ledger.fingerprint, ledger.n_rows, ledger.seconds) = (255, 72, 90.0);
    (ledger.baseline, ledger.baseline_rate) = (Some(0.75), Some(0.5));
    let failed = Tried { failure: Some("it diverged".into()), ..Tried::new("sgd", Finding::Reject) };
    ledger.levers = vec![
        tried("relu", Finding::Adopt, 0.25),
        tried("mixup", Finding::CannotTell, 0.0625),
        tried("no dropout", Finding::Reject, -0.5),
        failed,
        Tried::new("batch norm", Finding::NotTried),
    ];
    ledger.refused = vec![("layer norm".into(), "the recipe has no layer".into())];
    ledger
}

#[track_caller]
fn check(ledger: &Ledger, parts: &[&str]) {
    let html = ledger_page(ledger);
    xml::check(&html);
    assert!(html.len() < 1_000_000 && !html.contains("<script"), "{} bytes", html.len());
    for part in parts {
        assert!(html.contains(part), "{part}");
    }
    for chart in ledger_charts(ledger) {
        xml::check(&chart.standalone());
        assert!(!chart.marks.contains("NaN") && !chart.marks.contains("inf"), "{}", chart.name);
    }
}

#[test]
fn levers_are_told_in_sentences_a_picture_and_a_table() {
    let recipe = recipe();
    let ledger = whole(&recipe);
    let parts = [
        "<h1>flowers</h1>",
        "predicting kind from flowers.csv",
        "Of 4 levers that were tried, one has a significant gain in log_loss: relu (+0.2500 [0.1250, 0.3750]).",
        "One makes it worse, one cannot be trained, one is inconclusive; gains below about 0.2500 could not \
         have been seen.",
        "1 lever has not been tried: resume with <code class=\"long\">kitae ledger --resume ledgers/flowers \
         --time 15m</code>, the time of the trials so far included.",
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
    let charts = ledger_charts(&ledger);
    assert_eq!(charts.iter().map(|chart| chart.name.as_str()).collect::<Vec<_>>(), ["levers"]);
    // One filled, one with a hole, one cross: told without colours.
    for mark in ["class=\"dot\"", "class=\"hole\"", "class=\"cross\""] {
        assert_eq!(charts[0].marks.matches(mark).count(), 1, "{mark}");
    }
    assert!(charts[0].description.contains("mixup: 0.06250 [-0.06250, 0.1875], +0.06250, inconclusive."));
}

#[test]
fn what_was_promised_stands_beside_what_was_seen() {
    let recipe = recipe();
    let mut ledger = whole(&recipe);
    let applied = Applied {
        levers: vec!["relu".into()],
        left_out: vec![("no norm".into(), "another gains more".into())],
        promised: 0.25,
        gain: Some(test(0.125, 0.0625)),
        mean: Some(0.125),
        n_rows: 18,
        n_looks: 2,
    };
    ledger.application = Application::Measured(applied.clone());
    let parts = [
        "Together they make a gain of 0.1250 [0.06250, 0.1875] on 18 holdout rows that no trial saw; the sum \
         of their single gains was +0.2500, so 50 % of that sum was confirmed; the interval excludes zero",
        "So 50 % of that sum was confirmed; the interval excludes zero",
        "kitae train --of ledgers/flowers --recipe ledgers/flowers/recipe.toml --out MODEL",
        "sum of the single gains",
        "another gains more",
        "looked at 2 times",
    ];
    check(&ledger, &parts);
    let lost = Applied { gain: Some(test(-0.125, 0.5)), mean: Some(-0.125), ..applied.clone() };
    ledger.application = Application::Measured(lost);
    check(&ledger, &["so none of that sum was confirmed", "the interval includes zero"]);
    let unsure = Applied { gain: Some(test(0.125, 0.5)), ..applied.clone() };
    ledger.application = Application::Measured(unsure);
    check(&ledger, &["so 50 % of that sum was confirmed; the interval includes zero"]);
    let unscored = Applied { gain: None, mean: None, ..applied };
    ledger.application = Application::Measured(unscored);
    check(&ledger, &["could not be scored"]);
    ledger.application = Application::Nothing;
    check(&ledger, &["No lever was adopted, so there was nothing to measure"]);
}

#[test]
fn commands_on_the_page_can_be_pasted_into_a_shell() {
    let recipe = recipe();
    let folder = format!("my ledgers/{}", "long".repeat(50));
    let mut ledger = whole(&recipe);
    ledger.folder = &folder;
    check(&ledger, &[&format!("kitae ledger --resume &#39;{folder}&#39; --time 15m")]);
}

#[test]
fn a_ledger_that_adopts_nothing_says_so() {
    let recipe = recipe();
    let mut ledger = whole(&recipe);
    ledger.levers = vec![tried("mixup", Finding::CannotTell, 0.0625)];
    check(
        &ledger,
        &["Of 1 lever that was tried, none has a significant gain", "So the recipe stays as it is"],
    );
    ledger.levers = vec![tried("relu", Finding::Adopt, 0.25)];
    check(&ledger, &["that number is too optimistic", "kitae ledger --apply"]);
    ledger.levers.clear();
    check(&ledger, &["No lever has been tried yet"]);
}

#[test]
fn many_levers_and_hostile_names_make_a_small_and_safe_page() {
    let recipe = recipe();
    let mut ledger = whole(&recipe);
    let evil = format!("<script>'\"&{}\u{1}", "x".repeat(500));
    ledger.levers = (0..1000)
        .map(|at| tried(&evil, Finding::CannotTell, if at == 0 { 1e300 } else { f64::from(at) }))
        .collect();
    ledger.refused = vec![(evil.clone(), evil.clone()); 500];
    (ledger.target, ledger.data, ledger.kitae, ledger.folder) =
        (evil.clone(), evil.clone(), evil.clone(), &evil);
    let blocks = vec![Block::Text(evil.clone())];
    ledger.more.push(Section { id: "more".into(), title: evil.clone(), blocks });
    check(&ledger, &["&lt;script&gt;"]);
}
