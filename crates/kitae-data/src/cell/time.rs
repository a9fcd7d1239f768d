//! Dates and times as they are written in tables, read by the `jiff` crate.

use jiff::civil::{Date, Time};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, civil};

use super::number::parse_quantity;

const EPOCH: Date = civil::date(1970, 1, 1);

/// The forms in which a column may write its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeForm {
    /// `2024-01-31`, also with a time of day and an offset: `2024-01-31T13:05:00.5+02:00`. Years may have two
    /// digits in this and the other forms.
    YearFirst,
    /// `31/01/2024`, `31.1.2024` or `31-01-2024`, also with a time of day.
    DayFirst,
    /// `01/31/2024` or `1-31-2024`, also with a time of day.
    MonthFirst,
    /// `31 Jan 2024`, `31-Jan-2024`, `Jan 31, 2024`, also with a time of day.
    MonthName,
    /// `20240131`.
    Digits,
    /// `13:05`, `1:05 pm`, `13:05:00.5`.
    TimeOfDay,
    /// `1706706300`.
    Seconds,
    /// `1706706300000`.
    Milliseconds,
    /// `1706706300000000`.
    Microseconds,
    /// `1706706300000000000`.
    Nanoseconds,
}

impl TimeForm {
    const ALL: [Self; 10] = [
        Self::YearFirst,
        Self::DayFirst,
        Self::MonthFirst,
        Self::MonthName,
        Self::Digits,
        Self::TimeOfDay,
        Self::Seconds,
        Self::Milliseconds,
        Self::Microseconds,
        Self::Nanoseconds,
    ];
    const COUNTS: [Self; 4] = [Self::Seconds, Self::Milliseconds, Self::Microseconds, Self::Nanoseconds];
    pub(crate) const TEXTS: [Self; 5] =
        [Self::YearFirst, Self::DayFirst, Self::MonthFirst, Self::MonthName, Self::TimeOfDay];

    /// How the form is called in schemas and messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::YearFirst => "year-month-day",
            Self::DayFirst => "day/month/year",
            Self::MonthFirst => "month/day/year",
            Self::MonthName => "day month-name year",
            Self::Digits => "yyyymmdd",
            Self::TimeOfDay => "hour:minute",
            Self::Seconds => "seconds since 1970",
            Self::Milliseconds => "milliseconds since 1970",
            Self::Microseconds => "microseconds since 1970",
            Self::Nanoseconds => "nanoseconds since 1970",
        }
    }

    /// The form called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// The names of all forms.
    pub(crate) fn names() -> String {
        Self::ALL.map(|form| format!("`{}`", form.name())).join(", ")
    }

    /// The counts of seconds, or parts of them, that numbers from `min` to `max` are if they lie in our
    /// times.
    pub(crate) fn counting(min: f64, max: f64) -> Option<Self> {
        // 1990 to 2100.
        let is_now = |form: &Self| {
            form.per_second().is_some_and(|unit| min / unit >= 631_152_000.0 && max / unit < 4_102_444_800.0)
        };
        Self::COUNTS.into_iter().find(is_now)
    }

    /// How many of the units that are counted make a second.
    pub(crate) fn per_second(self) -> Option<f64> {
        match self {
            Self::Seconds => Some(1.0),
            Self::Milliseconds => Some(1e3),
            Self::Microseconds => Some(1e6),
            Self::Nanoseconds => Some(1e9),
            _ => None,
        }
    }

    /// Seconds since 1970-01-01 UTC. A time without offset counts as UTC, a time of day as on that day, and
    /// a leap second as the second before it.
    pub(crate) fn parse(self, text: &str) -> Option<f64> {
        if let Some(unit) = self.per_second() {
            return parse_quantity(text.trim().as_bytes()).map(|count| count / unit);
        }
        let (date, clock) = split_clock(text.trim());
        // The end of a day is the beginning of the next.
        let (clock, day) = match clock.strip_prefix("24:00") {
            Some(rest) => (&*format!("00:00{rest}"), 86_400.0),
            None => (clock, 0.0),
        };
        let (time, offset) = if clock.is_empty() { (Time::midnight(), None) } else { read_clock(clock)? };
        if day > 0.0 && time != Time::midnight() {
            return None;
        }
        let date = match self {
            Self::TimeOfDay if date.is_empty() && !clock.is_empty() && offset.is_none() => EPOCH,
            Self::TimeOfDay => return None,
            _ if clock.is_empty() => self.read_date(date)?,
            Self::Digits => return None,
            _ => self.read_date(before_clock(date)?)?,
        };
        let since_epoch = date.to_datetime(time).duration_since(EPOCH.to_datetime(Time::midnight()));
        Some(since_epoch.as_secs_f64() + day - f64::from(offset.unwrap_or(Offset::UTC).seconds()))
    }

    /// The date that all of `text` writes. Years have four digits and start at 1, or two: from 1969 on.
    fn read_date(self, text: &str) -> Option<Date> {
        let date = match self {
            Self::YearFirst => separated(text, ['y', 'm', 'd'], &['-', '/', '.']),
            Self::DayFirst => separated(text, ['d', 'm', 'y'], &['/', '.', '-']),
            // A dot never separates a month that comes first.
            Self::MonthFirst => separated(text, ['m', 'd', 'y'], &['/', '-']),
            Self::MonthName => named(text),
            Self::Digits => digits(text),
            _ => None,
        };
        date.filter(|date| date.year() > 0)
    }
}

/// `seconds` as a date, with the time of day unless it is midnight; a number where no calendar reaches.
pub(crate) fn format_time(seconds: f64) -> String {
    let since_epoch = SignedDuration::from_secs(seconds.floor() as i64);
    match EPOCH.to_datetime(Time::midnight()).checked_add(since_epoch) {
        Ok(moment) if moment.time() == Time::midnight() => moment.date().to_string(),
        Ok(moment) => moment.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => seconds.to_string(),
    }
}

/// What comes before the time of day, and the time of day with what follows.
fn split_clock(text: &str) -> (&str, &str) {
    let Some(colon) = text.find(':') else { return (text, "") };
    let hour_digits = text[..colon].bytes().rev().take_while(u8::is_ascii_digit).count();
    text.split_at(colon - hour_digits)
}

/// A date without what separates it from the time of day.
fn before_clock(date: &str) -> Option<&str> {
    let trimmed = date.trim_end_matches(['T', 't', ' ', ',']);
    (trimmed.len() < date.len()).then_some(trimmed)
}

/// `13:05`, `1:05 pm`, `13:05:00.5+02:00`.
fn read_clock(text: &str) -> Option<(Time, Option<Offset>)> {
    // jiff would also read `1:5`, which may be a ratio.
    let has_two_digits = |part: &str| part.bytes().take_while(u8::is_ascii_digit).count() == 2;
    if !text.split(':').skip(1).all(has_two_digits) {
        return None;
    }
    let text = text.replace(',', ".");
    let is_clock = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b':' | b'.');
    let (clock, tail) = text.split_at(text.bytes().take_while(|byte| is_clock(byte)).count());
    let tail = tail.trim_start().as_bytes();
    let has_half = [b"am", b"pm"].iter().any(|half| tail.len() > 1 && tail[..2].eq_ignore_ascii_case(*half));
    let format = match (clock.matches(':').count(), has_half) {
        (1, false) => "%H:%M",
        (1, true) => "%I:%M %p",
        (_, false) => "%H:%M:%S%.f",
        (_, true) => "%I:%M:%S%.f %p",
    };
    let (read, n_read) = BrokenDownTime::parse_prefix(format, &text).ok()?;
    let offset = match text.get(n_read..)?.trim_start() {
        "" => None,
        offset => Some(read_offset(offset)?),
    };
    Some((read.to_time().ok()?, offset))
}

/// `Z`, `+02:00`, `-0530`, `+01`.
fn read_offset(text: &str) -> Option<Offset> {
    let format = match text {
        "Z" | "z" | "UTC" | "GMT" => return Some(Offset::UTC),
        _ if text.contains(':') || text.len() == 3 => "%:::z",
        _ => "%z",
    };
    BrokenDownTime::parse(format, text).ok()?.offset()
}

/// A date in digits whose parts come in this order with one of the separators between them.
fn separated(text: &str, order: [char; 3], separators: &[char]) -> Option<Date> {
    let separator = text.chars().find(|letter| !letter.is_ascii_digit())?;
    let parts: Vec<&str> = text.split(separator).collect();
    let are_digits =
        parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if parts.len() != 3 || !are_digits || !separators.contains(&separator) {
        return None;
    }
    let part = |kind: char| order.iter().position(|place| *place == kind).map(|place| parts[place]);
    let (year, month, day) = (part('y')?, part('m')?, part('d')?);
    if month.len() > 2 || day.len() > 2 {
        return None;
    }
    Date::new(year_of(year)?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A year of four digits, or of two: those of this century up to 68.
fn year_of(text: &str) -> Option<i16> {
    let year: i16 = text.parse().ok()?;
    match text.len() {
        4 => Some(year),
        2 if year < 69 => Some(year + 2000),
        2 => Some(year + 1900),
        _ => None,
    }
}

/// `31 Jan 2024`, `31-January-2024`, `January 31, 2024`, `31-Jan-24`.
fn named(text: &str) -> Option<Date> {
    if !text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let text = text.to_ascii_lowercase().replace(['-', '/', ',', '.'], " ").replace("sept ", "sep ");
    let parts: Vec<&str> = text.split_whitespace().collect();
    let &[first, second, year] = parts.as_slice() else { return None };
    if !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year = year_of(year)?;
    let formats = if first.starts_with(|first: char| first.is_ascii_digit()) {
        ["%d %b %Y", "%d %B %Y"]
    } else {
        ["%b %d %Y", "%B %d %Y"]
    };
    let text = format!("{first} {second} {year}");
    let date = formats.into_iter().find_map(|format| Date::strptime(format, &text).ok())?;
    // A space in a format also matches nothing, which would make `Jan 2024` the twentieth in the year 24.
    (date.year() == year).then_some(date)
}

/// The date that eight digits write; years 1800 to 2199, since other numbers are rarely dates.
fn digits(text: &str) -> Option<Date> {
    let is_plain = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let date = if is_plain { Date::strptime("%Y%m%d", text).ok() } else { None };
    date.filter(|date| (1800..2200).contains(&date.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_seconds_since_1970() {
        for (form, text, seconds) in [
            (TimeForm::YearFirst, "1970-01-01", 0.0),
            (TimeForm::YearFirst, "2000-02-29", 951_782_400.0),
            (TimeForm::YearFirst, "1969-12-31T23:59:59Z", -1.0),
            (TimeForm::YearFirst, "2019-03-23 20:21:09", 1_553_372_469.0),
            (TimeForm::YearFirst, "2024-01-31T13:05:00.5+02:00", 1_706_699_100.5),
            (TimeForm::YearFirst, "2024/1/31 1:05 PM", 1_706_706_300.0),
            (TimeForm::DayFirst, "31.01.2024", 1_706_659_200.0),
            (TimeForm::DayFirst, "31/1/2024 00:00:01", 1_706_659_201.0),
            (TimeForm::MonthFirst, "1/31/2024", 1_706_659_200.0),
            (TimeForm::MonthName, "31 Jan 2024", 1_706_659_200.0),
            (TimeForm::MonthName, "31-JANUARY-2024", 1_706_659_200.0),
            (TimeForm::MonthName, "Jan. 31, 2024 12:00 am", 1_706_659_200.0),
            (TimeForm::MonthName, "1 Sept 2024, 00:00:01.25 -0130", 1_725_154_201.25),
            (TimeForm::YearFirst, "9999-12-31 23:59:59 UTC", 253_402_300_799.0),
            (TimeForm::YearFirst, "2016-12-31T23:59:60Z", 1_483_228_799.0),
            (TimeForm::YearFirst, "0001-01-01T00:00:00,5+01", -62_135_600_399.5),
            (TimeForm::Digits, "20240131", 1_706_659_200.0),
            (TimeForm::TimeOfDay, "13:05", 47_100.0),
            (TimeForm::TimeOfDay, "12:00:30 am", 30.0),
            (TimeForm::TimeOfDay, "24:00", 86_400.0),
            (TimeForm::YearFirst, "2024-01-30 24:00", 1_706_659_200.0),
            (TimeForm::YearFirst, "2024-01-30T24:00:00Z", 1_706_659_200.0),
            (TimeForm::YearFirst, "24-01-31", 1_706_659_200.0),
            (TimeForm::DayFirst, "31.01.24", 1_706_659_200.0),
            (TimeForm::MonthFirst, "1/31/24", 1_706_659_200.0),
            (TimeForm::MonthName, "31-Jan-24", 1_706_659_200.0),
            (TimeForm::DayFirst, "1.1.70", 0.0),
            (TimeForm::Seconds, "1706659200", 1_706_659_200.0),
            (TimeForm::Milliseconds, "1706659200500", 1_706_659_200.5),
            (TimeForm::Microseconds, "1706659200500000", 1_706_659_200.5),
            (TimeForm::Nanoseconds, "1706659200000000000", 1_706_659_200.0),
        ] {
            assert_eq!(form.parse(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2023-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-01-32",
            "2024-01",
            "2024-01-31x",
            "2024-01-31 24:01",
            "24-13-31",
            "1/2/224",
            "2024-01-31 10:60",
            "2024-01-31T",
            "2024-01-31 10:00+99:00",
            "2024-01-31 10:00+é",
            "0000-00-00",
            "١٢:٠٠",
            "12:00:",
            "13:00 pm",
            "99:99",
            "2024-01/31",
            "2024-01- 1",
            "2024--1-31",
            "-024-01-31",
            "0000-01-01",
            "1:5",
            "1:05:5",
            "123:05",
            "13:05:00.",
            "13:05 Foo",
            "Jan 2024",
            "January 2024",
            "Feb-0530",
            "31 Jan +024",
            "20240131 13:05",
            "31 Foo 2024",
            "é",
        ] {
            assert!(TimeForm::ALL.iter().all(|form| form.parse(text).is_none()), "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_survives_the_round_trip() {
        for day in -146_097..146_097 {
            let text = format_time(f64::from(day) * 86400.0);
            assert_eq!(TimeForm::YearFirst.parse(&text), Some(f64::from(day) * 86400.0));
        }
    }
}
