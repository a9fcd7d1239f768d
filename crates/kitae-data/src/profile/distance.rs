//! How far the cells of a column are from those of a profile.

use super::{ColumnProfile, RANKS};
use crate::table::{Cells, MISSING, UNSEEN};

impl ColumnProfile {
    /// The least that the distance of `cells` from the `n_rows` rows of the profile can be, from 0 to 1. The distance
    /// is that of Kolmogorov and Smirnov for numbers and times, a missing cell being below all of them, and the total
    /// variation for categories. The profile knows numbers at [`RANKS`] alone, and of categories how many were missing
    /// and that none was unseen, so the distance itself may be larger. No cell is no distance.
    pub fn distance(&self, cells: &Cells, n_rows: usize) -> f64 {
        let missing = self.n_missing as f64 / n_rows.max(1) as f64;
        match (cells, &self.quantiles) {
            (_, _) if cells.is_empty() => 0.0,
            (Cells::Levels { codes, .. }, _) => {
                let share = |wanted| share(codes.iter().filter(|code| **code == wanted).count(), codes.len());
                let (new_missing, unseen) = (share(MISSING), share(UNSEEN));
                // The shares of unseen, missing and known levels.
                (unseen + (new_missing - missing).abs() + (new_missing + unseen - missing).abs()) / 2.0
            }
            (Cells::Numbers(values), None) => (share_missing(values) - missing).abs(),
            (Cells::Numbers(values), Some(quantiles)) => of_numbers(values, quantiles, missing),
        }
    }
}

/// At a value that is the quantile of several ranks, no more training values than the lowest say lie below it, and no
/// fewer than the highest say at or below it.
fn of_numbers(values: &[f64], quantiles: &[f64; RANKS.len()], missing: f64) -> f64 {
    let mut distance = (share_missing(values) - missing).abs();
    for quantile in quantiles {
        let is_here = |rank: &usize| quantiles[*rank] == *quantile;
        let rank = |place: Option<usize>| place.map_or(0.0, |place| missing + (1.0 - missing) * RANKS[place]);
        let lowest = rank((0..RANKS.len()).find(is_here));
        let highest = rank((0..RANKS.len()).rfind(is_here));
        let below = values.iter().filter(|value| value.is_nan() || *value < quantile).count();
        let up_to = values.iter().filter(|value| value.is_nan() || *value <= quantile).count();
        distance =
            distance.max(share(below, values.len()) - lowest).max(highest - share(up_to, values.len()));
    }
    distance
}

fn share_missing(values: &[f64]) -> f64 {
    share(values.iter().filter(|value| value.is_nan()).count(), values.len())
}

fn share(n: usize, of: usize) -> f64 {
    n as f64 / of.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;
    use crate::table::{Column, Table};

    fn distance(old: Cells, new: &Cells) -> f64 {
        let n_rows = old.len();
        let table = Table { columns: vec![Column { name: "x".to_owned(), cells: old }], n_rows };
        let rows: Vec<u32> = (0..n_rows as u32).collect();
        Profile::of(&table, &rows, ["x"]).columns[0].distance(new, n_rows)
    }

    fn numbers(values: &[f64]) -> Cells {
        Cells::Numbers(values.to_vec())
    }

    /// The distance of Kolmogorov and Smirnov, value by value.
    fn kolmogorov_smirnov(old: &[f64], new: &[f64]) -> f64 {
        let below = |values: &[f64], value: f64| {
            share(values.iter().filter(|other| other.is_nan() || **other <= value).count(), values.len())
        };
        let at = |value: &f64| if value.is_nan() { f64::NEG_INFINITY } else { *value };
        let values = old.iter().chain(new).map(at);
        values.map(|value| (below(old, value) - below(new, value)).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn it_is_never_more_than_that_of_all_values_and_near_it() {
        let old: Vec<f64> = (0..1001).map(f64::from).collect();
        let tied: Vec<f64> = (0..1001).map(|i| f64::from(i % 3)).collect();
        let holey: Vec<f64> = (0..1001).map(|i| if i % 4 == 0 { f64::NAN } else { f64::from(i) }).collect();
        for old in [&old, &tied, &holey] {
            assert!(distance(numbers(old), &numbers(old)) < 2e-3);
            for shift in [0.0, 0.5, 1.0, 100.0, 300.0, 2000.0] {
                for stretch in [1.0, 0.1, 0.0, -1.0] {
                    let new: Vec<f64> = old.iter().map(|value| value * stretch + shift).collect();
                    let (bound, exact) =
                        (distance(numbers(old), &numbers(&new)), kolmogorov_smirnov(old, &new));
                    // A rank is that of a row to one row in a thousand.
                    assert!(bound <= exact + 2e-3, "{shift} {stretch}: {bound} of {exact}");
                    assert!(bound >= exact - 0.26, "{shift} {stretch}: {bound} of {exact}");
                }
            }
        }
        assert_eq!(distance(numbers(&old), &numbers(&[5000.0; 3])), 1.0);
        assert_eq!(distance(numbers(&old), &numbers(&[f64::NAN; 3])), 1.0);
        assert_eq!(distance(numbers(&old), &numbers(&[])), 0.0);
    }

    #[test]
    fn categories_differ_by_what_is_missing_and_unseen() {
        let levels =
            |codes: &[u32]| Cells::Levels { codes: codes.to_vec(), levels: vec!["a".into(), "b".into()] };
        let old = || levels(&[1, 2, 1, MISSING]);
        assert_eq!(distance(old(), &levels(&[2, 2, 2, MISSING])), 0.0);
        assert_eq!(distance(old(), &levels(&[2, 1, MISSING, MISSING])), 0.25);
        assert_eq!(distance(old(), &levels(&[UNSEEN, UNSEEN, 1, MISSING])), 0.5);
        assert_eq!(distance(old(), &levels(&[UNSEEN; 4])), 1.0);
    }
}
