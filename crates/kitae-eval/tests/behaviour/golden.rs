//! The numbers are those of scikit-learn, scipy and mpmath; `tests/golden/make.py` writes them.

use kitae_eval::intervals::{folds_interval, folds_interval_corrected};
use kitae_eval::student::StudentT;
use kitae_eval::tests::{LEVEL, corrected_paired_t, holm};
use kitae_eval::{Classes, Outcome, Quantile, Values, classification, regression};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

use crate::{assert_close, natural};

fn cases<T: DeserializeOwned>(text: &str) -> Vec<T> {
    let cases: Vec<T> = serde_json::from_str(text).expect("make.py writes such cases");
    assert!(!cases.is_empty());
    cases
}

#[derive(Deserialize)]
struct ClassificationCase {
    name: String,
    n_classes: usize,
    targets: Vec<u32>,
    probabilities: Vec<f64>,
    confusion: Vec<Vec<u64>>,
    expected: BTreeMap<String, Option<f64>>,
}

#[test]
fn classification_metrics_are_those_of_scikit_learn() {
    for case in cases::<ClassificationCase>(include_str!("../golden/classification.json")) {
        let outcome = Outcome::classes(&case.targets, &case.probabilities, case.n_classes).expect("valid");
        for (metric, &expected) in &case.expected {
            assert_close(natural(metric, &outcome), expected, 1e-13, &format!("{metric} of {}", case.name));
        }
    }
}

type Function = fn(&Classes) -> Option<f64>;

#[test]
fn the_functions_by_name_give_what_the_metrics_give() {
    for case in cases::<ClassificationCase>(include_str!("../golden/classification.json")) {
        let outcome = Classes::new(&case.targets, &case.probabilities, case.n_classes).expect("valid");
        let functions: [(&str, Function); 9] = [
            ("accuracy", classification::accuracy),
            ("balanced_accuracy", classification::balanced_accuracy),
            ("log_loss", classification::log_loss),
            ("brier", classification::brier),
            ("auc", classification::auc),
            ("average_precision", classification::average_precision),
            ("f1", classification::f1),
            ("mcc", classification::mcc),
            ("ece", classification::ece),
        ];
        for (metric, function) in functions {
            assert_eq!(function(&outcome), natural(metric, &Outcome::Classes(outcome)), "{metric}");
        }
    }
}

#[test]
fn the_confusion_matrix_is_that_of_scikit_learn() {
    for case in cases::<ClassificationCase>(include_str!("../golden/classification.json")) {
        let outcome = Classes::new(&case.targets, &case.probabilities, case.n_classes).expect("valid");
        let matrix = classification::confusion_matrix(&outcome);
        assert!(matrix.cells.iter().all(|cell| cell.n_rows > 0));
        let classes = 0..case.n_classes as u32;
        let row = |targets| classes.clone().map(|predicted| matrix.n_rows(targets, predicted)).collect();
        let found: Vec<Vec<u64>> = classes.clone().map(row).collect();
        assert_eq!(found, case.confusion, "{}", case.name);
    }
}

#[derive(Deserialize)]
struct RegressionCase {
    name: String,
    targets: Vec<f64>,
    predicted: Vec<f64>,
    expected: BTreeMap<String, Option<f64>>,
}

#[test]
fn regression_metrics_are_those_of_scikit_learn() {
    for case in cases::<RegressionCase>(include_str!("../golden/regression.json")) {
        let outcome = Outcome::values(&case.targets, &case.predicted).expect("valid");
        for (metric, &expected) in &case.expected {
            assert_close(natural(metric, &outcome), expected, 1e-13, &format!("{metric} of {}", case.name));
        }
        let values = Values::new(&case.targets, &case.predicted).expect("valid");
        let expected = |metric: &str| case.expected[metric];
        assert_close(regression::rmse(&values), expected("rmse"), 1e-13, &case.name);
        assert_close(regression::mae(&values), expected("mae"), 1e-13, &case.name);
        assert_close(regression::r2(&values), expected("r2"), 1e-13, &case.name);
        assert_close(regression::mape(&values), expected("mape"), 1e-13, &case.name);
        let quantile = Quantile::new(0.9).expect("in range");
        assert_close(regression::pinball(&values, quantile), expected("pinball_0.9"), 1e-13, &case.name);
    }
}

#[derive(Deserialize)]
struct StudentCase {
    degrees: u32,
    t: f64,
    cdf: f64,
    two_sided: f64,
}

#[test]
fn student_probabilities_are_right_far_out_too() {
    for case in cases::<StudentCase>(include_str!("../golden/student.json")) {
        let (student, what) = (StudentT::new(case.degrees).expect("positive"), (case.degrees, case.t));
        assert!((student.cdf(case.t) - case.cdf).abs() <= 1e-13, "{what:?}");
        assert!((student.cdf(-case.t) - (1.0 - case.cdf)).abs() <= 1e-13, "{what:?}");
        // Relative, so that a p-value of 1e-80 has its digits too.
        let error = (student.two_sided(case.t) - case.two_sided).abs();
        assert!(
            error <= 1e-12 * case.two_sided,
            "{what:?}: {} {}",
            student.two_sided(case.t),
            case.two_sided
        );
    }
}

#[derive(Deserialize)]
struct QuantileCase {
    degrees: u32,
    probability: f64,
    quantile: f64,
}

#[test]
fn student_quantiles_are_right() {
    for case in cases::<QuantileCase>(include_str!("../golden/quantile.json")) {
        let found = StudentT::new(case.degrees).and_then(|student| student.quantile(case.probability));
        let what = format!("{} {}", case.degrees, case.probability);
        assert_close(found, Some(case.quantile), 1e-12, &what);
    }
}

#[derive(Deserialize)]
struct PairedCase {
    differences: Vec<f64>,
    n_train: usize,
    n_test: usize,
    mean: f64,
    standard_error: f64,
    t: f64,
    p_value: f64,
    low: f64,
    high: f64,
    smallest_effect: f64,
    plain_90: [f64; 2],
}

#[test]
fn paired_tests_and_fold_intervals_are_the_textbook_ones() {
    for case in cases::<PairedCase>(include_str!("../golden/paired.json")) {
        let test = corrected_paired_t(&case.differences, case.n_train, case.n_test).expect("defined");
        let check = |found, expected, what| assert_close(Some(found), Some(expected), 1e-12, what);
        check(test.mean, case.mean, "mean");
        check(test.standard_error, case.standard_error, "standard error");
        check(test.t, case.t, "t");
        check(test.p_value, case.p_value, "p-value");
        check(test.interval.low, case.low, "low");
        check(test.interval.high, case.high, "high");
        check(test.smallest_effect, case.smallest_effect, "smallest effect");
        let corrected = folds_interval_corrected(&case.differences, LEVEL, case.n_train, case.n_test);
        assert_eq!(corrected, Some(test.interval));
        let plain = folds_interval(&case.differences, 0.9).expect("defined");
        check(plain.low, case.plain_90[0], "plain low");
        check(plain.high, case.plain_90[1], "plain high");
    }
}

#[derive(Deserialize)]
struct HolmCase {
    p_values: Vec<f64>,
    adjusted: Vec<f64>,
}

#[test]
fn adjusted_p_values_are_those_of_the_definition() {
    for case in cases::<HolmCase>(include_str!("../golden/holm.json")) {
        for (found, expected) in holm(&case.p_values).into_iter().zip(case.adjusted) {
            assert_close(Some(found), Some(expected), 1e-15, "adjusted");
        }
    }
}

/// `scipy.stats.nct`: the noncentrality at which `sf(t.ppf(1 - (1 - level) / 2, df), df, ·)` is 0.8.
#[test]
fn the_shift_that_a_test_finds_is_that_of_the_noncentral_t_distribution() {
    let check = |degrees: u32, n_questions: f64, expected: f64| {
        let student = StudentT::new(degrees).expect("at least one degree");
        let shift = student.detectable(1.0 - 0.05 / n_questions, 0.8);
        assert_close(shift, Some(expected), 2e-4, &format!("{degrees} degrees, {n_questions} questions"));
    };
    check(1, 1.0, 16.334_008_869_921_025);
    check(4, 1.0, 3.761_060_261_004_312_5);
    check(4, 40.0, 10.083_855_954_037_872);
    check(9, 1.0, 3.149_636_778_272_220_6);
    check(9, 40.0, 5.724_697_548_560_02);
    check(24, 20.0, 4.275_765_718_393_9);
    let student = StudentT::new(4).expect("at least one degree");
    for (level, power) in [(0.0, 0.8), (1.0, 0.8), (0.95, 1.0), (0.95, 0.02), (f64::NAN, 0.8)] {
        assert_eq!(student.detectable(level, power), None, "{level} {power}");
    }
}
