//! Metrics of predicted classes alone: they count hits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Classes;
use crate::counted::Counted;

/// The share of rows whose class was predicted.
///
/// ```
/// use kitae_eval::Classes;
/// use kitae_eval::classification::accuracy;
///
/// // The most probable class is right in the first row and wrong in the second.
/// let outcome = Classes::new(&[2, 0], &[0.1, 0.2, 0.7, 0.3, 0.5, 0.2], 3)?;
/// assert_eq!(accuracy(&outcome), Some(0.5));
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn accuracy(outcome: &Classes) -> Option<f64> {
    accuracy_counted(outcome).once()
}

/// The mean over classes of the share of their rows that were found. Classes without rows are left
/// out, as in scikit-learn; `None` if fewer than two classes have rows, for then there is nothing to
/// balance.
///
/// ```
/// use kitae_eval::Classes;
/// use kitae_eval::classification::{accuracy, balanced_accuracy};
///
/// // To call every row class 0 is right for three rows of four, and finds one class of two.
/// let probabilities = [0.9, 0.1].repeat(4);
/// let outcome = Classes::new(&[0, 0, 0, 1], &probabilities, 2)?;
/// assert_eq!(accuracy(&outcome), Some(0.75));
/// assert_eq!(balanced_accuracy(&outcome), Some(0.5));
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn balanced_accuracy(outcome: &Classes) -> Option<f64> {
    balanced_accuracy_counted(outcome).once()
}

/// F1, the harmonic mean of precision and recall, from 0 to 1.
///
/// With two classes it is that of class 1, and `None` if no row is of class 1 or predicted to be. With
/// more it is the mean over the classes that occur in the target or in the predictions, as scikit-learn's
/// macro average.
///
/// ```
/// use kitae_eval::Classes;
/// use kitae_eval::classification::f1;
///
/// // Three rows are called class 1, two of them rightly, and none of class 1 is missed:
/// // precision 2/3, recall 1.
/// let probabilities = [0.4, 0.6, 0.2, 0.8, 0.1, 0.9, 0.7, 0.3];
/// assert_eq!(f1(&Classes::new(&[0, 1, 1, 0], &probabilities, 2)?), Some(0.8));
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn f1(outcome: &Classes) -> Option<f64> {
    f1_counted(outcome).once()
}

/// Matthews' correlation coefficient between true and predicted classes, from -1 to 1; for more than
/// two classes Gorodkin's `R_K` (2004).
///
/// `None` if all rows are of one class. If all are predicted to be of one class it is 0, by convention
/// and as in scikit-learn: such predictions are worth as much as chance.
///
/// ```
/// use kitae_eval::Classes;
/// use kitae_eval::classification::mcc;
///
/// let probabilities = [0.9, 0.1, 0.8, 0.2, 0.3, 0.7, 0.4, 0.6];
/// assert!(mcc(&Classes::new(&[0, 0, 1, 1], &probabilities, 2)?) > Some(0.999));
/// assert_eq!(mcc(&Classes::new(&[0, 1, 0, 1], &probabilities, 2)?), Some(0.0));
/// assert!(mcc(&Classes::new(&[1, 1, 0, 0], &probabilities, 2)?) < Some(-0.999));
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn mcc(outcome: &Classes) -> Option<f64> {
    mcc_counted(outcome).once()
}

pub(crate) fn accuracy_counted(outcome: &Classes) -> Counted {
    let hits = outcome.predicted().zip(outcome.targets());
    Counted::mean(hits.map(|(predicted, &target)| if predicted == target { 1.0 } else { 0.0 }).collect())
}

pub(crate) fn balanced_accuracy_counted(outcome: &Classes) -> Counted {
    counted(outcome, |tally| {
        let recalls = tally.of.iter().filter(|class| class.targets > 0);
        let recalls: Vec<f64> = recalls.map(|class| class.hits as f64 / class.targets as f64).collect();
        (recalls.len() >= 2).then(|| recalls.iter().sum::<f64>() / recalls.len() as f64)
    })
}

pub(crate) fn f1_counted(outcome: &Classes) -> Counted {
    if outcome.is_binary() {
        return counted(outcome, |tally| tally.of[1].f1());
    }
    counted(outcome, |tally| {
        let scores: Vec<f64> = tally.of.iter().filter_map(ClassTally::f1).collect();
        (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
    })
}

pub(crate) fn mcc_counted(outcome: &Classes) -> Counted {
    counted(outcome, Tally::mcc)
}

/// Numbers of rows of one class.
#[derive(Clone, Copy, Default)]
struct ClassTally {
    /// How many are of the class.
    targets: u64,
    /// How many are predicted to be.
    predictions: u64,
    /// How many are both.
    hits: u64,
}

impl ClassTally {
    fn f1(&self) -> Option<f64> {
        let n_rows = self.targets + self.predictions;
        (n_rows > 0).then(|| 2.0 * self.hits as f64 / n_rows as f64)
    }
}

/// One tally per class.
struct Tally {
    of: Vec<ClassTally>,
}

impl Tally {
    /// In whole numbers as far as they go, so that a correlation of 0 or 1 is exact.
    fn mcc(&self) -> Option<f64> {
        let sum = |term: fn(&ClassTally) -> i128| self.of.iter().map(term).sum::<i128>();
        let n_rows = sum(|class| i128::from(class.targets));
        let spread_true = n_rows * n_rows - sum(|class| i128::from(class.targets).pow(2));
        let spread_predicted = n_rows * n_rows - sum(|class| i128::from(class.predictions).pow(2));
        let covariance = n_rows * sum(|class| i128::from(class.hits))
            - sum(|class| i128::from(class.targets) * i128::from(class.predictions));
        match (spread_true, spread_predicted) {
            (0, _) => None,
            (_, 0) => Some(0.0),
            _ => Some(covariance as f64 / (spread_true as f64).sqrt() / (spread_predicted as f64).sqrt()),
        }
    }
}

fn counted(outcome: &Classes, metric: fn(&Tally) -> Option<f64>) -> Counted {
    let n_classes = outcome.n_classes();
    let rows: Vec<(usize, usize)> =
        outcome.predicted().zip(outcome.targets()).map(|(p, &t)| (t as usize, p as usize)).collect();
    Counted::new(rows.len(), move |counts| {
        let mut of = vec![ClassTally::default(); n_classes];
        for (&(target, predicted), &count) in rows.iter().zip(counts) {
            let count = u64::from(count);
            of[target].targets += count;
            of[predicted].predictions += count;
            of[target].hits += if target == predicted { count } else { 0 };
        }
        metric(&Tally { of })
    })
}

/// How many rows of each class were predicted to be of each class.
///
/// Only the pairs that occur are stored, so a thousand classes cost no million cells.
///
/// ```
/// use kitae_eval::Classes;
/// use kitae_eval::classification::confusion_matrix;
///
/// let outcome = Classes::new(&[0, 1, 2], &[0.7, 0.2, 0.1, 0.6, 0.3, 0.1, 0.1, 0.2, 0.7], 3)?;
/// let matrix = confusion_matrix(&outcome);
/// // Three of the nine cells are not 0.
/// assert_eq!((matrix.n_classes, matrix.cells.len()), (3, 3));
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfusionMatrix {
    /// How many classes there are: rows and columns of the matrix.
    pub n_classes: usize,
    /// The cells that are not 0, by true class and then by predicted class.
    pub cells: Vec<Cell>,
}

/// The rows of one true class that were predicted to be of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The true class.
    pub target: u32,
    /// The predicted class.
    pub predicted: u32,
    /// How many rows: at least one.
    pub n_rows: u64,
}

impl ConfusionMatrix {
    /// How many rows of class `target` were predicted to be of class `predicted`.
    ///
    /// ```
    /// use kitae_eval::Classes;
    /// use kitae_eval::classification::confusion_matrix;
    ///
    /// let matrix = confusion_matrix(&Classes::new(&[0, 0, 1], &[0.9, 0.1, 0.3, 0.7, 0.2, 0.8], 2)?);
    /// assert_eq!(matrix.n_rows(0, 1), 1);
    /// assert_eq!(matrix.n_rows(1, 0), 0);
    /// # Ok::<(), kitae_eval::EvalError>(())
    /// ```
    pub fn n_rows(&self, target: u32, predicted: u32) -> u64 {
        let position =
            self.cells.binary_search_by_key(&(target, predicted), |cell| (cell.target, cell.predicted));
        position.map_or(0, |position| self.cells[position].n_rows)
    }
}

/// Counts the rows by true and by predicted class.
///
/// ```
/// use kitae_eval::Classes;
/// use kitae_eval::classification::confusion_matrix;
///
/// let outcome = Classes::new(&[0, 0, 1, 1], &[0.9, 0.1, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9], 2)?;
/// let matrix = confusion_matrix(&outcome);
/// let n_hits: u64 = (0..2).map(|class| matrix.n_rows(class, class)).sum();
/// assert_eq!(n_hits, 3);
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn confusion_matrix(outcome: &Classes) -> ConfusionMatrix {
    let mut cells = BTreeMap::new();
    for (predicted, &target) in outcome.predicted().zip(outcome.targets()) {
        *cells.entry((target, predicted)).or_insert(0) += 1;
    }
    let cells = cells.into_iter().map(|((target, predicted), n_rows)| Cell { target, predicted, n_rows });
    ConfusionMatrix { n_classes: outcome.n_classes(), cells: cells.collect() }
}
