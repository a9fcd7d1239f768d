//! Which rows play which role in each lane: training, validation or held-out.

use kitae_data::alike::Likeness;
use kitae_data::split::{self, HoldSize, Parts, RepeatConfig, SplitError, Strata};
use kitae_data::table::{Cells, Table};
use kitae_data::target::Target;
pub use kitae_infer::LanePlace;

use crate::error::{ProblemError, TrainError};
use crate::problem::Problem;
use crate::recipe::{Recipe, Scheme, SplitRecipe};
use crate::seal::{SplitBy, column_of_split, times};

/// The rows of one lane; no row has two roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Rows that give gradients and fit the preprocessing.
    pub train: Vec<u32>,
    /// Rows that choose the epoch.
    pub validation: Vec<u32>,
    /// Rows that no decision sees.
    pub held_out: Vec<u32>,
}

/// The lanes of a run over `rows`, in the order repeat, fold, member.
///
/// # Errors
///
/// If the rows are too few, or the column that splits them is missing or has missing cells.
pub fn assign_roles(
    recipe: &Recipe,
    problem: &Problem,
    rows: &[u32],
) -> Result<Vec<(LanePlace, Roles)>, TrainError> {
    let column = |name: &str| column_of_split(&problem.table, name);
    let (groups, times) = match &problem.seal.by {
        SplitBy::Target | SplitBy::Random => (Vec::new(), Vec::new()),
        SplitBy::Group { column: name } => (groups(&column(name)?.cells), Vec::new()),
        SplitBy::Time { column: name } => (Vec::new(), times(column(name)?, rows)?),
    };
    let by_row = strata(problem, &groups, &times);
    let (strata, of_validation) = match (&problem.units, &by_row) {
        (None, _) | (_, Strata::Groups(_) | Strata::Time(_)) => (by_row, by_row),
        (Some(units), _) => {
            let together = Strata::Together { units, strata: &by_row };
            (together, if are_few_copies(problem, units, rows) { by_row } else { together })
        }
    };
    let mut lanes = Vec::new();
    let parts = holdout_parts(&recipe.split, &strata, rows, recipe.seed)
        .map_err(|error| explained(error, &strata, rows, None))?;
    for (repeat, fold, (pool, held_out)) in parts {
        let seed = inner_seed(recipe.seed, repeat, fold);
        let (train, validation) =
            split::hold_out(&pool, &of_validation, HoldSize::Share(recipe.split.validation_share), seed)
                .map_err(|error| explained(error, &strata, &pool, Some(fold)))?;
        for member in 0..recipe.training.members {
            let roles =
                Roles { train: train.clone(), validation: validation.clone(), held_out: held_out.clone() };
            lanes.push((LanePlace { repeat, fold, member }, roles));
        }
    }
    Ok(lanes)
}

/// Where fewer rows are copies, some of the rows to come will be as well: validation rows are drawn one by
/// one, so that the epoch suits those too. No held-out row has a copy among the training or validation rows.
const FEW_COPIES: f64 = 0.25;

fn are_few_copies(problem: &Problem, units: &[u32], rows: &[u32]) -> bool {
    if !matches!(problem.seal.likeness, Some(Likeness::Together { .. })) {
        return false;
    }
    let mut distinct: Vec<u32> = rows.iter().map(|row| units[*row as usize]).collect();
    distinct.sort_unstable();
    distinct.dedup();
    (rows.len() - distinct.len()) as f64 <= FEW_COPIES * rows.len() as f64
}

type DealtFold = (usize, usize, Parts);

/// (repeat, fold, (rows to learn from, held-out rows)).
fn holdout_parts(
    recipe: &SplitRecipe,
    strata: &Strata,
    rows: &[u32],
    seed: u64,
) -> Result<Vec<DealtFold>, SplitError> {
    match recipe.scheme {
        Scheme::HoldOut { held_out_share } => {
            Ok(vec![(0, 0, split::hold_out(rows, strata, HoldSize::Share(held_out_share), seed)?)])
        }
        Scheme::KFold { n_folds, n_repeats } => match strata {
            Strata::Time(_) if n_repeats > 1 => Err(SplitError::RepeatedTime { n_repeats }),
            Strata::Time(times) => {
                let parts = split::forward_chain(rows, times, n_folds)?;
                Ok(parts.into_iter().enumerate().map(|(fold, part)| (0, fold, part)).collect())
            }
            _ => {
                let config = RepeatConfig { n_folds, n_repeats, seed };
                Ok(dealt_folds(rows, split::repeated_k_fold(rows, strata, &config)?))
            }
        },
    }
}

fn dealt_folds(rows: &[u32], repeats: Vec<Vec<Vec<u32>>>) -> Vec<DealtFold> {
    let mut parts = Vec::new();
    for (repeat, folds) in repeats.into_iter().enumerate() {
        for (fold, score) in folds.into_iter().enumerate() {
            parts.push((repeat, fold, (split::without(rows, &score), score)));
        }
    }
    parts
}

/// Of which rows it is said that they are too alike to be split, and what helps: all rows to be split, or
/// without its held-out rows those of `fold`.
fn explained(error: SplitError, strata: &Strata, rows: &[u32], fold: Option<usize>) -> TrainError {
    let n_rows = rows.len();
    let message = match (error, strata, fold) {
        (SplitError::OneTime, _, None) => {
            format!("all {n_rows} rows to be split have the same time, so none come before the others")
        }
        (SplitError::OneTime, _, Some(fold)) => format!(
            "fold {} trains on the {n_rows} earliest rows, which all have the same time, so none of them can come last \
             and choose the epoch; ask for fewer folds (`split.scheme.n_folds = 2`), or split by finer times",
            fold + 1
        ),
        (SplitError::TooFewGroups { n_groups, .. }, Strata::Groups(groups), Some(fold)) => format!(
            "fold {} trains on {n_rows} rows of {n_groups} group, so no other group is left to choose the epoch; three \
             groups in three folds are the fewest{}",
            fold + 1,
            sealed_groups(groups, rows)
        ),
        (SplitError::TooFewGroups { n_parts, n_groups }, Strata::Groups(groups), None) => {
            let fewer = if n_groups > 2 {
                format!("; ask for fewer folds (`split.scheme.n_folds = {n_groups}`)")
            } else {
                String::new()
            };
            format!(
                "{n_parts} parts need at least as many groups, but the {n_rows} rows to be split hold {n_groups}{fewer}{}",
                sealed_groups(groups, rows)
            )
        }
        (error, ..) => return error.into(),
    };
    ProblemError(message).into()
}

/// Where the other groups of the table are, if there are others.
fn sealed_groups(groups: &[u32], rows: &[u32]) -> String {
    let distinct = |mut groups: Vec<u32>| {
        groups.sort_unstable();
        groups.dedup();
        groups.len()
    };
    let n_all = distinct(groups.to_vec());
    let n_others = n_all - distinct(rows.iter().map(|row| groups[*row as usize]).collect());
    match n_others {
        0 => String::new(),
        n => format!(
            "; {n} of the table's {n_all} groups are not among these rows: `question.test_size = 0` seals none"
        ),
    }
}

/// Seeds for splits within splits: distinct for each (repeat, fold).
fn inner_seed(seed: u64, repeat: usize, fold: usize) -> u64 {
    use kitae_random::{Purpose, Stream};
    Stream::new(seed, Purpose::Split, [repeat as u64, fold as u64, 1]).next_u64()
}

/// What a split respects; groups and times are those of the rows, if it is by them.
fn strata<'a>(problem: &'a Problem, groups: &'a [u32], times: &'a [f64]) -> Strata<'a> {
    match (&problem.seal.by, &problem.target) {
        (SplitBy::Target, Target::Classes { codes, .. }) => Strata::Classes(codes),
        (SplitBy::Target, Target::Values(values)) => Strata::Values(values),
        (SplitBy::Random, _) => Strata::None,
        (SplitBy::Group { .. }, _) => Strata::Groups(groups),
        (SplitBy::Time { .. }, _) => Strata::Time(times),
    }
}

/// The group of each row of `table`, if rows are split by groups and the table has their column.
pub fn row_groups(by: &SplitBy, table: &Table) -> Option<Vec<u32>> {
    match by {
        SplitBy::Group { column } => table.column(column).map(|column| groups(&column.cells)),
        _ => None,
    }
}

/// Group numbers; rows whose group is missing form one group.
pub(crate) fn groups(cells: &Cells) -> Vec<u32> {
    match cells {
        Cells::Levels { codes, .. } => codes.clone(),
        Cells::Numbers(values) => {
            let mut distinct: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
            distinct.sort_unstable();
            distinct.dedup();
            let number = |value: &f64| distinct.partition_point(|bits| *bits < value.to_bits()) as u32;
            values.iter().map(number).collect()
        }
    }
}
