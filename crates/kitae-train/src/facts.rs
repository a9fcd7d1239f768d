//! What is known of a problem before anything is trained.

use kitae_data::target::Task;

use crate::seal::SplitBy;

/// What a recipe adapts to: facts about the rows that may be trained on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What is predicted.
    pub task: Task,
    /// Rows with a target, sealed ones left out.
    pub n_rows: usize,
    /// Columns that a network is fed with.
    pub n_columns: usize,
    /// Rows of each class; empty for a regression.
    pub class_counts: Vec<usize>,
    /// What splits respect.
    pub by: SplitBy,
}

impl Facts {
    /// Whether there are more columns than rows: each could be learned by heart.
    pub(crate) fn is_wide(&self) -> bool {
        self.n_columns > self.n_rows
    }
}
