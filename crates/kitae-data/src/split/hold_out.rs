//! One part of the rows held out.

use std::cmp::Reverse;

use kitae_random::{Purpose, Stream};

use super::order::{
    by_class, by_group, by_time, by_unit, by_value, checked_rows, cut_between_times, stretches, whole,
};
use super::{Parts, SplitError, Strata, without};

/// The first word of the random streams used here; it keeps them apart from those of other splits.
const STREAM: u64 = 2;

/// How many rows are held out.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum HoldSize {
    /// This share of the rows, above 0 and below 1; rounded, but at least one row and never all.
    Share(f64),
    /// This many rows, at least one and fewer than all.
    Rows(usize),
}

/// Parts the rows in two: (kept, held). Neither is empty.
///
/// - [`Strata::Classes`]: each class is held in proportion, to the next row (largest remainders). The
///   last row of a class is kept: a share holds fewer rows where it would otherwise need one (though at
///   least one row in all), a number of rows is met exactly and takes last rows only when no others
///   are left.
/// - [`Strata::Values`]: one row at random from each stretch of neighbouring values.
/// - [`Strata::Groups`]: whole groups in random order, as long as that brings the size nearer to the
///   one asked for.
/// - [`Strata::Time`]: the latest rows are held, so many that rows of the same time stay together. The
///   seed plays no part.
///
/// # Errors
///
/// If there are fewer than 2 rows (or groups), the size is out of range, a row is repeated, outside
/// the strata or without a stratum, or all rows have the same time.
pub fn hold_out(rows: &[u32], strata: &Strata, size: HoldSize, seed: u64) -> Result<Parts, SplitError> {
    let rows = checked_rows(rows, strata)?;
    let n_held = n_held(size, rows.len())?;
    let mut stream = Stream::new(seed, Purpose::Split, [STREAM, 0, 0]);
    let mut held = match strata {
        Strata::None => {
            let mut held = rows.clone();
            stream.shuffle(&mut held);
            held.truncate(n_held);
            held
        }
        Strata::Classes(codes) => {
            let rows = by_class(rows.clone(), codes, &mut stream);
            held_of_classes(&rows, codes, n_held, size)
        }
        Strata::Values(values) => stretches(&by_value(rows.clone(), values, &mut stream), n_held)
            .into_iter()
            .map(|stretch| stretch[stream.below(stretch.len() as u64) as usize])
            .collect(),
        Strata::Groups(groups) => held_groups(by_group(&rows, groups, &mut stream), n_held)?,
        Strata::Time(times) => {
            let mut rows = by_time(rows.clone(), times);
            let cut = cut_between_times(&rows, times, rows.len() - n_held).ok_or(SplitError::OneTime)?;
            rows.split_off(cut)
        }
        Strata::Together { units, strata } => {
            let (firsts, members) = by_unit(&rows, units);
            if firsts.len() < 2 {
                return Err(SplitError::TooFewUnits { n_parts: 2, n_units: firsts.len() });
            }
            let share = n_held as f64 / rows.len() as f64;
            let n_units = ((share * firsts.len() as f64).round() as usize).clamp(1, firsts.len() - 1);
            let size = if let HoldSize::Share(_) = size { size } else { HoldSize::Rows(n_units) };
            whole(&hold_out(&firsts, strata, size, seed)?.1, &members)
        }
    };
    held.sort_unstable();
    Ok((without(&rows, &held), held))
}

fn n_held(size: HoldSize, n_rows: usize) -> Result<usize, SplitError> {
    if n_rows < 2 {
        return Err(SplitError::TooFewRows { n_rows });
    }
    match size {
        HoldSize::Share(share) if share > 0.0 && share < 1.0 => {
            Ok(((share * n_rows as f64).round() as usize).clamp(1, n_rows - 1))
        }
        HoldSize::Share(share) => Err(SplitError::Share { share, range: "above 0 and below 1" }),
        HoldSize::Rows(n_held) if (1..n_rows).contains(&n_held) => Ok(n_held),
        HoldSize::Rows(n_held) => Err(SplitError::HeldCount { n_held, most: n_rows - 1 }),
    }
}

/// The first rows of each class; `rows` come class by class.
fn held_of_classes(rows: &[u32], codes: &[u32], n_held: usize, size: HoldSize) -> Vec<u32> {
    let classes: Vec<&[u32]> = rows.chunk_by(|&a, &b| codes[a as usize] == codes[b as usize]).collect();
    let counts: Vec<usize> = classes.iter().map(|class| class.len()).collect();
    let n_held = match size {
        HoldSize::Share(_) => n_held.min(rows.len() - classes.len()).max(1),
        HoldSize::Rows(_) => n_held,
    };
    let taken = apportion(&counts, n_held);
    classes.iter().zip(taken).flat_map(|(class, n_taken)| &class[..n_taken]).copied().collect()
}

/// How many of each class are held: the whole part of the exact proportion, then one more in the order
/// of the remainders while any is missing; the last row of a class only when no other row is left.
/// `n_held` is less than the sum of `counts`.
fn apportion(counts: &[usize], n_held: usize) -> Vec<usize> {
    let n_rows: usize = counts.iter().sum();
    // Products of row numbers, which are below 2³², fit into 64 bits.
    let exact = |count: usize| count as u64 * n_held as u64;
    let mut taken: Vec<usize> = counts.iter().map(|&count| (exact(count) / n_rows as u64) as usize).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&class| Reverse((exact(counts[class]) % n_rows as u64, counts[class])));
    let mut n_missing = n_held - taken.iter().sum::<usize>();
    for n_spared in [1, 0] {
        let mut progress = true;
        while progress && n_missing > 0 {
            progress = false;
            for &class in &order {
                if n_missing > 0 && taken[class] + n_spared < counts[class] {
                    taken[class] += 1;
                    n_missing -= 1;
                    progress = true;
                }
            }
        }
    }
    taken
}

fn held_groups(groups: Vec<Vec<u32>>, n_held: usize) -> Result<Vec<u32>, SplitError> {
    if groups.len() < 2 {
        return Err(SplitError::TooFewGroups { n_parts: 2, n_groups: groups.len() });
    }
    let smallest = groups.iter().min_by_key(|group| group.len()).cloned().unwrap_or_default();
    let mut held = Vec::new();
    let mut n_left = groups.len();
    for group in groups {
        let with_it = held.len() + group.len();
        if n_left > 1 && with_it.abs_diff(n_held) < held.len().abs_diff(n_held) {
            held.extend(group);
            n_left -= 1;
        }
    }
    Ok(if held.is_empty() { smallest } else { held })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up_to(n: usize) -> Vec<u32> {
        (0..n as u32).collect()
    }

    /// Both parts are there, sorted, and together they are the rows.
    fn check(n: usize, strata: Strata, size: HoldSize) -> Parts {
        let (kept, held) = hold_out(&up_to(n), &strata, size, 11).unwrap();
        assert!(!kept.is_empty() && !held.is_empty(), "{n} {strata:?} {size:?}");
        assert!(kept.is_sorted() && held.is_sorted());
        let mut all = [kept.clone(), held.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, up_to(n));
        (kept, held)
    }

    fn count(rows: &[u32], codes: &[u32], code: u32) -> usize {
        rows.iter().filter(|row| codes[**row as usize] == code).count()
    }

    #[test]
    fn a_number_of_rows_is_met_exactly() {
        for n in 2..=20 {
            let values: Vec<f64> = (0..n).map(|row| (row * 5 % 7) as f64).collect();
            let classes: Vec<u32> = (0..n as u32).map(u32::isqrt).collect();
            let times: Vec<f64> = (0..n).map(|row| -(row as f64)).collect();
            let strata =
                [Strata::None, Strata::Values(&values), Strata::Time(&times), Strata::Classes(&classes)];
            for (strata, n_held) in strata.into_iter().flat_map(|strata| (1..n).map(move |k| (strata, k))) {
                assert_eq!(check(n, strata, HoldSize::Rows(n_held)).1.len(), n_held);
            }
        }
    }

    #[test]
    fn rows_of_the_same_time_are_held_together() {
        let times = [1.0, 1.0, 2.0, 2.0, 2.0, 3.0];
        assert_eq!(check(6, Strata::Time(&times), HoldSize::Rows(2)).1, [5]);
        assert_eq!(check(6, Strata::Time(&times), HoldSize::Rows(4)).1, [2, 3, 4, 5]);
        assert_eq!(
            hold_out(&[0, 1], &Strata::Time(&[4.0, 4.0]), HoldSize::Rows(1), 0),
            Err(SplitError::OneTime)
        );
    }

    #[test]
    fn each_class_is_held_in_proportion_and_keeps_its_last_row() {
        for n in 2..=30_usize {
            for n_classes in 1..=n as u32 {
                let classes: Vec<u32> = (0..n as u32).map(|row| (row * row) % n_classes).collect();
                let n_present = (0..n_classes).filter(|class| classes.contains(class)).count();
                for share in [0.1, 0.25, 0.5, 0.9] {
                    let (kept, held) = check(n, Strata::Classes(&classes), HoldSize::Share(share));
                    if n > n_present {
                        assert!(
                            (0..n_classes).all(|c| !classes.contains(&c) || count(&kept, &classes, c) > 0)
                        );
                    }
                    for class in 0..n_classes {
                        let n_class = count(&up_to(n), &classes, class);
                        let exact = (n_class * held.len()) as f64 / n as f64;
                        let held = count(&held, &classes, class) as f64;
                        assert!(held >= exact.floor());
                        // Where a class of one row passes its turn on, another may give more.
                        let all_can_give = (0..n_classes).all(|c| count(&up_to(n), &classes, c) != 1);
                        assert!(
                            held < exact + 1.0 || share > 0.5 || !all_can_give,
                            "{n} {share} {classes:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn remainders_decide_who_gives_the_odd_row() {
        assert_eq!(apportion(&[6, 3, 1], 2), [1, 1, 0]);
        assert_eq!(apportion(&[50, 30, 20], 10), [5, 3, 2]);
        assert_eq!(apportion(&[7, 2, 1], 3), [2, 1, 0]);
        assert_eq!(apportion(&[1, 1], 1), [1, 0]);
        assert_eq!(apportion(&[1, 1, 1, 3], 4), [1, 1, 0, 2]);
    }

    #[test]
    fn held_values_range_from_small_to_large() {
        let values: Vec<f64> = (0..100).map(|row| f64::from(row * 37 % 100)).collect();
        let (_, held) = check(100, Strata::Values(&values), HoldSize::Share(0.1));
        let mut deciles: Vec<u32> = held.iter().map(|row| values[*row as usize] as u32 / 10).collect();
        deciles.sort_unstable();
        assert_eq!(deciles, up_to(10));
    }

    #[test]
    fn the_latest_rows_are_held() {
        let times = [5.0, -1.0, 3.0, 9.0, 4.0];
        assert_eq!(check(5, Strata::Time(&times), HoldSize::Rows(2)).1, [0, 3]);
    }

    #[test]
    fn groups_are_held_whole() {
        for n in 2..=30_usize {
            for n_groups in 2..=n as u32 {
                let groups: Vec<u32> = (0..n as u32).map(|row| row % n_groups).collect();
                for share in [0.1, 0.3, 0.8] {
                    let (kept, held) = check(n, Strata::Groups(&groups), HoldSize::Share(share));
                    let in_both = |g: &u32| count(&kept, &groups, *g) > 0 && count(&held, &groups, *g) > 0;
                    assert_eq!((0..n_groups).find(in_both), None);
                    let largest = n.div_ceil(n_groups as usize) as f64;
                    assert!(
                        (held.len() as f64 - share * n as f64).abs() <= largest,
                        "{n} {n_groups} {share}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_held_rows_stay_the_same_across_releases() {
        // Golden values: a change here would change every score that was ever reported.
        let classes = [0, 1, 0, 1, 0, 1, 0, 1, 2, 0];
        let values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0];
        let groups = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
        let held = |strata| check(10, strata, HoldSize::Share(0.3)).1;
        assert_eq!(held(Strata::None), GOLDEN[0]);
        assert_eq!(held(Strata::Classes(&classes)), GOLDEN[1]);
        assert_eq!(held(Strata::Values(&values)), GOLDEN[2]);
        assert_eq!(held(Strata::Groups(&groups)), GOLDEN[3]);
    }

    const GOLDEN: [&[u32]; 4] = [&[1, 2, 6], &[1, 2, 6], &[0, 3, 4], &[1, 3, 6]];

    #[test]
    fn sizes_out_of_range_are_refused() {
        let refused = |n, size| hold_out(&up_to(n), &Strata::None, size, 0).unwrap_err().to_string();
        assert_eq!(refused(1, HoldSize::Share(0.5)), "at least 2 rows are needed to hold some out, got 1");
        for share in [0.0, 1.0, -0.1, f64::NAN, f64::INFINITY] {
            let message = format!("the share of rows must lie above 0 and below 1, got {share}");
            assert_eq!(refused(3, HoldSize::Share(share)), message);
        }
        assert_eq!(refused(3, HoldSize::Rows(3)), "the number of held rows must lie between 1 and 2, got 3");
        let one_group = hold_out(&up_to(3), &Strata::Groups(&[4, 4, 4]), HoldSize::Rows(1), 0);
        assert_eq!(one_group, Err(SplitError::TooFewGroups { n_parts: 2, n_groups: 1 }));
    }
}
