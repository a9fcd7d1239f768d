//! Shares: numbers between 0 and 1 with a beta distribution.

use crate::Stream;

impl Stream {
    /// A number in [0, 1] with the distribution Beta(`shape`, `shape`): uniform for 1, near 0 or 1
    /// below, near one half above.
    ///
    /// It is the share of one of two gamma numbers in their sum (Marsaglia and Tsang 2000), whose
    /// logarithms are compared, so that even the smallest shape gives a number.
    ///
    /// ```
    /// use kitae_random::{Purpose, Stream};
    ///
    /// let mut stream = Stream::new(42, Purpose::Augment, [0; 3]);
    /// let mut n_middle = |shape| {
    ///     (0..1_000).filter(|_| (0.25..0.75).contains(&stream.symmetric_beta(shape))).count()
    /// };
    /// let counts = [n_middle(0.1), n_middle(1.0), n_middle(10.0)];
    /// assert!(counts[0] < 200 && (440..560).contains(&counts[1]) && counts[2] > 950, "{counts:?}");
    /// ```
    ///
    /// # Panics
    ///
    /// If `shape` is not positive and finite.
    pub fn symmetric_beta(&mut self, shape: f64) -> f64 {
        assert!(shape > 0.0 && shape.is_finite(), "`shape` must be positive, got {shape}");
        let (own, other) = (self.log_gamma_number(shape), self.log_gamma_number(shape));
        1.0 / (1.0 + (other - own).exp())
    }

    /// The logarithm of a number with a gamma distribution of this shape and scale 1.
    fn log_gamma_number(&mut self, shape: f64) -> f64 {
        if shape >= 1.0 {
            return self.gamma_number(shape).ln();
        }
        // 1 - uniform is never 0.
        let boost = (1.0 - self.uniform()).ln() / shape;
        self.gamma_number(shape + 1.0).ln() + boost
    }

    /// Marsaglia and Tsang's method, for shapes from 1.
    fn gamma_number(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            let u = 1.0 - self.uniform();
            if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Purpose, Stream};

    /// Beta(a, a) has the mean 1/2 and the variance 1/(4·(2a + 1)).
    #[test]
    fn shares_have_the_mean_and_the_variance_of_a_beta_distribution() {
        for (number, shape) in (0..).zip([0.05, 0.2, 0.5, 1.0, 2.0, 20.0]) {
            let mut stream = Stream::new(5, Purpose::Augment, [number, 0, 0]);
            let shares: Vec<f64> = (0..20_000).map(|_| stream.symmetric_beta(shape)).collect();
            assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
            let mean = shares.iter().sum::<f64>() / 20_000.0;
            let variance = shares.iter().map(|share| (share - 0.5).powi(2)).sum::<f64>() / 20_000.0;
            let expected = 1.0 / (4.0 * (2.0 * shape + 1.0));
            assert!((mean - 0.5).abs() < 0.012, "{shape}: {mean}");
            assert!((variance / expected - 1.0).abs() < 0.04, "{shape}: {variance} {expected}");
        }
    }

    #[test]
    fn a_shape_of_one_is_uniform() {
        let mut stream = Stream::new(6, Purpose::Augment, [0; 3]);
        let mut tenths = [0; 10];
        for _ in 0..20_000 {
            tenths[((stream.symmetric_beta(1.0) * 10.0) as usize).min(9)] += 1;
        }
        assert!(tenths.iter().all(|count| (1_830..2_170).contains(count)), "{tenths:?}");
    }

    #[test]
    fn the_most_extreme_shapes_give_numbers() {
        let mut stream = Stream::new(7, Purpose::Augment, [0; 3]);
        for shape in [1e-300, 1e-6, 1e6, 1e300] {
            assert!((0..100).all(|_| (0.0..=1.0).contains(&stream.symmetric_beta(shape))), "{shape}");
        }
    }
}
