//! What is asked of a table: which column is predicted, from which others, and which rows are sealed.

use kitae_data::alike::Likeness;
use kitae_data::finding::{Finding, sort};
use kitae_data::hash::RowHashes;
use kitae_data::infer::{Hints, infer_schema};
use kitae_data::read::ReadOptions;
use kitae_data::schema::Schema;
use kitae_data::table::Table;
use kitae_train::{Problem, Recipe, Seal, SplitBy, TaskChoice, at};

use crate::error::Error;
use crate::table::Source;

/// The key of the hash that seals test rows. It does not follow the seed: runs that differ in the seed
/// have the same test rows, and none trains on those of another.
const SEAL_SEED: u64 = 0;

/// The share of rows that is sealed unless another was asked for.
pub const TEST_SIZE: f64 = 0.2;

/// A question to a table.
#[derive(Clone, Debug)]
pub struct Question {
    /// The column to predict.
    pub target: String,
    /// Classes or quantities.
    pub task: TaskChoice,
    /// What is known of columns; the target and the task stand above.
    pub hints: Hints,
    /// The share of rows that is sealed, from 0 to less than 1.
    pub test_size: f64,
    /// What becomes of rows that are alike; found out if none.
    pub likeness: Option<Likeness>,
    /// What splits respect.
    pub by: SplitBy,
    /// Of two classes the one that f1 and the like are about; the rarer one if none.
    pub positive: Option<String>,
}

impl Question {
    /// What predicts `target`; all else is found out.
    pub fn new(target: &str) -> Self {
        Self {
            target: target.to_owned(),
            task: TaskChoice::Guess,
            hints: Hints::default(),
            test_size: TEST_SIZE,
            likeness: None,
            by: SplitBy::Target,
            positive: None,
        }
    }

    /// The same where `changes` of a recipe name a column of row weights (`training.weight_column`), which is
    /// no feature then: rows that differ in it alone are copies.
    #[must_use]
    pub fn weighted_by(mut self, changes: &toml::Table) -> Self {
        let column = at(changes, "training.weight_column").and_then(|column| column.as_str());
        self.hints.drop.extend(
            column.filter(|column| !self.hints.drop.iter().any(|known| known == column)).map(str::to_owned),
        );
        self
    }

    /// Describes the columns, reads the target and seals the test rows.
    ///
    /// # Errors
    ///
    /// If there is no such column, its cells cannot be learned, or rows are too few.
    pub fn problem(&self, table: Table) -> Result<Problem, Error> {
        let task = match self.task {
            TaskChoice::Told(task) => Some(task),
            TaskChoice::Guess => None,
        };
        let hints = Hints { target: Some(self.target.clone()), task, ..self.hints.clone() };
        let schema = infer_schema(&table, &hints)?;
        let table = schema.apply(table)?;
        let (by, likeness) = (self.by.clone(), self.likeness.clone());
        let seal = Seal { seed: SEAL_SEED, share: self.test_size, by, likeness };
        let problem = Problem::by_contents(table, schema, &self.target, self.task, seal)?;
        Ok(problem.with_positive(self.positive.as_deref())?)
    }
}

/// A question that was asked of a table before, with all that was found out then.
#[derive(Clone, Copy, Debug)]
pub struct KnownQuestion<'a> {
    /// What the columns are.
    pub schema: &'a Schema,
    /// How the table was read.
    pub reading: &'a ReadOptions,
    /// A hash of the contents of all rows.
    pub fingerprint: u64,
    /// The column that is predicted.
    pub target: &'a str,
    /// How test rows are chosen.
    pub seal: &'a Seal,
    /// The task and the positive class.
    pub recipe: &'a Recipe,
}

impl KnownQuestion<'_> {
    /// The rows, the target and the sealed rows as they were.
    ///
    /// # Errors
    ///
    /// If it is another table or has changed.
    pub fn problem(&self, source: &Source, n_threads: usize) -> Result<Problem, Error> {
        let options = ReadOptions { n_threads, ..self.reading.clone() };
        let table = source.read_fitting(self.schema, &options)?;
        if RowHashes::of_table(&table).fingerprint() != self.fingerprint {
            return Err(Error::Invalid(format!(
                "`{source}` has changed since the run began, or is another file, so its rows cannot be used: bring \
                 the old file back, or begin anew"
            )));
        }
        let (schema, task) = (self.schema.clone(), TaskChoice::Told(self.recipe.task));
        let problem = Problem::by_contents(table, schema, self.target, task, self.seal.clone())?;
        Ok(problem.with_positive(self.recipe.positive.as_deref())?)
    }
}

/// What is to be known of a file and its table, the worst first.
pub fn findings(of_file: &[Finding], problem: &Problem, recipe: &Recipe) -> Vec<Finding> {
    let mut findings = problem.findings(recipe);
    findings.extend(of_file.iter().cloned());
    sort(&mut findings);
    findings
}
