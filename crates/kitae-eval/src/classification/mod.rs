//! Metrics of predicted classes and probabilities.
//!
//! Each takes [`Classes`](crate::Classes), which is checked, and gives the number people know: here a lower
//! log loss, Brier score or ECE is better. Two-class metrics look at class 1, the positive class. The
//! predicted class is the most probable one, of equals the lowest.
//!
//! ```
//! use kitae_eval::Classes;
//! use kitae_eval::classification::{accuracy, auc, log_loss};
//!
//! // Row by row: the probability of class 0 and of class 1.
//! let outcome = Classes::new(&[0, 1, 1], &[0.9, 0.1, 0.6, 0.4, 0.2, 0.8], 2)?;
//! assert_eq!(accuracy(&outcome), Some(2.0 / 3.0));
//! // The one miss still ranks above the row of class 0.
//! assert_eq!(auc(&outcome), Some(1.0));
//! assert!(log_loss(&outcome) > Some(0.0));
//! # Ok::<(), kitae_eval::EvalError>(())
//! ```

mod calibration;
mod probability;
mod ranking;
mod tally;

pub use calibration::ece;
pub use probability::{brier, log_loss};
pub use ranking::{auc, average_precision};
pub use tally::{Cell, ConfusionMatrix, accuracy, balanced_accuracy, confusion_matrix, f1, mcc};

pub(crate) use calibration::ece_counted;
pub(crate) use probability::{brier_counted, log_loss_counted};
pub(crate) use ranking::{auc_counted, average_precision_counted};
pub(crate) use tally::{accuracy_counted, balanced_accuracy_counted, f1_counted, mcc_counted};
