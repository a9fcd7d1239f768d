//! The tensors of a pack at work: steps and epochs.

use burn::tensor::{Device, Tensor, TensorData};
use kitae_model::{DropoutRates, Lane, Network, Noise};

use crate::engine::evaluate::host;
use crate::engine::feed::{Batch, Feed, Rows};
use crate::engine::lbfgs::lbfgs_step;
use crate::optimiser::{Lbfgs, Optimiser, Parameter, Rates};
use crate::prepare::{LaneData, LaneLevers};
use crate::recipe::{Feeding, Recipe};
use crate::schedule::Progress;

/// Steps after which an epoch checks that a loss is still a number.
const CHECK_STEPS: usize = 64;

/// Running statistics of batch norm move this far towards those of a batch (PyTorch's default).
pub(crate) const MOMENTUM: f64 = 0.1;

/// The tensors of the active lanes.
pub(crate) struct Machine {
    pub(crate) network: Network,
    pub(crate) stepper: Stepper,
    pub(crate) feed: Feed,
    pub(crate) stop_rows: Rows,
    pub(crate) lanes: Vec<Lane>,
}

/// How a step is made.
pub(crate) enum Stepper {
    Gradient(Optimiser),
    Lbfgs(Lbfgs),
}

/// What the levers of an epoch are for each active lane.
pub(crate) struct Course<'a> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) levers: Vec<&'a LaneLevers>,
    /// Factors of the learning rate that the plateau rule has reached.
    pub(crate) factors: Vec<f64>,
    pub(crate) epoch: usize,
}

impl Course<'_> {
    pub(crate) fn progress(&self, step: usize, n_steps: usize) -> Progress {
        Progress {
            epoch: (self.epoch - 1) as f64 + step as f64 / n_steps as f64,
            n_epochs: self.recipe.training.epochs as f64,
        }
    }

    fn rates(&self, progress: &Progress) -> Rates {
        let training = &self.recipe.training;
        let (rate, decay) =
            (training.schedule.factor(progress), training.weight_decay_schedule.factor(progress));
        let each = |value: fn(&LaneLevers) -> f64| self.levers.iter().map(move |lane| value(lane));
        Rates {
            learning_rate: each(|lane| lane.learning_rate)
                .zip(&self.factors)
                .map(|(base, factor)| base * rate * factor)
                .collect(),
            weight_decay: each(|lane| lane.weight_decay).map(|base| base * decay).collect(),
            l1: each(|lane| lane.l1).collect(),
            l2: each(|lane| lane.l2).collect(),
        }
    }

    /// `rates[layer][lane]`.
    pub(crate) fn dropout(&self, progress: &Progress) -> Vec<Vec<f64>> {
        let factor = self.recipe.training.dropout_schedule.factor(progress);
        let n_layers = self.levers.first().map_or(0, |lane| lane.dropout.len());
        let layer = |layer: usize| self.levers.iter().map(|lane| lane.dropout[layer] * factor).collect();
        (0..n_layers).map(layer).collect()
    }
}

impl Machine {
    /// Uploads the rows of `data`, one entry for each lane of `network`.
    pub(crate) fn new(
        network: Network,
        stepper: Stepper,
        data: &[&LaneData],
        feeding: Feeding,
        device: &Device,
    ) -> Self {
        Self {
            network,
            stepper,
            feed: Feed::new(data, feeding, device),
            stop_rows: Rows::upload(data, |lane| &lane.fold.stop, device),
            lanes: data.iter().map(|lane| lane.lane).collect(),
        }
    }

    /// One epoch of gradient steps; the mean loss of each lane.
    pub(crate) fn train(mut self, course: &Course) -> (Self, Vec<f64>) {
        let (orders, n_steps) = (self.feed.orders(course.epoch), self.feed.n_steps());
        let mut total: Option<Tensor<1>> = None;
        for step in 0..n_steps {
            let batch = self.feed.batch(&orders, step);
            let counts = batch.counts.clone();
            let losses;
            (self, losses) = self.step(batch, course, step, n_steps);
            let share = weighted(losses, &counts);
            total = Some(total.map_or_else(|| share.clone(), |total| total + share.clone()));
            let checks = step % CHECK_STEPS == CHECK_STEPS - 1;
            if checks && total.clone().is_some_and(|total| host(total).iter().all(|sum| !sum.is_finite())) {
                break;
            }
        }
        let sums = total.map_or_else(Vec::new, host);
        let n_rows = self.feed.counts().iter();
        let mean = |(sum, n_rows): (&f32, &usize)| f64::from(*sum) / *n_rows as f64;
        let losses = sums.iter().zip(n_rows).map(mean).collect();
        (self, losses)
    }

    /// One gradient step; the loss of each lane before it.
    pub(crate) fn step(
        mut self,
        batch: Batch,
        course: &Course,
        step: usize,
        n_steps: usize,
    ) -> (Self, Tensor<1>) {
        let Stepper::Gradient(optimiser) = &mut self.stepper else {
            unreachable!("only gradient machines are trained step by step")
        };
        let progress = course.progress(step, n_steps);
        let dropout = course.dropout(&progress);
        let noise = Noise {
            rates: DropoutRates::PerLane(&dropout),
            lanes: &self.lanes,
            epoch: course.epoch as u64,
            step: step as u64,
        };
        let weights = batch.inputs.row_weights.clone();
        let (logits, statistics) = self.network.forward_train(batch.inputs, &noise);
        let losses = course.recipe.objective.loss(logits, &batch.targets, weights.as_ref());
        let mut gradients = losses.clone().sum().backward();
        let gradients = self.network.gradients(&mut gradients);
        let parameters: Vec<Parameter> = self
            .network
            .parameters()
            .into_iter()
            .zip(gradients)
            .map(|(parameter, gradient)| Parameter { role: parameter.role, value: parameter.value, gradient })
            .collect();
        let updated = optimiser.step(parameters, &course.rates(&progress));
        self.network = self.network.with_parameters(updated);
        self.network.absorb(statistics, MOMENTUM);
        (self, losses.inner())
    }

    /// One step of L-BFGS on all rows.
    pub(crate) fn train_lbfgs(mut self, course: &Course) -> (Self, Vec<f64>) {
        let batch = self.feed.batch(&[], 0);
        let Stepper::Lbfgs(lbfgs) = &mut self.stepper else {
            unreachable!("only L-BFGS machines are trained on the whole gradient")
        };
        let (network, losses) = lbfgs_step(lbfgs, self.network, &batch, course, &self.lanes);
        self.network = network;
        (self, losses)
    }
}

impl Stepper {
    /// Keeps the state of these lanes only.
    pub(crate) fn retain(self, lanes: &[usize]) -> Self {
        match self {
            Self::Gradient(mut optimiser) => {
                optimiser.retain(lanes);
                Self::Gradient(optimiser)
            }
            Self::Lbfgs(mut lbfgs) => {
                lbfgs.retain(lanes);
                Self::Lbfgs(lbfgs)
            }
        }
    }
}

/// Mean losses as sums over each lane's real rows.
fn weighted(losses: Tensor<1>, counts: &[usize]) -> Tensor<1> {
    if counts.iter().all(|count| *count == counts[0]) {
        return losses.mul_scalar(counts[0] as f32);
    }
    let counts: Vec<f32> = counts.iter().map(|count| *count as f32).collect();
    let device = losses.device();
    let n_lanes = counts.len();
    losses * Tensor::from_data(TensorData::new(counts, [n_lanes]), &device)
}
