//! How rows are fed, for how long, and how many networks there are.

use clap::Args;
use kitae_train::averaging::Averaging;
use kitae_train::nested;
use kitae_train::stopping::{Keep, Stopping};
use serde::Serialize;
use toml::Value;

use super::words::{kind, of_kind, whole, word};

#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Training")]
pub(super) struct TrainingArgs {
    /// Batch size: a number of rows, `auto` (by the number of rows), `full` (all) or `online` (one).
    #[arg(long, value_name = "ROWS", value_parser = batch)]
    #[serde(rename = "training.feeding")]
    batch: Option<Value>,
    /// Epochs: passes over the training rows.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    #[serde(rename = "training.epochs")]
    epochs: Option<u32>,
    /// Weights to keep: those of the epoch with the best score on the validation rows, or of the last.
    #[arg(long, value_name = "EPOCH", value_parser = word::<Keep>())]
    #[serde(rename = "training.keep")]
    keep: Option<Keep>,
    /// Weight averaging, whose result is scored and kept: `ema` over steps, `swa` over the last epochs. A
    /// number follows after a colon, as in `ema:decay=0.99` or `swa:from=0.75`. `swa` trains all epochs
    /// unless `--stopping` or `--patience` says otherwise.
    #[arg(long, value_name = "NAME[:KEY=VALUE]", value_parser = kind::<Averaging>())]
    #[serde(rename = "training.averaging")]
    averaging: Option<Value>,
    /// Stopping: `never` before the last epoch, or `early`, when the score on the validation rows has not
    /// improved for `patience` epochs, `patience_factor` times the best epoch and `patience_share` of all
    /// epochs together, as in `early:patience=20`. What is not named stays as the preset has it.
    #[arg(long, value_name = "NAME[:KEY=VALUE]", value_parser = kind::<Stopping>())]
    stopping: Option<Value>,
    /// Stop early, after just this many epochs without improvement on the validation rows.
    #[arg(long, value_name = "EPOCHS", conflicts_with = "stopping", value_parser = patience)]
    #[serde(rename = "stopping")]
    patience: Option<Value>,
    /// Smallest improvement that counts, when stopping early.
    #[arg(long, value_name = "NUMBER")]
    #[serde(rename = "stopping.min_delta")]
    min_delta: Option<f64>,
    /// Column of row weights: how much each training row counts in the loss, from 0. It is no feature;
    /// preprocessing, validation rows and scores count every row alike.
    #[arg(long, value_name = "COLUMN")]
    #[serde(rename = "training.weight_column")]
    weight_column: Option<String>,
    /// Networks per fold, whose predictions are averaged.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    #[serde(rename = "training.members")]
    members: Option<u32>,
}

fn batch(text: &str) -> Result<Value, String> {
    match (text, text.parse::<u32>()) {
        ("1", _) => Ok(nested("kind", "online".into()).into()),
        ("full" | "online", _) => Ok(nested("kind", text.into()).into()),
        ("auto", _) => Ok(of_kind("mini", "rows", text)),
        (_, Ok(rows)) if rows > 0 => Ok(of_kind("mini", "rows", rows)),
        _ => Err("expected a number of rows, `auto`, `full` or `online`".to_owned()),
    }
}

fn patience(text: &str) -> Result<Value, String> {
    let mut rule = of_kind("early", "patience", whole(text)?);
    for other in ["patience_factor", "patience_share"] {
        rule.as_table_mut().map(|rule| rule.insert(other.to_owned(), 0.0.into()));
    }
    Ok(rule)
}
