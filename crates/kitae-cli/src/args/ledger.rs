//! Flags of `kitae ledger`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use kitae_lab::Family;

use super::train::{DataArgs, QUESTION};
use crate::device::DeviceArgs;
use crate::levers::{Assignment, LEVERS, LeverArgs, setting, word};

/// Switch each lever of training alone and measure its gain on these rows (an ablation).
///
/// Around one recipe (the preset `fast` and the flags, or that of a model), every lever is tried on the same
/// folds with the same seeds. Its learning rate is tuned on the validation rows of each fold; the held-out
/// rows choose nothing. The verdict is corrected for the number of levers tested.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
#[command(after_help = "\
Examples:
  kitae ledger houses.csv --target price
  kitae ledger houses.csv --target price --time 20m --apply
  kitae ledger houses.csv --target price --only dropout,penalty --try network.hidden=[64]
  kitae ledger --of models/houses --repeats 3
  kitae ledger --resume ledgers/houses")]
pub(crate) struct LedgerArgs {
    /// CSV file, plain or compressed with gzip.
    pub(crate) file: Option<PathBuf>,
    /// Model folder: its file, its target and its recipe are taken.
    #[arg(long, value_name = "MODEL", conflicts_with = "file", conflicts_with_all = QUESTION)]
    pub(crate) of: Option<PathBuf>,
    /// Time for all trials, such as 90s, 20m or 2h. [default: as long as it takes]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) time: Option<Duration>,
    /// Families of levers to try, with commas between them. [default: all]
    #[arg(long, value_name = "FAMILY", value_delimiter = ',', value_parser = word::<Family>())]
    pub(crate) only: Vec<Family>,
    /// A lever of your own: a key of the recipe and its value. May be repeated.
    #[arg(long = "try", value_name = "KEY=VALUE", value_parser = setting)]
    pub(crate) own: Vec<Assignment>,
    /// Keep a share of the rows as holdout, combine the adopted levers, measure them on the holdout rows and
    /// write them as a recipe.
    #[arg(long)]
    pub(crate) apply: bool,
    /// Share of the rows that `--apply` keeps as holdout.
    #[arg(long, value_name = "SHARE", default_value = "0.2", value_parser = holdout_share, requires = "apply")]
    pub(crate) holdout_share: f64,
    #[command(flatten)]
    pub(crate) output: LedgerOutputArgs,
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
pub(crate) struct LedgerOutputArgs {
    /// Folder of the ledger. [default: ledgers/NAME for the file NAME.csv]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
    /// Replace a ledger that is already in the folder.
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Resume the ledger in this folder. All but `--time` is taken from it, which is for all trials, earlier
    /// ones included.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["file", "of", "only", "own", "apply", "holdout_share", "out", "overwrite"], conflicts_with_all = QUESTION, conflicts_with_all = LEVERS)]
    pub(crate) resume: Option<PathBuf>,
    /// Show no progress, only the results.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Write the results as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `90s`, `20m`, `2h`; seconds without a letter.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1.0),
        Some((at, 'm')) => (&text[..at], 60.0),
        Some((at, 'h')) => (&text[..at], 3600.0),
        _ => (text, 1.0),
    };
    let wrong = || "expected a time such as 90s, 20m or 2h".to_owned();
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * unit).map_err(|_| wrong())
}

pub(super) fn holdout_share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| "expected a share between 0 and 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let seconds = |text| time(text).map(|time| time.as_secs_f64());
        for (text, expected) in [("90s", 90.0), ("1.5m", 90.0), ("2h", 7200.0), ("7", 7.0)] {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for wrong in ["", "m", "-1s", "1e400h", "NaNm", "5 d", "ä"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
