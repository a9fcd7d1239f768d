//! The report of a ledger: what each lever of training earned, one switched at a time.

mod applied;
mod levers;
mod verdict;

use kitae_lab::log::Log;
use kitae_lab::{Judgement, LeverReport, Trial, TrialOutcome, Verdict, compare_levers};

use crate::document::{Block, Document, Section, facts};
use crate::experiment::{Experiment, Parts};
use crate::words::{count, number, or_dash};

/// What the report of a ledger is made from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Ledger<'a> {
    /// The folder, the rows, and the recipe around which levers were switched.
    pub experiment: Experiment<'a>,
    /// What was asked, and what came of it.
    pub log: &'a Log,
    /// What the trials say.
    pub judgement: Judgement,
}

impl<'a> Ledger<'a> {
    /// A ledger, finished or not, with what its trials say.
    pub fn new(experiment: Experiment<'a>, log: &'a Log) -> Self {
        let judgement = compare_levers(experiment.recipe, &log.menu().levers, &log.trials);
        Self { experiment, log, judgement }
    }

    /// The whole report.
    pub fn document(&self) -> Document {
        let mut sections = vec![levers::section(self)];
        sections.extend(applied::section(self, applied::how_to_train(self)));
        sections.extend(levers::left(self));
        let n_compared = self.judgement.levers.iter().filter(|lever| lever.n_folds > 0).count();
        let facts = facts([
            ("held-out rows in each repeat", self.n_rows().to_string()),
            ("compared", count(n_compared, "lever")),
            ("seconds of all trials", number(self.seconds())),
        ]);
        let parts =
            Parts { verdict: verdict::sentences(self), figures: verdict::figures(self), sections, facts };
        self.experiment.document("ledger", "the gain of each lever of training in predicting", parts)
    }

    /// What was found, as a terminal shows it: without the recipe, and without what to do next.
    pub fn results(&self) -> Vec<Block> {
        let title = format!(
            "Ledger of {}: the recipe itself has {} {}",
            self.experiment.data,
            self.judgement.measured(),
            or_dash(self.judgement.baseline)
        );
        let found = verdict::found(self).into_iter().map(Block::Text);
        let sections = [Some(levers::section(self)), applied::section(self, None), levers::left(self)];
        let sections = sections.into_iter().flatten();
        std::iter::once(Block::Heading(title))
            .chain(found)
            .chain(sections.flat_map(Section::into_blocks))
            .collect()
    }

    /// Seconds of all trials.
    pub fn seconds(&self) -> f64 {
        self.log.trials.iter().map(|trial| trial.seconds).sum()
    }

    /// Whether levers wait for time: those that were not tried, and those of a repeat that was cut short.
    pub fn is_short(&self) -> bool {
        self.judgement.n_waiting > 0 || self.judgement.found(Verdict::NotTried).next().is_some()
    }

    /// Levers that were tried, the most gainful first.
    fn tried(&self) -> Vec<&LeverReport> {
        self.judgement.levers.iter().filter(|lever| lever.verdict != Verdict::NotTried).collect()
    }

    /// Held-out rows of the recipe's own first repeat.
    fn n_rows(&self) -> usize {
        let own = self.log.trials.iter().find(|trial| trial.lever.is_none());
        own.map_or(0, |trial| trial.outcome.folds().iter().map(|fold| fold.n_held_out).sum())
    }

    /// Whether all levers were tried, and some were scored.
    fn is_finished(&self) -> bool {
        let is_failed = |trial: &Trial| matches!(trial.outcome, TrialOutcome::Failed(_));
        self.judgement.found(Verdict::NotTried).next().is_none() && !self.log.trials.iter().all(is_failed)
    }
}
