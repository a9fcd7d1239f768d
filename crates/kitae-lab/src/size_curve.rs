//! Would more rows help? The recipe on a share of its training rows.

use kitae_eval::tests::PairedTest;
use kitae_eval::{Metric, MetricValue, Score};
use kitae_random::{Purpose, Stream};
use kitae_train::baselines::LinearCache;
use kitae_train::engine::RunContext;
use kitae_train::prepare::{LaneData, prepare_lanes};
use kitae_train::roles::{LanePlace, Roles};
use kitae_train::{Plan, Problem, Recipe, TrainError, plan};
use serde::{Deserialize, Serialize};

use crate::holdout::holdout_gain;
use crate::trial::{FoldScore, try_folds};

/// Scores by how many rows were trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SizeCurve {
    /// What is measured.
    pub metric: Metric,
    /// The class that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// From few rows to all.
    pub points: Vec<SizePoint>,
    /// Scores with all rows minus scores with half of them; none with fewer than two folds.
    pub gain: Option<PairedTest>,
}

/// A point of a [`SizeCurve`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SizePoint {
    /// The share of the training rows.
    pub share: f64,
    /// Rows that were trained on, the mean over folds.
    pub n_train: usize,
    /// The metric as people know it, the mean over folds.
    pub value: MetricValue,
}

impl SizeCurve {
    /// Whether the second half of the rows surely helped.
    pub fn is_rising(&self) -> bool {
        self.gain.is_some_and(|gain| gain.interval.low > 0.0)
    }
}

/// Shares of the training rows.
const SHARES: [f64; 3] = [0.25, 0.5, 1.0];

/// Trains the recipe on a quarter, half and all of the training rows of each fold, which are scored on the
/// same held-out rows, those folds left out that have no score with one of the shares; `begun` hears of each
/// share before it is trained. Preprocessing is fitted on the share alone, and one network is trained for
/// each fold of the first repeat.
///
/// # Errors
///
/// If the rows cannot be split, or the run is interrupted or diverges.
pub fn size_curve(
    problem: &Problem,
    recipe: &Recipe,
    place: &RunContext,
    begun: &mut dyn FnMut(f64),
) -> Result<SizeCurve, TrainError> {
    let whole = plan(problem, recipe)?;
    let mut scores: Vec<Vec<FoldScore>> = Vec::new();
    for share in SHARES {
        begun(share);
        let places: Vec<(LanePlace, Roles)> = whole
            .lanes
            .iter()
            .filter(|lane| lane.place.repeat == 0 && lane.place.member == 0)
            .map(|lane| (lane.place, fewer(lane, share, recipe.seed)))
            .collect();
        let lanes = prepare_lanes(recipe, &whole.layout, &problem.table, &problem.target, &places)?;
        let plan = Plan { layout: whole.layout.clone(), network: whole.network.clone(), lanes };
        let folds = try_folds(problem, recipe, &plan, &[1.0], place, &mut LinearCache::default())?;
        scores.push(folds.into_iter().flatten().collect());
    }
    // Points are compared, so they are means over the same folds.
    let in_all = |fold: usize| scores.iter().all(|folds| folds.iter().any(|other| other.fold == fold));
    let common: Vec<usize> = scores[0].iter().map(|fold| fold.fold).filter(|fold| in_all(*fold)).collect();
    for folds in &mut scores {
        folds.retain(|fold| common.contains(&fold.fold));
    }
    let points = SHARES.iter().zip(&scores).filter_map(|(share, folds)| point(recipe.metric, *share, folds));
    let gain = holdout_gain(&scores[SHARES.len() - 2], &scores[SHARES.len() - 1]);
    Ok(SizeCurve { metric: recipe.metric, positive: recipe.positive.clone(), points: points.collect(), gain })
}

/// The roles of a lane with a share of its training rows, drawn at random: the rows of a smaller share are
/// among those of a larger one.
fn fewer(lane: &LaneData, share: f64, seed: u64) -> Roles {
    let all = &lane.fold.train.rows;
    let n_kept = ((share * all.len() as f64).round() as usize).clamp(1, all.len());
    let fold = lane.place.fold as u64;
    let order = Stream::new(seed, Purpose::Sample, [fold, 0, 0]).permutation(all.len());
    let mut train: Vec<u32> = order[..n_kept].iter().map(|at| all[*at as usize]).collect();
    train.sort_unstable();
    Roles { train, validation: lane.fold.validation.rows.clone(), held_out: lane.fold.held_out.rows.clone() }
}

fn point(metric: Metric, share: f64, folds: &[FoldScore]) -> Option<SizePoint> {
    let n_folds = folds.len();
    let score = Score::mean(folds.iter().map(|fold| fold.score))?;
    let n_train = folds.iter().map(|fold| fold.n_train).sum::<usize>().checked_div(n_folds)?;
    Some(SizePoint { share, n_train, value: metric.natural(score) })
}
