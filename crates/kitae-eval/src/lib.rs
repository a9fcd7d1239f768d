//! Numbers about predictions: metrics, intervals, paired tests, conformal regions and constant baselines on
//! plain slices.
//!
//! Input is checked once, by [`Outcome::classes`] or [`Outcome::values`]; everything after that is a pure
//! function that cannot fail. A number that is not defined is `None`, never a stand-in. A [`Metric`]'s
//! [`Score`] is better when it is higher; [`Metric::natural`] turns it back into the [`MetricValue`] that
//! people know.
//!
//! ```
//! use kitae_eval::intervals::{BootstrapConfig, bootstrap};
//! use kitae_eval::tests::corrected_paired_t;
//! use kitae_eval::{Metric, MetricValue, Outcome, Score};
//!
//! // Six rows, two classes; a row of probabilities for each row.
//! let classes = [0, 0, 1, 1, 0, 1];
//! let probabilities = [0.9, 0.1, 0.6, 0.4, 0.3, 0.7, 0.7, 0.3, 0.8, 0.2, 0.2, 0.8];
//! let outcome = Outcome::classes(&classes, &probabilities, 2)?;
//!
//! let auc = Metric::Auc.score(&outcome).expect("both classes occur");
//! assert!((auc.0 - 8.0 / 9.0).abs() < 1e-12);
//! let loss = Metric::LogLoss.score(&outcome).expect("defined for any outcome");
//! assert!(loss < Score(0.0) && Metric::LogLoss.natural(loss) > MetricValue(0.0));
//! assert_eq!(Metric::Rmse.score(&outcome), None);
//!
//! // How sure is that score, given so few rows? Not at all.
//! let interval = bootstrap(&outcome, Metric::Auc, &BootstrapConfig::default()).expect("defined");
//! assert!(interval.high - interval.low > 0.3);
//!
//! // What one recipe gained over another in each of five folds of 80 training and 20 held-out rows.
//! let test = corrected_paired_t(&[0.021, 0.013, 0.030, 0.018, 0.024], 80, 20).expect("they differ");
//! assert!(test.p_value < 0.05 && test.interval.low > 0.0);
//! # Ok::<(), kitae_eval::EvalError>(())
//! ```

pub mod baseline;
pub mod classification;
pub mod conformal;
mod counted;
pub mod difference;
mod error;
pub mod intervals;
mod level;
mod metric;
mod outcome;
mod quantile;
pub mod regression;
mod score;
pub mod student;
pub mod tests;
pub mod words;

pub use error::EvalError;
pub use level::Level;
pub use metric::Metric;
pub use outcome::{Classes, Outcome, TaskKind, Values};
pub use quantile::Quantile;
pub use score::{MetricValue, Score};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
