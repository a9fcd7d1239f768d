//! `kitae report`: a folder of a model or a ledger as one page.

mod importance;
pub(super) mod out_of_fold;

use std::io::Write;
use std::path::{Path, PathBuf};

use kitae_report::chart::Chart;
use kitae_report::{Contents, ScoredRows, charts, page};
use kitae_train::looks::read_looks;
use kitae_train::model::{LOOKS_FILE, MODEL_FILE, Manifest, OUT_OF_FOLD_FILE, RECORD_FILE};
use kitae_train::record::read_record;

use super::ledger;
use crate::Console;
use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::show;

/// The page in a folder.
const PAGE: &str = "report.html";

pub(super) fn report(args: &ReportArgs, console: &mut Console) -> Result<(), Failure> {
    let report = if is_ledger(&args.folder) {
        if args.importance {
            let message = "`--importance` is asked of a model, and this is the folder of a ledger";
            return Err(Failure::Usage(message.to_owned()));
        }
        ledger::page::read(&args.folder)?.report(&args.folder.display().to_string())
    } else {
        if args.importance {
            importance::measure(args, console)?;
        }
        let manifest = Manifest::load(&args.folder)?;
        let folder = args.folder.display().to_string();
        let contents = contents(&args.folder, &folder, &manifest);
        Report { html: page(&contents), charts: charts(&contents) }
    };
    give(&report, args, console)
}

/// A folder with both is a model: its page is the larger one.
fn is_ledger(folder: &Path) -> bool {
    folder.join(ledger::LEDGER_FILE).is_file() && !folder.join(MODEL_FILE).is_file()
}

/// A page and its pictures.
pub(super) struct Report {
    pub(super) html: String,
    pub(super) charts: Vec<Chart>,
}

/// Writes the page and the charts where they were asked for.
fn give(report: &Report, args: &ReportArgs, console: &mut Console) -> Result<(), Failure> {
    let out = args.out.clone().unwrap_or_else(|| page_of(&args.folder));
    let mut output = Output::open(Some(&out), console.out)?;
    output.write_all(report.html.as_bytes())?;
    output.finish()?;
    drop(output);
    let to_console = out == Path::new("-");
    if !to_console {
        writeln!(console.out, "report    {}", super::summary::quoted(&out))?;
    }
    if let Some(folder) = &args.charts {
        write_charts(&report.charts, folder)?;
        // The page may be what is on the standard output.
        let stream = if to_console { &mut console.err } else { &mut console.out };
        let folder = super::summary::quoted(folder);
        writeln!(stream, "charts    {folder}   ({})", show::count(report.charts.len(), "chart"))?;
    }
    Ok(())
}

/// Where the page of a model or a ledger is.
pub(super) fn page_of(folder: &Path) -> PathBuf {
    folder.join(PAGE)
}

/// Writes the page into `folder`, which will be called `named`.
pub(super) fn write_into(folder: &Path, named: &Path, manifest: &Manifest) -> Result<(), Failure> {
    let named = named.display().to_string();
    let html = page(&contents(folder, &named, manifest));
    write(&page_of(folder), html.as_bytes())
}

/// Writes a file whole or not at all.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut nowhere = std::io::sink();
    let mut output = Output::open(Some(path), &mut nowhere)?;
    output.write_all(bytes).map_err(|error| Failure::file("write", path, &error))?;
    output.finish()
}

/// What the files of the folder say; of those that cannot be read, why.
fn contents<'a>(folder: &Path, named: &'a str, manifest: &'a Manifest) -> Contents<'a> {
    let mut contents = Contents::new(named, manifest);
    contents.events = read_record(&folder.join(RECORD_FILE))
        .map_err(|error| format!("The run record cannot be read, so there are no learning curves: {error}."));
    let scored = out_of_fold::read(&folder.join(OUT_OF_FOLD_FILE), &manifest.class_names);
    contents.scored =
        scored.map(|scored| ScoredRows { truth: scored.truth, answers: scored.answers }).map_err(|reason| {
            format!("The answers to score rows cannot be read, so there are no charts of them: {reason}.")
        });
    contents.more.extend(super::diagnose::section_of(folder));
    let looks = folder.join(LOOKS_FILE);
    contents.looks = match std::fs::read_to_string(&looks) {
        Ok(text) => Ok(read_looks(&text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(format!("The looks at test rows cannot be read: {error}.")),
    };
    contents.more.extend(importance::section(folder));
    contents
}

fn write_charts(charts: &[Chart], folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| Failure::file("create", folder, &error))?;
    for chart in charts {
        write(&folder.join(format!("{}.svg", chart.name)), chart.standalone().as_bytes())?;
    }
    Ok(())
}
