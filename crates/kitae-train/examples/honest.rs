//! An honest score: networks against baselines on held-out rows, and the sealed test rows scored once, at the
//! end. `cargo run --example honest`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use burn::tensor::Device;
use kitae_data::infer::{Hints, infer_schema};
use kitae_data::synthetic::{Synthetic, make};
use kitae_train::engine::RunContext;
use kitae_train::prepare::Targets;
use kitae_train::scores::whole_scores;
use kitae_train::{Event, Preset, Problem, Seal, TaskChoice, plan, train};

fn main() -> Result<(), Box<dyn Error>> {
    // The problem: which column is predicted, and which rows no training sees.
    let table = make(Synthetic::Friedman1, 400, 0);
    let schema = infer_schema(&table, &Hints::default())?;
    let table = schema.apply(table)?;
    let seal = Seal { seed: 1, share: 0.25, ..Seal::default() };
    let problem = Problem::new(table, schema, Synthetic::Friedman1.target(), TaskChoice::Guess, seal)?;
    println!("{} open rows, {} sealed test rows", problem.open_rows.len(), problem.sealed_rows.len());

    // The recipe: a preset, and what is changed of it. The plan: who is trained and scored on which rows.
    let changes = "training.epochs = 60\nnetwork.hidden = [32]\nnetwork.number_embedding = { kind = 'none' }";
    let recipe = Preset::Fast.recipe(&problem.facts).with(&changes.parse()?, &problem.facts)?;
    let plan = plan(&problem, &recipe)?;
    for lane in &plan.lanes {
        let fold = &lane.fold;
        let counts = [&fold.train, &fold.validation, &fold.held_out].map(|rows| rows.rows.len());
        println!("fold {}: {counts:?} training, validation and held-out rows", lane.place.fold + 1);
    }

    let context = RunContext::new(Device::flex());
    let new_run = vec![None; plan.lanes.len()];
    let trained = train(&problem, &recipe, &plan, &new_run, &context, &mut |_: &Event| {})?;

    // Held-out rows: each predicted by networks that had not seen it.
    let scores = &trained.model.manifest.scores;
    let heading = &scores.entries[0];
    let interval = heading.interval.ok_or("there is no interval")?;
    let (value, low, high) = (heading.value, interval.low, interval.high);
    println!("{} on held-out rows: {value:.3}, {low:.3} to {high:.3}", scores.heading());
    for baseline in &scores.baselines {
        let gain = baseline.gain.ok_or("there is no comparison")?;
        let (low, high) = (gain.interval.low, gain.interval.high);
        println!("  {}: {:.3}; ours is better by {low:.3} to {high:.3}", baseline.name, baseline.score.value);
        assert!(gain.mean > 0.0, "networks fit a curve that neither baseline can");
    }

    // Test rows: nothing is decided after this look.
    let predictor = trained.model.predictor(&context.engine)?;
    let predictions = predictor.predictions(&problem.table.select(&problem.sealed_rows))?;
    let targets = Targets::of(&problem.target, &problem.sealed_rows);
    let sealed = whole_scores(&targets, &predictions, &[recipe.metric], recipe.seed, None);
    let (value, interval) = sealed[0].ok_or("the metric has no value")?;
    let interval = interval.ok_or("there is no interval")?;
    let (low, high) = (interval.low, interval.high);
    println!("{} on the sealed test rows: {value:.3}, {low:.3} to {high:.3}", recipe.metric);
    assert!(
        value < scores.baselines[0].score.value,
        "the model beats the constant on rows that it never saw"
    );
    Ok(())
}
