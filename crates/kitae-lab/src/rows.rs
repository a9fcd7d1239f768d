//! Rows of folds, as experiments lay them out.

use kitae_train::Recipe;
use kitae_train::roles::{LanePlace, Roles};

/// The lanes of each fold.
pub(crate) fn members(recipe: &Recipe, folds: &[(LanePlace, Roles)]) -> Vec<(LanePlace, Roles)> {
    let of_fold = |(place, roles): &(LanePlace, Roles)| -> Vec<(LanePlace, Roles)> {
        (0..recipe.training.members).map(|member| (LanePlace { member, ..*place }, roles.clone())).collect()
    };
    folds.iter().flat_map(of_fold).collect()
}

/// All rows of both, ascending.
pub(crate) fn join(rows: Vec<u32>, more: Vec<u32>) -> Vec<u32> {
    sorted([rows, more].concat())
}

/// Ascending.
pub(crate) fn sorted(mut rows: Vec<u32>) -> Vec<u32> {
    rows.sort_unstable();
    rows
}
