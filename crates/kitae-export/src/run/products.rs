//! `MatMul` with broadcast axes in front.

use std::ops::{AddAssign, Mul};

use super::elementwise::{broadcast, places};
use super::node::Evaluated;
use crate::onnx::{Data, Tensor};

/// `[…, n, k]` times `[…, k, m]`.
pub(super) fn matmul(a: &Tensor, b: &Tensor) -> Evaluated {
    let ([a_front @ .., n, k], [b_front @ .., k_again, m]) = (&a.shape[..], &b.shape[..]) else {
        return Err("it takes matrices".to_owned());
    };
    if k != k_again {
        return Err(format!("{:?} does not fit {:?}", a.shape, b.shape));
    }
    let front = broadcast(&[a_front, b_front])?;
    let pairs: Vec<(usize, usize)> =
        places(a_front, &front).into_iter().zip(places(b_front, &front)).collect();
    let sizes = [*n, *k, *m];
    let data = match (&a.data, &b.data) {
        (Data::F32(x), Data::F32(y)) => Data::F32(products(x, y, &pairs, sizes)),
        (Data::F64(x), Data::F64(y)) => Data::F64(products(x, y, &pairs, sizes)),
        _ => return Err("it takes floating-point numbers of one type".to_owned()),
    };
    Ok(Tensor { shape: [&front[..], &[*n, *m]].concat(), data })
}

fn products<T: Copy + Default + AddAssign + Mul<Output = T>>(
    x: &[T],
    y: &[T],
    pairs: &[(usize, usize)],
    [n, k, m]: [usize; 3],
) -> Vec<T> {
    let mut all = vec![T::default(); pairs.len() * n * m];
    for (result, (a, b)) in all.chunks_exact_mut((n * m).max(1)).zip(pairs) {
        let (x, y) = (&x[a * n * k..][..n * k], &y[b * k * m..][..k * m]);
        for (row, result) in x.chunks_exact(k.max(1)).zip(result.chunks_exact_mut(m.max(1))) {
            for (factor, vector) in row.iter().zip(y.chunks_exact(m.max(1))) {
                result.iter_mut().zip(vector).for_each(|(sum, value)| *sum += *factor * *value);
            }
        }
    }
    all
}
