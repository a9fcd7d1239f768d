//! L-BFGS for training on all rows at once, on host memory.
//!
//! Liu and Nocedal, "On the limited memory BFGS method" (1989): the direction comes from the last few
//! moves and the changes of gradient they brought. The step length satisfies the weak Wolfe
//! conditions, found by doubling and bisection (Lewis and Overton 2013).

mod search;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::OptimiserState;
use search::Search;

/// Sums that a product of vectors is added up in: two registers of eight numbers of double precision.
const N_SUMS: usize = 16;

/// The constants of L-BFGS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LbfgsConfig {
    /// How many moves are remembered, 1 to 1000.
    pub history: usize,
    /// Moves within one [`Lbfgs::step`], 1 to 10,000. The first of a step costs one evaluation more.
    pub iterations: usize,
    /// Evaluations for one move before the search gives up, 1 to 1000.
    pub trials: usize,
}

impl Default for LbfgsConfig {
    /// Ten moves remembered (scikit-learn's solver), twenty moves a step (`PyTorch`), and as many trials
    /// as `PyTorch`'s line search has.
    fn default() -> Self {
        Self { history: 10, iterations: 20, trials: 25 }
    }
}

/// Loss and gradient at some parameters.
pub type Evaluate<'a> = dyn FnMut(&[f32]) -> (f64, Vec<f32>) + 'a;

/// L-BFGS at work on one lane.
#[derive(Clone, Debug)]
pub struct Lbfgs {
    config: LbfgsConfig,
    /// How the parameters changed in each of the last moves, oldest first.
    moves: Vec<Vec<f32>>,
    /// How the gradient changed in each move.
    turns: Vec<Vec<f32>>,
}

/// Where the lane is.
#[derive(Clone, Debug)]
struct Point {
    parameters: Vec<f32>,
    loss: f64,
    gradient: Vec<f32>,
}

impl Lbfgs {
    /// L-BFGS before its first step.
    pub fn new(config: LbfgsConfig) -> Self {
        Self { config, moves: Vec::new(), turns: Vec::new() }
    }

    /// L-BFGS that goes on where a lane with `n_parameters` parameters was.
    ///
    /// # Errors
    ///
    /// A sentence that says which vector is missing or has the wrong length.
    pub fn from_state(
        config: LbfgsConfig,
        state: &OptimiserState,
        n_parameters: usize,
    ) -> Result<Self, String> {
        let list = |name: &str| -> Vec<Vec<f32>> {
            let named = state.buffers.iter().filter(|(key, _)| key.starts_with(name));
            named.map(|(_, vector)| vector.clone()).collect()
        };
        let (moves, turns) = (list("move."), list("turn."));
        if moves.len() != turns.len() {
            let (moves, turns) = (moves.len(), turns.len());
            return Err(format!("moves and turns must be as many as each other, got {moves} and {turns}"));
        }
        match moves.iter().chain(&turns).find(|vector| vector.len() != n_parameters) {
            Some(vector) => {
                Err(format!("a remembered move must have {n_parameters} values, got {}", vector.len()))
            }
            None => Ok(Self { config, moves, turns }),
        }
    }

    /// What is remembered, in the form of other optimisers' states; empty before the first step.
    pub fn state(&self) -> OptimiserState {
        let named = |name: &str, vectors: &[Vec<f32>]| -> Vec<(String, Vec<f32>)> {
            vectors.iter().enumerate().map(|(i, vector)| (format!("{name}.{i:06}"), vector.clone())).collect()
        };
        let buffers = named("move", &self.moves).into_iter().chain(named("turn", &self.turns)).collect();
        OptimiserState { steps: 0, buffers }
    }

    /// Moves downhill, [`LbfgsConfig::iterations`] times or until it stands at a minimum, and returns the new
    /// parameters. `evaluate` must be the same function throughout a step; between steps it may change. The
    /// loss never grows. Where loss or gradient are not finite, nothing moves.
    pub fn step(&mut self, parameters: Vec<f32>, evaluate: &mut Evaluate<'_>) -> Vec<f32> {
        let mut point = Point::at(parameters, evaluate);
        for _ in 0..self.config.iterations {
            let Some(search) = self.begin(&point) else { break };
            let found = search.run(&point, self.config.trials, evaluate);
            if !self.conclude(&mut point, found) {
                break;
            }
        }
        point.parameters
    }

    /// The search from `point`; none where nothing can be gained.
    fn begin(&mut self, point: &Point) -> Option<Search> {
        if !point.is_finite() || point.gradient.iter().all(|slope| *slope == 0.0) {
            return None;
        }
        if !self.moves.is_empty() {
            let search = Search::new(point, self.direction(&point.gradient), 1.0);
            if search.is_some() {
                return search;
            }
            // What is remembered no longer points downhill.
            self.forget();
        }
        steepest(point)
    }

    fn forget(&mut self) {
        self.moves.clear();
        self.turns.clear();
    }

    /// Minus the inverse Hessian times the gradient, by the two-loop recursion.
    fn direction(&self, gradient: &[f32]) -> Vec<f64> {
        let mut direction: Vec<f64> = gradient.iter().map(|slope| -f64::from(*slope)).collect();
        let pairs: Vec<(&Vec<f32>, &Vec<f32>, f64)> =
            self.moves.iter().zip(&self.turns).map(|(step, turn)| (step, turn, dot(step, turn))).collect();
        let mut weights = Vec::with_capacity(pairs.len());
        for (step, turn, curvature) in pairs.iter().rev() {
            let weight = project(step, &direction) / curvature;
            add(&mut direction, -weight, turn);
            weights.push(weight);
        }
        if let Some((_, turn, curvature)) = pairs.last() {
            let scale = curvature / dot(turn, turn);
            for value in &mut direction {
                *value *= scale;
            }
        }
        for ((step, turn, curvature), weight) in pairs.iter().zip(weights.iter().rev()) {
            let back = project(turn, &direction) / curvature;
            add(&mut direction, weight - back, step);
        }
        direction
    }

    /// Moves `point` to what the search found and remembers the move. Whether there is more to try: nothing
    /// is left where not even the steepest descent found anything.
    fn conclude(&mut self, point: &mut Point, found: Option<Point>) -> bool {
        let Some(found) = found else {
            let was_steepest = self.moves.is_empty();
            self.forget();
            return !was_steepest;
        };
        let step = difference(&found.parameters, &point.parameters);
        let turn = difference(&found.gradient, &point.gradient);
        *point = found;
        // Only a positive curvature keeps the remembered Hessian positive definite.
        if dot(&step, &turn) > f64::EPSILON * dot(&turn, &turn) {
            self.moves.push(step);
            self.turns.push(turn);
        }
        let surplus = self.moves.len().saturating_sub(self.config.history);
        self.moves.drain(..surplus);
        self.turns.drain(..surplus);
        true
    }
}

impl Point {
    fn at(parameters: Vec<f32>, evaluate: &mut Evaluate<'_>) -> Self {
        let (loss, gradient) = evaluate(&parameters);
        Self { parameters, loss, gradient }
    }

    fn is_finite(&self) -> bool {
        let mut values = self.parameters.iter().chain(&self.gradient);
        self.loss.is_finite() && values.all(|value| value.is_finite())
    }
}

/// Nothing is known about curvature: the first trial moves by 1 in all (`PyTorch`'s choice).
fn steepest(point: &Point) -> Option<Search> {
    let size: f64 = point.gradient.iter().map(|slope| f64::from(slope.abs())).sum();
    let direction = point.gradient.iter().map(|slope| -f64::from(*slope)).collect();
    Search::new(point, direction, size.recip().min(1.0))
}

fn dot(left: &[f32], right: &[f32]) -> f64 {
    sum_of_products(left, right, |right| f64::from(*right))
}

fn project(left: &[f32], right: &[f64]) -> f64 {
    sum_of_products(left, right, |right| *right)
}

/// In [`N_SUMS`] sums side by side: one alone would wait for each addition.
fn sum_of_products<T>(left: &[f32], right: &[T], wide: impl Fn(&T) -> f64) -> f64 {
    let mut sums = [0.0; N_SUMS];
    let (left, right) = (left.chunks_exact(N_SUMS), right.chunks_exact(N_SUMS));
    let rest = left.remainder().iter().zip(right.remainder());
    let rest: f64 = rest.map(|(left, right)| f64::from(*left) * wide(right)).sum();
    for (left, right) in left.zip(right) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += f64::from(*left) * wide(right);
        }
    }
    sums.iter().sum::<f64>() + rest
}

fn add(sum: &mut [f64], factor: f64, values: &[f32]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += factor * f64::from(*value);
    }
}

fn difference(left: &[f32], right: &[f32]) -> Vec<f32> {
    left.iter().zip(right).map(|(left, right)| left - right).collect()
}
