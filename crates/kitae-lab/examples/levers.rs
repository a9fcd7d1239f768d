//! What two levers are worth around one recipe: each trained alone on the same folds, with an interval of its
//! gain. `cargo run --example levers`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use burn::tensor::Device;
use kitae_data::infer::{Hints, infer_schema};
use kitae_data::synthetic::{Synthetic, make};
use kitae_lab::{Family, LedgerConfig, Lever, Progress, Verdict, compare_levers, run_ledger};
use kitae_train::engine::RunContext;
use kitae_train::{Preset, Problem, Seal, TaskChoice};

/// A network without hidden layers, which is a linear model, on two repeats of five folds.
const RECIPE: &str = "
    blend = 'none'
    network = { hidden = [], number_embedding = { kind = 'none' } }
    training.epochs = 60
    split.scheme = { kind = 'k_fold', n_folds = 5, n_repeats = 2 }
";

fn main() -> Result<(), Box<dyn Error>> {
    let table = make(Synthetic::Friedman1, 300, 0);
    let schema = infer_schema(&table, &Hints::default())?;
    let table = schema.apply(table)?;
    let seal = Seal { seed: 1, share: 0.3, ..Seal::default() };
    let problem = Problem::new(table, schema, Synthetic::Friedman1.target(), TaskChoice::Guess, seal)?;
    let recipe = Preset::Fast.recipe(&problem.facts).with(&RECIPE.parse()?, &problem.facts)?;

    let levers = [
        Lever::new("hidden layer", Family::Shape, "network.hidden = [32]".parse()?),
        Lever::new("weight decay 0.1", Family::Penalty, "training.weight_decay = 0.1".parse()?),
    ];
    let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: None };
    let context = RunContext::new(Device::flex());
    let trials = run_ledger(&problem, &config, Vec::new(), &context, &mut |progress: &Progress| {
        if let Progress::Started { lever, repeat, .. } = progress {
            println!("repeat {}: {}", repeat + 1, lever.unwrap_or("the recipe itself"));
        }
    })?;

    let judgement = compare_levers(&recipe, &levers, &trials);
    let metric = judgement.metric;
    println!(
        "{metric} of the recipe itself on held-out rows: {:.3}",
        judgement.baseline.map_or(f64::NAN, f64::from)
    );
    for lever in &judgement.levers {
        let Some(test) = lever.test else { continue };
        let (low, high) = (test.interval.low, test.interval.high);
        println!("{}: gains {:.3}, {low:.3} to {high:.3}: {:?}", lever.name, test.mean, lever.verdict);
    }
    let best = &judgement.levers[0];
    assert_eq!(
        (best.name.as_str(), best.verdict),
        ("hidden layer", Verdict::Adopt),
        "no plane fits this curve"
    );
    assert!(best.test.is_some_and(|test| test.interval.low > 0.0), "its gain leaves out zero");
    Ok(())
}
