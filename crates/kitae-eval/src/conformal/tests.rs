//! Conformal regions against hand calculation, numpy, and the slow form of their definition.

use kitae_random::{Purpose, Stream};

use super::*;

fn level(value: f64) -> Level {
    Level::new(value).expect("a share")
}

fn conformal(folds: &[&[f64]], n_repeats: usize, level: f64) -> Conformal {
    let folds = folds.iter().map(|fold| fold.to_vec()).collect();
    Conformal::new(folds, n_repeats, self::level(level)).expect("enough rows")
}

/// Absolute errors of 19 rows in three folds: `numpy.abs(numpy.random.default_rng(7).normal(size=m))` for
/// m = 7, 6, 6, to two decimals; and the next 19 for a second repeat.
const FOLDS: [&[f64]; 6] = [
    &[0.0, 0.3, 0.27, 0.89, 0.45, 0.99, 0.06],
    &[1.34, 0.49, 0.62, 0.49, 0.36, 0.11],
    &[0.93, 0.03, 0.7, 1.34, 0.46, 1.9],
    &[1.29, 1.84, 0.24, 1.27, 0.27, 0.16, 0.19],
    &[2.52, 0.54, 0.05, 0.11, 1.53, 0.48],
    &[0.98, 0.81, 1.06, 0.81, 0.03, 0.88],
];

#[track_caller]
fn check(found: Interval, low: f64, high: f64) {
    assert!((found.low - low).abs() < 1e-12 && (found.high - high).abs() < 1e-12, "{found:?}");
}

/// `numpy.sort(numpy.concatenate([m - f for m, f in zip(mu, folds)]))[j - 1]` with j = floor(alpha * 20), and
/// the same of `m + f` with j = ceil((1 - alpha) * 20).
#[test]
fn intervals_are_those_of_numpy() {
    for (level, low, high) in [(0.5, 3.68, 4.66), (0.8, 2.96, 4.99), (0.9, 2.46, 5.64)] {
        check(conformal(&FOLDS[..3], 1, level).interval(&[4.0, 4.3, 3.8]), low, high);
    }
    // Two repeats of the same rows: the 36th of 38, counted from either end.
    check(conformal(&FOLDS, 2, 0.9).interval(&[4.0, 4.3, 3.8, 4.1, 4.2, 3.9]), 2.26, 5.73);
}

#[test]
fn one_fold_is_split_conformal_prediction() {
    // ceil(0.8 * 10) = 8: the eighth smallest error to each side.
    let errors = [0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.6, 0.4, 0.5];
    check(conformal(&[&errors], 1, 0.8).interval(&[2.0]), 1.2, 2.8);
}

#[test]
fn a_product_that_should_be_whole_is_not_rounded_up() {
    for (value, n, expected) in
        [(0.07, 100, 7), (0.9, 10, 9), (0.57, 100, 57), (0.29, 100, 29), (0.91, 10, 10)]
    {
        assert_eq!(rank(n, level(value)), expected, "{value} of {n}");
    }
    for hundredths in 1..100 {
        assert_eq!(rank(1_000_000, level(f64::from(hundredths) / 100.0)), hundredths as usize * 10_000);
    }
}

#[test]
fn too_few_rows_for_the_level_are_refused_with_the_highest_that_they_allow() {
    let new = |n_rows: usize, n_repeats: usize, value: f64| {
        Conformal::new(vec![vec![1.0; n_rows * n_repeats]], n_repeats, level(value))
    };
    for n_repeats in [1, 2, 5] {
        assert!(new(9, n_repeats, 0.9).is_ok());
        let error = new(9, n_repeats, 0.91).expect_err("nine rows");
        assert_eq!(error, EvalError::LevelTooHigh { level: level(0.91), n_rows: 9, highest: 0.9 });
    }
    assert_eq!(Conformal::new(vec![Vec::new()], 1, level(0.5)), Err(EvalError::NoRows));
    let nan = Conformal::new(vec![vec![1.0], vec![f64::NAN]], 1, level(0.5));
    assert_eq!(nan, Err(EvalError::NonconformityIsNan { fold: 1 }));
}

#[test]
fn rows_without_an_answer_make_regions_wider() {
    let known = [1.0, 2.0, 3.0, 4.0];
    let unknown = [1.0, 2.0, f64::INFINITY, f64::INFINITY];
    check(conformal(&[&known], 1, 0.6).interval(&[0.0]), -3.0, 3.0);
    let interval = conformal(&[&unknown], 1, 0.6).interval(&[0.0]);
    assert_eq!((interval.low, interval.high), (f64::NEG_INFINITY, f64::INFINITY));
    for predictions in [&[f64::NAN][..], &[f64::INFINITY], &[], &[1.0, 2.0]] {
        let interval = conformal(&[&known], 1, 0.6).interval(predictions);
        assert_eq!((interval.low, interval.high), (f64::NEG_INFINITY, f64::INFINITY), "{predictions:?}");
    }
}

/// From Romano, Sesia and Candès (2020), as it is written: y is in the set if
/// `sum over i of 1[E_i < E(x, y)] < (1 - alpha) (n + 1)`.
#[test]
fn sets_are_those_of_their_definition() {
    // 0.7 · (6 + 1) = 4.9: a class that five rows conform better than is left out.
    let targets: [&[f64]; 2] = [&[-0.9, -0.5, -0.7], &[-0.8, -0.6, -0.2]];
    let conformal = conformal(&targets, 1, 0.7);
    for (probabilities, expected) in [
        ([0.95, 0.95], true), // None conforms better.
        ([0.5, 0.6], true),   // -0.9, -0.7 and -0.8: three.
        ([0.4, 0.5], false),  // -0.9, -0.7, -0.5 and -0.8, -0.6: five.
        ([0.4, 0.6], true),   // Four: equals do not count.
        ([f64::NAN, 0.0], true),
        ([0.0, 0.0], false),
    ] {
        assert_eq!(conformal.holds(&probabilities.map(|p: f64| -p)), expected, "{probabilities:?}");
    }
}

#[test]
fn selection_without_merging_finds_what_sorting_finds() {
    for case in 0..600 {
        let mut stream = Stream::new(3, Purpose::Synthesis, [case, 0, 0]);
        let n_lists = 1 + stream.below(6) as usize;
        // Coarse numbers, so that many are equal; fine ones; far apart ones; infinite ones.
        let draw = |stream: &mut Stream| match case % 4 {
            0 => (stream.normal() * 4.0).round() / 4.0,
            1 => stream.normal(),
            2 => (8.0 * stream.normal()).exp(),
            _ if stream.below(10) == 0 => f64::INFINITY,
            _ => stream.normal().abs(),
        };
        let list = |stream: &mut Stream| {
            let mut list: Vec<f64> = (0..stream.below(300)).map(|_| draw(stream)).collect();
            list.sort_by(f64::total_cmp);
            list
        };
        let lists: Vec<Vec<f64>> = (0..n_lists).map(|_| list(&mut stream)).collect();
        let sorted = |offsets: &[f64]| {
            let each = lists.iter().zip(offsets);
            let mut all: Vec<f64> =
                each.flat_map(|(list, offset)| list.iter().map(move |value| offset + value)).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        let offsets: Vec<f64> = (0..n_lists).map(|_| (8.0 * stream.normal()).round() / 4.0).collect();
        let typical = sorted(&vec![0.0; n_lists]);
        for (rank, expected) in sorted(&offsets).iter().enumerate() {
            let found = ranked(&lists, &offsets, typical[rank], rank);
            assert_eq!(found, *expected, "case {case}, rank {rank}");
        }
    }
}
