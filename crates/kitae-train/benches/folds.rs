//! What five folds cost in one run against five fits one after the other and against one fit, for
//! both kinds of passes: same networks, same rows, same threads, alternating.
//!
//!     cargo bench -p kitae-train --bench folds [-- --threads N]
#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

mod common;

use std::time::{Duration, Instant};

use burn::tensor::Device;
use kitae_train::engine::{RunContext, fit_lanes};
use kitae_train::{Engine, Event, Packing, Plan, Preset, Problem, Recipe, plan};

use common::{problem, threads};

const N_ROWS: usize = 8_000;
const N_COLUMNS: usize = 32;
/// Alternating rounds; the fastest of each kind counts, as other work only ever slows a round down.
const ROUNDS: usize = 3;

fn main() {
    let n_threads = threads();
    println!("five folds of {N_ROWS} rows x {N_COLUMNS} numbers, three hidden layers, {n_threads} threads");
    println!(
        "{:>8} {:>6} {:>6} {:>7} {:>14} {:>12} {:>7} {:>9}",
        "passes", "width", "batch", "one, s", "one by one, s", "together, s", "gain", "of one"
    );
    let problem = problem(N_ROWS, N_COLUMNS);
    for (width, batch) in [(64, 32), (64, 256), (256, 32), (256, 256)] {
        let recipe = recipe(&problem, width, batch);
        let plan = plan(&problem, &recipe).expect("the problem is sound");
        let tensors = Engine::tensors(Device::flex(), Packing::Cache);
        for (passes, engine) in [("tensors", &tensors), ("fused", &Engine::of(Device::flex()))] {
            let (mut one, mut alone, mut together) = (Duration::MAX, Duration::MAX, Duration::MAX);
            for _ in 0..ROUNDS {
                one = one.min(timed(|| fit(&recipe, &plan, 0..1, engine, n_threads)));
                alone = alone.min(timed(|| one_by_one(&recipe, &plan, engine, n_threads)));
                together = together.min(timed(|| fit(&recipe, &plan, 0..5, engine, n_threads)));
            }
            let [one, alone, together] = [one, alone, together].map(|time| time.as_secs_f64());
            println!(
                "{passes:>8} {width:>6} {batch:>6} {one:>7.2} {alone:>14.2} {together:>12.2} {:>7.2} {:>9.2}",
                alone / together,
                together / one
            );
        }
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn one_by_one(recipe: &Recipe, plan: &Plan, engine: &Engine, n_threads: usize) {
    for lane in 0..plan.lanes.len() {
        fit(recipe, plan, lane..lane + 1, engine, n_threads);
    }
}

/// Trains some of the plan's lanes in one run.
fn fit(recipe: &Recipe, plan: &Plan, lanes: std::ops::Range<usize>, engine: &Engine, n_threads: usize) {
    let context = RunContext { n_threads, ..RunContext::new(engine.clone()) };
    let lanes = &plan.lanes[lanes];
    let saved = vec![None; lanes.len()];
    fit_lanes(recipe, &plan.network, lanes, &saved, &context, &mut |_: &Event| {})
        .expect("the run ends well");
}

fn recipe(problem: &Problem, width: usize, batch: usize) -> Recipe {
    // About as many steps for either batch size, so that a round takes seconds.
    let epochs = (batch / 32).max(1);
    let changes = format!(
        "network.hidden = [{width}, {width}, {width}]
        training.epochs = {epochs}
        training.feeding = {{ kind = 'mini', rows = {batch} }}"
    );
    let changes = changes.parse().expect("the changes are TOML");
    Preset::Balanced.recipe(&problem.facts).with(&changes, &problem.facts).expect("the recipe is sound")
}
