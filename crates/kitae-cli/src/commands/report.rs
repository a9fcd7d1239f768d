//! `kitae report`: a folder of a model, a ledger or a study as one page.

mod charts;
mod importance;

use std::io::Write;
use std::path::Path;

use kitae_report::document::Document;
use kitae_train::model::{MODEL_FILE, Manifest};

use super::page::contents;
use super::{ledger, tune};
use crate::Console;
use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::folder::page_of;
use crate::output::{Output, write_whole};
use crate::text::quoted;

pub(super) fn report(args: &ReportArgs, console: &mut Console) -> Result<(), Failure> {
    let named = args.folder.display().to_string();
    let report = if let Some((kind, document)) = experiment(&args.folder) {
        if args.importance {
            let message = format!("`--importance` is for models, and this is the folder of a {kind}");
            return Err(Failure::Usage(message));
        }
        document(&args.folder, &named)?
    } else {
        if args.importance {
            importance::measure(args, console)?;
        }
        let manifest = Manifest::load(&args.folder)?;
        let contents = contents(&args.folder, &named, &manifest);
        for lost in [contents.events.as_ref().err(), contents.scored.as_ref().err()].into_iter().flatten() {
            writeln!(console.err, "warning: {lost}")?;
        }
        contents.document()
    };
    give(&report, args, console)
}

/// Makes the document of a folder, which will be called by a name.
type MakeDocument = fn(&Path, &str) -> Result<Document, Failure>;

/// What a folder is that is not a model's: one with files of both is a model's, as its page is the larger
/// one.
fn experiment(folder: &Path) -> Option<(&'static str, MakeDocument)> {
    let kinds: [(_, _, MakeDocument); 2] =
        [("ledger", ledger::LEDGER_FILE, ledger::document), ("study", tune::STUDY_FILE, tune::document)];
    let has = |file: &str| folder.join(file).is_file();
    let found = kinds.into_iter().find(|(_, file, _)| has(file) && !has(MODEL_FILE));
    found.map(|(kind, _, document)| (kind, document))
}

/// Writes the page and the charts where they were asked for.
fn give(report: &Document, args: &ReportArgs, console: &mut Console) -> Result<(), Failure> {
    let out = args.out.clone().unwrap_or_else(|| page_of(&args.folder));
    if args.out.is_some() {
        let mut output = Output::open(Some(&out), console.out.raw())?;
        output.write_all(report.html().as_bytes())?;
        output.finish()?;
    } else {
        write_whole(&out, report.html().as_bytes())?;
    }
    let to_console = out == Path::new("-");
    if !to_console {
        writeln!(console.out, "report    {}", quoted(&out))?;
    }
    let Some(folder) = &args.charts else { return Ok(()) };
    let pictures = report.charts();
    let missing = charts::write(&pictures, folder, args.chart_format)?;
    // The page may be what is on the standard output.
    let stream = if to_console { &mut console.err } else { &mut console.out };
    writeln!(stream, "{}", charts::line(&pictures, folder, args.chart_format))?;
    if let Some(warning) = charts::warning(&missing) {
        writeln!(console.err, "{warning}")?;
    }
    Ok(())
}
