//! `kitae report --importance`: what a model relies on, measured, stored in its folder, and shown.

use std::path::Path;

use kitae::{Model, Source};
use kitae_lab::ImportanceConfig;
use kitae_report::document::Block;
use kitae_report::importance::section;

use crate::Console;
use crate::args::ReportArgs;
use crate::commands::page::IMPORTANCE_FILE;
use crate::commands::sources;
use crate::failure::Failure;
use crate::output::write_whole;
use crate::show::drawn;

/// Measures, stores and prints.
pub(super) fn measure(args: &ReportArgs, console: &mut Console) -> Result<(), Failure> {
    let machine = args.device.open()?;
    let model = Model::load(&args.folder)?;
    let source = Source::File(sources(&model).pop().unwrap_or_default());
    let config = ImportanceConfig { n_repeats: args.permutations.get(), ..ImportanceConfig::default() };
    let measured = model.importance(source, &config, &machine)?;
    let json = serde_json::to_vec_pretty(&measured).map_err(|error| Failure::new(error.to_string()))?;
    write_whole(&args.folder.join(IMPORTANCE_FILE), &json)?;
    // The page may be what is on the standard output.
    let to_console = args.out.as_deref() == Some(Path::new("-"));
    let stream = if to_console { &mut console.err } else { &mut console.out };
    let blocks: Vec<Block> = section(&measured).into_blocks().collect();
    writeln!(stream, "{}", drawn(&blocks))?;
    Ok(())
}
