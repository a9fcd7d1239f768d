//! The page of a study, made from its folder alone, so that it can be made at any time.

use std::path::{Path, PathBuf};

use kitae_eval::Metric;
use kitae_lab::tune::{
    Bag, HoldoutLook, Measured, State, Store, Study, StudyTrial, best_trial, finalists, optimism,
    seconds_spent,
};
use kitae_report::study::{
    Bag as BagOfPage, Change, Fate, Gain, OnRows, Study as StudyPage, Trial, study_charts, study_page,
};

use super::text::{budget, changed, shortened};
use super::{STUDY, STUDY_FILE, now, place};
use crate::commands::report::{Report, page_of};
use crate::failure::Failure;
use crate::folder::Run;
use crate::output::write_whole;

/// What the folder of a study holds.
pub(in crate::commands) struct StoredStudy {
    run: Run,
    study: Study,
    /// Where its model goes, as far as that is a place beside it.
    model: PathBuf,
    trials: Vec<StudyTrial>,
    /// Those of the best trials, by number.
    bags: Vec<Bag>,
    /// The last look at the rows held back, and how many there were.
    look: Option<(HoldoutLook, usize)>,
}

/// Writes the page into the folder of a study.
pub(super) fn write_into(folder: &Path) -> Result<(), Failure> {
    let report = read(folder)?.report(&folder.display().to_string());
    write_whole(&page_of(folder), report.html.as_bytes())
}

/// Reads the folder of a study, running or not.
pub(in crate::commands) fn read(folder: &Path) -> Result<StoredStudy, Failure> {
    STUDY.check(folder)?;
    let run = Run::read(folder)?;
    let store = Store::open(&folder.join(STUDY_FILE))?;
    let (trials, mut bags) = (store.trials()?, store.bags()?);
    // Finalists of before that others have overtaken are out.
    let finalists = finalists(&trials);
    bags.retain(|bag| finalists.iter().any(|trial| trial.number == bag.number));
    bags.sort_by_key(|bag| bag.number);
    let study = store.study()?;
    let model = place::of(folder, &study).unwrap_or_else(|_| study.model.clone());
    Ok(StoredStudy { run, study, model, bags, look: store.look()?, trials })
}

impl StoredStudy {
    /// The page and its pictures; the folder will be called `named`.
    pub(in crate::commands) fn report(&self, named: &str) -> Report {
        let recipe = &self.run.recipe;
        let mut page = StudyPage::new(named, recipe);
        page.target.clone_from(&self.run.target);
        page.data.clone_from(&self.run.named);
        page.fingerprint = self.run.fingerprint;
        page.kitae.clone_from(&self.run.kitae);
        page.n_levers = self.study.space.axes.len();
        page.budget = budget(&self.study);
        page.holdout_share = self.study.holdout_share;
        page.seconds = seconds_spent(&self.trials, now());
        page.trials = self.trials.iter().map(|trial| self.trial(trial)).collect();
        page.bags = self.bags.iter().map(|bag| self.bag(bag)).collect();
        page.chosen = self.look.as_ref().map(|(look, _)| look.best);
        page.changes = self.changes();
        page.gain = self.look.as_ref().map(|(look, n_looks)| self.gain(look, *n_looks));
        page.model = shortened(&self.model).display().to_string();
        Report { html: study_page(&page), charts: study_charts(&page) }
    }

    fn trial(&self, trial: &StudyTrial) -> Trial {
        let metric = self.run.recipe.metric;
        let fate = match trial.state {
            State::Complete => Fate::Complete,
            State::Stopped => Fate::GivenUp,
            State::Running => Fate::Running,
            State::Left => Fate::Left,
            State::Failed => Fate::Failed,
        };
        Trial {
            value: trial.score.map(|score| metric.natural(score)),
            interval: trial.interval.map(|interval| metric.natural_interval(interval)),
            n_folds: trial.n_folds,
            seconds: trial.seconds(),
            changes: self.study.space.words(&trial.point),
            failure: trial.failure.clone(),
            ..Trial::new(trial.number, fate)
        }
    }

    fn bag(&self, bag: &Bag) -> BagOfPage {
        let value = bag.score.map(|score| self.run.recipe.metric.natural(score));
        BagOfPage { number: bag.number, value }
    }

    /// Of the trial that was chosen, or of the best before the choice.
    fn changes(&self) -> Vec<Change> {
        let chosen = self.look.as_ref().map(|(look, _)| look.best);
        let chosen = chosen.and_then(|number| self.trials.iter().find(|trial| trial.number == number));
        let taken = chosen.or_else(|| best_trial(&self.trials));
        let levers = taken.map(|taken| changed(&self.study, taken)).unwrap_or_default();
        levers.into_iter().map(|[lever, best, was]| Change { lever, best, was }).collect()
    }

    fn gain(&self, look: &HoldoutLook, n_looks: usize) -> Gain {
        let metric = self.run.recipe.metric;
        let of = |number: u32| self.trials.iter().find(|trial| trial.number == number);
        Gain {
            own: on_rows(metric, &look.own, of(0)),
            tuned: look.tuned.as_ref().map(|tuned| on_rows(metric, tuned, of(look.best))),
            mean: look.tuned.as_ref().map(|tuned| tuned.score - look.own.score),
            interval: look.gain,
            n_looks,
        }
    }
}

fn on_rows(metric: Metric, measured: &Measured, trial: Option<&StudyTrial>) -> OnRows {
    let flattered = trial.and_then(|trial| Some(optimism(trial.score?, trial.interval, measured)));
    OnRows {
        value: metric.natural(measured.score),
        interval: measured.interval.map(|interval| metric.natural_interval(interval)),
        single: metric.natural(measured.single),
        flattered,
    }
}
