//! What is found out about a table: one list, made once, for `inspect`, `train`, the report and the
//! diagnosis.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

pub use crate::setting::{Cure, Setting};
use crate::visible::{is_steering, visible};

/// Something that whoever trains on a table should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub what: What,
    /// How grave it is.
    pub severity: Severity,
    /// The columns it is about; empty if it is about rows or the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// One plain sentence with the evidence, without a full stop and without cures.
    pub message: String,
    /// What mends it, each on its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cures: Vec<Cure>,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It makes a number untrue, or loses data.
    Warning,
    /// Good to know.
    Note,
}

/// What a finding is about, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// The form of the file: lines that were skipped, cells that were mended, another encoding.
    File,
    /// The target is of another kind than it seems, or cannot be predicted as it is.
    TargetKind,
    /// A column that alone (nearly) gives the target away.
    Leak,
    /// Rows that come more than once.
    Copies,
    /// Rows that are nearly the same as another.
    NearCopies,
    /// Rows that belong together, by a column that names what they belong to.
    Groups,
    /// Rows whose order in time matters.
    TimeOrder,
    /// Few distinct rows, so the same come again by nature.
    FewDistinctRows,
    /// The spread of the target lies in a few rows or over many powers of ten.
    TargetSpread,
    /// Classes whose names differ in case, blanks or the form of letters alone.
    ClassNames,
    /// Rows without target.
    MissingTarget,
    /// Classes that hardly any row has.
    RareClass,
    /// Cells of a column that are not what the rest of it is.
    OddCells,
    /// How the cells of a column are written.
    Notation,
    /// Texts that were taken for missing cells.
    MissingMarkers,
    /// Another peculiarity of a column.
    Column,
    /// Columns that say the same.
    Twins,
    /// A column of texts, each nearly its own.
    Text,
    /// A column that names its row.
    Identifier,
    /// A column of one value.
    Constant,
    /// A column without values.
    Empty,
    /// New values that look like those of training in another unit.
    Unit,
    /// New values beyond those of training.
    OutOfRange,
    /// Numbers without end.
    Infinite,
    /// Categories that were not there in training.
    UnseenCategory,
    /// A column that is called a little differently than in training.
    ColumnName,
    /// A column that was not there in training.
    UnknownColumn,
}

impl Finding {
    /// One about the whole table, without columns and cures.
    pub fn new(what: What, severity: Severity, message: impl Into<String>) -> Self {
        Self { what, severity, columns: Vec::new(), message: message.into(), cures: Vec::new() }
    }

    /// The same about a column.
    #[must_use]
    pub fn of(mut self, column: &str) -> Self {
        self.columns.push(column.to_owned());
        self
    }

    /// The same with something that mends it.
    #[must_use]
    pub fn cured_by(mut self, cure: Cure) -> Self {
        self.cures.push(cure);
        self
    }
}

/// Worst first, otherwise as they were found.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| (finding.severity, finding.what));
}

/// The sentence and what mends it.
///
/// ```
/// use kitae_data::finding::{Cure, Finding, Severity, Setting, What};
///
/// let finding = Finding::new(What::Leak, Severity::Warning, "`paid on` gives the class away");
/// let finding = finding.of("paid on").cured_by(Cure::with(Setting::Drop, "paid on"));
/// assert_eq!(finding.to_string(), "`paid on` gives the class away: `columns.drop = \"paid on\"`");
/// ```
impl Display for Finding {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for (position, cure) in self.cures.iter().enumerate() {
            write!(f, "{} `{cure}`", if position == 0 { ":" } else { " or" })?;
        }
        Ok(())
    }
}

/// A text as a shell takes it for one word.
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@".contains(c);
    // Shells read such characters back from the form that shows them.
    if text.contains(is_steering) {
        let escaped = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n");
        return format!("$'{}'", visible(&escaped));
    }
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
