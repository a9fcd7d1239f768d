//! Hyperparameters that exclude each other, or do not fit the target.

use kitae_data::target::Task;
use kitae_eval::TaskKind;
use kitae_model::Normalisation;

use crate::error::RecipeError;
use crate::facts::Facts;
use crate::mixing::Mixing;
use crate::objective::Objective;
use crate::optimiser::Clip;
use crate::recipe::{Feeding, Recipe, word_of};
use crate::stopping::Stopping;

/// More hidden layers than anyone wants.
const MOST_LAYERS: usize = 60;

impl Recipe {
    /// Checks what a recipe contradicts: the target, or itself. Its numbers are within their bounds.
    pub(crate) fn agrees(&self, facts: &Facts) -> Result<(), RecipeError> {
        self.agrees_with_target(facts)?;
        self.check_dropout()?;
        let found = self.contradictions().into_iter().find(|(is_there, ..)| *is_there);
        found.map_or(Ok(()), |(_, key, reason)| Err(RecipeError::unfit(key, reason)))
    }

    fn agrees_with_target(&self, facts: &Facts) -> Result<(), RecipeError> {
        if self.task != facts.task {
            let (expected, got) = (format!("{} for this target", word_of(&facts.task)), word_of(&self.task));
            return Err(RecipeError::value(&expected, &got).under("task"));
        }
        let kind = match self.task {
            Task::Regression => TaskKind::Regression,
            Task::Classification => TaskKind::of_classes(facts.class_counts.len()),
        };
        let unfit = |key: &str, word: String| {
            let reason = format!("{word} is not for a target of {}", values(kind));
            Err(RecipeError::unfit(key, reason))
        };
        for (key, metric) in [("metric", self.metric), ("validation_metric", self.validation_metric)] {
            if !metric.is_defined_for(kind) {
                return unfit(key, metric.to_string());
            }
        }
        let is_of_classes = self.task == Task::Classification;
        if self.objective.is_classification() != is_of_classes {
            return unfit("objective", word_of(&self.objective));
        }
        if is_of_classes && self.target_scale.is_logarithm() {
            return unfit("target_scale", word_of(&self.target_scale));
        }
        let checked = self.objective.check(facts.class_counts.len());
        checked.map_err(|reason| RecipeError::unfit("objective", reason))
    }

    fn check_dropout(&self) -> Result<(), RecipeError> {
        let n_layers = self.network.hidden.len();
        match self.network.dropout.rates(n_layers).len() {
            n_rates if n_rates == n_layers => Ok(()),
            n_rates => {
                let expected = format!("one rate, or one for each of the {n_layers} hidden layers");
                Err(RecipeError::value(&expected, &n_rates.to_string()).under("network.dropout"))
            }
        }
    }

    /// What excludes each other: whether it is there, at which key, and the reason. The learning rate and its
    /// course, which every recipe has, are left unused by L-BFGS.
    fn contradictions(&self) -> [(bool, &'static str, &'static str); 12] {
        let training = &self.training;
        let is_online = training.feeding == Feeding::Online;
        let is_lbfgs = self.optimiser.is_lbfgs();
        let is_counting = self.objective == Objective::Poisson;
        let never_waits = match self.stopping {
            Stopping::Early { patience, patience_share, .. } => patience.is_none() && patience_share == 0.0,
            Stopping::Never => false,
        };
        let is_batch_norm = self.network.normalisation == Normalisation::Batch;
        let has_layers = self.network.hidden.len() <= MOST_LAYERS;
        [
            (is_counting && self.target_scale.is_logarithm(), "target_scale", COUNTS),
            (never_waits, "stopping.patience", "early stopping needs a patience, or a `patience_share`"),
            (!has_layers, "network.hidden", "there are more than 60 layers"),
            (is_online && is_batch_norm, "network.normalisation", BATCH_NORM),
            (is_online && training.mixing.needs_partners(), "training.mixing", TWO_ROWS),
            (is_lbfgs && training.feeding != Feeding::Full, "training.feeding", WHOLE_GRADIENT),
            (is_lbfgs && training.l1 != 0.0, "training.l1", "L-BFGS needs a smooth loss: it must be 0"),
            (is_lbfgs && training.weight_decay != 0.0, "training.weight_decay", UNUSED),
            (is_lbfgs && training.max_norm.is_some(), "training.max_norm", UNUSED),
            (is_lbfgs && training.clip != Clip::None, "training.clip", UNUSED),
            (is_lbfgs && training.plateau.is_some(), "training.plateau", UNUSED),
            (is_lbfgs && training.mixing != Mixing::None, "training.mixing", UNUSED),
        ]
    }
}

const COUNTS: &str =
    "the objective poisson learns the logarithm of a rate from the counts themselves: it must be standard";
const BATCH_NORM: &str = "batch norm needs batches of two rows or more: `training.feeding` cannot be online";
const TWO_ROWS: &str = "it needs batches of two rows or more: `training.feeding` cannot be online";
const WHOLE_GRADIENT: &str = "L-BFGS needs the whole gradient: it must be full";
const UNUSED: &str = "L-BFGS cannot use it: leave it out";

fn values(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Regression => "numbers",
        TaskKind::Binary => "two classes",
        TaskKind::Multiclass => "three classes or more",
    }
}
