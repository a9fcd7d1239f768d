//! Flags of `kitae train` that are no levers.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::{Args, ValueEnum};
use kitae::Question;
use kitae_data::alike::Likeness;
use kitae_data::target::Task;
use kitae_train::pack::Packing;
use kitae_train::recipe::read;
use kitae_train::{SplitBy, TaskChoice};

use super::{HintArgs, ReadingArgs};
use crate::device::DeviceArgs;
use crate::failure::Failure;
use crate::levers::{LEVERS, LeverArgs, Levers, kind, word};

/// Train networks with cross-validation and report honest scores.
///
/// The recipe starts from a preset that fits the data. A recipe file overrides it, then the flags, then
/// `--set`: the later wins. A run that was interrupted or killed can be resumed with `--resume`.
///
/// The model folder holds more than a model needs: the target and the out-of-fold prediction of each row that
/// is not sealed (`out_of_fold.csv`), all levels of categories, the range of each number, and the path of
/// FILE (`run.json`). Before you share it: `model.json`, `weights.safetensors`, `nonconformity.safetensors`
/// and `SHA256SUMS` are enough to predict.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
#[command(after_help = "\
Examples:
  kitae train houses.csv --target price
  kitae train houses.csv --target price --preset best --out models/best
  kitae train loans.csv --target repaid --class-weights balanced --metric auc --by-group customer
  kitae train houses.csv --target price --hidden 128,64 --dropout 0.3 --set optimiser.beta2=0.99
  kitae train --of models/houses --dropout 0.3 --out models/houses-dropout
  kitae train --resume models/houses")]
pub(crate) struct TrainArgs {
    /// CSV file, plain or compressed with gzip.
    pub(crate) file: Option<PathBuf>,
    /// Folder of a model, a ledger or a study: its file, its target, what its splits respect and its recipe
    /// are taken; flags and `--set` override the recipe.
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["file", "range_test"], conflicts_with_all = QUESTION)]
    pub(crate) of: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) levers: LeverArgs,
    /// Learning-rate range test: train no model, but raise the learning rate from step to step and print the
    /// loss, to see which rates are worth trying.
    #[arg(long, help_heading = "Training", conflicts_with_all = ["resume", "out", "overwrite"])]
    pub(crate) range_test: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
}

/// What is predicted from what.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct DataArgs {
    /// Column to predict.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Option<String>,
    /// Classification or regression. [default: inferred from the cells of the target]
    #[arg(long, value_name = "TASK", value_parser = word::<Task>())]
    pub(crate) task: Option<Task>,
    /// Positive class of a binary target, for f1, average precision and the weight of the positive class.
    /// [default: the rarer one]
    #[arg(long, value_name = "CLASS", allow_hyphen_values = true)]
    pub(crate) positive: Option<String>,
    /// Share of the rows that is sealed as test rows until `kitae evaluate`; 0 for none. A hash of their
    /// contents chooses them, so other runs on the same rows seal the same ones.
    #[arg(long, value_name = "SHARE", default_value = "0.2", value_parser = test_size)]
    pub(crate) test_size: f64,
    /// How rows are split that are the same in all columns in use: `together`, as copies; `near`, with those
    /// that are nearly the same; `apart`, each on its own. [default: detected]
    #[arg(
        long, value_name = "WHAT", conflicts_with_all = ["by_group", "by_time"],
        value_parser = kind::<Likeness>().try_map(read::<Likeness>)
    )]
    pub(crate) copies: Option<Likeness>,
    #[command(flatten)]
    by: SplitByArgs,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) hints: HintArgs,
}

/// What is asked, for what excludes it: clap makes no group of arguments that hold others.
pub(crate) const QUESTION: [&str; 8] =
    ["target", "task", "positive", "test_size", "copies", "SplitByArgs", "ReadingArgs", "HintArgs"];

/// What splits respect, of the test rows and of the folds.
#[derive(Debug, Args)]
#[command(next_help_heading = "Split")]
pub(crate) struct SplitByArgs {
    /// Grouped split: rows with the same cell in this column stay together; it is no feature.
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["by_time", "random_split"])]
    by_group: Option<String>,
    /// Split by time: train on earlier rows and score on later ones, by this column.
    #[arg(long, value_name = "COLUMN", conflicts_with = "random_split")]
    by_time: Option<String>,
    /// Random split, not stratified by the target.
    #[arg(long)]
    random_split: bool,
}

/// What is written where.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Folder of the model. [default: models/NAME for the file NAME.csv]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
    /// Replace a model that is already in the folder, once the new one is whole.
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Resume an unfinished run whose model was to go to this folder. Everything else is taken
    /// from that run.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["file", "of", "out", "overwrite"], conflicts_with_all = QUESTION, conflicts_with_all = LEVERS)]
    pub(crate) resume: Option<PathBuf>,
    /// Seconds between two checkpoints; 0 for one after every epoch.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) checkpoint_every: Duration,
    /// Treat warnings about the data as errors, before anything is trained.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Show no progress and no notes, only the results.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Write the results as one JSON object, and events as JSON lines to the standard error stream.
    #[arg(long)]
    pub(crate) json: bool,
    /// Draw the learning curves into the standard error stream at the end. [default: auto, on a terminal and
    /// without `--quiet`]
    #[arg(
        long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "always",
        conflicts_with = "json"
    )]
    pub(crate) plot: Option<Plot>,
    /// Networks that are trained in one tensor programme.
    #[arg(long, value_name = "NETWORKS", hide = true, value_parser = packing)]
    pub(crate) pack: Option<Packing>,
}

/// When learning curves are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Plot {
    /// On a terminal.
    Auto,
    /// Into a file or a pipe too.
    Always,
    /// Not at all.
    Never,
}

impl DataArgs {
    /// What is asked of a table.
    pub(crate) fn question(&self, target: &str, levers: &Levers) -> Result<Question, Failure> {
        Ok(Question {
            target: target.to_owned(),
            task: self.task.map_or(TaskChoice::Guess, TaskChoice::Told),
            hints: self.hints.hints(Some(target))?,
            test_size: self.test_size,
            likeness: self.copies.clone(),
            by: self.split_by(),
            positive: self.positive.clone().or_else(|| levers.positive()),
        }
        .weighted_by(&levers.changes))
    }

    /// What splits respect.
    fn split_by(&self) -> SplitBy {
        match &self.by {
            SplitByArgs { by_group: Some(column), .. } => SplitBy::Group { column: column.clone() },
            SplitByArgs { by_time: Some(column), .. } => SplitBy::Time { column: column.clone() },
            SplitByArgs { random_split: true, .. } => SplitBy::Random,
            SplitByArgs { .. } => SplitBy::Target,
        }
    }
}

fn test_size(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..1.0).contains(share));
    share.ok_or_else(|| "expected a share of at least 0 and less than 1".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a number of seconds, zero or more".to_owned();
    Duration::try_from_secs_f64(text.parse().map_err(|_| wrong())?).map_err(|_| wrong())
}

fn packing(text: &str) -> Result<Packing, String> {
    match text.parse() {
        Ok(n_lanes) if n_lanes > 0 => Ok(Packing::Lanes(n_lanes)),
        _ => Err("expected a whole number, 1 or more".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_seconds_are_checked() {
        assert_eq!(test_size("0"), Ok(0.0));
        for wrong in ["1", "-0.1", "NaN", "a", ""] {
            assert!(test_size(wrong).is_err(), "{wrong}");
        }
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["-1", "NaN", "inf", "1e300", "s"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
        assert!(packing("0").is_err());
    }
}
