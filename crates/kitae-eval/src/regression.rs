//! Metrics of predicted numbers.
//!
//! Each takes [`Values`], which is checked, and gives the number people know: all but R² are better when
//! they are lower. A result beyond what a float can hold is `None`.
//!
//! ```
//! use kitae_eval::Values;
//! use kitae_eval::regression::{mae, r2, rmse};
//!
//! let outcome = Values::new(&[1.0, 2.0, 3.0, 6.0], &[1.0, 2.0, 3.0, 4.0])?;
//! // One large error weighs more in the mean of squares.
//! assert_eq!((mae(&outcome), rmse(&outcome)), (Some(0.5), Some(1.0)));
//! assert_eq!(r2(&outcome), Some(1.0 - 4.0 / 14.0));
//! # Ok::<(), kitae_eval::EvalError>(())
//! ```

use crate::counted::{Counted, mean};
use crate::{Quantile, Values};

/// The root of the mean squared error, in the unit of the target.
///
/// ```
/// use kitae_eval::Values;
/// use kitae_eval::regression::rmse;
///
/// let outcome = Values::new(&[0.0, 0.0, 0.0, 0.0], &[5.0, 5.0, 1.0, 7.0])?;
/// assert_eq!(rmse(&outcome), Some(5.0));
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn rmse(outcome: &Values) -> Option<f64> {
    rmse_counted(outcome).once()
}

/// The mean absolute error, in the unit of the target.
///
/// ```
/// use kitae_eval::Values;
/// use kitae_eval::regression::mae;
///
/// // Too high by 1 and too low by 2.
/// assert_eq!(mae(&Values::new(&[10.0, 10.0], &[11.0, 8.0])?), Some(1.5));
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn mae(outcome: &Values) -> Option<f64> {
    mae_counted(outcome).once()
}

/// The share of the target's variance that the predictions explain: 1 is perfect, 0 is no better than
/// the mean of these rows, and below 0 is worse. `None` if the true values are all the same.
///
/// ```
/// use kitae_eval::Values;
/// use kitae_eval::regression::r2;
///
/// let targets = [1.0, 2.0, 3.0];
/// assert_eq!(r2(&Values::new(&targets, &targets)?), Some(1.0));
/// assert_eq!(r2(&Values::new(&targets, &[2.0; 3])?), Some(0.0));
/// assert_eq!(r2(&Values::new(&targets, &[3.0, 2.0, 1.0])?), Some(-3.0));
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn r2(outcome: &Values) -> Option<f64> {
    r2_counted(outcome).once()
}

/// The mean of |error| / |true value|: 0.1 means ten per cent. `None` if a true value is 0.
///
/// ```
/// use kitae_eval::Values;
/// use kitae_eval::regression::mape;
///
/// // Off by a quarter and by a half.
/// assert_eq!(mape(&Values::new(&[4.0, 100.0], &[5.0, 50.0])?), Some(0.375));
/// assert_eq!(mape(&Values::new(&[0.0], &[1.0])?), None);
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn mape(outcome: &Values) -> Option<f64> {
    mape_counted(outcome).once()
}

/// The pinball loss of predictions that are meant to be the given quantile of the target: an error
/// costs `quantile` per unit where the target lies above the prediction and 1 - `quantile` where it lies
/// below (Koenker and Bassett 1978). At 0.5 it is half of [`mae`].
///
/// ```
/// use kitae_eval::regression::pinball;
/// use kitae_eval::{Quantile, Values};
///
/// // A 0.75 quantile is to lie above most rows, so one below the targets costs three times as much.
/// let quantile = Quantile::new(0.75)?;
/// assert_eq!(pinball(&Values::new(&[10.0], &[6.0])?, quantile), Some(3.0));
/// assert_eq!(pinball(&Values::new(&[10.0], &[14.0])?, quantile), Some(1.0));
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn pinball(outcome: &Values, quantile: Quantile) -> Option<f64> {
    pinball_counted(outcome, quantile).once()
}

pub(crate) fn rmse_counted(outcome: &Values) -> Counted {
    let squares: Vec<f64> = outcome.rows().map(squared_error).collect();
    Counted::new(squares.len(), move |counts| mean(&squares, counts).map(f64::sqrt))
}

pub(crate) fn mae_counted(outcome: &Values) -> Counted {
    Counted::mean(outcome.rows().map(|(target, predicted)| (target - predicted).abs()).collect())
}

pub(crate) fn r2_counted(outcome: &Values) -> Counted {
    let squares: Vec<f64> = outcome.rows().map(squared_error).collect();
    let targets = outcome.targets().to_vec();
    Counted::new(targets.len(), move |counts| {
        let centre = mean(&targets, counts)?;
        let spread = targets.iter().zip(counts).map(|(value, &n)| f64::from(n) * (value - centre).powi(2));
        let error = squares.iter().zip(counts).map(|(square, &n)| f64::from(n) * square);
        let (spread, error) = (spread.sum::<f64>(), error.sum::<f64>());
        (spread > 0.0 && !is_constant(&targets, counts)).then(|| 1.0 - error / spread)
    })
}

/// Whether the values that count are all the same. Their mean may be a rounding error away from them, so
/// the variance does not tell.
fn is_constant(values: &[f64], counts: &[u32]) -> bool {
    let mut counting = values.iter().zip(counts).filter(|(_, count)| **count > 0).map(|(value, _)| value);
    counting.next().is_none_or(|first| counting.all(|value| value == first))
}

pub(crate) fn mape_counted(outcome: &Values) -> Counted {
    // A true value of 0 makes its row, and so the mean, infinite or NaN: not finite, so `None`.
    Counted::mean(outcome.rows().map(|(target, predicted)| ((target - predicted) / target).abs()).collect())
}

pub(crate) fn pinball_counted(outcome: &Values, quantile: Quantile) -> Counted {
    let level = quantile.value();
    let losses = outcome.rows().map(|(target, predicted)| {
        let error = target - predicted;
        if error >= 0.0 { level * error } else { (level - 1.0) * error }
    });
    Counted::mean(losses.collect())
}

fn squared_error((targets, predicted): (f64, f64)) -> f64 {
    (targets - predicted) * (targets - predicted)
}
