//! The standard normal distribution.

use std::f64::consts::{PI, SQRT_2};

/// The density at `z`.
pub(crate) fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// The chance of a number below `z`.
pub(crate) fn cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_scipys() {
        // scipy.stats.norm.cdf([-3, -1, 0, 0.5, 2]), .pdf(1)
        let expected = [0.001_349_898, 0.158_655_254, 0.5, 0.691_462_461, 0.977_249_868];
        for (z, expected) in [-3.0, -1.0, 0.0, 0.5, 2.0].into_iter().zip(expected) {
            assert!((cdf(z) - expected).abs() < 1e-9, "{z}: {}", cdf(z));
        }
        assert!((density(1.0) - 0.241_970_725).abs() < 1e-9);
    }
}
