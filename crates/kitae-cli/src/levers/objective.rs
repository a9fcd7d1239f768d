//! What the gradient descends on and what the epochs are judged by.

use clap::Args;
use toml::Value;

use super::floats;
use super::overrides::Overrides;
use super::words::{Choice, List, choice, numbers, one_of};

/// Words and names in a recipe.
const OBJECTIVES: &[(&str, &str)] = &[
    ("cross_entropy", "cross_entropy"),
    ("binary_cross_entropy", "binary_cross_entropy"),
    ("mean_squared", "mean_squared"),
    ("mean_absolute", "mean_absolute"),
    ("huber", "huber"),
    ("pinball", "pinball"),
    ("gaussian_nll", "gaussian_nll"),
    ("poisson", "poisson"),
];

#[derive(Debug, Args)]
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
    /// The loss: `cross_entropy`, `binary_cross_entropy`; `mean_squared`, `mean_absolute`, `huber` with
    /// `--huber-delta`, `pinball` with `--quantile`, `gaussian_nll`, `poisson`.
    #[arg(long, value_name = "NAME", value_parser = choice(OBJECTIVES))]
    objective: Option<Choice>,
    /// Scale in which a numeric target is learnt: `log` for a target above zero that spans orders of
    /// magnitude, `log1p` if it holds
    /// zeros. Predictions are in its own units, within the range of the training rows.
    #[arg(long, value_name = "NAME", value_parser = one_of(&["standard", "log", "log1p"]))]
    target_scale: Option<String>,
    /// Where the Huber loss becomes linear, in units of the target.
    #[arg(long, value_name = "NUMBER")]
    huber_delta: Option<f64>,
    /// Quantile of the pinball loss.
    #[arg(long, value_name = "SHARE")]
    quantile: Option<f64>,
    /// Label smoothing: share of the target that is spread over all classes.
    #[arg(long, value_name = "SHARE")]
    label_smoothing: Option<f64>,
    /// Class weights: `balanced`, or one for each class in the order of their names.
    #[arg(long, value_name = "WEIGHTS", value_parser = class_weights)]
    class_weights: Option<ClassWeights>,
    /// Factor of the loss of the second class, for `binary_cross_entropy`.
    #[arg(long, value_name = "NUMBER")]
    positive_weight: Option<f64>,
    /// Calibration of the probabilities, on the validation rows.
    #[arg(long, value_name = "KIND", value_parser = one_of(&["none", "temperature"]))]
    calibration: Option<String>,
    /// Model that is blended with the networks, by a weight that the validation rows choose.
    #[arg(long, value_name = "KIND", value_parser = one_of(&["none", "linear"]))]
    blend: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum ClassWeights {
    Balanced,
    Given(List<f64>),
}

impl ObjectiveArgs {
    pub(super) fn write(&self, overrides: &mut Overrides) {
        overrides.set_some("metric", self.metric.clone());
        overrides.set_some("validation_metric", self.validation_metric.clone());
        if let Some(objective) = &self.objective {
            objective.write(overrides, "objective");
        }
        overrides.set_some("target_scale", self.target_scale.clone());
        overrides.set_some("objective.delta", self.huber_delta);
        overrides.set_some("objective.quantile", self.quantile);
        overrides.set_some("objective.label_smoothing", self.label_smoothing);
        let weights = self.class_weights.as_ref().map(|weights| match weights {
            ClassWeights::Balanced => Value::String("balanced".to_owned()),
            ClassWeights::Given(List(weights)) => floats(weights),
        });
        overrides.set_some("objective.class_weights", weights);
        overrides.set_some("objective.positive_weight", self.positive_weight);
        overrides.set_some("calibration", self.calibration.clone());
        overrides.set_some("blend", self.blend.clone());
    }
}

fn class_weights(text: &str) -> Result<ClassWeights, String> {
    match text {
        "balanced" => Ok(ClassWeights::Balanced),
        _ => numbers(text)
            .map(ClassWeights::Given)
            .map_err(|_| "expected `balanced` or one number for each class such as `1,5`".to_owned()),
    }
}
