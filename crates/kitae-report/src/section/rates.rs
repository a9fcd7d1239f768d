//! Curves of one class against the rest: ROC, precision and recall, reliability.

use kitae_eval::intervals::wilson;
use kitae_eval::tests::LEVEL;

use crate::chart::Point;

/// How sure the networks were that a row is of a class, and whether it is.
pub(super) type Guess = (f64, bool);

/// A curve and the number that sums it up.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    pub(super) points: Vec<Point>,
    pub(super) area: f64,
}

/// (rows of the class, other rows) that are guessed with at least the sureness of each distinct one, the
/// highest first.
fn tallies(guesses: &[Guess]) -> Vec<(f64, f64)> {
    let mut sorted = guesses.to_vec();
    sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let (mut hits, mut misses) = (0.0, 0.0);
    let mut tallies = Vec::new();
    for tie in sorted.chunk_by(|a, b| a.0 == b.0) {
        let n_hits = tie.iter().filter(|guess| guess.1).count();
        hits += n_hits as f64;
        misses += (tie.len() - n_hits) as f64;
        tallies.push((hits, misses));
    }
    tallies
}

/// Share of the other rows that are taken for the class, and share of the class's rows that are found; the
/// area is the AUC. None if there are no rows of either kind.
pub(super) fn roc(guesses: &[Guess]) -> Option<Curve> {
    let tallies = tallies(guesses);
    let (all_hits, all_misses) = *tallies.last()?;
    if all_hits == 0.0 || all_misses == 0.0 {
        return None;
    }
    let mut points = vec![(0.0, 0.0)];
    points.extend(tallies.iter().map(|(hits, misses)| (misses / all_misses, hits / all_hits)));
    let area = points.windows(2).map(|pair| (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1));
    Some(Curve { area: area.sum(), points })
}

/// Share of the class's rows that are found, and share of those taken for the class that are; the area is
/// the average precision. None if there is no row of the class.
pub(super) fn precision_recall(guesses: &[Guess]) -> Option<Curve> {
    let tallies = tallies(guesses);
    let (all_hits, _) = *tallies.last()?;
    if all_hits == 0.0 {
        return None;
    }
    let points: Vec<Point> =
        tallies.iter().map(|(hits, misses)| (hits / all_hits, hits / (hits + misses))).collect();
    let before = std::iter::once(0.0).chain(points.iter().map(|point| point.0));
    let area = points.iter().zip(before).map(|(point, before)| (point.0 - before) * point.1).sum();
    Some(Curve { points, area })
}

/// Rows whose sureness falls into one range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bin {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) n_rows: usize,
    /// Mean sureness.
    pub(super) said: f64,
    /// Share of rows of the class.
    pub(super) was: f64,
    /// 95 % interval of that share, of Wilson (1927).
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Ranges of equal width from 0 to 1, without those that hold no row.
pub(super) fn reliability(guesses: &[Guess]) -> Vec<Bin> {
    const N_BINS: usize = 10;
    let mut sums = [(0_usize, 0.0, 0_usize); N_BINS];
    for (said, was) in guesses {
        let bin = ((said * N_BINS as f64) as usize).min(N_BINS - 1);
        sums[bin].0 += 1;
        sums[bin].1 += said;
        sums[bin].2 += usize::from(*was);
    }
    let bins = sums.iter().enumerate().filter(|(_, sum)| sum.0 > 0);
    let bin = |(at, (n_rows, said, hits)): (usize, &(usize, f64, usize))| {
        let n = *n_rows as f64;
        let was = *hits as f64 / n;
        let interval = wilson(*hits, *n_rows, LEVEL);
        let (low, high) = interval.map_or((was, was), |interval| (interval.low, interval.high));
        let (from, to) = (at as f64 / N_BINS as f64, (at + 1) as f64 / N_BINS as f64);
        Bin { from, to, n_rows: *n_rows, said: said / n, was, low, high }
    };
    bins.map(bin).collect()
}

#[cfg(test)]
mod tests {
    use kitae_eval::Classes;
    use kitae_eval::classification::{auc, average_precision};

    use super::*;

    #[test]
    fn areas_are_the_metrics_of_the_same_rows() {
        let said = [0.9, 0.8, 0.8, 0.4, 0.35, 0.35, 0.1];
        let was = [1, 0, 1, 1, 0, 1, 0];
        let probabilities: Vec<f64> = said.iter().flat_map(|said| [1.0 - said, *said]).collect();
        let classes = Classes::new(&was, &probabilities, 2).unwrap();
        let guesses: Vec<Guess> = said.iter().zip(was).map(|(said, was)| (*said, was == 1)).collect();
        assert!((roc(&guesses).unwrap().area - auc(&classes).unwrap()).abs() < 1e-12);
        let area = precision_recall(&guesses).unwrap().area;
        assert!((area - average_precision(&classes).unwrap()).abs() < 1e-12);
    }

    #[test]
    fn curves_of_one_kind_of_rows_are_not_drawn() {
        assert_eq!(roc(&[(0.5, true)]), None);
        assert_eq!(roc(&[]), None);
        assert_eq!(precision_recall(&[(0.5, false)]), None);
        assert!(reliability(&[]).is_empty());
    }

    #[test]
    fn bins_hold_every_row_once_and_intervals_hold_the_share() {
        let guesses: Vec<Guess> = (0..=100).map(|n| (f64::from(n) / 100.0, n % 3 == 0)).collect();
        let bins = reliability(&guesses);
        assert_eq!(bins.iter().map(|bin| bin.n_rows).sum::<usize>(), 101);
        assert!(bins.iter().all(|bin| bin.low <= bin.was && bin.was <= bin.high));
        // Statsmodels: proportion_confint(8, 10, method="wilson").
        let interval = wilson(8, 10, LEVEL).unwrap();
        assert!((interval.low - 0.490_162_47).abs() < 1e-6 && (interval.high - 0.943_317_8).abs() < 1e-6);
    }
}
