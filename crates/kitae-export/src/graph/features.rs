//! From cells to what networks are fed with: numbers `[n_lanes, n_rows, d_numbers]` and codes.

use kitae_data::preprocess::scaling::{FAR, STANDARD_LIMIT};
use kitae_data::preprocess::{Input, InputKind, Layout, Preprocessor, ScaledNumber, Scaling};

use super::calendar::time_parts;
use super::columns::Cells;
use super::quantiles::normal_ranks;
use crate::onnx::{Graph, Tensor, Value};

/// What the networks of all lanes are fed with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    /// In single precision, `[n_lanes, n_rows, d_numbers]`; none without numbers.
    pub(crate) numbers: Option<Value>,
    /// Rows of the embedding table of all lanes, `[n_lanes, n_rows, n_codes]`; none without codes.
    pub(crate) codes: Option<Value>,
}

/// The features that each lane's preprocessor makes of the cells.
pub(crate) fn features(
    graph: &mut Graph,
    layout: &Layout,
    cells: &[Cells],
    lanes: &[&Preprocessor],
) -> Features {
    let numbers = (layout.d_numbers() > 0).then(|| {
        let raw = raw_numbers(graph, layout, cells);
        let raw = without_unseen_signs(graph, raw, layout, lanes);
        scaled(graph, raw, lanes)
    });
    Features { numbers, codes: codes(graph, layout, cells, lanes) }
}

/// Numbers before they are scaled, `[n_rows, d_numbers]`, in the order of [`Layout::numbers`].
fn raw_numbers(graph: &mut Graph, layout: &Layout, cells: &[Cells]) -> Value {
    let inputs = || layout.inputs.iter().zip(cells);
    let quantities: Vec<Value> = inputs().filter_map(|(_, cells)| quantities(graph, *cells)).collect();
    let marks: Vec<Value> = inputs().filter_map(|(input, cells)| marks(graph, input, *cells)).collect();
    graph.concat(&[quantities, marks].concat(), 1)
}

fn quantities(graph: &mut Graph, cells: Cells) -> Option<Value> {
    match cells {
        Cells::Numbers(values) => Some(values),
        Cells::Seconds(seconds) => Some(time_parts(graph, seconds)),
        Cells::Codes(_) => None,
    }
}

fn marks(graph: &mut Graph, input: &Input, cells: Cells) -> Option<Value> {
    match (&input.kind, cells) {
        (InputKind::NumberOrMissing, Cells::Numbers(values))
        | (InputKind::TimeOrMissing, Cells::Seconds(values)) => {
            let is_missing = graph.op("IsNaN", &[values]);
            Some(graph.double(is_missing))
        }
        (InputKind::Sign { .. }, Cells::Codes(codes)) => {
            let signs = graph.constant(Tensor::f64(&[3], vec![0.0, -1.0, 1.0]));
            Some(graph.gather(signs, codes, 0))
        }
        (InputKind::OneHot { levels }, Cells::Codes(codes)) => {
            let all = (1..=levels.len() as i64).collect();
            let all = graph.constant(Tensor::i64(&[1, levels.len()], all));
            let is_level = graph.op("Equal", &[codes, all]);
            Some(graph.double(is_level))
        }
        _ => None,
    }
}

/// A level that no training row of a lane held is no sign there: `[n_lanes, n_rows, d_numbers]` where lanes
/// differ in that.
fn without_unseen_signs(graph: &mut Graph, raw: Value, layout: &Layout, lanes: &[&Preprocessor]) -> Value {
    let numbers = layout.numbers();
    let bounds = |level: usize, unbounded: f64| -> Vec<f64> {
        let bound =
            |lane: &Preprocessor, input: usize| match (&layout.inputs[input].kind, &lane.seen()[input]) {
                (InputKind::Sign { .. }, seen) if !seen[level] => 0.0,
                _ => unbounded,
            };
        lanes.iter().flat_map(|lane| numbers.iter().map(|number| bound(lane, number.input))).collect()
    };
    let mut raw = raw;
    for (level, unbounded, is_beyond) in [(0, f64::NEG_INFINITY, "Less"), (1, f64::INFINITY, "Greater")] {
        let bounds = bounds(level, unbounded);
        if bounds.iter().any(|bound| bound.is_finite()) {
            let bounds = graph.constant(Tensor::f64(&[lanes.len(), 1, numbers.len()], bounds));
            let is_beyond = graph.op(is_beyond, &[raw, bounds]);
            raw = graph.choose(is_beyond, bounds, raw);
        }
    }
    raw
}

/// What each lane does to each number, row-major `[n_lanes, d_numbers]`.
pub(super) struct Numbers<'a> {
    pub(super) all: Vec<&'a ScaledNumber>,
    pub(super) n_lanes: usize,
}

impl Numbers<'_> {
    /// One number for each lane and column, `[n_lanes, 1, d_numbers]`.
    pub(super) fn constant(&self, graph: &mut Graph, of: impl Fn(&ScaledNumber) -> f64) -> Value {
        let values = self.all.iter().map(|number| of(number)).collect();
        graph.constant(Tensor::f64(&[self.n_lanes, 1, self.all.len() / self.n_lanes], values))
    }

    /// Where a number of a lane is scaled so, `[n_lanes, 1, d_numbers]`; none where no number is.
    fn mask(&self, graph: &mut Graph, is_so: impl Fn(&Scaling) -> bool) -> Option<Value> {
        if !self.all.iter().any(|number| is_so(&number.scaling)) {
            return None;
        }
        let ones = self.constant(graph, |number| f64::from(u8::from(is_so(&number.scaling))));
        let one = graph.f64(1.0);
        Some(graph.op("Equal", &[ones, one]))
    }
}

/// Numbers filled and scaled by each lane, in single precision, `[n_lanes, n_rows, d_numbers]`.
fn scaled(graph: &mut Graph, raw: Value, lanes: &[&Preprocessor]) -> Value {
    let all = lanes.iter().flat_map(|lane| lane.numbers()).collect();
    let numbers = Numbers { all, n_lanes: lanes.len() };
    let fill = numbers.constant(graph, |number| number.fill);
    let is_missing = graph.op("IsNaN", &[raw]);
    let filled = graph.choose(is_missing, fill, raw);
    // Every kind is computed of all numbers, and each takes its own; mostly there is one.
    let mut result: Option<Value> = None;
    for (is_so, scale) in KINDS {
        let Some(mask) = numbers.mask(graph, is_so) else { continue };
        let own = scale(graph, filled, &numbers);
        result = Some(match result {
            None => own,
            Some(others) => graph.choose(mask, own, others),
        });
    }
    let result = result.expect("each number is scaled in one of these ways");
    graph.single(result)
}

type Kind = (fn(&Scaling) -> bool, fn(&mut Graph, Value, &Numbers) -> Value);

const KINDS: [Kind; 5] = [
    (|scaling| matches!(scaling, Scaling::SmoothClip { .. }), smoothly_clipped),
    (|scaling| matches!(scaling, Scaling::Clip { .. }), clipped),
    (|scaling| matches!(scaling, Scaling::Quantiles { .. }), normal_ranks),
    (|scaling| matches!(scaling, Scaling::Keep), kept),
    (|scaling| matches!(scaling, Scaling::Zero), zero),
];

/// (x - centre) · factor.
fn centred(graph: &mut Graph, x: Value, numbers: &Numbers) -> Value {
    let linear = |number: &ScaledNumber| match number.scaling {
        Scaling::SmoothClip { centre, factor } | Scaling::Clip { centre, factor } => (centre, factor),
        _ => (0.0, 1.0),
    };
    let centre = numbers.constant(graph, |number| linear(number).0);
    let factor = numbers.constant(graph, |number| linear(number).1);
    let x = graph.sub(x, centre);
    graph.mul(x, factor)
}

/// x / √(1 + (x/3)²).
fn smoothly_clipped(graph: &mut Graph, x: Value, numbers: &Numbers) -> Value {
    let x = centred(graph, x, numbers);
    let [least, most, third, one] = [-FAR, FAR, 1.0 / 3.0, 1.0].map(|number| graph.f64(number));
    let x = graph.within(x, least, most);
    let part = graph.mul(x, third);
    let square = graph.mul(part, part);
    let square = graph.add(square, one);
    let root = graph.op("Sqrt", &[square]);
    graph.div(x, root)
}

fn clipped(graph: &mut Graph, x: Value, numbers: &Numbers) -> Value {
    let x = centred(graph, x, numbers);
    let [least, most] = [-STANDARD_LIMIT, STANDARD_LIMIT].map(|number| graph.f64(number));
    graph.within(x, least, most)
}

fn kept(graph: &mut Graph, x: Value, _: &Numbers) -> Value {
    let [least, most] = [f32::MIN, f32::MAX].map(|number| graph.f64(f64::from(number)));
    graph.within(x, least, most)
}

fn zero(graph: &mut Graph, x: Value, numbers: &Numbers) -> Value {
    // As wide as the numbers and as long as the rows.
    let least = numbers.constant(graph, |_| 0.0);
    graph.within(x, least, least)
}

/// Rows of the embedding table, in which lanes stand below each other and columns within a lane, `[n_lanes,
/// n_rows, n_codes]`. A level that too few training rows of a lane held has the code of unseen ones there.
fn codes(graph: &mut Graph, layout: &Layout, cells: &[Cells], lanes: &[&Preprocessor]) -> Option<Value> {
    let n_vectors: usize = layout.cardinalities().iter().sum();
    let mut offset = 0;
    let mut columns = Vec::new();
    for ((input, _), cardinality) in layout.code_inputs().zip(layout.cardinalities()) {
        let Cells::Codes(codes) = cells[input] else { continue };
        let known = |(lane, preprocessor): (usize, &&Preprocessor)| {
            let seen: Vec<bool> =
                std::iter::once(&true).chain(&preprocessor.seen()[input]).copied().collect();
            let first = lane * n_vectors + offset;
            seen.into_iter().enumerate().map(move |(code, seen)| (first + if seen { code } else { 0 }) as i64)
        };
        let table = lanes.iter().enumerate().flat_map(known).collect();
        let table = graph.constant(Tensor::i64(&[lanes.len(), cardinality], table));
        // [n_lanes, n_rows, 1]
        columns.push(graph.gather(table, codes, 1));
        offset += cardinality;
    }
    (!columns.is_empty()).then(|| graph.concat(&columns, 2))
}
