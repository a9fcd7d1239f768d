//! A lane that is trained through the fused passes on host memory.

mod landscape;
mod rows;
mod shard;
mod stepper;

use std::sync::Arc;

use kitae_model::host::{HostNetwork, HostNoise, HostParameter};
use kitae_model::{Lane, NetworkConfig, Weights};
use kitae_random::{Purpose, Stream};

use crate::engine::course::Course;
use crate::engine::feed::{n_steps, step_rows};
use crate::engine::fused::landscape::Landscape;
use crate::engine::fused::rows::{LaneTargets, lane_targets, total_weight};
pub(crate) use crate::engine::fused::shard::Spare;
use crate::engine::fused::shard::{Shard, Step, cut};
use crate::engine::fused::stepper::HostStepper;
use crate::engine::machine::{CHECK_STEPS, LaneStart};
use crate::mixing::Columns;
use crate::objective::Objective;
use crate::optimiser::OptimiserState;
use crate::prepare::{FoldData, RoleData};
use crate::recipe::{Feeding, Recipe};

/// One lane: its network, its optimiser, and the buffers of a step.
pub(crate) struct HostLane {
    lane: Lane,
    network: HostNetwork,
    /// None before an average has begun.
    average: Option<HostNetwork>,
    stepper: HostStepper,
    fold: Arc<FoldData>,
    feeding: Feeding,
    train: LaneTargets,
    validation: LaneTargets,
    parameters: Vec<HostParameter>,
    spare: Arc<Spare>,
    n_shards: usize,
    /// The most rows that pass at once in a shard.
    max_rows: usize,
    columns: Columns,
}

impl HostLane {
    /// A lane that begins or goes on.
    ///
    /// # Errors
    ///
    /// A sentence that says why weights or state do not fit.
    pub(crate) fn new(
        recipe: &Recipe,
        network: &NetworkConfig,
        start: &LaneStart,
        spare: Arc<Spare>,
    ) -> Result<Self, String> {
        let load = |weights| HostNetwork::new(network, weights).map_err(|error| error.to_string());
        let (network, average) = (load(start.weights)?, start.averaged.map(load).transpose()?);
        let (fold, feeding) = (Arc::clone(&start.data.fold), recipe.training.feeding);
        let targets = |part: &RoleData| lane_targets(&part.targets, fold.target_scale.as_ref());
        let largest = feeding.batch_rows(fold.train.features.n_rows).max(1) + 1;
        let (n_shards, max_rows) = cut(&network, largest, fold.validation.features.n_rows);
        Ok(Self {
            lane: start.data.lane,
            stepper: HostStepper::new(recipe, start.optimiser, network.parameters())?,
            train: targets(&fold.train),
            validation: targets(&fold.validation),
            columns: Columns::of(fold.preprocessor.layout()),
            parameters: network.parameters().to_vec(),
            network,
            average,
            fold,
            feeding,
            spare,
            n_shards,
            max_rows,
        })
    }

    /// One epoch; its mean loss.
    pub(crate) fn train(&mut self, course: &Course) -> f64 {
        let mut shards = self.spare.take(&self.network, self.n_shards, self.max_rows);
        let (n_rows, n_steps) = (self.fold.train.features.n_rows, self.n_steps());
        let order = self.order(course.epoch, n_steps);
        let mut total = 0.0;
        for step in 0..n_steps {
            let (from, to) = step_rows(n_rows, self.feeding, step);
            total += self.step(&mut shards, &order[from..to], course, step) * (to - from) as f64;
            if step % CHECK_STEPS == CHECK_STEPS - 1 && !total.is_finite() {
                break;
            }
        }
        self.spare.give(shards);
        total / n_rows as f64
    }

    /// Loss and raw outputs of the validation rows, by the averaged weights where there are any.
    pub(crate) fn evaluate(&self, objective: &Objective) -> (f64, Vec<f32>) {
        let mut shards = self.spare.take(&self.network, self.n_shards, self.max_rows);
        let network = self.average.as_ref().unwrap_or(&self.network);
        let evaluated =
            shard::evaluate(&mut shards, network, objective, (&self.fold.validation, &self.validation));
        self.spare.give(shards);
        evaluated
    }

    /// Whether all numbers of its network, and of its average, are finite.
    pub(crate) fn is_finite(&self) -> bool {
        self.network.is_finite() && self.average.as_ref().is_none_or(HostNetwork::is_finite)
    }

    /// A copy of its weights.
    pub(crate) fn weights(&self) -> Weights {
        self.network.weights()
    }

    /// A copy of its averaged weights; none before an average has begun.
    pub(crate) fn average(&self) -> Option<Weights> {
        self.average.as_ref().map(HostNetwork::weights)
    }

    /// What its optimiser remembers.
    pub(crate) fn state(&self) -> OptimiserState {
        self.stepper.state(&self.parameters)
    }

    /// Steps of an epoch.
    pub(crate) fn n_steps(&self) -> usize {
        n_steps(self.fold.train.features.n_rows, self.feeding)
    }

    /// The order in which the lane sees its rows; where one step sees them all, that of the table.
    fn order(&self, epoch: usize, n_steps: usize) -> Vec<u32> {
        let n_rows = self.fold.train.features.n_rows;
        if n_steps == 1 {
            return (0..n_rows as u32).collect();
        }
        let place = [self.lane.index, epoch as u64, 0];
        Stream::new(self.lane.seed, Purpose::RowOrder, place).permutation(n_rows)
    }

    /// One step on these rows; their mean loss before it.
    fn step(&mut self, shards: &mut [Shard], rows: &[u32], course: &Course, step: usize) -> f64 {
        let n_steps = self.n_steps();
        let elapsed = course.elapsed(step, n_steps);
        let rates = course.rates(&elapsed, 0);
        let objective = &course.recipe.objective;
        let batch = Step {
            objective,
            part: &self.fold.train,
            targets: &self.train,
            total: total_weight(&self.fold.train, &self.train, objective, rows)
                * self.network.config().ensemble.n_members() as f64,
            mix: course.mix(step, self.lane, rows.len(), &self.columns),
            noise: &HostNoise::new(self.lane, course.epoch as u64, step as u64, &course.dropout(&elapsed, 0)),
        };
        let network = &mut self.network;
        let loss = match &mut self.stepper {
            HostStepper::Gradient(optimiser) => {
                let (gradients, loss) = shard::train(shards, network, &batch, rows);
                optimiser.step(&self.parameters, network.values_mut(), gradients, &rates);
                loss
            }
            HostStepper::Lbfgs(lbfgs) => {
                Landscape { network, shards, batch: &batch, rows, l2: rates.l2 }.descend(lbfgs)
            }
        };
        shard::absorb(shards, network);
        if let Some(share) = course.average_share(step, n_steps) {
            self.move_average(share);
        }
        loss
    }

    /// Moves the average by `share` towards the weights.
    fn move_average(&mut self, share: f64) {
        match &mut self.average {
            Some(average) if share < 1.0 => average.approach(&self.network, share as f32),
            average => *average = Some(self.network.clone()),
        }
    }
}
