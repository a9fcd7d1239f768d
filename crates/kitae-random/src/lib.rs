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

mod beta;

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
    /// What a search tries next.
    Search = 11,
    /// Permutations of a column's cells, to see what depends on them.
    Permutation = 16,
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
    ///
    /// ```
    /// use kitae_random::{Purpose, Stream};
    ///
    /// // The same on every machine and in every release.
    /// let mut stream = Stream::new(42, Purpose::Weights, [1, 2, 3]);
    /// assert_eq!(stream.next_u64(), 14_955_996_647_251_286_107);
    /// // Another place, other numbers.
    /// assert_ne!(Stream::new(42, Purpose::Weights, [1, 2, 4]).next_u64(), 14_955_996_647_251_286_107);
    /// ```
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
    ///
    /// ```
    /// use kitae_random::{Purpose, Stream};
    ///
    /// let (mut bytes, mut again) = ([0; 12], [0; 12]);
    /// Stream::new(42, Purpose::Noise, [0; 3]).fill_bytes(&mut bytes);
    /// Stream::new(42, Purpose::Noise, [0; 3]).fill_bytes(&mut again);
    /// assert_ne!(bytes, [0; 12]);
    /// assert_eq!(bytes, again);
    /// ```
    pub fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.generator.fill_bytes(bytes);
    }

    /// A number in [0, 1), uniform over multiples of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// A number in [`low`, `high`), uniform.
    ///
    /// ```
    /// use kitae_random::{Purpose, Stream};
    ///
    /// // A learning rate between 0.0001 and 0.1, each power of ten as likely as the others.
    /// let mut stream = Stream::new(42, Purpose::Sample, [0; 3]);
    /// let rates: Vec<f64> = (0..1_000).map(|_| 10_f64.powf(stream.uniform_in(-4.0, -1.0))).collect();
    /// assert!(rates.iter().all(|rate| (1e-4..0.1).contains(rate)));
    /// assert!((270..400).contains(&rates.iter().filter(|rate| **rate < 1e-3).count()));
    /// ```
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

/// Random numbers that are addressed by their place: the number at a place is the same whatever
/// others are asked for, and loops over places become vector code. Made for masks of many elements,
/// where a cipher would cost more than what is masked.
///
/// It is a keyed integer hash of the place, good enough for dropout; for splits and weights use the
/// [`Stream`] itself.
///
/// ```
/// use kitae_random::{Places, Purpose, Stream};
///
/// // A mask that lets three elements in four through.
/// let places = Places::new(&mut Stream::new(42, Purpose::Dropout, [0; 3]));
/// let is_kept = |place: u32| places.at(place) >= 1 << 30;
/// let n_kept = (0..10_000).filter(|place| is_kept(*place)).count();
/// assert!((7_300..7_700).contains(&n_kept));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Places {
    key: [u32; 2],
}

impl Places {
    /// What the three multiplications multiply by; see [`at`](Self::at).
    pub const FACTORS: [u32; 3] = [0x9e37_79b9, 0x7feb_352d, 0x846c_a68b];

    /// Numbers whose key are the next 64 bits of `stream`.
    pub fn new(stream: &mut Stream) -> Self {
        Self { key: [stream.next_u32(), stream.next_u32()] }
    }

    /// The key, for a device that computes [`at`](Self::at) for many places at once.
    ///
    /// ```
    /// use kitae_random::{Places, Purpose, Stream};
    ///
    /// let places = Places::new(&mut Stream::new(42, Purpose::Dropout, [0; 3]));
    /// let [first, second] = places.key();
    /// let [spread, one, two] = Places::FACTORS;
    /// let mut x = 7_u32.wrapping_mul(spread).wrapping_add(first);
    /// x = (x ^ (x >> 16)).wrapping_mul(one);
    /// x = (x ^ (x >> 15) ^ second).wrapping_mul(two);
    /// assert_eq!(places.at(7), x ^ (x >> 16));
    /// ```
    pub fn key(self) -> [u32; 2] {
        self.key
    }

    /// The 32 random bits at a place.
    #[inline]
    pub fn at(self, place: u32) -> u32 {
        // The places are spread over all numbers by the golden ratio, then mixed as in the hash
        // functions of the murmur family; the second half of the key comes in between.
        let [spread, one, two] = Self::FACTORS;
        let mut x = place.wrapping_mul(spread).wrapping_add(self.key[0]);
        x = (x ^ (x >> 16)).wrapping_mul(one);
        x = (x ^ (x >> 15) ^ self.key[1]).wrapping_mul(two);
        x ^ (x >> 16)
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

    #[test]
    fn places_have_random_bits_of_their_own() {
        let places = Places::new(&mut stream(1));
        let bits: Vec<u32> = (0..40_000).map(|place| places.at(place)).collect();
        assert_eq!(bits[7], places.at(7));
        for bit in 0..32 {
            let of = |x: &u32| f64::from((x >> bit) & 1);
            let ones: Vec<f64> = bits.iter().map(of).collect();
            // Neighbours, neighbours of neighbours, and places of another key agree half of the time.
            let agree = |other: &dyn Fn(usize) -> u32| {
                let same = |i: usize| f64::from(u8::from((bits[i] ^ other(i)) >> bit & 1 == 0));
                mean(&(0..39_990).map(same).collect::<Vec<_>>())
            };
            let others = Places::new(&mut stream(2));
            let shares = [
                mean(&ones),
                agree(&|i| bits[i + 1]),
                agree(&|i| bits[i + 2]),
                agree(&|i| others.at(i as u32)),
            ];
            assert!(shares.iter().all(|share| (share - 0.5).abs() < 0.015), "bit {bit}: {shares:?}");
        }
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
