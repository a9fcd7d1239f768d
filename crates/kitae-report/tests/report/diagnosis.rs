//! The diagnosis of a model, as a section of its page and for a terminal.

use kitae_eval::{Metric, MetricValue};
use kitae_lab::diagnose::{Ailment, Diagnosis, Line, Plot, Symptom, Treatment};
use kitae_lab::{Checkup, Drift, Family, Judgement, Lever, SizeCurve, compare_levers};
use kitae_report::Contents;
use kitae_report::diagnosis::{blocks, section};
use kitae_report::text::{Terminal, text};
use serde_json::json;

use crate::{check_document, made};

fn lever() -> Lever {
    Lever::new("8 times the rate", Family::Schedule, "training.learning_rate = 0.5".parse().unwrap())
}

fn slow() -> Symptom {
    let line = Line { name: "validation rows".into(), points: vec![(1.0, 0.9), (2.0, 0.8)] };
    Symptom {
        ailment: Ailment::RateTooLow,
        evidence: "The loss falls to the end".into(),
        plot: Some(Plot { x: "epoch".into(), y: "loss".into(), lines: vec![line] }),
        treatments: vec![Treatment::Lever(lever()), Treatment::Advice("wait longer".into())],
    }
}

fn checkup(findings: Vec<Symptom>) -> Checkup {
    Checkup { diagnosis: Diagnosis { findings, unseen: Vec::new() }, ..Checkup::default() }
}

fn told(checkup: &Checkup) -> String {
    let recipe = made::manifest().unwrap().recipe;
    text(&blocks(checkup, &recipe, &|settings| format!("train {}", settings.join(" "))), &Terminal::ENDLESS)
}

#[test]
fn a_finding_is_told_with_its_evidence_and_treatments_on_the_page_and_in_the_terminal() {
    let manifest = made::manifest().unwrap();
    let mut checkup = checkup(vec![slow()]);
    let curve = json!({
        "metric": "log_loss",
        "points": [{ "share": 0.5, "n_train": 30, "value": 0.5 }, { "share": 1.0, "n_train": 60, "value": 0.4 }],
        "gain": null,
    });
    checkup.size_curve = Some(serde_json::from_value::<SizeCurve>(curve).unwrap());
    checkup.drift = Some(Drift { auc: MetricValue(0.52), interval: None, columns: Vec::new() });
    checkup.diagnosis.unseen.push("The rows are not available.".into());
    let mut contents = Contents::new("model", &manifest);
    contents.more.push(section(&checkup, &manifest.recipe, &|settings| format!("`{}`", settings.join(" "))));
    let sentences = [
        "Learning rate too low",
        "Steps are so small that training ends before it converges. The loss falls to the end.",
        "wait longer",
        "Source: Goodfellow",
        "log_loss by number of training rows: 0.5000 with 30 rows, 0.4000 with 60 rows.",
        "too few rows to tell",
        "The rows are not available.",
    ];
    let document = contents.document();
    check_document(&document, &sentences);
    check_document(&document, &["<code>training.learning_rate=0.5</code>"]);
    for name in ["finding-1", "size-curve"] {
        assert!(document.charts().iter().any(|chart| chart.name == name), "{name}");
    }
    let text = told(&checkup);
    for part in sentences {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("  8 times the rate   train training.learning_rate=0.5\n"), "{text}");
}

#[test]
fn a_model_is_only_called_healthy_where_everything_was_checked() {
    let mut checkup = checkup(Vec::new());
    assert!(told(&checkup).starts_with("Healthy: no problem was found"));
    checkup.diagnosis.unseen.push("There is no run record.".into());
    let text = told(&checkup);
    assert!(text.contains("but not everything was checked") && !text.contains("Healthy"), "{text}");
}

#[test]
fn a_proof_that_had_no_time_says_so() {
    let recipe = made::manifest().unwrap().recipe;
    let judgement: Judgement = compare_levers(&recipe, &[lever()], &[]);
    assert_eq!(judgement.metric, Metric::LogLoss);
    let checkup = Checkup { proof: Some(judgement), ..checkup(vec![slow()]) };
    let text = told(&checkup);
    assert!(text.contains("no time") && text.contains("give it more time"), "{text}");
}
