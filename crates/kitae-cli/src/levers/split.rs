//! Which rows train, choose the epoch, and score.

use clap::Args;
use serde::Serialize;
use toml::Value;

use super::words::{of_kind, whole};

#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Split")]
pub(super) struct SplitArgs {
    /// Folds of the cross-validation; each row is predicted by networks that never saw it.
    #[arg(long, value_name = "NUMBER", value_parser = k_fold)]
    #[serde(rename = "split.scheme")]
    folds: Option<Value>,
    /// Hold out this share of the rows once, instead of cross-validation.
    #[arg(long, value_name = "SHARE", conflicts_with_all = ["folds", "repeats"], value_parser = hold_out)]
    #[serde(rename = "split.scheme")]
    hold_out: Option<Value>,
    /// Repeats of the cross-validation, each with new folds.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    #[serde(rename = "split.scheme.n_repeats")]
    repeats: Option<u32>,
    /// Share of a fold's other rows that are validation rows, which choose the epoch.
    #[arg(long, value_name = "SHARE")]
    #[serde(rename = "split.validation_share")]
    validation_share: Option<f64>,
}

fn k_fold(text: &str) -> Result<Value, String> {
    Ok(of_kind("k_fold", "n_folds", whole(text)?))
}

fn hold_out(text: &str) -> Result<Value, std::num::ParseFloatError> {
    Ok(of_kind("hold_out", "held_out_share", text.parse::<f64>()?))
}
