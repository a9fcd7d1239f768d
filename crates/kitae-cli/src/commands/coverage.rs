//! How often the regions of a model hold the truth of test rows.

use kitae_data::table::Table;
use kitae_eval::Level;
use kitae_train::engine::Answers;
use kitae_train::prepare::Truth;
use kitae_train::regions::{Coverage, RegionPredictor, Regions};
use kitae_train::{Predictor, TrainError};
use serde::Serialize;

use crate::failure::Failure;
use crate::show::{number, percent};

/// What makes regions of a level, if the model can.
pub(super) enum Measuring<'a> {
    /// It can.
    Level(Level, RegionPredictor<'a>),
    /// It cannot, and nobody asked for it.
    Without(String),
}

/// What came out.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Measured {
    /// A coverage.
    Regions {
        level: f64,
        share: f64,
        #[serde(flatten)]
        coverage: Coverage,
        /// 0 for values.
        n_classes: usize,
    },
    /// Why there is none.
    Without { reason: String },
}

impl<'a> Measuring<'a> {
    /// A level that was asked for must be possible.
    pub(super) fn new(predictor: &'a Predictor<'a>, level: Option<Level>) -> Result<Self, Failure> {
        let wanted = level.unwrap_or_default();
        match (predictor.regions(wanted), level) {
            (Ok(predictor), _) => Ok(Self::Level(wanted, predictor)),
            (Err(error), None) => Ok(Self::Without(error.to_string())),
            (Err(error), Some(_)) => Err(error.into()),
        }
    }

    /// The answers to a table, with their regions where there are some.
    pub(super) fn answers(
        &self,
        plain: &Predictor,
        table: &Table,
    ) -> Result<(Answers, Option<Regions>), TrainError> {
        match self {
            Self::Level(_, predictor) => {
                predictor.answers(table).map(|(answers, regions)| (answers, Some(regions)))
            }
            Self::Without(_) => Ok((plain.answers(table)?, None)),
        }
    }

    /// What `regions`, those of all rows, were worth.
    pub(super) fn measured(self, regions: Option<Regions>, truth: &Truth) -> Measured {
        match (self, regions) {
            (Self::Level(level, _), Some(regions)) => {
                let coverage = regions.coverage(truth);
                let n_classes = match regions {
                    Regions::Sets { n_classes, .. } => n_classes,
                    Regions::Intervals(_) => 0,
                };
                Measured::Regions { level: level.value(), share: coverage.share(), coverage, n_classes }
            }
            (Self::Level(..), None) => Measured::Without { reason: "there is no row".to_owned() },
            (Self::Without(reason), _) => Measured::Without { reason },
        }
    }
}

impl Measured {
    /// One line.
    pub(super) fn text(&self) -> String {
        let (level, share, coverage, n_classes) = match self {
            Self::Regions { level, share, coverage, n_classes } => (*level, *share, coverage, *n_classes),
            Self::Without { reason } => return format!("No intervals were measured: {reason}.\n"),
        };
        let (level, share) = (percent(level), percent(share));
        let inside = coverage.interval.map_or_else(String::new, |interval| {
            format!("[{}, {}]", percent(interval.low), percent(interval.high))
        });
        let size = number(coverage.mean_size);
        match n_classes {
            0 => format!(
                "Intervals of {level} held the truth of {share} of the rows {inside}; mean width {size}.\n"
            ),
            n => format!(
                "Sets of {level} held the true class of {share} of the rows {inside}; {size} of {n} classes in the mean.\n"
            ),
        }
    }
}
