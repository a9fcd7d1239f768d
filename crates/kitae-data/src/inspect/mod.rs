//! What is to be known about a table before a network is trained on it.

mod display;
mod leak;
mod target;
#[cfg(test)]
mod tests;
mod twins;

use std::collections::HashSet;

use serde::Serialize;

use crate::error::DataError;
use crate::hash::row_hashes;
use crate::infer::{NumberFacts, TextFacts, TimeForm, format_time};
use crate::read::canonical;
use crate::schema::{ColumnSchema, Kind, Schema};
use crate::table::{Cells, Table};

/// The levels listed of a category.
const MOST_LEVELS: usize = 5;

/// All that is to be told about a table.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::inspect::inspect;
///
/// let (schema, table) = csv::read("size,price\n1.5,10\n2,12\n1.5,10\n4,9\n")?;
/// let report = inspect(&table, &schema);
/// assert_eq!((report.n_rows, report.n_duplicate_rows), (4, 1));
/// // It is displayed as text for people.
/// assert!(report.to_string().starts_with("4 rows, 2 columns"));
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// How many rows there are.
    pub n_rows: usize,
    /// How many rows are the same as one before, in all columns.
    pub n_duplicate_rows: usize,
    /// One entry a column.
    pub columns: Vec<ColumnReport>,
    /// About the column to predict, if one was named.
    pub target: Option<TargetReport>,
    /// What looks wrong, the worst first.
    pub suspicions: Vec<Suspicion>,
}

/// What is to be told about a column.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::inspect::inspect;
///
/// let (schema, table) = csv::read("size,price\n1.5,10\n,12\n1.5,9\n4,9\n")?;
/// let size = &inspect(&table, &schema).columns[0];
/// assert_eq!((size.name.as_str(), size.n_distinct), ("size", 2));
/// assert_eq!((size.n_missing, size.missing_share), (1, 0.25));
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnReport {
    /// The header.
    pub name: String,
    /// What it is taken for.
    pub kind: Kind,
    /// Why.
    pub reason: String,
    /// How many cells are missing.
    pub n_missing: usize,
    /// The share of cells that are missing, in [0, 1].
    pub missing_share: f64,
    /// How many distinct values there are.
    pub n_distinct: usize,
    /// The values in short.
    pub summary: Summary,
    /// What looks odd.
    pub warnings: Vec<String>,
}

/// The values of a column in short.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::inspect::{Summary, inspect};
///
/// let (schema, table) = csv::read("size,sold\n1.5,2024-03-01\n2,2024-01-31\n9,2024-02-10\n")?;
/// let columns = inspect(&table, &schema).columns;
/// assert_eq!(columns[0].summary, Summary::Numbers { min: 1.5, median: 2.0, max: 9.0 });
/// let Summary::Times { first, last } = &columns[1].summary else { unreachable!("dates are times") };
/// assert!(first.starts_with("2024-01-31") && last.starts_with("2024-03-01"));
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Summary {
    /// No value.
    Nothing,
    /// Numbers.
    Numbers {
        /// The least.
        min: f64,
        /// The one in the middle.
        median: f64,
        /// The greatest.
        max: f64,
    },
    /// Times as text.
    Times {
        /// The earliest.
        first: String,
        /// The latest.
        last: String,
    },
    /// Texts, the most frequent ones first, at most five.
    Levels {
        /// The texts.
        top: Vec<LevelCount>,
    },
}

/// A text and how often it comes.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::inspect::{LevelCount, Summary, inspect};
///
/// let (schema, table) = csv::read("colour\nred\nblue\nblue\ngreen\nblue\nred\n")?;
/// let report = inspect(&table, &schema);
/// let Summary::Levels { top } = &report.columns[0].summary else { unreachable!("colours are texts") };
/// assert_eq!(top[0], LevelCount { level: "blue".to_owned(), count: 3 });
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LevelCount {
    /// The text.
    pub level: String,
    /// How many cells hold it.
    pub count: usize,
}

/// What is to be told about the column to predict.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::inspect::inspect_with_target;
///
/// let (schema, table) = csv::read("size,sold\n1.5,no\n2,yes\n2.5,no\n3,no\n4,\n")?;
/// let target = inspect_with_target(&table, &schema, "sold")?.target.expect("a target was named");
/// assert_eq!((target.classes.len(), target.n_missing), (2, 1));
/// // A network has to be right more often than this.
/// assert_eq!(target.majority_share, Some(0.75));
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetReport {
    /// The header.
    pub name: String,
    /// How many rows have no value there, and so cannot be learnt from.
    pub n_missing: usize,
    /// The classes, the most frequent first; empty if the target is a quantity.
    pub classes: Vec<LevelCount>,
    /// The share of the most frequent class among the rows that have one: the accuracy of who always says
    /// it. `None` if the target is a quantity.
    pub majority_share: Option<f64>,
}

/// Something that looks wrong.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::inspect::{Suspect, inspect};
///
/// let (schema, table) = csv::read("size,shop\n1.5,Ulm\n2,Ulm\n4,Ulm\n")?;
/// let suspicions = inspect(&table, &schema).suspicions;
/// assert_eq!((suspicions[0].what, suspicions[0].columns[0].as_str()), (Suspect::Constant, "shop"));
/// assert!(suspicions[0].message.starts_with("`shop` is left out"));
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suspicion {
    /// What it is.
    pub what: Suspect,
    /// The columns it is about.
    pub columns: Vec<String>,
    /// One plain sentence with the evidence.
    pub message: String,
}

/// What may be wrong with a table, the worst first.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::inspect::{Suspect, inspect_with_target};
///
/// // The sum with tax gives the price away.
/// let rows = (1..60).map(|i| f64::from(i * i % 61)).map(|price| format!("{},{price}\n", price * 1.19));
/// let (schema, table) = csv::read(&format!("with_tax,price\n{}", rows.collect::<String>()))?;
/// let suspicions = inspect_with_target(&table, &schema, "price")?.suspicions;
/// assert_eq!(suspicions[0].what, Suspect::Leak);
/// // The worst comes first.
/// assert!(Suspect::Leak < Suspect::Constant);
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Suspect {
    /// A column that alone (nearly) gives the target away.
    Leak,
    /// Rows without target.
    MissingTarget,
    /// Classes that hardly any row has.
    RareClass,
    /// Columns that say the same.
    Twins,
    /// Rows that come more than once.
    DuplicateRows,
    /// A column that names its row.
    Identifier,
    /// A column of one value.
    Constant,
    /// A column without values.
    Empty,
}

/// Looks at a table as it was read and at its schema.
///
/// ```
/// use kitae_data::infer::{Hints, infer_schema};
/// use kitae_data::inspect::{Suspect, inspect};
/// use kitae_data::read::{ReadOptions, read_csv_bytes};
///
/// let text = b"size,weight,note\n1.5,3,\n2,4,\n4,7,\n";
/// let table = read_csv_bytes(text, "shirts", &ReadOptions::default())?;
/// let report = inspect(&table, &infer_schema(&table, &Hints::default())?);
/// assert!(report.suspicions.iter().any(|suspicion| suspicion.what == Suspect::Empty));
/// assert_eq!(report.target, None);
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
pub fn inspect(table: &Table, schema: &Schema) -> Report {
    let columns = schema.columns.iter().filter_map(|column| column_report(table, column)).collect();
    let n_duplicate_rows = n_duplicates(&row_hashes(table, 0));
    let mut suspicions = column_suspicions(schema);
    suspicions.extend(twins::find(table, schema));
    if n_duplicate_rows > 0 {
        let share = 100.0 * n_duplicate_rows as f64 / table.n_rows.max(1) as f64;
        let message = format!(
            "{n_duplicate_rows} rows ({share:.1} %) are the same as another row in every column; copies in training and test rows make scores look better than they are"
        );
        suspicions.push(Suspicion { what: Suspect::DuplicateRows, columns: Vec::new(), message });
    }
    suspicions.sort_by_key(|suspicion| suspicion.what);
    Report { n_rows: table.n_rows, n_duplicate_rows, columns, target: None, suspicions }
}

/// Like [`inspect`], and also looks for what concerns the column to predict: its classes, and columns that give
/// it away.
///
/// ```
/// use kitae_data::infer::{Hints, infer_schema};
/// use kitae_data::inspect::inspect_with_target;
/// use kitae_data::read::{ReadOptions, read_csv_bytes};
///
/// let text = b"size,price\n1.5,10\n2,12\n4,7.5\n";
/// let table = read_csv_bytes(text, "shirts", &ReadOptions::default())?;
/// let schema = infer_schema(&table, &Hints::default())?;
/// let target = inspect_with_target(&table, &schema, "price")?.target.expect("a target was named");
/// assert_eq!(target.majority_share, None); // A price is a quantity.
/// assert!(inspect_with_target(&table, &schema, "prize").is_err());
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
///
/// # Errors
///
/// If no column is called `target`.
pub fn inspect_with_target(table: &Table, schema: &Schema, target: &str) -> Result<Report, DataError> {
    let mut report = inspect(table, schema);
    let (Some(column), Some(described)) = (table.column(target), schema.column(target)) else {
        let found: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        return Err(DataError::MissingColumns {
            name: "the table".to_owned(),
            missing: vec![target.to_owned()],
            found,
        });
    };
    report.suspicions.retain(|suspicion| suspicion.columns != [target]);
    report.suspicions.extend(leak::find(table, schema, column, described));
    report.suspicions.extend(target::suspicions(column, described));
    report.suspicions.sort_by_key(|suspicion| suspicion.what);
    report.target = Some(target::report(column, described));
    Ok(report)
}

fn column_report(table: &Table, column: &ColumnSchema) -> Option<ColumnReport> {
    let cells = &table.column(&column.name)?.cells;
    Some(ColumnReport {
        name: column.name.clone(),
        kind: column.kind,
        reason: column.reason.clone(),
        n_missing: cells.n_missing(),
        missing_share: cells.n_missing() as f64 / cells.len().max(1) as f64,
        n_distinct: column.n_distinct,
        summary: summary(cells, column),
        warnings: column.warnings.clone(),
    })
}

fn summary(cells: &Cells, column: &ColumnSchema) -> Summary {
    match cells {
        Cells::Numbers(values) => {
            let facts = NumberFacts::of(values);
            if facts.n_present == 0 {
                return Summary::Nothing;
            }
            if column.kind == Kind::Time {
                return Summary::Times { first: date_text(facts.min()), last: date_text(facts.max()) };
            }
            if matches!(column.kind, Kind::Category | Kind::Boolean) {
                let counts = facts.levels().into_iter().zip(facts.values.iter().map(|(_, count)| *count));
                return Summary::Levels { top: top(counts.collect(), MOST_LEVELS) };
            }
            Summary::Numbers { min: facts.min(), median: facts.quantile(0.5), max: facts.max() }
        }
        Cells::Levels { codes, levels } => text_summary(&TextFacts::of(codes, levels), column),
    }
}

/// Times that were read as numbers are dates such as 20240131; others are seconds.
fn date_text(value: f64) -> String {
    format_time(TimeForm::Digits.parse(&canonical(value)).unwrap_or(value))
}

fn text_summary(facts: &TextFacts, column: &ColumnSchema) -> Summary {
    if column.kind == Kind::Time
        && let Ok(form) = TimeForm::of_column(column)
    {
        let times: Vec<f64> = facts.texts.iter().filter_map(|(text, _)| form.parse(text)).collect();
        let times = NumberFacts::of(&times);
        return Summary::Times { first: format_time(times.min()), last: format_time(times.max()) };
    }
    if facts.n_present == 0 {
        return Summary::Nothing;
    }
    let counts = facts.texts.iter().map(|(text, count)| ((*text).to_owned(), *count));
    Summary::Levels { top: top(counts.collect(), MOST_LEVELS) }
}

/// The most frequent levels, in their own order where they are equally frequent.
fn top(mut counts: Vec<(String, usize)>, n_levels: usize) -> Vec<LevelCount> {
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().take(n_levels).map(|(level, count)| LevelCount { level, count }).collect()
}

fn n_duplicates(hashes: &[u64]) -> usize {
    let distinct: HashSet<u64> = hashes.iter().copied().collect();
    hashes.len() - distinct.len()
}

fn column_suspicions(schema: &Schema) -> Vec<Suspicion> {
    let suspicion = |column: &ColumnSchema| {
        let what = match column.kind {
            Kind::Identifier => Suspect::Identifier,
            Kind::Constant => Suspect::Constant,
            Kind::Empty => Suspect::Empty,
            _ => return None,
        };
        let message = format!("`{}` is left out: {}", column.name, column.reason);
        Some(Suspicion { what, columns: vec![column.name.clone()], message })
    };
    schema.columns.iter().filter_map(suspicion).collect()
}
