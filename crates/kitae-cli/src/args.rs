//! What can be typed.

mod diagnose;
#[cfg(feature = "export")]
mod export;
mod ledger;
mod reading;
#[cfg(feature = "serve")]
mod serve;
mod train;
mod tune;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kitae_eval::Level;

pub(crate) use diagnose::DiagnoseArgs;
#[cfg(feature = "export")]
pub(crate) use export::{CardArgs, ExportArgs, VerifyArgs};
pub(crate) use ledger::LedgerArgs;
pub(crate) use reading::{HintArgs, ReadingArgs};
#[cfg(feature = "serve")]
pub(crate) use serve::{ServeArgs, TOKEN_VARIABLE};
pub(crate) use train::{DataArgs, Plot, TrainArgs};
pub(crate) use tune::TuneArgs;

use crate::device::{DeviceArgs, some};
use crate::failure::ErrorForm;

/// Trains neural networks on tables and reports honest scores.
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
  kitae export models/houses --onnx houses.onnx
  kitae serve models/houses

Exit codes: 0 success, 1 failure, 2 wrong command line, 130 interrupted (can be resumed)."
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
    #[cfg(feature = "export")]
    Export(ExportArgs),
    #[cfg(feature = "export")]
    Verify(VerifyArgs),
    #[cfg(feature = "export")]
    Card(CardArgs),
    #[cfg(feature = "serve")]
    Serve(ServeArgs),
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
            #[cfg(feature = "export")]
            Self::Verify(args) => args.json,
            #[cfg(feature = "export")]
            Self::Export(_) | Self::Card(_) => false,
            #[cfg(feature = "serve")]
            Self::Serve(_) => false,
            Self::Predict(_) | Self::Report(_) | Self::Completions(_) => false,
        };
        if json { ErrorForm::Json } else { ErrorForm::Text }
    }
}

/// Show the columns of a table: their kinds, missing values, findings.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kitae inspect houses.csv
  kitae inspect houses.csv --target price --categorical postcode
  kitae inspect houses.csv --json > houses.json")]
pub(crate) struct InspectArgs {
    /// CSV file, plain or compressed with gzip.
    pub(crate) file: PathBuf,
    /// Target column: adds checks for columns that leak it.
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
/// Without FILE the sealed rows of the training file are scored. Each look is recorded in the model folder
/// with hashes of the rows, so later looks tell how many of the rows were looked at before, by this model or
/// by others in the same folder: a model that was selected by its test score has no unbiased test score any
/// more. Not counted are predictions for these rows (`kitae predict` says so), the looks of a folder that was
/// removed, and looks elsewhere.
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
    /// Level of the prediction intervals or prediction sets whose coverage is measured. [default: 0.9]
    #[arg(long, value_name = "LEVEL", allow_negative_numbers = true)]
    pub(crate) interval: Option<Level>,
    /// Positive class of a binary target, for f1 and average precision. [default: the model's]
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
/// Writes CSV: one line per row in the order of FILE, with the column `prediction` and, for classification,
/// one column `probability_CLASS` per class. The target column may be absent. Differences from the training
/// data are reported once per column on the standard error: values out of range or in another unit, columns
/// without values, unknown categories.
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
    /// Copy a column of FILE in front of the predictions, its cells as written. May be repeated; `all` stands
    /// for all columns.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) keep: Vec<String>,
    /// Add conformal prediction intervals or prediction sets of this level, such as 0.9, valid if new rows
    /// are like those of the training file: for numbers the columns `prediction_low` and `prediction_high`,
    /// for classes `prediction_set`, whose names have `|` between them (within a name `|` is written `\|`,
    /// and `\` is written `\\`). The guaranteed coverage of a model of several folds is twice the level minus
    /// 1 (Barber et al. 2021); the coverage seen in practice is near the level.
    #[arg(long, value_name = "LEVEL", allow_negative_numbers = true)]
    pub(crate) interval: Option<Level>,
    /// Fail if rows differ so much from the training data that a warning is due; with `--out` nothing is
    /// written then.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print nothing but warnings and errors.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Write `'` before cells that a spreadsheet would run as a formula, such as the name of a class that
    /// begins with `=`, `+`, `-` or `@`. Without it names are written unchanged, as other programmes expect.
    #[arg(long)]
    pub(crate) spreadsheet: bool,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
}

/// Write the report of a model, a ledger or a study as one HTML page.
///
/// The page needs no network and no other file. It is made from the folder alone. For a model it shows the
/// scores, the learning curves, the looks at test rows and the out-of-fold predictions; for a ledger, the
/// gain of each lever; for a study, its trials, what the search changed and what that gains. `kitae train`,
/// `kitae ledger` and `kitae tune` write it too; this command updates it, for example after a look at test
/// rows or while a study runs.
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
    /// Write each chart into this folder too: as PNG for a paper, 3.5 inches wide (one column) at 600 dots
    /// per inch, and as SVG to edit or enlarge.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) charts: Option<PathBuf>,
    /// Files of each chart.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, requires = "charts")]
    pub(crate) chart_format: ChartFormat,
    /// Measure permutation importance: how much worse the score gets when the values of a column are permuted
    /// among the held-out rows of each fold. Reads the training file; the result is stored in the model
    /// folder and shown on its page.
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
    /// Bitmap for print.
    Png,
    /// Vector graphics.
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
                " --by-group a",
                " --random-split",
            ] {
                let error = parsed(flag).expect_err("the folder has it").kind();
                assert_eq!(error, clap::error::ErrorKind::ArgumentConflict, "{folder}{flag}");
            }
        }
    }
}
