//! Shows the progress of a run: a bar on a terminal, lines in a file, JSON for machines.

use std::collections::BTreeMap;
use std::io::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kitae_eval::{Metric, Score};
use kitae_train::observer::{Event, Observer};

use crate::show::number;

/// How a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// A bar that moves.
    Bar,
    /// A line for each tenth.
    Lines,
    /// Each event as a JSON object.
    Json,
    /// Not at all.
    Silent,
}

/// An observer that shows what it hears.
pub(crate) struct Progress<'a> {
    manner: Manner,
    metric: Metric,
    /// The metric, with the class that it is about.
    name: String,
    err: &'a mut dyn Write,
    bar: ProgressBar,
    tally: Tally,
}

/// How far the lanes are.
#[derive(Debug, Default)]
struct Tally {
    n_lanes: usize,
    n_epochs: usize,
    lanes: BTreeMap<usize, LaneTally>,
    /// Tenths that a line was written for.
    n_told: usize,
}

#[derive(Debug, Default)]
struct LaneTally {
    n_trained: usize,
    /// It trains no further: it may have stopped early.
    has_ended: bool,
    /// On the validation rows, by epoch; higher is better.
    scores: BTreeMap<usize, Score>,
    /// The score of the last epoch, in the end that of the epoch whose weights are kept.
    score: Option<Score>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(manner: Manner, (metric, name): (Metric, String), err: &'a mut dyn Write) -> Self {
        let bar = match manner {
            Manner::Bar => ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()),
            Manner::Lines | Manner::Json | Manner::Silent => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} epochs  {msg}  {elapsed}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { manner, metric, name, err, bar, tally: Tally::default() }
    }

    fn tell_tenth(&mut self) {
        let tenth = self.tally.n_settled() * 10 / self.tally.n_planned().max(1);
        if tenth > self.tally.n_told {
            self.tally.n_told = tenth;
            let (trained, planned) = (self.tally.n_trained(), self.tally.n_planned());
            let of = if trained == self.tally.n_settled() { "of" } else { "of at most" };
            let line = format!("{tenth}0 % ({trained} {of} {planned} epochs)  {}", self.message());
            self.write(line.trim_end());
        }
    }

    fn message(&self) -> String {
        let score = self.tally.mean_score().map(|score| number(self.metric.natural(score)));
        score.map(|score| format!("{} {score} on the validation rows", self.name)).unwrap_or_default()
    }

    /// A progress that cannot be shown must not end the training.
    fn write(&mut self, line: &str) {
        let _ = writeln!(self.err, "{line}");
    }
}

impl Tally {
    fn observe(&mut self, event: &Event) {
        match event {
            Event::RunStarted { n_lanes, n_epochs, .. } => {
                *self = Self { n_lanes: *n_lanes, n_epochs: *n_epochs, ..Self::default() };
            }
            Event::LaneStarted { lane, after_epoch, .. } => {
                self.lanes.entry(*lane).or_default().n_trained = *after_epoch;
            }
            Event::EpochEnded { lane, epoch, validation_score, .. } => {
                let lane = self.lanes.entry(*lane).or_default();
                lane.n_trained = *epoch;
                if let Some(score) = validation_score {
                    lane.scores.insert(*epoch, *score);
                    lane.score = Some(*score);
                }
            }
            Event::LaneEnded { lane, kept_epoch, n_epochs, .. } => {
                let lane = self.lanes.entry(*lane).or_default();
                lane.n_trained = *n_epochs;
                lane.has_ended = true;
                lane.score = lane.scores.get(kept_epoch).copied().or(lane.score);
            }
            _ => {}
        }
    }

    fn n_planned(&self) -> usize {
        self.n_lanes.saturating_mul(self.n_epochs)
    }

    fn n_trained(&self) -> usize {
        self.lanes.values().map(|lane| lane.n_trained).sum()
    }

    /// Epochs that are trained or will never be.
    fn n_settled(&self) -> usize {
        self.lanes.values().map(|lane| if lane.has_ended { self.n_epochs } else { lane.n_trained }).sum()
    }

    fn mean_score(&self) -> Option<Score> {
        Score::mean(self.lanes.values().filter_map(|lane| lane.score))
    }
}

impl Observer for Progress<'_> {
    fn observe(&mut self, event: &Event) {
        self.tally.observe(event);
        match self.manner {
            Manner::Silent => {}
            Manner::Json => {
                if let Ok(line) = serde_json::to_string(event) {
                    self.write(&line);
                }
            }
            Manner::Lines | Manner::Bar if matches!(event, Event::BaselinesStarted) => {
                self.write("training the baselines: a constant and a linear model");
            }
            Manner::Lines => self.tell_tenth(),
            Manner::Bar => {
                self.bar.set_length(self.tally.n_planned() as u64);
                self.bar.set_position(self.tally.n_settled() as u64);
                self.bar.set_message(self.message());
                if matches!(event, Event::RunEnded { .. }) {
                    self.bar.finish_and_clear();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kitae_train::observer::LaneEnd;

    use super::*;

    fn epoch(lane: usize, epoch: usize, score: f64) -> Event {
        Event::EpochEnded {
            lane,
            epoch,
            loss: Some(1.0),
            validation_loss: Some(1.0),
            validation_score: Some(Score(score)),
            learning_rate: 0.1,
            seconds: 0.0,
        }
    }

    fn events() -> Vec<Event> {
        let started = Event::RunStarted { n_lanes: 2, n_epochs: 10, packs: vec![vec![0, 1]] };
        let epochs = (1..=10).map(|number| epoch(0, number, -0.25));
        let stopped = Event::LaneEnded { lane: 1, kept_epoch: 1, n_epochs: 1, reason: LaneEnd::Stopped };
        std::iter::once(started).chain(epochs).chain([epoch(1, 1, -0.25), stopped]).collect()
    }

    fn shown(manner: Manner) -> String {
        let mut err = Vec::new();
        let mut progress = Progress::new(manner, (Metric::LogLoss, "log_loss".to_owned()), &mut err);
        for event in &events() {
            progress.observe(event);
        }
        drop(progress);
        String::from_utf8(err).unwrap()
    }

    #[test]
    fn a_file_gets_a_line_for_each_tenth_and_the_end() {
        let text = shown(Manner::Lines);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 6, "{text}");
        assert_eq!(lines[0], "10 % (2 of 20 epochs)  log_loss 0.2500 on the validation rows");
        assert!(lines[5].starts_with("100 % (11 of at most 20 epochs)"), "{text}");
    }

    #[test]
    fn a_network_that_has_ended_counts_with_the_epoch_it_keeps() {
        let mut tally = Tally::default();
        for (number, score) in [(1, -0.5), (2, -0.25), (3, -0.75)] {
            tally.observe(&epoch(0, number, score));
        }
        assert_eq!(tally.mean_score(), Some(Score(-0.75)));
        tally.observe(&Event::LaneEnded { lane: 0, kept_epoch: 2, n_epochs: 3, reason: LaneEnd::Stopped });
        assert_eq!(tally.mean_score(), Some(Score(-0.25)));
    }

    #[test]
    fn a_resumed_run_counts_the_epochs_of_before() {
        let mut tally = Tally::default();
        tally.observe(&Event::RunStarted { n_lanes: 2, n_epochs: 10, packs: vec![vec![0, 1]] });
        // The second had ended in its third epoch.
        for (lane, after_epoch) in [(0, 4), (1, 3)] {
            tally.observe(&Event::LaneStarted {
                lane,
                after_epoch,
                n_train: 80,
                n_validation: 10,
                n_held_out: 10,
            });
        }
        tally.observe(&Event::LaneEnded { lane: 1, kept_epoch: 2, n_epochs: 3, reason: LaneEnd::Stopped });
        assert_eq!((tally.n_trained(), tally.n_settled()), (7, 14));
    }

    #[test]
    fn machines_get_every_event() {
        let text = shown(Manner::Json);
        let events_read: Vec<Event> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(events_read, events());
    }

    #[test]
    fn silence_is_silent() {
        assert_eq!(shown(Manner::Silent), "");
    }
}
