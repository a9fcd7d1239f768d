//! The learning-rate range test: one short run whose learning rate rises until the loss explodes.

use burn::module::Module;
use burn::tensor::Device;
use kitae_model::NetworkConfig;
use serde::{Deserialize, Serialize};

use crate::engine::course::Course;
use crate::engine::evaluate::host;
use crate::engine::initial::initial_network;
use crate::engine::machine::LaneStart;
use crate::engine::tensors::TensorMachine;
use crate::error::RecipeError;
use crate::prepare::{LaneData, LaneHyperparameters};
use crate::recipe::Recipe;
use crate::schedule::{Schedule, ScheduleConfig};

/// A step of the range test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RangePoint {
    /// The learning rate of the step.
    pub learning_rate: f64,
    /// The loss of the step's batch, smoothed over the steps before it.
    pub loss: f64,
}

/// The lowest and the highest learning rate of the test.
const RANGE: (f64, f64) = (1e-6, 10.0);

/// Steps from the lowest to the highest rate.
const STEPS: usize = 140;

/// How much of the smoothed loss a step keeps.
const SMOOTHING: f64 = 0.9;

/// The test ends where the smoothed loss is this many times the lowest one.
const EXPLODED: f64 = 4.0;

/// Trains one lane while the learning rate rises from step to step by the same factor (Smith 2017,
/// "Cyclical learning rates"). The lane's rows, optimiser and regularisers are those of the recipe;
/// its schedule and averages are left out. The validation and held-out rows are not touched.
///
/// # Errors
///
/// If the optimiser is L-BFGS, which has no learning rate, or the network cannot start.
pub fn range_test(
    recipe: &Recipe,
    network: &NetworkConfig,
    lane: &LaneData,
    device: &Device,
) -> Result<Vec<RangePoint>, RecipeError> {
    if recipe.optimiser.is_lbfgs() {
        return Err(RecipeError::unfit(
            "optimiser",
            "L-BFGS searches its own step and has no learning rate to test",
        ));
    }
    let mut constant = recipe.clone();
    constant.training.schedule = ScheduleConfig::from(Schedule::Constant);
    let weights = initial_network(network, &[lane], device).valid().weights();
    let machine = TensorMachine::new(recipe, network, &[LaneStart::new(lane, &weights[0])], device);
    let machine = machine.map_err(|reason| RecipeError::unfit("network", reason))?;
    Ok(rise(machine, &constant, &lane.hyperparameters))
}

fn rise(
    mut machine: TensorMachine,
    recipe: &Recipe,
    hyperparameters: &LaneHyperparameters,
) -> Vec<RangePoint> {
    let n_steps = machine.feed.n_steps();
    let (mut points, mut smoothed, mut lowest) = (Vec::new(), 0.0, f64::INFINITY);
    for number in 0..STEPS {
        let learning_rate = RANGE.0 * (RANGE.1 / RANGE.0).powf(number as f64 / (STEPS - 1) as f64);
        let hyperparameters = LaneHyperparameters { learning_rate, ..hyperparameters.clone() };
        let (epoch, step) = (1 + number / n_steps, number % n_steps);
        let course = Course { recipe, hyperparameters: vec![&hyperparameters], factors: vec![1.0], epoch };
        let batch = machine.feed.batch(&machine.feed.orders(epoch), step);
        let losses;
        (machine, losses) = machine.step(batch, &course, step, n_steps);
        smoothed = SMOOTHING * smoothed + (1.0 - SMOOTHING) * f64::from(host(losses)[0]);
        // The first steps would be drawn towards the zero that the smoothing starts from.
        let loss = smoothed / (1.0 - SMOOTHING.powi(number as i32 + 1));
        if !loss.is_finite() || loss > EXPLODED * lowest {
            break;
        }
        lowest = lowest.min(loss);
        points.push(RangePoint { learning_rate, loss });
    }
    points
}

/// A tenth of the rate at which the smoothed loss was lowest: where it still falls fast and is far
/// from exploding. None if the loss never fell.
pub fn suggested_rate(points: &[RangePoint]) -> Option<f64> {
    let lowest = points.iter().min_by(|a, b| a.loss.total_cmp(&b.loss))?;
    (lowest.loss < points.first()?.loss).then_some(lowest.learning_rate / 10.0)
}
