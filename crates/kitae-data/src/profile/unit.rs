//! Whether new values are those of training in another unit.

use super::{RANKS, quantiles};

/// The least number of values whose distribution says something.
const ENOUGH: usize = 10;

/// What new values are to be multiplied with.
const POWERS: [(f64, &str); 10] = [
    (1e-1, "10 times those"),
    (1e-2, "100 times those"),
    (1e-3, "1000 times those"),
    (1e-6, "a million times those"),
    (1e-9, "a billion times those"),
    (1e1, "a tenth of those"),
    (1e2, "a hundredth of those"),
    (1e3, "a thousandth of those"),
    (1e6, "a millionth of those"),
    (1e9, "a billionth of those"),
];

/// The same between seconds, minutes, hours and days.
const CLOCKS: [(f64, &str); 6] = [
    (1.0 / 24.0, "24 times those, as hours are to days,"),
    (1.0 / 60.0, "60 times those, as minutes are to hours,"),
    (1.0 / 3600.0, "3600 times those, as seconds are to hours,"),
    (24.0, "a 24th of those, as days are to hours,"),
    (60.0, "a 60th of those, as hours are to minutes,"),
    (3600.0, "a 3600th of those, as hours are to seconds,"),
];

/// What new values are to be multiplied with, and what to be added then.
const TEMPERATURES: [(f64, f64, &str); 4] = [
    (5.0 / 9.0, -160.0 / 9.0, "degrees Fahrenheit where those are Celsius"),
    (1.8, 32.0, "degrees Celsius where those are Fahrenheit"),
    (1.0, -273.15, "Kelvin where those are degrees Celsius"),
    (1.0, 273.15, "degrees Celsius where those are Kelvin"),
];

/// What new values look like, as in "the values look like … of training".
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unit {
    pub(super) words: &'static str,
}

/// The unit in which the new values fit those of training, if they do not fit as they are. `values` are a
/// sample of them; `share_outside` of all lie beyond the range.
///
/// New values are compared at the inner ranks, in widths of the middle eight tenths of training. They are
/// suspected if they are off by half that width or more on average, and another unit brings them to within a
/// tenth of it (and the noise of few values) and nearer by a factor of five. Of fewer than ten values all
/// must lie beyond the range.
pub(super) fn suspected(
    training: &[f64; RANKS.len()],
    values: &mut [f64],
    share_outside: f64,
) -> Option<Unit> {
    let n_values = values.len();
    if n_values < ENOUGH && share_outside < 1.0 {
        return None;
    }
    let new = inner(&quantiles(values)?);
    let old = inner(training);
    // A multiple of nothing is nothing: most of the column must be more than that.
    let has_size = new.iter().zip(&old).filter(|(new, old)| **new != 0.0 && **old != 0.0).count() >= 3;
    let width = old[4] - old[0];
    let width = if width > 0.0 { width } else { training[RANKS.len() - 1] - training[0] };
    if !has_size || width <= 0.0 || !width.is_finite() {
        return None;
    }
    let distance = |factor: f64, shift: f64| {
        new.iter().zip(&old).map(|(new, old)| (new * factor + shift - old).abs()).sum::<f64>()
            / (width * old.len() as f64)
    };
    let as_they_are = distance(1.0, 0.0);
    let noise = 1.0 / (n_values as f64).sqrt();
    // Few values have no distribution: that one of them fits the middle is all that can be asked.
    let is_few = n_values < ENOUGH;
    let (off, fits) = if is_few { (1.5, 0.5) } else { (0.5 + noise, 0.1 + 0.5 * noise) };
    if as_they_are < off {
        return None;
    }
    let clocks = if is_few { &[] } else { &CLOCKS[..] };
    let factors = POWERS.iter().chain(clocks);
    let factors = factors.map(|(factor, words)| (distance(*factor, 0.0), *words));
    let temperatures = TEMPERATURES.iter().map(|(factor, shift, words)| (distance(*factor, *shift), *words));
    let best = factors.chain(temperatures).min_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 < fits && best.0 * 5.0 < as_they_are).then_some(Unit { words: best.1 })
}

/// Without the least and the greatest, which a single value decides.
fn inner(quantiles: &[f64; RANKS.len()]) -> [f64; 5] {
    let [_, inner @ .., _] = *quantiles;
    inner
}
