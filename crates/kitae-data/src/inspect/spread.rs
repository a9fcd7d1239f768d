//! The spread of a target: in a few rows, or over many powers of ten.

use super::display::number;
use crate::finding::{Cure, Finding, Setting, Severity, What};
use crate::preprocess::TargetTransform;

/// With fewer rows two of them hold much of any variance.
const FEWEST_ROWS: usize = 30;
/// A few rows are two, or this share of all.
const FEW: f64 = 0.001;
/// Of these, those whose squared distance from the mean is more than this share of the largest.
const HEAVY: f64 = 0.1;
/// They hold too much from this share of the variance on.
const MOST_VARIANCE: f64 = 0.5;
/// Powers of ten from the least to the greatest value, 1 % of the rows left out on either side. On 28 public
/// tables no target reaches it; prices, counts and durations span 1 to 2.6.
const FEWEST_DECADES: f64 = 3.0;
/// Of them so many lie above the median: what is far below it does not weigh on squared errors.
const FEWEST_DECADES_ABOVE: f64 = 1.2;
/// As many rows are named.
const MOST_NAMED: usize = 3;

/// Of `rows` of the target `name`, those without a finite value left out.
pub(super) fn find(values: &[f64], rows: &[u32], name: &str) -> Option<Finding> {
    let value_of = |row: &u32| values.get(*row as usize).map(|value| (*row, *value));
    let known: Vec<(u32, f64)> = rows.iter().filter_map(value_of).filter(|(_, v)| v.is_finite()).collect();
    if known.len() < FEWEST_ROWS {
        return None;
    }
    let (decades, heavy) = (Decades::of(&known), heavy_rows(&known));
    let (message, logarithm) = match (decades, heavy) {
        (Some(decades), heavy) => {
            let also = heavy.map(|heavy| format!("; {heavy}")).unwrap_or_default();
            let logarithm = decades.logarithm;
            (format!("the target `{name}` {decades}{also}"), Some(logarithm))
        }
        (None, Some(heavy)) => {
            let logarithm = TargetTransform::logarithm_of(known.iter().map(|(_, value)| *value));
            (format!("in the target `{name}` {heavy}"), logarithm)
        }
        (None, None) => return None,
    };
    let logarithm = logarithm.map(|transform| Cure::with(Setting::TargetScale, transform.name()));
    let mut finding = Finding::new(What::TargetSpread, Severity::Warning, message).of(name);
    finding.cures.extend(logarithm);
    // Medians do not follow the few.
    Some(finding.cured_by(Cure::with(Setting::Metric, "mae")))
}

/// A target that spans powers of ten.
struct Decades {
    logarithm: TargetTransform,
    low: f64,
    high: f64,
}

impl Decades {
    fn of(known: &[(u32, f64)]) -> Option<Self> {
        let logarithm = TargetTransform::logarithm_of(known.iter().map(|(_, value)| *value))?;
        let mut sorted: Vec<f64> = known.iter().map(|(_, value)| *value).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let [low, median, high] =
            [0.01, 0.5, 0.99].map(|share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize]);
        let shift = if logarithm == TargetTransform::Log { 0.0 } else { 1.0 };
        let powers = |from: f64| ((high + shift) / (from + shift)).log10();
        // Where most rows are zero, a logarithm does not help to tell which are not.
        let is_wide = powers(low) >= FEWEST_DECADES && powers(median) >= FEWEST_DECADES_ABOVE && median > 0.0;
        is_wide.then_some(Self { logarithm, low, high })
    }
}

impl std::fmt::Display for Decades {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { low, high, .. } = self;
        write!(
            f,
            "spans orders of magnitude (98 % of the rows lie between {} and {})",
            number(*low),
            number(*high)
        )?;
        f.write_str(", so its largest values dominate squared errors; it is better learnt on a log scale")
    }
}

/// Names the rows that hold most of the variance, if they are few.
fn heavy_rows(known: &[(u32, f64)]) -> Option<String> {
    // In units of the largest, so that no square overflows.
    let unit = known.iter().fold(0.0, |largest: f64, (_, value)| largest.max(value.abs()));
    let mean = known.iter().map(|(_, value)| value / unit).sum::<f64>() / known.len() as f64;
    let square = |value: f64| (value / unit - mean).powi(2);
    let total: f64 = known.iter().map(|(_, value)| square(*value)).sum();
    let mut heavy = known.to_vec();
    heavy.sort_by(|(_, one), (_, other)| square(*other).total_cmp(&square(*one)));
    heavy.truncate(((known.len() as f64 * FEW) as usize).max(2));
    let heaviest = square(heavy.first()?.1);
    heavy.retain(|(_, value)| square(*value) > HEAVY * heaviest);
    let share = heavy.iter().map(|(_, value)| square(*value)).sum::<f64>() / total;
    // Neither where nothing varies.
    if share.is_nan() || share <= MOST_VARIANCE {
        return None;
    }
    let named = heavy.iter().take(MOST_NAMED);
    let named: Vec<String> =
        named.map(|(row, value)| format!("row {} with {}", row + 1, number(*value))).collect();
    let more = match heavy.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "{:.0} % of the variance lies in {} of {} rows: {}{more} (the header not counted); these rows dominate \
         squared errors",
        100.0 * share,
        heavy.len(),
        known.len(),
        named.join(", "),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::mix;

    /// As good as random, between 0 and 1.
    fn share(row: usize) -> f64 {
        (mix(row as u64) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn found(n_rows: usize, value: impl Fn(usize) -> f64) -> Option<String> {
        let values: Vec<f64> = (0..n_rows).map(value).collect();
        let rows: Vec<u32> = (0..n_rows as u32).collect();
        find(&values, &rows, "y").map(|finding| finding.to_string())
    }

    #[test]
    fn rows_that_hold_most_of_the_variance_are_named() {
        let two = |row| match row {
            16 => 9e9,
            401 => -8e9,
            _ => share(row),
        };
        let expected = "in the target `y` 100 % of the variance lies in 2 of 500 rows: row 17 with 9.000e9, row 402 with \
            -8.000e9 (the header not counted); these rows dominate squared errors: `metric = \"mae\"`";
        assert_eq!(found(500, two).as_deref(), Some(expected));
        let positive = found(500, |row| if row == 3 { 1e6 } else { 10.0 + share(row) }).unwrap();
        assert!(
            positive.contains(" 100 % of the variance lies in 1 of 500 rows: row 4 with 1000000 ("),
            "{positive}"
        );
        assert!(positive.ends_with(": `target_scale = \"log\"` or `metric = \"mae\"`"), "{positive}");
        let many = found(9_000, |row| if row % 1_000 == 0 { 1e300 } else { share(row) }).unwrap();
        assert!(many.contains("row 1 with 1.000e300, row 1001 with 1.000e300, row 2001"), "{many}");
        assert!(many.contains(" and 6 more (the header"), "{many}");
    }

    #[test]
    fn a_target_over_powers_of_ten_is_better_learnt_on_its_logarithm() {
        let even = found(400, |row| 10_f64.powf(8.0 * share(row))).unwrap();
        assert!(even.contains("spans orders of magnitude (98 % of the rows lie between "), "{even}");
        assert!(even.ends_with("log scale: `target_scale = \"log\"` or `metric = \"mae\"`"), "{even}");
        let counts = found(400, |row| (10_f64.powf(5.0 * share(row)) - 1.0).floor()).unwrap();
        assert!(counts.contains("`target_scale = \"log1p\"`"), "{counts}");
        let both = found(400, |row| if row == 7 { 1e12 } else { 10_f64.powf(6.0 * share(row)) }).unwrap();
        assert!(both.contains("log scale; 100 % of the variance lies in 1 of 400 rows"), "{both}");
    }

    #[test]
    fn usual_targets_are_not_spoken_of() {
        let normal = |row: usize| (0..12).map(|i| share(12 * row + i)).sum::<f64>() - 6.0;
        assert_eq!(found(400, normal), None);
        // Waiting times, prices, shares with some near zero, counts that are mostly zero.
        assert_eq!(found(400, |row| -share(row).ln()), None);
        assert_eq!(found(400, |row| (11.0 + 0.8 * normal(row)).exp()), None);
        assert_eq!(found(400, |row| if row % 20 == 0 { 1e-9 } else { share(row) }), None);
        assert_eq!(found(400, |row| if row % 4 == 0 { 4e4 * share(row) } else { 0.0 }), None);
        assert_eq!(found(400, |_| 5.0), None);
        assert_eq!(found(400, |_| 0.0), None);
        assert_eq!(found(400, |_| f64::NAN), None);
        assert_eq!(found(20, |row| if row == 3 { 1e9 } else { share(row) }), None);
    }
}
