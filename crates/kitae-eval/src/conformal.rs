//! Regions that contain the target of a new row as often as a level says, whatever the network is worth:
//! intervals for values, sets for classes.
//!
//! Each fold of a cross-validation has a model that has not seen the fold's rows. How far the target of
//! those rows lay from that model's predictions, their *nonconformity*, says how far it may lie for a new
//! row. This is CV+, which is called jackknife+ where each fold is one row (Barber, Candès, Ramdas and
//! Tibshirani 2021, "Predictive inference with the jackknife+", Annals of Statistics 49), and for classes
//! the cross-conformal sets of Vovk (2015) in the form of Romano, Sesia and Candès (2020). With one fold it
//! is split conformal prediction.
//!
//! If the new row is drawn as the others were (they are exchangeable), a region of level 1 - α holds its
//! target with a probability of at least 1 - α with one fold, and at least about 1 - 2α with several; in
//! practice it is about 1 - α there too (section 4 of Barber et al.). That is an average over rows: some
//! kinds of rows may be covered less often than others.
//!
//! ```
//! use kitae_eval::Level;
//! use kitae_eval::conformal::Conformal;
//! use kitae_eval::intervals::Interval;
//!
//! // Nine rows in three folds, and how wrong the fold's model was on each.
//! let errors = vec![vec![0.3, 0.1, 0.2], vec![0.4, 0.6, 0.5], vec![0.9, 0.7, 0.8]];
//! let conformal = Conformal::new(errors, 1, Level::new(0.9)?)?;
//! // What the three models predict for a new row.
//! assert_eq!(conformal.interval(&[10.0, 10.0, 10.0]), Interval { low: 9.1, high: 10.9 });
//! # Ok::<(), kitae_eval::EvalError>(())
//! ```

mod ranked;

use crate::intervals::Interval;
use crate::{EvalError, Level};
use ranked::ranked;

/// The nonconformities of some folds, ready to say which targets a new row may have.
#[derive(Clone, Debug, PartialEq)]
pub struct Conformal {
    /// Each ascending and without NaN; together they are not empty.
    folds: Vec<Vec<f64>>,
    /// Position among all of them, from 0.
    rank: usize,
    /// The nonconformity at that position.
    reach: f64,
}

impl Conformal {
    /// Takes the nonconformity of each row of each fold: |target - prediction| for values, and for classes
    /// minus the probability of the true class. Infinite ones stand for rows without a prediction. The order
    /// within a fold has no meaning.
    ///
    /// Where the rows were split into folds `n_repeats` times, each row stands there as often, and a region
    /// holds a target that is not too strange for the mean of all repeats.
    ///
    /// ```
    /// use kitae_eval::Level;
    /// use kitae_eval::conformal::Conformal;
    ///
    /// let too_few = Conformal::new(vec![vec![0.1; 8]], 1, Level::new(0.9)?);
    /// let error = too_few.expect_err("nine rows are needed");
    /// assert!(error.to_string().ends_with("8 rows allow at most 0.888"), "{error}");
    /// assert!(Conformal::new(vec![vec![0.1; 9]], 1, Level::new(0.9)?).is_ok());
    /// # Ok::<(), kitae_eval::EvalError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`EvalError::NoRows`] without a row, [`EvalError::NonconformityIsNan`], and
    /// [`EvalError::LevelTooHigh`] where so few rows could only say that everything is possible.
    pub fn new(mut folds: Vec<Vec<f64>>, n_repeats: usize, level: Level) -> Result<Self, EvalError> {
        if let Some(fold) = folds.iter().position(|fold| fold.iter().any(|value| value.is_nan())) {
            return Err(EvalError::NonconformityIsNan { fold });
        }
        let n_values: usize = folds.iter().map(Vec::len).sum();
        if n_values == 0 {
            return Err(EvalError::NoRows);
        }
        let n_repeats = n_repeats.max(1);
        let rank = rank(n_values + n_repeats, level);
        if rank > n_values {
            return Err(too_high(n_values, n_repeats, level));
        }
        for fold in &mut folds {
            fold.sort_unstable_by(f64::total_cmp);
        }
        let mut all = folds.concat();
        let reach = *all.select_nth_unstable_by(rank - 1, f64::total_cmp).1;
        Ok(Self { folds, rank: rank - 1, reach })
    }

    /// The nonconformity at the level: how far an interval reaches to each side where all folds predict the
    /// same.
    ///
    /// ```
    /// use kitae_eval::Level;
    /// use kitae_eval::conformal::Conformal;
    ///
    /// let conformal = Conformal::new(vec![(1..=99).map(f64::from).collect()], 1, Level::new(0.9)?)?;
    /// assert_eq!(conformal.reach(), 90.0);
    /// # Ok::<(), kitae_eval::EvalError>(())
    /// ```
    pub fn reach(&self) -> f64 {
        self.reach
    }

    /// How many of all nonconformities come before the one at the level, in ascending order.
    ///
    /// ```
    /// use kitae_eval::Level;
    /// use kitae_eval::conformal::Conformal;
    ///
    /// let conformal = Conformal::new(vec![(1..=99).map(f64::from).collect()], 1, Level::new(0.9)?)?;
    /// assert_eq!(conformal.rank(), 89);
    /// # Ok::<(), kitae_eval::EvalError>(())
    /// ```
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The values that a new row may have, from what the model of each fold predicts, in the order of the
    /// folds: from the ⌊α (n + 1)⌋-th smallest of all (prediction of the fold - nonconformity) to the
    /// ⌈(1 - α)(n + 1)⌉-th smallest of all (prediction + nonconformity), for n rows (Barber et al. 2021,
    /// section 3). It may miss the mean of the predictions where folds differ much.
    ///
    /// A prediction that is not finite says nothing: then all values are possible, as they
    /// are where the number of predictions is not that of the folds.
    ///
    /// ```
    /// use kitae_eval::Level;
    /// use kitae_eval::conformal::Conformal;
    ///
    /// let conformal = Conformal::new(vec![vec![1.0, 3.0], vec![2.0, 4.0]], 1, Level::new(0.8)?)?;
    /// // All of 11, 13, 22, 24 and of 9, 7, 18, 16: four values and the level ask for the outermost.
    /// let interval = conformal.interval(&[10.0, 20.0]);
    /// assert_eq!((interval.low, interval.high), (7.0, 24.0));
    /// # Ok::<(), kitae_eval::EvalError>(())
    /// ```
    pub fn interval(&self, predictions: &[f64]) -> Interval {
        if predictions.len() != self.folds.len() || predictions.iter().any(|answer| !answer.is_finite()) {
            return Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };
        }
        if let [answer] = predictions {
            return Interval { low: answer - self.reach, high: answer + self.reach };
        }
        let ranked = |predictions: &[f64]| ranked(&self.folds, predictions, self.reach, self.rank);
        let negated: Vec<f64> = predictions.iter().map(|answer| -answer).collect();
        let (low, high) = (-ranked(&negated), ranked(predictions));
        // Where folds differ by more than they err, the ends can pass each other at low levels.
        Interval { low: low.min(high), high: high.max(low) }
    }

    /// Whether a target that would have these nonconformities, one for each fold in their order, belongs to
    /// the region: unless ⌈(1 - α)(n + 1)⌉ rows or more were less strange to the model of their fold than it
    /// is. NaN counts as not strange, so what is not known is not excluded.
    ///
    /// ```
    /// use kitae_eval::Level;
    /// use kitae_eval::conformal::Conformal;
    ///
    /// // Probabilities that the true classes had; the third smallest of four decides.
    /// let conformal = Conformal::new(vec![vec![-0.9, -0.8, -0.6, -0.3]], 1, Level::new(0.6)?)?;
    /// // A new row of three classes.
    /// let set = [0.7, 0.2, 0.6].map(|probability: f64| conformal.holds(&[-probability]));
    /// assert_eq!(set, [true, false, true]);
    /// # Ok::<(), kitae_eval::EvalError>(())
    /// ```
    pub fn holds(&self, nonconformities: &[f64]) -> bool {
        let less_strange = |(fold, value): (&Vec<f64>, &f64)| fold.partition_point(|other| other < value);
        let n_less: usize = self.folds.iter().zip(nonconformities).map(less_strange).sum();
        n_less <= self.rank
    }
}

/// ⌈level · `n`⌉. A level such as 0.07 is a little more than seven hundredths; what would be whole
/// without that is not rounded up for it.
fn rank(n: usize, level: Level) -> usize {
    let exact = level.value() * n as f64;
    (exact - 2.0 * f64::EPSILON * n as f64).ceil().max(1.0) as usize
}

fn too_high(n_values: usize, n_repeats: usize, level: Level) -> EvalError {
    let n_rows = n_values / n_repeats;
    // Rounded down, so that it can be asked for.
    let highest = (1000.0 * n_values as f64 / (n_values + n_repeats) as f64).floor() / 1000.0;
    EvalError::LevelTooHigh { level, n_rows, highest }
}

#[cfg(test)]
mod tests;
