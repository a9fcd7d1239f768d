//! What the page says.

use kitae_eval::intervals::Interval;
use kitae_eval::tests::PairedTest;
use kitae_eval::{Metric, MetricValue};
use kitae_report::Contents;
use kitae_report::document::{Block, Section, Table};
use kitae_train::looks::{Look, Which};
use kitae_train::model::Manifest;
use kitae_train::scores::NetworksAlone;
use kitae_train::stopping::Keep;

use crate::{charts, classes, made, page, values, values_manifest, xml};

fn whole(manifest: &Manifest) -> Contents<'_> {
    let mut contents = Contents::new("models/flowers", manifest);
    contents.events = Ok(made::events());
    let is_regression = manifest.model.class_names.is_empty();
    contents.scored = Ok(if is_regression { values(500) } else { classes(500, 3) });
    contents
}

fn look(which: Which) -> Look {
    Look {
        unix_seconds: 1_795_547_198,
        file: "flowers.csv".into(),
        fingerprint: 1,
        which,
        n_rows: 18,
        metric: Metric::LogLoss,
        value: MetricValue(0.25),
        interval: Some(Interval { low: 0.125, high: 0.5 }.map(MetricValue)),
        rows: None,
        of_an_earlier_model: false,
    }
}

#[track_caller]
fn check(html: &str, parts: &[&str]) {
    xml::check(html);
    for part in parts {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn steps_are_told_in_the_words_of_who_shows_them() {
    let mut manifest = made::manifest().unwrap();
    manifest.scores.baselines.clear();
    manifest.scores.linear_share = None;
    let folder = format!("my models/{}", "long".repeat(50));
    let mut contents = whole(&manifest);
    contents.folder = &folder;
    contents.looks = Ok(Vec::new());
    contents.wording.step = |step| format!("`{step:?}`");
    let html = page(&contents);
    xml::check(&html);
    assert!(html.contains(&format!("(&quot;{folder}&quot;)")), "{html}");
}

#[test]
fn a_classification_has_every_part() {
    let manifest = made::manifest().unwrap();
    let html = page(&whole(&manifest));
    let parts = [
        "<h1>flowers</h1>",
        "kind, one of iris, rose, wild, tulip, predicted from 3 columns of flowers.csv",
        "rows, each predicted out of fold, log_loss is",
        "the class frequencies",
        "the linear model",
        "Loss, fold 2",
        "2 networks, 5 epochs planned for each. All were trained as planned.",
        "The test rows have not been looked at yet.",
        "Confusion matrix",
        "ROC curve of rose, wild",
        "Precision and recall of tulip",
        "Calibration of the predicted class",
        "<code>learning_rate</code>",
        "fingerprint of the rows",
    ];
    check(&html, &parts);
}

#[test]
fn a_regression_has_every_part() {
    let manifest = values_manifest();
    let html = page(&whole(&manifest));
    let parts = [
        "length, a number",
        "True against predicted",
        "Residuals against predicted",
        "Distribution of the residuals",
    ];
    check(&html, &parts);
    assert!(!html.contains("Confusion matrix"));
}

#[test]
fn the_page_needs_no_network_and_no_script() {
    let manifest = made::manifest().unwrap();
    let html = page(&whole(&manifest));
    for word in ["http:", "https:", "<script", "@import", "url(", "src=", "javascript"] {
        assert!(!html.contains(word), "{word}");
    }
}

#[test]
fn every_picture_has_a_name_of_its_own_and_is_told_in_words() {
    for manifest in [made::manifest().unwrap(), values_manifest()] {
        let charts = charts(&whole(&manifest));
        assert!(charts.len() > 8);
        for (at, chart) in charts.iter().enumerate() {
            assert!(chart.description.len() > 20, "{}: {}", chart.name, chart.description);
            assert!(charts[..at].iter().all(|other| other.name != chart.name), "{} twice", chart.name);
            assert!(chart.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{}", chart.name);
            assert!(!chart.marks.contains("NaN") && !chart.marks.contains("inf"), "{}", chart.name);
            xml::check(&chart.standalone());
        }
    }
}

#[test]
fn looks_are_told_with_their_time_rows_and_score() {
    let manifest = made::manifest().unwrap();
    let mut contents = whole(&manifest);
    contents.looks = Ok(vec![look(Which::Sealed)]);
    let once = page(&contents);
    check(&once, &["2026-11-24 19:06 UTC", "0.2500", "[0.1250, 0.5000]", "have been opened once"]);
    contents.looks = Ok(vec![look(Which::Sealed), look(Which::All), look(Which::Sealed)]);
    check(&page(&contents), &["have been opened 2 times", "overfits the rows"]);
}

#[test]
fn names_of_the_user_cannot_become_elements() {
    let evil = "<script>alert('x')</script>&\"`\u{1}";
    let mut manifest = made::manifest().unwrap();
    manifest.model.target = evil.into();
    manifest.model.class_names = vec![evil.into(), format!("b{evil}"), "c".repeat(5000)];
    manifest.model.source.path = evil.into();
    manifest.model.kitae = evil.into();
    manifest.model.layout.inputs[0].column = evil.into();
    manifest.scores.baselines[0].name = evil.into();
    let mut contents = whole(&manifest);
    contents.folder = evil;
    contents.looks = Ok(vec![Look { file: evil.into(), ..look(Which::All) }]);
    contents.more.push(Section {
        id: "more".into(),
        title: evil.into(),
        blocks: vec![Block::Heading(evil.into()), Block::Facts(vec![(evil.into(), evil.into())])],
    });
    let html = page(&contents);
    xml::check(&html);
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;"));
    for chart in charts(&contents) {
        xml::check(&chart.standalone());
    }
    // Names in front of the user are cut; they are hundreds of characters only where nobody reads them.
    assert!(!html.contains(&"c".repeat(100)));
}

/// Networks at a rate that wrecks them hide behind the linear model that is blended with them.
#[test]
fn networks_alone_have_a_line_in_pictures_and_tables_and_a_sentence_where_they_learned_nothing() {
    let mut manifest = made::manifest().unwrap();
    let constant = manifest.scores.baselines[0].clone();
    let mut score = constant.score.clone();
    score.value.0 = 4.0 * constant.score.value.0;
    let gain = constant.gain.map(|gain| PairedTest {
        mean: -gain.mean.abs(),
        interval: Interval { low: -5.0, high: -1.0 },
        ..gain
    });
    manifest.scores.networks = Some(NetworksAlone { score, gain });
    let contents = whole(&manifest);
    let html = page(&contents);
    xml::check(&html);
    let sentence = "The networks alone score worse than the class frequencies";
    assert_eq!(html.matches(sentence).count(), 2, "at the top and beside the scores");
    let chart = charts(&contents).into_iter().find(|chart| chart.name == "scores").unwrap();
    for row in ["the blend (this model)", "the networks alone", "the linear model", "the class frequencies"] {
        assert!(chart.marks.contains(row), "{row}");
    }
    manifest.scores.networks = None;
    assert!(!page(&whole(&manifest)).contains(sentence));
}

#[test]
fn rings_and_validation_rows_are_told_as_the_recipe_keeps_epochs() {
    let mut manifest = made::manifest().unwrap();
    assert!(page(&whole(&manifest)).contains("whose weights were kept, chosen by"));
    manifest.recipe.training.keep = Keep::Last;
    let html = page(&whole(&manifest));
    assert!(html.contains("marks the last epoch, whose weights were kept whatever the validation rows say"));
    assert!(!html.contains("chosen by") && !html.contains("chose the epoch"));
}

/// Dashes are what is read against, on every chart.
#[test]
fn only_lines_to_read_against_have_dashes() {
    let css = include_str!("../../src/chart.css");
    let dashed: Vec<&str> = css.lines().filter(|rule| rule.contains("stroke-dasharray")).collect();
    assert!(matches!(dashed[..], [rule] if rule.starts_with("svg .quiet{")), "{dashed:?}");
    let manifest = made::manifest().unwrap();
    let losses = charts(&whole(&manifest)).into_iter().filter(|chart| chart.name.ends_with("-loss"));
    assert!(losses.into_iter().all(|chart| !chart.marks.contains("quiet")));
}

#[test]
fn the_verdict_says_when_the_network_is_not_worth_it() {
    let mut manifest = made::manifest().unwrap();
    let mut gain = manifest.scores.baselines[0].gain.expect("two folds differ");
    gain.interval = Interval { low: -0.5, high: -0.25 };
    gain.mean = -0.375;
    manifest.scores.baselines[1].gain = Some(gain);
    let html = page(&whole(&manifest));
    assert!(
        html.contains("worse than the linear model") && html.contains("a loss of 0.3750 [0.2500, 0.5000]")
    );
    assert!(html.contains("not worth it here: take the linear model"));
    gain.interval = Interval { low: 0.25, high: 0.5 };
    for baseline in &mut manifest.scores.baselines {
        baseline.gain = Some(gain);
    }
    manifest.scores.linear_share = None;
    assert!(page(&whole(&manifest)).contains("The network is worth it here"));
}

#[test]
fn columns_of_numbers_end_at_the_right_and_words_at_the_left() {
    let manifest = made::manifest().unwrap();
    let ends_right = |cell: &str| {
        let mut contents = whole(&manifest);
        let table = Table::new("cells", &["", "x"], vec![vec!["1".into(), cell.into()]]);
        contents.more.push(Section::new("more", "More", vec![Block::Table(table)]));
        let html = page(&contents);
        let (_, rest) = html.split_once("<caption>cells</caption>").unwrap();
        assert!(rest.contains("<th scope=\"row\">1</th>"), "the first column has names");
        rest.split_once("</table>").unwrap().0.contains("<td class=\"n\">")
    };
    for number in ["1", "+0.25", "[-1.000, 2.5e30]", "12 %", "× 1.5", "< 0.001", "-", "NaN"] {
        assert!(ends_right(number), "{number}");
    }
    assert!(!ends_right("a 1") && !ends_right("e"));
}
