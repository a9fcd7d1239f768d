//! Columns that say the same as another.
//!
//! Columns are told apart by what all twins share: a hash of the cells, a hash of which rows have the same
//! cell, and the rows of the least and the greatest number. Only those of one such key are compared cell by
//! cell, so the time grows with the number of columns and not with that of their pairs.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;

use super::leak::FEWEST_ROWS;
use crate::finding::{Cure, Finding, Setting, Severity, What};
use crate::hash::mix;
use crate::schema::{ColumnSchema, Schema};
use crate::table::{Cells, MISSING, Table};

/// Numbers with fewer distinct values lie on a straight line by chance.
const FEWEST_ON_A_LINE: usize = 10;
/// How far a number may lie beside the line, as a part of its range: both columns are rounded.
const BESIDE: f64 = 1e-3;
/// Columns of one key are compared with so many others of it; only columns that are no twins can be so many.
const MOST_COMPARED: usize = 8;
/// The names that a message lists.
const MOST_NAMED: usize = 3;

/// How a column says the same as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Sameness {
    /// The same cells.
    Equal,
    /// Each value of one goes with one value of the other, and values repeat often enough that this is no
    /// chance.
    Recoded,
    /// The same quantity in another unit.
    Line,
}

const SAMENESSES: [Sameness; 3] = [Sameness::Equal, Sameness::Recoded, Sameness::Line];

/// A column and what its twins share with it.
struct Candidate<'a> {
    name: &'a str,
    cells: &'a Cells,
    /// For each of [`SAMENESSES`], if the column can have such twins.
    keys: [Option<u64>; 3],
}

/// Groups of columns that are copies of each other, or the same in other words or units. What says the same
/// as the column `target` gives it away.
pub(super) fn find(table: &Table, schema: &Schema, target: Option<&str>) -> Vec<Finding> {
    let mut n_alike: HashMap<(usize, usize), usize> = HashMap::new();
    let counts = |column: &ColumnSchema| (column.n_distinct, column.n_missing);
    for column in &schema.columns {
        *n_alike.entry(counts(column)).or_default() += 1;
    }
    let columns = table.columns_named(schema.columns.iter().map(|column| column.name.as_str()));
    let pairs = schema.columns.iter().zip(columns);
    let is_used = |column: &ColumnSchema| column.kind.is_feature() || target == Some(column.name.as_str());
    let compared: Vec<_> = pairs
        .filter(|(described, _)| is_used(described))
        .filter(|(described, _)| described.n_distinct > 1 && n_alike[&counts(described)] > 1)
        .filter_map(|(described, column)| Some((described, &column?.cells)))
        .collect();
    let candidates: Vec<Candidate> =
        compared.into_par_iter().map(|(described, cells)| Candidate::new(described, cells)).collect();
    groups(&candidates).into_iter().flat_map(|group| findings(group, target, table.n_rows)).collect()
}

impl<'a> Candidate<'a> {
    fn new(described: &'a ColumnSchema, cells: &'a Cells) -> Self {
        let (n_distinct, n_missing) = (described.n_distinct, described.n_missing);
        let key = |likeness, hash: Option<u64>| {
            hash.map(|hash| {
                let mut hasher = DefaultHasher::new();
                (likeness, n_distinct, n_missing, hash).hash(&mut hasher);
                hasher.finish()
            })
        };
        let may_be_recoded = n_distinct * 2 <= cells.len().saturating_sub(n_missing);
        let recoded = may_be_recoded.then(|| pattern_hash(cells));
        let line = (n_distinct >= FEWEST_ON_A_LINE).then(|| ends(cells)).flatten();
        let line = line.map(|(low, high)| (low.min(high) as u64) << 32 | low.max(high) as u64);
        let keys = [
            key(Sameness::Equal, Some(cells_hash(cells))),
            key(Sameness::Recoded, recoded),
            key(Sameness::Line, line),
        ];
        Self { name: &described.name, cells, keys }
    }

    fn is_like(&self, other: &Self, likeness: Sameness) -> bool {
        match likeness {
            Sameness::Equal => are_equal(self.cells, other.cells),
            Sameness::Recoded => are_recoded(self.cells, other.cells),
            Sameness::Line => are_on_a_line(self.cells, other.cells),
        }
    }
}

/// A column, how others are like it, and their names.
type Group<'a> = ((&'a str, Sameness), Vec<&'a str>);

/// Each column that is like one before it, with the first that it is like.
fn groups<'a>(candidates: &[Candidate<'a>]) -> Vec<Group<'a>> {
    let mut firsts: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut group_of = HashMap::new();
    for (position, candidate) in candidates.iter().enumerate() {
        let found = SAMENESSES.iter().zip(candidate.keys).find_map(|(&likeness, key)| {
            let others = firsts.get(&key?)?.iter().take(MOST_COMPARED);
            let first = others.copied().find(|first| candidates[*first].is_like(candidate, likeness))?;
            Some((candidates[first].name, likeness))
        });
        let Some(found) = found else {
            for key in candidate.keys.into_iter().flatten() {
                firsts.entry(key).or_default().push(position);
            }
            continue;
        };
        let at = *group_of.entry(found).or_insert_with(|| {
            groups.push((found, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(candidate.name);
    }
    groups
}

/// One for each pair, or for all twins of a column if they are many.
fn findings(((first, likeness), mut names): Group, target: Option<&str>, n_rows: usize) -> Vec<Finding> {
    let how = match likeness {
        Sameness::Equal => ["is a copy of", "are copies of"],
        Sameness::Recoded => ["is a recoding of", "are recodings of"],
        Sameness::Line => ["is a linear function of", "are linear functions of"],
    };
    if let Some(target) = target.filter(|target| first == *target || names.contains(target)) {
        names.push(first);
        names.retain(|name| *name != target);
        // A handful of rows agree by chance.
        let leak = |name: &str| {
            let message = format!(
                "`{name}` {} the target `{target}`; if it is known only after that, leave it out",
                how[0]
            );
            Finding::new(What::Leak, Severity::Warning, message)
                .of(name)
                .cured_by(Cure::with(Setting::Drop, name))
        };
        return if n_rows < FEWEST_ROWS { Vec::new() } else { names.into_iter().map(leak).collect() };
    }
    let finding = |who: &str, how: &str| {
        let message = format!("{who} {how} `{first}`: one of them is enough");
        Finding::new(What::Twins, Severity::Note, message).of(first)
    };
    if names.len() > MOST_NAMED {
        let shown: Vec<String> = names.iter().take(MOST_NAMED).map(|name| format!("`{name}`")).collect();
        let who = format!("{} and {} more", shown.join(", "), names.len() - MOST_NAMED);
        return vec![names.iter().fold(finding(&who, how[1]), |finding, name| finding.of(name))];
    }
    let pair = |name: &&str| {
        finding(&format!("`{name}`"), how[0]).of(name).cured_by(Cure::with(Setting::Drop, *name))
    };
    names.iter().map(pair).collect()
}

/// Equal for equal cells.
fn cells_hash(cells: &Cells) -> u64 {
    let mut hasher = DefaultHasher::new();
    if let Cells::Levels { levels, .. } = cells {
        levels.hash(&mut hasher);
    }
    (0..cells.len()).fold(hasher.finish(), |hash, row| and(hash, value(cells, row).unwrap_or(u64::MAX)))
}

/// Equal for cells that agree in which rows have the same value: values are numbered as they come.
fn pattern_hash(cells: &Cells) -> u64 {
    let mut number_of = HashMap::new();
    (0..cells.len()).fold(0, |hash, row| {
        let next = number_of.len() as u64;
        and(hash, *number_of.entry(value(cells, row)).or_insert(next))
    })
}

fn and(hash: u64, word: u64) -> u64 {
    mix(hash.rotate_left(29) ^ mix(word))
}

/// The first rows with the least and the greatest number.
fn ends(cells: &Cells) -> Option<(usize, usize)> {
    let Cells::Numbers(values) = cells else { return None };
    let mut ends: Option<(usize, usize)> = None;
    for (row, value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        let (low, high) = ends.unwrap_or((row, row));
        ends = Some((
            if *value < values[low] { row } else { low },
            if *value > values[high] { row } else { high },
        ));
    }
    ends
}

fn are_equal(a: &Cells, b: &Cells) -> bool {
    match (a, b) {
        (Cells::Numbers(a), Cells::Numbers(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
        }
        (a, b) => a == b,
    }
}

fn are_recoded(a: &Cells, b: &Cells) -> bool {
    let n_rows = a.len().min(b.len());
    let (mut b_of, mut a_of) = (HashMap::new(), HashMap::new());
    (0..n_rows).all(|row| {
        let (a, b) = (value(a, row), value(b, row));
        *b_of.entry(a).or_insert(b) == b && *a_of.entry(b).or_insert(a) == a
    })
}

/// Whether the numbers of `b` are those of `a` on another scale, but for the digits that were cut off.
fn are_on_a_line(a: &Cells, b: &Cells) -> bool {
    let (Cells::Numbers(a), Cells::Numbers(b), Some((low, high))) = (a, b, ends(a)) else { return false };
    let (start, from, to) = (a[low], b[low], b[high]);
    let slope = (to - from) / (a[high] - start);
    let beside = BESIDE * (to - from).abs();
    let fits = |(a, b): (&f64, &f64)| match (a.is_nan(), b.is_nan()) {
        (false, false) => (from + slope * (a - start) - b).abs() <= beside,
        (a, b) => a == b,
    };
    slope.is_normal() && a.iter().zip(b).all(fits)
}

/// The cell as a number that is equal for equal cells; `None` if it is missing.
fn value(cells: &Cells, row: usize) -> Option<u64> {
    match cells {
        Cells::Numbers(values) => (!values[row].is_nan()).then(|| (values[row] + 0.0).to_bits()),
        Cells::Levels { codes, .. } => (codes[row] != MISSING).then(|| u64::from(codes[row])),
    }
}
