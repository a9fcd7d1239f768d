//! What ails a model: symptoms in its record, its predictions and its rows, and the levers that treat them.
//!
//! A rule looks for one ailment. It needs a symptom that most folds show, past a threshold that is stated
//! with its source; `docs/diagnosis.md` says how often each rule found a planted ailment, and how often it
//! spoke on recipes that nobody had spoilt.

mod ailment;
mod course;
mod curves;
mod inside;
mod labels;
mod predictions;
mod rows;

use kitae_train::engine::Predictions;
use kitae_train::model::Manifest;
use kitae_train::prepare::Targets;
use kitae_train::{Event, Facts, Problem};
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::lever::{Family, Lever};
use course::{Course, courses};

pub use ailment::Ailment;

/// What a diagnosis looks at. What is missing is not looked at, and the diagnosis says so.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The recipe, the shape, the scores.
    pub manifest: &'a Manifest,
    /// The run record; empty if it is lost.
    pub events: &'a [Event],
    /// The predictions for the held-out rows, each by networks that had not seen the row.
    pub scored: Option<Scored>,
    /// The rows; only those that are not sealed are looked at.
    pub problem: Option<&'a Problem>,
}

/// Predictions for the held-out rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Positions in the table, ascending.
    pub rows: Vec<u32>,
    /// The targets.
    pub targets: Targets,
    /// What was predicted.
    pub predictions: Predictions,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The most serious first.
    pub findings: Vec<Symptom>,
    /// What could not be looked at and why, as sentences.
    pub unseen: Vec<String>,
}

impl Diagnosis {
    /// Whether nothing was found that a lever or a look at the rows could mend.
    pub fn is_healthy(&self) -> bool {
        self.findings.iter().all(|finding| finding.ailment.severity() == Severity::Limit)
    }
}

/// An ailment with its evidence and what treats it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Symptom {
    /// What it is.
    pub ailment: Ailment,
    /// A sentence with the numbers.
    pub evidence: String,
    /// The evidence as a picture.
    pub plot: Option<Plot>,
    /// The first to try first.
    pub treatments: Vec<Treatment>,
}

impl Symptom {
    /// The treatments that change the recipe.
    pub fn levers(&self) -> impl Iterator<Item = &Lever> {
        self.treatments.iter().filter_map(|treatment| match treatment {
            Treatment::Lever(lever) => Some(lever),
            Treatment::Advice(_) => None,
        })
    }
}

/// What treats an ailment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// A change of the recipe, which a ledger can try.
    Lever(Lever),
    /// What the reader has to do.
    Advice(String),
}

/// How much an ailment matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scores or the training cannot be trusted.
    Wrong,
    /// A lever may help.
    Mendable,
    /// What no lever of the training mends.
    Limit,
}

/// Lines over a common axis, such as the loss over epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    /// What the horizontal axis shows.
    pub x: String,
    /// What the vertical axis shows.
    pub y: String,
    /// One or more.
    pub lines: Vec<Line>,
}

/// A line of a [`Plot`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// For the legend.
    pub name: String,
    /// From left to right.
    pub points: Vec<(f64, f64)>,
}

/// A case and what all rules need of it.
struct Patient<'a> {
    case: &'a Case<'a>,
    /// One a lane of the record.
    courses: Vec<Course<'a>>,
    /// What is to be known of the table; nothing without rows.
    findings: Vec<kitae_data::finding::Finding>,
}

type Rule = fn(&Patient) -> Option<Symptom>;

/// Looks for every ailment.
pub fn diagnose(case: &Case) -> Diagnosis {
    let (constant, metric) = (constant_loss(case.manifest), case.manifest.recipe.validation_metric);
    let findings = case.problem.map(|problem| problem.findings(&case.manifest.recipe)).unwrap_or_default();
    let patient = Patient { case, courses: courses(case.events, constant, metric), findings };
    let rules = [curves::RULES, inside::RULES, predictions::RULES, labels::RULES, rows::RULES].concat();
    let mut findings: Vec<Symptom> = rules.iter().filter_map(|rule| rule(&patient)).collect();
    findings.sort_by_key(|finding| (finding.ailment.severity(), finding.ailment));
    Diagnosis { findings, unseen: unseen(&patient) }
}

/// The loss of a constant prediction: the entropy of the classes; for numbers, which are scaled, one.
fn constant_loss(manifest: &Manifest) -> Option<f64> {
    let Some(confusion) = &manifest.scores.confusion else {
        return manifest.model.lanes.iter().any(|lane| lane.target_scale.is_some()).then_some(1.0);
    };
    let n_classes = manifest.model.class_names.len() as u32;
    let n_rows = |class: u32| (0..n_classes).map(|given| confusion.n_rows(class, given)).sum::<u64>() as f64;
    let all: f64 = (0..n_classes).map(n_rows).sum();
    let shares = (0..n_classes).map(|class| n_rows(class) / all).filter(|share| *share > 0.0);
    Some(shares.map(|share| -share * share.ln()).sum())
}

fn unseen(patient: &Patient) -> Vec<String> {
    let case = patient.case;
    let mut unseen = Vec::new();
    if patient.courses.is_empty() {
        unseen.push("There is no run record, so neither learning curves nor layers were checked.".to_owned());
    } else if patient.courses.iter().all(|course| course.looks.is_empty()) {
        unseen.push("The run probed no layer, so gradients and units were not checked.".to_owned());
    }
    if case.scored.is_none() {
        unseen.push("There are no out-of-fold predictions, so errors were not checked.".to_owned());
    }
    if case.problem.is_none() {
        unseen.push(
            "The rows are not available, so leaks, copies and contradictions were not checked.".to_owned(),
        );
    }
    unseen
}

impl Patient<'_> {
    /// The courses that show a symptom, if they are at least half of those that could.
    fn most<T>(&self, symptom: impl Fn(&Course) -> Option<T>, is_ill: impl Fn(&T) -> bool) -> Vec<T> {
        let seen: Vec<T> = self.courses.iter().filter_map(&symptom).collect();
        let n_seen = seen.len();
        let ill: Vec<T> = seen.into_iter().filter(is_ill).collect();
        if ill.is_empty() || 2 * ill.len() < n_seen { Vec::new() } else { ill }
    }

    /// Those of `changes` that change the recipe and fit it, as levers.
    fn levers(&self, changes: &[(&str, Family, String)]) -> Vec<Treatment> {
        let manifest = self.case.manifest;
        let facts = self.case.problem.map_or_else(|| facts_of(manifest), |problem| problem.facts.clone());
        let recipe = &manifest.recipe;
        let fits = |lever: &Lever| lever.recipe(recipe, &facts).is_ok_and(|changed| changed != *recipe);
        levers(changes).filter(fits).map(Treatment::Lever).collect()
    }
}

/// What a model tells of its rows, which are not there: not how they are spread over the classes.
fn facts_of(manifest: &Manifest) -> Facts {
    let n_classes = manifest.model.class_names.len();
    let n_rows = manifest.model.source.n_open;
    Facts {
        task: manifest.recipe.task,
        n_rows,
        n_columns: manifest.model.layout.inputs.len(),
        class_counts: vec![n_rows / n_classes.max(1); n_classes],
        by: manifest.seal.by.clone(),
    }
}

fn levers(changes: &[(&str, Family, String)]) -> impl Iterator<Item = Lever> {
    changes
        .iter()
        .filter_map(|(name, family, text)| Some(Lever::new(*name, *family, text.parse::<Table>().ok()?)))
}
