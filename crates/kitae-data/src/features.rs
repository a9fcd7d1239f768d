//! What a network is fed with.

/// Rows as numbers and codes, both row-major, ready to be uploaded to a device.
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
