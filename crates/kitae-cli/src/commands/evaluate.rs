//! `kitae evaluate`: scores on rows that had no part in the training.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use kitae::{EvaluateConfig, Evaluation, Model, Source};
use kitae_train::looks::Which;

use super::{options, sources};
use crate::Console;
use crate::args::EvaluateArgs;
use crate::failure::Failure;
use crate::folder::PIPED;
use crate::show;
use crate::text::quoted;

pub(super) fn evaluate(args: &EvaluateArgs, console: &mut Console) -> Result<(), Failure> {
    let machine = args.device.open()?;
    let model = Model::load(&args.model)?;
    let sources = sources(&model);
    // The training file is read as it was for training: the flags are for files that the model does not know.
    let is_other = args.file.as_ref().is_some_and(|file| !is_one_of(file, &sources));
    let config = EvaluateConfig {
        reading: is_other.then(|| options(&model, &args.reading, machine.n_threads)),
        machine: Some(machine),
        level: args.interval,
        positive: args.positive.clone(),
        training_files: sources[1..].to_vec(),
        ..EvaluateConfig::at(SystemTime::now())
    };
    let evaluation = match &args.file {
        Some(file) => model.evaluate(Source::File(file.clone()), &config)?,
        None => model.evaluate_sealed(Source::File(training_file(&sources, &args.model)?), &config)?,
    };
    if args.json {
        writeln!(console.out, "{}", json(&args.model, &evaluation))?;
    } else {
        write!(console.err, "{}", show::findings_of_columns(&evaluation.findings))?;
        write!(console.out, "{}", evaluation.told(&advice(&args.model, &evaluation), &show::terminal()))?;
    }
    Ok(())
}

fn json(model: &Path, evaluation: &Evaluation) -> serde_json::Value {
    let looks = evaluation.looks.as_ref();
    serde_json::json!({
        "model": model,
        "file": evaluation.file,
        "rows": evaluation.which,
        "n_rows": evaluation.n_rows,
        "look": looks.map(|looks| looks.number),
        "other_models": looks.map(|looks| &looks.other_models),
        "rows_looked_at_before": looks.map(|looks| looks.n_before),
        "looks_that_cannot_be_compared": looks.map(|looks| looks.n_unknown),
        "note": evaluation.note,
        "scores": evaluation.scores,
        "regions": evaluation.regions,
        "regions_note": evaluation.deviation_told(&advice(model, evaluation)),
        "findings": evaluation.findings,
    })
}

/// What to do where regions contain the target of new rows too rarely.
fn advice(model: &Path, evaluation: &Evaluation) -> String {
    match evaluation.which {
        Which::Sealed => String::new(),
        Which::All => {
            let (model, file) = (quoted(model), quoted(Path::new(&evaluation.file)));
            format!(" To see how they differ: `kitae diagnose {model} --new {file}`.")
        }
    }
}

/// Whether a path leads to where the training file was.
fn is_one_of(path: &Path, sources: &[PathBuf]) -> bool {
    let real = path.canonicalize().ok();
    real.is_some() && sources.iter().any(|source| source.canonicalize().ok() == real)
}

fn training_file(sources: &[PathBuf], model: &Path) -> Result<PathBuf, Failure> {
    if let Some(path) = sources.iter().find(|path| path.is_file()) {
        return Ok(path.clone());
    }
    let path = sources.first().map(|path| path.display().to_string()).unwrap_or_default();
    let model = quoted(model);
    if path == PIPED {
        return Err(Failure::new(format!(
            "the training rows were piped in: pipe them in again, as in `… | kitae evaluate {model} -`, or name a file"
        )));
    }
    Err(Failure::new(format!(
        "the training file `{path}` is not there: name it, or another file, as in `kitae evaluate {model} FILE`"
    )))
}
