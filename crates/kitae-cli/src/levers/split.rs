//! Which rows train, choose the epoch, and score.

use clap::Args;

use super::overlay::Overlay;
use super::words::whole;

#[derive(Debug, Args)]
#[command(next_help_heading = "Split")]
pub(super) struct SplitArgs {
    /// Folds; each row is scored by networks that never saw it.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    folds: Option<u32>,
    /// How often the rows are dealt into folds anew.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    repeats: Option<u32>,
    /// Score on this share of the rows, once, instead of folds.
    #[arg(long, value_name = "SHARE", conflicts_with_all = ["folds", "repeats"])]
    hold_out: Option<f64>,
    /// Rows with the same cell in this column stay together; it is no feature.
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["by_time", "random_split"])]
    by_group: Option<String>,
    /// Train on earlier rows and score on later ones, by this column.
    #[arg(long, value_name = "COLUMN", conflicts_with = "random_split")]
    by_time: Option<String>,
    /// Split without regard to the target.
    #[arg(long)]
    random_split: bool,
    /// Share of a fold's training rows that only choose the epoch.
    #[arg(long, value_name = "SHARE")]
    stop_share: Option<f64>,
}

impl SplitArgs {
    pub(super) fn write(&self, overlay: &mut Overlay) {
        if self.folds.is_some() {
            overlay.set("split.scheme.kind", "k_fold");
        }
        overlay.set_some("split.scheme.n_folds", self.folds);
        overlay.set_some("split.scheme.n_repeats", self.repeats);
        if let Some(share) = self.hold_out {
            overlay.set("split.scheme.kind", "hold_out");
            overlay.set("split.scheme.score_share", share);
        }
        for (kind, column) in [("group", &self.by_group), ("time", &self.by_time)] {
            if let Some(column) = column {
                overlay.set("split.by.kind", kind);
                overlay.set("split.by.column", column.as_str());
            }
        }
        if self.random_split {
            overlay.set("split.by.kind", "random");
        }
        overlay.set_some("split.stop_share", self.stop_share);
    }
}
