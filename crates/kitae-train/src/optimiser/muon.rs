//! Muon's orthogonal steps.
//!
//! Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024): the step is the
//! momentum with its singular values pushed to about 1 by a quintic Newton–Schulz iteration.

use burn::tensor::Tensor;
use kitae_model::host::{Before, Matrix, multiply};

use super::config::MuonScale;

/// The quintic's coefficients: the steepest slope at zero that still lands between 0.7 and 1.2.
const QUINTIC: [f64; 3] = [3.4445, -4.7750, 2.0315];

/// Jordan's guard against a gradient of zero.
const EPSILON: f64 = 1e-7;

/// Each lane's matrix with its singular values near 1, `[n_lanes, d_in, d_out]`.
pub(super) fn orthogonal(matrix: Tensor<3>, iterations: usize) -> Tensor<3> {
    let [_, d_in, d_out] = matrix.dims();
    let norm = matrix.clone().square().sum_dim(2).sum_dim(1).sqrt(); // [n_lanes, 1, 1]
    let unit = matrix.div(norm.add_scalar(EPSILON));
    // The products are as small as the shorter side.
    if d_in > d_out { iterate(unit.transpose(), iterations).transpose() } else { iterate(unit, iterations) }
}

/// X ← a·X + (b·A + c·A²)·X with A = X·Xᵀ.
fn iterate(mut x: Tensor<3>, iterations: usize) -> Tensor<3> {
    let [a, b, c] = QUINTIC;
    for _ in 0..iterations {
        let gram = x.clone().matmul(x.clone().transpose());
        let square = gram.clone().matmul(gram.clone()).mul_scalar(c);
        let polynomial = gram.mul_scalar(b).add(square);
        x = polynomial.matmul(x.clone()).add(x.mul_scalar(a));
    }
    x
}

/// As [`orthogonal`], of one row-major matrix `[d_in, d_out]` on host memory.
pub(super) fn orthogonal_on_host(mut x: Vec<f32>, [d_in, d_out]: [usize; 2], iterations: usize) -> Vec<f32> {
    let norm = x.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    let unit = (norm + EPSILON).recip() as f32;
    for value in &mut x {
        *value *= unit;
    }
    let [a, b, c] = QUINTIC.map(|coefficient| coefficient as f32);
    let n = d_in.min(d_out);
    let mut gram = vec![0.0; n * n];
    for _ in 0..iterations {
        let matrix = Matrix::new(&x, d_in, d_out);
        let [left, right] =
            if d_in > d_out { [matrix.transposed(), matrix] } else { [matrix, matrix.transposed()] };
        multiply(&mut gram, left, right, 1.0, Before::Forget);
        let mut polynomial: Vec<f32> = gram.iter().map(|value| b * value).collect();
        let square = Matrix::new(&gram, n, n);
        multiply(&mut polynomial, square, square, c, Before::Add);
        let polynomial = Matrix::new(&polynomial, n, n);
        let mut next: Vec<f32> = x.iter().map(|value| a * value).collect();
        let [left, right] = if d_in > d_out { [matrix, polynomial] } else { [polynomial, matrix] };
        multiply(&mut next, left, right, 1.0, Before::Add);
        x = next;
    }
    x
}

/// The factor of a step for a matrix of this shape.
pub(super) fn length(scale: MuonScale, [d_in, d_out]: [usize; 2]) -> f64 {
    let (d_in, d_out) = (d_in.max(1) as f64, d_out.max(1) as f64);
    match scale {
        MuonScale::LikeAdam => 0.2 * d_in.max(d_out).sqrt(),
        MuonScale::Aspect => (d_out / d_in).max(1.0).sqrt(),
    }
}
