//! From values to places on a chart, and the round values that an axis names.

/// A range of values and the range of the chart it is drawn on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The lowest and the highest value, both finite; above 0 where the spacing is [`Spacing::Log`].
    pub values: (f64, f64),
    /// Where these two are drawn, in units of the chart.
    pub places: (f64, f64),
    /// What equal distances mean.
    pub spacing: Spacing,
}

/// What equal distances on an axis mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// Equal differences.
    Linear,
    /// Equal ratios.
    Log,
}

/// From this ratio of the highest to the lowest value on, curves are drawn over equal ratios.
const LOG_RATIO: f64 = 10.0;

impl Spacing {
    /// The spacing that shows all of these values: [`Spacing::Log`] if all finite ones are positive and the
    /// highest is 10 times the lowest or more.
    pub fn of(values: &[f64]) -> Self {
        match extent(values) {
            Some((low, high)) if low > 0.0 && high / low >= LOG_RATIO => Self::Log,
            _ => Self::Linear,
        }
    }
}

impl Scale {
    /// Where `value` is drawn, never outside of the places.
    pub fn at(&self, value: f64) -> f64 {
        let inner = |value: f64| match self.spacing {
            Spacing::Linear => value,
            Spacing::Log => value.ln(),
        };
        let (low, high) = (inner(self.values.0), inner(self.values.1));
        let share = (inner(value) - low) / (high - low);
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        self.places.0 + share * (self.places.1 - self.places.0)
    }

    /// The values that an axis names, about `about` of them, and their texts.
    pub fn ticks(&self, about: usize) -> Vec<(f64, String)> {
        match self.spacing {
            Spacing::Linear => linear_ticks(self.values.0, self.values.1, about),
            Spacing::Log => log_ticks(self.values.0, self.values.1, about),
        }
    }
}

/// The lowest and the highest finite value.
pub fn extent(values: &[f64]) -> Option<(f64, f64)> {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    finite.fold(None, |extent, value| match extent {
        None => Some((value, value)),
        Some((low, high)) => Some((low.min(value), high.max(value))),
    })
}

/// The extent of `values`, a little wider, and never of no width: what an axis can span. From 0 to 1 if
/// there are no values.
pub fn span(values: &[f64], spacing: Spacing) -> (f64, f64) {
    /// Share of the extent that is added at both ends.
    const MARGIN: f64 = 0.04;
    /// Far enough from the largest number that the width of the span is a number too.
    const FARTHEST: f64 = f64::MAX / 16.0;
    let (low, high) = extent(values).unwrap_or((0.0, 1.0));
    let (low, high) = (low.clamp(-FARTHEST, FARTHEST), high.clamp(-FARTHEST, FARTHEST));
    if spacing == Spacing::Log && low > 0.0 {
        let ratio = (high / low).max(1.1).powf(MARGIN);
        return (low / ratio, high * ratio);
    }
    let half = ((high - low) / 2.0).max(low.abs().max(high.abs()) * 1e-6);
    let half = if half > 0.0 { half } else { 0.5 };
    let margin = 2.0 * MARGIN * half;
    let (low, high) = if low == high { (low - half, high + half) } else { (low, high) };
    (low - margin, high + margin)
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear_ticks(low: f64, high: f64, about: usize) -> Vec<(f64, String)> {
    let rough = (high - low) / about.max(1) as f64;
    if !(rough > 0.0 && rough.is_finite()) {
        return Vec::new();
    }
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    // The next larger step may leave a tick or two; a smaller one that is near leaves enough.
    let step = step.into_iter().find(|step| *step >= 0.6 * rough).unwrap_or(10.0 * power);
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    if last - first > 100.0 || !first.is_finite() {
        return Vec::new();
    }
    let n = (last - first) as usize;
    // 0 + x, so that no tick is -0.
    let values: Vec<f64> = (0..=n).map(|tick| 0.0 + (first + tick as f64) * step).collect();
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let is_plain = largest < 1e6 && step >= 1e-5;
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let digits = (largest / step).log10().max(0.0).ceil() as usize;
    let text = |value: &f64| match (is_plain, *value == 0.0) {
        (true, _) => format!("{value:.decimals$}"),
        (false, true) => "0".to_owned(),
        (false, false) => scientific(*value, digits),
    };
    values.iter().map(|value| (*value, text(value))).collect()
}

/// With at most `digits` decimals and no zeros at their end.
fn scientific(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$e}");
    match text.split_once('e') {
        Some((mantissa, power)) if mantissa.contains('.') => {
            format!("{}e{power}", mantissa.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

/// Powers of ten, with 2 and 5 times them where there is room.
fn log_ticks(low: f64, high: f64, about: usize) -> Vec<(f64, String)> {
    if !(low > 0.0 && high > low && high.is_finite()) {
        return Vec::new();
    }
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let decades = (high / low).log10();
    let factors: &[f64] = if decades * 3.0 <= 1.5 * about as f64 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    // A half more than asked for are better read than every second power.
    let stride = (decades / (1.5 * about.max(1) as f64)).ceil().max(1.0) as usize;
    let powers = (first..=last).step_by(stride);
    let values = powers.flat_map(|power| factors.iter().map(move |factor| factor * 10_f64.powi(power)));
    let inside = values.filter(|value| *value >= low * 0.999_999 && *value <= high * 1.000_001);
    inside.map(|value| (value, short(value))).collect()
}

fn short(value: f64) -> String {
    if (1e-4..1e6).contains(&value) {
        let decimals = (-value.log10().floor()).max(0.0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.0e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(low: f64, high: f64, spacing: Spacing, expected: &[&str]) {
        let scale = Scale { values: (low, high), places: (0.0, 100.0), spacing };
        let texts: Vec<String> = scale.ticks(5).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn ticks_are_round_numbers_within_the_axis() {
        check(0.0, 256.0, Spacing::Linear, &["0", "50", "100", "150", "200", "250"]);
        check(-0.05, 0.05, Spacing::Linear, &["-0.04", "-0.02", "0.00", "0.02", "0.04"]);
        check(0.968, 0.992, Spacing::Linear, &["0.970", "0.975", "0.980", "0.985", "0.990"]);
        check(25.0, 346.0, Spacing::Linear, &["50", "100", "150", "200", "250", "300"]);
        check(0.0, 2e9, Spacing::Linear, &["0", "5e8", "1e9", "1.5e9", "2e9"]);
        check(1e-9, 3e-9, Spacing::Linear, &["1e-9", "1.5e-9", "2e-9", "2.5e-9", "3e-9"]);
        check(0.02, 2.5, Spacing::Log, &["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"]);
        check(1e-8, 2.0, Spacing::Log, &["1e-8", "1e-6", "0.0001", "0.01", "1"]);
    }

    #[test]
    fn an_axis_without_width_or_end_has_no_ticks() {
        for (low, high) in [(1.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (-f64::MAX, f64::MAX)] {
            for spacing in [Spacing::Linear, Spacing::Log] {
                let scale = Scale { values: (low, high), places: (0.0, 100.0), spacing };
                assert!(scale.ticks(5).len() < 20, "{low} {high}");
                assert!(scale.at(0.5).is_finite());
            }
        }
    }

    #[test]
    fn every_span_has_a_width_and_ends() {
        let cases: [&[f64]; 6] = [&[], &[0.0], &[-3.0], &[1e300, -1e300], &[f64::MAX], &[f64::NAN]];
        for values in cases {
            for spacing in [Spacing::Linear, Spacing::Log] {
                let (low, high) = span(values, spacing);
                assert!(low < high && (high - low).is_finite(), "{values:?}: {low} {high}");
            }
        }
    }
}
