//! What numbers and codes become before the first layer.

use kitae_infer::{Periodic, Piecewise};

use super::network::Stack;
use super::search::{Limits, Table, table_len};
use crate::onnx::{Attribute, Graph, Tensor, Value};

/// Vectors of codes, `[n_lanes, n_rows, n_codes · d_embedding]`; `places` are rows of the table of all lanes.
pub(super) fn codes(graph: &mut Graph, stack: &Stack, places: Value) -> Value {
    let (values, [n_vectors, width]) = stack.values("embeddings").expect("codes have vectors");
    let n_codes = stack.config.cardinalities.len();
    let table = graph.constant(Tensor::f32(&[stack.lanes.len() * n_vectors, width], values));
    let vectors = graph.gather(table, places, 0);
    graph.reshape(vectors, &[0, 0, (n_codes * width) as i64])
}

/// The first `n` numbers of each row, `[n_lanes, n_rows, n]`.
fn first(graph: &mut Graph, stack: &Stack, numbers: Value, n: usize) -> Value {
    if n == stack.config.d_numbers {
        return numbers;
    }
    let [from, to, axis] = [0, n as i64, 2].map(|number| graph.list(&[number]));
    graph.op("Slice", &[numbers, from, to, axis])
}

/// W·cos(2π·f·x + φ) + b of each number, `[n_lanes, n_rows, n_numbers · d_embedding]`.
pub(super) fn periodic(graph: &mut Graph, stack: &Stack, config: Periodic, numbers: Value) -> Value {
    let Periodic { n_numbers, n_frequencies, d_embedding, .. } = config;
    let n_lanes = stack.lanes.len();
    let values =
        |part: &str| stack.values(&format!("periodic.{part}")).expect("the embedding has four tensors").0;
    let numbers = first(graph, stack, numbers, n_numbers);
    // [n_lanes, n_numbers, n_rows, 1]
    let numbers = graph.transpose(numbers, &[0, 2, 1]);
    let numbers = graph.unsqueeze(numbers, 3);
    let shape = [n_lanes, n_numbers, 1, n_frequencies];
    let frequency = graph.constant(Tensor::f32(&shape, values("frequency")));
    let phase = values("phase").iter().map(|phase| phase * (1.0 / std::f32::consts::TAU)).collect();
    let phase = graph.constant(Tensor::f32(&shape, phase));
    let turns = graph.mul(numbers, frequency);
    let turns = graph.add(turns, phase);
    // Whole turns are taken off first, as single precision would lose digits in a large angle.
    let whole = graph.op("Round", &[turns]);
    let turns = graph.sub(turns, whole);
    let tau = graph.f32(std::f32::consts::TAU);
    let angle = graph.mul(turns, tau);
    let waves = graph.op("Cos", &[angle]);
    let weight: Vec<f32> = values("weight")
        .chunks_exact(d_embedding * n_frequencies)
        .flat_map(|matrix| transposed(matrix, n_frequencies))
        .collect();
    let weight = graph.constant(Tensor::f32(&[n_lanes, n_numbers, n_frequencies, d_embedding], weight));
    let outputs = graph.matmul(waves, weight);
    let outputs = graph.transpose(outputs, &[0, 2, 1, 3]);
    let bias = graph.constant(Tensor::f32(&[n_lanes, 1, n_numbers, d_embedding], values("bias")));
    let outputs = graph.add(outputs, bias);
    graph.reshape(outputs, &[0, 0, (n_numbers * d_embedding) as i64])
}

fn transposed(matrix: &[f32], n_columns: usize) -> Vec<f32> {
    (0..n_columns).flat_map(|column| matrix.iter().skip(column).step_by(n_columns)).copied().collect()
}

/// w·x + b + W·PLE(x) of each number, `[n_lanes, n_rows, n_numbers · d_embedding]`: what its bin begins with,
/// and the share of the bin's own vector that it has come through.
pub(super) fn piecewise(graph: &mut Graph, stack: &Stack, config: Piecewise, numbers: Value) -> Value {
    let Piecewise { n_numbers, n_bins, d_embedding } = config;
    let n_lanes = stack.lanes.len();
    let values =
        |part: &str| stack.values(&format!("piecewise.{part}")).expect("the embedding has four tensors").0;
    let bins = Bins::of(&values("edges"), n_bins);
    let numbers = first(graph, stack, numbers, n_numbers);
    let n = bins.n;
    let limits = Table::single(bins.limits, n);
    let place = Limits::new(graph, limits, n_lanes).search(graph, numbers);
    let [lower, inverse] = [bins.lower, bins.inverse].map(|values| {
        let table = Table::single(values, n).constant(graph);
        graph.gather(table, place, 0)
    });
    let share = graph.sub(numbers, lower);
    let share = graph.mul(share, inverse);
    let [least, most] = [-1.0, 2.0].map(|number| graph.f32(number));
    let share = graph.within(share, least, most);
    let [share, numbers] = [share, numbers].map(|values| graph.unsqueeze(values, 3));
    let own = |graph: &mut Graph, part: &str| {
        graph.constant(Tensor::f32(&[n_lanes, 1, n_numbers, d_embedding], values(part)))
    };
    let (factor, bias) = (own(graph, "factor"), own(graph, "bias"));
    let (vectors, starts) = bin_vectors(graph, stack, config, n);
    let [vector, start] = [vectors, starts].map(|table| graph.gather(table, place, 0));
    let of_bin = graph.mul(share, vector);
    let of_bins = graph.add(start, of_bin);
    let linear = graph.mul(numbers, factor);
    let linear = graph.add(linear, bias);
    let outputs = graph.add(of_bins, linear);
    graph.reshape(outputs, &[0, 0, (n_numbers * d_embedding) as i64])
}

/// What each bin adds, and the sums of what the bins before it add; rows of tables of all numbers of all
/// lanes, `n` for each number. The file holds the vectors alone; a runtime makes the sums once.
fn bin_vectors(graph: &mut Graph, stack: &Stack, config: Piecewise, n: usize) -> (Value, Value) {
    let Piecewise { n_numbers, n_bins, d_embedding } = config;
    let (values, _) = stack.values("piecewise.weight").expect("the embedding has four tensors");
    let n_columns = stack.lanes.len() * n_numbers;
    let vectors = graph.constant(Tensor::f32(&[n_columns, n_bins, d_embedding], values));
    let axis = graph.i64(1);
    let starts = graph.op_with("CumSum", &[vectors, axis], &[("exclusive", Attribute::Int(1))]);
    let missing = (n - n_bins) as i64;
    let rows = |graph: &mut Graph, vectors: Value| {
        let pads = graph.list(&[0, 0, 0, 0, missing, 0]);
        let padded = if missing == 0 { vectors } else { graph.op("Pad", &[vectors, pads]) };
        graph.reshape(padded, &[(n_columns * n) as i64, d_embedding as i64])
    };
    (rows(graph, vectors), rows(graph, starts))
}

/// Bins of each number of each lane, in tables of `n` places for each.
struct Bins {
    n: usize,
    /// Where each begins; infinite for those that are not there.
    limits: Vec<f32>,
    /// The same, but finite.
    lower: Vec<f32>,
    /// One over the width; 0 for bins that are not there.
    inverse: Vec<f32>,
}

impl Bins {
    fn of(edges: &[f32], n_bins: usize) -> Self {
        let n = table_len(n_bins);
        let mut bins = Self { n, limits: Vec::new(), lower: Vec::new(), inverse: Vec::new() };
        for edges in edges.chunks_exact(n_bins + 1) {
            for position in 0..n {
                let width = if position < n_bins { edges[position + 1] - edges[position] } else { 0.0 };
                let is_there = width > 0.0;
                bins.limits.push(if is_there { edges[position] } else { f32::INFINITY });
                bins.lower.push(if is_there || position == 0 { edges[position] } else { 0.0 });
                bins.inverse.push(if is_there { width.recip() } else { 0.0 });
            }
        }
        bins
    }
}
