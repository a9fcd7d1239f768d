//! The report of a study: what a search tried, what it changed, and what that gains on holdout rows.

mod gain;
mod trials;
mod verdict;

use kitae_eval::intervals::Interval;
use kitae_eval::{MetricValue, Score};
use kitae_lab::tune::{State, Study, StudyRecord, StudyTrial};

use crate::document::{Block, Document, Section, facts};
use crate::experiment::{Experiment, Parts};
use crate::section::NAME;
use crate::section::recipe::VALUE;
use crate::words::{count, duration, number, percent, shorten};

/// What the report of a study is made from.
#[derive(Clone, Copy, Debug)]
pub struct StudyReport<'a> {
    /// The folder, the rows, and the recipe that the search started from.
    pub experiment: Experiment<'a>,
    /// What was asked, and what came of it.
    pub record: &'a StudyRecord,
    /// Seconds in which trials ran.
    pub seconds: f64,
    /// Where the model of the best recipe is or will be.
    pub model: &'a str,
}

impl StudyReport<'_> {
    /// The whole report.
    pub fn document(&self) -> Document {
        let study = &self.record.study;
        let mut sections = vec![gain::section(self), trials::section(self)];
        sections.extend(trials::changes(self));
        let facts = facts([
            ("holdout share of the open rows", percent(study.holdout_share)),
            ("searched", count(study.space.axes.len(), "lever")),
            ("budget", budget(study)),
            ("seconds of trials", number(self.seconds)),
            ("model", shorten(self.model, VALUE)),
        ]);
        let parts =
            Parts { verdict: verdict::sentences(self), figures: verdict::figures(self), sections, facts };
        self.experiment.document("study", "a search for a better recipe to predict", parts)
    }

    /// What was found, as a terminal shows it: without the recipe, the table of all trials, and what to do
    /// next.
    pub fn results(&self) -> Vec<Block> {
        let title = format!("Study of {}: {}", self.experiment.data, tally(&self.record.trials));
        let found = verdict::found(self).into_iter().map(Block::Text);
        let changes = trials::changes(self).into_iter().flat_map(Section::into_blocks);
        std::iter::once(Block::Heading(title))
            .chain(found)
            .chain(trials::best_and_bags(self))
            .chain(changes)
            .chain(gain::section(self).into_blocks())
            .collect()
    }

    /// All trials so far, as a terminal shows them.
    pub fn trials(&self) -> Vec<Block> {
        let (tally, budget) = (tally(&self.record.trials), budget(&self.record.study));
        vec![
            Block::Heading(format!("Study of {}: {tally}; budget {budget}", self.experiment.data)),
            Block::Text(format!("{} of work so far", duration(self.seconds))),
            Block::Table(trials::every(self)),
        ]
    }

    /// The metric, with the class that it is about.
    fn measured(&self) -> String {
        self.experiment.recipe.measured()
    }

    /// A score as people know the metric.
    fn natural(&self, score: Score) -> MetricValue {
        self.experiment.recipe.metric.natural(score)
    }

    fn natural_interval(&self, interval: Option<Interval<Score>>) -> Option<Interval<MetricValue>> {
        interval.map(|interval| self.experiment.recipe.metric.natural_interval(interval))
    }

    /// The metric of a trial on the validation rows of its folds.
    fn value(&self, trial: &StudyTrial) -> Option<f64> {
        trial.score.filter(|score| score.0.is_finite()).map(|score| self.natural(score).0)
    }
}

/// What a study may take, in words.
///
/// ```
/// # use kitae_lab::tune::{Space, Study};
/// # let space = Space { axes: Vec::new() };
/// # let study = Study {
/// #     space, n_trials: Some(9), budget_seconds: Some(60.0), holdout_share: 0.2, model: "m".into(),
/// #     replaces: None,
/// # };
/// assert_eq!(kitae_report::study::budget(&study), "9 trials, 60 s to start trials in");
/// ```
pub fn budget(study: &Study) -> String {
    let time = study.budget_seconds.map(|seconds| format!("{} to start trials in", duration(seconds)));
    let trials = study.n_trials.map(|n_trials| count(n_trials as usize, "trial"));
    trials.into_iter().chain(time).collect::<Vec<_>>().join(", ")
}

/// What a trial changes, in a few words.
pub fn changes_of(study: &Study, trial: &StudyTrial) -> String {
    let words = study.space.words(&trial.point);
    if words.is_empty() {
        return "the recipe itself".to_owned();
    }
    let one =
        |(lever, value): &(String, String)| format!("{} {}", shorten(lever, NAME), shorten(value, NAME));
    words.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// How many trials there are, and what became of them.
pub fn tally(trials: &[StudyTrial]) -> String {
    let states = [
        (State::Complete, "on all folds"),
        (State::Stopped, "pruned"),
        (State::Failed, "failed"),
        (State::Running, "running"),
        (State::Left, "abandoned by a process that died"),
    ];
    let n = |state: State| trials.iter().filter(|trial| trial.state == state).count();
    let parts = states.into_iter().map(|(state, words)| (n(state), words)).filter(|(n, _)| *n > 0);
    let parts: Vec<String> = parts.map(|(n, words)| format!("{n} {words}")).collect();
    let all = count(trials.len(), "trial");
    if parts.is_empty() { all } else { format!("{all}: {}", parts.join(", ")) }
}
