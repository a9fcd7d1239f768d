//! The lanes of a pack at work: steps and epochs.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use kitae_model::{DropoutRates, Lane, Network, Noise, Weights};

use crate::engine::evaluate::{Evaluation, evaluate, host};
use crate::engine::feed::{Batch, Feed, Rows};
use crate::engine::fused::FusedMachine;
use crate::engine::lbfgs::{lbfgs_state, lbfgs_step};
use crate::mixing::{Columns, Mix};
use crate::objective::{Loss, Objective};
use crate::optimiser::{HostRates, LaneState as OptimiserState, Lbfgs, Optimiser, Parameter, Rates};
use crate::prepare::{LaneData, LaneLevers};
use crate::recipe::{Feeding, Recipe};
use crate::schedule::Progress;

/// Steps after which an epoch checks that a loss is still a number.
pub(crate) const CHECK_STEPS: usize = 64;

/// Running statistics of batch norm move this far towards those of a batch (PyTorch's default).
pub(crate) const MOMENTUM: f64 = 0.1;

/// The active lanes of a pack.
pub(crate) enum Machine {
    /// One tensor programme for all of them.
    Tensors(Box<TensorMachine>),
    /// One after the other, through the fused passes.
    Fused(FusedMachine),
}

impl Machine {
    /// One epoch; the mean loss of each lane.
    pub(crate) fn train(self, course: &Course) -> (Self, Vec<f64>) {
        match self {
            Self::Tensors(machine) => {
                let (machine, losses) = match machine.stepper {
                    Stepper::Gradient(_) => machine.train(course),
                    Stepper::Lbfgs(_) => machine.train_lbfgs(course),
                };
                (Self::Tensors(Box::new(machine)), losses)
            }
            Self::Fused(mut machine) => {
                let losses = machine.train(course);
                (Self::Fused(machine), losses)
            }
        }
    }

    /// Loss and raw outputs of each lane's validation rows, by the averaged weights where there are any.
    pub(crate) fn evaluate(&mut self, objective: &Objective) -> Evaluation {
        match self {
            Self::Tensors(machine) => match &machine.average {
                Some(average) => evaluate(average, &machine.validation_rows, objective),
                None => evaluate(&machine.network.valid(), &machine.validation_rows, objective),
            },
            Self::Fused(machine) => machine.evaluate(objective),
        }
    }

    /// Whether all numbers of each lane's network, and of its average, are finite.
    pub(crate) fn finite(&self) -> Vec<bool> {
        match self {
            Self::Tensors(machine) => {
                let weights = machine.network.valid().weights();
                let averages = self.averages(weights.len());
                let both = |(weights, average): (&Weights, &Option<Weights>)| {
                    is_finite(weights) && average.as_ref().is_none_or(is_finite)
                };
                weights.iter().zip(&averages).map(both).collect()
            }
            Self::Fused(machine) => machine.finite(),
        }
    }

    /// Copies of the weights of the lanes that are `wanted`.
    pub(crate) fn weights(&self, wanted: &[bool]) -> Vec<Option<Weights>> {
        match self {
            _ if wanted.iter().all(|wanted| !wanted) => vec![None; wanted.len()],
            Self::Tensors(machine) => {
                let weights = machine.network.valid().weights().into_iter();
                weights.zip(wanted).map(|(weights, wanted)| wanted.then_some(weights)).collect()
            }
            Self::Fused(machine) => {
                let copy = |(position, wanted): (usize, &bool)| wanted.then(|| machine.weights(position));
                wanted.iter().enumerate().map(copy).collect()
            }
        }
    }

    /// What the optimisers remember of each lane.
    pub(crate) fn states(&self, n_lanes: usize) -> Vec<OptimiserState> {
        match self {
            Self::Tensors(machine) => match &machine.stepper {
                Stepper::Gradient(optimiser) => optimiser.state(),
                Stepper::Lbfgs(lbfgs) => lbfgs_state(lbfgs, n_lanes),
            },
            Self::Fused(machine) => machine.states(),
        }
    }

    /// Steps of an epoch; the same for all lanes.
    pub(crate) fn n_steps(&self) -> usize {
        match self {
            Self::Tensors(machine) => machine.feed.n_steps(),
            Self::Fused(machine) => machine.n_steps(),
        }
    }
}

fn is_finite(weights: &Weights) -> bool {
    weights.tensors.values().all(|tensor| tensor.values.iter().all(|value| value.is_finite()))
}

/// The tensors of the active lanes.
pub(crate) struct TensorMachine {
    pub(crate) network: Network,
    /// On the plain device; none before an average has begun.
    pub(crate) average: Option<Network>,
    pub(crate) stepper: Stepper,
    pub(crate) feed: Feed,
    pub(crate) validation_rows: Rows,
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

    /// What happens to the `n_rows` rows of a lane in a step; none if they stay as they are.
    pub(crate) fn mix(&self, step: usize, lane: Lane, n_rows: usize, columns: &Columns) -> Option<Mix> {
        self.recipe.training.mixing.draw(lane, [self.epoch, step], n_rows, columns)
    }

    /// What happens to the rows of each lane.
    fn mixes(&self, step: usize, lanes: &[Lane], counts: &[usize], columns: &Columns) -> Vec<Option<Mix>> {
        lanes.iter().zip(counts).map(|(lane, n_rows)| self.mix(step, *lane, *n_rows, columns)).collect()
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

    /// The rates of the lane at `position`.
    pub(crate) fn rates_of(&self, progress: &Progress, position: usize) -> HostRates {
        let (training, levers) = (&self.recipe.training, self.levers[position]);
        let rate = training.schedule.factor(progress) * self.factors[position];
        HostRates {
            learning_rate: levers.learning_rate * rate,
            weight_decay: levers.weight_decay * training.weight_decay_schedule.factor(progress),
            l1: levers.l1,
            l2: levers.l2,
        }
    }

    /// The dropout rate of each hidden layer of the lane at `position`.
    pub(crate) fn dropout_of(&self, progress: &Progress, position: usize) -> Vec<f64> {
        let factor = self.recipe.training.dropout_schedule.factor(progress);
        self.levers[position].dropout.iter().map(|rate| rate * factor).collect()
    }

    /// `rates[layer][lane]`.
    pub(crate) fn dropout(&self, progress: &Progress) -> Vec<Vec<f64>> {
        let factor = self.recipe.training.dropout_schedule.factor(progress);
        let n_layers = self.levers.first().map_or(0, |lane| lane.dropout.len());
        let layer = |layer: usize| self.levers.iter().map(|lane| lane.dropout[layer] * factor).collect();
        (0..n_layers).map(layer).collect()
    }
}

impl TensorMachine {
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
            average: None,
            stepper,
            feed: Feed::new(data, feeding, device),
            validation_rows: Rows::upload(data, |lane| &lane.fold.validation, device),
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
            if let Some(share) = course.average_share(step, n_steps) {
                self.average(share);
            }
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
        let mixes = course.mixes(step, &self.lanes, &batch.counts, &self.feed.columns);
        let Batch { inputs, targets, partners, .. } = batch.mixed(&mixes);
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
        let (weights, objective) = (inputs.row_weights.clone(), &course.recipe.objective);
        let (logits, statistics) = self.network.forward_train(inputs, &noise);
        let losses = match partners {
            None => objective.loss(logits, &targets, weights.as_ref()),
            Some(partners) => partners.loss(objective, logits, &targets, weights.as_ref()),
        };
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
        if let Some(share) = course.average_share(0, 1) {
            self.average(share);
        }
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
