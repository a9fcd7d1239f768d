//! Steps of training a second, against PyTorch eager: same networks, same number of threads,
//! alternating in one run.
//!
//!     cargo bench -p kitae-train --bench steps [--features burn/cuda] [-- --threads N] [-- --python PYTHON]
//!         [-- --only NETWORK:BATCH] [-- --rounds N] [-- --seconds S] [-- --clock processor]
//!
//! With a feature of Burn for graphics processors (`burn/cuda`, `burn/wgpu`) both sides compute there; where
//! a binary has several, the variable `BURN_DEVICE` chooses.
//!
//! With `--clock processor` (Linux) both sides count the seconds that their threads ran for rather than those
//! that passed: what a machine that is busy with other work can still tell of one thread each.
//!
//! PyTorch trains its networks one after the other, so its steps do not depend on the number of
//! lanes. The Python must have torch; `benches/steps.py` is the other side.
#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use burn::tensor::Device;
use kitae_train::engine::{RunContext, fit_lanes};
use kitae_train::{Event, Plan, Preset, Problem, Recipe, plan};

use common::{argument, problem, threads};

const N_ROWS: usize = 20_000;
const N_COLUMNS: usize = 32;

fn main() {
    let site = Site::told();
    // Alternating rounds; the fastest of each side counts, as other work only ever slows a round down.
    let n_rounds = number("--rounds").unwrap_or(3.0) as usize;
    let mut torch = Torch::start(&site);
    let problem = problem(N_ROWS, N_COLUMNS);
    println!(
        "network steps a second on {:?}, {} threads, {N_COLUMNS} numbers, 10 classes; PyTorch {}",
        site.device, site.n_threads, torch.version
    );
    println!(
        "{:>16} {:>6} {:>6} {:>10} {:>10} {:>7} {:>10}",
        "network", "batch", "lanes", "PyTorch", "kitae", "ratio", "GFLOP/s"
    );
    let plain = ["64,64", "256,256,256", "512,512,512", "default"];
    for (network, batch) in
        plain.into_iter().flat_map(|network| [32, 256, 1024].map(|batch| (network, batch)))
    {
        if argument("--only").is_some_and(|only| only != format!("{network}:{batch}")) {
            continue;
        }
        for n_lanes in site.lanes() {
            let recipe = recipe(&problem, network, batch, n_lanes);
            let plan = plan(&problem, &recipe).expect("the problem is sound");
            let (mut theirs, mut ours) = (0.0_f64, 0.0_f64);
            for _ in 0..n_rounds {
                theirs = theirs.max(torch.steps_per_second(network, batch));
                ours = ours.max(steps_per_second(&recipe, &plan, &site));
            }
            let flops = ours * arithmetic(&plan, batch) / 1e9;
            println!(
                "{network:>16} {batch:>6} {n_lanes:>6} {theirs:>10.0} {ours:>10.0} {:>7.2} {flops:>10.0}",
                ours / theirs
            );
        }
    }
}

/// Operations of the matrix products of a step: forward, by weights, and by inputs but for the first
/// layer.
fn arithmetic(plan: &Plan, batch: usize) -> f64 {
    let network = &plan.network;
    let widths: Vec<usize> =
        [network.d_input()].iter().chain(&network.hidden).chain([&network.n_outputs]).copied().collect();
    let product = |pair: &[usize]| 2.0 * (pair[0] * pair[1] * batch) as f64;
    let all: f64 = widths.windows(2).map(product).sum();
    3.0 * all - product(&widths[..2])
}

/// The recipe of `members` networks on one hold-out split. The plain networks are what a first
/// tutorial trains: `ReLU`, Adam, nothing else.
fn recipe(problem: &Problem, network: &str, batch: usize, members: usize) -> Recipe {
    let plain = format!(
        "network = {{ hidden = [{network}], activation = 'relu', slope = 'fixed', parametrisation = 'standard',
            initialiser = 'he_normal', dropout = 0.0, input_scale = 'none', number_embedding = {{ kind = 'none' }} }}
        training.weight_decay = 0.0
        training.learning_rate = 0.001
        training.schedule.shape.kind = 'constant'
        training.groups = {{}}"
    );
    let plain = if network == "default" { String::new() } else { plain };
    let changes = format!(
        "split.scheme = {{ kind = 'hold_out', held_out_share = 0.02 }}
        split.validation_share = 0.02
        training.members = {members}
        training.feeding = {{ kind = 'mini', rows = {batch} }}
        training.epochs = 1000000"
    );
    let lay = |recipe: Recipe, text: &str| {
        let changes = text.parse().expect("the changes are TOML");
        recipe.with(&changes, &problem.facts).expect("the recipe is sound")
    };
    lay(lay(Preset::Balanced.recipe(&problem.facts), &plain), &changes)
}

/// Where both sides train, and for how long at a time.
struct Site {
    device: Device,
    n_threads: usize,
    seconds: f64,
}

impl Site {
    /// Burn's default is the graphics processor that was compiled in, else the processor.
    fn told() -> Self {
        let seconds = number("--seconds").unwrap_or(1.0);
        Self { device: Device::default(), n_threads: threads(), seconds }
    }

    fn has_graphics(&self) -> bool {
        self.device != Device::flex()
    }

    fn lanes(&self) -> Vec<usize> {
        if self.has_graphics() { vec![1, 5, 32, 64] } else { vec![1, 5, 32] }
    }
}

/// Trains for a while after a first epoch that is not counted.
fn steps_per_second(recipe: &Recipe, plan: &Plan, site: &Site) -> f64 {
    let (start, stop) = (Instant::now(), AtomicBool::new(false));
    let counts_processor = counts_processor();
    let now = || if counts_processor { processor_seconds() } else { start.elapsed().as_secs_f64() };
    let context = RunContext {
        n_threads: site.n_threads,
        clock: &|| start.elapsed(),
        interrupt: &stop,
        ..RunContext::new(site.device.clone())
    };
    let rows = plan.lanes[0].fold.train.features.n_rows;
    let steps = rows / recipe.training.feeding.batch_rows(rows);
    let n_lanes = plan.lanes.len();
    let (mut begun, mut n_epochs, mut from, mut to) = (0, 0, 0.0, 0.0);
    let mut observer = |event: &Event| {
        let Event::EpochEnded { epoch, .. } = event else { return };
        if *epoch == 1 {
            begun += 1;
            from = now();
            n_epochs = 0;
        } else if begun == n_lanes {
            n_epochs += 1;
            to = now();
            if to - from > site.seconds {
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
            }
        }
    };
    let saved = vec![None; n_lanes];
    // It is interrupted on purpose.
    let _ = fit_lanes(recipe, &plan.network, &plan.lanes, &saved, &context, &mut observer);
    f64::from(n_epochs) * steps as f64 / (to - from)
}

/// The number after an argument of this name.
fn number(name: &str) -> Option<f64> {
    argument(name).map(|text| text.parse().expect("a number follows the argument"))
}

fn counts_processor() -> bool {
    argument("--clock").is_some_and(|clock| clock == "processor")
}

/// How long the threads of this process have run, together.
fn processor_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux lists the threads of a process");
    let ran = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok());
    ran.filter_map(|text| text.split(' ').next()?.parse::<f64>().ok()).sum::<f64>() / 1e9
}

/// A Python that trains the same networks.
struct Torch {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    version: String,
}

impl Torch {
    fn start(site: &Site) -> Self {
        let python = argument("--python").unwrap_or_else(|| "python3".to_owned());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/steps.py");
        let mut child = Command::new(&python)
            .args([script, &site.n_threads.to_string(), &N_COLUMNS.to_string(), &site.seconds.to_string()])
            .arg(if counts_processor() { "processor" } else { "wall" })
            .arg(if site.has_graphics() { "cuda" } else { "cpu" })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {python}: {error}"));
        let input = child.stdin.take().expect("the child's input was piped");
        let mut output = BufReader::new(child.stdout.take().expect("the child's output was piped"));
        let version = line(&mut output);
        Self { child, input, output, version }
    }

    fn steps_per_second(&mut self, network: &str, batch: usize) -> f64 {
        writeln!(self.input, "{network} {batch}").expect("the child listens");
        line(&mut self.output).parse().expect("the child answers with a number")
    }
}

impl Drop for Torch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(output: &mut impl BufRead) -> String {
    let mut line = String::new();
    output.read_line(&mut line).expect("the child answers; does its Python have torch?");
    line.trim().to_owned()
}
