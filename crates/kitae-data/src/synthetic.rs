//! Tables made from a formula: any number of rows, the same ones for the same seed.
//!
//! Row `i` depends on the table's name, the seed and `i` alone. So the first thousand rows of a table
//! of a million are the table of a thousand, and a file of any size is written row by row.
//!
//! ```
//! use kitae_data::synthetic::{Synthetic, make, write_csv};
//!
//! let table = make(Synthetic::TwoMoons, 100, 42);
//! assert_eq!((table.n_rows, table.columns.len()), (100, 3));
//!
//! let mut text = Vec::new();
//! write_csv(Synthetic::TwoMoons, 2, 42, &mut text)?;
//! assert!(text.starts_with(b"x,y,moon\n"));
//! # Ok::<(), std::io::Error>(())
//! ```

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::str::FromStr;

use self::formulas::{Cell, fill};
use crate::table::{Cells, Column, MISSING, Table};

mod formulas;

/// The tables that can be made. The discriminant is part of the random stream's name: it never
/// changes, and a new table takes a new number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Synthetic {
    /// Two interleaved half circles with noise of standard deviation 0.2: `x`, `y` → `moon`, two classes.
    ///
    /// Upper (cos t, sin t), lower (1 - cos t, ½ - sin t), t uniform in [0, π]; the formula of
    /// scikit-learn's `make_moons`.
    TwoMoons = 1,
    /// Two interlocking spirals of three turns: `x`, `y` → `spiral`, two classes.
    ///
    /// Radius 6.5 (104 - t) / 104, angle πt / 16 for one, the same mirrored at the origin for the
    /// other (K. J. Lang and M. J. Witbrock 1988, “Learning to tell two spirals apart”). Here t is
    /// uniform in [0, 96] instead of a whole number, and noise of standard deviation 0.1 is added;
    /// the arms are 1 apart.
    Spirals = 2,
    /// Ten features uniform in [0, 1], of which five matter: `x1` … `x10` → `y`, a number.
    ///
    /// 10 sin(π x1 x2) + 20 (x3 - ½)² + 10 x4 + 5 x5 plus noise of standard deviation 1
    /// (J. H. Friedman 1991, “Multivariate adaptive regression splines”). The variance of the part
    /// that can be known is 23.8, so the best R² is 0.96.
    Friedman1 = 3,
    /// One row in fifty is `fraud`: `x1` … `x8` → `label`, two classes.
    ///
    /// All features have variance 1; for `fraud` the first three have the means 1.5, 1 and 0.5, else
    /// 0. So the best ROC AUC is Φ(√3.5 / √2) = 0.907 (D. M. Green and J. A. Swets 1966, *Signal
    /// Detection Theory and Psychophysics*).
    Imbalanced = 4,
    /// Parcels with missing cells, categories, dates and an identifier → `late`, yes or no.
    ///
    /// `parcel` names the row; `sent` is a date and a time in 2022 to 2024; `carrier` has 5 levels,
    /// `region` 40 of very different frequency and no cell in 5 % of the rows; `weight_kg` is
    /// log-normal and missing in 8 %, `distance_km` exponential with mean 300; `express` is yes or no.
    ///
    /// The log odds of `late`, each category taken by its number and the day counted from 2022-01-01:
    ///
    /// ```text
    /// -1.5 + 0.4 (carrier - 2) + 0.6 sin(region) - 1.2 express + 0.004 (distance - 300)
    ///      + 0.5 ln weight + 0.5 (weight is missing) + 0.9 cos(2π (day - 350) / 365)
    /// ```
    ///
    /// The formula is this crate's own.
    Mixed = 5,
}

impl Synthetic {
    /// All tables.
    pub const ALL: [Self; 5] =
        [Self::TwoMoons, Self::Spirals, Self::Friedman1, Self::Imbalanced, Self::Mixed];

    /// The name, as [`Synthetic::from_str`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::TwoMoons => "two_moons",
            Self::Spirals => "spirals",
            Self::Friedman1 => "friedman1",
            Self::Imbalanced => "imbalanced",
            Self::Mixed => "mixed",
        }
    }

    /// The name of the target column, the last one.
    pub fn target(self) -> &'static str {
        match self {
            Self::TwoMoons => "moon",
            Self::Spirals => "spiral",
            Self::Friedman1 => "y",
            Self::Imbalanced => "label",
            Self::Mixed => "late",
        }
    }

    /// The headers in file order, and what the columns hold.
    fn columns(self) -> &'static [(&'static str, Form)] {
        use Form::{Numbers, Texts};
        match self {
            Self::TwoMoons => &[("x", Numbers), ("y", Numbers), ("moon", Texts)],
            Self::Spirals => &[("x", Numbers), ("y", Numbers), ("spiral", Texts)],
            Self::Friedman1 => const { &numbered::<11>("y", Numbers) },
            Self::Imbalanced => const { &numbered::<9>("label", Texts) },
            Self::Mixed => &[
                ("parcel", Texts),
                ("sent", Texts),
                ("carrier", Texts),
                ("region", Texts),
                ("weight_kg", Numbers),
                ("distance_km", Numbers),
                ("express", Texts),
                ("late", Texts),
            ],
        }
    }
}

/// A name that belongs to no table.
///
/// ```
/// use kitae_data::synthetic::{Synthetic, UnknownSynthetic};
///
/// let error = "three_moons".parse::<Synthetic>().expect_err("there are two");
/// assert_eq!(error, UnknownSynthetic("three_moons".to_owned()));
/// assert!(error.to_string().contains("there are two_moons, spirals"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no synthetic table is called `{0}`; there are two_moons, spirals, friedman1, imbalanced and mixed")]
pub struct UnknownSynthetic(pub String);

impl FromStr for Synthetic {
    type Err = UnknownSynthetic;

    /// # Errors
    ///
    /// If no table has this name.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|table| table.name() == name);
        found.ok_or_else(|| UnknownSynthetic(name.to_owned()))
    }
}

/// The table `name` with `n_rows` rows, in memory, as it would be read from the file that
/// [`write_csv`] writes. Numbers have four decimals at most.
pub fn make(name: Synthetic, n_rows: usize, seed: u64) -> Table {
    let mut builders: Vec<ColumnBuilder> =
        name.columns().iter().map(|(_, form)| ColumnBuilder::new(*form)).collect();
    let mut cells = Vec::new();
    for row_idx in 0..n_rows {
        fill(name, row_idx as u64, seed, &mut cells);
        for (builder, cell) in builders.iter_mut().zip(&cells) {
            builder.push(cell);
        }
    }
    let columns = name.columns().iter().zip(builders);
    let columns =
        columns.map(|((header, _), builder)| Column { name: (*header).to_owned(), cells: builder.finish() });
    Table { columns: columns.collect(), n_rows }
}

/// Writes the table `name` with `n_rows` rows as comma-separated text with a header line. A missing
/// cell is empty. Memory does not grow with the rows.
///
/// # Errors
///
/// If `out` cannot be written.
pub fn write_csv(name: Synthetic, n_rows: u64, seed: u64, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    let headers: Vec<&str> = name.columns().iter().map(|(header, _)| *header).collect();
    writeln!(out, "{}", headers.join(","))?;
    let mut cells = Vec::new();
    for row_idx in 0..n_rows {
        fill(name, row_idx, seed, &mut cells);
        for (i, cell) in cells.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            match cell {
                Cell::Missing => write!(out, "{comma}")?,
                Cell::Number(value) => write!(out, "{comma}{value}")?,
                Cell::Word(text) => write!(out, "{comma}{text}")?,
                Cell::Text(text) => write!(out, "{comma}{text}")?,
            }
        }
        writeln!(out)?;
    }
    out.flush()
}

/// What the cells of a column are.
#[derive(Clone, Copy)]
enum Form {
    Numbers,
    Texts,
}

/// The number columns `x1`, `x2` and so on, and the target after them; `N` columns in all.
const fn numbered<const N: usize>(target: &'static str, form: Form) -> [(&'static str, Form); N] {
    const NAMES: [&str; 10] = ["x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10"];
    let mut columns = [(target, form); N];
    let mut i = 0;
    while i + 1 < N {
        columns[i] = (NAMES[i], Form::Numbers);
        i += 1;
    }
    columns
}

/// The cells of a column while rows arrive.
enum ColumnBuilder {
    Numbers(Vec<f64>),
    /// Codes in the order of first appearance, from 1.
    Texts {
        codes: Vec<u32>,
        code_of: BTreeMap<String, u32>,
    },
}

impl ColumnBuilder {
    fn new(form: Form) -> Self {
        match form {
            Form::Numbers => Self::Numbers(Vec::new()),
            Form::Texts => Self::Texts { codes: Vec::new(), code_of: BTreeMap::new() },
        }
    }

    fn push(&mut self, cell: &Cell) {
        match self {
            Self::Numbers(values) => {
                values.push(if let Cell::Number(value) = cell { *value } else { f64::NAN });
            }
            Self::Texts { codes, code_of } => codes.push(match cell {
                Cell::Word(text) => code(code_of, text),
                Cell::Text(text) => code(code_of, text),
                Cell::Missing | Cell::Number(_) => MISSING,
            }),
        }
    }

    /// The cells, with the levels sorted as a reader sorts them.
    fn finish(self) -> Cells {
        match self {
            Self::Numbers(values) => Cells::Numbers(values),
            Self::Texts { mut codes, code_of } => {
                let mut sorted_code = vec![MISSING; code_of.len() + 1];
                for (position, old) in code_of.values().enumerate() {
                    sorted_code[*old as usize] = position as u32 + 1;
                }
                for code in &mut codes {
                    *code = sorted_code[*code as usize];
                }
                Cells::Levels { codes, levels: code_of.into_keys().collect() }
            }
        }
    }
}

/// The code of `text`, a new one if it has none.
fn code(code_of: &mut BTreeMap<String, u32>, text: &str) -> u32 {
    if let Some(code) = code_of.get(text) {
        return *code;
    }
    let code = code_of.len() as u32 + 1;
    code_of.insert(text.to_owned(), code);
    code
}

#[cfg(test)]
mod tests;
