//! What differs between a classification and a regression.

use super::Target;

/// What differs between a classification and a regression, such as the targets of some rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ByTask<C, V> {
    /// Of a classification: of targets, class codes from 0.
    Classes(C),
    /// Of a regression: of targets, numbers.
    Values(V),
}

/// The targets of some rows; values are in the units of the table.
pub type Targets = ByTask<Vec<u32>, Vec<f64>>;

impl<C, V> ByTask<C, V> {
    /// The same of both, each made into something else.
    pub fn map<D, W>(self, classes: impl FnOnce(C) -> D, values: impl FnOnce(V) -> W) -> ByTask<D, W> {
        match self {
            Self::Classes(these) => ByTask::Classes(classes(these)),
            Self::Values(these) => ByTask::Values(values(these)),
        }
    }

    /// What is borrowed from it.
    pub fn as_ref(&self) -> ByTask<&C, &V> {
        match self {
            Self::Classes(classes) => ByTask::Classes(classes),
            Self::Values(values) => ByTask::Values(values),
        }
    }
}

impl<C: Copy, V: Copy> ByTask<Vec<C>, Vec<V>> {
    /// Those of `rows`, by position.
    #[must_use]
    pub fn select(&self, rows: impl IntoIterator<Item = usize>) -> Self {
        match self {
            Self::Classes(classes) => Self::Classes(rows.into_iter().map(|row| classes[row]).collect()),
            Self::Values(values) => Self::Values(rows.into_iter().map(|row| values[row]).collect()),
        }
    }

    /// Adds rows of the same task behind these; others are left out.
    pub fn extend(&mut self, more: &Self) {
        match (self, more) {
            (Self::Classes(classes), Self::Classes(more)) => classes.extend(more),
            (Self::Values(values), Self::Values(more)) => values.extend(more),
            _ => {}
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes(classes) => classes.len(),
            Self::Values(values) => values.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Targets {
    /// The target of `rows`.
    pub fn of(target: &Target, rows: &[u32]) -> Self {
        let rows = rows.iter().map(|row| *row as usize);
        match target {
            Target::Classes { codes, .. } => Self::Classes(rows.map(|row| codes[row]).collect()),
            Target::Values(values) => Self::Values(rows.map(|row| values[row]).collect()),
        }
    }
}
