//! Intervals cover, and tests err, as often as they say: measured on made-up rows.

use kitae_eval::conformal::Conformal;
use kitae_eval::intervals::{
    BootstrapConfig, Interval, bootstrap, folds_interval, folds_interval_corrected, grouped_wilson,
};
use kitae_eval::tests::{LEVEL, corrected_paired_t, holm};
use kitae_eval::{Level, Metric, Outcome};
use kitae_random::{Purpose, Stream};

fn stream(position: [u64; 3]) -> Stream {
    Stream::new(11, Purpose::Synthesis, position)
}

/// The share of `n_worlds` numbered worlds in which `is_so` holds.
fn share(n_worlds: u64, is_so: impl Fn(u64) -> bool) -> f64 {
    (0..n_worlds).filter(|world| is_so(*world)).count() as f64 / n_worlds as f64
}

fn holds(interval: Option<Interval>, value: f64) -> bool {
    interval.is_some_and(|interval| interval.low <= value && value <= interval.high)
}

fn normals(stream: &mut Stream, n: usize) -> Vec<f64> {
    (0..n).map(|_| stream.normal()).collect()
}

#[test]
fn a_bootstrap_interval_of_rmse_covers_the_true_one_as_often_as_it_says() {
    let config = BootstrapConfig { n_resamples: 300, level: 0.9, seed: 0, ..BootstrapConfig::default() };
    let coverage = share(400, |world| {
        let targets = normals(&mut stream([1, world, 0]), 100);
        let outcome = Outcome::values(&targets, &[0.0; 100]).expect("finite");
        holds(bootstrap(&outcome, Metric::Rmse, &config).map(|interval| interval.map(|score| score.0)), -1.0)
    });
    assert!((0.86..0.93).contains(&coverage), "{coverage}");
}

#[test]
fn a_bootstrap_interval_of_auc_covers_the_true_one_as_often_as_it_says() {
    // Scores of the classes are normal and 0.841621 √2 apart, so the true AUC is Φ(0.841621) = 0.8.
    let (distance, config) = (
        0.841_621 * 2.0_f64.sqrt(),
        BootstrapConfig { n_resamples: 300, level: 0.9, seed: 0, ..BootstrapConfig::default() },
    );
    let coverage = share(400, |world| {
        let scores = normals(&mut stream([2, world, 0]), 120);
        let targets: Vec<u32> = (0..120).map(|row| row % 2).collect();
        let chances = scores.iter().zip(&targets).map(|(score, &class)| {
            let logit = score + distance * f64::from(class);
            1.0 / (1.0 + (-logit).exp())
        });
        let probabilities: Vec<f64> = chances.flat_map(|p| [1.0 - p, p]).collect();
        let outcome = Outcome::classes(&targets, &probabilities, 2).expect("valid");
        holds(bootstrap(&outcome, Metric::Auc, &config).map(|interval| interval.map(|score| score.0)), 0.8)
    });
    assert!((0.86..0.93).contains(&coverage), "{coverage}");
}

#[test]
fn an_interval_of_rows_in_groups_covers_the_true_value_if_groups_are_drawn() {
    // 30 groups of 20 rows; what rows of a group share has twice the deviation of what they do not.
    let groups: Vec<u32> = (0..600).map(|row| row / 20).collect();
    let rmse = 5.0_f64.sqrt();
    let coverage = |groups: Option<&[u32]>| {
        let config = BootstrapConfig { n_resamples: 300, level: 0.9, seed: 0, groups };
        share(300, |world| {
            let mut stream = stream([8, world, 0]);
            let shared = normals(&mut stream, 30);
            let targets: Vec<f64> = (0..600).map(|row| 2.0 * shared[row / 20] + stream.normal()).collect();
            let outcome = Outcome::values(&targets, &[0.0; 600]).expect("finite");
            holds(
                bootstrap(&outcome, Metric::Rmse, &config).map(|interval| interval.map(|score| score.0)),
                -rmse,
            )
        })
    };
    let (by_group, by_row) = (coverage(Some(&groups)), coverage(None));
    assert!((0.82..0.93).contains(&by_group), "{by_group}");
    assert!(by_row < 0.5, "{by_row}");
}

#[test]
fn an_interval_of_a_share_of_rows_in_groups_covers_the_true_one() {
    // 40 groups of 10 rows; of each group all rows are hits with one chance of 0.9 in half of the cases, else
    // each row has its own.
    let groups: Vec<u32> = (0..400).map(|row| row / 10).collect();
    let coverage = share(400, |world| {
        let mut stream = stream([9, world, 0]);
        let hits: Vec<bool> = (0..40)
            .flat_map(|_| {
                let together = (stream.below(2) == 0).then(|| stream.below(10) < 9);
                (0..10).map(|_| together.unwrap_or_else(|| stream.below(10) < 9)).collect::<Vec<_>>()
            })
            .collect();
        holds(grouped_wilson(&hits, &groups, 0.9), 0.9)
    });
    assert!((0.84..0.95).contains(&coverage), "{coverage}");
}

#[test]
fn an_interval_of_independent_folds_covers_the_true_mean_as_often_as_it_says() {
    for n_folds in [2, 5, 10] {
        let coverage = share(4000, |world| {
            let scores = normals(&mut stream([3, world, n_folds as u64]), n_folds);
            holds(folds_interval(&scores, 0.95), 0.0)
        });
        assert!((0.94..0.96).contains(&coverage), "{n_folds}: {coverage}");
    }
}

const N_ROWS: usize = 60;
const N_TEST: usize = 6;

/// Differences of the mean squared errors of two lines through the origin, one on `x` and one on `z`,
/// over random splits of the rows y = x + z + noise. Neither column is better, so the true mean
/// difference is 0 whatever the number of training rows.
fn differences_of_equals(world: u64, n_splits: u64) -> Vec<f64> {
    let mut source = stream([4, world, 0]);
    let (x, z) = (normals(&mut source, N_ROWS), normals(&mut source, N_ROWS));
    let y: Vec<f64> = x.iter().zip(&z).map(|(x, z)| x + z + source.normal()).collect();
    let difference = |split| {
        let rows = stream([5, world, split]).permutation(N_ROWS);
        squared_error(&z, &y, &rows) - squared_error(&x, &y, &rows)
    };
    (0..n_splits).map(difference).collect()
}

/// Fits y = slope · x on all but the first rows of `order` and scores those.
fn squared_error(x: &[f64], y: &[f64], order: &[u32]) -> f64 {
    let (test, train) = order.split_at(N_TEST);
    let sum = |rows: &[u32], term: &dyn Fn(f64, f64) -> f64| {
        rows.iter().map(|&row| term(x[row as usize], y[row as usize])).sum::<f64>()
    };
    let slope = sum(train, &|x, y| x * y) / sum(train, &|x, _| x * x);
    sum(test, &|x, y| (y - slope * x).powi(2)) / N_TEST as f64
}

#[test]
fn the_corrected_test_rarely_finds_a_difference_between_equals_where_the_plain_one_often_does() {
    let n_train = N_ROWS - N_TEST;
    let corrected = share(1000, |world| {
        let test = corrected_paired_t(&differences_of_equals(world, 15), n_train, N_TEST);
        test.is_some_and(|test| test.p_value < 0.05)
    });
    let plain = share(1000, |world| !holds(folds_interval(&differences_of_equals(world, 15), LEVEL), 0.0));
    assert!(corrected < 0.08 && plain > 0.2, "corrected {corrected}, plain {plain}");
}

#[test]
fn the_p_value_and_the_interval_of_a_test_agree() {
    for world in 0..200 {
        let differences = differences_of_equals(world, 5);
        let test = corrected_paired_t(&differences, N_ROWS - N_TEST, N_TEST).expect("they differ");
        assert_eq!(test.p_value > 1.0 - LEVEL, holds(Some(test.interval), 0.0));
        let interval = folds_interval_corrected(&differences, LEVEL, N_ROWS - N_TEST, N_TEST);
        assert_eq!(interval, Some(test.interval));
    }
}

#[test]
fn an_effect_of_the_smallest_size_is_found_four_times_in_five() {
    // Independent folds with known spread; n_test / n_train is next to nothing, so nothing is corrected.
    let (n_folds, n_train) = (10, 1_000_000_000);
    let standard_error = (1.0 / f64::from(n_folds)).sqrt();
    let unit = corrected_paired_t(&[0.0, 1.0, 2.0, 0.5, 0.1, 0.7, 1.1, 0.3, 0.2, 0.9], n_train, 1);
    let factor = unit.map(|test| test.smallest_effect / test.standard_error).expect("they differ");
    let found = share(4000, |world| {
        let mut source = stream([6, world, 0]);
        let differences: Vec<f64> = (0..n_folds).map(|_| source.normal() + factor * standard_error).collect();
        corrected_paired_t(&differences, n_train, 1).is_some_and(|test| test.p_value < 0.05)
    });
    assert!((0.77..0.84).contains(&found), "{found}");
}

#[test]
fn holm_keeps_the_chance_of_any_false_finding_at_its_level() {
    let any_below = |p_values: Vec<f64>| p_values.iter().any(|p| *p <= 0.05);
    let draw = |world| {
        let mut source = stream([7, world, 0]);
        (0..10).map(|_| source.uniform()).collect::<Vec<f64>>()
    };
    let (adjusted, plain) =
        (share(4000, |world| any_below(holm(&draw(world)))), share(4000, |world| any_below(draw(world))));
    assert!((0.035..0.065).contains(&adjusted) && plain > 0.35, "{adjusted} {plain}");
}

/// Rows in folds; the model of a fold is the mean of the other rows, so folds share what they learned.
fn means_of_others(rows: &[f64], n_folds: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let fold = |number: usize| {
        let (inside, others): (Vec<_>, Vec<_>) =
            rows.iter().enumerate().partition(|(row, _)| row % n_folds == number);
        let mean = others.iter().map(|(_, value)| **value).sum::<f64>() / others.len() as f64;
        (mean, inside.iter().map(|(_, value)| (**value - mean).abs()).collect())
    };
    (0..n_folds).map(fold).unzip()
}

#[test]
fn a_conformal_interval_holds_the_next_row_as_often_as_it_says() {
    for (n_rows, n_folds) in [(40, 5), (40, 40), (19, 2), (100, 10)] {
        for level in [0.6, 0.9] {
            let coverage = share(4000, |world| {
                // Skewed: nothing is assumed about the distribution.
                let rows: Vec<f64> = normals(&mut stream([5, world, n_rows as u64]), n_rows + 1)
                    .iter()
                    .map(|value| value.exp())
                    .collect();
                let (predictions, errors) = means_of_others(&rows[..n_rows], n_folds);
                let level = Level::new(level).expect("a share");
                let conformal = Conformal::new(errors, 1, level).expect("enough rows");
                holds(Some(conformal.interval(&predictions)), rows[n_rows])
            });
            // A little above: 40 rows allow steps of 1 / 41, and folds differ.
            assert!(coverage > level - 0.02 && coverage < level + 0.06, "{n_rows} {n_folds}: {coverage}");
        }
    }
}

#[test]
fn a_conformal_set_holds_the_class_of_the_next_row_as_often_as_it_says() {
    // Of four classes, class c has probability (c + 1) / 10, and folds count how often each occurred.
    let draw = |stream: &mut Stream| match stream.below(10) {
        0 => 0,
        1 | 2 => 1,
        3..=5 => 2,
        _ => 3_usize,
    };
    for level in [0.5, 0.8, 0.95] {
        let coverage = share(3000, |world| {
            let mut stream = stream([6, world, 0]);
            let rows: Vec<usize> = (0..61).map(|_| draw(&mut stream)).collect();
            let frequencies = |fold: usize| {
                let mut counts = [0.0; 4];
                let others = rows[..60].iter().enumerate().filter(|(row, _)| row % 3 != fold);
                others.for_each(|(_, class)| counts[*class] += 0.025);
                counts
            };
            let folds = [0, 1, 2].map(frequencies);
            let strange =
                |fold: usize| (fold..60).step_by(3).map(|row| -folds[fold][rows[row]]).collect::<Vec<f64>>();
            let level = Level::new(level).expect("a share");
            let conformal = Conformal::new((0..3).map(strange).collect(), 1, level).expect("enough rows");
            conformal.holds(&folds.map(|counts| -counts[rows[60]]))
        });
        // Ties between equal classes can only make sets larger.
        assert!(coverage > level - 0.02, "{coverage} of {level}");
    }
}
