//! What one thread does for a step: some rows of a batch, and the buffers for them.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use kitae_model::host::{Before, HostNetwork, HostNoise, HostRows, Workspace};
use rayon::prelude::*;

use super::rows::{LaneTargets, MicroBatch};
use crate::engine::machine::MOMENTUM;
use crate::mixing::Mix;
use crate::objective::{HostLoss, Objective};
use crate::prepare::RoleData;

/// Rows that are worth a thread.
const SHARD_ROWS: usize = 128;

/// Rows from which a shard costs nothing beside its products: two shards of half as many take 7 % longer
/// (width 512), as each packs the weights and has gradients of its own, which have to be added up.
const FULL_ROWS: usize = 256;

/// Shards that a batch is cut into before they become fuller.
const FEW_SHARDS: usize = 4;

const MAX_SHARDS: usize = 8;

/// Numbers of a network below which a step is too short to be shared.
const WIDE: usize = 1 << 15;

/// How many shards the largest batch of a lane is cut into, and how many rows one has room for.
pub(super) fn cut(network: &HostNetwork, n_batch: usize, n_validation: usize) -> (usize, usize) {
    let at_once = network.micro_batch_rows();
    if network.wants_whole_batches() {
        return (1, n_batch.max(n_validation.min(at_once)));
    }
    let n_shards = n_shards(n_batch * network.config().ensemble.n_members(), network.values().len());
    (n_shards, n_batch.max(n_validation).div_ceil(n_shards).min(at_once))
}

/// How many shards a batch is cut into, given its rows, each once for every member of an ensemble. It does
/// not depend on the machine, so neither do the bits of a result: a thread that has no other to help it
/// carries out all shards.
fn n_shards(n_rows: usize, n_values: usize) -> usize {
    if n_values < WIDE {
        return 1;
    }
    let few = (n_rows / SHARD_ROWS).clamp(1, FEW_SHARDS);
    (n_rows / FULL_ROWS).clamp(few, MAX_SHARDS)
}

/// Buffers for some rows of a step.
pub(crate) struct Shard {
    work: Workspace,
    micro_batch: MicroBatch,
    by_logits: Vec<f32>,
    /// The partners of the rows of `micro_batch`, where rows are mixed.
    partners: MicroBatch,
    /// Gradients of the loss with the partners' targets.
    by_partners: Vec<f32>,
    gradients: Vec<f32>,
}

/// The shards that no lane needs at the moment. Lanes of a run are alike, and few of them are trained at
/// once, however many wait for their turn.
#[derive(Default)]
pub(crate) struct Spare(Mutex<Vec<Vec<Shard>>>);

impl Spare {
    /// `n_shards` shards for up to `max_rows` rows each.
    pub(super) fn take(&self, network: &HostNetwork, n_shards: usize, max_rows: usize) -> Vec<Shard> {
        let fits = |shards: &Vec<Shard>| shards.len() == n_shards && shards[0].work.max_rows() == max_rows;
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match spare.iter().position(fits) {
            Some(position) => spare.swap_remove(position),
            None => (0..n_shards).map(|_| Shard::new(network, max_rows)).collect(),
        }
    }

    /// Takes shards back.
    pub(super) fn give(&self, shards: Vec<Shard>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(shards);
    }
}

/// What all shards of a step have in common.
pub(super) struct Step<'a> {
    pub(super) objective: &'a Objective,
    pub(super) part: &'a RoleData,
    pub(super) targets: &'a LaneTargets,
    /// What the mean over the rows divides by.
    pub(super) total: f64,
    /// What happens to the rows before the pass; none if they stay as they are.
    pub(super) mix: Option<Mix>,
    pub(super) noise: &'a HostNoise,
}

impl Shard {
    fn new(network: &HostNetwork, n_rows: usize) -> Self {
        let config = network.config();
        Self {
            work: Workspace::new(network, n_rows),
            micro_batch: MicroBatch::default(),
            by_logits: vec![0.0; n_rows * config.ensemble.n_members() * config.n_outputs],
            partners: MicroBatch::default(),
            by_partners: Vec::new(),
            gradients: vec![0.0; network.values().len()],
        }
    }

    /// The gradient of the rows `range` of a batch; the sum of their losses.
    fn train(&mut self, network: &HostNetwork, step: &Step, rows: &[u32], range: Range<usize>) -> f64 {
        let (mut sum, mut before) = (0.0, Before::Forget);
        for from in range.clone().step_by(self.work.max_rows()) {
            let micro_batch = from..range.end.min(from + self.work.max_rows());
            self.gather(network.config().ensemble.n_members(), step, rows, micro_batch);
            sum += self.pass(network, step, from, before);
            before = Before::Add;
        }
        sum
    }

    /// Puts a micro-batch of a batch side by side, mixed with its partners, who may be in other
    /// micro-batches.
    fn gather(&mut self, n_members: usize, step: &Step, rows: &[u32], micro_batch: Range<usize>) {
        self.micro_batch.gather(step.part, step.targets, &rows[micro_batch.clone()]);
        self.micro_batch.spread_targets(n_members);
        let Some(mix) = &step.mix else { return };
        let partners = &mix.partners[micro_batch.clone()];
        let partners: Vec<u32> = partners.iter().map(|partner| rows[*partner as usize]).collect();
        self.partners.gather(step.part, step.targets, &partners);
        self.partners.spread_targets(n_members);
        mix.mix_numbers(&mut self.micro_batch.numbers, &self.partners.numbers);
        mix.mix_codes(micro_batch.start, &mut self.micro_batch.codes, &self.partners.codes);
    }

    /// The gradient of the gathered rows, `first_row` and after of the batch, is added to that `before` or
    /// replaces it; the sum of their losses.
    fn pass(&mut self, network: &HostNetwork, step: &Step, first_row: usize, before: Before) -> f64 {
        let (objective, n_outputs) = (step.objective, network.config().n_outputs);
        let inputs = HostRows { numbers: &self.micro_batch.numbers, codes: &self.micro_batch.codes };
        let logits = network.forward_train(&inputs, first_row, step.noise, &mut self.work);
        let by_logits = &mut self.by_logits[..logits.len()];
        // The share of a row's own target; the rest is its partner's.
        let own = step.mix.as_ref().map_or(1.0, |mix| mix.own);
        let shard = |of: f32| (f64::from(of) / step.total) as f32;
        let targets = self.micro_batch.targets(step.targets);
        let mut sum = objective.host_loss(logits, n_outputs, targets, shard(own), by_logits);
        if own < 1.0 {
            self.by_partners.resize(logits.len(), 0.0);
            let (others, partners) = (1.0 - own, self.partners.targets(step.targets));
            let of_partners =
                objective.host_loss(logits, n_outputs, partners, shard(others), &mut self.by_partners);
            sum = f64::from(own) * sum + f64::from(others) * of_partners;
            by_logits.iter_mut().zip(&self.by_partners).for_each(|(slope, other)| *slope += other);
        }
        network.backward(&inputs, by_logits, &mut self.work, &mut self.gradients, before);
        sum
    }

    /// Raw outputs of the rows `range`, the sum of their losses and of their weights.
    fn evaluate(
        &mut self,
        network: &HostNetwork,
        objective: &Objective,
        (part, targets): (&RoleData, &LaneTargets),
        range: Range<usize>,
    ) -> (Vec<f32>, f64, f64) {
        let (mut all, mut sum, mut weight) = (Vec::new(), 0.0, 0.0);
        for from in range.clone().step_by(self.work.max_rows()) {
            let rows: Vec<u32> = (from as u32..range.end.min(from + self.work.max_rows()) as u32).collect();
            self.micro_batch.gather(part, targets, &rows);
            self.micro_batch.spread_targets(network.config().ensemble.n_members());
            let inputs = HostRows { numbers: &self.micro_batch.numbers, codes: &self.micro_batch.codes };
            let logits = network.forward(&inputs, &mut self.work);
            let targets = self.micro_batch.targets(targets);
            let by_logits = &mut self.by_logits[..logits.len()];
            sum += objective.host_loss(logits, network.config().n_outputs, targets, 1.0, by_logits);
            weight += objective.total_weight(targets);
            all.extend_from_slice(logits);
        }
        (all, sum, weight)
    }
}

/// The gradient of the mean loss of a batch, and that loss.
pub(super) fn train<'a>(
    shards: &'a mut [Shard],
    network: &mut HostNetwork,
    step: &Step,
    rows: &[u32],
) -> (&'a mut [f32], f64) {
    let n_rows = rows.len() * network.config().ensemble.n_members();
    let n = n_shards(n_rows, network.values().len()).min(shards.len());
    if n > 1 {
        network.turn_weights();
    }
    let network = &*network;
    let (first, others) = shards[..n].split_first_mut().expect("a lane has a share");
    if others.is_empty() {
        let sum = first.train(network, step, rows, 0..rows.len());
        return (&mut first.gradients, sum / step.total);
    }
    let range = |position: usize| position * rows.len() / n..(position + 1) * rows.len() / n;
    let (sum, sums) = rayon::join(
        || first.train(network, step, rows, range(0)),
        || {
            let others = others.par_iter_mut().enumerate();
            others.map(|(i, shard)| shard.train(network, step, rows, range(i + 1))).collect::<Vec<f64>>()
        },
    );
    add(&mut first.gradients, others);
    (&mut first.gradients, (sum + sums.iter().sum::<f64>()) / step.total)
}

/// Moves running statistics towards those of the batch of the last [`train`].
pub(super) fn absorb(shards: &[Shard], network: &mut HostNetwork) {
    // What has such statistics is not cut.
    network.absorb(&shards[0].work, MOMENTUM);
}

/// Adds the gradients of the other shards, always in the same order.
fn add(gradients: &mut [f32], others: &[Shard]) {
    const BLOCK: usize = 1 << 14;
    gradients.par_chunks_mut(BLOCK).enumerate().for_each(|(block, sums)| {
        for shard in others {
            let numbers = &shard.gradients[block * BLOCK..][..sums.len()];
            sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
        }
    });
}

/// The mean loss (over members too) and the raw outputs, of all members together, of all rows of a part.
pub(super) fn evaluate(
    shards: &mut [Shard],
    network: &HostNetwork,
    objective: &Objective,
    part: (&RoleData, &LaneTargets),
) -> (f64, Vec<f32>) {
    let (n, n_rows) = (shards.len(), part.0.features.n_rows);
    let range = |position: usize| position * n_rows / n..(position + 1) * n_rows / n;
    let shards = shards.par_iter_mut().enumerate();
    let evaluated: Vec<(Vec<f32>, f64, f64)> =
        shards.map(|(i, shard)| shard.evaluate(network, objective, part, range(i))).collect();
    let (mut logits, mut loss, mut weight) = (Vec::new(), 0.0, 0.0);
    for (shard, sum, total) in evaluated {
        logits.extend(shard);
        loss += sum;
        weight += total;
    }
    let config = network.config();
    let logits = objective.joined(logits, config.n_outputs, config.ensemble.n_members());
    (if weight > 0.0 { loss / weight } else { 0.0 }, logits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_of_wide_networks_are_cut_by_their_rows_alone() {
        let cut = |n_rows| n_shards(n_rows, WIDE);
        assert_eq!([32, 128, 256, 512, 1024, 1536, 2048, 100_000].map(cut), [1, 1, 2, 4, 4, 6, 8, 8]);
        // A step of a narrow network is over before another thread has begun to help.
        assert_eq!(n_shards(100_000, WIDE - 1), 1);
    }
}
