//! The page of a study: what a search tried, what it changed, and what that gains on rows that no trial saw.
//!
//! ```
//! # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
//! use kitae_report::study::{Fate, Study, Trial, study_page};
//!
//! let recipe = made::manifest()?.recipe;
//! let mut study = Study::new("studies/flowers", &recipe);
//! study.trials.push(Trial { value: Some(0.25), ..Trial::new(0, Fate::Complete) });
//! let html = study_page(&study);
//! assert!(html.contains("<h1>flowers</h1>") && html.contains("Best log_loss so far"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
///
/// ```
/// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
/// use kitae_report::study::Study;
///
/// let recipe = made::manifest()?.recipe;
/// let study = Study::new("studies/flowers", &recipe);
/// assert_eq!((study.best(), study.gain.is_none()), (None, true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    pub outer_share: f64,
    /// Seconds in which trials ran.
    pub seconds: f64,
    /// All trials by number; the first is the recipe itself.
    pub trials: Vec<Trial>,
    /// The best trials as a model answers, if they were compared that way.
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
///
/// ```
/// use kitae_report::study::{Fate, Trial};
///
/// let trial = Trial { value: Some(0.5), n_folds: 1, ..Trial::new(3, Fate::GivenUp) };
/// assert_eq!((trial.number, trial.interval), (3, None));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Counted from 0, which is the recipe itself.
    pub number: u32,
    /// What became of it.
    pub fate: Fate,
    /// The metric on the stop rows of its folds.
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
///
/// ```
/// use kitae_report::study::Fate;
///
/// assert_eq!(Fate::GivenUp.to_string(), "given up");
/// ```
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

/// The networks of all folds of a trial together, as a model answers.
///
/// ```
/// use kitae_report::study::Bag;
///
/// let bag = Bag { number: 3, value: None };
/// // Its networks diverged.
/// assert_eq!(bag.value, None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bag {
    /// The trial.
    pub number: u32,
    /// The metric on rows that were set aside for the comparison.
    pub value: Option<f64>,
}

/// A lever that the chosen trial changed.
///
/// ```
/// use kitae_report::study::Change;
///
/// let change = Change { lever: "dropout".into(), best: "0.3".into(), was: "0.15".into() };
/// assert_ne!(change.best, change.was);
/// ```
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
///
/// ```
/// use kitae_report::study::{Gain, OnRows};
///
/// let own = OnRows { value: 0.5, interval: None, single: 0.6, flattered: None };
/// let gain = Gain { own, tuned: None, mean: None, interval: None, n_looks: 1 };
/// // The recipe itself was the best, so there is nothing to gain.
/// assert_eq!(gain.mean, None);
/// ```
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
///
/// ```
/// use kitae_report::study::OnRows;
///
/// let on_rows = OnRows { value: 0.5, interval: None, single: 0.6, flattered: None };
/// assert!(on_rows.value < on_rows.single);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OnRows {
    /// The metric of the mean answer of all folds.
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
    ///
    /// ```
    /// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
    /// use kitae_report::study::{Study, study_page};
    ///
    /// let recipe = made::manifest()?.recipe;
    /// assert!(study_page(&Study::new("studies/flowers", &recipe)).contains("No trial has ended yet"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
            outer_share: 0.0,
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
    ///
    /// ```
    /// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
    /// use kitae_report::study::{Fate, Study, Trial};
    ///
    /// let recipe = made::manifest()?.recipe;
    /// let mut study = Study::new("studies/flowers", &recipe);
    /// let trial = |number, value, fate| Trial { value: Some(value), ..Trial::new(number, fate) };
    /// study.trials = vec![trial(0, 0.5, Fate::Complete), trial(1, 0.4, Fate::Complete), trial(2, 0.3, Fate::GivenUp)];
    /// // Log loss is the better the lower.
    /// assert_eq!(study.best().map(|trial| trial.number), Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn best(&self) -> Option<&Trial> {
        let complete = self.trials.iter().filter(|trial| trial.fate == Fate::Complete);
        complete
            .filter(|trial| trial.value.is_some_and(f64::is_finite))
            .reduce(|best, trial| if self.score(trial) > self.score(best) { trial } else { best })
    }

    /// The trial that was chosen, or the best before the choice.
    ///
    /// ```
    /// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
    /// use kitae_report::study::{Fate, Study, Trial};
    ///
    /// let recipe = made::manifest()?.recipe;
    /// let mut study = Study::new("studies/flowers", &recipe);
    /// let trial = |number, value| Trial { value: Some(value), ..Trial::new(number, Fate::Complete) };
    /// study.trials = vec![trial(0, 0.5), trial(1, 0.4), trial(2, 0.3)];
    /// assert_eq!(study.taken().map(|trial| trial.number), Some(2));
    /// // Together its networks were worse than those of another.
    /// study.chosen = Some(1);
    /// assert_eq!(study.taken().map(|trial| trial.number), Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// ```
    /// use kitae_report::study::{Fate, Trial};
    ///
    /// assert_eq!(Trial::new(1, Fate::Running).value, None);
    /// ```
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
            Self::GivenUp => "given up",
            Self::Running => "running",
            Self::Left => "left",
            Self::Failed => "failed",
        })
    }
}

/// The page of a study, as HTML that is also well-formed XML.
///
/// ```
/// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
/// use kitae_report::study::{Study, study_page};
///
/// let recipe = made::manifest()?.recipe;
/// let html = study_page(&Study::new("studies/flowers", &recipe));
/// assert!(html.starts_with("<!DOCTYPE html>") && !html.contains("<script"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn study_page(study: &Study) -> String {
    let foot = format!(
        "Written by kitae {} from the study in `{}`.",
        env!("CARGO_PKG_VERSION"),
        words::shorten(study.folder, 120)
    );
    render::page(&verdict::head(study), &study_sections(study), &foot)
}

/// All pictures of the page, in order; no two have the same name.
///
/// ```
/// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
/// use kitae_report::study::{Study, study_charts};
///
/// let recipe = made::manifest()?.recipe;
/// // Without a trial there is nothing to draw.
/// assert!(study_charts(&Study::new("studies/flowers", &recipe)).is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn study_charts(study: &Study) -> Vec<Chart> {
    study_sections(study).iter().flat_map(|section| section.charts().into_iter().cloned()).collect()
}

/// The sections of the page, in order.
///
/// ```
/// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
/// use kitae_report::study::{Study, study_sections};
///
/// let recipe = made::manifest()?.recipe;
/// let sections = study_sections(&Study::new("studies/flowers", &recipe));
/// let ids: Vec<&str> = sections.iter().map(|section| section.id.as_str()).collect();
/// assert_eq!(ids, ["gain", "trials", "recipe"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn study_sections(study: &Study) -> Vec<Section> {
    let mut sections = vec![gain::section(study), trials::section(study)];
    sections.extend(trials::changes(study));
    sections.push(section_of(study.recipe, origin(study), "the study; the search started from them"));
    sections
}

fn origin(study: &Study) -> Vec<(String, String)> {
    let facts = [
        ("data", shorten(&study.data, VALUE)),
        ("fingerprint of its rows", format!("{:016x}", study.fingerprint)),
        ("held back of the open rows", percent(study.outer_share)),
        ("searched", count(study.n_levers, "lever")),
        ("budget", shorten(&study.budget, VALUE)),
        ("seconds of trials", number(study.seconds)),
        ("model", shorten(&study.model, VALUE)),
        ("written by kitae", shorten(&study.kitae, VALUE)),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
