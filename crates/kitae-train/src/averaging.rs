//! Averaging: weights of several moments of a training as one network.
//!
//! The averaged weights are what the validation rows judge and what a lane delivers; gradients are taken at
//! the plain ones. An average is only of the weights that the optimiser went through, never of the initial
//! ones.
//!
//! `NOTE[DIFF]`: The running statistics of batch norm are averaged like the weights. Izmailov et al. run the
//! averaged network over the training rows once more to measure them anew. Averages of running
//! statistics are close to that where the averaged networks are close to each other, and cost nothing.
//!
//! ```
//! use kitae_train::averaging::Averaging;
//!
//! let averaging: Averaging = toml::from_str("kind = 'swa'\nfrom = 0.5")?;
//! assert_eq!(averaging, Averaging::Swa { from: 0.5 });
//! # Ok::<(), toml::de::Error>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::defaults::thousandths;

/// Which weights a lane is judged by and delivers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Averaging {
    /// Those of the epoch.
    #[default]
    None,
    /// The exponential moving average over steps: after step t the average moves by the share
    /// max(1 − `decay`, 1/t) towards the weights (Tarvainen and Valpola, Mean Teacher, 2017;
    /// Morales-Brotons et al., Exponential Moving Average of Weights, 2024). So it is the plain mean of
    /// all steps (Polyak and Juditsky 1992) until 1/(1 − `decay`) of them are done, and needs no
    /// correction of a bias towards its start.
    Ema {
        /// What a step keeps of the average, in [0, 1). 0.99 remembers about a hundred steps, an epoch or
        /// a few of a small table; Tarvainen and Valpola use 0.99 while learning is fast, then 0.999.
        #[serde(default = "thousandths::<990>")]
        decay: f64,
    },
    /// Stochastic weight averaging: the equal mean of the weights at the ends of the epochs from this
    /// share of the planned epochs on (Izmailov et al., Averaging Weights Leads to Wider Optima, 2018).
    /// Before it the plain weights are judged, and are delivered where they were the best; early stopping
    /// may end a lane before any average.
    Swa {
        /// In [0, 1): the first epoch is this share of the planned ones, rounded up. Izmailov et al.: 0.75.
        #[serde(default = "thousandths::<750>")]
        from: f64,
    },
}

impl Averaging {
    /// By which share the average moves towards the weights after `step` steps in all, counted from 1;
    /// none where a step changes no average. A share of 1 begins an average.
    pub fn after_step(&self, step: usize) -> Option<f64> {
        match *self {
            Self::Ema { decay } => Some((1.0 - decay).max(1.0 / step.max(1) as f64)),
            _ => None,
        }
    }

    /// By which share the average moves towards the weights at the end of `epoch`, counted from 1, of
    /// `n_epochs` planned ones; none where the epoch changes no average. A share of 1 begins an average.
    pub fn after_epoch(&self, epoch: usize, n_epochs: usize) -> Option<f64> {
        let Self::Swa { from } = *self else { return None };
        let first = ((from * n_epochs as f64).ceil() as usize).max(1);
        (epoch >= first).then(|| 1.0 / (epoch - first + 1) as f64)
    }

    /// Whether there is an average after `epoch` epochs of `n_epochs` planned ones.
    pub fn has_begun(&self, epoch: usize, n_epochs: usize) -> bool {
        match self {
            Self::None => false,
            Self::Ema { .. } => epoch > 0,
            Self::Swa { .. } => self.after_epoch(epoch, n_epochs).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The average of these weights, one a moment, and by how much each moment counts in it.
    fn average(weights: &[f64], share: impl Fn(usize) -> Option<f64>) -> Option<f64> {
        let mut average = None;
        for (moment, weight) in (1..).zip(weights) {
            let Some(share) = share(moment) else { continue };
            average = Some(average.map_or(*weight, |average: f64| average + share * (weight - average)));
        }
        average
    }

    fn weights(n: usize) -> Vec<f64> {
        (0..n).map(|moment| (moment as f64 * 1.7).sin()).collect()
    }

    #[test]
    fn swa_is_the_equal_mean_of_its_epochs() {
        for (from, n_epochs, first) in [(0.0, 7, 1), (0.5, 10, 5), (0.75, 4, 3), (0.99, 10, 10), (0.3, 1, 1)]
        {
            let weights = weights(n_epochs);
            let found = average(&weights, |epoch| Averaging::Swa { from }.after_epoch(epoch, n_epochs));
            let mean = weights[first - 1..].iter().sum::<f64>() / (n_epochs - first + 1) as f64;
            assert!((found.expect("it has begun") - mean).abs() < 1e-12, "{from} of {n_epochs}");
            assert!(
                (1..=n_epochs)
                    .all(|epoch| { Averaging::Swa { from }.has_begun(epoch, n_epochs) == (epoch >= first) })
            );
        }
    }

    #[test]
    fn ema_is_the_mean_of_all_steps_at_first_and_then_forgets() {
        let (decay, weights) = (0.9, weights(60));
        let ema = |n: usize| average(&weights[..n], |step| Averaging::Ema { decay }.after_step(step));
        for n in 1..=10 {
            let mean = weights[..n].iter().sum::<f64>() / n as f64;
            assert!((ema(n).expect("it has begun") - mean).abs() < 1e-12, "{n} steps");
        }
        // Written out: the mean of the first ten, forgotten by 0.9 a step, and each later step so.
        let mut expected = weights[..10].iter().sum::<f64>() / 10.0 * 0.9_f64.powi(50);
        expected += (10..60).map(|step| 0.1 * weights[step] * 0.9_f64.powi(59 - step as i32)).sum::<f64>();
        assert!((ema(60).expect("it has begun") - expected).abs() < 1e-12);
    }

    #[test]
    fn a_decay_of_0_is_no_average() {
        assert!((1..9).all(|step| Averaging::Ema { decay: 0.0 }.after_step(step) == Some(1.0)));
    }
}
