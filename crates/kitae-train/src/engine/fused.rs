//! Lanes that are trained one by one through the fused passes on host memory.

mod landscape;
mod rows;
mod shard;
mod stepper;

use std::sync::Arc;

use kitae_model::host::{HostNetwork, HostNoise, HostParameter};
use kitae_model::{Lane, NetworkConfig, Weights};
use kitae_random::{Purpose, Stream};

use crate::engine::average::average_host;
use crate::engine::evaluate::Evaluation;
use crate::engine::feed::{n_steps, step_rows};
use crate::engine::fused::landscape::Landscape;
use crate::engine::fused::rows::LaneTargets;
pub(crate) use crate::engine::fused::shard::Spare;
use crate::engine::fused::shard::{Shard, Step, n_shards};
use crate::engine::fused::stepper::HostStepper;
use crate::engine::machine::{CHECK_STEPS, Course};
use crate::mixing::Columns;
use crate::objective::Objective;
use crate::optimiser::LaneState as OptimiserState;
use crate::prepare::{FoldData, LaneData, RoleData};
use crate::recipe::{Feeding, Recipe};

/// The active lanes of a pack.
pub(crate) struct FusedMachine {
    lanes: Vec<FusedLane>,
    spare: Arc<Spare>,
}

/// One lane: its network, its optimiser, and the buffers of a step.
struct FusedLane {
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
    /// Empty while the lane waits for its turn.
    shards: Vec<Shard>,
    n_shards: usize,
    /// The most rows of a shard.
    max_rows: usize,
    columns: Columns,
}

/// Whether lanes of this recipe can be trained through the fused passes.
pub(crate) fn fits(recipe: &Recipe, network: &NetworkConfig) -> bool {
    HostNetwork::trains(network) && HostStepper::fits(&recipe.optimiser)
}

impl FusedMachine {
    /// Lanes that begin with these weights, or go on from these states of their optimisers.
    ///
    /// # Errors
    ///
    /// A sentence that says why weights or states do not fit.
    pub(crate) fn new(
        recipe: &Recipe,
        network: &NetworkConfig,
        data: &[&LaneData],
        weights: &[&Weights],
        states: &[Option<&OptimiserState>],
        spare: Arc<Spare>,
    ) -> Result<Self, String> {
        let lanes = data.iter().zip(weights).zip(states).map(|((data, weights), state)| {
            let network = HostNetwork::new(network, weights).map_err(|error| error.to_string())?;
            let stepper = HostStepper::new(recipe, *state, network.parameters())?;
            Ok(FusedLane::new(network, stepper, data, recipe.training.feeding))
        });
        Ok(Self { lanes: lanes.collect::<Result<_, String>>()?, spare })
    }

    /// One epoch; the mean loss of each lane.
    pub(crate) fn train(&mut self, course: &Course) -> Vec<f64> {
        let mut losses = Vec::with_capacity(self.lanes.len());
        for (position, lane) in self.lanes.iter_mut().enumerate() {
            lane.shards = self.spare.take(&lane.network, lane.n_shards, lane.max_rows);
            losses.push(lane.train(course, position));
            self.spare.give(std::mem::take(&mut lane.shards));
        }
        losses
    }

    /// Loss and raw outputs of each lane's validation rows.
    pub(crate) fn evaluate(&mut self, objective: &Objective) -> Evaluation {
        let evaluate = |lane: &mut FusedLane| {
            lane.shards = self.spare.take(&lane.network, lane.n_shards, lane.max_rows);
            let evaluated = lane.evaluate(objective);
            self.spare.give(std::mem::take(&mut lane.shards));
            evaluated
        };
        let (losses, logits) = self.lanes.iter_mut().map(evaluate).unzip();
        Evaluation { losses, logits }
    }

    /// Whether all numbers of each lane's network, and of its average, are finite.
    pub(crate) fn finite(&self) -> Vec<bool> {
        let is_finite = |network: &HostNetwork| network.values().iter().all(|value| value.is_finite());
        let both = |lane: &FusedLane| is_finite(&lane.network) && lane.average.as_ref().is_none_or(is_finite);
        self.lanes.iter().map(both).collect()
    }

    /// A copy of the weights of the lane at a position.
    pub(crate) fn weights(&self, position: usize) -> Weights {
        self.lanes[position].network.weights()
    }

    /// The averaged weights of each lane; none before an average has begun.
    pub(crate) fn averages(&self) -> Vec<Option<Weights>> {
        self.lanes.iter().map(|lane| lane.average.as_ref().map(HostNetwork::weights)).collect()
    }

    /// Goes on with these averages, one for each lane.
    ///
    /// # Errors
    ///
    /// A sentence that says why averages do not fit the network.
    pub(crate) fn restore_averages(
        &mut self,
        config: &NetworkConfig,
        averages: &[&Weights],
    ) -> Result<(), String> {
        for (lane, weights) in self.lanes.iter_mut().zip(averages) {
            lane.average = Some(HostNetwork::new(config, weights).map_err(|error| error.to_string())?);
        }
        Ok(())
    }

    /// What the optimisers remember.
    pub(crate) fn states(&self) -> Vec<OptimiserState> {
        self.lanes.iter().map(|lane| lane.stepper.state(lane.network.parameters())).collect()
    }

    /// Keeps the lanes at these positions, which ascend.
    pub(crate) fn retain(&mut self, positions: &[usize]) {
        let mut position = 0;
        self.lanes.retain(|_| {
            position += 1;
            positions.contains(&(position - 1))
        });
    }

    /// Steps of an epoch.
    pub(crate) fn n_steps(&self) -> usize {
        self.lanes.first().map_or(1, |lane| n_steps(lane.fold.train.features.n_rows, lane.feeding))
    }
}

impl FusedLane {
    fn new(network: HostNetwork, stepper: HostStepper, data: &LaneData, feeding: Feeding) -> Self {
        let fold = Arc::clone(&data.fold);
        let targets = |part: &RoleData| LaneTargets::of(&part.targets, fold.target_scale.as_ref());
        let largest = feeding.batch_rows(fold.train.features.n_rows).max(1) + 1;
        let n_shards = n_shards(largest * network.config().ensemble.n_members(), network.values().len());
        let rows = largest.max(fold.validation.features.n_rows).div_ceil(n_shards);
        Self {
            lane: data.lane,
            train: targets(&fold.train),
            validation: targets(&fold.validation),
            columns: Columns::of(fold.preprocessor.layout()),
            shards: Vec::new(),
            n_shards,
            max_rows: rows,
            parameters: network.parameters().to_vec(),
            network,
            average: None,
            stepper,
            fold,
            feeding,
        }
    }

    fn train(&mut self, course: &Course, position: usize) -> f64 {
        let n_rows = self.fold.train.features.n_rows;
        let n_steps = n_steps(n_rows, self.feeding);
        let order = self.order(course.epoch, n_steps);
        let mut total = 0.0;
        for step in 0..n_steps {
            let (from, to) = step_rows(n_rows, self.feeding, step);
            total += self.step(&order[from..to], course, position, step, n_steps) * (to - from) as f64;
            if step % CHECK_STEPS == CHECK_STEPS - 1 && !total.is_finite() {
                break;
            }
        }
        total / n_rows as f64
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
    fn step(&mut self, rows: &[u32], course: &Course, position: usize, step: usize, n_steps: usize) -> f64 {
        let progress = course.progress(step, n_steps);
        let dropout = course.dropout_of(&progress, position);
        let rates = course.rates_of(&progress, position);
        let objective = &course.recipe.objective;
        let batch = Step {
            objective,
            part: &self.fold.train,
            targets: &self.train,
            total: self.train.total_weight(objective, rows)
                * self.network.config().ensemble.n_members() as f64,
            mix: course.mix(step, self.lane, rows.len(), &self.columns),
            noise: &HostNoise::new(self.lane, course.epoch as u64, step as u64, &dropout),
        };
        let (network, shards) = (&mut self.network, self.shards.as_mut_slice());
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
        if let Some(shard) = course.average_share(step, n_steps) {
            average_host(&mut self.average, &self.network, shard);
        }
        loss
    }

    fn evaluate(&mut self, objective: &Objective) -> (f64, Vec<f32>) {
        let network = self.average.as_ref().unwrap_or(&self.network);
        shard::evaluate(&mut self.shards, network, objective, (&self.fold.validation, &self.validation))
    }
}
