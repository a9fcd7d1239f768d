//! Flags of `kitae tune`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::ledger::{holdout_share, time};
use super::train::{DataArgs, QUESTION};
use crate::device::DeviceArgs;
use crate::levers::{LEVERS, LeverArgs};

/// Tune the recipe: search hyperparameters under a budget, and train a model with the best.
///
/// The first trial is the recipe of the preset and the flags; the next are drawn from search spaces that the
/// authors of strong recipes published, and then near the trials that did well. Levers that a flag,
/// `--recipe` or `--set` writes stay fixed. A trial begins with one fold and goes on to three times as many
/// as long as it is among the best third of those that came as far (successive halving). Trials are scored on
/// validation rows, which choose their epochs; the result is measured on holdout rows, which no trial sees.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
#[command(after_help = "\
Examples:
  kitae tune houses.csv --target price --time 10m
  kitae tune houses.csv --target price --trials 50 --preset fast --model models/tuned
  kitae tune houses.csv --target price --hidden 64,64 --activation relu
  kitae tune --show studies/houses
  kitae tune --join studies/houses
  kitae tune --resume studies/houses --time 1h")]
pub(crate) struct TuneArgs {
    /// CSV file, plain or compressed with gzip.
    pub(crate) file: Option<PathBuf>,
    /// Time for all trials, such as 90s, 20m or 2h; measuring the result and training the model come after
    /// it.
    /// [default: 10m, without --trials]
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    pub(crate) time: Option<Duration>,
    /// Maximum number of trials. [default: as many as there is time for]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) trials: Option<u32>,
    /// Share of the rows kept as holdout, to measure the result.
    #[arg(long, value_name = "SHARE", default_value = "0.2", value_parser = holdout_share)]
    pub(crate) holdout_share: f64,
    #[command(flatten)]
    pub(crate) output: TuneOutputArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) levers: LeverArgs,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
}

/// What is written where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct TuneOutputArgs {
    /// Folder of the study. [default: studies/NAME for the file NAME.csv]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
    /// Folder of the model of the best recipe. [default: models/NAME for the file NAME.csv]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) model: Option<PathBuf>,
    /// Replace a study that is already in its folder, and a model that is in its.
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Resume the study in this folder. All but `--time` and `--trials` is taken from it: each is for all
    /// trials, earlier ones included, and one given alone replaces the other.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = BEGINNING, conflicts_with_all = QUESTION, conflicts_with_all = LEVERS, conflicts_with_all = ["join", "show"])]
    pub(crate) resume: Option<PathBuf>,
    /// Run trials of a study that another process works on, until its trials or its time are used up.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = BEGINNING, conflicts_with_all = QUESTION, conflicts_with_all = LEVERS, conflicts_with_all = ["show", "time", "trials"])]
    pub(crate) join: Option<PathBuf>,
    /// Only show the trials of a study, finished or running.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = BEGINNING, conflicts_with_all = QUESTION, conflicts_with_all = LEVERS, conflicts_with_all = ["time", "trials"])]
    pub(crate) show: Option<PathBuf>,
    /// Show no progress, only the results.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Write the results as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a new study alone is told, besides its question and its levers.
const BEGINNING: [&str; 5] = ["file", "holdout_share", "out", "model", "overwrite"];

fn some_time(text: &str) -> Result<Duration, String> {
    match time(text)? {
        Duration::ZERO => Err("expected some time, such as 90s, 20m or 2h".to_owned()),
        some => Ok(some),
    }
}
