//! What a network reads.

use burn::tensor::{Device, Int, Tensor};

/// A batch of rows for each lane. All lanes have equally many rows; a lane with fewer is padded at
/// the end with rows of weight zero.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Numeric inputs, `[n_lanes, n_rows, d_numbers]`. They must be finite, in padding rows too.
    pub numbers: Tensor<3>,
    /// Codes of the categorical inputs, `[n_lanes, n_rows, n_columns]`; code k of column j lies in
    /// 0 to `cardinalities[j]` - 1. `None` means that there are no such inputs.
    pub codes: Option<Tensor<3, Int>>,
    /// Weights of the rows, `[n_lanes, n_rows]`; `None` means that all rows count. A network only
    /// asks which are zero: batch normalisation leaves those rows out of its statistics. How much a
    /// row weighs is the loss's business.
    pub row_weights: Option<Tensor<2>>,
}

impl Inputs {
    /// A batch of numbers `[n_lanes, n_rows, d_numbers]`, all rows of which count.
    pub fn from_numbers(numbers: Tensor<3>) -> Self {
        Self { numbers, codes: None, row_weights: None }
    }

    /// Number of lanes.
    pub fn n_lanes(&self) -> usize {
        self.numbers.dims()[0]
    }

    /// Number of rows of each lane, padding included.
    pub fn n_rows(&self) -> usize {
        self.numbers.dims()[1]
    }

    /// The device that holds the numbers.
    pub(crate) fn device(&self) -> Device {
        self.numbers.device()
    }
}
