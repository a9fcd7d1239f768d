//! Random matrices with orthonormal rows or columns.

use kitae_random::Stream;

/// A matrix of the given shape, row by row, whose rows, or columns if they are fewer, are orthogonal
/// and of length `scale`.
///
/// Gram and Schmidt's process over normal vectors, each made orthogonal twice, which is enough in
/// double precision (Giraud et al. 2005). It gives the uniform distribution over such matrices.
pub(crate) fn orthogonal(shape: [usize; 2], scale: f64, stream: &mut Stream) -> Vec<f32> {
    let [n_rows, n_cols] = shape;
    let (n_vectors, length) = (n_rows.min(n_cols), n_rows.max(n_cols));
    let mut vectors: Vec<Vec<f64>> = Vec::with_capacity(n_vectors);
    while vectors.len() < n_vectors {
        let mut vector: Vec<f64> = (0..length).map(|_| stream.normal()).collect();
        for _ in 0..2 {
            for other in &vectors {
                let overlap = dot(&vector, other);
                vector.iter_mut().zip(other).for_each(|(x, y)| *x -= overlap * y);
            }
        }
        let norm = dot(&vector, &vector).sqrt();
        // What is left of a vector may be rounding noise, with a chance of about 1e-8; then another
        // is drawn.
        if norm > 1e-8 {
            vectors.push(vector.into_iter().map(|x| x / norm).collect());
        }
    }
    let at = |row: usize, col: usize| if n_rows <= n_cols { vectors[row][col] } else { vectors[col][row] };
    let cells = (0..n_rows).flat_map(|row| (0..n_cols).map(move |col| (row, col)));
    cells.map(|(row, col)| (at(row, col) * scale) as f32).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
