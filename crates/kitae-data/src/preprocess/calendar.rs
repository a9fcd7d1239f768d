//! The parts of a time: how far along, and where in the year, the month, the week and the day.

use std::f64::consts::TAU;
use std::fmt;

const SECONDS_A_DAY: f64 = 86_400.0;

/// Beyond this many days (two million years) the calendar stops; the trend goes on.
const MOST_DAYS: f64 = 1e9;

/// A number made from a time.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::preprocess::{Layout, PreprocessConfig, TimePart};
///
/// let (schema, _) = csv::described("sent\n2024-01-31\n2024-02-01\n")?;
/// let layout = Layout::new(&schema, &[], &PreprocessConfig::default());
/// let names: Vec<String> = layout.numbers().iter().map(ToString::to_string).collect();
/// assert_eq!(names.len(), TimePart::ALL.len());
/// assert_eq!(names[..2], ["sent (days)", "sent (sine of year)"]);
/// # Ok::<(), kitae_data::error::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimePart {
    /// Days since 1970-01-01, with fractions: the trend.
    Days,
    /// Where in a cycle the time falls, as a point on a circle: the end lies beside the beginning.
    Cycle(Cycle, Wave),
}

/// A cycle of the calendar.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::preprocess::{Cycle, Layout, NumericTransform, PreprocessConfig, TimePart, Wave};
///
/// // A Monday, the Monday after it, and a Thursday.
/// let (schema, table) = csv::described("sent\n2024-01-01\n2024-01-08\n2024-01-11\n")?;
/// let config = PreprocessConfig { numeric: NumericTransform::None, ..PreprocessConfig::default() };
/// let layout = Layout::new(&schema, &[], &config);
/// let features = config.fit(&layout, &table, &[0, 1, 2])?.transform_all(&table)?;
/// assert_eq!(TimePart::ALL[5], TimePart::Cycle(Cycle::Week, Wave::Sine));
/// let in_week: Vec<f32> = features.numbers.chunks(TimePart::ALL.len()).map(|row| row[5]).collect();
/// assert!(in_week[0] == in_week[1] && in_week[1] != in_week[2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// ```
/// use kitae_data::preprocess::{Cycle, TimePart, Wave};
///
/// // It takes both coordinates to tell six in the morning from six in the evening, and noon from midnight.
/// let waves = [Wave::Sine, Wave::Cosine].map(|wave| TimePart::Cycle(Cycle::Day, wave));
/// assert_eq!(TimePart::ALL[7..], waves);
/// assert_eq!(waves.map(|part| part.to_string()), ["sine of day", "cosine of day"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wave {
    /// The sine of the angle.
    Sine,
    /// The cosine of the angle.
    Cosine,
}

impl TimePart {
    /// Every part, in the order of the features. Parts that do not vary in a column become 0 there.
    ///
    /// ```
    /// use kitae_data::preprocess::TimePart;
    ///
    /// assert_eq!(TimePart::ALL.len(), 9);
    /// assert_eq!(TimePart::ALL[0], TimePart::Days);
    /// ```
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
            Self::Cycle(cycle, Wave::Sine) => (TAU * cycle.position(seconds)).sin(),
            Self::Cycle(cycle, Wave::Cosine) => (TAU * cycle.position(seconds)).cos(),
        }
    }
}

impl Cycle {
    /// How much of the cycle has passed, at least 0 and below 1.
    fn position(self, seconds: f64) -> f64 {
        let days = (seconds / SECONDS_A_DAY).floor().clamp(-MOST_DAYS, MOST_DAYS);
        match self {
            Self::Year => march_date(days as i64).0 as f64 / 366.0,
            Self::Month => march_date(days as i64).1 as f64 / 31.0,
            Self::Week => (days as i64).rem_euclid(7) as f64 / 7.0,
            Self::Day => ((seconds - days * SECONDS_A_DAY) / SECONDS_A_DAY).clamp(0.0, 1.0),
        }
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
        assert_eq!(Cycle::Year.position(seconds), 365.0 / 366.0);
        assert_eq!(Cycle::Month.position(seconds), 28.0 / 31.0);
        assert_eq!(Cycle::Week.position(seconds), 0.0);
        assert_eq!(Cycle::Day.position(seconds), 0.75);
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
