//! Operators that move elements.

use super::node::{Evaluated, around, axis_of};
use crate::onnx::{Data, Tensor};

/// The elements at some places.
fn picked(data: &Data, places: impl Iterator<Item = usize>) -> Data {
    match data {
        Data::F32(values) => Data::F32(places.map(|place| values[place]).collect()),
        Data::F64(values) => Data::F64(places.map(|place| values[place]).collect()),
        Data::I64(values) => Data::I64(places.map(|place| values[place]).collect()),
        Data::Bool(values) => Data::Bool(places.map(|place| values[place]).collect()),
        Data::Text(values) => Data::Text(places.map(|place| values[place].clone()).collect()),
    }
}

/// `Gather`: slices of a table along an axis.
pub(super) fn gather(table: &Tensor, places: &Tensor, axis: i64) -> Evaluated {
    let axis = axis_of(axis, table.shape.len())?;
    let Data::I64(wanted) = &places.data else { return Err("places are whole numbers".to_owned()) };
    let [n_before, n, n_inside] = around(&table.shape, axis);
    if let Some(place) = wanted.iter().find(|place| !(0..n as i64).contains(*place)) {
        return Err(format!("there is no place {place} among {n}"));
    }
    let mut from = Vec::with_capacity(n_before * wanted.len() * n_inside);
    for before in 0..n_before {
        for place in wanted {
            let start = (before * n + *place as usize) * n_inside;
            from.extend(start..start + n_inside);
        }
    }
    let shape = [&table.shape[..axis], &places.shape, &table.shape[axis + 1..]].concat();
    Ok(Tensor { shape, data: picked(&table.data, from.into_iter()) })
}

/// `Concat`.
pub(super) fn concat(parts: &[&Tensor], axis: i64) -> Evaluated {
    let first = parts.first().ok_or("it takes a tensor")?;
    let axis = axis_of(axis, first.shape.len())?;
    let mut shape = first.shape.clone();
    shape[axis] = 0;
    for part in parts {
        let mut own = part.shape.clone();
        if own.len() != shape.len() {
            return Err("the shapes do not fit".to_owned());
        }
        shape[axis] += own[axis];
        own[axis] = shape[axis];
        if own != shape {
            return Err("the shapes do not fit".to_owned());
        }
    }
    let [n_before, ..] = around(&shape, axis);
    let mut data: Option<Data> = None;
    for before in 0..n_before {
        for part in parts {
            let width = part.data.len() / n_before.max(1);
            let more = picked(&part.data, before * width..(before + 1) * width);
            data = Some(match data {
                None => more,
                Some(data) => appended(data, more)?,
            });
        }
    }
    let data = data.unwrap_or_else(|| picked(&first.data, 0..0));
    Ok(Tensor { shape, data })
}

fn appended(data: Data, more: Data) -> Result<Data, String> {
    match (data, more) {
        (Data::F32(mut all), Data::F32(more)) => {
            all.extend(more);
            Ok(Data::F32(all))
        }
        (Data::F64(mut all), Data::F64(more)) => {
            all.extend(more);
            Ok(Data::F64(all))
        }
        (Data::I64(mut all), Data::I64(more)) => {
            all.extend(more);
            Ok(Data::I64(all))
        }
        _ => Err("it takes numbers of one type".to_owned()),
    }
}

/// `Reshape`: 0 keeps a size, -1 is what is left.
pub(super) fn reshape(x: &Tensor, sizes: &[i64]) -> Evaluated {
    let mut shape = Vec::new();
    for (axis, size) in sizes.iter().enumerate() {
        shape.push(match size {
            0 => *x.shape.get(axis).ok_or("there is no size to keep")?,
            size => usize::try_from(*size).map_err(|_| "a size is negative".to_owned())?,
        });
    }
    if shape.iter().product::<usize>() != x.data.len() {
        return Err(format!("{:?} does not become {shape:?}", x.shape));
    }
    Ok(Tensor { shape, data: x.data.clone() })
}

/// `Transpose`.
pub(super) fn transpose(x: &Tensor, order: &[i64]) -> Evaluated {
    let rank = x.shape.len();
    let order: Vec<usize> = order.iter().map(|axis| axis_of(*axis, rank)).collect::<Result<_, _>>()?;
    if order.len() != rank {
        return Err("it takes an order of all axes".to_owned());
    }
    let steps: Vec<usize> = (0..rank).map(|axis| x.shape[axis + 1..].iter().product()).collect();
    let shape: Vec<usize> = order.iter().map(|axis| x.shape[*axis]).collect();
    let mut places = vec![0];
    for axis in order {
        places = places
            .iter()
            .flat_map(|place| (0..x.shape[axis]).map(move |i| (place, i)))
            .map(|(p, i)| p + i * steps[axis])
            .collect();
    }
    Ok(Tensor { shape, data: picked(&x.data, places.into_iter()) })
}

/// `Unsqueeze` of one axis.
pub(super) fn unsqueeze(x: &Tensor, axis: i64) -> Evaluated {
    let axis = axis_of(axis, x.shape.len() + 1)?;
    let mut shape = x.shape.clone();
    shape.insert(axis, 1);
    Ok(Tensor { shape, data: x.data.clone() })
}

/// `Squeeze` of one axis.
pub(super) fn squeeze(x: &Tensor, axis: i64) -> Evaluated {
    let axis = axis_of(axis, x.shape.len())?;
    let mut shape = x.shape.clone();
    if shape.remove(axis) != 1 {
        return Err("the axis is not of size 1".to_owned());
    }
    Ok(Tensor { shape, data: x.data.clone() })
}

/// `Slice` along one axis, step by step.
pub(super) fn slice(x: &Tensor, from: i64, to: i64, axis: i64) -> Evaluated {
    let axis = axis_of(axis, x.shape.len())?;
    let [n_before, n, n_inside] = around(&x.shape, axis);
    let end = |place: i64| {
        usize::try_from(place).map(|place| place.min(n)).map_err(|_| "an end is negative".to_owned())
    };
    let (from, to) = (end(from)?, end(to)?);
    let mut shape = x.shape.clone();
    shape[axis] = to.saturating_sub(from);
    let places =
        (0..n_before).flat_map(|before| (before * n + from) * n_inside..(before * n + to) * n_inside);
    Ok(Tensor { shape, data: picked(&x.data, places) })
}

/// `Pad` with zeros.
pub(super) fn pad(x: &Tensor, pads: &[i64]) -> Evaluated {
    let Data::F32(values) = &x.data else { return Err("it takes numbers in single precision".to_owned()) };
    let rank = x.shape.len();
    let pads: Option<Vec<usize>> = pads.iter().map(|pad| usize::try_from(*pad).ok()).collect();
    let pads = pads.filter(|pads| pads.len() == 2 * rank).ok_or("it takes two pads for each axis")?;
    let shape: Vec<usize> = (0..rank).map(|axis| pads[axis] + x.shape[axis] + pads[rank + axis]).collect();
    let mut places = vec![0];
    for axis in 0..rank {
        let inside = |place: &usize| (0..x.shape[axis]).map(move |i| (*place, i)).collect::<Vec<_>>();
        places =
            places.iter().flat_map(inside).map(|(place, i)| place * shape[axis] + pads[axis] + i).collect();
    }
    let mut padded = vec![0.0; shape.iter().product()];
    places.into_iter().zip(values).for_each(|(place, value)| padded[place] = *value);
    Ok(Tensor { shape, data: Data::F32(padded) })
}
