//! How cells become numbers: the choices.

use serde::{Deserialize, Serialize};

/// How cells become numbers. The default is the preprocessing of RealMLP-TD (Holzmüller, Grinsztajn
/// and Steinwart 2024, "Better by default", arXiv:2407.04491).
///
/// `NOTE[DIFF]`: `RealMLP` refuses missing numbers; here the median takes their place and a column beside
/// says where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PreprocessConfig {
    /// What is done to numbers, and to the parts of times.
    pub numeric: NumericTransform,
    /// What a missing number becomes.
    pub missing_numbers: MissingNumbers,
    /// A category of up to this many levels becomes one number for each level (two levels: one number
    /// in all); one of more levels becomes a code for an embedding.
    pub one_hot_max_levels: usize,
    /// A code of an embedding needs this many training rows; levels of fewer rows share the code of
    /// unseen levels, whose vector is then learned from them. A level of one row would only be learned
    /// by heart.
    pub min_level_rows: usize,
    /// What is done with a text that is none of the schema's levels.
    pub unseen: UnseenLevels,
}

impl Default for PreprocessConfig {
    /// RealMLP-TD: one-hot for at most 9 codes, of which one stands for missing.
    fn default() -> Self {
        Self {
            numeric: NumericTransform::RobustSmoothClip,
            missing_numbers: MissingNumbers::MedianAndIndicator,
            one_hot_max_levels: 8,
            min_level_rows: 2,
            unseen: UnseenLevels::AsMissing,
        }
    }
}

/// What is done to numbers. A column that is constant in the training rows (to twelve digits) becomes
/// 0 whatever is chosen, and every result is finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NumericTransform {
    /// `RealMLP`'s: subtract the median; divide by the distance of the quartiles or, where that is 0, by
    /// half the range; then x / √(1 + (x/3)²), which lies between -3 and 3. Numbers made from levels,
    /// and those that mark missing cells, take the same way.
    RobustSmoothClip,
    /// Subtract the mean, divide by the standard deviation, cut off at ±10.
    Standardise,
    /// Ranks among the training rows, spread like a normal distribution between about -5.2 and 5.2.
    QuantileNormal,
    /// The numbers as they are.
    None,
}

/// What a missing number becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MissingNumbers {
    /// The median of the training rows.
    Median,
    /// The median of the training rows; and for each column that has missing cells in the schema, one
    /// number more: 1 where the cell is missing, else 0.
    MedianAndIndicator,
}

/// What is done with a text that is none of the schema's levels. A level of the schema that no
/// training row holds always counts as missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnseenLevels {
    /// It counts as missing.
    AsMissing,
    /// It is an error.
    Refuse,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_may_be_left_out_and_unknown_ones_are_refused() {
        assert_eq!(serde_json::from_str::<PreprocessConfig>("{}").unwrap(), PreprocessConfig::default());
        let some = r#"{"numeric": "quantile_normal", "missing_numbers": "median", "unseen": "refuse"}"#;
        let config: PreprocessConfig = serde_json::from_str(some).unwrap();
        assert_eq!(config.numeric, NumericTransform::QuantileNormal);
        assert_eq!(config.one_hot_max_levels, 8);
        assert!(serde_json::from_str::<PreprocessConfig>(r#"{"numerics": "none"}"#).is_err());
    }
}
