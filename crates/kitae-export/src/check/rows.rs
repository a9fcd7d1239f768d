//! Rows that are made to compare on: as the training rows were, by their profile, and as none of them was.

use kitae_data::preprocess::{ScaledNumber, Scaling};
use kitae_data::profile::RANKS;
use kitae_data::read::Value;
use kitae_infer::Manifest;
use kitae_random::{Purpose, Stream};

use crate::graph::{Feed, TextForm, TimeNumber};

/// A cell of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// NaN where it is missing.
    Number(f64),
    /// What a text column holds.
    Text(String),
}

impl Cell {
    /// The number; NaN of a text.
    pub(super) fn number(&self) -> f64 {
        if let Self::Number(value) = self { *value } else { f64::NAN }
    }

    /// The text; empty of a number.
    pub(super) fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { "" }
    }

    /// As kitae takes it from memory.
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Number(value) => Value::Number(*value),
            Self::Text(text) => Value::Text(text),
        }
    }
}

/// Rows, column by column in the order of the layout.
pub(super) struct MadeRows {
    pub(super) columns: Vec<Vec<Cell>>,
}

/// A text that is no level.
const UNSEEN: &str = "a level that no model knows";

impl MadeRows {
    /// `n_rows` rows, the same each time.
    pub(super) fn of(manifest: &Manifest, feeds: &[Feed], n_rows: usize) -> Self {
        let inputs = manifest.layout.inputs.iter().zip(feeds).enumerate();
        let columns = inputs.map(|(place, (input, feed))| {
            let profile = manifest.profile.columns.iter().find(|column| column.name == input.column);
            let quantiles = profile.and_then(|column| column.quantiles).unwrap_or([0.0; RANKS.len()]);
            let stream = Stream::new(0, Purpose::Sample, [place as u64, 0, 0]);
            let knots = knots(manifest, place);
            let mut maker = Maker { stream, quantiles, knots, markers: &manifest.reading.extra_missing };
            (0..n_rows).map(|row| maker.cell(feed, row)).collect()
        });
        Self { columns: columns.collect() }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }
}

/// Where the scaling of a column turns, in the first network.
fn knots(manifest: &Manifest, input: usize) -> Vec<f64> {
    let numbers = manifest.layout.numbers();
    let Some(place) = numbers.iter().position(|number| number.input == input) else { return Vec::new() };
    match manifest.lanes.first().and_then(|lane| lane.preprocessor.numbers().get(place)) {
        Some(ScaledNumber { scaling: Scaling::Quantiles { knots }, .. }) => knots.clone(),
        Some(ScaledNumber {
            scaling: Scaling::SmoothClip { centre, .. } | Scaling::Clip { centre, .. },
            ..
        }) => {
            vec![*centre]
        }
        _ => Vec::new(),
    }
}

/// Makes the cells of a column.
struct Maker<'a> {
    stream: Stream,
    quantiles: [f64; RANKS.len()],
    knots: Vec<f64>,
    markers: &'a [String],
}

impl Maker<'_> {
    /// In the first rows all columns are missing, unseen, at an end or far beyond it together.
    fn cell(&mut self, feed: &Feed, row: usize) -> Cell {
        let oddity = match row {
            0 => 0,
            1 => 1,
            2..=7 => 2,
            _ => self.stream.below(10),
        };
        match feed {
            Feed::Number => Cell::Number(self.number(oddity, row)),
            Feed::NumericLevels(levels) => Cell::Number(match oddity {
                0 => f64::NAN,
                1 => levels.iter().copied().fold(0.0, f64::max) + 1.0,
                _ => *self.one_of(levels),
            }),
            Feed::Texts(levels) => Cell::Text(match oddity {
                0 => self.missing(),
                1 => UNSEEN.to_owned(),
                _ => self.one_of(levels).clone(),
            }),
            Feed::TimeText(forms) => Cell::Text(self.time_text(forms, oddity)),
            Feed::TimeNumber(number) => Cell::Number(self.time_number(*number, oddity)),
        }
    }

    fn one_of<'b, T>(&mut self, all: &'b [T]) -> &'b T {
        &all[self.stream.below(all.len() as u64) as usize]
    }

    fn missing(&mut self) -> String {
        let n = self.markers.len() as u64 + 1;
        let place = self.stream.below(n) as usize;
        self.markers.get(place).map_or_else(String::new, |marker| marker.trim().to_owned())
    }

    fn number(&mut self, oddity: u64, row: usize) -> f64 {
        let [low, .., high] = self.quantiles;
        let width = if high > low { high - low } else { low.abs().max(1.0) };
        let far = [0.0, 0.05, 3.0, 1e3, 1e6, 1e12];
        match oddity {
            0 => self.missing().parse().unwrap_or(f64::NAN),
            1 => [0.0, -1.0, 1e-9][self.stream.below(3) as usize],
            // Below and above by the same number of widths in the first rows.
            2 if row < 8 => beyond(low, high, width * far[row / 2], row.is_multiple_of(2)),
            2 => {
                let by = width * *self.one_of(&far);
                let is_below = self.stream.below(2) == 0;
                beyond(low, high, by, is_below)
            }
            3 => self.quantiles[self.stream.below(RANKS.len() as u64) as usize],
            4 if !self.knots.is_empty() => {
                let knots = self.knots.clone();
                *self.one_of(&knots)
            }
            _ => self.usual(),
        }
    }

    /// Between two neighbouring quantiles.
    fn usual(&mut self) -> f64 {
        let place = self.stream.below(RANKS.len() as u64 - 1) as usize;
        let share = self.stream.uniform();
        self.quantiles[place] * (1.0 - share) + self.quantiles[place + 1] * share
    }

    /// Seconds in the years 1 to 9998.
    fn seconds(&mut self, oddity: u64) -> f64 {
        let seconds =
            if oddity == 2 { self.usual() + 1e9 * (self.stream.uniform() - 0.5) } else { self.usual() };
        seconds.clamp(-62_135_596_800.0, 253_339_228_800.0)
    }

    fn time_number(&mut self, number: TimeNumber, oddity: u64) -> f64 {
        match (number, oddity) {
            (_, 0) => f64::NAN,
            (TimeNumber::Digits, 1) => 20_230_230.0,
            (TimeNumber::Digits, _) => {
                let seconds = self.seconds(oddity).clamp(-5e9, 7e9);
                let [year, month, day] = date((seconds / 86_400.0).floor() as i64);
                (year * 10_000 + month * 100 + day) as f64
            }
            (TimeNumber::Count { per_second }, _) => (self.seconds(oddity) * f64::from(per_second)).round(),
        }
    }

    fn time_text(&mut self, forms: &[TextForm], oddity: u64) -> String {
        if oddity == 0 {
            return self.missing();
        }
        let seconds = self.seconds(oddity);
        let days = (seconds / 86_400.0).floor();
        let of_day = seconds - days * 86_400.0;
        let clock = self.clock(of_day);
        let form = *self.one_of(forms);
        let [year, month, day] = if oddity == 1 { [2023, 2, 30] } else { date(days as i64) };
        let is_long = self.stream.below(4) > 0 || !(1969..2069).contains(&year) || year < 1000;
        let year = if is_long { format!("{:04}", year.max(1000)) } else { format!("{:02}", year % 100) };
        let [month, day] = [month, day]
            .map(|part| if self.stream.below(4) == 0 { part.to_string() } else { format!("{part:02}") });
        let separator = match form {
            TextForm::MonthFirst => ["/", "-"][self.stream.below(2) as usize],
            _ => ["-", "/", "."][self.stream.below(3) as usize],
        };
        let date = match form {
            TextForm::TimeOfDay => return clock,
            TextForm::YearFirst => [year, month, day],
            TextForm::DayFirst => [day, month, year],
            TextForm::MonthFirst => [month, day, year],
        };
        let between = ["T", " "][self.stream.below(2) as usize];
        let date = date.join(separator);
        match self.stream.below(4) {
            0 | 1 => date,
            2 => format!("{date}{between}{clock}"),
            _ => format!("{date}{between}{clock}Z"),
        }
    }

    fn clock(&mut self, of_day: f64) -> String {
        let whole = of_day.floor() as u64;
        let (hours, minutes, seconds) = (whole / 3_600, whole / 60 % 60, whole % 60);
        match self.stream.below(3) {
            0 => format!("{hours}:{minutes:02}"),
            1 => format!("{hours:02}:{minutes:02}:{seconds:02}"),
            _ => format!("{hours:02}:{minutes:02}:{seconds:02}.{}", self.stream.below(1_000_000)),
        }
    }
}

fn beyond(low: f64, high: f64, by: f64, is_below: bool) -> f64 {
    let number = if is_below { low - by } else { high + by };
    number.clamp(f64::MIN, f64::MAX)
}

/// Year, month and day of the day `days` after 1970-01-01: H. Hinnant's `civil_from_days`.
fn date(days: i64) -> [i64; 3] {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let place = (5 * of_year + 2) / 153;
    let month = if place < 10 { place + 3 } else { place - 9 };
    [year + era * 400 + i64::from(month <= 2), month, of_year - (153 * place + 2) / 5 + 1]
}
