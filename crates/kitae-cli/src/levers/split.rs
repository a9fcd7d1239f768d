//! Which rows train, choose the epoch, and score.

use clap::Args;

use super::overrides::Overrides;
use super::words::whole;

#[derive(Debug, Args)]
#[command(next_help_heading = "Split")]
pub(super) struct SplitArgs {
    /// Folds of the cross-validation; each row is predicted by networks that never saw it.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    folds: Option<u32>,
    /// Repeats of the cross-validation, each with new folds.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    repeats: Option<u32>,
    /// Hold out this share of the rows once, instead of cross-validation.
    #[arg(long, value_name = "SHARE", conflicts_with_all = ["folds", "repeats"])]
    hold_out: Option<f64>,
    /// Grouped split: rows with the same cell in this column stay together; it is no feature.
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["by_time", "random_split"])]
    by_group: Option<String>,
    /// Split by time: train on earlier rows and score on later ones, by this column.
    #[arg(long, value_name = "COLUMN", conflicts_with = "random_split")]
    by_time: Option<String>,
    /// Random split, not stratified by the target.
    #[arg(long)]
    random_split: bool,
    /// Share of a fold's other rows that are validation rows, which choose the epoch.
    #[arg(long, value_name = "SHARE")]
    validation_share: Option<f64>,
}

impl SplitArgs {
    pub(super) fn write(&self, overrides: &mut Overrides) {
        if self.folds.is_some() {
            overrides.set("split.scheme.kind", "k_fold");
        }
        overrides.set_some("split.scheme.n_folds", self.folds);
        overrides.set_some("split.scheme.n_repeats", self.repeats);
        if let Some(share) = self.hold_out {
            overrides.set("split.scheme.kind", "hold_out");
            overrides.set("split.scheme.held_out_share", share);
        }
        for (kind, column) in [("group", &self.by_group), ("time", &self.by_time)] {
            if let Some(column) = column {
                overrides.set("split.by.kind", kind);
                overrides.set("split.by.column", column.as_str());
            }
        }
        if self.random_split {
            overrides.set("split.by.kind", "random");
        }
        overrides.set_some("split.validation_share", self.validation_share);
    }
}
