//! How rows are fed, for how long, and how many networks there are.

use clap::Args;
use kitae_train::preset::{Facts, automatic_batch};

use super::overrides::Overrides;
use super::words::{Choice, choice, one_of, whole};

/// Words and names in a recipe.
pub(super) const AVERAGINGS: &[(&str, &str)] = &[("none", "none"), ("ema", "ema"), ("swa", "swa")];
pub(super) const STOPPINGS: &[(&str, &str)] = &[("never", "never"), ("early", "early")];

#[derive(Debug, Args)]
#[command(next_help_heading = "Training")]
pub(super) struct TrainingArgs {
    /// Batch size: a number of rows, `auto` (by the number of rows), `full` (all) or `online` (one).
    #[arg(long, value_name = "ROWS", value_parser = batch)]
    batch: Option<Batch>,
    /// Epochs: passes over the training rows.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    epochs: Option<u32>,
    /// Weights to keep: those of the epoch with the best score on the validation rows, or of the last.
    #[arg(long, value_name = "EPOCH", value_parser = one_of(&["best", "last"]))]
    keep: Option<String>,
    /// Weight averaging, whose result is scored and kept: `ema` over steps, `swa` over the last epochs, or
    /// `none`. A number follows after a colon, as in `ema:decay=0.99` or `swa:from=0.75`. `swa` trains all epochs
    /// unless `--stopping` or `--patience` says otherwise.
    #[arg(long, value_name = "NAME[:KEY=VALUE]", value_parser = choice(AVERAGINGS))]
    averaging: Option<Choice>,
    /// Stopping: `never` before the last epoch, or `early`, when the score on the validation rows has not
    /// improved for `patience` epochs, `patience_factor` times the best epoch and `patience_share` of all epochs
    /// together, as in `early:patience=20`. What is not named stays as the preset has it.
    #[arg(long, value_name = "NAME[:KEY=VALUE]", value_parser = choice(STOPPINGS))]
    stopping: Option<Choice>,
    /// Stop early, after just this many epochs without improvement on the validation rows.
    #[arg(long, value_name = "EPOCHS", conflicts_with = "stopping", value_parser = whole)]
    patience: Option<u32>,
    /// Smallest improvement that counts, when stopping early.
    #[arg(long, value_name = "NUMBER")]
    min_delta: Option<f64>,
    /// Networks per fold, whose predictions are averaged.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    members: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Batch {
    Full,
    Online,
    Automatic,
    Rows(u32),
}

impl TrainingArgs {
    pub(super) fn write(&self, overrides: &mut Overrides, facts: &Facts) {
        match self.batch {
            None => {}
            Some(Batch::Full) => overrides.set("training.feeding.kind", "full"),
            Some(Batch::Online) => overrides.set("training.feeding.kind", "online"),
            // At most 1024 rows.
            Some(Batch::Automatic) => mini(overrides, automatic_batch(facts.n_rows) as u32),
            Some(Batch::Rows(rows)) => mini(overrides, rows),
        }
        overrides.set_some("training.epochs", self.epochs);
        overrides.set_some("training.keep", self.keep.clone());
        if let Some(averaging) = &self.averaging {
            averaging.write(overrides, "training.averaging");
        }
        if let Some(stopping) = &self.stopping {
            stopping.write(overrides, "stopping");
        }
        if self.min_delta.is_some() {
            overrides.set("stopping.kind", "early");
        }
        if let Some(patience) = self.patience {
            overrides.set("stopping.kind", "early");
            overrides.set("stopping.patience", patience);
            overrides.set("stopping.patience_factor", 0.0);
            overrides.set("stopping.patience_share", 0.0);
        }
        overrides.set_some("stopping.min_delta", self.min_delta);
        overrides.set_some("training.members", self.members);
    }
}

fn mini(overrides: &mut Overrides, rows: u32) {
    overrides.set("training.feeding.kind", "mini");
    overrides.set("training.feeding.rows", rows);
}

fn batch(text: &str) -> Result<Batch, String> {
    match text {
        "full" => Ok(Batch::Full),
        "online" | "1" => Ok(Batch::Online),
        "auto" => Ok(Batch::Automatic),
        _ => match text.parse() {
            Ok(rows) if rows > 0 => Ok(Batch::Rows(rows)),
            _ => Err("expected a number of rows, `auto`, `full` or `online`".to_owned()),
        },
    }
}
