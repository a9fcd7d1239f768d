//! Lanes that are trained together in one tensor programme.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use kitae_infer::layout::layout;
use kitae_model::{DropoutRates, Lane, Network, NetworkConfig, Noise, Weights, WeightsError};

use crate::engine::course::Course;
use crate::engine::evaluate::{LaneOutputs, evaluate, host};
use crate::engine::feed::{Batch, Feed, Rows};
use crate::engine::machine::{CHECK_STEPS, LaneStart, MOMENTUM};
use crate::objective::{Loss, Objective};
use crate::optimiser::{Optimiser, OptimiserState, Parameter, Rates};
use crate::prepare::LaneData;
use crate::recipe::Recipe;

/// The tensors of the active lanes.
pub(crate) struct TensorMachine {
    network: Network,
    /// On the plain device; none before an average has begun.
    average: Option<Network>,
    optimiser: Optimiser,
    pub(crate) feed: Feed,
    validation_rows: Rows,
    lanes: Vec<Lane>,
}

impl TensorMachine {
    /// Uploads numbers and rows of lanes that begin or go on.
    ///
    /// # Errors
    ///
    /// A sentence that says why weights or states do not fit.
    pub(crate) fn new(
        recipe: &Recipe,
        network: &NetworkConfig,
        starts: &[LaneStart],
        device: &Device,
    ) -> Result<Self, String> {
        let load = |weights: Vec<&Weights>, device: &Device| {
            Network::load(network, &weights, device).map_err(|error: WeightsError| error.to_string())
        };
        let averages: Option<Vec<&Weights>> = starts.iter().map(|start| start.averaged).collect();
        let states: Option<Vec<OptimiserState>> =
            starts.iter().map(|start| start.optimiser.cloned()).collect();
        let shapes = layout(network).into_iter().filter_map(|slot| Some((slot.role()?, slot.shape)));
        let shapes: Vec<_> = shapes.collect();
        let data: Vec<&LaneData> = starts.iter().map(|start| start.data).collect();
        Ok(Self {
            network: load(starts.iter().map(|start| start.weights).collect(), &device.clone().autodiff())?,
            average: averages.map(|averages| load(averages, device)).transpose()?,
            optimiser: match states {
                None => Optimiser::new(&recipe.update()),
                Some(states) => Optimiser::from_state(&recipe.update(), &states, &shapes, device)?,
            },
            feed: Feed::new(&data, recipe.training.feeding, device),
            validation_rows: Rows::upload(&data, |lane| &lane.fold.validation, device),
            lanes: data.iter().map(|lane| lane.lane).collect(),
        })
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
        let mix = |(lane, n_rows): (&Lane, &usize)| course.mix(step, *lane, *n_rows, &self.feed.columns);
        let mixes: Vec<_> = self.lanes.iter().zip(&batch.counts).map(mix).collect();
        let Batch { inputs, targets, weights, partners, .. } = batch.mixed(&mixes);
        let elapsed = course.elapsed(step, n_steps);
        let each = || 0..self.lanes.len();
        let dropout = by_layer(&each().map(|lane| course.dropout(&elapsed, lane)).collect::<Vec<_>>());
        let rates: Vec<Rates> = each().map(|lane| course.rates(&elapsed, lane)).collect();
        let noise = Noise {
            rates: DropoutRates::PerLane(&dropout),
            lanes: &self.lanes,
            epoch: course.epoch as u64,
            step: step as u64,
        };
        let objective = &course.recipe.objective;
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
        let updated = self.optimiser.step(parameters, &rates);
        self.network = self.network.with_parameters(updated);
        self.network.absorb(statistics, MOMENTUM);
        (self, losses.inner())
    }

    /// Moves the average of each lane by `share` towards its weights.
    fn average(&mut self, share: f64) {
        match &mut self.average {
            Some(average) if share < 1.0 => average.approach(&self.network, share),
            average => *average = Some(self.network.valid()),
        }
    }

    /// Loss and raw outputs of each lane's validation rows, by the averaged weights where there are any.
    pub(crate) fn evaluate(&self, objective: &Objective) -> LaneOutputs {
        match &self.average {
            Some(average) => evaluate(average, &self.validation_rows, objective),
            None => evaluate(&self.network.valid(), &self.validation_rows, objective),
        }
    }

    /// Copies of the weights of each lane.
    pub(crate) fn weights(&self) -> Vec<Weights> {
        self.network.valid().weights()
    }

    /// The averaged weights of each lane; none before an average has begun.
    pub(crate) fn averages(&self) -> Vec<Option<Weights>> {
        match &self.average {
            Some(average) => average.weights().into_iter().map(Some).collect(),
            None => vec![None; self.lanes.len()],
        }
    }

    /// What the optimiser remembers of each lane.
    pub(crate) fn states(&self) -> Vec<OptimiserState> {
        let mut states = self.optimiser.state();
        states.resize_with(self.lanes.len(), OptimiserState::default);
        states
    }
}

/// `rates[lane][layer]` as `[layer][lane]`.
fn by_layer(rates: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n_layers = rates.first().map_or(0, Vec::len);
    (0..n_layers).map(|layer| rates.iter().map(|lane| lane[layer]).collect()).collect()
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
