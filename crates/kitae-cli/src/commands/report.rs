//! `kitae report`: a folder of a model, a ledger or a study as one page.

mod charts;
pub(super) mod files;
mod importance;
mod out_of_fold;

use std::io::Write;
use std::path::{Path, PathBuf};

use kitae_report::chart::Chart;
use kitae_report::{Contents, ScoredRows, charts as charts_of, page};
use kitae_train::files::read_text;
use kitae_train::looks::read_looks;
use kitae_train::model::{LOOKS_FILE, MODEL_FILE, Manifest};

use super::{ledger, tune};
use crate::Console;
use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::output::{Output, write_whole};

/// The page in a folder.
const PAGE: &str = "report.html";

pub(super) fn report(args: &ReportArgs, console: &mut Console) -> Result<(), Failure> {
    let named = args.folder.display().to_string();
    let report = if let Some(kind) = ReportKind::of(&args.folder) {
        if args.importance {
            let message =
                format!("`--importance` is for models, and this is the folder of a {}", kind.word());
            return Err(Failure::Usage(message));
        }
        match kind {
            ReportKind::Ledger => ledger::page::read(&args.folder)?.report(&named),
            ReportKind::Study => tune::page::read(&args.folder)?.report(&named),
        }
    } else {
        if args.importance {
            importance::measure(args, console)?;
        }
        let manifest = Manifest::load(&args.folder)?;
        let contents = contents(&args.folder, &named, &manifest);
        for lost in [contents.events.as_ref().err(), contents.scored.as_ref().err()].into_iter().flatten() {
            writeln!(console.err, "warning: {lost}")?;
        }
        Report { html: page(&contents), charts: charts_of(&contents) }
    };
    give(&report, args, console)
}

/// A folder that is not a model's.
#[derive(Clone, Copy)]
enum ReportKind {
    Ledger,
    Study,
}

impl ReportKind {
    /// None of a model: a folder with files of both is one, as its page is the larger one.
    fn of(folder: &Path) -> Option<Self> {
        let has = |file: &str| folder.join(file).is_file();
        let others = [(Self::Ledger, ledger::LEDGER_FILE), (Self::Study, tune::STUDY_FILE)];
        let found = others.into_iter().find(|(_, file)| has(file)).map(|(kind, _)| kind);
        found.filter(|_| !has(MODEL_FILE))
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Study => "study",
        }
    }
}

/// A page and its pictures.
pub(super) struct Report {
    pub(super) html: String,
    pub(super) charts: Vec<Chart>,
}

/// Writes the page and the charts where they were asked for.
fn give(report: &Report, args: &ReportArgs, console: &mut Console) -> Result<(), Failure> {
    let out = args.out.clone().unwrap_or_else(|| page_of(&args.folder));
    if args.out.is_some() {
        let mut output = Output::open(Some(&out), console.out.raw())?;
        output.write_all(report.html.as_bytes())?;
        output.finish()?;
    } else {
        write_whole(&out, report.html.as_bytes())?;
    }
    let to_console = out == Path::new("-");
    if !to_console {
        writeln!(console.out, "report    {}", super::summary::quoted(&out))?;
    }
    let Some(folder) = &args.charts else { return Ok(()) };
    let missing = charts::write(&report.charts, folder, args.chart_format)?;
    // The page may be what is on the standard output.
    let stream = if to_console { &mut console.err } else { &mut console.out };
    writeln!(stream, "{}", charts::line(&report.charts, folder, args.chart_format))?;
    if let Some(warning) = charts::warning(&missing) {
        writeln!(console.err, "{warning}")?;
    }
    Ok(())
}

/// Where the page of a model, a ledger or a study is.
pub(super) fn page_of(folder: &Path) -> PathBuf {
    folder.join(PAGE)
}

/// Writes the page into `folder`, which will be called `named`.
pub(super) fn write_into(folder: &Path, named: &Path, manifest: &Manifest) -> Result<(), Failure> {
    let named = named.display().to_string();
    let html = page(&contents(folder, &named, manifest));
    write_whole(&page_of(folder), html.as_bytes())
}

/// What the files of the folder say; of those that cannot be read, why.
fn contents<'a>(folder: &Path, named: &'a str, manifest: &'a Manifest) -> Contents<'a> {
    let mut contents = Contents::new(named, manifest);
    contents.events = files::events(folder)
        .map_err(|error| format!("The run record cannot be read, so there are no learning curves: {error}."));
    let scored = files::scored(folder, &manifest.model.class_names);
    contents.scored = scored
        .map(|scored| ScoredRows { targets: scored.targets, predictions: scored.predictions })
        .map_err(|reason| {
            format!("The out-of-fold predictions cannot be read, so there are no charts of them: {reason}.")
        });
    contents.more.extend(super::diagnose::section_of(folder, &manifest.recipe));
    let looks = folder.join(LOOKS_FILE);
    contents.looks = match read_text(&looks) {
        Ok(text) => Ok(read_looks(&text).into_iter().filter(|look| !look.of_an_earlier_model).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(format!("The looks at test rows cannot be read: {error}.")),
    };
    contents.more.extend(importance::section(folder));
    contents
}
