//! The page of a ledger: what each lever of training earned, one switched at a time.

mod applied;
mod levers;
mod verdict;

use kitae_eval::tests::PairedTest;
use kitae_train::Recipe;

use crate::chart::Chart;
use crate::document::Section;
use crate::section::recipe::{VALUE, section_of};
use crate::words::{count, number, shorten};
use crate::{render, words};

/// What the page of a ledger is made from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Ledger<'a> {
    /// The folder of the ledger as the reader would name it.
    pub folder: &'a str,
    /// The recipe around which levers were switched.
    pub recipe: &'a Recipe,
    /// The column that is predicted.
    pub target: String,
    /// The data file as it was named.
    pub data: String,
    /// A hash of the contents of all rows.
    pub fingerprint: u64,
    /// The version of kitae that began the ledger.
    pub kitae: String,
    /// Held-out rows of each repeat.
    pub n_rows: usize,
    /// Seconds of all trials.
    pub seconds: f64,
    /// The recipe's own mean over folds and repeats, as people know the metric; none without a trial.
    pub baseline: Option<f64>,
    /// The middle of the learning rates that its folds took, as a factor of its own.
    pub baseline_rate: Option<f64>,
    /// Every lever, the most gainful first, those not tried last.
    pub levers: Vec<Tried>,
    /// Trials of a repeat that time cut short; they are not counted yet.
    pub n_waiting: usize,
    /// Levers that contradict the recipe, and why.
    pub refused: Vec<(String, String)>,
    /// What became of the adopted ones.
    pub application: Application,
    /// Sections of other parts of kitae; they come before the recipe.
    pub more: Vec<Section>,
}

/// What is known about a lever.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The lever's name.
    pub name: String,
    /// What it belongs to.
    pub family: String,
    /// What to do with it.
    pub finding: Finding,
    /// Folds, over all repeats, on which it was compared.
    pub n_folds: usize,
    /// Scores with the lever minus those without: positive where it is better. None where it changed nothing
    /// or was not compared.
    pub test: Option<PairedTest>,
    /// The test's p-value, adjusted for all levers that were tried.
    pub adjusted_p: Option<f64>,
    /// The smallest true gain that would probably have been adopted.
    pub smallest_effect: Option<f64>,
    /// Seconds as a multiple of the recipe's own.
    pub cost: Option<f64>,
    /// The middle of the learning rates that its folds took, as a factor of the recipe's.
    pub rate: Option<f64>,
    /// Why it could not be trained.
    pub failure: Option<String>,
}

/// What to do with a lever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It earns something.
    Adopt,
    /// It costs something, changes nothing, or cannot be trained.
    Reject,
    /// The difference could be chance.
    CannotTell,
    /// There was no time.
    NotTried,
}

/// What became of the adopted levers.
#[derive(Clone, Debug, PartialEq)]
pub enum Application {
    /// Nobody asked to join them.
    NotAsked,
    /// None was adopted.
    Nothing,
    /// They were joined and measured on rows that no trial saw.
    Measured(Applied),
}

/// The adopted levers together, on rows that no trial saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// The levers that are in.
    pub levers: Vec<String>,
    /// Adopted levers that are not, and why.
    pub left_out: Vec<(String, String)>,
    /// The sum of the gains that were measured one by one.
    pub promised: f64,
    /// Scores with them minus scores without; none with one fold or without spread.
    pub gain: Option<PairedTest>,
    /// The mean of the same.
    pub mean: Option<f64>,
    /// The rows that scored.
    pub n_rows: usize,
    /// How often they were looked at, each time for other levers.
    pub n_looks: usize,
}

impl<'a> Ledger<'a> {
    /// A ledger without a trial; the rest can be put in its place.
    pub fn new(folder: &'a str, recipe: &'a Recipe) -> Self {
        Self {
            folder,
            recipe,
            target: String::new(),
            data: String::new(),
            fingerprint: 0,
            kitae: String::new(),
            n_rows: 0,
            seconds: 0.0,
            baseline: None,
            baseline_rate: None,
            levers: Vec::new(),
            n_waiting: 0,
            refused: Vec::new(),
            application: Application::NotAsked,
            more: Vec::new(),
        }
    }

    /// Levers with this finding, in order.
    pub(crate) fn found(&self, finding: Finding) -> impl Iterator<Item = &Tried> {
        self.levers.iter().filter(move |lever| lever.finding == finding)
    }
}

impl Tried {
    /// A lever of which nothing but this is known.
    pub fn new(name: &str, finding: Finding) -> Self {
        Self {
            name: name.to_owned(),
            family: String::new(),
            finding,
            n_folds: 0,
            test: None,
            adjusted_p: None,
            smallest_effect: None,
            cost: None,
            rate: None,
            failure: None,
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(match self {
            Self::Adopt => "adopt",
            Self::Reject => "reject",
            Self::CannotTell => "inconclusive",
            Self::NotTried => "not tried",
        })
    }
}

/// The page of a ledger, as HTML that is also well-formed XML.
pub fn ledger_page(ledger: &Ledger) -> String {
    let foot = format!(
        "Written by kitae {} from the ledger in `{}`.",
        env!("CARGO_PKG_VERSION"),
        words::shorten(ledger.folder, 120)
    );
    render::page(&verdict::head(ledger), &ledger_sections(ledger), &foot)
}

/// All pictures of the page, in order; no two have the same name.
pub fn ledger_charts(ledger: &Ledger) -> Vec<Chart> {
    ledger_sections(ledger).iter().flat_map(|section| section.charts().into_iter().cloned()).collect()
}

/// The sections of the page, in order.
pub fn ledger_sections(ledger: &Ledger) -> Vec<Section> {
    let mut sections = vec![levers::section(ledger)];
    sections.extend(applied::section(ledger));
    sections.extend(levers::left(ledger));
    sections.extend(ledger.more.iter().cloned());
    sections.push(section_of(ledger.recipe, origin(ledger), "the ledger"));
    sections
}

fn origin(ledger: &Ledger) -> Vec<(String, String)> {
    let n_trials = ledger.levers.iter().filter(|lever| lever.n_folds > 0).count();
    let facts = [
        ("data", shorten(&ledger.data, VALUE)),
        ("fingerprint of the rows", format!("{:016x}", ledger.fingerprint)),
        ("held-out rows in each repeat", ledger.n_rows.to_string()),
        ("written by kitae", shorten(&ledger.kitae, VALUE)),
        ("compared", count(n_trials, "lever")),
        ("seconds of all trials", number(ledger.seconds)),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
