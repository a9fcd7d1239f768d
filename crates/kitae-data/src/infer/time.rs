//! Dates and times as they are written in tables.

use crate::error::DataError;
use crate::schema::ColumnSchema;

const SECONDS_PER_DAY: i64 = 86400;
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS_OF_MONTH: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The forms in which a column may write its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeForm {
    /// `2024-01-31`, also with a time of day and an offset: `2024-01-31T13:05:00.5+02:00`.
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
}

impl TimeForm {
    const ALL: [Self; 6] =
        [Self::YearFirst, Self::DayFirst, Self::MonthFirst, Self::MonthName, Self::Digits, Self::TimeOfDay];
    const TEXTS: [Self; 5] =
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

    /// The form that a column of times is written in.
    pub(crate) fn of_column(column: &ColumnSchema) -> Result<Self, DataError> {
        let name = column.levels.first().map_or("", String::as_str);
        Self::named(name).ok_or_else(|| DataError::Hint {
            column: column.name.clone(),
            problem: format!("the form of its times is `{name}`, expected one of {}", Self::names()),
        })
    }

    /// The forms in which every text can be read.
    pub(crate) fn fitting<'a>(texts: &(impl Iterator<Item = &'a str> + Clone)) -> Vec<Self> {
        let fits = |form: &Self| texts.clone().all(|text| form.parse(text).is_some());
        Self::TEXTS.into_iter().filter(fits).collect()
    }

    /// Seconds since 1970-01-01 UTC. A time without offset counts as UTC, a time of day as on that day.
    pub(crate) fn parse(self, text: &str) -> Option<f64> {
        let mut cursor = Cursor { rest: text.trim() };
        let seconds = match self {
            Self::YearFirst => cursor.date(Self::YearFirst)? as f64 + cursor.time_after_date()?,
            Self::DayFirst | Self::MonthFirst => cursor.date(self)? as f64 + cursor.time_after_date()?,
            Self::MonthName => cursor.named_date()? as f64 + cursor.time_after_date()?,
            Self::Digits => digits_date(cursor.take_all())? as f64,
            Self::TimeOfDay => cursor.time_of_day()?,
        };
        cursor.rest.is_empty().then_some(seconds)
    }

    /// Like [`parse`](Self::parse); bytes that are not UTF-8 are no time.
    pub(crate) fn parse_bytes(self, text: &[u8]) -> Option<f64> {
        self.parse(std::str::from_utf8(text).ok()?)
    }
}

/// `seconds` as a date, with the time of day unless it is midnight.
pub(crate) fn format_time(seconds: f64) -> String {
    let whole = seconds.floor() as i64;
    let (year, month, day) = civil_from_days(whole.div_euclid(SECONDS_PER_DAY));
    let second = whole.rem_euclid(SECONDS_PER_DAY);
    let date = format!("{year:04}-{month:02}-{day:02}");
    if second == 0 {
        return date;
    }
    format!("{date} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// What of a text is not read yet.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    /// A whole number of `min` to `max` digits.
    fn number(&mut self, min: usize, max: usize) -> Option<i64> {
        let n_digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if n_digits < min || n_digits > max {
            return None;
        }
        let (digits, rest) = self.rest.split_at(n_digits);
        self.rest = rest;
        digits.parse().ok()
    }

    fn skip(&mut self, one_of: &[char]) -> Option<char> {
        let first = self.rest.chars().next().filter(|first| one_of.contains(first))?;
        self.rest = &self.rest[first.len_utf8()..];
        Some(first)
    }

    fn word(&mut self) -> &'a str {
        let n_letters = self.rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (word, rest) = self.rest.split_at(n_letters);
        self.rest = rest;
        word
    }

    fn take_all(&mut self) -> &'a str {
        std::mem::take(&mut self.rest)
    }

    /// A date in digits, as seconds. A dot never separates a month that comes first.
    fn date(&mut self, form: TimeForm) -> Option<i64> {
        let (lengths, separators): ([usize; 3], &[char]) = match form {
            TimeForm::YearFirst => ([4, 2, 2], &['-', '/', '.']),
            TimeForm::DayFirst => ([2, 2, 4], &['/', '.', '-']),
            _ => ([2, 2, 4], &['/', '-']),
        };
        let shortest = |length: usize| if length == 4 { 4 } else { 1 };
        let first = self.number(shortest(lengths[0]), lengths[0])?;
        let separator = self.skip(separators)?;
        let second = self.number(1, lengths[1])?;
        self.skip(&[separator])?;
        let third = self.number(shortest(lengths[2]), lengths[2])?;
        match form {
            TimeForm::YearFirst => date_seconds(first, second, third),
            TimeForm::DayFirst => date_seconds(third, second, first),
            _ => date_seconds(third, first, second),
        }
    }

    /// `31 Jan 2024`, `31-January-2024`, `January 31, 2024`.
    fn named_date(&mut self) -> Option<i64> {
        if self.rest.starts_with(|first: char| first.is_ascii_digit()) {
            let day = self.number(1, 2)?;
            self.skip(&[' ', '-', '/']);
            let month = self.month()?;
            self.skip(&[' ', '-', '/', ','])?;
            self.skip(&[' ']);
            return date_seconds(self.number(4, 4)?, month, day);
        }
        let month = self.month()?;
        self.skip(&[' ', '-'])?;
        let day = self.number(1, 2)?;
        self.skip(&[',', ' ', '-'])?;
        self.skip(&[' ']);
        date_seconds(self.number(4, 4)?, month, day)
    }

    fn month(&mut self) -> Option<i64> {
        let word = self.word().to_ascii_lowercase();
        self.skip(&['.']);
        let full = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ];
        let is_it = |idx: usize| word == MONTHS[idx] || word == full[idx] || (idx == 8 && word == "sept");
        (0..12).find(|idx| is_it(*idx)).map(|idx| idx as i64 + 1)
    }

    /// Nothing, or a time of day with or without offset.
    fn time_after_date(&mut self) -> Option<f64> {
        if self.rest.is_empty() {
            return Some(0.0);
        }
        self.skip(&['T', 't', ' ', ','])?;
        self.skip(&[' ']);
        let time = self.time_of_day()?;
        Some(time - self.offset()?)
    }

    fn time_of_day(&mut self) -> Option<f64> {
        let mut hour = self.number(1, 2)?;
        self.skip(&[':'])?;
        let minute = self.number(2, 2)?;
        let mut second = 0.0;
        if self.skip(&[':']).is_some() {
            second = self.number(2, 2)? as f64 + self.fraction()?;
        }
        if let Some(half) = self.half_of_day() {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + half;
        }
        let fits = hour < 24 && minute < 60 && second < 60.0;
        fits.then_some((hour * 3600 + minute * 60) as f64 + second)
    }

    fn fraction(&mut self) -> Option<f64> {
        if self.skip(&['.', ',']).is_none() {
            return Some(0.0);
        }
        let n_digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(n_digits);
        self.rest = rest;
        if n_digits == 0 { None } else { format!("0.{digits}").parse().ok() }
    }

    /// The hours that `am` or `pm` adds, if one follows.
    fn half_of_day(&mut self) -> Option<i64> {
        let trimmed = self.rest.trim_start();
        let half = trimmed.get(..2)?.to_ascii_lowercase();
        let hours = match half.as_str() {
            "am" => 0,
            "pm" => 12,
            _ => return None,
        };
        self.rest = &trimmed[2..];
        Some(hours)
    }

    /// Seconds to the east of UTC: `Z`, `+02:00`, `-0530`, `+01`, or nothing.
    fn offset(&mut self) -> Option<f64> {
        self.skip(&[' ']);
        if self.rest.is_empty() || self.skip(&['Z', 'z']).is_some() {
            return Some(0.0);
        }
        if self.rest == "UTC" || self.rest == "GMT" {
            self.take_all();
            return Some(0.0);
        }
        let sign = if self.skip(&['+', '-'])? == '+' { 1.0 } else { -1.0 };
        let digits: String = self.take_all().chars().filter(|letter| *letter != ':').collect();
        let is_offset = matches!(digits.len(), 2 | 4) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number: i64 = if is_offset { digits.parse().ok()? } else { return None };
        let (hours, minutes) = if digits.len() == 2 { (number, 0) } else { (number / 100, number % 100) };
        (hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60) as f64)
    }
}

/// The date that eight digits write, as seconds; years 1800 to 2199, since other numbers are rarely dates.
fn digits_date(text: &str) -> Option<i64> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    let year = number / 10000;
    (1800..2200).contains(&year).then(|| date_seconds(year, number / 100 % 100, number % 100)).flatten()
}

fn date_seconds(year: i64, month: i64, day: i64) -> Option<i64> {
    if year < 1 || !(1..=12).contains(&month) {
        return None;
    }
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let n_days = DAYS_OF_MONTH[month as usize - 1] + i64::from(month == 2 && is_leap);
    (1..=n_days).contains(&day).then(|| days_from_civil(year, month, day) * SECONDS_PER_DAY)
}

/// Days since 1970-01-01 (H. Hinnant, chrono-compatible low-level date algorithms, 2013).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day (the inverse of [`days_from_civil`], of the same source).
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
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
            (TimeForm::Digits, "20240131", 1_706_659_200.0),
            (TimeForm::TimeOfDay, "13:05", 47_100.0),
            (TimeForm::TimeOfDay, "12:00:30 am", 30.0),
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
            "24-01-31",
            "2024-01",
            "2024-01-31x",
            "2024-01-31 24:00",
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

    #[test]
    fn day_and_month_are_told_apart_by_all_texts_together() {
        let fitting = |texts: &[&'static str]| TimeForm::fitting(&texts.iter().copied());
        assert_eq!(fitting(&["01/02/2024", "13/02/2024"]), [TimeForm::DayFirst]);
        assert_eq!(fitting(&["01/02/2024", "01/13/2024"]), [TimeForm::MonthFirst]);
        assert_eq!(fitting(&["01/02/2024"]), [TimeForm::DayFirst, TimeForm::MonthFirst]);
        assert_eq!(fitting(&["01.02.2024"]), [TimeForm::DayFirst]);
        assert_eq!(fitting(&["13/02/2024", "02/13/2024"]), []);
    }
}
