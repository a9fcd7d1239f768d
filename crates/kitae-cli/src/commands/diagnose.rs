//! `kitae diagnose`: what ails a model, what treats it, and whether that helps.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use kitae::{Source, folder};
use kitae_lab::diagnose::{Case, Diagnosis, Treatment, diagnose as findings_of};
use kitae_lab::{
    Checkup, Drift, Judgement, LedgerConfig, Progress, compare_levers, drift, proof, run_ledger, size_curve,
};
use kitae_report::diagnosis::blocks;
use kitae_report::document::Block;
use kitae_train::engine::RunContext;
use kitae_train::model::{Manifest, OUT_OF_FOLD_FILE};
use kitae_train::{ArtefactError, Problem, Recipe};

use super::interrupt::listen;
use super::page::{self, DIAGNOSIS_FILE, as_flags};
use crate::Console;
use crate::args::DiagnoseArgs;
use crate::device::Machine;
use crate::failure::Failure;
use crate::flags::in_flags;
use crate::folder::Run;
use crate::output::write_whole;
use crate::show::{self, percent};
use crate::text::quoted;

/// What is known of a model.
struct Chart {
    manifest: Manifest,
    problem: Option<Problem>,
    /// What could not be read, as sentences.
    notes: Vec<String>,
}

pub(super) fn diagnose(args: &DiagnoseArgs, console: &mut Console) -> Result<(), Failure> {
    let started = Instant::now();
    let machine = args.device.open()?;
    let mut chart = Chart::of(&args.model, &machine)?;
    let interrupt = listen(&format!("kitae diagnose {}", quoted(&args.model)));
    let clock = || started.elapsed();
    let place = machine.context(&clock, &interrupt);
    let is_talking = !args.output.quiet && !args.output.json;
    let mut tell = |text: &str| {
        if is_talking {
            // Nobody is left to tell if the error stream is closed.
            let _ = writeln!(console.err, "{text}");
        }
    };
    let mut checkup = Checkup { diagnosis: chart.look(&args.model)?, ..Checkup::default() };
    if !args.quick {
        examine(args, &chart, &mut checkup, &machine, &place, &mut tell)?;
    }
    let kept = write(&args.model, &checkup)
        .and_then(|()| page::write_into(&args.model, &args.model, &chart.manifest));
    if let Err(failure) = kept {
        chart.notes.push(format!("the diagnosis is not on the page: {}", failure.message()));
    }
    if args.output.json {
        let json = serde_json::json!({
            "model": args.model,
            "checkup": checkup,
            "notes": chart.notes,
            "seconds": started.elapsed().as_secs_f64(),
        });
        writeln!(console.out, "{json}")?;
    } else {
        write!(console.out, "{}", results(args, &chart, &checkup, &console.programme))?;
    }
    Ok(())
}

/// What takes training.
fn examine(
    args: &DiagnoseArgs,
    chart: &Chart,
    checkup: &mut Checkup,
    machine: &Machine,
    place: &RunContext,
    tell: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    let Some(problem) = &chart.problem else {
        let is_asked = args.prove || args.new.is_some();
        return if is_asked { Err(Failure::new(chart.notes.join("; "))) } else { Ok(()) };
    };
    let recipe = &chart.manifest.recipe;
    // First what reads a file: it may be the wrong one.
    let new = args.new.as_deref();
    checkup.drift = new.map(|new| drifted(new, chart, problem, machine, place)).transpose()?;
    let mut begun =
        |share: f64| tell(&format!("would more data help? training on {} of the rows", percent(share)));
    checkup.size_curve = Some(size_curve(problem, recipe, place, &mut begun)?);
    if args.prove {
        checkup.proof = prove(args, checkup, problem, recipe, place, tell)?;
    }
    Ok(())
}

impl Chart {
    /// Reads the model folder and, if it is as it was, the file with the rows.
    fn of(model: &Path, machine: &Machine) -> Result<Self, Failure> {
        let run = Run::of_model(model)?;
        let mut chart = Self { manifest: Manifest::load(model)?, problem: None, notes: Vec::new() };
        match run.problem(machine) {
            Ok(problem) => {
                if problem.file_order() != chart.manifest.model.source.order {
                    chart.notes.push(format!(
                        "the rows of `{}` are in another order than in training: row numbers, here and in \
                         `{OUT_OF_FOLD_FILE}`, are those of the file as it was",
                        run.named
                    ));
                }
                chart.problem = Some(problem);
            }
            Err(failure) => chart.notes.push(failure.message().to_owned()),
        }
        Ok(chart)
    }

    /// What the files and the rows show; nothing is trained.
    fn look(&mut self, model: &Path) -> Result<Diagnosis, Failure> {
        let events = self.or_note(folder::events(model))?.unwrap_or_default();
        let scored = self.or_note(folder::scored(model, &self.manifest.model.class_names))?;
        let (manifest, problem) = (&self.manifest, self.problem.as_ref());
        Ok(told(findings_of(&Case { manifest, events: &events, scored, problem })))
    }

    /// What is missing is not looked at; nothing is said of a model by what is another one's.
    fn or_note<T>(&mut self, read: Result<T, ArtefactError>) -> Result<Option<T>, Failure> {
        match read {
            Ok(found) => Ok(Some(found)),
            Err(error @ ArtefactError::Missing { .. }) => {
                self.notes.push(error.to_string());
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The same with flags in the place of settings.
fn told(mut diagnosis: Diagnosis) -> Diagnosis {
    for finding in &mut diagnosis.findings {
        finding.evidence = in_flags(&finding.evidence);
        for treatment in &mut finding.treatments {
            if let Treatment::Advice(advice) = treatment {
                *advice = in_flags(advice);
            }
        }
    }
    diagnosis
}

/// Whether a network can tell the rows of `new` from those of the model.
fn drifted(
    new: &Path,
    chart: &Chart,
    problem: &Problem,
    machine: &Machine,
    place: &RunContext,
) -> Result<Drift, Failure> {
    let known = chart.manifest.model.reading.clone();
    let reading = kitae_data::read::ReadOptions { n_threads: machine.n_threads, ..known };
    let inputs: Vec<String> =
        chart.manifest.model.layout.inputs.iter().map(|input| input.column.clone()).collect();
    let mut schema = problem.schema.clone();
    let fed: HashSet<&str> = inputs.iter().map(String::as_str).collect();
    schema.columns.retain(|column| fed.contains(column.name.as_str()));
    let table = Source::File(new.to_path_buf()).read_fitting(&schema, &reading)?;
    Ok(drift(problem, &inputs, &table, place)?)
}

fn prove(
    args: &DiagnoseArgs,
    checkup: &Checkup,
    problem: &Problem,
    recipe: &Recipe,
    place: &RunContext,
    tell: &mut dyn FnMut(&str),
) -> Result<Option<Judgement>, Failure> {
    let levers = proof::levers(&checkup.diagnosis);
    if levers.is_empty() {
        return Ok(None);
    }
    let recipe = proof::dealt(recipe, &problem.seal.by);
    let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: args.time };
    let mut observer = |progress: &Progress| {
        if let Progress::Started { lever, repeat, .. } = progress {
            tell(&format!("proof, repeat {}: {}", repeat + 1, lever.unwrap_or("the recipe itself")));
        }
    };
    let trials = run_ledger(problem, &config, Vec::new(), place, &mut observer)?;
    Ok(Some(compare_levers(&recipe, &levers, &trials)))
}

/// All that was found, and the command that proves it.
fn results(args: &DiagnoseArgs, chart: &Chart, checkup: &Checkup, programme: &str) -> String {
    let (model, has_rows) = (quoted(&args.model), chart.problem.is_some());
    let name = args.model.display().to_string();
    let out = quoted(&PathBuf::from(format!("{}-treated", name.trim_end_matches('/'))));
    // Without the rows no command could train on them.
    let how = |settings: &[String]| {
        let flags = as_flags(settings);
        if has_rows { format!("{programme} train --of {model} {flags} --out {out}") } else { flags }
    };
    let mut all = vec![Block::Heading(format!("Diagnosis of {name}"))];
    all.extend(blocks(checkup, &chart.manifest.recipe, &how));
    all.extend(chart.notes.iter().map(|note| Block::Note(format!("note: {note}"))));
    let can_be_proved = has_rows && !args.prove && !proof::levers(&checkup.diagnosis).is_empty();
    let prove =
        can_be_proved.then(|| show::commands(&[("prove", format!("{programme} diagnose {model} --prove"))]));
    show::drawn(&all) + &prove.unwrap_or_default()
}

fn write(model: &Path, checkup: &Checkup) -> Result<(), Failure> {
    let path = model.join(DIAGNOSIS_FILE);
    let json = serde_json::to_vec_pretty(checkup).map_err(|error| Failure::new(error.to_string()))?;
    write_whole(&path, &json)
}
