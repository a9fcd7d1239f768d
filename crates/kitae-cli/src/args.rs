//! What can be typed.

mod diagnose;
mod ledger;
mod reading;
mod train;
mod tune;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kitae_eval::Level;

pub(crate) use diagnose::DiagnoseArgs;
pub(crate) use ledger::LedgerArgs;
pub(crate) use reading::{HintArgs, ReadingArgs, read_text};
pub(crate) use train::{DataArgs, Plot, TrainArgs};
pub(crate) use tune::TuneArgs;

use crate::device::{DeviceArgs, some};
use crate::failure::ErrorForm;

/// Trains neural networks on tables and says honestly how good they are.
#[derive(Debug, Parser)]
#[command(
    name = "kitae",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  kitae inspect houses.csv --target price
  kitae train houses.csv --target price
  kitae evaluate models/houses
  kitae predict models/houses new.csv --out predictions.csv
  kitae report models/houses
  kitae diagnose models/houses
  kitae ledger houses.csv --target price --time 20m
  kitae tune houses.csv --target price --time 10m

Exit codes: 0 success, 1 the work failed, 2 wrong command line, 130 interrupted (can be resumed)."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Inspect(InspectArgs),
    Train(Box<TrainArgs>),
    Evaluate(EvaluateArgs),
    Predict(PredictArgs),
    Report(ReportArgs),
    Diagnose(DiagnoseArgs),
    Ledger(Box<LedgerArgs>),
    Tune(Box<TuneArgs>),
    Completions(CompletionsArgs),
}

impl Command {
    /// Who asks for JSON gets errors as JSON too.
    pub(crate) fn error_form(&self) -> ErrorForm {
        let json = match self {
            Self::Inspect(args) => args.json,
            Self::Train(args) => args.output.json,
            Self::Evaluate(args) => args.json,
            Self::Ledger(args) => args.output.json,
            Self::Diagnose(args) => args.output.json,
            Self::Tune(args) => args.output.json,
            Self::Predict(_) | Self::Report(_) | Self::Completions(_) => false,
        };
        if json { ErrorForm::Json } else { ErrorForm::Text }
    }
}

/// Show what kitae sees in a table: kinds of columns, missing cells, findings.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kitae inspect houses.csv
  kitae inspect houses.csv --target price --categorical postcode
  kitae inspect houses.csv --json > houses.json")]
pub(crate) struct InspectArgs {
    /// CSV file, plain or compressed with gzip.
    pub(crate) file: PathBuf,
    /// Column that is to be predicted: adds checks for columns that give it away.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Option<String>,
    /// Write one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) hints: HintArgs,
}

/// Score a model on the sealed test rows, or on the rows of another file.
///
/// Without FILE the sealed rows of the file that the model was trained on are opened. Each look is
/// written down in the model folder with hashes of the rows, so that it is said how many of them were looked at before,
/// by this model or by others beside it: a model that was chosen by its test score has no test score any more. What is not
/// counted: `kitae predict` predicts these rows too (and says so), a folder that was removed has taken its
/// looks along, and nobody knows of looks in other places.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kitae evaluate models/houses
  kitae evaluate models/houses sold_this_year.csv --json")]
pub(crate) struct EvaluateArgs {
    /// Model folder.
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,
    /// CSV file with the target column; of the training file only the sealed rows are used.
    pub(crate) file: Option<PathBuf>,
    /// Level of the intervals, or of the sets of classes, whose coverage is measured: how often they are
    /// to contain the target. [default: 0.9]
    #[arg(long, value_name = "LEVEL", allow_negative_numbers = true)]
    pub(crate) interval: Option<Level>,
    /// Of two classes the one that f1 and average precision are about. [default: the model's]
    #[arg(long, value_name = "CLASS", allow_hyphen_values = true)]
    pub(crate) positive: Option<String>,
    /// Write one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
}

/// Predict the rows of a file, whatever its size.
///
/// Writes CSV: one line a row in the order of FILE, with the column `prediction` and for classes one
/// column `probability_CLASS` each. The target column may be absent. What is unlike the rows of training is said
/// column by column, once, on the standard error: values out of range or in another unit, columns without values,
/// unknown categories.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kitae predict models/houses new.csv --out predictions.csv
  kitae predict models/houses new.csv --interval 0.9 --keep id --out predictions.csv
  kitae predict models/iris flowers.csv.gz | head")]
pub(crate) struct PredictArgs {
    /// Model folder.
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,
    /// CSV file, plain or compressed with gzip.
    pub(crate) file: PathBuf,
    /// File for the predictions; one that exists is replaced. Without it, or for `-`, they go to the
    /// standard output.
    #[arg(long, value_name = "PREDICTIONS")]
    pub(crate) out: Option<PathBuf>,
    /// Put a column of FILE before the predictions, its cells as they are written. May be repeated; `all` stands for
    /// all columns.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) keep: Vec<String>,
    /// Say too where the target lies with this probability, as 0.9, if new rows are like those of the training
    /// file: for numbers in the columns `prediction_low` and `prediction_high`, for classes in `prediction_set`,
    /// whose names have `|` between them (within a name `|` is written `\|`, and `\` is written `\\`). What
    /// is proven of a model of several folds is twice the level less 1 (Barber et al. 2021); what was seen is near
    /// the level.
    #[arg(long, value_name = "LEVEL", allow_negative_numbers = true)]
    pub(crate) interval: Option<Level>,
    /// Fail where rows are so unlike those of training that a warning is due; with `--out` nothing is written then.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print nothing but warnings and errors.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Write `'` before cells that a spreadsheet would run as a formula, such as the name of a class that begins with
    /// `=`, `+`, `-` or `@`. Without it names are written as they are, as other programmes want them.
    #[arg(long)]
    pub(crate) spreadsheet: bool,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
}

/// Write what is known of a model, a ledger or a study as one HTML page.
///
/// The page needs no network and no other file. It is made from the folder alone. Of a model it shows the
/// scores, the learning curves, the looks at test rows, and the predictions for rows that their networks
/// had not seen; of a ledger, what each lever earns; of a study, its trials, what the search changed and what
/// that gains. `kitae train`, `kitae ledger` and `kitae tune` write it too; this command brings it up to date,
/// for example after a look at test rows, or while a study runs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kitae report models/houses
  kitae report models/houses --out houses.html --charts charts
  kitae report models/houses --importance
  kitae report models/houses --charts figures --chart-format png
  kitae report ledgers/houses
  kitae report studies/houses")]
pub(crate) struct ReportArgs {
    /// Folder of a model, a ledger or a study.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// File for the page; one that exists is replaced. `-` stands for the standard output. [default:
    /// FOLDER/report.html]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write each chart into this folder too: as PNG for a paper, 3.5 inches wide (a column) at 600 dots an inch, and
    /// as SVG to edit or to enlarge.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) charts: Option<PathBuf>,
    /// Files of each chart.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, requires = "charts")]
    pub(crate) chart_format: ChartFormat,
    /// Measure by how much the score falls when the cells of a column are permuted among the held-out rows of
    /// each fold, column by column. Reads the training file; the result stays in the model folder and on its
    /// page.
    #[arg(long)]
    pub(crate) importance: bool,
    /// Permutations of each column in each fold.
    #[arg(long, value_name = "NUMBER", default_value = "5", value_parser = some, requires = "importance")]
    pub(crate) permutations: NonZeroUsize,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
}

/// Files of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChartFormat {
    /// PNG and SVG.
    #[default]
    Both,
    /// Pixels for print.
    Png,
    /// Lines and words.
    Svg,
}

/// Write a script that completes commands and flags in a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  kitae completions bash > ~/.local/share/bash-completion/completions/kitae")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_is_taken_from_a_folder_cannot_be_said_beside_it() {
        let folders = [
            "train --of",
            "train --resume",
            "ledger --of",
            "ledger --resume",
            "tune --resume",
            "tune --join",
            "tune --show",
        ];
        for folder in folders {
            let parsed = |flag: &str| Cli::try_parse_from(format!("kitae {folder} f{flag}").split(' '));
            assert!(parsed("").is_ok(), "{folder}");
            for flag in [
                " --target t",
                " --task regression",
                " --test-size 0",
                " --positive a",
                " --delimiter ;",
                " --drop a",
            ] {
                let error = parsed(flag).expect_err("the folder has it").kind();
                assert_eq!(error, clap::error::ErrorKind::ArgumentConflict, "{folder}{flag}");
            }
        }
    }
}
