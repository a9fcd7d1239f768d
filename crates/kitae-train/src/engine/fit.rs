//! Training one pack: the epoch loop.

mod look;
mod tell;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use burn::module::Module;
use burn::tensor::Device;
use kitae_model::{Network, Weights};

use crate::calibration::Calibrator;
use crate::engine::checkpoint::{SavedLane, save_pack};
use crate::engine::evaluate::calibrator;
use crate::engine::fused::FusedMachine;
use crate::engine::initial::initial_network;
use crate::engine::lane::{JudgedEpoch, LaneState};
use crate::engine::lbfgs::lbfgs_from_state;
use crate::engine::machine::{Course, Machine, Stepper, TensorMachine};
use crate::engine::passes;
use crate::engine::{Checkpoints, LaneJob, LaneResult};
use crate::error::{ArtefactError, TrainError};
use crate::observer::{Event, LaneEnd};
use crate::optimiser::{LaneState as OptimiserState, Lbfgs, Optimiser, OptimiserConfig};
use crate::prepare::{LaneData, RoleData};
use crate::schedule::Progress;

/// Lanes that are trained side by side.
pub(crate) struct Pack<'a> {
    job: &'a LaneJob<'a>,
    events: Sender<Event>,
    /// The lanes still in training, in the order of the tensors' lane axis.
    active: Vec<LaneState>,
    ended: Vec<SavedLane>,
    ended_states: Vec<LaneState>,
    machine: Option<Machine>,
    epoch: usize,
    last_checkpoint: Duration,
}

impl<'a> Pack<'a> {
    /// The lanes `members` (positions in the run), ready for their next epoch.
    pub(crate) fn start(
        job: &'a LaneJob<'a>,
        members: &[usize],
        events: Sender<Event>,
    ) -> Result<Self, TrainError> {
        let state = |index: &usize| match &job.saved[*index] {
            Some(saved) => LaneState::resumed(*index, saved),
            None => LaneState::new(*index),
        };
        let (ended_states, active): (Vec<_>, Vec<_>) =
            members.iter().map(state).partition(|lane| lane.end.is_some());
        let ended = ended_states.iter().filter_map(|lane| job.saved[lane.index].clone()).collect();
        let epoch = active.first().map_or(0, |lane| lane.n_epochs);
        let last_checkpoint = (job.place.clock)();
        let mut pack =
            Self { job, events, active, ended, ended_states, machine: None, epoch, last_checkpoint };
        pack.announce();
        if !pack.active.is_empty() {
            let mut machine = pack.build()?;
            pack.restore_averages(&mut machine)?;
            pack.machine = Some(machine);
        }
        Ok(pack)
    }

    /// Trains one epoch and decides which lanes end with it.
    pub(crate) fn advance(&mut self) -> Result<(), TrainError> {
        let epoch = self.epoch + 1;
        let before = self.before_look(epoch);
        let losses = self.train(epoch);
        self.look(epoch, &before);
        self.judge(epoch, &losses);
        self.epoch = epoch;
        self.checkpoint(Due::Later)?;
        self.retire();
        Ok(())
    }

    /// Epochs trained.
    pub(crate) fn epoch(&self) -> usize {
        self.epoch
    }

    /// Whether all lanes have ended.
    pub(crate) fn is_over(&self) -> bool {
        self.active.is_empty()
    }

    /// Whether it is as well to train another pack's next epoch first: what a pack of fused lanes
    /// holds costs little while it waits, and taking turns keeps all threads busy to the end.
    pub(crate) fn takes_turns(&self) -> bool {
        matches!(self.machine, Some(Machine::Fused(_)))
    }

    /// Saves the state, so that the run can go on later.
    pub(crate) fn interrupt(&mut self) -> Result<(), TrainError> {
        self.checkpoint(Due::Now)
    }

    /// A new network for lanes that begin, the stored one for lanes that are resumed.
    fn build(&self) -> Result<Machine, TrainError> {
        let saved: Option<Vec<&SavedLane>> =
            self.active.iter().map(|lane| self.job.saved[lane.index].as_ref()).collect();
        let Some(saved) = saved else {
            let network = initial_network(self.job.network, &self.active_data(), &self.job.place.device);
            if self.job.is_fused() {
                let weights = network.valid().weights();
                let states = vec![None; weights.len()];
                let weights: Vec<&Weights> = weights.iter().collect();
                return self.fused(&weights, &states).map_err(|reason| TrainError::Start { reason });
            }
            let stepper = match &self.job.recipe.optimiser {
                OptimiserConfig::Lbfgs(config) => Stepper::Lbfgs(Lbfgs::new(*config)),
                _ => Stepper::Gradient(Optimiser::new(&self.job.recipe.update())),
            };
            return Ok(self.machine(network, stepper));
        };
        let weights: Vec<_> = saved.iter().map(|saved| &saved.weights).collect();
        if self.job.is_fused() {
            let states: Vec<_> = saved.iter().map(|saved| Some(&saved.optimiser)).collect();
            let damaged = |reason| ArtefactError::damaged(Path::new("checkpoint"), reason).into();
            return self.fused(&weights, &states).map_err(damaged);
        }
        let states: Vec<_> = saved.iter().map(|saved| saved.optimiser.clone()).collect();
        let network = self.load(&weights)?;
        let stepper = self.resumed_stepper(&network, &states)?;
        Ok(self.machine(network, stepper))
    }

    fn resumed_stepper(&self, network: &Network, states: &[OptimiserState]) -> Result<Stepper, TrainError> {
        let recipe = self.job.recipe;
        let damaged = |reason| ArtefactError::damaged(Path::new("checkpoint"), reason);
        if let OptimiserConfig::Lbfgs(config) = &recipe.optimiser {
            let n_parameters = self.job.network.count_parameters();
            return Ok(Stepper::Lbfgs(lbfgs_from_state(*config, states, n_parameters).map_err(damaged)?));
        }
        let shape = |parameter: kitae_model::Parameter| {
            let [_, rows, columns] = parameter.value.dims();
            (parameter.role, [rows, columns])
        };
        let layout: Vec<_> = network.parameters().into_iter().map(shape).collect();
        let optimiser = Optimiser::from_state(&recipe.update(), states, &layout, &self.job.place.device);
        Ok(Stepper::Gradient(optimiser.map_err(damaged)?))
    }

    fn machine(&self, network: Network, stepper: Stepper) -> Machine {
        let feeding = self.job.recipe.training.feeding;
        let device = &self.job.place.device;
        Machine::Tensors(Box::new(TensorMachine::new(network, stepper, &self.active_data(), feeding, device)))
    }

    fn fused(&self, weights: &[&Weights], states: &[Option<&OptimiserState>]) -> Result<Machine, String> {
        let LaneJob { recipe, network, .. } = self.job;
        let spare = Arc::clone(&self.job.spare);
        let machine = FusedMachine::new(recipe, network, &self.active_data(), weights, states, spare);
        machine.map(Machine::Fused)
    }

    /// Averages that lanes had reached when they were saved.
    fn restore_averages(&self, machine: &mut Machine) -> Result<(), TrainError> {
        let (training, saved) = (&self.job.recipe.training, self.job.saved);
        let of = |lane: &LaneState| saved[lane.index].as_ref().and_then(|saved| saved.averaged.as_ref());
        let averages: Vec<Option<&Weights>> = self.active.iter().map(of).collect();
        let damaged = |reason| ArtefactError::damaged(Path::new("checkpoint"), reason);
        if training.averaging.has_begun(self.epoch, training.epochs) && averages.contains(&None) {
            return Err(damaged("a lane has no averaged weights".to_string()).into());
        }
        let restored = machine.restore_averages(self.job.network, &averages, &self.job.place.device);
        Ok(restored.map_err(damaged)?)
    }

    fn active_data(&self) -> Vec<&'a LaneData> {
        self.active.iter().map(|lane| self.data(lane)).collect()
    }

    fn load(&self, weights: &[&Weights]) -> Result<Network, TrainError> {
        let network = Network::load(self.job.network, weights, &self.training_device());
        Ok(network.map_err(|error| ArtefactError::damaged(Path::new("checkpoint"), error))?)
    }

    fn training_device(&self) -> Device {
        self.job.place.device.clone().autodiff()
    }

    fn train(&mut self, epoch: usize) -> Vec<f64> {
        let levers: Vec<_> = self.active.iter().map(|lane| &self.data(lane).levers).collect();
        let factors: Vec<f64> = self.active.iter().map(|lane| lane.plateau.factor).collect();
        let course = Course { recipe: self.job.recipe, levers, factors, epoch };
        let machine = self.machine.take().expect("a pack with active lanes has a machine");
        let (machine, losses) = machine.train(&course);
        self.machine = Some(machine);
        losses
    }

    /// Measures the validation rows, decides for each lane, and tells.
    fn judge(&mut self, epoch: usize, losses: &[f64]) {
        let Some(machine) = &mut self.machine else { return };
        let recipe = self.job.recipe;
        let stop = machine.evaluate(&recipe.objective);
        let (are_finite, n_steps) = (machine.finite(), machine.n_steps());
        let mut keeps = vec![false; self.active.len()];
        let last_step =
            Progress { epoch: epoch as f64 - 1.0 / n_steps as f64, n_epochs: recipe.training.epochs as f64 };
        for (position, lane) in self.active.iter_mut().enumerate() {
            let data = &self.job.lanes[lane.index];
            let (logits, targets) = (&stop.logits[position], &data.fold.validation.targets);
            let decoder = self.job.decoder(&data.fold);
            let calibrator = calibrator(&decoder, recipe, logits, targets);
            let predictions = decoder.predictions(logits, calibrator);
            let judged = JudgedEpoch {
                number: epoch,
                loss: losses[position],
                validation_loss: stop.losses[position],
                validation_score: predictions.score(targets, recipe.validation_metric),
                has_finite_weights: are_finite[position],
            };
            let rate =
                data.levers.learning_rate * recipe.training.schedule.factor(&last_step) * lane.plateau.factor;
            keeps[position] = lane.judge(recipe, &judged);
            // The receiver outlives all packs; if it is gone, nobody wants to know.
            let _ = self.events.send(Event::EpochEnded {
                lane: lane.index,
                epoch,
                loss: finite(judged.loss),
                validation_loss: finite(judged.validation_loss),
                validation_score: judged.validation_score,
                learning_rate: rate,
                seconds: (self.job.place.clock)().as_secs_f64(),
            });
        }
        for (lane, weights) in self.active.iter_mut().zip(machine.delivered(&keeps)) {
            if let Some(weights) = weights {
                lane.kept = Some((epoch, weights));
            }
        }
    }

    /// Writes the pack's state when that is due or all its lanes have ended.
    fn checkpoint(&mut self, due: Due) -> Result<(), TrainError> {
        let Checkpoints::Into { folder, every, run } = self.job.place.checkpoints else { return Ok(()) };
        let now = (self.job.place.clock)();
        let over = self.active.iter().all(|lane| lane.end.is_some());
        if !(due == Due::Now || over || now.saturating_sub(self.last_checkpoint) >= every) {
            return Ok(());
        }
        let mut lanes = self.ended.clone();
        lanes.extend(self.snapshot());
        let numbers: Vec<usize> =
            self.ended_states.iter().chain(&self.active).map(|lane| lane.index).collect();
        save_pack(folder, run, &numbers, &lanes)?;
        self.last_checkpoint = now;
        self.tell(Event::Checkpointed { lanes: numbers, epoch: self.epoch });
        Ok(())
    }

    fn snapshot(&self) -> Vec<SavedLane> {
        let Some(machine) = &self.machine else { return Vec::new() };
        let weights = machine.weights(&vec![true; self.active.len()]).into_iter().flatten();
        let (averages, states) = (machine.averages(self.active.len()), machine.states(self.active.len()));
        let saved = self.active.iter().zip(weights).zip(averages).zip(states);
        saved
            .map(|(((lane, weights), average), state)| SavedLane::new(lane, weights, average, state))
            .collect()
    }

    /// Takes lanes that ended out of the tensors.
    fn retire(&mut self) {
        if self.active.iter().all(|lane| lane.end.is_none()) {
            return;
        }
        let snapshot = self.snapshot();
        let positions: Vec<usize> =
            (0..self.active.len()).filter(|lane| self.active[*lane].end.is_none()).collect();
        for (lane, saved) in std::mem::take(&mut self.active).into_iter().zip(&snapshot) {
            if lane.end.is_some() {
                self.tell_end(&lane);
                self.ended.push(saved.clone());
                self.ended_states.push(lane);
            } else {
                self.active.push(lane);
            }
        }
        self.machine = match self.machine.take() {
            Some(_) | None if positions.is_empty() => None,
            Some(Machine::Tensors(machine)) => {
                let saved: Vec<_> = positions.iter().map(|lane| &snapshot[*lane]).collect();
                let weights: Vec<_> = saved.iter().map(|saved| &saved.weights).collect();
                let network = self.load(&weights).expect("finite weights of this very network fit it");
                let mut fewer = self.machine(network, machine.stepper.retain(&positions));
                let averages: Vec<_> = saved.iter().map(|saved| saved.averaged.as_ref()).collect();
                fewer
                    .restore_averages(self.job.network, &averages, &self.job.place.device)
                    .expect("finite averages of this very network fit it");
                Some(fewer)
            }
            Some(Machine::Fused(mut machine)) => {
                machine.retain(&positions);
                Some(Machine::Fused(machine))
            }
            None => None,
        };
    }

    /// Lets every lane predict its validation and held-out rows with the weights it keeps.
    pub(crate) fn finish(self) -> Vec<(usize, LaneResult)> {
        self.ended_states
            .iter()
            .zip(&self.ended)
            .map(|(lane, saved)| (lane.index, self.result(lane, saved)))
            .collect()
    }

    fn result(&self, lane: &LaneState, saved: &SavedLane) -> LaneResult {
        let (kept_epoch, weights) = lane.kept.clone().unwrap_or_else(|| (0, saved.weights.clone()));
        let fold = &self.data(lane).fold;
        let decoder = self.job.decoder(fold);
        let place = self.job.place;
        let logits = |part: &RoleData| {
            let features = &part.features;
            let network = passes::on(&place.device, place.packing)(self.job.network, &weights);
            let logits = network
                .map(|network| passes::logits(&*network, self.job.network, features, decoder.objective));
            // A lane that diverged before its first good epoch has no weights to predict with.
            logits.unwrap_or_else(|_| vec![f32::NAN; features.n_rows * decoder.n_outputs])
        };
        let (validation, held_out) = (logits(&fold.validation), logits(&fold.held_out));
        let calibrator = calibrator(&decoder, self.job.recipe, &validation, &fold.validation.targets);
        let n_rows = [&fold.train, &fold.validation, &fold.held_out].map(|part| part.rows.len()).iter().sum();
        let in_bag = calibrator.in_bag(self.job.recipe.training.members, n_rows);
        LaneResult {
            in_bag: decoder.predictions(&held_out, Calibrator { smoothing: 0.0, ..in_bag }),
            validation: decoder.predictions(&validation, calibrator),
            held_out: decoder.predictions(&held_out, calibrator),
            calibrator,
            kept_epoch,
            n_epochs: lane.n_epochs,
            end: lane.end.unwrap_or(LaneEnd::Planned),
            weights,
        }
    }

    fn data(&self, lane: &LaneState) -> &'a LaneData {
        &self.job.lanes[lane.index]
    }
}

/// When a checkpoint is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    Now,
    /// When enough time has passed.
    Later,
}

/// JSON has no word for NaN.
fn finite(loss: f64) -> Option<f64> {
    Some(loss).filter(|loss| loss.is_finite())
}
