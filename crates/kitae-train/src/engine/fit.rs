//! Training one pack: the epoch loop.

mod look;
mod tell;

use std::path::Path;
use std::sync::mpsc::Sender;
use std::time::Duration;

use burn::module::Module;

use crate::calibration::Calibrator;
use crate::engine::checkpoint::{SavedLane, save_pack};
use crate::engine::course::Course;
use crate::engine::evaluate::calibrator;
use crate::engine::initial::initial_network;
use crate::engine::lane::{LaneState, MeasuredEpoch};
use crate::engine::machine::{LaneStart, Machine};
use crate::engine::passes::{self, Passes};
use crate::engine::{Checkpoints, LaneJob, LaneResult};
use crate::error::{ArtefactError, TrainError};
use crate::observer::{Event, LaneEnd};
use crate::prepare::{LaneData, RoleData};
use crate::schedule::Elapsed;

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
            pack.machine = Some(pack.build()?);
        }
        Ok(pack)
    }

    /// Trains one epoch and decides which lanes end with it.
    pub(crate) fn advance(&mut self) -> Result<(), TrainError> {
        let epoch = self.epoch + 1;
        let before = self.before_look(epoch);
        let losses = self.train(epoch);
        self.look(epoch, &before);
        self.validate(epoch, &losses);
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
        self.job.passes == Passes::Host
    }

    /// Saves the state, so that the run can go on later.
    pub(crate) fn interrupt(&mut self) -> Result<(), TrainError> {
        self.checkpoint(Due::Now)
    }

    /// New networks for lanes that begin, the stored ones for lanes that are resumed.
    fn build(&self) -> Result<Machine, TrainError> {
        let (job, training) = (self.job, &self.job.recipe.training);
        let data: Vec<&LaneData> = self.active.iter().map(|lane| self.data(lane)).collect();
        let saved = self.active.iter().map(|lane| job.saved[lane.index].as_ref());
        let Some(saved) = saved.collect::<Option<Vec<&SavedLane>>>() else {
            let network = initial_network(job.network, &data, job.place.engine.device());
            let weights = network.valid().weights();
            let starts: Vec<_> = data.into_iter().zip(&weights).map(|(d, w)| LaneStart::new(d, w)).collect();
            return Machine::new(job, &starts).map_err(|reason| TrainError::Start { reason });
        };
        let damaged = |reason| ArtefactError::damaged(Path::new("checkpoint"), reason);
        let has_average = |saved: &&SavedLane| saved.averaged.is_some();
        if training.averaging.has_begun(self.epoch, training.epochs) && !saved.iter().all(has_average) {
            return Err(damaged("a lane has no averaged weights".to_owned()).into());
        }
        let starts: Vec<_> =
            data.into_iter().zip(saved).map(|(data, saved)| LaneStart::of(data, saved)).collect();
        Ok(Machine::new(job, &starts).map_err(damaged)?)
    }

    fn train(&mut self, epoch: usize) -> Vec<f64> {
        let hyperparameters: Vec<_> =
            self.active.iter().map(|lane| &self.data(lane).hyperparameters).collect();
        let factors: Vec<f64> = self.active.iter().map(|lane| lane.plateau.factor).collect();
        let course = Course { recipe: self.job.recipe, hyperparameters, factors, epoch };
        let machine = self.machine.take().expect("a pack with active lanes has a machine");
        let (machine, losses) = machine.train(&course);
        self.machine = Some(machine);
        losses
    }

    /// Measures the validation rows, decides for each lane, and tells.
    fn validate(&mut self, epoch: usize, losses: &[f64]) {
        let Some(machine) = &self.machine else { return };
        let recipe = self.job.recipe;
        let stop = machine.evaluate(&recipe.objective);
        let (are_finite, n_steps) = (machine.finite(), machine.n_steps());
        let mut keeps = vec![false; self.active.len()];
        let last_step = Elapsed::at(&recipe.training, epoch, n_steps - 1, n_steps);
        for (position, lane) in self.active.iter_mut().enumerate() {
            let data = &self.job.lanes[lane.index];
            let (logits, targets) = (&stop.logits[position], &data.fold.validation.targets);
            let decoder = self.job.decoder(&data.fold);
            let calibrator = calibrator(&decoder, recipe, logits, targets);
            let predictions = decoder.predictions(logits, calibrator);
            let measured = MeasuredEpoch {
                number: epoch,
                loss: losses[position],
                validation_loss: stop.losses[position],
                validation_score: predictions.score(targets, recipe.validation_metric),
                has_finite_weights: are_finite[position],
            };
            let rates = data.hyperparameters.rates(&recipe.training, lane.plateau.factor, &last_step);
            keeps[position] = lane.observe(recipe, &measured);
            // The receiver outlives all packs; if it is gone, nobody wants to know.
            let _ = self.events.send(Event::EpochEnded {
                lane: lane.index,
                epoch,
                loss: finite(measured.loss),
                validation_loss: finite(measured.validation_loss),
                validation_score: measured.validation_score,
                learning_rate: rates.learning_rate,
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
        let (averages, states) = (machine.averages(), machine.states());
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
        let (snapshot, mut rest) = (self.snapshot(), Vec::new());
        for (lane, saved) in std::mem::take(&mut self.active).into_iter().zip(snapshot) {
            if lane.end.is_some() {
                self.tell_end(&lane);
                self.ended.push(saved);
                self.ended_states.push(lane);
            } else {
                self.active.push(lane);
                rest.push(saved);
            }
        }
        // Before another takes its place on the device.
        self.machine = None;
        if !rest.is_empty() {
            let starts = self.active.iter().zip(&rest);
            let starts: Vec<_> = starts.map(|(lane, saved)| LaneStart::of(self.data(lane), saved)).collect();
            let fewer = Machine::new(self.job, &starts);
            self.machine = Some(fewer.expect("finite numbers of this very network fit it"));
        }
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
        let logits = |part: &RoleData| {
            let features = &part.features;
            let network = self.job.place.engine.ready(self.job.network, &weights);
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
