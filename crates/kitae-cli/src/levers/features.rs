//! How cells become numbers.

use clap::Args;

use super::overrides::Overrides;
use super::words::{one_of, whole};

const TRANSFORMS: &[&str] = &["robust_smooth_clip", "standardise", "quantile_normal", "none"];

#[derive(Debug, Args)]
#[command(next_help_heading = "Features")]
pub(super) struct FeatureArgs {
    /// Transform of numeric columns.
    #[arg(long, value_name = "NAME", value_parser = one_of(TRANSFORMS))]
    numeric_transform: Option<String>,
    /// Add an indicator feature for missing numbers, besides imputing the median.
    #[arg(long, conflicts_with = "no_missing_indicator")]
    missing_indicator: bool,
    /// Only impute the median.
    #[arg(long)]
    no_missing_indicator: bool,
    /// Categories with more levels than this get an embedding, others are one-hot encoded.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    one_hot_max_levels: Option<u32>,
    /// A level with an embedding needs this many training rows; rarer ones count as unseen.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    min_level_rows: Option<u32>,
    /// How levels that were unseen in training are treated.
    #[arg(long, value_name = "RULE", value_parser = one_of(&["as_missing", "refuse"]))]
    unseen: Option<String>,
}

impl FeatureArgs {
    pub(super) fn write(&self, overrides: &mut Overrides) {
        overrides.set_some("preprocess.numeric", self.numeric_transform.clone());
        if self.missing_indicator {
            overrides.set("preprocess.missing_numbers", "median_and_indicator");
        }
        if self.no_missing_indicator {
            overrides.set("preprocess.missing_numbers", "median");
        }
        overrides.set_some("preprocess.one_hot_max_levels", self.one_hot_max_levels);
        overrides.set_some("preprocess.min_level_rows", self.min_level_rows);
        overrides.set_some("preprocess.unseen", self.unseen.clone());
    }
}
