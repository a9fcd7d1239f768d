//! Feeding: the rows of all lanes of a pack on the device, and batches of them.

use burn::tensor::{Device, Int, Tensor, TensorData};
use kitae_data::target::ByTask;
use kitae_model::Inputs;
use kitae_random::{Purpose, Stream};

use crate::engine::mix::Partners;
use crate::mixing::Columns;
use crate::objective::TargetTensor;
use crate::prepare::{LaneData, RoleData, Targets};
use crate::recipe::Feeding;

/// Rows of one role of every lane, uploaded once. Lanes with fewer rows than the largest are padded.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    /// `[n_lanes · n_rows, d_numbers]`
    numbers: Tensor<2>,
    /// `[n_lanes · n_rows, n_codes]`
    codes: Option<Tensor<2, Int>>,
    /// `[n_lanes · n_rows]`
    targets: FlatTargets,
    /// How much rows count in the loss, `[n_lanes · n_rows]`; none if alike.
    weights: Option<Tensor<1>>,
    /// Real rows of each lane.
    pub(crate) counts: Vec<usize>,
    /// Rows of the largest lane.
    longest: usize,
}

type FlatTargets = ByTask<Tensor<1, Int>, Tensor<1>>;

/// Some rows of every lane.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) inputs: Inputs,
    pub(crate) targets: TargetTensor,
    /// How much rows count in the loss, `[n_lanes, n_rows]`, padding not at all; none if all alike.
    pub(crate) weights: Option<Tensor<2>>,
    /// What mixed rows also learn from.
    pub(crate) partners: Option<Partners>,
    /// Real rows of each lane.
    pub(crate) counts: Vec<usize>,
}

impl Rows {
    /// Uploads the rows that `part` picks from each lane.
    pub(crate) fn upload<'a>(
        lanes: &[&'a LaneData],
        part: impl Fn(&'a LaneData) -> &'a RoleData,
        device: &Device,
    ) -> Self {
        let parts: Vec<&RoleData> = lanes.iter().map(|lane| part(lane)).collect();
        let counts: Vec<usize> = parts.iter().map(|part| part.features.n_rows).collect();
        let n_rows = counts.iter().copied().max().unwrap_or(0);
        let (d_numbers, n_codes) = (parts[0].features.d_numbers, parts[0].features.n_codes);
        let total = lanes.len() * n_rows;
        let numbers = stacked(parts.iter().map(|part| part.features.numbers.as_slice()), n_rows * d_numbers);
        let codes = stacked(parts.iter().map(|part| part.features.codes.as_slice()), n_rows * n_codes);
        let codes: Vec<i32> = codes.into_iter().map(|code: u32| code as i32).collect();
        Self {
            numbers: Tensor::from_data(TensorData::new(numbers, [total, d_numbers]), device),
            codes: (n_codes > 0).then(|| Tensor::from_data(TensorData::new(codes, [total, n_codes]), device)),
            targets: flat_targets(lanes, &parts, n_rows, device),
            weights: parts[0].weights.is_some().then(|| {
                let weights = parts.iter().map(|part| part.weights.as_deref().unwrap_or_default());
                Tensor::from_data(TensorData::new(stacked(weights, n_rows), [total]), device)
            }),
            counts,
            longest: n_rows,
        }
    }

    /// The rows `picks[lane]` (positions within the lane's part) of every lane. Lanes with fewer picks
    /// than the longest are padded with rows of weight 0.
    pub(crate) fn select(&self, picks: &[&[u32]]) -> Batch {
        let width = picks.iter().map(|picks| picks.len()).max().unwrap_or(0);
        let mut flat: Vec<i32> = Vec::with_capacity(picks.len() * width);
        for (lane, picks) in picks.iter().enumerate() {
            let offset = (lane * self.longest) as i32;
            flat.extend(picks.iter().map(|row| offset + *row as i32));
            flat.resize((lane + 1) * width, offset);
        }
        let device = self.numbers.device();
        let index: Tensor<1, Int> = Tensor::from_data(TensorData::new(flat, [picks.len() * width]), &device);
        let counts: Vec<usize> = picks.iter().map(|picks| picks.len()).collect();
        let row_weights = padding_weights(&counts, width, &device);
        let shape = |last| [picks.len(), width, last];
        let numbers = match self.numbers.dims()[1] {
            // To be reshaped to a length of 0 means to Burn: as long as it was.
            0 => Tensor::empty(shape(0), &device),
            d_numbers => self.numbers.clone().select(0, index.clone()).reshape(shape(d_numbers)),
        };
        let codes = self
            .codes
            .as_ref()
            .map(|codes| codes.clone().select(0, index.clone()).reshape(shape(codes.dims()[1])));
        let rows = [picks.len(), width];
        let targets = self.targets.clone().map(
            |classes| classes.select(0, index.clone()).reshape(rows),
            |values| values.select(0, index.clone()).reshape(rows),
        );
        let weights = self.weights.as_ref().map(|weights| {
            let weights = weights.clone().select(0, index).reshape(rows);
            row_weights.clone().map_or(weights.clone(), |of_padding| weights.mul(of_padding))
        });
        let weights = weights.or_else(|| row_weights.clone());
        Batch { inputs: Inputs { numbers, codes, row_weights }, targets, weights, partners: None, counts }
    }

    /// Rows `from` to `to` (of the largest lane) of every lane, for evaluation.
    pub(crate) fn range(&self, from: usize, to: usize) -> Batch {
        let picks: Vec<Vec<u32>> = self
            .counts
            .iter()
            .map(|count| (from.min(*count) as u32..to.min(*count) as u32).collect())
            .collect();
        self.select(&picks.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    /// Rows of the largest lane.
    pub(crate) fn len(&self) -> usize {
        self.longest
    }
}

/// Lane after lane, each padded to `size` elements.
fn stacked<'a, T: Copy + Default + 'a>(parts: impl Iterator<Item = &'a [T]>, size: usize) -> Vec<T> {
    let mut all = Vec::new();
    for (lane, part) in parts.enumerate() {
        all.extend_from_slice(part);
        all.resize((lane + 1) * size, T::default());
    }
    all
}

/// Numeric targets are standardised with the scale of their lane's training rows.
fn flat_targets(lanes: &[&LaneData], parts: &[&RoleData], n_rows: usize, device: &Device) -> FlatTargets {
    let total = parts.len() * n_rows;
    let (mut classes, mut values) = (Vec::new(), Vec::new());
    for (number, (lane, part)) in lanes.iter().zip(parts).enumerate() {
        match (&part.targets, &lane.fold.target_scale) {
            (Targets::Classes(codes), _) => classes.extend(codes.iter().map(|code| *code as i32)),
            (Targets::Values(targets), Some(scale)) => {
                values.extend(targets.iter().map(|value| scale.standardise(*value) as f32));
            }
            (Targets::Values(targets), None) => values.extend(targets.iter().map(|value| *value as f32)),
        }
        if matches!(part.targets, Targets::Classes(_)) {
            classes.resize((number + 1) * n_rows, 0);
        } else {
            values.resize((number + 1) * n_rows, 0.0);
        }
    }
    parts[0].targets.as_ref().map(
        |_| Tensor::from_data(TensorData::new(classes, [total]), device),
        |_| Tensor::from_data(TensorData::new(values, [total]), device),
    )
}

/// 1 for real rows, 0 for padding; none where nothing is padded.
fn padding_weights(counts: &[usize], width: usize, device: &Device) -> Option<Tensor<2>> {
    if counts.iter().all(|count| *count == width) {
        return None;
    }
    let weights: Vec<f32> = counts
        .iter()
        .flat_map(|count| (0..width).map(move |row| f32::from(u8::from(row < *count))))
        .collect();
    Some(Tensor::from_data(TensorData::new(weights, [counts.len(), width]), device))
}

/// Batches of the training rows, lane by lane in an order of its own.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    rows: Rows,
    feeding: Feeding,
    lanes: Vec<kitae_model::Lane>,
    pub(crate) columns: Columns,
    whole: Option<Batch>,
}

impl Feed {
    pub(crate) fn new(lanes: &[&LaneData], feeding: Feeding, device: &Device) -> Self {
        let rows = Rows::upload(lanes, |lane| &lane.fold.train, device);
        let one_step = rows.counts.iter().all(|count| n_steps(*count, feeding) == 1);
        let whole = one_step.then(|| rows.range(0, rows.len()));
        let columns = Columns::of(lanes[0].fold.preprocessor.layout());
        Self { rows, feeding, lanes: lanes.iter().map(|lane| lane.lane).collect(), columns, whole }
    }

    /// Training rows of each lane.
    pub(crate) fn counts(&self) -> &[usize] {
        &self.rows.counts
    }

    /// Steps of an epoch; the same for all lanes of a pack.
    pub(crate) fn n_steps(&self) -> usize {
        n_steps(self.rows.counts[0], self.feeding)
    }

    /// The order in which each lane sees its rows in `epoch`.
    pub(crate) fn orders(&self, epoch: usize) -> Vec<Vec<u32>> {
        if self.whole.is_some() {
            return Vec::new();
        }
        let order = |(lane, count): (&kitae_model::Lane, &usize)| {
            Stream::new(lane.seed, Purpose::RowOrder, [lane.index, epoch as u64, 0]).permutation(*count)
        };
        self.lanes.iter().zip(&self.rows.counts).map(order).collect()
    }

    /// The batch of `step` (from 0).
    pub(crate) fn batch(&self, orders: &[Vec<u32>], step: usize) -> Batch {
        if let Some(whole) = &self.whole {
            return whole.clone();
        }
        let picks: Vec<&[u32]> = orders
            .iter()
            .map(|order| {
                let (from, to) = step_rows(order.len(), self.feeding, step);
                &order[from..to]
            })
            .collect();
        self.rows.select(&picks)
    }
}

/// Steps of an epoch over `n_rows` rows. A last batch of one row joins the one before it, because
/// batch norm cannot use it.
pub(crate) fn n_steps(n_rows: usize, feeding: Feeding) -> usize {
    let size = feeding.batch_rows(n_rows).max(1);
    match (n_rows / size, n_rows % size) {
        (0, _) => 1,
        (full, 0 | 1) => full,
        (full, _) => full + 1,
    }
}

/// The first row of `step` and the one after its last.
pub(crate) fn step_rows(n_rows: usize, feeding: Feeding, step: usize) -> (usize, usize) {
    let size = feeding.batch_rows(n_rows).max(1);
    let to = if step + 1 == n_steps(n_rows, feeding) { n_rows } else { (step + 1) * size };
    (step * size, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_fed_once_an_epoch_and_no_batch_is_a_single_row() {
        for (n_rows, rows) in (2..40).flat_map(|n| (2..12).map(move |rows| (n, rows))) {
            let feeding = Feeding::Mini { rows };
            let mut next = 0;
            for step in 0..n_steps(n_rows, feeding) {
                let (from, to) = step_rows(n_rows, feeding, step);
                assert_eq!(from, next);
                assert!(to - from >= 2, "{n_rows} rows in batches of {rows}: one row in step {step}");
                assert!(to - from <= rows + 1);
                next = to;
            }
            assert_eq!(next, n_rows);
        }
    }

    #[test]
    fn full_batch_is_one_step_and_online_is_one_step_a_row() {
        assert_eq!(n_steps(100, Feeding::Full), 1);
        assert_eq!(n_steps(100, Feeding::Online), 100);
        assert_eq!(step_rows(100, Feeding::Online, 99), (99, 100));
    }
}
