//! The lanes of a pack at work.

use std::sync::Arc;

use kitae_model::Weights;

use crate::engine::LaneJob;
use crate::engine::checkpoint::SavedLane;
use crate::engine::course::Course;
use crate::engine::evaluate::LaneOutputs;
use crate::engine::fused::HostLane;
use crate::engine::passes::Passes;
use crate::engine::tensors::TensorMachine;
use crate::objective::Objective;
use crate::optimiser::OptimiserState;
use crate::prepare::LaneData;

/// Steps after which an epoch checks that a loss is still a number.
pub(crate) const CHECK_STEPS: usize = 64;

/// Running statistics of batch norm move this far towards those of a batch (PyTorch's default).
pub(crate) const MOMENTUM: f64 = 0.1;

/// The active lanes of a pack.
pub(crate) enum Machine {
    /// One tensor programme for all of them.
    Tensors(Box<TensorMachine>),
    /// One lane, through the fused passes.
    Host(Box<HostLane>),
}

/// What a lane begins with, or goes on with.
pub(crate) struct LaneStart<'a> {
    pub(crate) data: &'a LaneData,
    pub(crate) weights: &'a Weights,
    /// What its optimiser remembers; none before its first step.
    pub(crate) optimiser: Option<&'a OptimiserState>,
    /// Its averaged weights; none before an average has begun.
    pub(crate) averaged: Option<&'a Weights>,
}

impl<'a> LaneStart<'a> {
    /// A lane before its first step.
    pub(crate) fn new(data: &'a LaneData, weights: &'a Weights) -> Self {
        Self { data, weights, optimiser: None, averaged: None }
    }

    /// A lane that goes on where it was.
    pub(crate) fn of(data: &'a LaneData, saved: &'a SavedLane) -> Self {
        let SavedLane { weights, optimiser, averaged, .. } = saved;
        Self { data, weights, optimiser: Some(optimiser), averaged: averaged.as_ref() }
    }
}

impl Machine {
    /// The lanes of a pack, of which there is at least one, and one alone where it goes through the fused
    /// passes.
    ///
    /// # Errors
    ///
    /// A sentence that says why weights or states do not fit.
    pub(crate) fn new(job: &LaneJob, starts: &[LaneStart]) -> Result<Self, String> {
        let LaneJob { recipe, network, place, .. } = job;
        Ok(match job.passes {
            Passes::Host => {
                Self::Host(Box::new(HostLane::new(recipe, network, &starts[0], Arc::clone(&job.spare))?))
            }
            Passes::Tensors(_) => {
                Self::Tensors(Box::new(TensorMachine::new(recipe, network, starts, place.engine.device())?))
            }
        })
    }

    /// One epoch; the mean loss of each lane.
    pub(crate) fn train(self, course: &Course) -> (Self, Vec<f64>) {
        match self {
            Self::Tensors(machine) => {
                let (machine, losses) = machine.train(course);
                (Self::Tensors(Box::new(machine)), losses)
            }
            Self::Host(mut lane) => {
                let losses = vec![lane.train(course)];
                (Self::Host(lane), losses)
            }
        }
    }

    /// Loss and raw outputs of each lane's validation rows, by the averaged weights where there are any.
    pub(crate) fn evaluate(&self, objective: &Objective) -> LaneOutputs {
        match self {
            Self::Tensors(machine) => machine.evaluate(objective),
            Self::Host(lane) => {
                let (loss, logits) = lane.evaluate(objective);
                LaneOutputs { losses: vec![loss], logits: vec![logits] }
            }
        }
    }

    /// Whether all numbers of each lane's network, and of its average, are finite.
    pub(crate) fn finite(&self) -> Vec<bool> {
        match self {
            Self::Tensors(machine) => {
                let is_finite = |weights: &Weights| {
                    weights.tensors.values().all(|tensor| tensor.values.iter().all(|value| value.is_finite()))
                };
                let both = |(weights, average): (&Weights, &Option<Weights>)| {
                    is_finite(weights) && average.as_ref().is_none_or(is_finite)
                };
                machine.weights().iter().zip(&machine.averages()).map(both).collect()
            }
            Self::Host(lane) => vec![lane.is_finite()],
        }
    }

    /// Copies of the weights of the lanes that are `wanted`.
    pub(crate) fn weights(&self, wanted: &[bool]) -> Vec<Option<Weights>> {
        match self {
            _ if wanted.iter().all(|wanted| !wanted) => vec![None; wanted.len()],
            Self::Tensors(machine) => {
                let weights = machine.weights().into_iter().zip(wanted);
                weights.map(|(weights, wanted)| wanted.then_some(weights)).collect()
            }
            Self::Host(lane) => vec![Some(lane.weights())],
        }
    }

    /// The averaged weights of each lane; none before an average has begun.
    pub(crate) fn averages(&self) -> Vec<Option<Weights>> {
        match self {
            Self::Tensors(machine) => machine.averages(),
            Self::Host(lane) => vec![lane.average()],
        }
    }

    /// Copies of what the lanes that are `wanted` deliver: their averaged weights, else their weights.
    pub(crate) fn delivered(&self, wanted: &[bool]) -> Vec<Option<Weights>> {
        if wanted.iter().all(|wanted| !wanted) {
            return vec![None; wanted.len()];
        }
        let averages = self.averages();
        if averages.iter().all(Option::is_none) {
            return self.weights(wanted);
        }
        averages.into_iter().zip(wanted).map(|(average, wanted)| average.filter(|_| *wanted)).collect()
    }

    /// What the optimisers remember of each lane.
    pub(crate) fn states(&self) -> Vec<OptimiserState> {
        match self {
            Self::Tensors(machine) => machine.states(),
            Self::Host(lane) => vec![lane.state()],
        }
    }

    /// Steps of an epoch; the same for all lanes.
    pub(crate) fn n_steps(&self) -> usize {
        match self {
            Self::Tensors(machine) => machine.feed.n_steps(),
            Self::Host(lane) => lane.n_steps(),
        }
    }
}
