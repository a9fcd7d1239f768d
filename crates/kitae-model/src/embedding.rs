//! Learned vectors for the codes of categorical inputs.

use burn::module::{Module, Param};
use burn::tensor::{Int, Tensor, TensorData};

/// One table of vectors for each lane; the columns' codes follow one another in it.
#[derive(Module, Debug)]
pub(crate) struct Embedding {
    /// `[n_lanes, sum of cardinalities, d_embedding]`.
    pub(crate) table: Param<Tensor<3>>,
    /// How many codes each column has.
    pub(crate) cardinalities: Vec<usize>,
}

impl Embedding {
    /// Codes `[n_lanes, n_rows, n_columns]` to vectors `[n_lanes, n_rows, n_columns · d_embedding]`.
    pub(crate) fn forward(&self, codes: Tensor<3, Int>) -> Tensor<3> {
        let table = self.table.val();
        let [n_lanes, n_codes, d_embedding] = table.dims();
        let [_, n_rows, n_columns] = codes.dims();
        let positions = (codes + self.offsets(n_lanes, n_codes)).reshape([n_lanes * n_rows * n_columns]);
        table.reshape([n_lanes * n_codes, d_embedding]).select(0, positions).reshape([
            n_lanes,
            n_rows,
            n_columns * d_embedding,
        ])
    }

    /// Where the codes of each lane and column start in the flattened table, `[n_lanes, 1, n_columns]`.
    fn offsets(&self, n_lanes: usize, n_codes: usize) -> Tensor<3, Int> {
        let mut offsets = Vec::with_capacity(n_lanes * self.cardinalities.len());
        for lane in 0..n_lanes {
            let mut offset = lane * n_codes;
            for cardinality in &self.cardinalities {
                offsets.push(offset as i64);
                offset += cardinality;
            }
        }
        let data = TensorData::new(offsets, [n_lanes, 1, self.cardinalities.len()]);
        Tensor::from_data(data, &self.table.val().device().inner())
    }
}
