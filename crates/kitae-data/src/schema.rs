//! What the columns of a table are: names, kinds, levels, and why.

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::notation::Notation;

/// The columns of a table in file order. Serialisable: it is stored with a model, and a user may
/// write parts of it by hand.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::schema::Schema;
///
/// let (schema, _) = csv::described("size,sold\n1.5,yes\n2,no\n4,no\n")?;
/// // It is stored with a model and read again.
/// let text = toml::to_string(&schema)?;
/// assert!(text.contains("kind = \"boolean\""));
/// assert_eq!(toml::from_str::<Schema>(&text)?, schema);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// One entry a column.
    pub columns: Vec<ColumnSchema>,
}

/// One column: what it is taken for and why.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::schema::Kind;
///
/// let (schema, _) = csv::described("size,colour\n1.5,red\n2,blue\n,red\n3,green\n")?;
/// let [size, colour] = &schema.columns[..] else { unreachable!("there are two columns") };
/// assert_eq!((size.kind, size.n_missing, size.n_distinct), (Kind::Number, 1, 3));
/// assert_eq!(colour.kind, Kind::Category);
/// assert_eq!(colour.levels, ["blue", "green", "red"]);
/// assert!(!colour.reason.is_empty());
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnSchema {
    /// The header.
    pub name: String,
    /// What the column is taken for.
    pub kind: Kind,
    /// For [`Kind::Category`] and [`Kind::Boolean`] the distinct texts in a fixed order; for
    /// [`Kind::Time`] the forms in which the times are written, mostly one; else empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<String>,
    /// How its numbers are written.
    #[serde(default, skip_serializing_if = "Notation::is_plain")]
    pub notation: Notation,
    /// How many cells were missing in the rows the schema was made from.
    pub n_missing: usize,
    /// How many distinct values were seen.
    pub n_distinct: usize,
    /// Why this kind: the evidence in one plain sentence.
    pub reason: String,
    /// What should be known of the column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// What a column is taken for.
///
/// ```
/// use kitae_data::infer::{Hints, infer_schema};
/// use kitae_data::schema::Kind;
/// use kitae_data::synthetic::{Synthetic, make};
///
/// let schema = infer_schema(&make(Synthetic::Mixed, 100, 42), &Hints::default())?;
/// let kind = |name: &str| schema.column(name).map(|column| column.kind);
/// assert_eq!(kind("parcel"), Some(Kind::Identifier));
/// assert_eq!(kind("sent"), Some(Kind::Time));
/// assert_eq!(kind("carrier"), Some(Kind::Category));
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// Quantities: order and distance mean something.
    Number,
    /// One of a set of levels.
    Category,
    /// A category of exactly two levels.
    Boolean,
    /// Dates, times of day or both.
    Time,
    /// Names its row: (almost) every cell is different. Not a feature.
    Identifier,
    /// Free text. Not a feature.
    Text,
    /// The same value in every cell. Not a feature.
    Constant,
    /// Every cell is missing. Not a feature.
    Empty,
    /// Left out because the user said so. Not a feature.
    Dropped,
}

impl Kind {
    /// Whether a network is fed with columns of this kind.
    ///
    /// ```
    /// use kitae_data::schema::Kind;
    ///
    /// assert!(Kind::Time.is_feature());
    /// // A name of the row tells a network nothing about the next one.
    /// assert!(!Kind::Identifier.is_feature());
    /// ```
    pub fn is_feature(self) -> bool {
        matches!(self, Self::Number | Self::Category | Self::Boolean | Self::Time)
    }
}

impl Schema {
    /// The column called `name`.
    ///
    /// ```
    /// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
    /// let (schema, _) = csv::described("size,colour\n1.5,red\n2,blue\n4,red\n")?;
    /// assert_eq!(schema.column("colour").map(|column| column.n_distinct), Some(2));
    /// assert!(schema.column("Colour").is_none());
    /// # Ok::<(), kitae_data::error::DataError>(())
    /// ```
    pub fn column(&self, name: &str) -> Option<&ColumnSchema> {
        self.columns.iter().find(|column| column.name == name)
    }
}
