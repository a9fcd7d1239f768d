//! The parts of a time: how far along, and where in the year, the month, the week and the day.

use std::f64::consts::FRAC_PI_2;
use std::fmt;

const SECONDS_A_DAY: f64 = 86_400.0;

/// Beyond this many days (two million years) the calendar stops; the trend goes on.
const MOST_DAYS: f64 = 1e9;

/// A number made from a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimePart {
    /// Days since 1970-01-01, with fractions: the trend.
    Days,
    /// Where in a cycle the time falls, as a point on a circle: the end lies beside the beginning.
    Cycle(Cycle, Wave),
}

/// A cycle of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cycle {
    /// The day of the year, counted from 1 March so that a leap day is the last.
    Year,
    /// The day of the month.
    Month,
    /// The day of the week.
    Week,
    /// The time of day.
    Day,
}

/// A coordinate on a circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wave {
    /// The sine of the angle.
    Sine,
    /// The cosine of the angle.
    Cosine,
}

impl TimePart {
    /// Every part, in the order of the features. Parts that do not vary in a column become 0 there.
    pub const ALL: [Self; 9] = [
        Self::Days,
        Self::Cycle(Cycle::Year, Wave::Sine),
        Self::Cycle(Cycle::Year, Wave::Cosine),
        Self::Cycle(Cycle::Month, Wave::Sine),
        Self::Cycle(Cycle::Month, Wave::Cosine),
        Self::Cycle(Cycle::Week, Wave::Sine),
        Self::Cycle(Cycle::Week, Wave::Cosine),
        Self::Cycle(Cycle::Day, Wave::Sine),
        Self::Cycle(Cycle::Day, Wave::Cosine),
    ];

    /// This part of the time `seconds` after 1970-01-01 00:00 UTC; NaN of NaN.
    pub(super) fn of(self, seconds: f64) -> f64 {
        match self {
            _ if seconds.is_nan() => f64::NAN,
            Self::Days => seconds / SECONDS_A_DAY,
            Self::Cycle(cycle, wave) => wave.of(cycle.passed(seconds), cycle.length()),
        }
    }
}

impl Cycle {
    /// How many days of the cycle have passed, or seconds of the day: at least 0 and not more than its
    /// length.
    fn passed(self, seconds: f64) -> f64 {
        let days = (seconds / SECONDS_A_DAY).floor().clamp(-MOST_DAYS, MOST_DAYS);
        match self {
            Self::Year => march_date(days as i64).0 as f64,
            Self::Month => march_date(days as i64).1 as f64,
            Self::Week => (days as i64).rem_euclid(7) as f64,
            Self::Day => (seconds - days * SECONDS_A_DAY).clamp(0.0, SECONDS_A_DAY),
        }
    }

    /// Its length, in days or in seconds of the day.
    pub fn length(self) -> f64 {
        match self {
            Self::Year => 366.0,
            Self::Month => 31.0,
            Self::Week => 7.0,
            Self::Day => SECONDS_A_DAY,
        }
    }
}

impl Wave {
    /// The coordinate after `passed` of `length`, once around: the same bits on every machine, exactly 0
    /// where the wave is 0, and equal wherever the circle says so. An error in the last digit would be told
    /// apart by quantiles.
    pub fn of(self, passed: f64, length: f64) -> f64 {
        let quarter = (4.0 * passed / length).floor().clamp(0.0, 3.0);
        let rest = (4.0 * passed - quarter * length).clamp(0.0, length);
        let sine = match (quarter as u8, self) {
            (0, Self::Sine) | (3, Self::Cosine) => quarter_sine(rest, length),
            (0, Self::Cosine) | (1, Self::Sine) => quarter_sine(length - rest, length),
            (1, Self::Cosine) | (2, Self::Sine) => -quarter_sine(rest, length),
            _ => -quarter_sine(length - rest, length),
        };
        sine + 0.0
    }
}

/// The sine after `passed` of a quarter of a circle that is `length` long. The crate `libm` is compiled from
/// the same source everywhere; the standard library calls what the platform has.
fn quarter_sine(passed: f64, length: f64) -> f64 {
    if 2.0 * passed <= length {
        libm::sin(FRAC_PI_2 * (passed / length))
    } else {
        libm::cos(FRAC_PI_2 * ((length - passed) / length))
    }
}

/// The day of the year that begins on 1 March, and the day of the month, both counted from 0, of the
/// day `days` after 1970-01-01 in the proleptic Gregorian calendar. The arithmetic is H. Hinnant's
/// ("chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
fn march_date(days: i64) -> (i64, i64) {
    // 719 468 days lie between 0000-03-01 and 1970-01-01; the calendar repeats every 146 097.
    let of_era = (days + 719_468).rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    (of_year, of_year - (153 * month + 2) / 5)
}

impl fmt::Display for TimePart {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self::Cycle(cycle, wave) = self else { return f.write_str("days") };
        let wave = if *wave == Wave::Sine { "sine" } else { "cosine" };
        let cycle = match cycle {
            Cycle::Year => "year",
            Cycle::Month => "month",
            Cycle::Week => "week",
            Cycle::Day => "day",
        };
        write!(f, "{wave} of {cycle}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks through the calendar day by day, the slow and obvious way.
    fn check_days(first_year: i64, first_day: i64, n_years: i64) {
        let (mut day, mut march_first) = (first_day, None);
        for year in first_year..first_year + n_years {
            let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            let february = if leap { 29 } else { 28 };
            for (month, length) in (1..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
                if month == 3 {
                    march_first = Some(day);
                }
                for of_month in 0..length {
                    if let Some(march_first) = march_first {
                        assert_eq!(march_date(day), (day - march_first, of_month), "{year}-{month}");
                    }
                    day += 1;
                }
            }
        }
    }

    #[test]
    fn dates_agree_with_a_walk_through_the_calendar() {
        check_days(1970, 0, 500);
        // 1600-01-01 is 135 140 days before 1970-01-01.
        check_days(1600, -135_140, 420);
    }

    #[test]
    fn a_known_time_has_the_parts_it_must_have() {
        // 2024-02-29 18:00 UTC, a Thursday like 1970-01-01.
        let seconds = 1_709_229_600.0;
        assert_eq!(TimePart::Days.of(seconds), 19_782.75);
        let cycles = [Cycle::Year, Cycle::Month, Cycle::Week, Cycle::Day];
        assert_eq!(cycles.map(|cycle| cycle.passed(seconds)), [365.0, 28.0, 0.0, 64_800.0]);
    }

    fn wave(wave: Wave, passed: u32, length: f64) -> f64 {
        wave.of(f64::from(passed), length)
    }

    #[test]
    fn waves_are_exact_where_the_circle_is_and_symmetric_everywhere() {
        let four = |wave: Wave| [0, 1, 2, 3, 4].map(|passed| wave.of(f64::from(passed), 4.0).to_bits());
        assert_eq!(four(Wave::Sine), [0.0, 1.0, 0.0, -1.0, 0.0].map(f64::to_bits));
        assert_eq!(four(Wave::Cosine), [1.0, 0.0, -1.0, 0.0, 1.0].map(f64::to_bits));
        for cycle in [Cycle::Year, Cycle::Month, Cycle::Week, Cycle::Day] {
            let length = cycle.length();
            for passed in 0..=(length as u32) {
                let (sine, cosine) = (wave(Wave::Sine, passed, length), wave(Wave::Cosine, passed, length));
                let angle = std::f64::consts::TAU * f64::from(passed) / length;
                assert!((sine - angle.sin()).abs() < 2e-15 && (cosine - angle.cos()).abs() < 2e-15);
                let rest = length as u32 - passed;
                assert_eq!(
                    (sine, cosine),
                    (0.0 - wave(Wave::Sine, rest, length), wave(Wave::Cosine, rest, length))
                );
            }
        }
    }

    #[test]
    fn waves_have_the_same_bits_on_every_machine() {
        let bits = [1, 2, 3].map(|day| wave(Wave::Cosine, day, 7.0).to_bits());
        assert_eq!(bits, [4_603_791_116_423_917_009, 13_820_557_218_707_293_570, 13_829_662_462_515_567_729]);
    }

    #[test]
    fn absurd_times_have_finite_parts_and_missing_ones_none() {
        for seconds in [f64::MAX, f64::MIN, 1e18, -1e18, 1e-300, -1e-300, 0.0] {
            for part in TimePart::ALL {
                assert!(part.of(seconds).is_finite(), "{part} of {seconds}");
            }
        }
        assert!(TimePart::ALL.iter().all(|part| part.of(f64::NAN).is_nan()));
    }
}
