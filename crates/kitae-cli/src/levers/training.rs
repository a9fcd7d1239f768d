//! How rows are fed, for how long, and how many networks there are.

use clap::Args;
use kitae_train::preset::{Facts, automatic_batch};

use super::overlay::Overlay;
use super::words::{Choice, choice, one_of, whole};

/// Words and names in a recipe.
pub(super) const AVERAGINGS: &[(&str, &str)] = &[("none", "none"), ("ema", "ema"), ("swa", "swa")];
pub(super) const STOPPINGS: &[(&str, &str)] = &[("never", "never"), ("early", "early")];

#[derive(Debug, Args)]
#[command(next_help_heading = "Training")]
pub(super) struct TrainingArgs {
    /// Rows in a step: a number, `auto` (by the number of rows), `full` (all) or `online` (one).
    #[arg(long, value_name = "ROWS", value_parser = batch)]
    batch: Option<Batch>,
    /// Passes over the training rows.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    epochs: Option<u32>,
    /// Which epoch's weights are kept: the one with the best score on the stop rows, or the last.
    #[arg(long, value_name = "EPOCH", value_parser = one_of(&["best", "last"]))]
    keep: Option<String>,
    /// Average weights, which are then judged and kept: `ema` over steps, `swa` over the last epochs, or
    /// `none`. A number follows after a colon, as in `ema:decay=0.99` or `swa:from=0.75`. `swa` trains all epochs
    /// unless `--stopping` or `--patience` says otherwise.
    #[arg(long, value_name = "NAME[:KEY=VALUE]", value_parser = choice(AVERAGINGS))]
    averaging: Option<Choice>,
    /// When a network stops: `never` before the last epoch, or `early`, when the score on the stop rows has not
    /// improved for `patience` epochs, `patience_factor` times the best epoch and `patience_share` of all epochs
    /// together, as in `early:patience=20`. What is not named stays as the preset has it.
    #[arg(long, value_name = "NAME[:KEY=VALUE]", value_parser = choice(STOPPINGS))]
    stopping: Option<Choice>,
    /// Stop early, after just this many epochs without a better score on the stop rows.
    #[arg(long, value_name = "EPOCHS", conflicts_with = "stopping", value_parser = whole)]
    patience: Option<u32>,
    /// How much better a score must be to count, when stopping early.
    #[arg(long, value_name = "NUMBER")]
    min_delta: Option<f64>,
    /// Networks for each fold, which answer together.
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
    pub(super) fn write(&self, overlay: &mut Overlay, facts: &Facts) {
        match self.batch {
            None => {}
            Some(Batch::Full) => overlay.set("training.feeding.kind", "full"),
            Some(Batch::Online) => overlay.set("training.feeding.kind", "online"),
            // At most 1024 rows.
            Some(Batch::Automatic) => mini(overlay, automatic_batch(facts.n_rows) as u32),
            Some(Batch::Rows(rows)) => mini(overlay, rows),
        }
        overlay.set_some("training.epochs", self.epochs);
        overlay.set_some("training.keep", self.keep.clone());
        if let Some(averaging) = &self.averaging {
            averaging.write(overlay, "training.averaging");
        }
        if let Some(stopping) = &self.stopping {
            stopping.write(overlay, "stopping");
        }
        if self.min_delta.is_some() {
            overlay.set("stopping.kind", "early");
        }
        if let Some(patience) = self.patience {
            overlay.set("stopping.kind", "early");
            overlay.set("stopping.patience", patience);
            overlay.set("stopping.patience_factor", 0.0);
            overlay.set("stopping.patience_share", 0.0);
        }
        overlay.set_some("stopping.min_delta", self.min_delta);
        overlay.set_some("training.members", self.members);
    }
}

fn mini(overlay: &mut Overlay, rows: u32) {
    overlay.set("training.feeding.kind", "mini");
    overlay.set("training.feeding.rows", rows);
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
