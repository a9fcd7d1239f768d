//! L-BFGS for training on all rows at once, on the host, each lane on its own.
//!
//! Liu and Nocedal, "On the limited memory BFGS method" (1989): the direction comes from the last few
//! moves and the changes of gradient they brought. The step length satisfies the weak Wolfe
//! conditions, found by doubling and bisection (Lewis and Overton 2013). Lanes are searched side by
//! side: every evaluation is one pass over all of them.

mod search;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

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

impl LbfgsConfig {
    /// Checks every number; `key` is the place in the recipe, for the message.
    ///
    /// # Errors
    ///
    /// A sentence that says which key is out of which range.
    pub fn check(&self, key: &str) -> Result<(), String> {
        let ranges = [
            ("history", self.history, 1_000),
            ("iterations", self.iterations, 10_000),
            ("trials", self.trials, 1_000),
        ];
        match ranges.into_iter().find(|(_, value, most)| !(1..=*most).contains(value)) {
            Some((name, value, most)) => Err(format!("`{key}.{name}` must be 1 to {most}, got {value}")),
            None => Ok(()),
        }
    }
}

/// What L-BFGS remembers of one lane: its last moves, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LbfgsState {
    /// How the parameters changed in each move.
    pub moves: Vec<Vec<f32>>,
    /// How the gradient changed in each move.
    pub turns: Vec<Vec<f32>>,
}

/// Losses and gradients of all lanes at the parameters of all lanes, one flat vector each.
pub type Evaluate<'a> = dyn FnMut(&[Vec<f32>]) -> (Vec<f64>, Vec<Vec<f32>>) + 'a;

/// L-BFGS at work.
#[derive(Clone, Debug)]
pub struct Lbfgs {
    config: LbfgsConfig,
    lanes: Vec<LbfgsState>,
}

/// Where a lane is.
#[derive(Clone, Debug)]
struct Point {
    parameters: Vec<f32>,
    loss: f64,
    gradient: Vec<f32>,
}

impl Lbfgs {
    /// L-BFGS before its first step.
    pub fn new(config: LbfgsConfig) -> Self {
        Self { config, lanes: Vec::new() }
    }

    /// L-BFGS that goes on where `lanes` were. `n_parameters` is the length of a lane's parameters.
    ///
    /// # Errors
    ///
    /// A sentence that says which vector has the wrong length.
    pub fn from_state(
        config: LbfgsConfig,
        lanes: Vec<LbfgsState>,
        n_parameters: usize,
    ) -> Result<Self, String> {
        for lane in &lanes {
            if lane.moves.len() != lane.turns.len() {
                let (moves, turns) = (lane.moves.len(), lane.turns.len());
                return Err(format!(
                    "moves and turns must be as many as each other, got {moves} and {turns}"
                ));
            }
            let wrong = lane.moves.iter().chain(&lane.turns).find(|vector| vector.len() != n_parameters);
            if let Some(vector) = wrong {
                let got = vector.len();
                return Err(format!("a remembered move must have {n_parameters} values, got {got}"));
            }
        }
        Ok(Self { config, lanes })
    }

    /// What is remembered of each lane; empty before the first step.
    pub fn state(&self) -> &[LbfgsState] {
        &self.lanes
    }

    /// Keeps the lanes at these positions, in this order, and forgets the others.
    ///
    /// # Panics
    ///
    /// If a position is out of range.
    pub fn retain(&mut self, lanes: &[usize]) {
        if !self.lanes.is_empty() {
            self.lanes = lanes.iter().map(|lane| self.lanes[*lane].clone()).collect();
        }
    }

    /// Moves every lane downhill, [`LbfgsConfig::iterations`] times or until it stands at a minimum,
    /// and returns the new parameters. `evaluate` must be the same function throughout a step; between
    /// steps it may change. The loss of a lane never grows. A lane whose loss or gradient is not
    /// finite stays where it is.
    pub fn step(&mut self, parameters: Vec<Vec<f32>>, evaluate: &mut Evaluate<'_>) -> Vec<Vec<f32>> {
        self.lanes.resize_with(parameters.len(), LbfgsState::default);
        let mut points = measured(parameters, evaluate);
        let mut resting = vec![false; points.len()];
        for _ in 0..self.config.iterations {
            let begin = |((lane, point), rests): ((&mut LbfgsState, &Point), &bool)| {
                if *rests { None } else { lane.begin(point) }
            };
            let mut searches: Vec<Option<Search>> =
                self.lanes.iter_mut().zip(&points).zip(&resting).map(begin).collect();
            if searches.iter().all(Option::is_none) {
                break;
            }
            search::run(&mut searches, &points, self.config.trials, evaluate);
            for (i, search) in searches.into_iter().enumerate() {
                let found = search.and_then(Search::found);
                resting[i] = self.lanes[i].conclude(&mut points[i], found, self.config.history);
            }
        }
        points.into_iter().map(|point| point.parameters).collect()
    }
}

impl LbfgsState {
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
            *self = Self::default();
        }
        steepest(point)
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

    /// Moves `point` to what the search found and remembers the move. Returns whether the lane rests:
    /// not even the steepest descent found anything.
    fn conclude(&mut self, point: &mut Point, found: Option<Point>, history: usize) -> bool {
        let Some(found) = found else {
            let was_steepest = self.moves.is_empty();
            *self = Self::default();
            return was_steepest;
        };
        let step = difference(&found.parameters, &point.parameters);
        let turn = difference(&found.gradient, &point.gradient);
        *point = found;
        // Only a positive curvature keeps the remembered Hessian positive definite.
        if dot(&step, &turn) > f64::EPSILON * dot(&turn, &turn) {
            self.moves.push(step);
            self.turns.push(turn);
        }
        let surplus = self.moves.len().saturating_sub(history);
        self.moves.drain(..surplus);
        self.turns.drain(..surplus);
        false
    }
}

impl Point {
    fn is_finite(&self) -> bool {
        let mut values = self.parameters.iter().chain(&self.gradient);
        self.loss.is_finite() && values.all(|value| value.is_finite())
    }
}

fn measured(parameters: Vec<Vec<f32>>, evaluate: &mut Evaluate<'_>) -> Vec<Point> {
    let (losses, gradients) = evaluate(&parameters);
    let measures = losses.into_iter().zip(gradients);
    let point = |(parameters, (loss, gradient))| Point { parameters, loss, gradient };
    parameters.into_iter().zip(measures).map(point).collect()
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
