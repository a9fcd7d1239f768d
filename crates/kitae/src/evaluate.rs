//! Scores of a model on rows that had no part in its training.

mod coverage;
mod overlap;
mod rows;

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use kitae_data::finding::Finding;
use kitae_data::read::ReadOptions;
use kitae_eval::intervals::Interval;
use kitae_eval::{Level, Metric, MetricValue};
use kitae_report::document::{Block, Table as Rows};
use kitae_report::text::{Terminal, text};
use kitae_report::words::{count, interval, number};
use kitae_train::engine::Predictions;
use kitae_train::looks::{Look, Looks, Which};
use kitae_train::model::Manifest;
use kitae_train::prepare::Targets;
use kitae_train::problem::is_other_class;
use kitae_train::regions::Regions;
use kitae_train::scores::{Whole, all_metrics, whole_scores};
use kitae_train::{Predictor, TrainError};
use serde::Serialize;

use self::coverage::Measuring;
pub use self::coverage::{Deviation, Measured};
pub use self::overlap::Overlap;
use self::rows::TestRows;
use crate::device::{Machine, threads};
use crate::error::Error;
use crate::model::Model;
use crate::table::Source;

/// Rows that are predicted at once.
const CHUNK_ROWS: usize = 16_384;

/// How a model is evaluated.
#[derive(Clone, Debug)]
pub struct EvaluateConfig {
    /// The time that is written down with the look.
    pub now: SystemTime,
    /// What computes; all cores of the processor if none.
    pub machine: Option<Machine>,
    /// The level of the regions whose coverage is measured; where none is asked for and rows are too few for
    /// the usual one, none is.
    pub level: Option<Level>,
    /// Of two classes the one that f1 and the like are about; the model's if none.
    pub positive: Option<String>,
    /// Where the training file may be, beside where the model says.
    pub training_files: Vec<PathBuf>,
    /// How the rows are read; as the training rows were if nothing is said.
    pub reading: Option<ReadOptions>,
}

impl EvaluateConfig {
    /// Everything but the time as usual.
    pub fn at(now: SystemTime) -> Self {
        Self { now, machine: None, level: None, positive: None, training_files: Vec::new(), reading: None }
    }
}

/// One metric on some rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestScore {
    /// What is measured.
    pub metric: Metric,
    /// The class that is found or missed, for a metric that looks at one class only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// As people know the metric: a loss is positive.
    pub value: MetricValue,
    /// Its 95 % interval; none where rows are too few.
    pub interval: Option<Interval<MetricValue>>,
}

/// How good a model is on rows that had no part in its training.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The file as it was named.
    pub file: String,
    /// Which of its rows were scored.
    pub which: Which,
    /// How many these are.
    pub n_rows: usize,
    /// The metrics that have a value; the heading one first.
    pub scores: Vec<TestScore>,
    /// How often regions contain the target.
    pub regions: Measured,
    /// Whether that is another share than their level says.
    pub deviation: Option<Deviation>,
    /// How many of the rows the model was trained on.
    pub overlap: Overlap,
    /// What a reader of the scores should know, as sentences.
    pub note: Option<String>,
    /// How the rows are unlike those of training.
    pub findings: Vec<Finding>,
    /// Who looked at these rows; none of a model that is in no folder.
    pub looks: Option<Looks>,
}

impl Model {
    /// Scores the model on the rows of a table with targets; of its own training table on the sealed rows
    /// alone. Where the model is in a folder, the look is written down there before a score is told.
    ///
    /// # Errors
    ///
    /// If the table has no target or none of the model's classes, no row is left, or the look cannot be
    /// written down. Sealed rows are scored by a model in a folder alone: save it, and load it.
    pub fn evaluate(&self, rows: impl AsRef<Source>, config: &EvaluateConfig) -> Result<Evaluation, Error> {
        let machine = config.machine.clone().map_or_else(Machine::whole, Ok)?;
        let test = self.test_rows(rows.as_ref(), config, machine.n_threads)?;
        self.score(&test, config, &machine)
    }

    /// The same with the training table, which must be as it was: on its sealed rows.
    ///
    /// # Errors
    ///
    /// As [`evaluate`](Self::evaluate), and if it is another table or has changed.
    pub fn evaluate_sealed(
        &self,
        rows: impl AsRef<Source>,
        config: &EvaluateConfig,
    ) -> Result<Evaluation, Error> {
        let machine = config.machine.clone().map_or_else(Machine::whole, Ok)?;
        let test = self.test_rows(rows.as_ref(), config, machine.n_threads)?;
        if test.which == Which::All {
            return Err(Error::Invalid(format!(
                "`{}` has changed since the model was trained on it: bring the old file back, or name a file of rows \
                 that the model has not seen",
                test.file
            )));
        }
        self.score(&test, config, &machine)
    }

    fn score(
        &self,
        test: &TestRows,
        config: &EvaluateConfig,
        machine: &Machine,
    ) -> Result<Evaluation, Error> {
        let manifest = self.manifest();
        let predictor = self.trained().predictor(&machine.engine)?;
        let measuring = Measuring::new(&predictor, config.level)?;
        let (predictions, regions) = predictions(&predictor, &measuring, test, machine)?;
        let targets = Targets::of(&test.target, &test.rows);
        let groups = test.groups_of_rows();
        let regions = measuring.measured(regions, &targets, groups.as_deref());
        let positive = config.positive.as_deref().or(manifest.model.positive());
        let asked = as_asked(manifest, (targets, predictions), positive)?;
        let scores = scores(manifest, asked, positive, groups.as_deref());
        let Some(heading) = scores.first() else {
            let rows = count(test.rows.len(), "row");
            return Err(Error::Invalid(format!("no metric has a value on the {rows} of `{}`", test.file)));
        };
        // Written down before it is shown: a look that leaves no trace did not happen.
        let looks = self.look(test, heading, config.now)?;
        let by = &manifest.seal.by;
        Ok(Evaluation {
            file: test.file.clone(),
            which: test.which,
            n_rows: test.rows.len(),
            deviation: regions.deviation(by, self.trained().fitted.nonconformity.as_ref()),
            regions,
            overlap: test.overlap,
            note: test.note(by),
            findings: test.findings.clone(),
            looks,
            scores,
        })
    }

    fn look(&self, test: &TestRows, heading: &TestScore, now: SystemTime) -> Result<Option<Looks>, Error> {
        let look = Look {
            unix_seconds: now.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
            file: test.file.clone(),
            fingerprint: test.fingerprint,
            which: test.which,
            n_rows: test.rows.len(),
            rows: None,
            metric: heading.metric,
            value: heading.value,
            interval: heading.interval,
            of_an_earlier_model: false,
        };
        match self.folder() {
            Some(folder) => Ok(Some(Looks::write_down(folder, look, &test.hashed)?)),
            None if test.which == Which::Sealed || self.meets_sealed_rows(test) => Err(Error::Invalid(
                "sealed rows are scored by a model in a folder alone, where each look is written down: save it, and \
                 load it from there"
                    .to_owned(),
            )),
            None => Ok(None),
        }
    }

    /// Whether the model's sealed rows are among those of another table.
    fn meets_sealed_rows(&self, test: &TestRows) -> bool {
        self.sealed_rows().is_some_and(|mut sealed| {
            sealed.count(&test.table);
            sealed.note().is_some()
        })
    }
}

fn predictions(
    predictor: &Predictor,
    measuring: &Measuring,
    test: &TestRows,
    machine: &Machine,
) -> Result<(Predictions, Option<Regions>), Error> {
    let threads = threads(machine.n_threads)?;
    let (mut values, mut n_columns) = (Vec::new(), 1);
    let mut all: Option<Regions> = None;
    for rows in test.rows.chunks(CHUNK_ROWS) {
        let table = test.table.select(rows);
        let (predictions, regions) = threads.install(|| measuring.predictions(predictor, &table))?;
        n_columns = predictions.n_columns;
        values.extend(predictions.values);
        match (&mut all, regions) {
            (Some(all), Some(regions)) => all.extend(regions),
            (_, regions) => all = regions,
        }
    }
    Ok((Predictions { values, n_columns }, all))
}

/// Targets and predictions with the positive class second, as metrics take it.
fn as_asked(
    manifest: &Manifest,
    (targets, mut predictions): (Targets, Predictions),
    positive: Option<&str>,
) -> Result<(Targets, Predictions), Error> {
    let Some(class) = positive else { return Ok((targets, predictions)) };
    let exchanged = is_other_class(class, &manifest.model.class_names, &manifest.model.target)
        .map_err(TrainError::from)?;
    Ok(match targets {
        Targets::Classes(codes) if exchanged => {
            predictions.values.chunks_exact_mut(2).for_each(|row| row.swap(0, 1));
            (Targets::Classes(codes.into_iter().map(|code| 1 - code).collect()), predictions)
        }
        targets => (targets, predictions),
    })
}

/// The heading metric first.
fn scores(
    manifest: &Manifest,
    (targets, predictions): (Targets, Predictions),
    positive: Option<&str>,
    groups: Option<&[u32]>,
) -> Vec<TestScore> {
    let (targets, predictions) = (&targets, &predictions);
    let metrics = all_metrics(targets, predictions, manifest.scores.metric);
    let score = |(metric, whole): (&Metric, Option<Whole>)| {
        let (value, interval) = whole?;
        let positive = positive.filter(|_| metric.is_of_one_class()).map(str::to_owned);
        Some(TestScore { metric: *metric, positive, value, interval })
    };
    let whole = whole_scores(targets, predictions, &metrics, manifest.recipe.seed, groups);
    metrics.iter().zip(whole).filter_map(score).collect()
}

impl Evaluation {
    /// A table of scores, and sentences about the rows. `advice` says what to do where the regions contain
    /// the target too rarely.
    pub fn told(&self, advice: &str, terminal: &Terminal) -> String {
        let (rows, file) = (count(self.n_rows, "row"), &self.file);
        let row = |score: &TestScore| {
            let metric = score.metric.of_class(score.positive.as_deref());
            vec![metric, number(score.value), interval(score.interval)]
        };
        let which = match self.which {
            Which::Sealed => format!("{rows} of `{file}` that were sealed"),
            Which::All if self.n_rows == 1 => format!("the one row of `{file}`"),
            Which::All => format!("all {rows} of `{file}`"),
        };
        let more = [self.deviation_told(advice), self.note.clone(), self.looks.as_ref().map(Looks::text)];
        let columns = ["metric", "value", "95 % interval"];
        let table = Rows::new(&format!("Scores on {which}"), &columns, self.scores.iter().map(row).collect());
        let told = std::iter::once(self.regions.text()).chain(more.into_iter().flatten());
        let sentences: Vec<String> =
            told.flat_map(|told| told.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        let blocks = std::iter::once(Block::Table(table)).chain(sentences.into_iter().map(Block::Text));
        text(&blocks.collect::<Vec<_>>(), terminal)
    }

    /// How the coverage differs from its level, with what to do where it is below.
    pub fn deviation_told(&self, advice: &str) -> Option<String> {
        Some(match self.deviation? {
            below @ Deviation::Below { .. } => format!("{below}{advice}"),
            above @ Deviation::Above => above.to_string(),
        })
    }
}

/// A table of scores, and sentences about the rows.
impl Display for Evaluation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told("", &Terminal::ENDLESS))
    }
}
