//! The texts below an axis: as many ticks as have room side by side.

use super::{Scale, WIDTH};

/// The width of a character of a tick, 11 units high, in the widest usual font: a digit of `DejaVu Sans` is
/// 0.636 of the height wide.
pub(super) const DIGIT: f64 = 7.0;
/// Between two texts, at least.
const GAP: f64 = 8.0;

/// A tick of an axis from left to right.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    /// The middle of its text, which lies within the chart.
    pub(super) at: f64,
    pub(super) text: String,
}

impl Tick {
    fn half(&self) -> f64 {
        DIGIT / 2.0 * self.text.chars().count() as f64
    }
}

/// About `about` ticks, or as many as can be without texts that touch.
pub(super) fn ticks_along(scale: &Scale, about: usize) -> Vec<Tick> {
    let all: Vec<Vec<Tick>> = (1..=about).rev().map(|about| placed(scale, about)).collect();
    if let Some(ticks) = all.first().filter(|ticks| have_room(ticks)) {
        return ticks.clone();
    }
    let few = all.iter().flat_map(|ticks| (1..=ticks.len()).map(|stride| every_few(ticks, stride)));
    // Of as many the earlier: the last of equals would be the one with the widest steps.
    few.filter(|ticks| have_room(ticks))
        .reduce(|most, few| if few.len() > most.len() { few } else { most })
        .unwrap_or_default()
}

fn placed(scale: &Scale, about: usize) -> Vec<Tick> {
    let tick = |(value, text): (f64, String)| {
        let tick = Tick { value, at: scale.at(value), text };
        let half = tick.half();
        Tick { at: tick.at.max(half).min(WIDTH - half), ..tick }
    };
    scale.ticks(about).into_iter().map(tick).collect()
}

fn have_room(ticks: &[Tick]) -> bool {
    ticks.windows(2).all(|pair| pair[0].at + pair[0].half() + GAP <= pair[1].at - pair[1].half())
}

/// Every second, third and so on, with zero if it is there.
fn every_few(ticks: &[Tick], stride: usize) -> Vec<Tick> {
    let zero = ticks.iter().position(|tick| tick.value == 0.0).unwrap_or(0);
    ticks.iter().skip(zero % stride).step_by(stride).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Spacing;

    #[test]
    fn numbers_of_many_digits_have_room_side_by_side() {
        let limits = [1e-7, 0.001, 0.1, 1.0, 35.0, 900.0, 48_000.0, 123_456.0, 480_000.0, 999_999.0, 3e8];
        let places = [(26.0, 350.0), (57.0, 350.0), (57.0, 290.0), (100.0, 200.0), (100.0, 120.0)];
        for (limit, places) in limits.iter().flat_map(|limit| places.map(|places| (*limit, places))) {
            let spans = [(-limit, limit), (0.0, limit), (limit, 1.1 * limit), (limit, 1.0001 * limit)];
            for (about, values) in [3, 5, 8].iter().flat_map(|about| spans.map(|span| (*about, span))) {
                let ticks = ticks_along(&Scale { values, places, spacing: Spacing::Linear }, about);
                assert!(!ticks.is_empty() && have_room(&ticks), "{values:?} {places:?} {ticks:?}");
            }
            let values = (limit / 1e4, limit);
            let ticks = ticks_along(&Scale { values, places, spacing: Spacing::Log }, 5);
            assert!(!ticks.is_empty() && have_room(&ticks), "{values:?} {places:?} {ticks:?}");
        }
    }

    #[test]
    fn residuals_of_houses_keep_round_ticks_on_both_sides_of_zero() {
        let scale =
            Scale { values: (-480_000.0, 480_000.0), places: (50.0, 350.0), spacing: Spacing::Linear };
        let texts =
            |about| -> Vec<String> { ticks_along(&scale, about).into_iter().map(|tick| tick.text).collect() };
        assert_eq!(texts(5), ["-400000", "-200000", "0", "200000", "400000"]);
        // More are asked for than have room.
        assert_eq!(texts(9), ["-400000", "-200000", "0", "200000", "400000"]);
        let narrow = Scale { places: (50.0, 200.0), ..scale };
        let texts: Vec<String> = ticks_along(&narrow, 5).into_iter().map(|tick| tick.text).collect();
        assert_eq!(texts, ["-400000", "0", "400000"]);
    }
}
