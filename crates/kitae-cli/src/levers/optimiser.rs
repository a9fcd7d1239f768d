//! How gradients become weights.

use clap::Args;

use super::overrides::Overrides;
use super::words::{Choice, choice, whole};

/// Words and names in a recipe.
pub(super) const OPTIMISERS: &[(&str, &str)] = &[
    ("sgd", "sgd"),
    ("adagrad", "ada_grad"),
    ("rmsprop", "rms_prop"),
    ("adam", "adam"),
    ("adamw", "adam_w"),
    ("adan", "adan"),
    ("lion", "lion"),
    ("muon", "muon"),
    ("lbfgs", "lbfgs"),
];

const SCHEDULES: &[(&str, &str)] = &[
    ("constant", "constant"),
    ("step", "step"),
    ("exponential", "exponential"),
    ("cosine", "cosine"),
    ("warm_restarts", "warm_restarts"),
    ("one_cycle", "one_cycle"),
    ("coslog", "coslog"),
    ("flat_cos", "flat_cos"),
];

#[derive(Debug, Args)]
#[command(next_help_heading = "Optimiser")]
pub(super) struct OptimiserArgs {
    /// Optimiser: `sgd`, `adagrad`, `rmsprop`, `adam`, `adamw`, `adan`, `lion`, `muon`, or `lbfgs` with
    /// `--batch full`. Settings follow after a colon, as in `sgd:momentum=0.9`.
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = choice(OPTIMISERS))]
    optimiser: Option<Choice>,
    /// The base learning rate.
    #[arg(long, value_name = "NUMBER")]
    learning_rate: Option<f64>,
    /// Learning-rate schedule: `constant`, `step`, `exponential`, `cosine`, `warm_restarts`,
    /// `one_cycle`, `coslog`, `flat_cos`. Settings follow after a colon, as in
    /// `step:every_epochs=30,factor=0.1`, which `step` needs; `exponential` needs `factor`, `warm_restarts`
    /// `first_epochs`. Networks then train all epochs unless `--stopping` or `--patience` says otherwise.
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = choice(SCHEDULES))]
    schedule: Option<Choice>,
    /// Warm-up epochs, in which the learning rate rises from 0.
    #[arg(long, value_name = "EPOCHS")]
    warm_up: Option<f64>,
    /// Reduce the learning rate after this many epochs without improvement on the validation rows.
    #[arg(long, value_name = "EPOCHS", value_parser = whole)]
    plateau_patience: Option<u32>,
    /// Factor by which it is reduced.
    #[arg(long, value_name = "FACTOR", requires = "plateau_patience", default_value = "0.5")]
    plateau_factor: f64,
    /// Clip each element of the gradient at this size.
    #[arg(long, value_name = "SIZE", conflicts_with = "clip_norm")]
    clip_value: Option<f64>,
    /// Clip the norm of the gradient at this length.
    #[arg(long, value_name = "LENGTH")]
    clip_norm: Option<f64>,
}

impl OptimiserArgs {
    pub(super) fn write(&self, overrides: &mut Overrides) {
        if let Some(optimiser) = &self.optimiser {
            optimiser.write(overrides, "optimiser");
        }
        overrides.set_some("training.learning_rate", self.learning_rate);
        if let Some(schedule) = &self.schedule {
            schedule.write(overrides, "training.schedule.shape");
        }
        overrides.set_some("training.schedule.warm_up_epochs", self.warm_up);
        if let Some(patience) = self.plateau_patience {
            overrides.set("training.plateau.patience", patience);
            overrides.set("training.plateau.factor", self.plateau_factor);
        }
        for (kind, size) in [("value", self.clip_value), ("global_norm", self.clip_norm)] {
            if let Some(size) = size {
                overrides.set("training.clip.kind", kind);
                overrides.set("training.clip.value", size);
            }
        }
    }
}
