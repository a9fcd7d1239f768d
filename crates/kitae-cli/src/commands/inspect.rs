//! `kitae inspect`: what a table looks like before anything is trained.

use kitae_data::infer::infer_schema;
use kitae_data::inspect::{inspect as report, inspect_with_target};
use kitae_data::read::{ReadOptions, read_csv};

use crate::Console;
use crate::args::InspectArgs;
use crate::failure::Failure;

pub(super) fn inspect(args: &InspectArgs, console: &mut Console) -> Result<(), Failure> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let table = read_csv(&args.file, &args.reading.options(ReadOptions::default(), n_threads))?;
    let target = args.target.as_deref();
    let schema = infer_schema(&table, &args.hints.hints(target)?)?;
    let report = match target {
        Some(target) => inspect_with_target(&table, &schema, target)?,
        None => report(&table, &schema),
    };
    if args.json {
        let json = serde_json::to_string_pretty(&report).map_err(std::io::Error::from)?;
        writeln!(console.out, "{json}")?;
    } else {
        writeln!(console.out, "{}", report.to_string().trim_end())?;
    }
    Ok(())
}
