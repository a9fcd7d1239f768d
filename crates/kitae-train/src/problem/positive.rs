//! Of two classes the one that f1, average precision and the like are about.

use kitae_data::target::Target;
pub use kitae_infer::positive;

use crate::error::{ProblemError, TrainError};
use crate::problem::Problem;

impl Problem {
    /// The same with the positive class that was asked for, if one was.
    ///
    /// # Errors
    ///
    /// If there are not two classes, or none of that name.
    pub fn with_positive(mut self, class: Option<&str>) -> Result<Self, TrainError> {
        let is_other = |class| is_other_class(class, self.class_names(), &self.target_column);
        if class.map(is_other).transpose()?.unwrap_or(false) {
            exchange(&mut self.target);
            self.facts.class_counts.reverse();
        }
        Ok(self)
    }

    /// Of two classes the one that f1, average precision and the like are about: the rarer one of the open
    /// rows (of equals the later by name), or [the one chosen](Problem::with_positive). It is always the
    /// second, so nothing depends on what classes are called.
    pub fn positive(&self) -> Option<&str> {
        positive(self.class_names())
    }
}

/// Whether `class` is the other of two classes, which is positive from now on.
///
/// ```
/// use kitae_train::problem::is_other_class;
///
/// let names = ["ok".to_owned(), "fraud".to_owned()];
/// assert_eq!(is_other_class("ok", &names, "outcome").ok(), Some(true));
/// assert_eq!(is_other_class("fraud", &names, "outcome").ok(), Some(false));
/// assert!(is_other_class("sham", &names, "outcome").is_err());
/// ```
///
/// # Errors
///
/// If there are not two classes, or none of that name.
pub fn is_other_class(class: &str, class_names: &[String], target: &str) -> Result<bool, ProblemError> {
    match class_names {
        [other, _] if other == class => Ok(true),
        [_, positive] if positive == class => Ok(false),
        [first, second] => Err(ProblemError(format!(
            "the target `{target}` has no class `{class}`; its classes are `{first}` and `{second}`"
        ))),
        [] => Err(ProblemError(format!(
            "a positive class is for a target of two classes, and `{target}` is a number"
        ))),
        names => Err(ProblemError(format!(
            "a positive class is for a target of two classes, and `{target}` has {}: f1 and the like are the mean over \
             all of them",
            names.len()
        ))),
    }
}

/// Makes the rarer of two classes the second; of equals the later by name stays it.
pub(super) fn rarer_second(target: &mut Target, counts: &[usize]) {
    if matches!(counts, [first, second] if first < second) {
        exchange(target);
    }
}

/// Makes the first of two classes the second.
fn exchange(target: &mut Target) {
    if let Target::Classes { codes, names } = target {
        names.reverse();
        codes.iter_mut().filter(|code| **code < 2).for_each(|code| *code = 1 - *code);
    }
}
