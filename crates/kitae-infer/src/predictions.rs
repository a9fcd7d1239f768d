//! Predictions and targets of rows.

use kitae_data::preprocess::TargetScale;
pub use kitae_data::target::{ByTask, Targets};
use kitae_eval::{EvalError, Metric, Outcome, Score};

use crate::calibration::Calibrator;
use crate::objective::Objective;

/// What a lane predicts for some rows, in the units of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Row-major `[n_rows, n_columns]`: one probability a class, or one value.
    pub values: Vec<f64>,
    /// Classes, or 1.
    pub n_columns: usize,
}

impl Predictions {
    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.values.len() / self.n_columns.max(1)
    }

    /// The score against `targets`; higher is better; none where undefined.
    pub fn score(&self, targets: &Targets, metric: Metric) -> Option<Score> {
        // Predictions that are not finite have no score.
        metric.score(&self.outcome(targets).ok()?)
    }

    /// These predictions beside the targets.
    ///
    /// # Errors
    ///
    /// If they are not predictions for as many rows, or not finite.
    pub fn outcome<'a>(&'a self, targets: &'a Targets) -> Result<Outcome<'a>, EvalError> {
        match targets {
            Targets::Classes(classes) => Outcome::classes(classes, &self.values, self.n_columns),
            Targets::Values(values) => Outcome::values(values, &self.values),
        }
    }
}

/// The predictions of both, the linear model's with this share.
pub fn blended(network: &Predictions, linear: &Predictions, share: f64) -> Predictions {
    // A model without a share has no say, not even if its predictions are no numbers.
    let mix = |(network, linear): (&f64, &f64)| match share {
        0.0 => *network,
        1.0 => *linear,
        _ => (1.0 - share) * network + share * linear,
    };
    let values = network.values.iter().zip(&linear.values).map(mix).collect();
    Predictions { values, n_columns: network.n_columns }
}

/// How the raw outputs of one network become predictions.
pub struct OutputDecoder<'a> {
    /// What the outputs mean.
    pub objective: &'a Objective,
    /// How many there are.
    pub n_outputs: usize,
    /// How the target was scaled; none for classes and counts.
    pub scale: Option<&'a TargetScale>,
}

impl OutputDecoder<'_> {
    /// Predictions in the units of the table.
    pub fn predictions(&self, logits: &[f32], calibrator: Calibrator) -> Predictions {
        let mut values = self.objective.predict(&calibrator.sharpened(logits), self.n_outputs);
        if let Some(scale) = self.scale {
            for value in &mut values {
                *value = scale.restore_smeared(*value, calibrator.smearing);
            }
        }
        let n_columns = match logits.len() / self.n_outputs {
            0 => 1,
            n_rows => values.len() / n_rows,
        };
        calibrator.spread(&mut values, n_columns);
        Predictions { values, n_columns }
    }
}
