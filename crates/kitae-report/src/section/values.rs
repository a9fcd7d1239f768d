//! Predictions of a regression: predicted against true values, and what is left over.

use kitae_eval::Values;
use kitae_train::prepare::Targets;

use super::note;
use super::tenths::tenths;
use crate::Contents;
use crate::chart::{
    Axis, Chart, Frame, Point, Stroke, bar, cloud, cross_line, extent, legend, line, thin_cloud, up_line,
};
use crate::document::{Block, Section, Table};
use crate::words::{count, number};

/// Points of a cloud.
const MOST_POINTS: usize = 1500;
const HEIGHT: f64 = 280.0;

pub(super) fn section(contents: &Contents) -> Section {
    let blocks = match &contents.scored {
        Err(reason) => note(reason.clone()),
        Ok(scored) => match &scored.targets {
            Targets::Values(targets) => match Values::new(targets, &scored.predictions.values) {
                Ok(values) => charts(contents, &values),
                Err(error) => note(format!("The out-of-fold predictions do not fit: {error}.")),
            },
            Targets::Classes(_) => {
                note("The out-of-fold predictions are classes, but the target is a number.")
            }
        },
    };
    Section::new("predictions", "Predictions", blocks)
}

fn charts(contents: &Contents, values: &Values) -> Vec<Block> {
    let (targets, predicted) = (values.targets(), values.predicted());
    let residuals: Vec<f64> =
        targets.iter().zip(predicted).map(|(target, predicted)| target - predicted).collect();
    let n_rows = values.n_rows();
    let thinned = format!(
        " Clouds show about {MOST_POINTS} of them, taken evenly whatever their values, and those that lie farthest \
         out."
    );
    vec![
        Block::Text(format!(
            "{} of `out_of_fold.csv`, each predicted by networks that had not seen it. A residual is the true \
             value minus the predicted one.{}",
            count(n_rows, "row"),
            if n_rows > MOST_POINTS { &thinned } else { "" }
        )),
        Block::Charts(vec![
            against_targets(&contents.manifest.model.target, targets, predicted),
            against_predicted(predicted, &residuals),
            histogram(&residuals),
        ]),
        Block::Details {
            summary: "Residuals as tables".into(),
            blocks: std::iter::once(quantiles(&residuals))
                .chain(tenths(targets, predicted))
                .map(Block::Table)
                .collect(),
        },
    ]
}

fn against_targets(target: &str, targets: &[f64], predicted: &[f64]) -> Chart {
    let points: Vec<Point> = predicted.iter().copied().zip(targets.iter().copied()).collect();
    // One span for both axes, so that the line of right predictions is the diagonal.
    let all: Vec<f64> = targets.iter().chain(predicted).copied().collect();
    let name = format!("true {}", crate::words::shorten(target, 24));
    let frame = Frame::new(Axis::of("predicted", &all), Axis::of(&name, &all), HEIGHT);
    let (low, high) = frame.x.values;
    let marks = frame.axes()
        + &cloud(&frame, &thin_cloud(&points, MOST_POINTS))
        + &line(&frame, &[(low, low), (high, high)], Stroke::Quiet)
        + &legend(&[(Stroke::Quiet, "ideal")], None);
    let description = match (extent(targets), extent(predicted)) {
        (Some(true_ends), Some(said_ends)) => format!(
            "A point for each row. True values lie between {} and {}, predicted ones between {} and {}; on the line \
             they are equal.",
            number(true_ends.0),
            number(true_ends.1),
            number(said_ends.0),
            number(said_ends.1)
        ),
        _ => "A point for each row.".to_owned(),
    };
    frame.chart("true-predicted", "True against predicted", &description, marks)
}

fn against_predicted(predicted: &[f64], residuals: &[f64]) -> Chart {
    let points: Vec<Point> = predicted.iter().copied().zip(residuals.iter().copied()).collect();
    let frame = Frame::new(Axis::of("predicted", predicted), Axis::of("residual", residuals), HEIGHT);
    let marks = frame.axes()
        + &cloud(&frame, &thin_cloud(&points, MOST_POINTS))
        + &cross_line(&frame, 0.0, Stroke::Quiet);
    let description = format!(
        "A point for each row; above the line the true value is higher than the predicted one. {}",
        thirds(&points)
    );
    frame.chart("residuals", "Residuals against predicted", &description, marks)
}

/// How wide residuals spread for low, middle and high predictions.
fn thirds(points: &[Point]) -> String {
    let mut sorted = points.to_vec();
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let n = sorted.len();
    let size = |part: &[Point]| {
        let sum: f64 = part.iter().map(|point| point.1.abs()).sum();
        number(sum / part.len().max(1) as f64)
    };
    let parts = [&sorted[..n / 3], &sorted[n / 3..2 * n / 3], &sorted[2 * n / 3..]].map(size);
    format!(
        "Their mean size is {} for low, {} for middle and {} for high predictions.",
        parts[0], parts[1], parts[2]
    )
}

fn histogram(residuals: &[f64]) -> Chart {
    let bins = bins(residuals);
    let tallest = bins.iter().map(|bin| bin.2).max().unwrap_or(0) as f64;
    let ends: Vec<f64> = bins.iter().flat_map(|bin| [bin.0, bin.1]).collect();
    let rows = Axis { values: (0.0, 1.08 * tallest.max(1.0)), ..Axis::share("rows") };
    let frame = Frame::new(Axis::of("residual", &ends), rows, HEIGHT);
    let bars: String = bins.iter().map(|(from, to, n)| bar(&frame, (*from, *to), *n as f64)).collect();
    let middle = quantile(&sorted(residuals), 0.5);
    let marks = frame.axes()
        + &bars
        + &up_line(&frame, 0.0, Stroke::Quiet)
        + &up_line(&frame, middle, Stroke::Accent)
        + &legend(&[(Stroke::Quiet, "zero"), (Stroke::Accent, "median")], None);
    let description = format!(
        "Rows by the size of their residual, in {}. The median is {}; half of the rows lie between {} and {}.",
        count(bins.len(), "bin"),
        number(middle),
        number(quantile(&sorted(residuals), 0.25)),
        number(quantile(&sorted(residuals), 0.75))
    );
    frame.chart("histogram", "Distribution of the residuals", &description, marks)
}

/// (from, to, rows) of bins of equal width, about as wide as Freedman and Diaconis (1981) advise.
fn bins(values: &[f64]) -> Vec<(f64, f64, usize)> {
    const FEWEST: f64 = 8.0;
    const MOST: f64 = 40.0;
    let Some((low, high)) = extent(values).filter(|(low, high)| (high - low).is_finite()) else {
        return Vec::new();
    };
    if low == high {
        return vec![(low - 0.5, low + 0.5, values.len())];
    }
    let sorted = sorted(values);
    let spread = quantile(&sorted, 0.75) - quantile(&sorted, 0.25);
    let width = 2.0 * spread / (values.len() as f64).cbrt();
    let n_bins = if width > 0.0 { ((high - low) / width).ceil().clamp(FEWEST, MOST) } else { FEWEST };
    let width = (high - low) / n_bins;
    let mut counts = vec![0; n_bins as usize];
    let last = counts.len() - 1;
    for value in values.iter().filter(|value| value.is_finite()) {
        counts[(((value - low) / width) as usize).min(last)] += 1;
    }
    let bin = |(at, n): (usize, usize)| (low + at as f64 * width, low + (at + 1) as f64 * width, n);
    counts.into_iter().enumerate().map(bin).collect()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// Between neighbours, as numpy does it; 0 for no values.
fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let position = probability * last as f64;
    let (below, above) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    below + (above - below) * position.fract()
}

fn quantiles(residuals: &[f64]) -> Table {
    let sorted = sorted(residuals);
    let named = [
        ("lowest", 0.0),
        ("2.5 %", 0.025),
        ("25 %", 0.25),
        ("median", 0.5),
        ("75 %", 0.75),
        ("97.5 %", 0.975),
        ("highest", 1.0),
    ];
    let row =
        |(name, probability): (&str, f64)| vec![name.to_owned(), number(quantile(&sorted, probability))];
    let columns = ["quantile", "residual"];
    Table::new("Quantiles of the residuals", &columns, named.map(row).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_one_bin() {
        let cases: [&[f64]; 5] =
            [&[1.0], &[1.0, 1.0], &[0.0, 1.0], &[-1e300, 1e300], &[3.0, 4.0, 4.0, 9.0, 9.5]];
        for values in cases {
            let bins = bins(values);
            assert!(bins.iter().all(|(from, to, _)| from < to), "{bins:?}");
            if !bins.is_empty() {
                assert_eq!(bins.iter().map(|bin| bin.2).sum::<usize>(), values.len(), "{bins:?}");
            }
        }
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        // numpy.quantile([1, 2, 4, 8], p)
        for (probability, expected) in [(0.0, 1.0), (0.25, 1.75), (0.9, 6.8), (1.0, 8.0)] {
            assert!((quantile(&sorted, probability) - expected).abs() < 1e-12);
        }
    }
}
