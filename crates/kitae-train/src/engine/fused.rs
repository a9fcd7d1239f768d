//! Lanes that are trained one by one through the fused passes on host memory.

use std::ops::Range;
use std::sync::Arc;

use kitae_data::preprocess::TargetScale;
use kitae_model::host::{HostNetwork, HostNoise, HostParameter, HostRows, Workspace};
use kitae_model::{Lane, NetworkConfig, Weights};
use kitae_random::{Purpose, Stream};

use crate::engine::average::average_host;
use crate::engine::evaluate::Evaluation;
use crate::engine::feed::{n_steps, step_rows};
use crate::engine::machine::{CHECK_STEPS, Course};
use crate::mixing::{Columns, Mix};
use crate::objective::{HostTargets, Objective};
use crate::optimiser::{HostOptimiser, LaneState as OptimiserState};
use crate::prepare::{FoldData, LaneData, Part, Truth};
use crate::recipe::{Feeding, Recipe};

/// Rows that pass through the network at once: their activations stay in the second-level cache. It
/// does not depend on the machine, so neither do the bits of a result.
const PIECE_ROWS: usize = 256;

/// The active lanes of a pack.
pub(crate) struct FusedMachine {
    lanes: Vec<FusedLane>,
}

/// One lane: its network, its optimiser, and the buffers of a step.
struct FusedLane {
    lane: Lane,
    network: HostNetwork,
    /// None before an average has begun.
    average: Option<HostNetwork>,
    optimiser: HostOptimiser,
    fold: Arc<FoldData>,
    feeding: Feeding,
    train: Targets,
    stop: Targets,
    parameters: Vec<HostParameter>,
    work: Workspace,
    gradients: Vec<f32>,
    by_logits: Vec<f32>,
    piece: Piece,
    columns: Columns,
    /// The partners of the rows of `piece`, where rows are mixed.
    partners: Piece,
    /// Gradients of the loss with the partners' targets.
    by_partners: Vec<f32>,
}

/// Whether lanes of this recipe can be trained through the fused passes.
pub(crate) fn fits(recipe: &Recipe, network: &NetworkConfig) -> bool {
    HostNetwork::fits(network) && HostOptimiser::fits(&recipe.optimiser)
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
    ) -> Result<Self, String> {
        let lanes = data.iter().zip(weights).zip(states).map(|((data, weights), state)| {
            let network = HostNetwork::new(network, weights).map_err(|error| error.to_string())?;
            let optimiser = match state {
                Some(state) => HostOptimiser::from_state(&recipe.update(), state, network.parameters())?,
                None => HostOptimiser::new(&recipe.update(), network.values().len()),
            };
            Ok(FusedLane::new(network, optimiser, data, recipe.training.feeding))
        });
        Ok(Self { lanes: lanes.collect::<Result<_, String>>()? })
    }

    /// One epoch; the mean loss of each lane.
    pub(crate) fn train(&mut self, course: &Course) -> Vec<f64> {
        self.lanes.iter_mut().enumerate().map(|(position, lane)| lane.train(course, position)).collect()
    }

    /// Loss and raw outputs of each lane's stop rows.
    pub(crate) fn evaluate(&mut self, objective: &Objective) -> Evaluation {
        let (losses, logits) = self.lanes.iter_mut().map(|lane| lane.evaluate(objective)).unzip();
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
        self.lanes.iter().map(|lane| lane.optimiser.state(lane.network.parameters())).collect()
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
    fn new(network: HostNetwork, optimiser: HostOptimiser, data: &LaneData, feeding: Feeding) -> Self {
        let fold = Arc::clone(&data.fold);
        let targets = |part: &Part| Targets::of(&part.truth, fold.target_scale.as_ref());
        let largest = feeding.batch_rows(fold.train.features.n_rows).max(1) + 1;
        let rows = PIECE_ROWS.min(largest.max(fold.stop.features.n_rows));
        Self {
            lane: data.lane,
            train: targets(&fold.train),
            stop: targets(&fold.stop),
            work: Workspace::new(&network, rows),
            gradients: vec![0.0; network.values().len()],
            by_logits: vec![0.0; rows * network.config().n_outputs],
            piece: Piece::default(),
            columns: Columns::of(fold.preprocessor.layout()),
            partners: Piece::default(),
            by_partners: Vec::new(),
            parameters: network.parameters().to_vec(),
            network,
            average: None,
            optimiser,
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

    /// One gradient step on these rows; their mean loss before it.
    fn step(&mut self, rows: &[u32], course: &Course, position: usize, step: usize, n_steps: usize) -> f64 {
        let progress = course.progress(step, n_steps);
        let dropout = course.dropout_of(&progress, position);
        let mut noise = HostNoise::new(self.lane, course.epoch as u64, step as u64, &dropout);
        let objective = &course.recipe.objective;
        let mix = course.mix(step, self.lane, rows.len(), &self.columns);
        let mean =
            Mean { total: self.total_weight(objective, rows), own: mix.as_ref().map_or(1.0, |mix| mix.own) };
        self.gradients.fill(0.0);
        let mut sum = 0.0;
        for from in (0..rows.len()).step_by(self.work.max_rows()) {
            let piece = from..rows.len().min(from + self.work.max_rows());
            self.gather(rows, piece, mix.as_ref());
            sum += self.pass(objective, mean, &mut noise);
        }
        let rates = course.rates_of(&progress, position);
        self.optimiser.step(&self.parameters, self.network.values_mut(), &mut self.gradients, &rates);
        if let Some(share) = course.average_share(step, n_steps) {
            average_host(&mut self.average, &self.network, share);
        }
        sum / mean.total
    }

    /// What the mean over these rows divides by.
    fn total_weight(&mut self, objective: &Objective, rows: &[u32]) -> f64 {
        match &self.train {
            Targets::Classes(classes) => {
                self.piece.classes.clear();
                self.piece.classes.extend(rows.iter().map(|row| classes[*row as usize]));
                objective.total_weight(HostTargets::Classes(&self.piece.classes))
            }
            Targets::Values(_) => rows.len() as f64,
        }
    }

    /// Puts a piece of a batch side by side, mixed with its partners, who may be in other pieces.
    fn gather(&mut self, rows: &[u32], piece: Range<usize>, mix: Option<&Mix>) {
        let part = &self.fold.train;
        self.piece.gather(part, &self.train, &rows[piece.clone()]);
        let Some(mix) = mix else { return };
        let partners = &mix.partners[piece.clone()];
        let partners: Vec<u32> = partners.iter().map(|partner| rows[*partner as usize]).collect();
        self.partners.gather(part, &self.train, &partners);
        mix.mix_numbers(&mut self.piece.numbers, &self.partners.numbers);
        mix.mix_codes(piece.start, &mut self.piece.codes, &self.partners.codes);
    }

    /// Adds the gradient of the gathered rows; the sum of their losses.
    fn pass(&mut self, objective: &Objective, mean: Mean, noise: &mut HostNoise) -> f64 {
        let inputs = HostRows { numbers: &self.piece.numbers, codes: &self.piece.codes };
        let logits = self.network.forward_train(&inputs, noise, &mut self.work);
        let by_logits = &mut self.by_logits[..logits.len()];
        let n_outputs = self.network.config().n_outputs;
        let share = |of: f32| (f64::from(of) / mean.total) as f32;
        let targets = self.piece.targets(&self.train);
        let mut sum = objective.host_loss(logits, n_outputs, targets, share(mean.own), by_logits);
        if mean.own < 1.0 {
            self.by_partners.resize(logits.len(), 0.0);
            let (others, partners) = (1.0 - mean.own, self.partners.targets(&self.train));
            let of_partners =
                objective.host_loss(logits, n_outputs, partners, share(others), &mut self.by_partners);
            sum = f64::from(mean.own) * sum + f64::from(others) * of_partners;
            by_logits.iter_mut().zip(&self.by_partners).for_each(|(slope, other)| *slope += other);
        }
        self.network.backward(&inputs, by_logits, &mut self.work, &mut self.gradients);
        sum
    }

    fn evaluate(&mut self, objective: &Objective) -> (f64, Vec<f32>) {
        let part = &self.fold.stop;
        let rows: Vec<u32> = (0..part.features.n_rows as u32).collect();
        let (mut all, mut sum, mut weight) = (Vec::new(), 0.0, 0.0);
        for rows in rows.chunks(self.work.max_rows()) {
            self.piece.gather(part, &self.stop, rows);
            let inputs = HostRows { numbers: &self.piece.numbers, codes: &self.piece.codes };
            let network = self.average.as_ref().unwrap_or(&self.network);
            let logits = network.forward(&inputs, &mut self.work);
            let targets = self.piece.targets(&self.stop);
            let by_logits = &mut self.by_logits[..logits.len()];
            sum += objective.host_loss(logits, self.network.config().n_outputs, targets, 1.0, by_logits);
            weight += objective.total_weight(targets);
            all.extend_from_slice(logits);
        }
        (if weight > 0.0 { sum / weight } else { 0.0 }, all)
    }
}

/// Raw outputs for the rows of a part.
pub(crate) fn fused_forward(network: &HostNetwork, features: &kitae_data::features::Features) -> Vec<f32> {
    let (d_numbers, n_codes) = (features.d_numbers, features.n_codes);
    let mut work = Workspace::new(network, PIECE_ROWS.min(features.n_rows).max(1));
    let mut logits = Vec::with_capacity(features.n_rows * network.config().n_outputs);
    for from in (0..features.n_rows).step_by(PIECE_ROWS) {
        let to = (from + PIECE_ROWS).min(features.n_rows);
        let rows = HostRows {
            numbers: &features.numbers[from * d_numbers..to * d_numbers],
            codes: &features.codes[from * n_codes..to * n_codes],
        };
        logits.extend_from_slice(network.forward(&rows, &mut work));
    }
    logits
}

/// What the loss of a batch is the mean of.
#[derive(Clone, Copy)]
struct Mean {
    /// The sum of the rows' weights.
    total: f64,
    /// The share of a row's own target; the rest is its partner's.
    own: f32,
}

/// The targets of all rows of a part, as objectives want them.
enum Targets {
    Classes(Vec<u32>),
    Values(Vec<f32>),
}

impl Targets {
    fn of(truth: &Truth, scale: Option<&TargetScale>) -> Self {
        match truth {
            Truth::Classes(classes) => Self::Classes(classes.clone()),
            Truth::Values(values) => {
                let standard = |value: &f64| scale.map_or(*value, |scale| scale.standardise(*value)) as f32;
                Self::Values(values.iter().map(standard).collect())
            }
        }
    }
}

/// Rows that were picked from a part, side by side.
#[derive(Default)]
struct Piece {
    numbers: Vec<f32>,
    codes: Vec<u32>,
    classes: Vec<u32>,
    values: Vec<f32>,
}

impl Piece {
    fn gather(&mut self, part: &Part, targets: &Targets, rows: &[u32]) {
        let (d_numbers, n_codes) = (part.features.d_numbers, part.features.n_codes);
        self.numbers.clear();
        self.codes.clear();
        for row in rows {
            let row = *row as usize;
            self.numbers.extend_from_slice(&part.features.numbers[row * d_numbers..(row + 1) * d_numbers]);
            self.codes.extend_from_slice(&part.features.codes[row * n_codes..(row + 1) * n_codes]);
        }
        match targets {
            Targets::Classes(classes) => {
                self.classes.clear();
                self.classes.extend(rows.iter().map(|row| classes[*row as usize]));
            }
            Targets::Values(values) => {
                self.values.clear();
                self.values.extend(rows.iter().map(|row| values[*row as usize]));
            }
        }
    }

    fn targets(&self, like: &Targets) -> HostTargets<'_> {
        match like {
            Targets::Classes(_) => HostTargets::Classes(&self.classes),
            Targets::Values(_) => HostTargets::Values(&self.values),
        }
    }
}
