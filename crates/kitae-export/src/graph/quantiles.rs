//! Numbers as normal quantiles of their ranks among knots.

use kitae_data::preprocess::normal::{MIDDLE_OVER, MIDDLE_UNDER, TAIL_OVER, TAIL_UNDER};
use kitae_data::preprocess::scaling::{LEAST_PROBABILITY, is_same};
use kitae_data::preprocess::{ScaledNumber, Scaling};

use super::features::Numbers;
use super::search::{Limits, Table, table_len};
use crate::onnx::{Graph, Value};

/// What a number becomes that has reached the first number that counts as some knot.
#[derive(Clone, Copy)]
struct Step {
    /// The least number that counts as the knot.
    low: f64,
    /// The greatest.
    high: f64,
    /// The rank of what counts as the knot: the middle of its ranks.
    rank: f64,
    knot: f64,
    /// The rank beyond that: the last of the knot's, and a share of the way to the next knot.
    last: f64,
    /// Half of that way; infinite after the last knot.
    half_way: f64,
}

/// What is below all knots has the rank 0.
const BELOW: Step = Step {
    low: f64::NEG_INFINITY,
    high: f64::NEG_INFINITY,
    rank: 0.0,
    knot: 0.0,
    last: 0.0,
    half_way: f64::INFINITY,
};

/// Steps that are never reached.
const BEYOND: Step = Step { low: f64::INFINITY, ..BELOW };

/// Numbers `[n_lanes, n_rows, d_numbers]` in double precision, filled, as normal quantiles.
pub(super) fn normal_ranks(graph: &mut Graph, x: Value, numbers: &Numbers) -> Value {
    let steps: Vec<Vec<Step>> = numbers.all.iter().map(|number| steps_of(number)).collect();
    let n = table_len(steps.iter().map(Vec::len).max().unwrap_or(1));
    let table = |of: fn(&Step) -> f64| {
        let padded = steps.iter().flat_map(|steps| steps.iter().chain(std::iter::repeat(&BEYOND)).take(n));
        Table::double(padded.map(of).collect(), n)
    };
    let place = Limits::new(graph, table(|step| step.low), numbers.n_lanes).search(graph, x);
    let [high, rank, knot, last, half_way] = [
        table(|step| step.high),
        table(|step| step.rank),
        table(|step| step.knot),
        table(|step| step.last),
        table(|step| step.half_way),
    ]
    .map(|table| {
        let table = table.constant(graph);
        graph.gather(table, place, 0)
    });
    let is_knot = graph.op("LessOrEqual", &[x, high]);
    let (half, zero) = (graph.f64(0.5), graph.f64(0.0));
    // Halves keep the differences of huge numbers finite.
    let [x, knot] = [x, knot].map(|number| graph.mul(number, half));
    let passed = graph.sub(x, knot);
    let share = graph.div(passed, half_way);
    let share = graph.op("Max", &[share, zero]);
    let between = graph.add(last, share);
    let rank = graph.choose(is_knot, rank, between);
    let n_intervals = numbers.constant(graph, |number| match &number.scaling {
        Scaling::Quantiles { knots } => (knots.len() - 1) as f64,
        _ => 1.0,
    });
    let probability = graph.div(rank, n_intervals);
    normal_quantile(graph, probability)
}

fn steps_of(number: &ScaledNumber) -> Vec<Step> {
    let Scaling::Quantiles { knots } = &number.scaling else { return vec![BELOW] };
    let mut steps = vec![BELOW];
    for run in knots.chunk_by(|one, other| one == other) {
        let before = &steps[steps.len() - 1];
        let first = if steps.len() == 1 { 0.0 } else { before.last + 1.0 };
        let last = first + (run.len() - 1) as f64;
        let knot = run[0];
        let [low, high] = [f64::NEG_INFINITY, f64::INFINITY].map(|end| farthest_same(knot, end));
        steps.push(Step { low, high, rank: f64::midpoint(first, last), knot, last, half_way: f64::INFINITY });
    }
    for position in 2..steps.len() {
        steps[position - 1].half_way = steps[position].knot / 2.0 - steps[position - 1].knot / 2.0;
    }
    steps
}

/// The number farthest from `knot` on the way to `end` that counts as the knot, found by halving the way.
fn farthest_same(knot: f64, end: f64) -> f64 {
    // Numbers in their order as whole numbers.
    let place = |number: f64| {
        let bits = number.to_bits().cast_signed();
        if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
    };
    let number = |place: i64| {
        let bits = if place < 0 { i64::MIN.wrapping_sub(place) } else { place };
        f64::from_bits(bits.cast_unsigned())
    };
    let (mut same, mut other) = (place(knot), place(end));
    while same.abs_diff(other) > 1 {
        let middle = (i128::midpoint(i128::from(same), i128::from(other))) as i64;
        if is_same(number(middle), knot) { same = middle } else { other = middle }
    }
    number(same)
}

/// The value below which a standard normal number lies with this probability, as `kitae_data` computes it.
fn normal_quantile(graph: &mut Graph, probability: Value) -> Value {
    let [least, most, half, one, middle] =
        [LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY, 0.5, 1.0, 0.425].map(|number| graph.f64(number));
    let probability = graph.within(probability, least, most);
    let from_middle = graph.sub(probability, half);
    let distance = graph.op("Abs", &[from_middle]);
    let is_middle = graph.op("LessOrEqual", &[distance, middle]);
    let square = graph.mul(from_middle, from_middle);
    let rest = graph.f64(0.180_625);
    let rest = graph.sub(rest, square);
    let quotient = quotient(graph, rest, [&MIDDLE_OVER, &MIDDLE_UNDER]);
    let near = graph.mul(from_middle, quotient);
    let above = graph.sub(one, probability);
    let tail = graph.op("Min", &[probability, above]);
    let logarithm = graph.op("Log", &[tail]);
    let logarithm = graph.op("Neg", &[logarithm]);
    let root = graph.op("Sqrt", &[logarithm]);
    let start = graph.f64(1.6);
    let root = graph.sub(root, start);
    let size = self::quotient(graph, root, [&TAIL_OVER, &TAIL_UNDER]);
    let zero = graph.f64(0.0);
    let is_low = graph.op("Less", &[from_middle, zero]);
    let negative = graph.op("Neg", &[size]);
    let far = graph.choose(is_low, negative, size);
    graph.choose(is_middle, near, far)
}

/// One polynomial over another, the constants first.
fn quotient(graph: &mut Graph, x: Value, polynomials: [&[f64; 8]; 2]) -> Value {
    let [over, under] = polynomials.map(|coefficients| {
        let highest = graph.f64(coefficients[7]);
        coefficients[..7].iter().rev().fold(highest, |sum, coefficient| {
            let product = graph.mul(sum, x);
            let coefficient = graph.f64(*coefficient);
            graph.add(product, coefficient)
        })
    });
    graph.div(over, under)
}
