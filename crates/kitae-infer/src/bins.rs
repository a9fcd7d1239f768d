//! Edges of bins.

/// Whether a bin of this width can be divided by it.
pub fn is_width(width: f32) -> bool {
    width > 0.0 && width.is_finite() && width.recip().is_finite()
}

/// Whether edges are those of bins: some with a width, and after the last the same edge
/// again.
pub fn are_bins(edges: &[f32]) -> bool {
    let n_bins = edges.windows(2).take_while(|pair| is_width(pair[1] - pair[0])).count();
    edges[n_bins..].iter().all(|edge| *edge == edges[n_bins])
}
