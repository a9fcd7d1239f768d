//! When to give a trial up: successive halving (Jamieson and Talwalkar 2016) over folds.
//!
//! A trial is trained on one fold, and goes on if it is among the better third of all that were trained on
//! that fold; then it is trained on more. It is decided at once, without waiting for others to come as far
//! (the stopping form of ASHA, Li et al. 2020). Folds rather than epochs are the steps, because schedules of
//! learning rates span all epochs: a network halfway through its schedule says little about its end. All
//! trials are trained on the same folds, so those of a step are compared on the same rows.
//!
//! ```
//! use kitae_eval::Score;
//! use kitae_lab::tune::{is_through, steps};
//!
//! assert_eq!(steps(5), [1, 5]);
//! // Of four the best third is one.
//! let through = |score, others: [f64; 3]| is_through(Score(score), &others.map(Score));
//! assert!(through(-0.3, [-0.4, -0.5, -0.35]) && !through(-0.4, [-0.3, -0.5, -0.35]));
//! ```

use kitae_eval::Score;

/// A third goes on. Li et al. and Optuna: 3 or 4.
const REDUCTION: usize = 3;

/// How many folds a trial has behind it at each step: 1, 3, 9 and so on while at least twice as many are left
/// for the next, and all at last.
pub fn steps(n_folds: usize) -> Vec<usize> {
    let powers = std::iter::successors(Some(1), |folds| Some(folds * REDUCTION));
    powers.take_while(|folds| folds * 2 <= n_folds).chain([n_folds]).collect()
}

/// Whether a trial with this score is among the better third of those that have come as far, itself included,
/// or the best of all while they are fewer than six.
///
/// ```
/// use kitae_eval::Score;
/// use kitae_lab::tune::is_through;
///
/// // The first has nobody to be better than.
/// assert!(is_through(Score(-9.0), &[]));
/// // A tie with the last that goes on goes on.
/// assert!(is_through(Score(-0.3), &[Score(-0.3)]));
/// ```
pub fn is_through(score: Score, others: &[Score]) -> bool {
    let n_through = ((others.len() + 1) / REDUCTION).max(1);
    others.iter().filter(|other| **other > score).count() < n_through
}
