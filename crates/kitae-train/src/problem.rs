//! A table with a question: which column is predicted, which rows may be trained on.

mod positive;

use kitae_data::finding::{Finding, What};
use kitae_data::hash::RowHashes;
use kitae_data::inspect::{Rows, columns_in_use, findings};
use kitae_data::order::{by_contents, hash_of};
use kitae_data::schema::Schema;
use kitae_data::table::Table;
use kitae_data::target::{Target, Task, guess_task};

use crate::error::{ProblemError, TrainError};
use crate::facts::Facts;
use crate::recipe::Recipe;
use crate::seal::Seal;

use positive::rarer_second;
pub use positive::{is_other_class, positive};

/// How the task is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskChoice {
    /// From the target column: few classes or text is a classification, else a regression.
    Guess,
    /// As told.
    Told(Task),
}

/// A table, its target, and which rows may be used.
#[derive(Clone, Debug)]
pub struct Problem {
    /// All rows, sealed ones included; cells fit the schema.
    pub table: Table,
    /// What the columns are.
    pub schema: Schema,
    /// The column to predict.
    pub target_column: String,
    /// Its cells as classes or values.
    pub target: Target,
    /// Rows with a target that may be trained on.
    pub open_rows: Vec<u32>,
    /// Rows with a target that only `evaluate` may open.
    pub sealed_rows: Vec<u32>,
    /// Rows without a target; nobody uses them.
    pub n_without_target: usize,
    /// How test rows are chosen and what splits respect; whether equal rows are copies is found out.
    pub seal: Seal,
    /// The unit of each row, where rows that are alike stay together.
    pub units: Option<Vec<u32>>,
    /// What presets adapt to.
    pub facts: Facts,
    /// For each row of the table its position in the file.
    pub row_numbers: Vec<u32>,
    /// Hashes of all rows over all columns.
    pub hashes: RowHashes,
}

impl Problem {
    /// Checks the target and seals the test rows.
    ///
    /// # Errors
    ///
    /// If there is no such column, its cells cannot be learned, or no row is left.
    pub fn new(
        table: Table,
        schema: Schema,
        target_column: &str,
        choice: TaskChoice,
        seal: Seal,
    ) -> Result<Self, TrainError> {
        let hashes = RowHashes::of_table(&table);
        Self::hashed(table, hashes, schema, target_column, choice, seal)
    }

    fn hashed(
        table: Table,
        hashes: RowHashes,
        schema: Schema,
        target_column: &str,
        choice: TaskChoice,
        seal: Seal,
    ) -> Result<Self, TrainError> {
        let (Some(column), Some(described)) = (table.column(target_column), schema.column(target_column))
        else {
            return Err(no_such_column(&schema, target_column));
        };
        let task = match choice {
            TaskChoice::Told(task) => task,
            TaskChoice::Guess => guess_task(column, described),
        };
        let mut target = Target::from_column(column, task)?;
        let in_use = columns_in_use(&table, &schema, target_column);
        let hashes_in_use = hashes.over(&in_use, &table);
        let seal = seal.resolved(&in_use, &hashes_in_use);
        let units = seal.units(&in_use, &hashes_in_use)?;
        let (open, sealed) = seal.parts_of(&table, &hashes, target_column, units.as_deref())?;
        let with_target = target.rows_with_target();
        let keep = |rows: &[u32]| -> Vec<u32> {
            rows.iter().copied().filter(|row| with_target.binary_search(row).is_ok()).collect()
        };
        let (open_rows, sealed_rows) = (keep(&open), keep(&sealed));
        let counts = class_counts(&target, &open_rows);
        rarer_second(&mut target, &counts);
        let facts = Facts {
            task,
            n_rows: open_rows.len(),
            n_columns: n_feature_columns(&schema, target_column),
            class_counts: class_counts(&target, &open_rows),
            by: seal.by.clone(),
        };
        check_open_rows(&open_rows, with_target.len(), &target)?;
        Ok(Self {
            row_numbers: (0..table.n_rows as u32).collect(),
            n_without_target: table.n_rows - with_target.len(),
            table,
            schema,
            target_column: target_column.to_string(),
            target,
            open_rows,
            sealed_rows,
            seal,
            units,
            facts,
            hashes,
        })
    }

    /// What is to be known of the table, but for what this recipe mends; sealed rows are not held against
    /// others.
    pub fn findings(&self, recipe: &Recipe) -> Vec<Finding> {
        let in_use = columns_in_use(&self.table, &self.schema, &self.target_column);
        let mut findings = findings(&Rows {
            hashes: &self.hashes.over(&in_use, &self.table),
            table: &self.table,
            schema: &self.schema,
            target_column: &self.target_column,
            target: &self.target,
            rows: &self.open_rows,
            split: self.seal.split_of(),
        });
        findings.retain(|finding| finding.what != What::TargetSpread || recipe.follows_the_largest());
        findings
    }

    /// As [`new`](Self::new), with the rows in the [order of their contents](kitae_data::order::by_contents).
    /// Roles are assigned by position, so they belong to the rows themselves: the same file in another order
    /// makes the same model.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn by_contents(
        table: Table,
        schema: Schema,
        target_column: &str,
        choice: TaskChoice,
        seal: Seal,
    ) -> Result<Self, TrainError> {
        let hashes = RowHashes::of_table(&table);
        let row_numbers = by_contents(&table, &hashes, target_column);
        let (sorted, of_sorted) = (table.select(&row_numbers), hashes.select(&row_numbers));
        match Self::hashed(sorted, of_sorted, schema.clone(), target_column, choice, seal.clone()) {
            Ok(problem) => Ok(Self { row_numbers, ..problem }),
            // Rows are named as the file has them.
            Err(error) => {
                let as_filed = Self::hashed(table, hashes, schema, target_column, choice, seal);
                Err(as_filed.err().unwrap_or(error))
            }
        }
    }

    /// Names of the classes; empty for a regression.
    pub fn class_names(&self) -> &[String] {
        match &self.target {
            Target::Classes { names, .. } => names,
            Target::Values(_) => &[],
        }
    }

    /// A hash of the order of the rows in the file.
    pub fn file_order(&self) -> u64 {
        let mut of_file = vec![0; self.table.n_rows];
        for (hash, number) in self.hashes.keyed(0).into_iter().zip(&self.row_numbers) {
            of_file[*number as usize] = hash;
        }
        hash_of(of_file)
    }

    /// Leaves only `rows` open. Those taken away are nobody's until the caller says what they are for.
    ///
    /// # Panics
    ///
    /// If a row was not open.
    pub fn narrow(&mut self, rows: Vec<u32>) {
        let is_open = |row: &u32| self.open_rows.binary_search(row).is_ok();
        assert!(rows.iter().all(is_open), "only open rows can stay open");
        self.facts.n_rows = rows.len();
        self.facts.class_counts = class_counts(&self.target, &rows);
        self.open_rows = rows;
    }
}

fn n_feature_columns(schema: &Schema, target: &str) -> usize {
    schema.columns.iter().filter(|column| column.kind.is_feature() && column.name != target).count()
}

fn class_counts(target: &Target, rows: &[u32]) -> Vec<usize> {
    let Target::Classes { codes, names } = target else { return Vec::new() };
    let mut counts = vec![0; names.len()];
    for row in rows {
        counts[codes[*row as usize] as usize] += 1;
    }
    counts
}

fn no_such_column(schema: &Schema, name: &str) -> TrainError {
    let names: Vec<&str> = schema.columns.iter().map(|column| column.name.as_str()).take(20).collect();
    let more = if schema.columns.len() > 20 { ", …" } else { "" };
    let message = format!("the table has no column `{name}`; its columns are {}{more}", names.join(", "));
    ProblemError(message).into()
}

/// The fewest rows from which training, stopping and scoring can each get some.
const FEWEST_ROWS: usize = 10;

fn check_open_rows(rows: &[u32], n_with_target: usize, target: &Target) -> Result<(), TrainError> {
    if rows.len() < FEWEST_ROWS {
        let helps = rows.len() < n_with_target && n_with_target >= FEWEST_ROWS;
        let sealed = if helps { "; `question.test_size = 0` seals none as test rows" } else { "" };
        let message = format!(
            "{} rows with a target are left to train on, but at least {FEWEST_ROWS} are needed{sealed}",
            rows.len()
        );
        return Err(ProblemError(message).into());
    }
    let present = class_counts(target, rows).iter().filter(|count| **count > 0).count();
    if matches!(target, Target::Classes { .. }) && present < 2 {
        let message = "all rows that may be trained on are of one class; two are needed";
        return Err(ProblemError(message.into()).into());
    }
    Ok(())
}
