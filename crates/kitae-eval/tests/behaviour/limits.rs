//! Where a number is not defined there is none, and no input brings anything down.

use kitae_eval::intervals::{BootstrapConfig, bootstrap, folds_interval, folds_interval_corrected};
use kitae_eval::student::StudentT;
use kitae_eval::tests::{corrected_paired_t, holm};
use kitae_eval::{Metric, Outcome, TaskKind};

use crate::natural;

fn config(n_resamples: usize, level: f64) -> BootstrapConfig<'static> {
    BootstrapConfig { n_resamples, level, seed: 0, ..BootstrapConfig::default() }
}

#[test]
fn a_class_without_rows_has_no_auc() {
    let outcome = Outcome::classes(&[0, 0], &[0.8, 0.2, 0.4, 0.6], 2).expect("valid");
    assert_eq!(natural("auc", &outcome), None);
    assert_eq!(natural("average_precision", &outcome), None);
    assert_eq!(natural("accuracy", &outcome), Some(0.5));
}

#[test]
fn a_loss_beyond_the_range_of_floats_is_undefined() {
    let outcome = Outcome::values(&[f64::MAX, -f64::MAX], &[-f64::MAX, f64::MAX]).expect("finite");
    for metric in Metric::defaults(TaskKind::Regression) {
        assert_eq!(metric.score(&outcome), None, "{metric}");
        assert_eq!(bootstrap(&outcome, *metric, &config(10, 0.9)), None);
    }
}

#[test]
fn a_target_that_does_not_vary_has_no_r2_even_if_its_mean_is_rounded() {
    for n_rows in 1..50 {
        let targets = vec![0.1; n_rows];
        let outcome = Outcome::values(&targets, &targets).expect("finite");
        assert_eq!(natural("r2", &outcome), None);
    }
}

#[test]
fn a_bootstrap_without_rows_resamples_or_level_gives_no_interval() {
    let outcome = Outcome::values(&[1.0, 2.0, 3.0], &[1.5, 2.0, 5.0]).expect("finite");
    assert!(bootstrap(&outcome, Metric::Mae, &config(100, 0.9)).is_some());
    for level in [0.0, 1.0, -1.0, 2.0, f64::NAN] {
        assert_eq!(bootstrap(&outcome, Metric::Mae, &config(100, level)), None, "{level}");
    }
    assert_eq!(bootstrap(&outcome, Metric::Mae, &config(0, 0.9)), None);
    assert_eq!(bootstrap(&outcome, Metric::Mae, &config(1, 0.9)), None);
    assert_eq!(bootstrap(&outcome, Metric::Auc, &config(100, 0.9)), None);
    let one_row = Outcome::values(&[1.0], &[2.0]).expect("finite");
    assert_eq!(bootstrap(&one_row, Metric::Mae, &config(100, 0.9)), None);
}

#[test]
fn rows_that_are_all_right_claim_no_interval_without_width() {
    let outcome = Outcome::classes(&[0, 1], &[0.8, 0.2, 0.4, 0.6], 2).expect("valid");
    assert_eq!(natural("accuracy", &outcome), Some(1.0));
    assert_eq!(bootstrap(&outcome, Metric::Accuracy, &config(100, 0.9)), None);
}

#[test]
fn a_class_too_rare_to_be_drawn_surely_has_no_interval() {
    let n_rows = 50;
    let probabilities: Vec<f64> =
        (0..n_rows).map(|row| f64::from(row) / 50.0).flat_map(|p| [1.0 - p, p]).collect();
    let interval = |n_rare: usize| {
        let targets: Vec<u32> = (0..50).map(|row| u32::from(row % 10 == 5 && row / 10 < n_rare)).collect();
        let outcome = Outcome::classes(&targets, &probabilities, 2).expect("valid");
        assert!(Metric::Auc.score(&outcome).is_some());
        bootstrap(&outcome, Metric::Auc, &config(500, 0.95))
    };
    // A resample misses both of two rows with probability 0.13, and all of four with 0.02.
    assert_eq!(interval(2), None);
    assert!(interval(4).is_some());
}

#[test]
fn folds_without_spread_or_number_tell_nothing() {
    let values: [&[f64]; 7] = [
        &[],
        &[0.5],
        &[0.5, 0.5],
        &[0.0, 0.0, 0.0],
        &[0.1 + 0.2, 0.3, 0.3],
        &[1.0, f64::NAN],
        &[1.0, f64::INFINITY],
    ];
    for values in values {
        assert_eq!(folds_interval(values, 0.95), None, "{values:?}");
        assert_eq!(corrected_paired_t(values, 80, 20), None, "{values:?}");
    }
    assert_eq!(corrected_paired_t(&[1.0, 2.0], 0, 20), None);
    assert_eq!(corrected_paired_t(&[1.0, 2.0], 80, 0), None);
    assert_eq!(corrected_paired_t(&[f64::MAX, -f64::MAX], 80, 20), None);
    for level in [0.0, 1.0, -0.5, 1.5, f64::NAN] {
        assert_eq!(folds_interval(&[1.0, 2.0], level), None);
        assert_eq!(folds_interval_corrected(&[1.0, 2.0], level, 80, 20), None);
    }
}

#[test]
fn a_question_without_p_value_does_not_count() {
    let adjusted = holm(&[0.02, f64::NAN, 0.03]);
    assert_eq!((adjusted[0], adjusted[2]), (0.04, 0.04));
    assert!(adjusted[1].is_nan());
    assert_eq!(holm(&[]), [0.0; 0]);
    assert_eq!(holm(&[2.0, -1.0]), [1.0, 0.0]);
}

#[test]
fn student_holds_at_its_ends() {
    assert_eq!(StudentT::new(0), None);
    for degrees in [1, 2, 30, u32::MAX] {
        let student = StudentT::new(degrees).expect("positive");
        assert_eq!(student.cdf(0.0), 0.5);
        assert_eq!(student.quantile(0.5), Some(0.0));
        assert_eq!((student.cdf(f64::NEG_INFINITY), student.cdf(f64::INFINITY)), (0.0, 1.0));
        assert!(student.cdf(f64::NAN).is_nan());
        for probability in [0.0, 1.0, -0.1, 1.1, f64::NAN] {
            assert_eq!(student.quantile(probability), None);
        }
        for probability in [f64::MIN_POSITIVE, 1e-300, 1.0 - f64::EPSILON] {
            assert!(student.quantile(probability).is_some_and(f64::is_finite), "{degrees} {probability}");
        }
        // 1.96 is the 0.975 quantile of the normal distribution, the limit for many degrees of freedom.
        assert!(student.quantile(0.975).is_some_and(|t| t > 1.959_963_98));
    }
}
