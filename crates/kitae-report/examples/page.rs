//! What is known of a trained model as one HTML page, and one of its charts as SVG.
//! `cargo run --example page`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::fs;

use burn::tensor::Device;
use kitae_data::infer::{Hints, infer_schema};
use kitae_data::synthetic::{Synthetic, make};
use kitae_report::{Contents, ScoredRows};
use kitae_train::engine::RunContext;
use kitae_train::{Event, Preset, Problem, Seal, TaskChoice, plan, train};

fn main() -> Result<(), Box<dyn Error>> {
    let table = make(Synthetic::TwoMoons, 200, 0);
    let schema = infer_schema(&table, &Hints::default())?;
    let table = schema.apply(table)?;
    let seal = Seal { share: 0.2, ..Seal::default() };
    let problem = Problem::new(table, schema, Synthetic::TwoMoons.target(), TaskChoice::Guess, seal)?;
    let changes = "training.epochs = 30\nnetwork.hidden = [16, 16]".parse()?;
    let recipe = Preset::Fast.recipe(&problem.facts).with(&changes, &problem.facts)?;
    let plan = plan(&problem, &recipe)?;

    // The events of the training are what learning curves are drawn from.
    let mut events = Vec::new();
    let context = RunContext::new(Device::flex());
    let new_run = vec![None; plan.lanes.len()];
    let mut observer = |event: &Event| events.push(event.clone());
    let trained = train(&problem, &recipe, &plan, &new_run, &context, &mut observer)?;

    let (_, targets, predictions) = trained.out_of_fold.pooled();
    let mut contents = Contents::new("two_moons", &trained.model.manifest);
    contents.events = Ok(events);
    contents.scored = Ok(ScoredRows { targets, predictions });
    let document = contents.document();
    let (html, charts) = (document.html(), document.charts());

    // The crate writes no files; what becomes of the texts is up to the caller.
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("report.html"), &html)?;
    println!("report.html: {} kB", html.len() / 1000);
    for chart in &charts {
        println!("  {}: {}", chart.title, chart.description);
    }
    let roc = charts.iter().find(|chart| chart.name.starts_with("roc")).ok_or("there is no ROC curve")?;
    let file = folder.path().join(format!("{}.svg", roc.name));
    fs::write(&file, roc.standalone())?;

    assert!(html.starts_with("<!DOCTYPE html>") && html.contains(&roc.inline()), "the page holds the chart");
    assert!(fs::read_to_string(&file)?.starts_with("<svg xmlns="), "the chart is a file of its own");
    Ok(())
}
