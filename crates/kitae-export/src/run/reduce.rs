//! Operators along an axis.

use super::node::{Evaluated, around, axis_of};
use crate::onnx::{Data, Tensor};

/// What `of` makes of the elements along an axis, for each place outside it.
fn along<T: Copy, U>(values: &[T], [n_before, n, n_inside]: [usize; 3], of: impl Fn(&[T]) -> U) -> Vec<U> {
    let mut results = Vec::with_capacity(n_before * n_inside);
    let mut line = Vec::with_capacity(n);
    for before in 0..n_before {
        for inside in 0..n_inside {
            line.clear();
            line.extend((0..n).map(|i| values[(before * n + i) * n_inside + inside]));
            results.push(of(&line));
        }
    }
    results
}

/// `ReduceSum`, `ReduceMean`, `ReduceMax` over an axis, which stays.
pub(super) fn reduce(kind: &str, x: &Tensor, axis: i64) -> Evaluated {
    let axis = axis_of(axis, x.shape.len())?;
    let sizes = around(&x.shape, axis);
    let n = sizes[1] as f64;
    let data = match (kind, &x.data) {
        ("ReduceSum", Data::F32(values)) => Data::F32(along(values, sizes, |line| line.iter().sum())),
        ("ReduceSum", Data::F64(values)) => Data::F64(along(values, sizes, |line| line.iter().sum())),
        ("ReduceSum", Data::I64(values)) => Data::I64(along(values, sizes, |line| line.iter().sum())),
        ("ReduceMean", Data::F32(values)) => {
            Data::F32(along(values, sizes, |line| line.iter().sum::<f32>() / n as f32))
        }
        ("ReduceMean", Data::F64(values)) => {
            Data::F64(along(values, sizes, |line| line.iter().sum::<f64>() / n))
        }
        ("ReduceMax", Data::F64(values)) => {
            Data::F64(along(values, sizes, |line| line.iter().copied().fold(f64::NEG_INFINITY, most)))
        }
        _ => return Err("it does not take numbers of this type".to_owned()),
    };
    let mut shape = x.shape.clone();
    shape[axis] = 1;
    Ok(Tensor { shape, data })
}

/// NaN of NaN.
fn most(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

/// `ArgMax`: the first place of the greatest number; the axis goes.
pub(super) fn arg_max(x: &Tensor, axis: i64) -> Evaluated {
    let axis = axis_of(axis, x.shape.len())?;
    let Data::F64(values) = &x.data else { return Err("it takes numbers in double precision".to_owned()) };
    let greatest = |line: &[f64]| {
        let best = (0..line.len()).fold(0, |best, i| if line[i] > line[best] { i } else { best });
        best as i64
    };
    let places = along(values, around(&x.shape, axis), greatest);
    let mut shape = x.shape.clone();
    shape.remove(axis);
    Ok(Tensor { shape, data: Data::I64(places) })
}

/// `Softmax` over the last axis.
pub(super) fn softmax(x: &Tensor) -> Evaluated {
    let Data::F64(values) = &x.data else { return Err("it takes numbers in double precision".to_owned()) };
    let width = x.shape.last().copied().ok_or("it takes an axis")?;
    let mut shares = values.clone();
    for row in shares.chunks_exact_mut(width.max(1)) {
        let greatest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for value in row.iter_mut() {
            *value = (*value - greatest).exp();
        }
        let sum: f64 = row.iter().sum();
        for value in row {
            *value /= sum;
        }
    }
    Ok(Tensor { shape: x.shape.clone(), data: Data::F64(shares) })
}

/// `TopK`: the greatest or least numbers of the last axis in their order, and where they stand.
pub(super) fn top(x: &Tensor, count: i64, axis: i64, largest: bool) -> Result<Vec<Tensor>, String> {
    let axis = axis_of(axis, x.shape.len())?;
    let Data::F64(values) = &x.data else { return Err("it takes numbers in double precision".to_owned()) };
    let width = x.shape[axis];
    let count = usize::try_from(count).ok().filter(|count| *count <= width && axis + 1 == x.shape.len());
    let count = count.ok_or("it takes the last axis, and no more than that has")?;
    let (mut numbers, mut places) = (Vec::new(), Vec::new());
    for row in values.chunks_exact(width.max(1)) {
        let mut order: Vec<usize> = (0..width).collect();
        let ascending = |i: &usize, j: &usize| row[*i].total_cmp(&row[*j]);
        order.sort_by(|i, j| if largest { ascending(j, i) } else { ascending(i, j) });
        numbers.extend(order[..count].iter().map(|i| row[*i]));
        places.extend(order[..count].iter().map(|i| *i as i64));
    }
    let mut shape = x.shape.clone();
    shape[axis] = count;
    Ok(vec![Tensor::f64(&shape, numbers), Tensor::i64(&shape, places)])
}

/// `CumSum` along an axis; exclusive sums leave each number itself out.
pub(super) fn cumulative(x: &Tensor, axis: i64, is_exclusive: bool) -> Evaluated {
    let axis = axis_of(axis, x.shape.len())?;
    let Data::F32(values) = &x.data else { return Err("it takes numbers in single precision".to_owned()) };
    let [n_before, n, n_inside] = around(&x.shape, axis);
    let mut sums = vec![0.0; values.len()];
    for before in 0..n_before {
        for inside in 0..n_inside {
            let mut sum = 0.0;
            for i in 0..n {
                let place = (before * n + i) * n_inside + inside;
                sums[place] = if is_exclusive { sum } else { sum + values[place] };
                sum += values[place];
            }
        }
    }
    Ok(Tensor { shape: x.shape.clone(), data: Data::F32(sums) })
}
