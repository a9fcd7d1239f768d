//! The page of a study.

use kitae_eval::intervals::Interval;
use kitae_report::study::{Bag, Change, Fate, Gain, OnRows, Study, Trial, study_charts, study_page};
use kitae_train::Recipe;

use crate::{made, xml};

fn trial(number: u32, fate: Fate, value: f64) -> Trial {
    let changes = if number == 0 { Vec::new() } else { vec![("dropout".into(), "0.3".into())] };
    Trial { value: Some(value), n_folds: 2, seconds: Some(1.5), changes, ..Trial::new(number, fate) }
}

fn recipe() -> Recipe {
    made::manifest().unwrap().recipe
}

/// Log loss falls from 0.5 to 0.375 on the rows that chose.
fn whole(recipe: &Recipe) -> Study<'_> {
    let mut study = Study::new("studies/flowers", recipe);
    (study.target, study.data, study.kitae) = ("kind".into(), "flowers.csv".into(), "0.1.0".into());
    (study.fingerprint, study.n_levers, study.holdout_share) = (255, 9, 0.2);
    (study.budget, study.seconds, study.model) = ("5 trials".into(), 7.5, "models/flowers".into());
    study.trials = vec![
        trial(0, Fate::Complete, 0.5),
        trial(1, Fate::GivenUp, 0.875),
        trial(2, Fate::Complete, 0.375),
        Trial { failure: Some("it diverged".into()), ..Trial::new(3, Fate::Failed) },
        Trial::new(4, Fate::Running),
    ];
    study
}

fn gain(mean: f64, half: f64) -> Gain {
    let on_rows = |value: f64| OnRows {
        value,
        interval: Some(Interval { low: value - 0.125, high: value + 0.125 }),
        single: value + 0.0625,
        flattered: Some((0.03125, None)),
    };
    let interval = Some(Interval { low: mean - half, high: mean + half });
    Gain { own: on_rows(0.5), tuned: Some(on_rows(0.5 - mean)), mean: Some(mean), interval, n_looks: 1 }
}

#[track_caller]
fn check(study: &Study, parts: &[&str]) {
    let html = study_page(study);
    xml::check(&html);
    assert!(html.len() < 1_000_000 && !html.contains("<script"), "{} bytes", html.len());
    for part in parts {
        assert!(html.contains(part), "{part}");
    }
    for chart in study_charts(study) {
        xml::check(&chart.standalone());
        assert!(!chart.marks.contains("NaN") && !chart.marks.contains("inf"), "{}", chart.name);
        assert!(chart.png().is_ok_and(|png| png.missing.is_empty()), "{}", chart.name);
    }
}

#[test]
fn trials_are_told_in_sentences_a_picture_and_tables() {
    let recipe = recipe();
    let study = whole(&recipe);
    let parts = [
        "<h1>flowers</h1>",
        "a search for a better recipe to predict kind from flowers.csv",
        "The search has not ended",
        "Of 5 trials, number 2 is the best so far: log_loss 0.3750 on the validation rows, the recipe itself 0.5000.",
        "Best log_loss so far",
        "1 trial could not be trained or scored",
        "failed: it diverged; the recipe itself",
        "have not been looked at",
        "All 5 trials",
        "00000000000000ff",
    ];
    check(&study, &parts);
    let charts = study_charts(&study);
    assert_eq!(charts.iter().map(|chart| chart.name.as_str()).collect::<Vec<_>>(), ["trials"]);
    // Told without colours: two on all folds and one pruned, and one of each in the legend.
    assert_eq!(charts[0].marks.matches("class=\"dot\"").count(), 3);
    assert_eq!(charts[0].marks.matches("class=\"hole\"").count(), 2);
    let told = "3 trials, 2 of them on all folds and 1 pruned. The recipe itself has a log_loss of 0.5000. The \
                best is 0.3750, of trial 2.";
    assert_eq!(charts[0].description, told);
}

#[test]
fn the_gain_is_only_said_to_be_one_where_its_interval_leaves_out_zero() {
    let recipe = recipe();
    let mut study = whole(&recipe);
    study.changes = vec![Change { lever: "dropout".into(), best: "0.3".into(), was: "0.15".into() }];
    study.gain = Some(gain(0.0625, 0.03125));
    study.chosen = Some(2);
    study.bags = vec![Bag { number: 0, value: Some(0.4375) }, Bag { number: 2, value: Some(0.34375) }];
    let parts = [
        "Of 5 trials, number 2 was chosen",
        "Final selection",
        "0.3438",
        "The search improved the recipe: a gain of 0.06250 [0.03125, 0.09375] in log_loss on rows that no trial saw.",
        "Gain on validation and on holdout rows",
        "gain on validation rows",
        "+0.1250",
        "20\u{20}% of the open rows were kept as holdout",
        "0.4375",
        "What the search changed",
        "0.15",
        "recipe.toml",
    ];
    check(&study, &parts);
    study.gain = Some(gain(0.0625, 0.125));
    check(&study, &["Inconclusive whether the search improved the recipe"]);
    study.gain = Some(Gain { n_looks: 3, ..gain(-0.25, 0.125) });
    check(
        &study,
        &["The search made the recipe worse: a loss of 0.2500 [0.1250, 0.3750]", "looked at 3 times"],
    );
}

#[test]
fn a_search_that_found_nothing_better_says_so() {
    let recipe = recipe();
    let mut study = whole(&recipe);
    study.trials.truncate(2);
    study.chosen = Some(0);
    study.gain = Some(Gain { tuned: None, mean: None, interval: None, ..gain(0.0, 0.1) });
    let parts = [
        "The search found nothing better than the recipe itself.",
        "the first, the recipe itself, was chosen: log_loss 0.5000",
        "so there is no gain to measure",
        "so nothing changes",
    ];
    check(&study, &parts);
    check(&Study::new("studies/flowers", &recipe), &["No trial has ended yet", "have not been looked at"]);
}

#[test]
fn a_page_of_thousands_of_trials_and_hostile_names_stays_small_and_well_formed() {
    let evil = "<script>alert('x')</script>&\"`\u{1}".repeat(20);
    let recipe = recipe();
    let mut study = whole(&recipe);
    (study.target, study.data, study.budget) = (evil.clone(), evil.clone(), evil.clone());
    study.folder = &evil;
    let changes = vec![(evil.clone(), evil.clone()); 30];
    study.trials = (0..5000)
        .map(|number| {
            let value = 0.5 + f64::from(number * 7919 % 1009) / 1e3;
            let fate = if number % 3 == 0 { Fate::Complete } else { Fate::GivenUp };
            Trial { changes: changes.clone(), ..trial(number, fate, value) }
        })
        .collect();
    study.changes = vec![Change { lever: evil.clone(), best: evil.clone(), was: evil.clone() }];
    study.gain = Some(gain(0.1, 0.1));
    check(&study, &["The table lists the first 200 trials.", "&lt;script&gt;"]);
}
