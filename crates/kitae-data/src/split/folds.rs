//! Folds: every row is held exactly once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use kitae_random::{Purpose, Stream};

use super::order::{
    by_class, by_group, by_time, by_unit, by_value, checked_rows, cut_between_times, stretches, whole,
};
use super::{Parts, SplitError, Strata};

/// The first word of the random streams used here; it keeps them apart from those of other splits.
const STREAM: u64 = 1;

/// The held rows of each of `n_folds` folds. Every row is in exactly one fold.
///
/// - [`Strata::None`], [`Strata::Classes`], [`Strata::Values`]: fold sizes differ by at most one, and
///   so do the counts of each class in the folds, however rare the class. Values are assigned in blocks
///   of `n_folds` neighbours in size, one to each fold.
/// - [`Strata::Groups`]: a group is in one fold; the largest groups are placed first, each into the
///   fold that is smallest so far.
/// - [`Strata::Together`]: a unit is in one fold; units are split as rows are.
/// - [`Strata::Time`]: each fold is a stretch of time, the earliest first, and sizes differ by at most
///   one. Rows before and after a held stretch train together; see [`forward_chain`] for training on
///   the past alone. The seed plays no part.
///
/// # Errors
///
/// If `n_folds` is below 2 or above the number of rows (or groups), or a row is repeated, outside the
/// strata or without a stratum.
pub fn k_fold(rows: &[u32], strata: &Strata, n_folds: usize, seed: u64) -> Result<Vec<Vec<u32>>, SplitError> {
    let rows = checked_rows(rows, strata)?;
    check_count(n_folds, 2, rows.len(), rows.len())?;
    deal(rows, strata, n_folds, Stream::new(seed, Purpose::Split, [STREAM, 0, 0]))
}

/// How [`repeated_k_fold`] repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepeatConfig {
    /// Folds in each repeat, at least 2.
    pub n_folds: usize,
    /// How often the rows are split anew, at least 1.
    pub n_repeats: usize,
    /// Where all randomness comes from.
    pub seed: u64,
}

/// [`k_fold`] several times with fresh randomness: for each repeat the held rows of each fold. The
/// first repeat is what `k_fold` gives for the same seed.
///
/// # Errors
///
/// As [`k_fold`]; also if `n_repeats` is 0, or above 1 for [`Strata::Time`], whose folds would all be
/// the same.
pub fn repeated_k_fold(
    rows: &[u32],
    strata: &Strata,
    config: &RepeatConfig,
) -> Result<Vec<Vec<Vec<u32>>>, SplitError> {
    let RepeatConfig { n_folds, n_repeats, seed } = *config;
    match (n_repeats, strata) {
        (0, _) => return Err(SplitError::NoRepeats),
        (2.., Strata::Time(_)) => return Err(SplitError::RepeatedTime { n_repeats }),
        _ => {}
    }
    let rows = checked_rows(rows, strata)?;
    check_count(n_folds, 2, rows.len(), rows.len())?;
    (0..n_repeats as u64)
        .map(|repeat| Stream::new(seed, Purpose::Split, [STREAM, repeat, 0]))
        .map(|stream| deal(rows.clone(), strata, n_folds, stream))
        .collect()
}

/// Training rows and held rows of each fold where the held rows always come later: the rows are cut
/// into `n_folds` + 1 stretches of time, and fold i trains on the first i + 1 and holds the next.
/// The rows of the first stretch are never held. Rows of the same time stay in one stretch, so with few
/// distinct times there are fewer folds.
///
/// # Errors
///
/// If `n_folds` is 0 or not below the number of rows, a row is repeated, outside `times` or without a
/// time, or all rows have the same time.
pub fn forward_chain(rows: &[u32], times: &[f64], n_folds: usize) -> Result<Vec<Parts>, SplitError> {
    let rows = checked_rows(rows, &Strata::Time(times))?;
    check_count(n_folds, 1, rows.len().saturating_sub(1), rows.len())?;
    let rows = by_time(rows, times);
    let even = |part: usize| part * rows.len() / (n_folds + 1);
    let cuts: Option<Vec<usize>> =
        (1..=n_folds).map(|part| cut_between_times(&rows, times, even(part))).collect();
    let mut cuts = cuts.ok_or(SplitError::OneTime)?;
    cuts.sort_unstable();
    cuts.dedup();
    let ends = cuts[1..].iter().copied().chain([rows.len()]);
    let fold =
        |(cut, end): (&usize, usize)| (sorted(rows[..*cut].to_vec()), sorted(rows[*cut..end].to_vec()));
    Ok(cuts.iter().zip(ends).map(fold).collect())
}

fn check_count(n_folds: usize, least: usize, most: usize, n_rows: usize) -> Result<(), SplitError> {
    if (least..=most).contains(&n_folds) {
        Ok(())
    } else {
        Err(SplitError::FoldCount { n_folds, least, most, n_rows })
    }
}

fn deal(
    mut rows: Vec<u32>,
    strata: &Strata,
    n_folds: usize,
    mut stream: Stream,
) -> Result<Vec<Vec<u32>>, SplitError> {
    let folds = match strata {
        Strata::None => {
            stream.shuffle(&mut rows);
            in_turn(&rows, n_folds)
        }
        Strata::Classes(codes) => in_turn(&by_class(rows, codes, &mut stream), n_folds),
        Strata::Values(values) => {
            let mut rows = by_value(rows, values, &mut stream);
            rows.chunks_mut(n_folds).for_each(|block| stream.shuffle(block));
            in_turn(&rows, n_folds)
        }
        Strata::Groups(groups) => group_folds(by_group(&rows, groups, &mut stream), n_folds)?,
        Strata::Time(times) => stretches(&by_time(rows, times), n_folds),
        Strata::Together { units, strata } => {
            let (firsts, members) = by_unit(&rows, units);
            if firsts.len() < n_folds {
                return Err(SplitError::TooFewUnits { n_parts: n_folds, n_units: firsts.len() });
            }
            let folds = deal(firsts, strata, n_folds, stream)?;
            folds.iter().map(|firsts| whole(firsts, &members)).collect()
        }
    };
    Ok(folds.into_iter().map(sorted).collect())
}

/// One row to each fold in turn, so neighbours that fill a stretch of any length are shared out evenly.
fn in_turn(rows: &[u32], n_folds: usize) -> Vec<Vec<u32>> {
    (0..n_folds).map(|fold| rows.iter().skip(fold).step_by(n_folds).copied().collect()).collect()
}

fn group_folds(mut groups: Vec<Vec<u32>>, n_folds: usize) -> Result<Vec<Vec<u32>>, SplitError> {
    if groups.len() < n_folds {
        return Err(SplitError::TooFewGroups { n_parts: n_folds, n_groups: groups.len() });
    }
    groups.sort_by_key(|group| Reverse(group.len()));
    let mut folds = vec![Vec::new(); n_folds];
    let mut sizes: BinaryHeap<Reverse<(usize, usize)>> =
        (0..n_folds).map(|fold| Reverse((0, fold))).collect();
    for group in groups {
        if let Some(mut smallest) = sizes.peek_mut() {
            folds[smallest.0.1].extend(&group);
            smallest.0.0 += group.len();
        }
    }
    Ok(folds)
}

fn sorted(mut rows: Vec<u32>) -> Vec<u32> {
    rows.sort_unstable();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up_to(n: usize) -> Vec<u32> {
        (0..n as u32).collect()
    }

    /// Class patterns that range from one class to a class for each row, rare ones included.
    fn class_patterns(n: usize) -> Vec<Vec<u32>> {
        let n = n as u32;
        vec![
            vec![0; n as usize],
            (0..n).map(|row| row % 2).collect(),
            (0..n).map(|row| row % 3).collect(),
            (0..n).map(|row| u32::from(row == n / 2)).collect(),
            (0..n).map(u32::isqrt).collect(),
            (0..n).map(|row| 7 * u32::from(row % 5 == 0) + u32::from(row + 2 >= n)).collect(),
            (0..n).rev().collect(),
        ]
    }

    fn check_cover(folds: &[Vec<u32>], n: usize) {
        assert!(folds.iter().all(|fold| fold.is_sorted() && !fold.is_empty()), "{folds:?}");
        assert_eq!(sorted(folds.concat()), up_to(n));
    }

    fn spread(counts: impl Iterator<Item = usize> + Clone) -> usize {
        counts.clone().max().unwrap() - counts.min().unwrap()
    }

    #[test]
    fn folds_cover_every_row_once_and_share_out_every_class_evenly() {
        for n in 2..=30 {
            for n_folds in 2..=n {
                for classes in class_patterns(n) {
                    let folds = k_fold(&up_to(n), &Strata::Classes(&classes), n_folds, n as u64).unwrap();
                    check_cover(&folds, n);
                    assert!(spread(folds.iter().map(Vec::len)) <= 1);
                    for class in &classes {
                        let count = |fold: &Vec<u32>| {
                            fold.iter().filter(|row| classes[**row as usize] == *class).count()
                        };
                        assert!(spread(folds.iter().map(count)) <= 1, "{n} {n_folds} {classes:?} {folds:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn folds_without_strata_and_folds_in_time_cover_and_differ_by_at_most_one() {
        for n in 2..=30 {
            let times: Vec<f64> = (0..n).map(|row| -(row as f64)).collect();
            for n_folds in 2..=n {
                for strata in [Strata::None, Strata::Time(&times)] {
                    let folds = k_fold(&up_to(n), &strata, n_folds, 1).unwrap();
                    check_cover(&folds, n);
                    assert!(spread(folds.iter().map(Vec::len)) <= 1);
                }
            }
        }
    }

    #[test]
    fn every_fold_holds_one_of_each_block_of_neighbouring_values() {
        for n in 2..=30 {
            let values: Vec<f64> = (0..n).map(|row| f64::from((row * 7 % n) as u32) - 3.0).collect();
            let by_size = by_time(up_to(n), &values);
            for n_folds in 2..=n {
                let folds = k_fold(&up_to(n), &Strata::Values(&values), n_folds, 5).unwrap();
                check_cover(&folds, n);
                // Equal values may change places, so only tables without them have clear blocks.
                if !n.is_multiple_of(7) {
                    for block in by_size.chunks(n_folds) {
                        let held = |fold: &Vec<u32>| block.iter().filter(|row| fold.contains(row)).count();
                        assert!(folds.iter().map(held).max() == Some(1), "{n} {n_folds} {folds:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_group_is_never_in_two_folds_and_sizes_are_as_even_as_greedy_allows() {
        for n in 2..=30 {
            for groups in class_patterns(n) {
                let n_groups = sorted(groups.clone()).chunk_by(|a, b| a == b).count();
                let largest = groups.iter().map(|g| groups.iter().filter(|h| *h == g).count()).max().unwrap();
                for n_folds in 2..=n {
                    let folds = k_fold(&up_to(n), &Strata::Groups(&groups), n_folds, 3);
                    if n_groups < n_folds {
                        assert_eq!(folds, Err(SplitError::TooFewGroups { n_parts: n_folds, n_groups }));
                        continue;
                    }
                    let folds = folds.unwrap();
                    check_cover(&folds, n);
                    assert!(spread(folds.iter().map(Vec::len)) <= largest);
                    for group in &groups {
                        let holds = |fold: &&Vec<u32>| fold.iter().any(|row| groups[*row as usize] == *group);
                        assert_eq!(folds.iter().filter(holds).count(), 1);
                    }
                }
            }
        }
    }

    #[test]
    fn folds_in_time_follow_each_other() {
        let times = [50.0, 10.0, 30.0, 20.0, 40.0];
        let folds = k_fold(&up_to(5), &Strata::Time(&times), 2, 0).unwrap();
        assert_eq!(folds, [vec![1, 3], vec![0, 2, 4]]);
    }

    #[test]
    fn rows_of_the_same_time_are_never_parted() {
        let times = [1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 3.0, 3.0];
        let folds = forward_chain(&up_to(8), &times, 3).unwrap();
        assert_eq!(folds, [(vec![0, 1], vec![2, 3, 4, 5]), (vec![0, 1, 2, 3, 4, 5], vec![6, 7])]);
        assert_eq!(forward_chain(&up_to(3), &[5.0; 3], 1), Err(SplitError::OneTime));
    }

    #[test]
    fn forward_chain_trains_on_the_past_alone() {
        let times = [50.0, 10.0, 30.0, 20.0, 40.0, 60.0];
        let folds = forward_chain(&up_to(6), &times, 2).unwrap();
        assert_eq!(folds, [(vec![1, 3], vec![2, 4]), (vec![1, 2, 3, 4], vec![0, 5])]);
        let too_many = forward_chain(&up_to(6), &times, 6);
        assert_eq!(too_many, Err(SplitError::FoldCount { n_folds: 6, least: 1, most: 5, n_rows: 6 }));
        assert!(forward_chain(&[], &[], 1).is_err());
    }

    #[test]
    fn folds_stay_the_same_across_releases() {
        // Golden values: a change here would change every score that was ever reported.
        let classes = [0, 1, 0, 1, 0, 1, 0, 1, 2, 0];
        let values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0];
        let groups = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
        let folds = |strata| k_fold(&up_to(10), &strata, 3, 42).unwrap();
        assert_eq!(folds(Strata::None), GOLDEN_NONE);
        assert_eq!(folds(Strata::Classes(&classes)), GOLDEN_CLASSES);
        assert_eq!(folds(Strata::Values(&values)), GOLDEN_VALUES);
        assert_eq!(folds(Strata::Groups(&groups)), GOLDEN_GROUPS);
    }

    const GOLDEN_NONE: [&[u32]; 3] = [&[0, 2, 3, 6], &[1, 4, 8], &[5, 7, 9]];
    const GOLDEN_CLASSES: [&[u32]; 3] = [&[2, 5, 6, 8], &[0, 3, 4], &[1, 7, 9]];
    const GOLDEN_VALUES: [&[u32]; 3] = [&[2, 3, 5, 7], &[1, 4, 9], &[0, 6, 8]];
    const GOLDEN_GROUPS: [&[u32]; 3] = [&[0, 2, 7, 9], &[4, 5, 8], &[1, 3, 6]];

    #[test]
    fn the_order_of_the_rows_does_not_matter_and_the_seed_does() {
        let rows = [9, 4, 2, 7, 11, 0, 5];
        let folds = |rows: &[u32], seed| k_fold(rows, &Strata::None, 3, seed).unwrap();
        assert_eq!(folds(&rows, 1), folds(&sorted(rows.to_vec()), 1));
        assert_ne!(folds(&rows, 1), folds(&rows, 2));
    }

    #[test]
    fn each_repeat_deals_anew_and_the_first_is_the_plain_split() {
        let config = RepeatConfig { n_folds: 3, n_repeats: 4, seed: 8 };
        let repeats = repeated_k_fold(&up_to(20), &Strata::None, &config).unwrap();
        assert_eq!(repeats.len(), 4);
        assert_eq!(repeats[0], k_fold(&up_to(20), &Strata::None, 3, 8).unwrap());
        for (i, folds) in repeats.iter().enumerate() {
            check_cover(folds, 20);
            assert!(!repeats[..i].contains(folds));
        }
    }

    #[test]
    fn impossible_requests_are_refused_with_the_reason() {
        let check = |rows: &[u32], strata: Strata, n_folds, message: &str| {
            assert_eq!(k_fold(rows, &strata, n_folds, 0).unwrap_err().to_string(), message);
        };
        let rows = up_to(3);
        check(&rows, Strata::None, 1, "`n_folds` must lie between 2 and 3 for 3 rows, got 1");
        check(&rows, Strata::None, 4, "`n_folds` must lie between 2 and 3 for 3 rows, got 4");
        check(&[], Strata::None, 2, "`n_folds` must lie between 2 and 0 for 0 rows, got 2");
        check(&[1, 2, 1], Strata::None, 2, "row 2 (the header not counted) was passed more than once");
        let outside = "row 3 (the header not counted) lies outside the table: the strata hold 2 rows";
        check(&rows, Strata::Classes(&[0, 0]), 2, outside);
        let nameless = "row 2 (the header not counted) has no class; pass only rows that have one";
        check(&rows, Strata::Classes(&[0, u32::MAX, 0]), 2, nameless);
        let timeless = "row 1 (the header not counted) has no time; pass only rows that have one";
        check(&rows, Strata::Time(&[f64::NAN, 0.0, 1.0]), 2, timeless);
        let once = RepeatConfig { n_folds: 2, n_repeats: 0, seed: 0 };
        assert_eq!(repeated_k_fold(&rows, &Strata::None, &once), Err(SplitError::NoRepeats));
        let twice = RepeatConfig { n_repeats: 2, ..once };
        let refused = repeated_k_fold(&rows, &Strata::Time(&[0.0; 3]), &twice);
        assert_eq!(refused, Err(SplitError::RepeatedTime { n_repeats: 2 }));
    }

    #[test]
    fn units_are_never_torn_apart_and_share_out_classes() {
        let units: Vec<u32> = (0..60).map(|row| row % 20).collect();
        let classes: Vec<u32> = units.iter().map(|unit| unit % 2).collect();
        let strata = Strata::Classes(&classes);
        let together = Strata::Together { units: &units, strata: &strata };
        let folds = k_fold(&up_to(60), &together, 5, 7).unwrap();
        check_cover(&folds, 60);
        for fold in &folds {
            assert!(fold.iter().all(|row| fold.contains(&((row + 20) % 60))), "{fold:?}");
            assert_eq!(fold.iter().filter(|row| classes[**row as usize] == 1).count(), 6);
        }
        let (kept, held) =
            super::super::hold_out(&up_to(60), &together, super::super::HoldSize::Share(0.25), 7).unwrap();
        assert_eq!((kept.len(), held.len()), (45, 15));
        assert!(held.iter().all(|row| held.contains(&((row + 20) % 60))), "{held:?}");
        let refused = k_fold(&up_to(60), &together, 21, 7).unwrap_err();
        assert_eq!(refused, SplitError::TooFewUnits { n_parts: 21, n_units: 20 });
        // Where each row is its own unit, they are split as without.
        let alone = Strata::Together { units: &up_to(60), strata: &strata };
        assert_eq!(k_fold(&up_to(60), &alone, 5, 7), k_fold(&up_to(60), &strata, 5, 7));
    }
}
