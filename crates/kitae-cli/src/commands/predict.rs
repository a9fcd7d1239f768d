//! `kitae predict`: answers for the rows of a file of any size.

pub(super) mod sealed;
mod spreadsheet;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use kitae_data::error::DataError;
use kitae_data::read::{ChunkOptions, Chunks, ReadOptions, read_chunks};
use kitae_data::table::{Cells, Table, UNSEEN};
use kitae_train::recipe::SplitBy;

use self::sealed::SealedRows;
use self::spreadsheet::sheltered;
use super::{Stored, threads};
use crate::Console;
use crate::args::PredictArgs;
use crate::device::Machine;
use crate::failure::Failure;
use crate::output::Output;
use crate::predictions::{Lines, lines, lines_with_regions, region_columns};
use crate::rows::unused;
use crate::show::count;

/// Rows that are read, answered and written at once.
const CHUNK_ROWS: usize = 16_384;

pub(super) fn predict(args: &PredictArgs, console: &mut Console) -> Result<(), Failure> {
    let machine = args.device.open()?;
    let stored = Stored::load(&args.model)?;
    refuse_same_file(args)?;
    let options = stored.options(&args.reading, machine.n_threads);
    let mut output = Output::open(args.out.as_deref(), console.out.raw())?;
    let mut sealed = SealedRows::of(&args.model);
    let unseen = answer_all(args, &stored, &machine, &options, (&mut output, &mut sealed))?;
    output.finish()?;
    if let Some(note) = sealed.and_then(|sealed| sealed.note(&args.model, &console.programme)) {
        writeln!(console.err, "note: {note}")?;
    }
    if args.interval.is_some() && matches!(stored.model.manifest.recipe.split.by, SplitBy::Time { .. }) {
        writeln!(
            console.err,
            "note: the model was split by time, so the level is not promised: it is how often the latest rows that were \
             scored lay inside, and holds as long as new rows are like those"
        )?;
    }
    for (column, n_cells) in unseen {
        let cells = count(n_cells, "cell");
        writeln!(
            console.err,
            "note: column `{column}`: {cells} with a category that was not there in training"
        )?;
    }
    Ok(())
}

/// Reads, answers and writes chunk by chunk; while one is answered the next is read. Returns the columns
/// with unseen categories and how many cells hold one.
fn answer_all(
    args: &PredictArgs,
    stored: &Stored,
    machine: &Machine,
    options: &ReadOptions,
    (output, sealed): (&mut Output, &mut Option<SealedRows>),
) -> Result<BTreeMap<String, usize>, Failure> {
    let manifest = &stored.model.manifest;
    let skip = unused(&manifest.schema, &manifest.layout);
    let chunks = ChunkOptions { chunk_rows: CHUNK_ROWS, skip, ..ChunkOptions::default() };
    let chunks = read_chunks(&args.file, &manifest.schema, options, &chunks)?;
    let predictor = stored.model.predictor(&machine.device, machine.packing)?;
    let mut head = Lines::new(&manifest.class_names);
    let regions = args.interval.map(|level| predictor.regions(level)).transpose()?;
    head.header(&[], if regions.is_some() { region_columns(&manifest.class_names) } else { &[] })?;
    output.write_all(&head.into_bytes()?)?;
    let threads = threads(machine.n_threads)?;
    let (mut n_before, mut unseen) = (0, BTreeMap::new());
    let (reader, tables) = read_ahead(chunks);
    for table in tables {
        let table = table?;
        let lines = threads.install(|| match &regions {
            None => {
                let answers = predictor.answers(&table)?;
                Ok::<_, Failure>(lines(&answers, &manifest.class_names, n_before))
            }
            Some(predictor) => {
                let (answers, regions) = predictor.answers(&table)?;
                Ok(lines_with_regions(&answers, &regions, &manifest.class_names, n_before))
            }
        })?;
        for block in lines {
            let block = block?;
            output.write_all(&if args.spreadsheet { sheltered(&block)? } else { block })?;
        }
        n_before += table.n_rows;
        count_unseen(&table, &mut unseen);
        if let Some(sealed) = sealed {
            sealed.count(&table);
        }
    }
    match reader.join() {
        Ok(()) => Ok(unseen),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// The chunks, read on a thread of their own that is one ahead. Nobody waits for it after an error: it may
/// be waiting itself, for the other end of a pipe.
fn read_ahead(chunks: Chunks) -> (JoinHandle<()>, Receiver<Result<Table, DataError>>) {
    let (sender, receiver) = sync_channel(0);
    let reader = std::thread::spawn(move || {
        for table in chunks {
            // Nobody listens after an error.
            if sender.send(table).is_err() {
                break;
            }
        }
    });
    (reader, receiver)
}

fn count_unseen(table: &Table, unseen: &mut BTreeMap<String, usize>) {
    for column in &table.columns {
        let Cells::Levels { codes, .. } = &column.cells else { continue };
        let n_unseen = codes.iter().filter(|code| **code == UNSEEN).count();
        if n_unseen > 0 {
            *unseen.entry(column.name.clone()).or_default() += n_unseen;
        }
    }
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
