//! Metrics of the order that probabilities put rows in.

use crate::Classes;
use crate::counted::Counted;

/// The area under the ROC curve: how often a row of a class gets a higher probability of that class
/// than a row of another class, ties counted half (the statistic of
/// Mann and Whitney 1947). Exact, not binned.
///
/// With two classes it is that of class 1; with more it is the mean over the classes, each against the
/// rest. `None` if a class has no rows.
///
/// ```
/// use kitae_eval::Classes;
/// use kitae_eval::classification::auc;
///
/// // Class 1 has 0.8 and 0.3, class 0 has 0.1 and 0.4: of four pairs three are in order.
/// let probabilities = [0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.7, 0.3];
/// assert_eq!(auc(&Classes::new(&[0, 1, 0, 1], &probabilities, 2)?), Some(0.75));
/// assert_eq!(auc(&Classes::new(&[0, 0, 0, 0], &probabilities, 2)?), None);
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn auc(outcome: &Classes) -> Option<f64> {
    auc_counted(outcome).once()
}

/// Average precision: the precision at each threshold, weighted by the share of the class that this
/// threshold adds. No interpolation; rows of equal probability share a threshold.
///
/// With two classes it is that of class 1, `None` if that has no rows; with more it is the mean over the
/// classes, each against the rest, `None` if one has no rows.
///
/// ```
/// use kitae_eval::Classes;
/// use kitae_eval::classification::average_precision;
///
/// // By falling probability of class 1: a hit, a miss, a hit. The precision is 1 at the first hit and
/// // 2/3 at the second.
/// let outcome = Classes::new(&[1, 0, 1], &[0.1, 0.9, 0.3, 0.7, 0.4, 0.6], 2)?;
/// let found = average_precision(&outcome).expect("class 1 has rows");
/// assert!((found - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-15);
/// # Ok::<(), kitae_eval::EvalError>(())
/// ```
pub fn average_precision(outcome: &Classes) -> Option<f64> {
    average_precision_counted(outcome).once()
}

pub(crate) fn auc_counted(outcome: &Classes) -> Counted {
    counted(outcome, Ranking::auc)
}

pub(crate) fn average_precision_counted(outcome: &Classes) -> Counted {
    counted(outcome, Ranking::average_precision)
}

fn counted(outcome: &Classes, metric: fn(&Ranking, &[u32]) -> Option<f64>) -> Counted {
    let first = usize::from(outcome.is_binary());
    let rankings: Vec<Ranking> =
        (first..outcome.n_classes()).map(|class| Ranking::new(outcome, class)).collect();
    Counted::new(outcome.n_rows(), move |counts| {
        let scores: Option<Vec<f64>> = rankings.iter().map(|ranking| metric(ranking, counts)).collect();
        scores.map(|scores| scores.iter().sum::<f64>() / scores.len() as f64)
    })
}

/// The rows in falling order of their probability of one class.
struct Ranking {
    places: Vec<Ranked>,
}

struct Ranked {
    row: usize,
    is_of_class: bool,
    ends_tie: bool,
}

/// How often rows of the class and of the other classes count among rows of equal probability.
struct Tie {
    n_class: u64,
    n_rest: u64,
}

impl Ranking {
    fn new(outcome: &Classes, class: usize) -> Self {
        let mut rows: Vec<(f64, usize, bool)> =
            outcome.rows().enumerate().map(|(row, (target, p))| (p[class], row, target == class)).collect();
        rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let ends = rows.windows(2).map(|pair| pair[0].0 != pair[1].0).chain([true]);
        let places = rows.iter().zip(ends);
        let places = places.map(|(&(_, row, is_of_class), ends_tie)| Ranked { row, is_of_class, ends_tie });
        Self { places: places.collect() }
    }

    /// Calls `visit` for each set of rows with equal probability, the most probable first.
    fn for_each_tie(&self, counts: &[u32], mut visit: impl FnMut(&Tie)) {
        let mut tie = Tie { n_class: 0, n_rest: 0 };
        for place in &self.places {
            let count = u64::from(counts[place.row]);
            if place.is_of_class {
                tie.n_class += count;
            } else {
                tie.n_rest += count;
            }
            if place.ends_tie {
                visit(&tie);
                tie = Tie { n_class: 0, n_rest: 0 };
            }
        }
    }

    /// Counts pairs in whole numbers and divides once.
    fn auc(&self, counts: &[u32]) -> Option<f64> {
        let (mut n_class, mut n_rest, mut n_half_wins) = (0, 0, 0_u128);
        self.for_each_tie(counts, |tie| {
            n_class += tie.n_class;
            n_half_wins += u128::from(tie.n_rest) * u128::from(2 * n_class - tie.n_class);
            n_rest += tie.n_rest;
        });
        let n_pairs = u128::from(n_class) * u128::from(n_rest);
        (n_pairs > 0).then(|| n_half_wins as f64 / (2 * n_pairs) as f64)
    }

    fn average_precision(&self, counts: &[u32]) -> Option<f64> {
        let (mut n_class, mut n_above, mut sum) = (0, 0, 0.0);
        self.for_each_tie(counts, |tie| {
            n_class += tie.n_class;
            n_above += tie.n_class + tie.n_rest;
            if tie.n_class > 0 {
                sum += tie.n_class as f64 * (n_class as f64 / n_above as f64);
            }
        });
        (n_class > 0).then(|| sum / n_class as f64)
    }
}
