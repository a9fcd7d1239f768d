//! How cells become numbers.

use clap::Args;
use kitae_data::preprocess::{NumericTransform, UnseenLevels};
use serde::Serialize;

use super::words::{whole, word};

#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Features")]
pub(super) struct FeatureArgs {
    /// Transform of numeric columns.
    #[arg(long, value_name = "NAME", value_parser = word::<NumericTransform>())]
    #[serde(rename = "numeric")]
    numeric_transform: Option<NumericTransform>,
    /// Add an indicator feature for missing numbers, besides imputing the median.
    #[arg(
        long,
        num_args = 0,
        default_missing_value = "median_and_indicator",
        conflicts_with = "no_missing_indicator"
    )]
    #[serde(rename = "missing_numbers")]
    missing_indicator: Option<String>,
    /// Only impute the median.
    #[arg(long, num_args = 0, default_missing_value = "median")]
    #[serde(rename = "missing_numbers")]
    no_missing_indicator: Option<String>,
    /// Categories with more levels than this get an embedding, others are one-hot encoded.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    one_hot_max_levels: Option<u32>,
    /// A level with an embedding needs this many training rows; rarer ones count as unseen.
    #[arg(long, value_name = "NUMBER", value_parser = whole)]
    min_level_rows: Option<u32>,
    /// How levels that were unseen in training are treated.
    #[arg(long, value_name = "RULE", value_parser = word::<UnseenLevels>())]
    unseen: Option<UnseenLevels>,
}
