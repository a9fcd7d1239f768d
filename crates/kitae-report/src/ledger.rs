//! The page of a ledger: what each lever of training earned, one switched at a time.
//!
//! ```
//! # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
//! use kitae_report::ledger::{Finding, Ledger, Tried, ledger_page};
//!
//! let recipe = made::manifest()?.recipe;
//! let mut ledger = Ledger::new("ledgers/flowers", &recipe);
//! ledger.levers.push(Tried::new("dropout 0.3", Finding::NotTried));
//! let html = ledger_page(&ledger);
//! assert!(html.contains("<h1>flowers</h1>") && html.contains("dropout 0.3"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
///
/// ```
/// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
/// use kitae_report::ledger::{Application, Ledger};
///
/// let recipe = made::manifest()?.recipe;
/// let ledger = Ledger::new("ledgers/flowers", &recipe);
/// assert_eq!(ledger.application, Application::NotAsked);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// Rows that scored in each dealing.
    pub n_rows: usize,
    /// Seconds of all trials.
    pub seconds: f64,
    /// The recipe's own mean over folds and dealings, as people know the metric; none without a trial.
    pub baseline: Option<f64>,
    /// The middle of the learning rates that its folds took, as a factor of its own.
    pub baseline_rate: Option<f64>,
    /// Every lever, the most gainful first, those not tried last.
    pub levers: Vec<Tried>,
    /// Trials of a dealing that time cut short; they are not counted yet.
    pub n_waiting: usize,
    /// Levers that contradict the recipe, and why.
    pub refused: Vec<(String, String)>,
    /// What became of the adopted ones.
    pub application: Application,
    /// Sections of other parts of kitae; they come before the recipe.
    pub more: Vec<Section>,
}

/// What is known about a lever.
///
/// ```
/// use kitae_report::ledger::{Finding, Tried};
///
/// let lever = Tried { cost: Some(1.5), ..Tried::new("mixup", Finding::Reject) };
/// assert_eq!((lever.test, lever.cost), (None, Some(1.5)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The lever's name.
    pub name: String,
    /// What it belongs to.
    pub family: String,
    /// What to do with it.
    pub finding: Finding,
    /// Folds, over all dealings, on which it was compared.
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
///
/// ```
/// use kitae_report::ledger::Finding;
///
/// assert_eq!(Finding::CannotTell.to_string(), "cannot tell");
/// ```
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
///
/// ```
/// use kitae_report::ledger::{Application, Applied};
///
/// let applied = Applied { levers: vec!["relu".into()], promised: 0.1, ..Applied::default() };
/// assert_ne!(Application::Measured(applied), Application::Nothing);
/// ```
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
///
/// ```
/// use kitae_report::ledger::Applied;
///
/// let applied = Applied { promised: 0.1, mean: Some(0.05), ..Applied::default() };
/// // Nothing is known of chance.
/// assert_eq!(applied.gain, None);
/// ```
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
    ///
    /// ```
    /// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
    /// use kitae_report::ledger::{Ledger, ledger_page};
    ///
    /// let recipe = made::manifest()?.recipe;
    /// let html = ledger_page(&Ledger::new("ledgers/flowers", &recipe));
    /// assert!(html.contains("No lever has been tried yet"));
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
    ///
    /// ```
    /// use kitae_report::ledger::{Finding, Tried};
    ///
    /// assert_eq!(Tried::new("mixup", Finding::NotTried).n_folds, 0);
    /// ```
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
            Self::CannotTell => "cannot tell",
            Self::NotTried => "not tried",
        })
    }
}

/// The page of a ledger, as HTML that is also well-formed XML.
///
/// ```
/// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
/// use kitae_report::ledger::{Ledger, ledger_page};
///
/// let recipe = made::manifest()?.recipe;
/// let html = ledger_page(&Ledger::new("ledgers/flowers", &recipe));
/// assert!(html.starts_with("<!DOCTYPE html>") && !html.contains("<script"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn ledger_page(ledger: &Ledger) -> String {
    let foot = format!(
        "Written by kitae {} from the ledger in `{}`.",
        env!("CARGO_PKG_VERSION"),
        words::shorten(ledger.folder, 120)
    );
    render::page(&verdict::head(ledger), &ledger_sections(ledger), &foot)
}

/// All pictures of the page, in order; no two have the same name.
///
/// ```
/// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
/// use kitae_report::ledger::{Ledger, ledger_charts};
///
/// let recipe = made::manifest()?.recipe;
/// // Without a trial there is nothing to draw.
/// assert!(ledger_charts(&Ledger::new("ledgers/flowers", &recipe)).is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn ledger_charts(ledger: &Ledger) -> Vec<Chart> {
    ledger_sections(ledger).iter().flat_map(|section| section.charts().into_iter().cloned()).collect()
}

/// The sections of the page, in order.
///
/// ```
/// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
/// use kitae_report::ledger::{Ledger, ledger_sections};
///
/// let recipe = made::manifest()?.recipe;
/// let sections = ledger_sections(&Ledger::new("ledgers/flowers", &recipe));
/// assert_eq!(sections.iter().map(|section| section.id.as_str()).collect::<Vec<_>>(), ["levers", "recipe"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
        ("fingerprint of its rows", format!("{:016x}", ledger.fingerprint)),
        ("rows scored in each dealing", ledger.n_rows.to_string()),
        ("written by kitae", shorten(&ledger.kitae, VALUE)),
        ("compared", count(n_trials, "lever")),
        ("seconds of all trials", number(ledger.seconds)),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
