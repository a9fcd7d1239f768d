//! Schedules at points where their value is known.

use super::{Elapsed, Plateau, PlateauState, Schedule, ScheduleConfig};
use crate::recipe::bounds::check_bounds;

const EVERY: [Schedule; 8] = [
    Schedule::Constant,
    Schedule::Step { every_epochs: 30.0, factor: 0.1 },
    Schedule::Exponential { factor: 0.9 },
    Schedule::Cosine { floor: 0.1 },
    Schedule::WarmRestarts { first_epochs: 15.0, growth: 2.0, floor: 0.0 },
    Schedule::OneCycle { rise_share: 0.3, start: 0.04, end: 4e-6 },
    Schedule::Coslog { k: 4.0 },
    Schedule::FlatCos,
];

#[track_caller]
fn check(shape: Schedule, n_epochs: f64, points: &[(f64, f64)]) {
    assert_eq!(check_bounds("training.schedule", &ScheduleConfig::from(shape)), Ok(()));
    for (epoch, expected) in points {
        let factor = ScheduleConfig::from(shape).factor(&Elapsed { epoch: *epoch, n_epochs });
        assert!((factor - expected).abs() < 1e-9, "{shape:?} at {epoch}: got {factor}, expected {expected}");
    }
}

#[test]
fn steps_fall_after_whole_periods() {
    let shape = Schedule::Step { every_epochs: 30.0, factor: 0.1 };
    check(shape, 90.0, &[(0.0, 1.0), (29.9, 1.0), (30.0, 0.1), (59.0, 0.1), (60.0, 0.01)]);
}

#[test]
fn exponential_falls_by_a_factor_each_epoch() {
    check(
        Schedule::Exponential { factor: 0.9 },
        10.0,
        &[(0.0, 1.0), (1.0, 0.9), (2.0, 0.81), (0.5, 0.9_f64.sqrt())],
    );
}

#[test]
fn cosine_falls_to_its_floor_and_stays() {
    check(Schedule::Cosine { floor: 0.2 }, 10.0, &[(0.0, 1.0), (5.0, 0.6), (10.0, 0.2), (25.0, 0.2)]);
}

#[test]
fn warm_restarts_begin_again_after_15_and_45_epochs() {
    let shape = Schedule::WarmRestarts { first_epochs: 15.0, growth: 2.0, floor: 0.0 };
    check(shape, 105.0, &[(0.0, 1.0), (7.5, 0.5), (15.0, 1.0), (30.0, 0.5), (45.0, 1.0), (75.0, 0.5)]);
    let shape = Schedule::WarmRestarts { first_epochs: 10.0, growth: 1.0, floor: 0.5 };
    check(shape, 30.0, &[(0.0, 1.0), (5.0, 0.75), (10.0, 1.0), (25.0, 0.75)]);
}

#[test]
fn no_whole_cycle_is_missed_by_rounding() {
    for growth in [1.1, 1.5, 2.0, 3.0, 10.0] {
        let shape = Schedule::WarmRestarts { first_epochs: 1.0, growth, floor: 0.0 };
        let mut start: f64 = 0.0;
        for cycle in 0..30 {
            let end = start + growth.powi(cycle);
            let factor = |epoch| ScheduleConfig::from(shape).factor(&Elapsed { epoch, n_epochs: 1.0 });
            assert!(factor(start) > 0.999, "growth {growth}, cycle {cycle}");
            assert!((factor(f64::midpoint(start, end)) - 0.5).abs() < 1e-9, "growth {growth}, cycle {cycle}");
            assert!(factor(end - 1e-6 * end) < 0.001, "growth {growth}, cycle {cycle}");
            start = end;
        }
    }
}

#[test]
fn one_cycle_rises_and_falls() {
    let shape = Schedule::OneCycle { rise_share: 0.25, start: 0.04, end: 0.0 };
    check(shape, 8.0, &[(0.0, 0.04), (1.0, 0.52), (2.0, 1.0), (5.0, 0.5), (8.0, 0.0)]);
}

#[test]
fn coslog_has_its_valleys_and_peaks_where_the_paper_has_them() {
    let valleys = [0.0, 1.0 / 15.0, 3.0 / 15.0, 7.0 / 15.0, 1.0].map(|t| (t, 0.0));
    check(Schedule::Coslog { k: 4.0 }, 1.0, &valleys);
    let peaks = [0.5_f64, 1.5, 2.5, 3.5].map(|wave| ((wave.exp2() - 1.0) / 15.0, 1.0));
    check(Schedule::Coslog { k: 4.0 }, 1.0, &peaks);
}

#[test]
fn flat_cos_is_flat_for_half_the_time() {
    check(Schedule::FlatCos, 8.0, &[(0.0, 1.0), (4.0, 1.0), (6.0, 0.5), (8.0, 0.0)]);
}

#[test]
fn warm_up_rises_to_the_start_of_the_shape() {
    let config = ScheduleConfig { shape: Schedule::Cosine { floor: 0.0 }, warm_up_epochs: 5.0 };
    for (epoch, expected) in [(0.0, 0.0), (1.0, 0.2), (5.0, 1.0), (10.0, 0.5), (15.0, 0.0)] {
        let factor = config.factor(&Elapsed { epoch, n_epochs: 15.0 });
        assert!((factor - expected).abs() < 1e-12, "at {epoch}: {factor}");
    }
}

#[test]
fn a_factor_is_between_0_and_1_wherever_it_is_asked() {
    for shape in EVERY {
        for warm_up_epochs in [0.0, 3.0, 300.0] {
            for n_epochs in [0.0, 1.0, 100.0] {
                for epoch in [-1.0, 0.0, 0.3, 1.0, 2.5, 99.9, 100.0, 1e9] {
                    let config = ScheduleConfig { shape, warm_up_epochs };
                    let factor = config.factor(&Elapsed { epoch, n_epochs });
                    assert!((0.0..=1.0).contains(&factor), "{config:?} at {epoch} of {n_epochs}: {factor}");
                }
            }
        }
    }
}

#[test]
fn recipes_keep_their_schedules() {
    for shape in EVERY {
        let config = ScheduleConfig { shape, warm_up_epochs: 2.0 };
        let text = serde_json::to_string(&config).expect("schedules are plain data");
        assert_eq!(serde_json::from_str::<ScheduleConfig>(&text).ok(), Some(config), "{text}");
    }
    let coslog4 = serde_json::from_str::<ScheduleConfig>(r#"{"shape":{"kind":"coslog"}}"#);
    assert_eq!(coslog4.ok(), Some(Schedule::Coslog { k: 4.0 }.into()));
}

/// The factors after each of `scores`.
fn factors(plateau: Plateau, scores: &[Option<f64>]) -> Vec<f64> {
    let mut state = PlateauState::default();
    let next = |score: &Option<f64>| {
        state = plateau.next(&state, score.map(kitae_eval::Score));
        state.factor
    };
    scores.iter().map(next).collect()
}

#[test]
fn a_stalled_score_lowers_the_factor_after_the_patience() {
    let plateau = Plateau { factor: 0.5, patience: 2, min_factor: 0.2 };
    let scores = [0.1, 0.2, 0.2, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0].map(Some);
    let expected = [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2];
    assert_eq!(factors(plateau, &scores), expected);
}

#[test]
fn no_score_and_nan_are_no_improvement() {
    let plateau = Plateau { factor: 0.1, patience: 1, min_factor: 0.0 };
    assert_eq!(
        factors(plateau, &[Some(f64::NAN), None, Some(0.5), None, Some(0.6)]),
        [1.0, 0.1, 0.1, 0.1, 0.1]
    );
}

#[test]
fn a_plateau_never_raises_the_factor() {
    let plateau = Plateau { factor: 0.5, patience: 0, min_factor: 1.0 };
    assert_eq!(factors(plateau, &[None, None]), [1.0, 1.0]);
}
