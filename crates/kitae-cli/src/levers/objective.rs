//! What the gradient descends on and what the epochs are judged by.

use clap::Args;
use kitae_data::preprocess::TargetTransform;
use kitae_train::blend::Blend;
use kitae_train::calibration::Calibration;
use kitae_train::objective::Objective;
use serde::Serialize;
use toml::Value;

use super::words::{kind, numbers, word};

#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Objective")]
pub(super) struct ObjectiveArgs {
    /// Metric that heads the report and, if given, also chooses the epoch: `accuracy`, `balanced_accuracy`,
    /// `log_loss`,
    /// `brier`, `auc`, `average_precision`, `f1`, `mcc`, `ece`; `rmse`, `mae`, `r2`, `mape`, `pinball_0.9`.
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// Metric that chooses the epoch on the validation rows.
    #[arg(long, value_name = "NAME")]
    validation_metric: Option<String>,
    /// The loss; `huber` needs `--huber-delta`, `pinball` needs `--quantile`.
    #[arg(long, value_name = "NAME", value_parser = kind::<Objective>())]
    objective: Option<Value>,
    /// Scale in which a numeric target is learnt: `log` for a target above zero that spans orders of
    /// magnitude, `log1p` if it holds
    /// zeros. Predictions are in its own units, within the range of the training rows.
    #[arg(long, value_name = "NAME", value_parser = word::<TargetTransform>())]
    target_scale: Option<TargetTransform>,
    /// Where the Huber loss becomes linear, in units of the target.
    #[arg(long, value_name = "NUMBER")]
    #[serde(rename = "objective.delta")]
    huber_delta: Option<f64>,
    /// Quantile of the pinball loss.
    #[arg(long, value_name = "SHARE")]
    #[serde(rename = "objective.quantile")]
    quantile: Option<f64>,
    /// Label smoothing: share of the target that is spread over all classes.
    #[arg(long, value_name = "SHARE")]
    #[serde(rename = "objective.label_smoothing")]
    label_smoothing: Option<f64>,
    /// Class weights: `balanced`, or one for each class in the order of their names.
    #[arg(long, value_name = "WEIGHTS", value_parser = class_weights)]
    #[serde(rename = "objective.class_weights")]
    class_weights: Option<Value>,
    /// Factor of the loss of the second class, for `binary_cross_entropy`.
    #[arg(long, value_name = "NUMBER")]
    #[serde(rename = "objective.positive_weight")]
    positive_weight: Option<f64>,
    /// Calibration of the probabilities, on the validation rows.
    #[arg(long, value_name = "KIND", value_parser = word::<Calibration>())]
    calibration: Option<Calibration>,
    /// Model that is blended with the networks, by a weight that the validation rows choose.
    #[arg(long, value_name = "KIND", value_parser = word::<Blend>())]
    blend: Option<Blend>,
}

fn class_weights(text: &str) -> Result<Value, String> {
    match text {
        "balanced" => Ok(text.into()),
        _ => numbers(text)
            .map_err(|_| "expected `balanced` or one number for each class such as `1,5`".to_owned()),
    }
}
