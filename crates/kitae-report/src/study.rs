//! The page of a study: what a search tried, what it changed, and what that gains on rows that no trial saw.

mod gain;
mod trials;
mod verdict;

use kitae_eval::intervals::Interval;
use kitae_train::Recipe;

use crate::chart::Chart;
use crate::document::Section;
use crate::section::recipe::{VALUE, section_of};
use crate::words::{count, number, percent, shorten};
use crate::{render, words};

/// What the page of a study is made from. Values of the metric are as people know them: a loss is positive.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Study<'a> {
    /// The folder of the study as the reader would name it.
    pub folder: &'a str,
    /// The recipe that the search started from.
    pub recipe: &'a Recipe,
    /// The column that is predicted.
    pub target: String,
    /// The data file as it was named.
    pub data: String,
    /// A hash of the contents of all rows.
    pub fingerprint: u64,
    /// The version of kitae that began the study.
    pub kitae: String,
    /// Levers that are searched.
    pub n_levers: usize,
    /// What the study may take, in words.
    pub budget: String,
    /// The share of the open rows that no trial sees.
    pub holdout_share: f64,
    /// Seconds in which trials ran.
    pub seconds: f64,
    /// All trials by number; the first is the recipe itself.
    pub trials: Vec<Trial>,
    /// The best trials as a model predicts, if they were compared that way.
    pub bags: Vec<Bag>,
    /// The number of the trial that was chosen; none before the choice.
    pub chosen: Option<u32>,
    /// What the chosen trial changed, or the best before the choice.
    pub changes: Vec<Change>,
    /// What rows held back say; none before they were looked at.
    pub gain: Option<Gain>,
    /// Where the model of the best recipe is or will be.
    pub model: String,
}

/// A trial of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Counted from 0, which is the recipe itself.
    pub number: u32,
    /// What became of it.
    pub fate: Fate,
    /// The metric on the validation rows of its folds.
    pub value: Option<f64>,
    /// 95 % interval of that.
    pub interval: Option<Interval>,
    /// Folds behind it.
    pub n_folds: usize,
    /// How long it took.
    pub seconds: Option<f64>,
    /// The levers that differ from the recipe, with their values.
    pub changes: Vec<(String, String)>,
    /// Why it failed.
    pub failure: Option<String>,
}

/// What became of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was trained on all folds.
    Complete,
    /// It was given up after some.
    GivenUp,
    /// It is not at its end.
    Running,
    /// A process died over it; the next one takes it over.
    Left,
    /// It could not be trained or scored.
    Failed,
}

/// The networks of all folds of a trial together, as a model predicts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bag {
    /// The trial.
    pub number: u32,
    /// The metric on rows that were set aside for the comparison.
    pub value: Option<f64>,
}

/// A lever that the chosen trial changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name.
    pub lever: String,
    /// Its value in that trial.
    pub best: String,
    /// Its value in the recipe.
    pub was: String,
}

/// What rows say that no trial saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Gain {
    /// The recipe that the search started from.
    pub own: OnRows,
    /// The chosen recipe; none if that is the same.
    pub tuned: Option<OnRows>,
    /// By how much the chosen one is better; positive where it is.
    pub mean: Option<f64>,
    /// 95 % interval of that, paired by rows.
    pub interval: Option<Interval>,
    /// How often these rows were looked at.
    pub n_looks: usize,
}

/// A recipe on rows that no trial saw.
#[derive(Clone, Debug, PartialEq)]
pub struct OnRows {
    /// The metric of the mean prediction of all folds.
    pub value: f64,
    /// 95 % interval of that.
    pub interval: Option<Interval>,
    /// The metric of the networks of one fold, the mean over folds.
    pub single: f64,
    /// By how much the same networks looked better on the rows that chose, with its 95 % interval.
    pub flattered: Option<(f64, Option<Interval>)>,
}

impl<'a> Study<'a> {
    /// A study without a trial; the rest can be put in its place.
    pub fn new(folder: &'a str, recipe: &'a Recipe) -> Self {
        Self {
            folder,
            recipe,
            target: String::new(),
            data: String::new(),
            fingerprint: 0,
            kitae: String::new(),
            n_levers: 0,
            budget: String::new(),
            holdout_share: 0.0,
            seconds: 0.0,
            trials: Vec::new(),
            bags: Vec::new(),
            chosen: None,
            changes: Vec::new(),
            gain: None,
            model: String::new(),
        }
    }

    /// The best of the trials on all folds, of equals the earliest.
    pub fn best(&self) -> Option<&Trial> {
        let complete = self.trials.iter().filter(|trial| trial.fate == Fate::Complete);
        complete
            .filter(|trial| trial.value.is_some_and(f64::is_finite))
            .reduce(|best, trial| if self.score(trial) > self.score(best) { trial } else { best })
    }

    /// The trial that was chosen, or the best before the choice.
    pub fn taken(&self) -> Option<&Trial> {
        let chosen = self.chosen.and_then(|number| self.trials.iter().find(|trial| trial.number == number));
        chosen.or_else(|| self.best())
    }

    /// Higher is better; the lowest of all where there is no value.
    pub(crate) fn score(&self, trial: &Trial) -> f64 {
        let metric = self.recipe.metric;
        trial.value.filter(|value| value.is_finite()).map_or(f64::NEG_INFINITY, |value| metric.natural(value))
    }

    /// The recipe itself.
    pub(crate) fn own(&self) -> Option<&Trial> {
        self.trials.iter().find(|trial| trial.number == 0)
    }

    pub(crate) fn n(&self, fate: Fate) -> usize {
        self.trials.iter().filter(|trial| trial.fate == fate).count()
    }
}

impl Trial {
    /// A trial of which nothing but this is known.
    pub fn new(number: u32, fate: Fate) -> Self {
        Self {
            number,
            fate,
            value: None,
            interval: None,
            n_folds: 0,
            seconds: None,
            changes: Vec::new(),
            failure: None,
        }
    }
}

impl std::fmt::Display for Fate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(match self {
            Self::Complete => "complete",
            Self::GivenUp => "pruned",
            Self::Running => "running",
            Self::Left => "abandoned",
            Self::Failed => "failed",
        })
    }
}

/// The page of a study, as HTML that is also well-formed XML.
pub fn study_page(study: &Study) -> String {
    let foot = format!(
        "Written by kitae {} from the study in `{}`.",
        env!("CARGO_PKG_VERSION"),
        words::shorten(study.folder, 120)
    );
    render::page(&verdict::head(study), &study_sections(study), &foot)
}

/// All pictures of the page, in order; no two have the same name.
pub fn study_charts(study: &Study) -> Vec<Chart> {
    study_sections(study).iter().flat_map(|section| section.charts().into_iter().cloned()).collect()
}

/// The sections of the page, in order.
pub fn study_sections(study: &Study) -> Vec<Section> {
    let mut sections = vec![gain::section(study), trials::section(study)];
    sections.extend(trials::changes(study));
    sections.push(section_of(study.recipe, origin(study), "the study; the search started from them"));
    sections
}

fn origin(study: &Study) -> Vec<(String, String)> {
    let facts = [
        ("data", shorten(&study.data, VALUE)),
        ("fingerprint of the rows", format!("{:016x}", study.fingerprint)),
        ("holdout share of the open rows", percent(study.holdout_share)),
        ("searched", count(study.n_levers, "lever")),
        ("budget", shorten(&study.budget, VALUE)),
        ("seconds of trials", number(study.seconds)),
        ("model", shorten(&study.model, VALUE)),
        ("written by kitae", shorten(&study.kitae, VALUE)),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
