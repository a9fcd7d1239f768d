//! How often the regions of a model contain the target of test rows.

use std::fmt::{self, Display, Formatter};

use kitae_data::table::Table;
use kitae_eval::Level;
use kitae_report::words::{number, percent};
use kitae_train::SplitBy;
use kitae_train::engine::Predictions;
use kitae_train::nonconformity::Nonconformity;
use kitae_train::prepare::Targets;
use kitae_train::regions::{Coverage, RegionPredictor, Regions};
use kitae_train::{PredictError, Predictor};
use serde::Serialize;

/// What makes regions of a level, if the model can.
pub(crate) enum Measuring<'a> {
    /// It can.
    Level(Level, RegionPredictor<'a>),
    /// It cannot, and nobody asked for it.
    Without(String),
}

/// What came out.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Measured {
    /// A coverage.
    Regions {
        /// The level.
        level: f64,
        /// The share of the rows whose region contains the target.
        share: f64,
        /// How many these are.
        #[serde(flatten)]
        coverage: Coverage,
        /// 0 for values.
        n_classes: usize,
    },
    /// Why there is none.
    Without {
        /// As a clause.
        reason: String,
    },
}

/// How a coverage differs from its level: that is no chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deviation {
    /// Regions are wider than necessary.
    Above,
    /// Rows differ from those that regions are made from.
    Below {
        /// Whether regions are made from the latest rows.
        by_time: bool,
    },
}

/// A sentence for people.
impl Display for Deviation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let made_from = match self {
            Self::Above => {
                return f.write_str(
                    "This coverage is above the level: on these rows the intervals are wider than necessary.",
                );
            }
            Self::Below { by_time: true } => "the latest held-out rows of training, and times have changed",
            Self::Below { by_time: false } => "the held-out rows of training",
        };
        write!(
            f,
            "This coverage is below the level: these rows differ from the calibration rows, {made_from}. Do \
             not rely on the level here."
        )
    }
}

/// 95 % of a normal distribution lie within so many standard deviations of its mean.
const NORMAL_95: f64 = 1.96;

/// What happens less often than this is taken for no chance: what lies below an interval of 95 %.
const CHANCE: f64 = 0.025;

impl<'a> Measuring<'a> {
    /// A level that was asked for must be possible.
    pub(crate) fn new(predictor: &'a Predictor<'a>, level: Option<Level>) -> Result<Self, PredictError> {
        let wanted = level.unwrap_or_default();
        match (predictor.regions(wanted), level) {
            (Ok(predictor), _) => Ok(Self::Level(wanted, predictor)),
            (Err(error), None) => Ok(Self::Without(error.to_string())),
            (Err(error), Some(_)) => Err(error),
        }
    }

    /// The predictions for a table, with their regions where there are some.
    pub(crate) fn predictions(
        &self,
        plain: &Predictor,
        table: &Table,
    ) -> Result<(Predictions, Option<Regions>), PredictError> {
        match self {
            Self::Level(_, predictor) => {
                predictor.predictions(table).map(|(predictions, regions)| (predictions, Some(regions)))
            }
            Self::Without(_) => Ok((plain.predictions(table)?, None)),
        }
    }

    /// What `regions`, those of all rows, were worth.
    /// `groups` has the group of each row, where the model splits by groups.
    pub(crate) fn measured(
        self,
        regions: Option<Regions>,
        targets: &Targets,
        groups: Option<&[u32]>,
    ) -> Measured {
        match (self, regions) {
            (Self::Level(level, _), Some(regions)) => {
                let coverage = regions.coverage(targets, groups);
                let n_classes = match regions {
                    Regions::Sets { n_classes, .. } => n_classes,
                    Regions::Intervals(_) => 0,
                };
                Measured::Regions { level: level.value(), share: coverage.share(), coverage, n_classes }
            }
            (Self::Level(..), None) => Measured::Without { reason: "there are no rows".to_owned() },
            (Self::Without(reason), _) => Measured::Without { reason },
        }
    }
}

impl Measured {
    /// Whether regions contain the target as often as their level says, but for chance; `stored` is what they
    /// are made from.
    pub(crate) fn deviation(&self, by: &SplitBy, stored: Option<&Nonconformity>) -> Option<Deviation> {
        let Self::Regions { level, share, coverage, n_classes } = self else { return None };
        let interval = coverage.interval?;
        // Regions keep their level in the mean over the rows that they are made from: those of one model lie
        // beside it by chance, the more so the fewer these rows were.
        let n_stored: usize =
            stored.iter().flat_map(|stored| &stored.folds).map(|fold| fold.values.len()).sum();
        let chance = NORMAL_95 * (level * (1.0 - level) / n_stored.max(1) as f64).sqrt();
        let low = share - (share - interval.low).hypot(chance);
        let high = share + (interval.high - share).hypot(chance);
        if low > *level && *n_classes == 0 {
            return Some(Deviation::Above);
        }
        // The predicted class is always in, so sets of a model that is rarely wrong contain the target more
        // often. The interval of a handful of rows is too narrow: one row of ten is missed by regions that
        // are as they should be.
        if high >= *level || at_most(coverage.n_covered, coverage.n_rows, *level) > CHANCE {
            return None;
        }
        Some(Deviation::Below { by_time: matches!(by, SplitBy::Time { .. }) })
    }

    /// One line.
    pub fn text(&self) -> String {
        let (level, share, coverage, n_classes) = match self {
            Self::Regions { level, share, coverage, n_classes } => (*level, *share, coverage, *n_classes),
            Self::Without { reason } => return format!("Coverage was not measured: {reason}.\n"),
        };
        let (level, share) = (percent(level), percent(share));
        let inside = coverage.interval.map_or_else(String::new, |interval| {
            format!(" [{}, {}]", percent(interval.low), percent(interval.high))
        });
        let size = number(coverage.mean_size);
        match n_classes {
            0 => format!(
                "{level} prediction intervals contain the target in {share} of the rows{inside} and are \
                 {size} wide on average.\n"
            ),
            n => format!(
                "{level} prediction sets contain the true class in {share} of the rows{inside}, and {size} of \
                 {n} classes on average.\n"
            ),
        }
    }
}

/// The chance that at most `n_covered` of `n_rows` are held, each by a chance of `level`.
fn at_most(n_covered: usize, n_rows: usize, level: f64) -> f64 {
    let odds = (level / (1.0 - level)).ln();
    let mut log = n_rows as f64 * (1.0 - level).ln();
    let mut sum = log.exp();
    for n in 0..n_covered {
        log += ((n_rows - n) as f64 / (n + 1) as f64).ln() + odds;
        sum += log.exp();
    }
    sum
}

#[cfg(test)]
mod tests {
    use kitae_eval::intervals::wilson;
    use kitae_train::nonconformity::FoldNonconformity;

    use super::*;

    #[test]
    fn a_handful_of_rows_is_missed_by_chance() {
        let note = |n_covered: usize, n_rows| {
            let interval = wilson(n_covered, n_rows, 0.95);
            let coverage = Coverage { n_covered, n_rows, interval, mean_size: 1.0 };
            let stored = Nonconformity {
                folds: vec![FoldNonconformity { repeat: 0, fold: 0, values: vec![0.5; 10_000] }],
            };
            let measured = Measured::Regions { level: 0.9, share: coverage.share(), coverage, n_classes: 2 };
            measured
                .deviation(&SplitBy::Target, Some(&stored))
                .map(|told| told.to_string())
                .unwrap_or_default()
        };
        // Of ten single rows one is missed; two of three are by a chance of 2.8 %.
        assert_eq!([note(0, 1), note(1, 3)], ["", ""]);
        assert!(note(0, 2).contains("below the level") && note(3, 6).contains("below the level"));
    }

    #[test]
    fn chances_are_those_of_the_binomial_distribution() {
        assert!((at_most(1, 3, 0.9) - 0.028).abs() < 1e-12);
        assert!((at_most(50, 100, 0.5) - 0.539_794_618_693_589).abs() < 1e-9);
        assert!((at_most(7, 7, 0.8) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_coverage_beside_the_level_is_no_news_where_few_rows_made_the_regions() {
        let note = |share: f64, n_stored| {
            let (n_rows, n_covered) = (20_000, (20_000.0 * share) as usize);
            let interval = wilson(n_covered, n_rows, 0.95);
            let coverage = Coverage { n_covered, n_rows, interval, mean_size: 1.0 };
            let stored = Nonconformity {
                folds: vec![FoldNonconformity { repeat: 0, fold: 0, values: vec![0.5; n_stored] }],
            };
            let measured = Measured::Regions { level: 0.9, share, coverage, n_classes: 0 };
            measured
                .deviation(&SplitBy::Target, Some(&stored))
                .map(|told| told.to_string())
                .unwrap_or_default()
        };
        assert_eq!([note(0.87, 160), note(0.93, 160)], ["", ""]);
        assert!(note(0.87, 10_000).contains("below the level"));
        assert!(note(0.93, 10_000).contains("above the level"));
        assert!(note(0.6, 160).contains("below the level"));
    }
}
