//! How a lane on host memory moves its numbers.

use kitae_model::host::HostParameter;

use crate::optimiser::{HostOptimiser, Lbfgs, OptimiserConfig, OptimiserState};
use crate::recipe::Recipe;

/// What makes the steps of a lane.
pub(super) enum HostStepper {
    /// By the gradient of a batch.
    Gradient(HostOptimiser),
    /// By the whole gradient, as often as a line search wants it.
    Lbfgs(Lbfgs),
}

impl HostStepper {
    /// What begins, or goes on from `state`.
    ///
    /// # Errors
    ///
    /// A sentence that says why the state does not fit.
    pub(super) fn new(
        recipe: &Recipe,
        state: Option<&OptimiserState>,
        parameters: &[HostParameter],
    ) -> Result<Self, String> {
        let n_values = parameters.last().map_or(0, |parameter| parameter.range.end);
        Ok(match (&recipe.optimiser, state) {
            (OptimiserConfig::Lbfgs(config), None) => Self::Lbfgs(Lbfgs::new(*config)),
            (OptimiserConfig::Lbfgs(config), Some(state)) => {
                Self::Lbfgs(Lbfgs::from_state(*config, state, n_values)?)
            }
            (_, None) => Self::Gradient(HostOptimiser::new(&recipe.update(), n_values)),
            (_, Some(state)) => {
                Self::Gradient(HostOptimiser::from_state(&recipe.update(), state, parameters)?)
            }
        })
    }

    /// What is remembered.
    pub(super) fn state(&self, parameters: &[HostParameter]) -> OptimiserState {
        match self {
            Self::Gradient(optimiser) => optimiser.state(parameters),
            Self::Lbfgs(lbfgs) => lbfgs.state(),
        }
    }
}
