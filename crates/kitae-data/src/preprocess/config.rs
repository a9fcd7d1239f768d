//! How cells become numbers: the choices.

use serde::{Deserialize, Serialize};

/// How cells become numbers. The default is the preprocessing of RealMLP-TD (Holzmüller, Grinsztajn
/// and Steinwart 2024, "Better by default", arXiv:2407.04491).
///
/// `NOTE[DIFF]`: `RealMLP` refuses missing numbers; here the median takes their place and a column beside
/// says where.
///
/// ```
/// use kitae_data::preprocess::{NumericTransform, PreprocessConfig};
///
/// // Keys that are left out keep their defaults; unknown ones are refused.
/// let config: PreprocessConfig = toml::from_str("numeric = \"standardise\"")?;
/// let expected =
///     PreprocessConfig { numeric: NumericTransform::Standardise, ..PreprocessConfig::default() };
/// assert_eq!(config, expected);
/// assert!(toml::from_str::<PreprocessConfig>("numerics = \"standardise\"").is_err());
/// # Ok::<(), toml::de::Error>(())
/// ```
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
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::preprocess::{Layout, NumericTransform, PreprocessConfig};
///
/// let (schema, table) = csv::described("size\n1.5\n2.5\n3.5\n1000000\n")?;
/// let layout = Layout::new(&schema, &[], &PreprocessConfig::default());
/// let last = |numeric| {
///     let config = PreprocessConfig { numeric, ..PreprocessConfig::default() };
///     config.fit(&layout, &table, &[0, 1, 2])?.transform(&table, &[3]).map(|features| features.numbers[0])
/// };
/// assert_eq!(last(NumericTransform::None)?, 1e6);
/// assert_eq!(last(NumericTransform::Standardise)?, 10.0);
/// assert!(last(NumericTransform::RobustSmoothClip)? <= 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::preprocess::{Layout, MissingNumbers, PreprocessConfig};
///
/// let (schema, _) = csv::described("size,weight\n1.5,7\n,5\n3.5,4\n")?;
/// let config = PreprocessConfig { missing_numbers: MissingNumbers::Median, ..PreprocessConfig::default() };
/// assert_eq!(Layout::new(&schema, &[], &config).d_numbers(), 2);
/// let layout = Layout::new(&schema, &[], &PreprocessConfig::default());
/// assert_eq!(layout.numbers()[2].to_string(), "size is missing");
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
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
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::preprocess::{Layout, PreprocessConfig, UnseenLevels};
/// use kitae_data::read::{ReadOptions, read_csv_bytes};
///
/// let (schema, table) = csv::described("colour\nred\nblue\ngreen\nred\n")?;
/// let new = schema.apply(read_csv_bytes(b"colour\npink\n", "new", &ReadOptions::default())?)?;
/// let transform = |unseen| {
///     let config = PreprocessConfig { unseen, ..PreprocessConfig::default() };
///     let layout = Layout::new(&schema, &[], &config);
///     config.fit(&layout, &table, &[0, 1, 2, 3])?.transform_all(&new)
/// };
/// assert!(transform(UnseenLevels::AsMissing).is_ok());
/// assert!(transform(UnseenLevels::Refuse).is_err());
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
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
