//! When to stop and which epoch to keep: a pure state machine over (epoch, score).
//!
//! ```
//! use kitae_eval::Score;
//! use kitae_train::stopping::{StopState, Stopping};
//!
//! let rule: Stopping = toml::from_str("kind = 'early'\npatience = 2")?;
//! let mut state = StopState::default();
//! let scores = [0.1, 0.5, 0.4, 0.4, 0.4, 0.9].map(Score);
//! let stop = (1..).zip(scores).find(|(epoch, score)| state.observe(&rule, *epoch, 6, Some(*score)).stop);
//! // Three epochs without improvement are one more than the rule waits.
//! assert_eq!(stop, Some((5, Score(0.4))));
//! assert_eq!(state.best.map(|best| best.epoch), Some(2));
//! # Ok::<(), toml::de::Error>(())
//! ```

use std::num::NonZeroUsize;

use kitae_eval::Score;
use serde::{Deserialize, Serialize};

/// When a lane stops before its planned epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Stopping {
    /// All planned epochs are trained.
    Never,
    /// Stop when the score on the validation rows has not improved for
    /// `patience + patience_factor · best epoch + patience_share · planned epochs`. The factor makes late
    /// improvements, which come after a longer wait, possible; `patience = 20, patience_factor = 1` is
    /// `RealMLP`'s rule "epoch > 2 · best + 20".
    Early {
        /// Epochs to wait in any case; without them the wait follows the epochs alone, as a schedule does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        patience: Option<NonZeroUsize>,
        /// Further epochs to wait for each epoch that the best one took.
        #[serde(default)]
        patience_factor: f64,
        /// Further epochs to wait, as a share of the planned ones: a schedule stretches with them.
        #[serde(default)]
        patience_share: f64,
        /// By how much a score must beat the best one to restart the waiting, at least 0.
        #[serde(default)]
        min_delta: f64,
        /// Epochs at the start in which nothing stops.
        #[serde(default)]
        warm_up_epochs: usize,
    },
}

/// Which epoch's weights a lane delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The epoch with the best score on the validation rows; among equals the last.
    Best,
    /// The last epoch.
    Last,
}

/// What a lane remembers about its scores so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StopState {
    /// The best score and its epoch; none before the first defined score.
    pub best: Option<Best>,
    /// The score that restarted the waiting, and its epoch.
    anchor: Option<Best>,
}

/// A score and the epoch that reached it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Counted from 1.
    pub epoch: usize,
    /// Higher is better.
    pub score: Score,
}

/// What an epoch's score means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether these weights are worth keeping: at least as good as the best so far.
    pub keep: bool,
    /// Whether nothing has improved for too long.
    pub stop: bool,
}

impl StopState {
    /// Takes note of the score of `epoch` (counted from 1) of `n_epochs` planned ones. An undefined or NaN
    /// score never improves; a tie does, so that the later of two equal epochs is kept.
    pub fn observe(
        &mut self,
        rule: &Stopping,
        epoch: usize,
        n_epochs: usize,
        score: Option<Score>,
    ) -> Decision {
        let min_delta = if let Stopping::Early { min_delta, .. } = rule { *min_delta } else { 0.0 };
        let score = score.filter(|score| !score.0.is_nan());
        let improved = score.is_some_and(|score| self.best.is_none_or(|best| score >= best.score));
        if let Some(score) = score {
            let now = Best { epoch, score };
            if improved {
                self.best = Some(now);
            }
            if self.anchor.is_none_or(|anchor| score.0 > anchor.score.0 + min_delta) {
                self.anchor = Some(now);
            }
        }
        Decision { keep: improved, stop: rule.is_over(epoch, n_epochs, self.anchor) }
    }
}

impl Stopping {
    fn is_over(&self, epoch: usize, n_epochs: usize, anchor: Option<Best>) -> bool {
        let Self::Early { patience, patience_factor, patience_share, warm_up_epochs, .. } = self else {
            return false;
        };
        // Where no epoch could be judged, none is a reason to stop.
        let Some(Best { epoch: since, .. }) = anchor else { return false };
        let patience = patience.map_or(0, NonZeroUsize::get);
        let wait = patience as f64 + patience_factor * since as f64 + patience_share * n_epochs as f64;
        epoch > *warm_up_epochs && (epoch - since) as f64 > wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn early(patience: usize) -> Stopping {
        rule(&format!("patience = {patience}"))
    }

    fn rule(keys: &str) -> Stopping {
        toml::from_str(&format!("kind = 'early'\n{keys}")).unwrap()
    }

    /// The epoch at which `scores` stop, and the best epoch then.
    fn run(rule: &Stopping, scores: &[f64]) -> (Option<usize>, Option<usize>) {
        let mut state = StopState::default();
        let stop = (1..=scores.len())
            .find(|epoch| state.observe(rule, *epoch, scores.len(), Some(Score(scores[epoch - 1]))).stop);
        (stop, state.best.map(|best| best.epoch))
    }

    #[test]
    fn stops_when_patience_is_exceeded_and_keeps_the_best_epoch() {
        assert_eq!(run(&early(2), &[0.1, 0.5, 0.4, 0.4, 0.4, 0.9]), (Some(5), Some(2)));
        assert_eq!(run(&Stopping::Never, &[0.5, 0.4, 0.4, 0.4]), (None, Some(1)));
    }

    #[test]
    fn ties_go_to_the_later_epoch() {
        assert_eq!(run(&Stopping::Never, &[0.5, 0.5, 0.5, 0.4]).1, Some(3));
    }

    #[test]
    fn ties_do_not_prolong_the_waiting() {
        assert_eq!(run(&early(2), &[0.5; 9]), (Some(4), Some(4)));
    }

    #[test]
    fn nan_and_undefined_scores_never_improve() {
        let scores = [Some(0.5), None, Some(f64::NAN), None];
        let mut state = StopState::default();
        let stop =
            (1..=4).find(|epoch| state.observe(&early(2), *epoch, 4, scores[epoch - 1].map(Score)).stop);
        assert_eq!((stop, state.best.map(|best| best.epoch)), (Some(4), Some(1)));
    }

    #[test]
    fn a_network_that_was_never_judged_is_not_stopped() {
        let mut state = StopState::default();
        for (epoch, score) in [None, Some(f64::NAN), None, None].into_iter().enumerate() {
            let verdict = state.observe(&early(1), epoch + 1, 4, score.map(Score));
            assert_eq!(verdict, Decision { keep: false, stop: false });
        }
        assert_eq!(state.best, None);
    }

    #[test]
    fn creeping_gains_below_min_delta_stop() {
        let rule = rule("patience = 3\nmin_delta = 0.1");
        assert_eq!(run(&rule, &[0.50, 0.51, 0.52, 0.53, 0.54, 0.55]), (Some(5), Some(5)));
    }

    #[test]
    fn gains_below_min_delta_are_kept_but_do_not_restart_the_waiting() {
        let rule = rule("patience = 2\nmin_delta = 0.1");
        assert_eq!(run(&rule, &[0.50, 0.51, 0.52, 0.40]), (Some(4), Some(3)));
    }

    #[test]
    fn warm_up_factor_and_share_prolong_the_waiting() {
        let scores = [0.1, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4];
        assert_eq!(run(&early(1), &scores).0, Some(4));
        assert_eq!(run(&rule("patience = 1\nwarm_up_epochs = 5"), &scores).0, Some(6));
        assert_eq!(run(&rule("patience = 1\npatience_factor = 1.0"), &scores).0, Some(6));
        assert_eq!(run(&rule("patience = 1\npatience_share = 0.25"), &scores).0, Some(6));
        assert_eq!(run(&rule("patience_share = 0.5"), &scores).0, Some(7));
    }
}
