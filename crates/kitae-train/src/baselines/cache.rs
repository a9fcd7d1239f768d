//! Linear models that were fitted before.

use std::collections::VecDeque;
use std::time::Duration;

use kitae_model::{Lane, NetworkConfig};

use super::{LinearModel, LinearModels, first_lanes, is_same_fold, linear_network, linear_recipe};
use crate::engine;
use crate::error::TrainError;
use crate::plan::Plan;
use crate::prepare::LaneData;
use crate::problem::Problem;
use crate::recipe::Recipe;
use crate::roles::Roles;

/// Weights and predictions that are kept at most: 128 MiB of them.
const MOST_NUMBERS: usize = 1 << 24;

/// Keeps the linear models of folds for trials on the same rows of one problem: most hyperparameters leave to
/// a line the features, the metric and the loss that it had. Those that were asked for the longest ago make
/// room for others.
#[derive(Debug, Default)]
pub struct LinearCache {
    /// The one asked for last at the end.
    kept: VecDeque<(Asked, Fitted)>,
    saved: Duration,
}

#[derive(Clone, Debug)]
struct Fitted {
    model: LinearModel,
    /// Its part of the time that those of several folds took together.
    took: Duration,
}

/// All that the linear model of a fold depends on, but the table.
#[derive(Debug, PartialEq)]
struct Asked {
    recipe: Recipe,
    network: NetworkConfig,
    lane: Lane,
    roles: Roles,
}

impl LinearCache {
    /// How many models it keeps, one for a fold and what was asked of it.
    pub fn n_kept(&self) -> usize {
        self.kept.len()
    }

    /// How long those that were asked for again took to fit.
    pub fn time_saved(&self) -> Duration {
        self.saved
    }

    /// The linear models of the folds of `plan`; those that are not known are fitted. A fold where none can
    /// be trained has none.
    pub(crate) fn models(
        &mut self,
        problem: &Problem,
        recipe: &Recipe,
        plan: &Plan,
        place: &engine::RunContext,
    ) -> Result<LinearModels, TrainError> {
        let linear = linear_recipe(recipe);
        let network = linear_network(&linear, &plan.layout, problem.class_names().len());
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for lane in first_lanes(&plan.lanes) {
            let asked = Asked {
                recipe: linear.clone(),
                network: network.clone(),
                lane: lane.lane,
                roles: lane.fold.roles(),
            };
            match self.take(&asked) {
                Some(fitted) => {
                    self.saved += fitted.took;
                    known.push((asked, fitted));
                }
                None => unknown.push((asked, lane)),
            }
        }
        if !unknown.is_empty() {
            let lanes: Vec<LaneData> = unknown.iter().map(|(_, lane)| lane.clone()).collect();
            let start = (place.clock)();
            let fitted = LinearModels::fit(problem, recipe, plan, &lanes, place)?;
            let took = (place.clock)().saturating_sub(start) / lanes.len() as u32;
            let fitted = fitted.map(|models| models.folds).unwrap_or_default();
            for (asked, lane) in unknown {
                let own = fitted.iter().find(|model| is_same_fold(model.place, lane.place));
                known.extend(own.map(|model| (asked, Fitted { model: model.clone(), took })));
            }
        }
        let folds = known.iter().map(|(_, fitted)| fitted.model.clone()).collect();
        self.keep(known);
        Ok(LinearModels { network, objective: linear.objective, folds })
    }

    fn take(&mut self, asked: &Asked) -> Option<Fitted> {
        let at = self.kept.iter().position(|(other, _)| other == asked)?;
        self.kept.remove(at).map(|(_, fitted)| fitted)
    }

    fn keep(&mut self, models: Vec<(Asked, Fitted)>) {
        self.kept.extend(models);
        let mut n_numbers: usize = self.kept.iter().map(|(_, fitted)| fitted.n_numbers()).sum();
        while n_numbers > MOST_NUMBERS {
            let Some((_, oldest)) = self.kept.pop_front() else { break };
            n_numbers -= oldest.n_numbers();
        }
    }
}

impl Fitted {
    fn n_numbers(&self) -> usize {
        let result = &self.model.result;
        let predictions = [&result.validation, &result.held_out, &result.in_bag]
            .map(|predictions| predictions.values.len());
        let weights = result.weights.tensors.values().map(|tensor| tensor.values.len());
        predictions.into_iter().chain(weights).sum()
    }
}
