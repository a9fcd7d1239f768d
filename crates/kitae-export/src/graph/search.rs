//! Which of some ascending limits a number has reached: a binary search that all numbers make side by side.
//!
//! It costs as many steps as the number of limits has binary digits, and memory for a few copies of the
//! numbers, where comparing each number with each limit would take that many copies.

use crate::onnx::{Graph, Tensor, Value};

/// Ascending limits of each column of each lane, as many for all: a power of two. The first is never looked
/// at.
pub(crate) struct Limits {
    /// All limits end to end, `[n_lanes · n_columns · n]`.
    table: Value,
    /// Where those of a column begin, `[n_lanes, 1, n_columns]`.
    starts: Value,
    n: usize,
}

/// So many places have the tables that belong to a search among `n` limits.
pub(crate) fn table_len(n: usize) -> usize {
    n.next_power_of_two()
}

impl Limits {
    /// `limits` has, for each column of each lane, [`table_len`] ascending limits; infinite ones are not
    /// reached.
    pub(crate) fn new(graph: &mut Graph, limits: Table, n_lanes: usize) -> Self {
        let n = limits.n;
        let n_columns = limits.len() / n / n_lanes;
        let starts = (0..n_lanes * n_columns).map(|column| (column * n) as i64).collect();
        let starts = graph.constant(Tensor::i64(&[n_lanes, 1, n_columns], starts));
        Self { table: limits.constant(graph), starts, n }
    }

    /// For numbers `[n_lanes, n_rows, n_columns]` the places in tables, end to end as the limits are, of the
    /// last limit that each reaches; NaN reaches none.
    pub(crate) fn search(&self, graph: &mut Graph, numbers: Value) -> Value {
        let mut place = self.starts;
        let mut step = self.n / 2;
        while step > 0 {
            let ahead = graph.i64(step as i64);
            let next = graph.add(place, ahead);
            let limit = graph.gather(self.table, next, 0);
            let is_reached = graph.op("GreaterOrEqual", &[numbers, limit]);
            place = graph.choose(is_reached, next, place);
            step /= 2;
        }
        place
    }
}

/// Numbers that belong to limits, end to end.
pub(crate) struct Table {
    values: Values,
    /// Of each column of each lane.
    n: usize,
}

enum Values {
    Single(Vec<f32>),
    Double(Vec<f64>),
}

impl Table {
    /// Single precision.
    pub(crate) fn single(values: Vec<f32>, n: usize) -> Self {
        Self { values: Values::Single(values), n }
    }

    /// Double precision.
    pub(crate) fn double(values: Vec<f64>, n: usize) -> Self {
        Self { values: Values::Double(values), n }
    }

    fn len(&self) -> usize {
        match &self.values {
            Values::Single(values) => values.len(),
            Values::Double(values) => values.len(),
        }
    }

    /// As a tensor of one axis.
    pub(crate) fn constant(self, graph: &mut Graph) -> Value {
        let n = self.len();
        graph.constant(match self.values {
            Values::Single(values) => Tensor::f32(&[n], values),
            Values::Double(values) => Tensor::f64(&[n], values),
        })
    }
}
