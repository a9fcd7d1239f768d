//! All tiny inputs, compared with slow versions that follow the definitions word by word.

use kitae_eval::Outcome;

use crate::{assert_close, natural};

/// All rows of `n_rows` symbols below `n_symbols`.
fn patterns(n_symbols: usize, n_rows: u32) -> impl Iterator<Item = Vec<usize>> {
    (0..n_symbols.pow(n_rows)).map(move |code| {
        let digits = (0..n_rows).map(|place| code / n_symbols.pow(place) % n_symbols);
        digits.collect()
    })
}

/// A true class and a row of probabilities.
type Row = (usize, Vec<f64>);
type Rows = Vec<Row>;

/// Runs `check` on every choice of a class and a row of `menu` for up to `max_rows` rows.
fn for_all_rows(menu: &[Vec<f64>], max_rows: u32, check: impl Fn(&Rows, &Outcome)) {
    let n_classes = menu[0].len();
    for n_rows in 1..=max_rows {
        for pattern in patterns(n_classes * menu.len(), n_rows) {
            let rows: Rows =
                pattern.iter().map(|&code| (code % n_classes, menu[code / n_classes].clone())).collect();
            let targets: Vec<u32> = rows.iter().map(|row| row.0 as u32).collect();
            let probabilities: Vec<f64> = rows.iter().flat_map(|row| row.1.clone()).collect();
            let outcome = Outcome::classes(&targets, &probabilities, n_classes).expect("valid");
            check(&rows, &outcome);
        }
    }
}

fn binary_menu() -> Vec<Vec<f64>> {
    [0.0, 0.5, 0.75].iter().map(|p| vec![1.0 - p, *p]).collect()
}

fn three_class_menu() -> Vec<Vec<f64>> {
    vec![vec![0.5, 0.25, 0.25], vec![0.0, 0.5, 0.5], vec![0.125, 0.125, 0.75], vec![0.25, 0.5, 0.25]]
}

/// Compares `metric` with the mean of `slow` over the classes, or with `slow` of class 1 if there are
/// two; `None` for a class is `None` for all.
fn check_one_against_rest(metric: &str, slow: fn(&Rows, usize) -> Option<f64>) {
    for_all_rows(&binary_menu(), 5, |rows, outcome| {
        assert_close(natural(metric, outcome), slow(rows, 1), 1e-14, &format!("{metric} {rows:?}"));
    });
    for_all_rows(&three_class_menu(), 4, |rows, outcome| {
        let scores: Option<Vec<f64>> = (0..3).map(|class| slow(rows, class)).collect();
        let expected = scores.map(|scores| scores.iter().sum::<f64>() / 3.0);
        assert_close(natural(metric, outcome), expected, 1e-14, &format!("{metric} {rows:?}"));
    });
}

/// Compares `metric` with `slow` on two and on three classes.
fn check(metric: &str, slow: fn(&Rows) -> Option<f64>) {
    let check = |rows: &Rows, outcome: &Outcome| {
        assert_close(natural(metric, outcome), slow(rows), 1e-14, &format!("{metric} {rows:?}"));
    };
    for_all_rows(&binary_menu(), 5, check);
    for_all_rows(&three_class_menu(), 4, check);
}

#[test]
fn auc_is_the_share_of_pairs_in_the_right_order() {
    check_one_against_rest("auc", |rows, class| {
        let mut outcomes = Vec::new();
        for (_, p) in rows.iter().filter(|row| row.0 == class) {
            for (_, q) in rows.iter().filter(|row| row.0 != class) {
                let is_win = if p[class] > q[class] { 1.0 } else { 0.0 };
                outcomes.push(if p[class] == q[class] { 0.5 } else { is_win });
            }
        }
        mean(&outcomes)
    });
}

#[test]
fn average_precision_is_the_mean_precision_at_the_rows_of_the_class() {
    check_one_against_rest("average_precision", |rows, class| {
        let of_class = rows.iter().filter(|row| row.0 == class);
        let precisions = of_class.map(|(_, p)| {
            let above: Vec<&Row> = rows.iter().filter(|row| row.1[class] >= p[class]).collect();
            above.iter().filter(|row| row.0 == class).count() as f64 / above.len() as f64
        });
        mean(&precisions.collect::<Vec<f64>>())
    });
}

#[test]
fn accuracy_is_the_share_of_hits() {
    check("accuracy", |rows| mean(&hits(rows)));
}

#[test]
fn balanced_accuracy_is_the_mean_of_the_accuracies_on_each_class() {
    check("balanced_accuracy", |rows| {
        let n_classes = rows[0].1.len();
        let of_class = |class| rows.iter().filter(|row| row.0 == class).cloned().collect::<Rows>();
        let recalls: Vec<f64> = (0..n_classes).filter_map(|class| mean(&hits(&of_class(class)))).collect();
        if recalls.len() > 1 { mean(&recalls) } else { None }
    });
}

#[test]
fn f1_is_the_harmonic_mean_of_precision_and_recall() {
    check("f1", |rows| {
        let n_classes = rows[0].1.len();
        let classes = if n_classes == 2 { 1..2 } else { 0..n_classes };
        let scores = classes.filter_map(|class| {
            let is_true = |row: &&Row| row.0 == class;
            let is_predicted = |row: &&Row| predicted(&row.1) == class;
            let n_both = rows.iter().filter(is_true).filter(is_predicted).count() as f64;
            let n_true = rows.iter().filter(is_true).count() as f64;
            let n_predicted = rows.iter().filter(is_predicted).count() as f64;
            let (precision, recall) = (n_both / n_predicted, n_both / n_true);
            match (n_true + n_predicted, n_both) {
                (0.0, _) => None,
                (_, 0.0) => Some(0.0),
                _ => Some(2.0 * precision * recall / (precision + recall)),
            }
        });
        mean(&scores.collect::<Vec<f64>>())
    });
}

#[test]
fn mcc_is_the_correlation_of_the_indicators() {
    check("mcc", |rows| {
        let n_classes = rows[0].1.len();
        let indicators = |class_of: fn(&Row) -> usize, class| {
            let values = rows.iter().map(|row| if class_of(row) == class { 1.0 } else { 0.0 });
            let values: Vec<f64> = values.collect();
            let centre = mean(&values).expect("there are rows");
            values.iter().map(|value| value - centre).collect::<Vec<f64>>()
        };
        let (mut both, mut of_targets, mut of_predicted) = (0.0, 0.0, 0.0);
        for class in 0..n_classes {
            let (t, p) = (indicators(|row| row.0, class), indicators(|row| predicted(&row.1), class));
            for (t, p) in t.iter().zip(&p) {
                both += t * p;
                of_targets += t * t;
                of_predicted += p * p;
            }
        }
        match (of_targets < 1e-9, of_predicted < 1e-9) {
            (true, _) => None,
            (_, true) => Some(0.0),
            _ => Some(both / (of_targets * of_predicted).sqrt()),
        }
    });
}

#[test]
fn log_loss_and_brier_are_the_means_of_their_definitions() {
    check("log_loss", |rows| {
        let losses = rows.iter().map(|(class, p)| match p[*class] {
            0.0 => 52.0 * 2.0_f64.ln(),
            p => -p.ln(),
        });
        mean(&losses.collect::<Vec<f64>>())
    });
    check("brier", |rows| {
        let scale = if rows[0].1.len() == 2 { 0.5 } else { 1.0 };
        let distance = |class: usize, other: usize, p: f64| if class == other { 1.0 - p } else { p };
        let losses = rows.iter().map(|(class, p)| {
            scale * p.iter().enumerate().map(|(other, p)| distance(*class, other, *p).powi(2)).sum::<f64>()
        });
        mean(&losses.collect::<Vec<f64>>())
    });
}

#[test]
fn ece_is_the_mean_gap_of_the_bins() {
    check("ece", |rows| {
        let confidence = |row: &Row| row.1[predicted(&row.1)];
        let mut sum = 0.0;
        for bin in 0..15 {
            let (low, high) = (f64::from(bin) / 15.0, f64::from(bin + 1) / 15.0);
            let inside = rows.iter().filter(|row| confidence(row) > low && confidence(row) <= high);
            let inside: Rows = inside.cloned().collect();
            let confidences: Vec<f64> = inside.iter().map(confidence).collect();
            if let (Some(accuracy), Some(confidence)) = (mean(&hits(&inside)), mean(&confidences)) {
                sum += inside.len() as f64 * (accuracy - confidence).abs();
            }
        }
        Some(sum / rows.len() as f64)
    });
}

#[test]
fn regression_metrics_follow_their_definitions() {
    let menu = [-1.0, 0.0, 2.0];
    for pattern in (1..=3).flat_map(|n_rows| patterns(9, n_rows)) {
        let targets: Vec<f64> = pattern.iter().map(|code| menu[code % 3]).collect();
        let predicted: Vec<f64> = pattern.iter().map(|code| menu[code / 3]).collect();
        let outcome = Outcome::values(&targets, &predicted).expect("valid");
        let over_rows = |term: fn(f64, f64) -> f64| {
            mean(&targets.iter().zip(&predicted).map(|(&t, &p)| term(t, p)).collect::<Vec<f64>>())
        };
        let squared = over_rows(|t, p| (t - p).powi(2));
        let compare = |metric, expected| {
            assert_close(
                natural(metric, &outcome),
                expected,
                1e-14,
                &format!("{metric} {targets:?} {predicted:?}"),
            );
        };
        compare("rmse", squared.map(f64::sqrt));
        compare("mae", over_rows(|t, p| (t - p).abs()));
        compare("mape", over_rows(|t, p| (t - p).abs() / t.abs()).filter(|_| !targets.contains(&0.0)));
        compare("pinball_0.9", over_rows(|t, p| (0.9 * (t - p)).max(-0.1 * (t - p))));
        let centre = mean(&targets).expect("there are rows");
        let variance = mean(&targets.iter().map(|t| (t - centre).powi(2)).collect::<Vec<f64>>());
        let explained = squared.zip(variance).map(|(squared, variance)| 1.0 - squared / variance);
        compare("r2", explained.filter(|_| targets.iter().any(|t| *t != targets[0])));
    }
}

fn hits(rows: &Rows) -> Vec<f64> {
    rows.iter().map(|(class, p)| if predicted(p) == *class { 1.0 } else { 0.0 }).collect()
}

fn predicted(probabilities: &[f64]) -> usize {
    let largest = probabilities.iter().copied().fold(0.0, f64::max);
    probabilities.iter().position(|p| *p == largest).expect("the largest is one of them")
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
