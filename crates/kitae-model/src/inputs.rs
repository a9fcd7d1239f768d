//! What a network reads.

use burn::tensor::{Device, Int, Tensor};

/// A batch of rows for each lane. All lanes have equally many rows; a lane with fewer is padded at
/// the end with rows of weight zero.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use kitae_model::Inputs;
///
/// // One lane, two rows with a number and a category each; the second row is padding.
/// let device = Device::flex();
/// let inputs = Inputs {
///     numbers: Tensor::from_data([[[0.5], [0.0]]], &device),
///     codes: Some(Tensor::from_data([[[3], [0]]], &device)),
///     row_weights: Some(Tensor::from_data([[1.0, 0.0]], &device)),
/// };
/// assert_eq!((inputs.n_lanes(), inputs.n_rows()), (1, 2));
/// ```
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
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use kitae_model::Inputs;
    ///
    /// let inputs = Inputs::from_numbers(Tensor::zeros([1, 5, 2], &Device::flex()));
    /// assert!(inputs.codes.is_none() && inputs.row_weights.is_none());
    /// ```
    pub fn from_numbers(numbers: Tensor<3>) -> Self {
        Self { numbers, codes: None, row_weights: None }
    }

    /// Number of lanes.
    ///
    /// ```
    /// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
    /// assert_eq!(small::inputs().n_lanes(), small::LANES.len());
    /// ```
    pub fn n_lanes(&self) -> usize {
        self.numbers.dims()[0]
    }

    /// Number of rows of each lane, padding included.
    ///
    /// ```
    /// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
    /// assert_eq!(small::inputs().n_rows(), 3);
    /// ```
    pub fn n_rows(&self) -> usize {
        self.numbers.dims()[1]
    }

    /// The device that holds the numbers.
    pub(crate) fn device(&self) -> Device {
        self.numbers.device()
    }
}
