//! Recipes to start from. Every number names its source.
//!
//! ```
//! use kitae_data::target::Task;
//! use kitae_train::{Facts, Preset, SplitBy};
//!
//! let (task, class_counts, by) = (Task::Regression, Vec::new(), SplitBy::Target);
//! let facts = Facts { task, n_rows: 300, n_columns: 4, class_counts, by };
//! let recipe = Preset::Balanced.recipe(&facts);
//! assert_eq!(recipe.metric.to_string(), "rmse");
//! // A preset is a recipe like any other: it can be checked, changed and stored.
//! recipe.check(&facts)?;
//! # Ok::<(), kitae_train::RecipeError>(())
//! ```

use kitae_data::preprocess::{PreprocessConfig, TargetTransform};
use kitae_data::target::Task;
use kitae_eval::Metric;
use kitae_model::{
    Activation, Ensemble, Initialiser, InputScale, Normalisation, Parametrisation, Skip, Slope,
};
use serde::{Deserialize, Serialize};

use crate::averaging::Averaging;
use crate::blend::Blend;
use crate::calibration::Calibration;
use crate::facts::Facts;
use crate::mixing::Mixing;
use crate::objective::Objective;
use crate::optimiser::{Clip, Groups, OptimiserConfig};
use crate::recipe::{
    Dropout, Feeding, NetworkRecipe, NumberEmbedding, Recipe, Scheme, SplitRecipe, TrainingRecipe,
};
use crate::schedule::{Schedule, ScheduleConfig};
use crate::stopping::{Keep, Stopping};

/// How much work a recipe puts in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Narrow networks and few epochs: a first impression.
    Fast,
    /// The default.
    #[default]
    Balanced,
    /// Two networks a fold and twice the epochs.
    Best,
}

/// From here on presets trade strength for time.
const MANY_ROWS: usize = 20_000;

/// Bins of a number embedding, the most that `TabM`'s search tries.
const FINE_BINS: usize = 128;

/// From here on they pay: with half as many rows they did harm.
const ROWS_FOR_FINE_BINS: usize = 1_000;

/// Weights of the first layer of a wide table, and the least width that it has all the same.
const WIDE_WEIGHTS: usize = 1 << 22;
const LEAST_WIDTH: usize = 16;

/// From this many rows on, those of the largest class left out, a network stops early (`docs/defaults.md`).
const ROWS_FOR_EARLY_STOPPING: usize = 1_000;

impl Preset {
    /// The recipe of this preset: RealMLP-TD (Holzmüller et al. 2024, "Better by Default") as a bag of
    /// folds, with `TabM`'s piecewise-linear embeddings of numbers, without label smoothing, calibrated,
    /// and with a linear model at its side.
    pub fn recipe(self, facts: &Facts) -> Recipe {
        let classes = facts.task == Task::Classification;
        Recipe {
            seed: 0,
            task: facts.task,
            metric: if classes { Metric::LogLoss } else { Metric::Rmse },
            // Log-loss asks for an epoch that is early for a bag of networks, and accuracy jumps between
            // epochs: the Brier score lies between them (`docs/defaults.md`).
            validation_metric: if classes { Metric::Brier } else { Metric::Rmse },
            positive: None,
            // RealMLP-TD smooths labels by 0.1, which helps accuracy alone; without it the calibrated
            // probabilities are better (`docs/defaults.md`).
            objective: if classes { Objective::cross_entropy() } else { Objective::MeanSquared },
            target_scale: TargetTransform::Standard,
            calibration: if classes { Calibration::Temperature } else { Calibration::None },
            blend: Blend::Linear,
            split: self.split(facts),
            preprocess: PreprocessConfig::default(),
            network: self.network(facts),
            // RealMLP-TD: β₂ = 0.95 rather than 0.999 cut errors by 2 % (classes) and 19 % (numbers).
            optimiser: OptimiserConfig::Adam { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 },
            training: self.training(facts),
            stopping: Self::stopping(facts),
        }
    }

    /// RealMLP-TD's rule, which pytabkit leaves off: of 256 epochs, stop when one is past twice the best and
    /// 20 more. The lows of its schedule lie a fifteenth of all epochs past twice the one before, so whoever
    /// stops has seen the next low after the best epoch gain nothing. Where few validation rows tell networks
    /// apart, chance makes an early best.
    fn stopping(facts: &Facts) -> Stopping {
        let of_largest_class = facts.class_counts.iter().max().unwrap_or(&0);
        if facts.n_rows.saturating_sub(*of_largest_class) < ROWS_FOR_EARLY_STOPPING {
            return Stopping::Never;
        }
        Stopping::Early {
            patience: None,
            patience_factor: 1.0,
            patience_share: 20.0 / 256.0,
            min_delta: 0.0,
            warm_up_epochs: 0,
        }
    }

    /// Of ten folds each network learns from 81 % of the rows, of five with 15 % validation rows from 68 %,
    /// and the bag has twice as many: fewer errors on most tables (`docs/defaults.md`). `Fast` keeps to five,
    /// and so do many rows, where time is dear; groups may be few, and by time a fold costs a training and
    /// adds nothing to the model, which is the last fold's. A temperature wants some 54 validation rows (60 /
    /// n of nine tenths of the rows), which few rows cannot give.
    fn split(self, facts: &Facts) -> SplitRecipe {
        let n_rows = facts.n_rows;
        let (mut n_folds, mut validation_share) = match facts.task {
            _ if self == Self::Fast || n_rows > MANY_ROWS => (5, 0.15),
            Task::Classification => (10, (60.0 / n_rows.max(1) as f64).clamp(0.1, 0.25)),
            Task::Regression => (10, 0.1),
        };
        if facts.by.column().is_some() {
            (n_folds, validation_share) = (5, validation_share.max(0.15));
        }
        let scheme = Scheme::KFold { n_folds: n_folds.min(n_rows.max(2)), n_repeats: 1 };
        SplitRecipe { scheme, validation_share }
    }

    fn network(self, facts: &Facts) -> NetworkRecipe {
        // RealMLP-TD: three layers of 256; SELU for classes and Mish for numbers, slopes learned;
        // NTK parametrisation with weights and biases fitted to the data; dropout 0.15.
        let width = self.width(facts);
        let activation = if facts.task == Task::Classification { Activation::Selu } else { Activation::Mish };
        NetworkRecipe {
            hidden: vec![width; if self == Self::Fast { 2 } else { 3 }],
            activation,
            slope: Slope::Learned,
            normalisation: Normalisation::None,
            skip: Skip::None,
            parametrisation: Parametrisation::Ntk,
            initialiser: Initialiser::DataDriven,
            dropout: Dropout::Everywhere(0.15),
            d_embedding: 8,
            number_embedding: self.number_embedding(facts),
            input_scale: InputScale::Learned,
            ensemble: Ensemble::None,
        }
    }

    /// RealMLP-TD's 256. With more columns than rows a first layer of millions of weights costs time and
    /// memory, and the rows cannot tell what they should be.
    fn width(self, facts: &Facts) -> usize {
        let usual = if self == Self::Fast { 128 } else { 256 };
        let fits = |width: &usize| !facts.is_wide() || width * facts.n_columns <= WIDE_WEIGHTS;
        let halves = std::iter::successors(Some(usual), |width| Some(width / 2));
        halves.take_while(|width| *width >= LEAST_WIDTH).find(fits).unwrap_or(LEAST_WIDTH)
    }

    /// Fewer errors than with RealMLP-TD's periodic ones; none with more columns than rows, where a curve for
    /// each column is one more thing that chance can fill. Where a number is predicted from many rows, finer
    /// bins than `TabM`'s 48 pay, as many as its search tries; `Fast` has too few epochs for them
    /// (`docs/defaults.md`).
    fn number_embedding(self, facts: &Facts) -> NumberEmbedding {
        if facts.is_wide() {
            return NumberEmbedding::None;
        }
        let is_fine =
            facts.task == Task::Regression && facts.n_rows >= ROWS_FOR_FINE_BINS && self != Self::Fast;
        match NumberEmbedding::piecewise_linear() {
            NumberEmbedding::PiecewiseLinear { d_embedding, .. } if is_fine => {
                NumberEmbedding::PiecewiseLinear { n_bins: FINE_BINS, d_embedding }
            }
            usual => usual,
        }
    }

    fn training(self, facts: &Facts) -> TrainingRecipe {
        let flat_cos = ScheduleConfig::from(Schedule::FlatCos);
        TrainingRecipe {
            feeding: Feeding::Mini { rows: Feeding::automatic_rows(facts.n_rows) },
            mixing: Mixing::None,
            epochs: self.epochs(facts.n_rows),
            averaging: Averaging::None,
            keep: Keep::Best,
            members: if self == Self::Best { 2 } else { 1 },
            learning_rate: if facts.task == Task::Classification { 0.04 } else { 0.2 },
            schedule: ScheduleConfig::from(Schedule::Coslog { k: 4.0 }),
            plateau: None,
            weight_decay: 0.02,
            weight_decay_schedule: flat_cos,
            dropout_schedule: flat_cos,
            l1: 0.0,
            l2: 0.0,
            max_norm: None,
            weight_column: None,
            clip: Clip::None,
            groups: Groups::realmlp(),
        }
    }

    /// RealMLP-TD plans 256 epochs whatever the rows; from 20,000 rows on the steps stay about the
    /// same instead, so that time grows more slowly than the rows.
    fn epochs(self, n_rows: usize) -> usize {
        let full = match self {
            Self::Fast => 64.0,
            Self::Balanced => 256.0,
            Self::Best => 512.0,
        };
        let many = (n_rows as f64 / MANY_ROWS as f64).max(1.0);
        (full / many.sqrt()).round().max(16.0) as usize
    }
}
