//! How much memory a training takes at least, known before it takes any.

use kitae_model::NetworkConfig;

use crate::baselines::{linear_shape, n_penalties};
use crate::engine::Engine;
use crate::error::{ProblemError, TrainError};
use crate::plan::shape;
use crate::problem::Problem;
use crate::recipe::Recipe;
use crate::roles::{LanePlace, Roles, assign_roles};

/// Bytes that are held at the same time, by what they are for. Each is what cannot be less: small buffers and
/// copies that live for a moment are not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Rows as numbers, once for each fold.
    pub features: u64,
    /// Weights of all networks, and beside those that are trained at once their gradients and what the
    /// optimiser remembers.
    pub networks: u64,
    /// What networks and linear models predict for the validation and held-out rows.
    pub predictions: u64,
    /// Weights of one network.
    pub n_weights: usize,
    n_networks: usize,
    n_folds: usize,
    n_classes: usize,
    d_numbers: usize,
}

/// Bytes of a feature and of a weight.
const NUMBER: u64 = 4;
/// Bytes of a predicted number.
const PREDICTION: u64 = 8;

impl Footprint {
    /// What training with `engine` would take, on so many threads.
    ///
    /// # Errors
    ///
    /// If the rows cannot be split, or no column is left to learn from.
    pub fn of(
        problem: &Problem,
        recipe: &Recipe,
        engine: &Engine,
        n_threads: usize,
    ) -> Result<Self, TrainError> {
        let n_threads = engine.n_threads(engine.training(recipe), n_threads);
        let places = assign_roles(recipe, problem, &problem.open_rows)?;
        let (layout, network) = shape(problem, recipe)?;
        let linear = linear_shape(recipe, &layout, problem.class_names().len());
        Ok(Self::of_places(&places, &network, &linear, problem.class_names().len(), n_threads))
    }

    fn of_places(
        places: &[(LanePlace, Roles)],
        network: &NetworkConfig,
        linear: &NetworkConfig,
        n_classes: usize,
        n_threads: usize,
    ) -> Self {
        let is_first = |place: &LanePlace| place.member == 0;
        let folds: Vec<&Roles> =
            places.iter().filter(|(place, _)| is_first(place)).map(|(_, roles)| roles).collect();
        let all = |roles: &Roles| roles.train.len() + roles.validation.len() + roles.held_out.len();
        // Held-out rows are predicted alone and as a part of a bag.
        let predicted = |roles: &Roles| (roles.validation.len() + 2 * roles.held_out.len()) as u64;
        let d_row = (network.d_numbers + network.cardinalities.len()) as u64;
        let n_rows: u64 = folds.iter().map(|roles| all(roles) as u64).sum();
        let by_networks: u64 = places.iter().map(|(_, roles)| predicted(roles)).sum();
        let n_train = folds.iter().map(|roles| roles.train.len()).max().unwrap_or(0);
        let n_linear = n_penalties(n_train, linear.n_outputs) as u64;
        let by_linear: u64 = folds.iter().map(|roles| predicted(roles)).sum::<u64>() * n_linear;
        let n_at_once = places.len().min(n_threads).max(1) as u64;
        let weights = |network: &NetworkConfig| (network.count_parameters() as u64).saturating_mul(NUMBER);
        // Trained: weights, their best, gradients, two numbers an optimiser remembers of each. Stored: the
        // model, what is written of it, and as what.
        let trained = n_at_once.saturating_mul(5).saturating_add(places.len() as u64);
        let trained = weights(network).saturating_mul(trained);
        let stored = weights(network).saturating_mul(3 * places.len() as u64);
        let fitted = weights(linear).saturating_mul(n_at_once * 5 + n_linear * folds.len() as u64);
        Self {
            features: n_rows.saturating_mul(d_row).saturating_mul(NUMBER),
            networks: trained.max(stored).max(fitted),
            predictions: (by_networks + by_linear)
                .saturating_mul(n_classes.max(1) as u64)
                .saturating_mul(PREDICTION),
            n_weights: network.count_parameters(),
            n_networks: places.len(),
            n_folds: folds.len(),
            n_classes,
            d_numbers: network.d_numbers,
        }
    }

    /// All of it.
    pub fn bytes(&self) -> u64 {
        self.features.saturating_add(self.networks).saturating_add(self.predictions)
    }

    /// Whether it fits into memory of which so many bytes are free.
    ///
    /// # Errors
    ///
    /// What it would take, what most of that is for, and what makes it less.
    pub fn check(&self, free: u64) -> Result<(), TrainError> {
        if self.bytes() <= free {
            return Ok(());
        }
        Err(ProblemError(format!(
            "training would take {} of memory at least, and {} are free; {}",
            size(self.bytes()),
            size(free),
            self.cure()
        ))
        .into())
    }

    fn cure(&self) -> String {
        let Self { features, networks, predictions, .. } = *self;
        if predictions > features && predictions > networks {
            return format!(
                "{} of it is for predictions of {} classes: if the target is a quantity, say `question.task = \"regression\"`; if it \
                 numbers the rows, it cannot be learned; else join rare classes",
                size(predictions),
                self.n_classes
            );
        }
        if features > networks {
            return format!(
                "{} of it is for rows of {} numbers in {} folds: leave out columns with many levels (`columns.drop`), let them \
                 be embedded (`preprocess.one_hot_max_levels = 10`), or take fewer folds (`split.scheme.n_folds = 2`)",
                size(features),
                self.d_numbers,
                self.n_folds
            );
        }
        format!(
            "{} of it is for {} networks of {} weights: take narrower layers (`network.hidden = [256, 256]`), fewer folds or \
             members, or fewer threads (`machine.n_threads = 1`)",
            size(networks),
            self.n_networks,
            self.n_weights
        )
    }
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} bytes") } else { format!("{value:.1} {}", units[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_units_of_a_thousand() {
        let sizes = [999, 1_000, 25_300_000_000, u64::MAX].map(size);
        assert_eq!(sizes, ["999 bytes", "1.0 kB", "25.3 GB", "18446.7 PB"]);
    }

    #[test]
    fn what_most_is_for_is_named_with_what_makes_it_less() {
        let none = Footprint {
            features: 0,
            networks: 0,
            predictions: 0,
            n_weights: 900,
            n_networks: 5,
            n_folds: 5,
            n_classes: 30_000,
            d_numbers: 70_000,
        };
        let check = |footprint: &Footprint, words: &[&str]| {
            let error = footprint.check(10).unwrap_err().to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        };
        check(
            &Footprint { predictions: 20, ..none.clone() },
            &["30000 classes", "question.task = \"regression\""],
        );
        check(
            &Footprint { features: 20, ..none.clone() },
            &["70000 numbers", "preprocess.one_hot_max_levels"],
        );
        check(&Footprint { networks: 20, ..none }, &["5 networks of 900 weights", "network.hidden"]);
    }
}
