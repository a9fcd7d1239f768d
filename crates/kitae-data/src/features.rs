//! What a network is fed with.

/// Rows as numbers and codes, both row-major, ready to be uploaded to a device.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::preprocess::{Layout, PreprocessConfig};
///
/// let (schema, table) = csv::described("size,colour\n1.5,red\n2.5,blue\n3,green\n5,red\n")?;
/// // Without one-hot numbers, a category becomes one code for an embedding.
/// let config = PreprocessConfig { one_hot_max_levels: 0, min_level_rows: 1, ..Default::default() };
/// let preprocessor = config.fit(&Layout::new(&schema, &[], &config), &table, &[0, 1, 2, 3])?;
/// let features = preprocessor.transform(&table, &[3, 1])?;
/// assert_eq!((features.n_rows, features.d_numbers, features.n_codes), (2, 1, 1));
/// // The levels are blue, green and red, and code 0 is none of them.
/// assert_eq!(features.codes, [3, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    /// How many rows there are.
    pub n_rows: usize,
    /// How many numbers a row has.
    pub d_numbers: usize,
    /// The numbers, `[n_rows, d_numbers]`; all are finite.
    pub numbers: Vec<f32>,
    /// How many codes a row has, one for each embedded column.
    pub n_codes: usize,
    /// The codes, `[n_rows, n_codes]`: 0 for a missing or unseen level, else 1 + its position.
    pub codes: Vec<u32>,
}
