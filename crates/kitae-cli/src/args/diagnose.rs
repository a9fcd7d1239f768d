//! Flags of `kitae diagnose`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::ledger::time;
use crate::device::DeviceArgs;

/// Diagnose a model: the problems found, the evidence, and the levers that treat them.
///
/// Reads the records of the training: learning curves, gradients, activations, and the out-of-fold
/// predictions. Checks the rows for leaks, copies and contradictions; sealed rows stay sealed. Then trains
/// the recipe on a quarter, half and all of the rows, to see whether more data would help.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kitae diagnose models/houses
  kitae diagnose models/houses --quick --json
  kitae diagnose models/houses --prove --time 10m
  kitae diagnose models/houses --new sold_this_year.csv")]
pub(crate) struct DiagnoseArgs {
    /// Model folder.
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,
    /// Train nothing: only read the records.
    #[arg(long, conflicts_with = "prove")]
    pub(crate) quick: bool,
    /// Try the first lever against each finding in cross-validation, as a ledger does, and report its gain.
    #[arg(long)]
    pub(crate) prove: bool,
    /// Time for the trials of `--prove`, such as 90s, 20m or 2h. [default: as long as it takes]
    #[arg(long, value_name = "TIME", value_parser = time, requires = "prove", conflicts_with = "quick")]
    pub(crate) time: Option<Duration>,
    /// CSV file of new rows, to test for drift: can a network tell them from the rows of the model?
    #[arg(long, value_name = "FILE", conflicts_with = "quick")]
    pub(crate) new: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: DiagnoseOutputArgs,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
}

/// What is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct DiagnoseOutputArgs {
    /// Write one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress, only the results.
    #[arg(long)]
    pub(crate) quiet: bool,
}
