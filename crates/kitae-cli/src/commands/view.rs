//! A table, a question and the levers, before anything is written.

use std::path::Path;

use kitae_data::finding::{Finding, sort};
use kitae_data::read::{ReadOptions, Reading, read};
use kitae_train::Preset;
use kitae_train::footprint::Footprint;
use kitae_train::plan::{Plan, plan};
use kitae_train::problem::Problem;
use kitae_train::recipe::Recipe;

use crate::args::{DataArgs, TrainArgs};
use crate::device::Machine;
use crate::failure::Failure;
use crate::folder::{PIPED, Run};
use crate::levers::{LeverArgs, Levers};
use crate::memory::free_memory;

/// What a file and the levers say, before anything is written.
pub(super) struct View<'a> {
    pub(super) file: &'a Path,
    pub(super) reading: ReadOptions,
    pub(super) fingerprint: u64,
    pub(super) problem: Problem,
    pub(super) recipe: Recipe,
    pub(super) plan: Plan,
    pub(super) levers: Levers,
    /// What is to be known of the form of the file.
    of_file: Vec<Finding>,
}

impl View<'_> {
    /// What a folder has to know to go on with it.
    pub(super) fn run(&self) -> Result<Run, Failure> {
        let path = if self.file == Path::new(PIPED) {
            self.file.to_path_buf()
        } else {
            std::path::absolute(self.file).map_err(|error| Failure::file("find", self.file, &error))?
        };
        Ok(Run {
            kitae: env!("CARGO_PKG_VERSION").to_owned(),
            named: self.file.display().to_string(),
            path,
            fingerprint: self.fingerprint,
            // Any number of threads reads the same.
            reading: ReadOptions { n_threads: 1, ..self.reading.clone() },
            of_file: self.of_file.clone(),
            schema: self.problem.schema.clone(),
            target: self.problem.target_column.clone(),
            task: self.problem.facts.task,
            seal: self.problem.seal.clone(),
            recipe: self.recipe.clone(),
        })
    }
}

/// A table, a question, and the levers.
pub(super) struct Asked<'a> {
    pub(super) file: Option<&'a Path>,
    pub(super) data: &'a DataArgs,
    pub(super) levers: &'a LeverArgs,
    /// What the recipe starts from if no preset was named.
    pub(super) usual: Preset,
}

impl<'a> Asked<'a> {
    pub(super) fn of(args: &'a TrainArgs) -> Self {
        Self { file: args.file.as_deref(), data: &args.data, levers: &args.levers, usual: Preset::default() }
    }
}

/// Reads the file, describes it, and resolves the recipe.
pub(super) fn look<'a>(args: &Asked<'a>, machine: &Machine) -> Result<View<'a>, Failure> {
    let file = required(args.file, "FILE")?;
    let target = required(args.data.target.as_deref(), "--target COLUMN")?;
    check_path(file)?;
    let reading = args.data.reading.options(ReadOptions::default(), machine.n_threads);
    let Reading { table, findings: mut of_file, options: reading } = read(file, &reading)?;
    sort(&mut of_file);
    let levers = args.levers.read()?;
    let question = args.data.question(target, &levers)?;
    let problem = question.problem(table)?;
    let fingerprint = problem.hashes.fingerprint();
    let mut recipe = levers.recipe(args.usual, &problem.facts)?;
    recipe.positive = problem.positive().map(str::to_owned);
    let plan = planned(&problem, &recipe, machine)?;
    Ok(View { file, reading, fingerprint, problem, recipe, plan, levers, of_file })
}

/// What is going to be trained, if there is memory for it.
pub(super) fn planned(problem: &Problem, recipe: &Recipe, machine: &Machine) -> Result<Plan, Failure> {
    Footprint::of(problem, recipe, &machine.engine, machine.n_threads)?.check(free_memory())?;
    Ok(plan(problem, recipe)?)
}

/// A run writes down where its file is, as text.
fn check_path(file: &Path) -> Result<(), Failure> {
    let absolute = std::path::absolute(file).map_err(|error| Failure::file("find", file, &error))?;
    match absolute.to_str() {
        Some(_) => Ok(()),
        None => Err(Failure::new(format!(
            "the path `{}` is not UTF-8, so a run on it could not be resumed: rename the file or its folder, \
             or name it by a link",
            absolute.display()
        ))),
    }
}

pub(super) fn required<T>(value: Option<T>, name: &str) -> Result<T, Failure> {
    value.ok_or_else(|| {
        Failure::Usage(format!(
            "`{name}` is missing: name the table and the column to predict, or see `--help`"
        ))
    })
}

/// The rows, the target and the recipe of a model, a ledger or a study, with the levers of the command line
/// over it.
pub(super) fn of_model(
    model: &Path,
    levers: &LeverArgs,
    machine: &Machine,
) -> Result<(Run, Problem), Failure> {
    let levers = levers.read()?;
    if levers.preset.is_some() {
        return Err(Failure::Usage("`--of` takes the recipe of a model: leave `--preset` out".to_owned()));
    }
    let mut run = Run::read(model)?;
    let problem = run.problem(machine)?;
    let own = run.recipe.positive.clone();
    run.recipe = levers.over(&run.recipe, &problem.facts)?;
    if run.recipe.positive != own {
        return Err(Failure::Usage(
            "`--of` takes the positive class of a model: leave `positive` out".to_owned(),
        ));
    }
    Ok((run, problem))
}
