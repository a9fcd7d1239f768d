//! The report of a study.

use kitae_eval::Score;
use kitae_eval::intervals::Interval;
use kitae_lab::tune::{
    Axis, Bag, HoldoutLook, HoldoutScore, Point, Range, Space, State, Study, StudyRecord, StudyTrial, Write,
};
use kitae_report::study::StudyReport;
use kitae_report::text::{Terminal, text};
use kitae_train::Recipe;

use crate::{check_document, flowers, made};

/// A trial with a loss; all but the first change the dropout.
fn trial(number: u32, state: State, loss: f64) -> StudyTrial {
    let value = if number == 0 { 0.15 } else { 0.3 };
    StudyTrial {
        number,
        point: Point(vec![Some(value)]),
        state,
        begun: 0.0,
        ended: Some(1.5),
        n_folds: 2,
        score: Some(Score(-loss)),
        interval: None,
        failure: None,
    }
}

fn recipe() -> Recipe {
    made::manifest().unwrap().recipe
}

/// A search for the share of dropped units, which is called `lever`.
fn question(lever: &str) -> Study {
    let axis = Axis {
        name: lever.into(),
        key: "network.dropout".into(),
        write: Write::Plain,
        range: Range::Uniform { low: 0.0, high: 0.5 },
        own: Some(0.15),
        when: None,
        source: "nobody".into(),
    };
    Study {
        space: Space { axes: vec![axis] },
        n_trials: Some(5),
        budget_seconds: None,
        holdout_share: 0.2,
        model: "models/flowers".into(),
        replaces: None,
    }
}

/// Log loss falls from 0.5 to 0.375 on the rows that chose.
fn whole() -> StudyRecord {
    let trials = vec![
        trial(0, State::Complete, 0.5),
        trial(1, State::Stopped, 0.875),
        trial(2, State::Complete, 0.375),
        StudyTrial { failure: Some("it diverged".into()), score: None, ..trial(3, State::Failed, 0.0) },
        StudyTrial { ended: None, score: None, ..trial(4, State::Running, 0.0) },
    ];
    StudyRecord { study: question("dropout"), trials, bags: Vec::new(), look: None, n_looks: 0 }
}

/// The chosen trial 2 on holdout rows: better by `mean`, give or take `half`.
fn look(mean: f64, half: f64) -> HoldoutLook {
    let measured = |score: f64| HoldoutScore {
        score: Score(score),
        interval: Some(Interval { low: score - 0.125, high: score + 0.125 }.map(Score)),
        single: Score(score - 0.0625),
        single_interval: None,
    };
    let gain = Some(Interval { low: mean - half, high: mean + half });
    HoldoutLook { best: 2, own: measured(-0.5), tuned: Some(measured(mean - 0.5)), gain, seconds: 1.0 }
}

fn study<'a>(recipe: &'a Recipe, record: &'a StudyRecord) -> StudyReport<'a> {
    let experiment = flowers("studies/flowers", recipe);
    StudyReport { experiment, record, seconds: 7.5, model: "models/flowers" }
}

#[track_caller]
fn check(record: &StudyRecord, parts: &[&str]) {
    let recipe = recipe();
    let document = study(&recipe, record).document();
    check_document(&document, parts);
    for chart in document.charts() {
        assert!(chart.png().is_ok_and(|png| png.missing.is_empty()), "{}", chart.name);
    }
}

#[track_caller]
fn check_text(record: &StudyRecord, parts: &[&str]) {
    let recipe = recipe();
    let text = text(&study(&recipe, record).results(), &Terminal::ENDLESS);
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn trials_are_told_in_sentences_a_picture_and_tables() {
    let record = whole();
    let parts = [
        "<h1>flowers</h1>",
        "a search for a better recipe to predict kind from flowers.csv",
        "The search has not ended",
        "Of 5 trials, number 2 is the best so far: log_loss 0.3750 on the validation rows, the recipe itself 0.5000.",
        "Best log_loss so far",
        "1 trial could not be trained or scored",
        "failed: it diverged; dropout 0.3",
        "have not been looked at",
        "All 5 trials",
        "00000000000000ff",
    ];
    check(&record, &parts);
    let recipe = recipe();
    let document = study(&recipe, &record).document();
    let charts = document.charts();
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
    let mut record = whole();
    (record.look, record.n_looks) = (Some(look(0.0625, 0.03125)), 1);
    record.bags =
        [(0, -0.4375), (2, -0.34375)].map(|(number, score)| Bag { number, score: Some(Score(score)) }).into();
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
    check(&record, &parts);
    check_text(
        &record,
        &[
            "Study of flowers.csv: 5 trials: 2 on all folds, 1 pruned, 1 failed, 1 running\n",
            "The search improved the recipe: a gain of 0.06250 [0.03125, 0.09375] in log_loss on rows",
            "Of 5 trials, number 2 was chosen",
            "  2       0.3438                chosen\n",
            "  dropout   0.3   0.15\n",
            "  chosen     0.4375",
        ],
    );
    record.look = Some(look(0.0625, 0.125));
    check(&record, &["Inconclusive whether the search improved the recipe"]);
    (record.look, record.n_looks) = (Some(look(-0.25, 0.125)), 3);
    check(
        &record,
        &["The search made the recipe worse: a loss of 0.2500 [0.1250, 0.3750]", "looked at 3 times"],
    );
}

#[test]
fn a_search_that_found_nothing_better_says_so() {
    let mut record = whole();
    record.trials.truncate(2);
    record.look = Some(HoldoutLook { best: 0, tuned: None, gain: None, ..look(0.0, 0.1) });
    let parts = [
        "The search found nothing better than the recipe itself.",
        "the first, the recipe itself, was chosen: log_loss 0.5000",
        "so there is no gain to measure",
        "so nothing changes",
    ];
    check(&record, &parts);
    check_text(&record, &parts);
    (record.trials, record.look) = (Vec::new(), None);
    check(&record, &["No trial has ended yet", "have not been looked at"]);
}

#[test]
fn all_trials_of_a_study_that_runs_are_told_with_its_budget() {
    let (recipe, record) = (recipe(), whole());
    let text = text(&study(&recipe, &record).trials(), &Terminal::ENDLESS);
    assert!(
        text.contains("2 on all folds, 1 pruned, 1 failed, 1 running; budget 5 trials\n8 s of work so far\n"),
        "{text}"
    );
    assert!(text.contains("  4       -") && text.contains("running"), "{text}");
}

#[test]
fn a_page_of_thousands_of_trials_and_hostile_names_stays_small_and_well_formed() {
    let evil = "<script>alert('x')</script>&\"`\u{1}".repeat(20);
    let recipe = recipe();
    let mut record = whole();
    record.study = question(&evil);
    record.trials = (0..5000)
        .map(|number| {
            let loss = 0.5 + f64::from(number * 7919 % 1009) / 1e3;
            trial(number, if number % 3 == 0 { State::Complete } else { State::Stopped }, loss)
        })
        .collect();
    record.look = Some(look(0.1, 0.1));
    let mut study = study(&recipe, &record);
    let experiment = &mut study.experiment;
    (experiment.target, experiment.data, experiment.kitae, experiment.folder) = (&evil, &evil, &evil, &evil);
    study.model = &evil;
    check_document(&study.document(), &["The table lists the first 200 of 5000.", "&lt;script&gt;"]);
}
