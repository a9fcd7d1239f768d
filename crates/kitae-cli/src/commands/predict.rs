//! `kitae predict`: predictions for the rows of a file of any size.

mod spreadsheet;

use std::io::Write;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use kitae_data::error::DataError;
use kitae_data::finding::{Finding, Severity, sort};
use kitae_data::profile::Comparison;
use kitae_data::read::{Chunk, ChunkOptions, Chunks, ReadOptions, Verbatim, read_chunks};
use kitae_train::Predictor;
use kitae_train::looks::SealedRows;
use kitae_train::regions::RegionPredictor;

use self::spreadsheet::sheltered;
use super::options as options_of;
use crate::Console;
use crate::args::PredictArgs;
use crate::device::Machine;
use crate::failure::Failure;
use crate::output::Output;
use crate::show::{self, count};
use crate::text::quoted;
use kitae::csv_lines::{LinesError, Rows, head, lines, region_columns};
use kitae::{Model, threads};

/// Rows that are read, predicted and written at once.
const CHUNK_ROWS: usize = 16_384;

pub(super) fn predict(args: &PredictArgs, console: &mut Console) -> Result<(), Failure> {
    let machine = args.device.open()?;
    let stored = Model::load(&args.model)?;
    refuse_same_file(args)?;
    let options = options_of(&stored, &args.reading, machine.n_threads);
    let mut output = Output::open(args.out.as_deref(), console.out.raw())?;
    let mut sealed = SealedRows::of(&args.model);
    let (n_rows, findings) = predict_all(args, &stored, &machine, &options, (&mut output, &mut sealed))?;
    tell(args, &stored, &findings, &mut console.err)?;
    if let Some(note) = sealed.and_then(|sealed| sealed.note()).filter(|_| !args.quiet) {
        let evaluate = format!("{} evaluate {}", console.programme, quoted(&args.model));
        writeln!(console.err, "note: {note}; `{evaluate}` scores them and counts the look")?;
    }
    refuse_warnings(args, &findings)?;
    output.finish()?;
    if let (Output::File { path, .. }, false) = (&output, args.quiet) {
        writeln!(console.err, "{} written to `{}`", count(n_rows, "prediction"), path.display())?;
    }
    Ok(())
}

/// Reads, predicts and writes chunk by chunk; while one is predicted the next is read. Returns the number of rows and how
/// they are unlike those of training.
fn predict_all(
    args: &PredictArgs,
    stored: &Model,
    machine: &Machine,
    options: &ReadOptions,
    (output, sealed): (&mut Output, &mut Option<SealedRows>),
) -> Result<(usize, Vec<Finding>), Failure> {
    let manifest = stored.manifest();
    let chunks = read_chunks(&args.file, &manifest.model.schema, options, &chunk_options(args, stored))?;
    let predictor = stored.trained().predictor(&machine.engine)?;
    let rows = RowPredictor {
        predictor: &predictor,
        regions: args.interval.map(|level| predictor.regions(level)).transpose()?,
        class_names: &manifest.model.class_names,
    };
    let kept: Vec<&str> = chunks.verbatim_names().collect();
    output.write_all(&head(&kept, &manifest.model.class_names, rows.region_columns())?)?;
    let threads = threads(machine.n_threads)?;
    let mut comparison = Comparison::new(&manifest.model.profile, &manifest.model.schema);
    let mut n_rows = 0;
    let (reader, chunks) = read_ahead(chunks);
    for chunk in chunks {
        let chunk = chunk?;
        comparison.add(&chunk.table);
        if let Some(sealed) = sealed {
            sealed.count(&chunk.table);
        }
        for block in threads.install(|| rows.lines(&chunk, n_rows))? {
            let block = block?;
            output.write_all(&if args.spreadsheet { sheltered(&block)? } else { block })?;
        }
        n_rows += chunk.table.n_rows;
    }
    let chunks = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    comparison.add_reading(&chunks);
    let mut of_file = chunks.findings();
    of_file.extend(comparison.findings());
    sort(&mut of_file);
    Ok((n_rows, of_file))
}

fn chunk_options(args: &PredictArgs, stored: &Model) -> ChunkOptions {
    let manifest = stored.manifest();
    let is_all = args.keep.iter().any(|name| name == "all");
    ChunkOptions {
        chunk_rows: CHUNK_ROWS,
        skip: manifest.model.unused_columns(),
        verbatim: if is_all { Verbatim::All } else { Verbatim::Columns(args.keep.clone()) },
        ..ChunkOptions::default()
    }
}

/// What predicts the rows of a chunk.
struct RowPredictor<'a> {
    predictor: &'a Predictor<'a>,
    regions: Option<RegionPredictor<'a>>,
    class_names: &'a [String],
}

impl RowPredictor<'_> {
    fn region_columns(&self) -> &'static [&'static str] {
        if self.regions.is_some() { region_columns(self.class_names) } else { &[] }
    }

    fn lines(&self, chunk: &Chunk, n_before: usize) -> Result<Vec<Result<Vec<u8>, LinesError>>, Failure> {
        let (predictions, regions) = match &self.regions {
            None => (self.predictor.predictions(&chunk.table)?, None),
            Some(predictor) => {
                let (predictions, regions) = predictor.predictions(&chunk.table)?;
                (predictions, Some(regions))
            }
        };
        let rows = Rows { predictions: &predictions, kept: &chunk.verbatim, regions: regions.as_ref() };
        Ok(lines(rows, self.class_names, n_before))
    }
}

/// The chunks, read on a thread of their own that is one ahead, and what the reader knows at the end. Nobody waits for
/// it after an error: it may be waiting itself, for the other end of a pipe.
fn read_ahead(mut chunks: Chunks) -> (JoinHandle<Chunks>, Receiver<Result<Chunk, DataError>>) {
    let (sender, receiver) = sync_channel(0);
    let reader = std::thread::spawn(move || {
        while let Some(chunk) = chunks.next_chunk() {
            // Nobody listens after an error.
            if sender.send(chunk).is_err() {
                break;
            }
        }
        chunks
    });
    (reader, receiver)
}

/// What should be known of the rows and of the predictions.
fn tell(
    args: &PredictArgs,
    stored: &Model,
    findings: &[Finding],
    err: &mut dyn Write,
) -> Result<(), Failure> {
    let by_time = stored.manifest().seal.by.is_time();
    if args.interval.is_some() && by_time && !args.quiet {
        writeln!(
            err,
            "note: the model was split by time, so coverage is not guaranteed: the level is that of the \
             latest held-out rows, and holds as long as new rows are like those"
        )?;
    }
    // Sorted, the warnings come first.
    let n_told = if args.quiet { n_warnings(findings) } else { findings.len() };
    Ok(write!(err, "{}", show::findings_of_columns(&findings[..n_told]))?)
}

fn n_warnings(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.severity == Severity::Warning).count()
}

fn refuse_warnings(args: &PredictArgs, findings: &[Finding]) -> Result<(), Failure> {
    let n_warnings = n_warnings(findings);
    if !args.strict || n_warnings == 0 {
        return Ok(());
    }
    let warnings = count(n_warnings, "warning");
    Err(Failure::new(match &args.out {
        Some(out) => format!("{warnings} and `--strict`: `{}` is not written", out.display()),
        None => format!("{warnings} and `--strict`: do not use these predictions"),
    }))
}

/// The rows must not be replaced by the predictions.
fn refuse_same_file(args: &PredictArgs) -> Result<(), Failure> {
    let Some(out) = &args.out else { return Ok(()) };
    match (out.canonicalize(), args.file.canonicalize()) {
        (Ok(out), Ok(file)) if out == file => {
            Err(Failure::new(format!("`--out` names the file that is read, `{}`", args.file.display())))
        }
        _ => Ok(()),
    }
}
