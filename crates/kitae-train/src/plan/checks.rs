//! What a problem and a recipe must agree on before anything is trained.

use kitae_data::preprocess::TargetScaleError;
use kitae_data::target::Target;

use crate::error::{ProblemError, TrainError};
use crate::objective::Objective;
use crate::problem::Problem;
use crate::recipe::Recipe;

/// The most classes: with twenty rows each, the linear model beside the networks takes minutes, and longer by
/// their square.
const MOST_CLASSES: usize = 1_000;

/// What numbers its rows, or is a quantity, looks like classes without end.
pub(super) fn check_classes(problem: &Problem) -> Result<(), TrainError> {
    let n_classes = problem.class_names().len();
    if n_classes <= MOST_CLASSES {
        return Ok(());
    }
    Err(ProblemError(format!(
        "the target column `{}` has {n_classes} classes in {} rows, and networks are trained for {MOST_CLASSES} at most: \
         if it is a quantity, say `question.task = \"regression\"`; if it numbers or names the rows, there is nothing to learn; else \
         join the rare classes",
        problem.target_column,
        problem.table.n_rows
    ))
    .into())
}

/// A rate cannot predict less than nothing.
pub(super) fn check_target(problem: &Problem, recipe: &Recipe) -> Result<(), TrainError> {
    let Target::Values(values) = &problem.target else { return Ok(()) };
    let negative = problem.open_rows.iter().find(|row| values[**row as usize] < 0.0);
    match negative.filter(|_| recipe.objective == Objective::Poisson) {
        None => Ok(()),
        Some(row) => Err(ProblemError(format!(
            "the objective `poisson` needs counts of zero or more, but row {} of column `{}` is {}; use \
             `mean_squared`",
            problem.row_numbers[*row as usize] + 1,
            problem.target_column,
            values[*row as usize]
        ))
        .into()),
    }
}

/// All open rows are learnt from or scored, each in some fold.
pub(super) fn check_target_scale(problem: &Problem, recipe: &Recipe) -> Result<(), TrainError> {
    let Target::Values(values) = &problem.target else { return Ok(()) };
    let open = problem.open_rows.iter().map(|row| (*row, values[*row as usize]));
    // What takes the least value takes all.
    let least = open.min_by(|(_, one), (_, other)| one.total_cmp(other));
    match (recipe.target_scale, least) {
        (transform, Some((row, value))) if !transform.takes(value) => {
            Err(TargetScaleError::NoLogarithm { transform, row, value }.into())
        }
        _ => Ok(()),
    }
}
