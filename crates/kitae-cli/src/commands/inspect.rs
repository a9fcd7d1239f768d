//! `kitae inspect`: what a table looks like before anything is trained.

use kitae_data::finding::sort;
use kitae_data::infer::infer_schema;
use kitae_data::inspect::{inspect as report, inspect_with_target};
use kitae_data::read::{ReadOptions, Reading, read};

use crate::Console;
use crate::args::InspectArgs;
use crate::failure::Failure;
use crate::flags::in_flags;

pub(super) fn inspect(args: &InspectArgs, console: &mut Console) -> Result<(), Failure> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let options = args.reading.options(ReadOptions::default(), n_threads);
    let Reading { table, findings, .. } = read(&args.file, &options)?;
    let target = args.target.as_deref();
    let schema = infer_schema(&table, &args.hints.hints(target)?)?;
    let mut report = match target {
        Some(target) => inspect_with_target(&table, &schema, target)?,
        None => report(&table, &schema),
    };
    report.findings.extend(findings);
    sort(&mut report.findings);
    if args.json {
        let json = serde_json::to_string_pretty(&report).map_err(std::io::Error::from)?;
        writeln!(console.out, "{json}")?;
    } else {
        for line in report.to_string().trim_end().lines() {
            let all = if line.starts_with("… and ") { "; `--json` lists all" } else { "" };
            writeln!(console.out, "{}{all}", in_flags(line))?;
        }
    }
    Ok(())
}
