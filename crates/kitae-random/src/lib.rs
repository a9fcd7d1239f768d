//! Random streams that are addressed instead of consumed in order.
//!
//! A [`Stream`] is named by a seed, a [`Purpose`] and a position such as (lane, epoch, step).
//! The same name gives the same numbers on every machine, in every thread and in every release,
//! whatever was drawn before. So two networks trained side by side draw what each would draw alone,
//! and a run that is resumed draws what it would have drawn had it not stopped.
//!
//! The generator is `ChaCha` with 8 rounds (`ChaCha8`, D. J. Bernstein 2008), whose key holds the
//! name; no state is shared.
//!
//! ```
//! use kitae_random::{Purpose, Stream};
//!
//! let mut stream = Stream::new(42, Purpose::RowOrder, [0, 7, 0]);
//! let order = stream.permutation(5);
//! assert_eq!(order.len(), 5);
//! assert_eq!(order, Stream::new(42, Purpose::RowOrder, [0, 7, 0]).permutation(5));
//! ```

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What the numbers of a stream are for. The discriminant is part of the stream's name: it never
/// changes, and a new purpose takes a new number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// Which rows are sealed as test rows.
    Seal = 1,
    /// Which rows go to which fold or part.
    Split = 2,
    /// The order in which the rows of an epoch are fed.
    RowOrder = 3,
    /// Initial weights.
    Weights = 4,
    /// Dropout masks.
    Dropout = 5,
    /// Resampling of rows for intervals.
    Bootstrap = 6,
    /// Noise added to values while a transform is fitted.
    Noise = 7,
    /// Generated tables.
    Synthesis = 8,
    /// Subsamples of rows for estimates.
    Sample = 9,
    /// Augmentation of a batch.
    Augment = 10,
}

/// An endless sequence of random numbers with a name.
#[derive(Clone, Debug)]
pub struct Stream {
    generator: ChaCha8Rng,
    spare_normal: Option<f64>,
}

impl Stream {
    /// The stream called (`seed`, `purpose`, `position`). Two streams whose names differ anywhere
    /// are independent.
    pub fn new(seed: u64, purpose: Purpose, position: [u64; 3]) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        for (slot, word) in key[8..].chunks_exact_mut(8).zip(position) {
            slot.copy_from_slice(&word.to_le_bytes());
        }
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(purpose as u64);
        Self { generator, spare_normal: None }
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        self.generator.next_u32()
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Fills `bytes` with random bytes.
    pub fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.generator.fill_bytes(bytes);
    }

    /// A number in [0, 1), uniform over multiples of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// A number in [`low`, `high`), uniform.
    pub fn uniform_in(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// A standard normal number (Marsaglia's polar method).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare_normal = Some(y * factor);
                return x * factor;
            }
        }
    }

    /// A whole number in [0, `bound`), uniform without bias (Lemire 2019).
    ///
    /// # Panics
    ///
    /// If `bound` is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "`bound` must be positive");
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let wide = u128::from(self.next_u64()) * u128::from(bound);
            if wide as u64 >= threshold {
                return (wide >> 64) as u64;
            }
        }
    }

    /// Shuffles `items` in place (Fisher and Yates); every order is equally likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }

    /// The numbers 0 to `n` - 1 in random order.
    pub fn permutation(&mut self, n: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n as u32).collect();
        self.shuffle(&mut order);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(seed: u64) -> Stream {
        Stream::new(seed, Purpose::Split, [1, 2, 3])
    }

    #[test]
    fn numbers_stay_the_same_across_releases() {
        // Golden values: a change here would change every split and every trained network.
        let mut stream = Stream::new(42, Purpose::Weights, [1, 2, 3]);
        let words: Vec<u64> = (0..3).map(|_| stream.next_u64()).collect();
        assert_eq!(words, GOLDEN_WORDS);
        assert_eq!(Stream::new(0, Purpose::RowOrder, [0; 3]).permutation(8), GOLDEN_ORDER);
    }

    const GOLDEN_WORDS: [u64; 3] =
        [14_955_996_647_251_286_107, 3_149_301_879_875_286_885, 13_884_428_525_605_855_411];
    const GOLDEN_ORDER: [u32; 8] = [1, 3, 5, 7, 4, 2, 0, 6];

    #[test]
    fn every_part_of_the_name_matters() {
        let first = |seed, purpose, position| Stream::new(seed, purpose, position).next_u64();
        let base = first(1, Purpose::Split, [1, 2, 3]);
        assert_ne!(base, first(2, Purpose::Split, [1, 2, 3]));
        assert_ne!(base, first(1, Purpose::Seal, [1, 2, 3]));
        for i in 0..3 {
            let mut position = [1, 2, 3];
            position[i] += 1;
            assert_ne!(base, first(1, Purpose::Split, position));
        }
    }

    #[test]
    fn uniform_and_normal_have_the_right_moments() {
        let (n, mut stream) = (40_000, stream(3));
        let uniform: Vec<f64> = (0..n).map(|_| stream.uniform()).collect();
        assert!(uniform.iter().all(|x| (0.0..1.0).contains(x)));
        assert!((mean(&uniform) - 0.5).abs() < 0.01);
        let normal: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let square: Vec<f64> = normal.iter().map(|x| x * x).collect();
        assert!(mean(&normal).abs() < 0.02);
        assert!((mean(&square) - 1.0).abs() < 0.03);
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn below_reaches_every_number_about_equally_often() {
        let (mut counts, mut stream) = ([0; 7], stream(5));
        for _ in 0..70_000 {
            counts[stream.below(7) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }

    #[test]
    fn every_order_of_three_is_about_equally_likely() {
        let (mut counts, mut stream) = (std::collections::HashMap::new(), stream(7));
        for _ in 0..6_000 {
            *counts.entry(stream.permutation(3)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}
