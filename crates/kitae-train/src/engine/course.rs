//! What the hyperparameters of an epoch are: the one place where a base value meets its schedules.

use kitae_model::Lane;

use crate::mixing::{Columns, Mix};
use crate::optimiser::Rates;
use crate::prepare::LaneHyperparameters;
use crate::recipe::{Recipe, TrainingRecipe};
use crate::schedule::Elapsed;

/// What the hyperparameters of an epoch are for each active lane.
pub(crate) struct Course<'a> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) hyperparameters: Vec<&'a LaneHyperparameters>,
    /// Factors of the learning rate that the plateau rule has reached.
    pub(crate) factors: Vec<f64>,
    pub(crate) epoch: usize,
}

impl LaneHyperparameters {
    /// The rates of a step: the lane's learning rate × the schedule's factor × that of the plateau rule, and
    /// the decay × its schedule's factor. The optimiser multiplies them by the factors of a parameter's role.
    pub(crate) fn rates(&self, training: &TrainingRecipe, plateau: f64, elapsed: &Elapsed) -> Rates {
        Rates {
            learning_rate: self.learning_rate * (training.schedule.factor(elapsed) * plateau),
            weight_decay: self.weight_decay * training.weight_decay_schedule.factor(elapsed),
            l1: self.l1,
            l2: self.l2,
        }
    }
}

impl Elapsed {
    /// Where `step` (from 0) of the `n_steps` of `epoch` (from 1) stands in a training.
    pub(crate) fn at(training: &TrainingRecipe, epoch: usize, step: usize, n_steps: usize) -> Self {
        Self { epoch: (epoch - 1) as f64 + step as f64 / n_steps as f64, n_epochs: training.epochs as f64 }
    }
}

impl Course<'_> {
    pub(crate) fn elapsed(&self, step: usize, n_steps: usize) -> Elapsed {
        Elapsed::at(&self.recipe.training, self.epoch, step, n_steps)
    }

    /// What happens to the `n_rows` rows of a lane in a step; none if they stay as they are.
    pub(crate) fn mix(&self, step: usize, lane: Lane, n_rows: usize, columns: &Columns) -> Option<Mix> {
        self.recipe.training.mixing.draw(lane, [self.epoch, step], n_rows, columns)
    }

    /// The rates of the lane at `position`.
    pub(crate) fn rates(&self, elapsed: &Elapsed, position: usize) -> Rates {
        self.hyperparameters[position].rates(&self.recipe.training, self.factors[position], elapsed)
    }

    /// The dropout rate of each hidden layer of the lane at `position`.
    pub(crate) fn dropout(&self, elapsed: &Elapsed, position: usize) -> Vec<f64> {
        let factor = self.recipe.training.dropout_schedule.factor(elapsed);
        self.hyperparameters[position].dropout.iter().map(|rate| rate * factor).collect()
    }

    /// By which share averages move towards the weights after a step; none if they stay.
    pub(crate) fn average_share(&self, step: usize, n_steps: usize) -> Option<f64> {
        let training = &self.recipe.training;
        let after_step = training.averaging.after_step((self.epoch - 1) * n_steps + step + 1);
        let ends_epoch = step + 1 == n_steps;
        let after_epoch = || training.averaging.after_epoch(self.epoch, training.epochs);
        after_step.or_else(|| if ends_epoch { after_epoch() } else { None })
    }
}
