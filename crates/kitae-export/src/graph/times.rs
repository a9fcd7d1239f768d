//! Times: from texts and numbers to seconds since 1970-01-01.
//!
//! A runtime that casts a text to a number may read its beginning and pass over the rest (onnxruntime reads
//! `08x` as 8), so nothing is cast that a regular expression has not matched as a whole. A text with digits
//! that none matches, such as a time with an offset, might be a time to kitae: the graph then looks up a
//! place that is not there, which stops a runtime with an error, rather than take it for missing.

use super::calendar::days_of_date;
use crate::onnx::{Attribute, Graph, Tensor, Value};

/// A time of day of 24 hours, which may follow a date.
const CLOCK: &str = "(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,9})?)?";
/// A year of four digits or two.
const YEAR: &str = "(?:[1-9][0-9]{3}|[0-9]{2})";
/// A day or a month.
const PART: &str = "[0-9]{1,2}";
/// Cells of spreadsheets that are missing and hold a digit.
const MARKERS_WITH_DIGITS: [&str; 2] = ["#DIV/0!", "#div/0!"];

/// A form in which times are written that a graph can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextForm {
    YearFirst,
    DayFirst,
    MonthFirst,
    TimeOfDay,
}

impl TextForm {
    const ALL: [Self; 4] = [Self::YearFirst, Self::DayFirst, Self::MonthFirst, Self::TimeOfDay];

    /// The form that a schema calls so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::YearFirst => "year-month-day",
            Self::DayFirst => "day/month/year",
            Self::MonthFirst => "month/day/year",
            Self::TimeOfDay => "hour:minute",
        }
    }

    /// What may stand between the parts of a date.
    fn separators(self) -> &'static [&'static str] {
        match self {
            Self::YearFirst | Self::DayFirst => &["-", "/", "."],
            Self::MonthFirst => &["-", "/"],
            Self::TimeOfDay => &[],
        }
    }

    /// The places of year, month and day.
    fn places(self) -> [i64; 3] {
        match self {
            Self::YearFirst | Self::TimeOfDay => [0, 1, 2],
            Self::DayFirst => [2, 1, 0],
            Self::MonthFirst => [2, 0, 1],
        }
    }

    fn pattern(self, separator: &str) -> String {
        let order = if self.places()[0] == 0 { [YEAR, PART, PART] } else { [PART, PART, YEAR] };
        format!("{}(?:(?:T| +){CLOCK}Z?)?", order.join(&format!("[{separator}]")))
    }
}

/// Times that are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeNumber {
    /// Such as 20240131.
    Digits,
    /// Counted since 1970-01-01, so many a second.
    Count { per_second: u32 },
}

impl TimeNumber {
    /// The form that a schema calls so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [1, 1_000, 1_000_000, 1_000_000_000]
            .map(|per_second| Self::Count { per_second })
            .into_iter()
            .chain([Self::Digits])
            .find(|number| number.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Digits => "yyyymmdd",
            Self::Count { per_second: 1 } => "seconds since 1970",
            Self::Count { per_second: 1_000 } => "milliseconds since 1970",
            Self::Count { per_second: 1_000_000 } => "microseconds since 1970",
            Self::Count { .. } => "nanoseconds since 1970",
        }
    }
}

/// Seconds of times that are numbers, `[n_rows, 1]`, NaN where they are missing or no date.
pub(crate) fn seconds_of_number(graph: &mut Graph, raw: Value, number: TimeNumber) -> Value {
    match number {
        TimeNumber::Count { per_second: 1 } => raw,
        TimeNumber::Count { per_second } => {
            let unit = graph.f64(f64::from(per_second));
            graph.div(raw, unit)
        }
        TimeNumber::Digits => seconds_of_digits(graph, raw),
    }
}

fn seconds_of_digits(graph: &mut Graph, raw: Value) -> Value {
    let (least, beyond, some) = (graph.f64(18_000_000.0), graph.f64(22_000_000.0), graph.f64(19_700_101.0));
    let is_late = graph.op("GreaterOrEqual", &[raw, least]);
    let is_early = graph.op("Less", &[raw, beyond]);
    let whole = graph.op("Floor", &[raw]);
    let is_whole = graph.op("Equal", &[raw, whole]);
    let is_plain = graph.all_of(&[is_late, is_early, is_whole]);
    let digits = graph.choose(is_plain, raw, some);
    let digits = graph.whole(digits);
    let (hundred, ten_thousand) = (graph.i64(100), graph.i64(10_000));
    let year = graph.div(digits, ten_thousand);
    let months = graph.div(digits, hundred);
    let month = graph.op("Mod", &[months, hundred]);
    let day = graph.op("Mod", &[digits, hundred]);
    let (is_date, days) = days_of_date(graph, [year, month, day]);
    let is_valid = graph.all_of(&[is_plain, is_date]);
    let (a_day, missing) = (graph.f64(86_400.0), graph.f64(f64::NAN));
    let days = graph.double(days);
    let seconds = graph.mul(days, a_day);
    graph.choose(is_valid, seconds, missing)
}

/// Seconds of times that are texts, `[n_rows, 1]`, NaN where they are missing or no date.
pub(crate) fn seconds_of_text(
    graph: &mut Graph,
    raw: Value,
    forms: &[TextForm],
    markers: &[String],
) -> Value {
    let missing = graph.f64(f64::NAN);
    let (mut seconds, mut known): (Value, Vec<Value>) = (missing, Vec::new());
    // The first form that reads a text decides.
    for form in forms.iter().rev() {
        let (has_form, is_time, own) = seconds_in_form(graph, raw, *form);
        seconds = graph.choose(is_time, own, seconds);
        known.push(has_form);
    }
    let is_marker = is_marker(graph, raw, markers);
    let seconds = graph.choose(is_marker, missing, seconds);
    known.push(is_marker);
    let guard = guard(graph, raw, &known);
    graph.add(seconds, guard)
}

/// Whether a text means missing, though it has digits.
fn is_marker(graph: &mut Graph, raw: Value, markers: &[String]) -> Value {
    let markers: Vec<String> =
        markers.iter().cloned().chain(MARKERS_WITH_DIGITS.map(str::to_owned)).collect();
    let ones = vec![1; markers.len()];
    let attributes = [
        ("keys_strings", Attribute::Texts(&markers)),
        ("values_int64s", Attribute::Ints(&ones)),
        ("default_int64", Attribute::Int(0)),
    ];
    let code = graph.op_with("LabelEncoder", &[raw], &attributes);
    let one = graph.i64(1);
    graph.op("Equal", &[code, one])
}

/// 0, or an error where a text has digits and is none of what is known.
fn guard(graph: &mut Graph, raw: Value, known: &[Value]) -> Value {
    let mut unknown = vec![matches(graph, raw, "(?s).*[0-9].*")];
    for is_known in known {
        unknown.push(graph.op("Not", &[*is_known]));
    }
    let is_unknown = graph.all_of(&unknown);
    let place = graph.whole(is_unknown);
    let only = graph.constant(Tensor::f64(&[1], vec![0.0]));
    graph.gather(only, place, 0)
}

fn matches(graph: &mut Graph, raw: Value, pattern: &str) -> Value {
    graph.op_with("RegexFullMatch", &[raw], &[("pattern", Attribute::Text(pattern))])
}

/// Whether a text is written so, whether it is a time, and its seconds.
fn seconds_in_form(graph: &mut Graph, raw: Value, form: TextForm) -> (Value, Value, Value) {
    if form == TextForm::TimeOfDay {
        let has_form = matches(graph, raw, CLOCK);
        let midnight = graph.text("00:00");
        let clock = graph.choose(has_form, raw, midnight);
        let seconds = seconds_of_clock(graph, clock);
        return (has_form, has_form, seconds);
    }
    let shapes: Vec<(&str, Value)> = form
        .separators()
        .iter()
        .map(|separator| (*separator, matches(graph, raw, &form.pattern(separator))))
        .collect();
    let has_form = shapes[1..].iter().fold(shapes[0].1, |any, (_, shape)| graph.op("Or", &[any, *shape]));
    // A text of another shape is read as a date that is not used.
    let some = graph.text(&match form.places() {
        [0, ..] => format!("1970{0}01{0}01", shapes[0].0),
        _ => format!("01{0}01{0}1970", shapes[0].0),
    });
    let text = graph.choose(has_form, raw, some);
    let [date, clock] = date_and_clock(graph, text);
    let parts = date_parts(graph, date, &shapes);
    let parts = form.places().map(|place| part(graph, parts, place));
    let year = whole_year(graph, parts[0]);
    let (is_date, days) = days_of_date(graph, [year, parts[1], parts[2]]);
    let (days, a_day) = (graph.double(days), graph.f64(86_400.0));
    let of_days = graph.mul(days, a_day);
    let of_clock = seconds_of_clock(graph, clock);
    let seconds = graph.add(of_days, of_clock);
    let is_time = graph.all_of(&[has_form, is_date]);
    (has_form, is_time, seconds)
}

/// The date and the time of day of texts that have the one and may have the other, after `T` or blanks and
/// before `Z`.
fn date_and_clock(graph: &mut Graph, text: Value) -> [Value; 2] {
    let (t, blank, midnight) = (graph.text("T"), graph.text(" "), graph.text(" 00:00"));
    let parts = split(graph, text, Some("Z"));
    let text = part(graph, parts, 0);
    let text = graph.op("StringConcat", &[text, t]);
    let parts = split(graph, text, Some("T"));
    let [date, clock] = [0, 1].map(|place| part(graph, parts, place));
    let text = graph.op("StringConcat", &[date, blank]);
    let text = graph.op("StringConcat", &[text, clock]);
    let text = graph.op("StringConcat", &[text, midnight]);
    let parts = split(graph, text, None);
    [0, 1].map(|place| part(graph, parts, place))
}

/// The three parts of a date as whole numbers, `[n_rows, 1, 3]`, by the separator that it has.
fn date_parts(graph: &mut Graph, date: Value, shapes: &[(&str, Value)]) -> Value {
    let mut parts: Option<Value> = None;
    for (separator, has_shape) in shapes {
        let some = graph.text(&format!("1{separator}1{separator}1"));
        let own = match parts {
            // The first also reads what is used where no shape is matched.
            None => {
                let others: Vec<Value> = shapes[1..].iter().map(|(_, shape)| *shape).collect();
                others.iter().fold(date, |date, is_other| graph.choose(*is_other, some, date))
            }
            Some(_) => graph.choose(*has_shape, date, some),
        };
        let own = split(graph, own, Some(separator));
        let own = graph.whole(own);
        parts = Some(match parts {
            None => own,
            Some(before) => {
                let has_shape = graph.unsqueeze(*has_shape, 2);
                graph.choose(has_shape, own, before)
            }
        });
    }
    parts.expect("a date has separators")
}

/// Seconds since midnight of `13:05`, `13:05:30` and `13:05:30.5`.
fn seconds_of_clock(graph: &mut Graph, clock: Value) -> Value {
    let zero_seconds = graph.text(":0");
    let clock = graph.op("StringConcat", &[clock, zero_seconds]);
    let parts = split(graph, clock, Some(":"));
    let [hours, minutes, seconds] = [0, 1, 2].map(|place| {
        let part = part(graph, parts, place);
        graph.double(part)
    });
    let sixty = graph.f64(60.0);
    let hours = graph.mul(hours, sixty);
    let minutes = graph.add(hours, minutes);
    let of_minutes = graph.mul(minutes, sixty);
    graph.add(of_minutes, seconds)
}

/// Texts cut at each separator, at runs of blanks without one: `[n_rows, 1, n_parts]`.
fn split(graph: &mut Graph, text: Value, separator: Option<&str>) -> Value {
    let attributes: Vec<(&str, Attribute)> =
        separator.iter().map(|separator| ("delimiter", Attribute::Text(separator))).collect();
    graph.ops_with("StringSplit", &[text], &attributes, 2)[0]
}

/// One of the parts of `[n_rows, 1, n_parts]`.
fn part(graph: &mut Graph, parts: Value, place: i64) -> Value {
    let place = graph.i64(place);
    graph.gather(parts, place, 2)
}

/// Years of two digits are those of this century up to 68.
fn whole_year(graph: &mut Graph, year: Value) -> Value {
    let [hundred, pivot, old, new] = [100, 69, 1900, 2000].map(|number| graph.i64(number));
    let is_short = graph.op("Less", &[year, hundred]);
    let is_new = graph.op("Less", &[year, pivot]);
    let none = graph.i64(0);
    let century = graph.choose(is_new, new, old);
    let century = graph.choose(is_short, century, none);
    graph.add(year, century)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use kitae_data::notation::Notation;
    use kitae_data::schema::{ColumnSchema, Kind, Schema};
    use kitae_data::table::{Cells, Column, Table};
    use prost::Message;

    use super::*;
    use crate::error::ExportError;
    use crate::onnx::Data;
    use crate::onnx::proto::{ModelProto, element};
    use crate::run::Session;

    /// What the graph makes of texts.
    fn graph_seconds(forms: &[TextForm], texts: &[&str]) -> Result<Vec<f64>, ExportError> {
        let mut graph = Graph::new(["day".to_owned()]);
        let raw = graph.input("day", element::STRING, String::new());
        let seconds = seconds_of_text(&mut graph, raw, forms, &["-999".to_owned()]);
        let name = graph.name(seconds).to_owned();
        let model =
            ModelProto { graph: Some(graph.into_proto("times", String::new())), ..ModelProto::default() };
        let cells = Tensor::texts(&[texts.len(), 1], texts.iter().map(ToString::to_string).collect());
        let inputs = HashMap::from([("day".to_owned(), cells)]);
        let outputs = Session::new(&model.encode_to_vec())?.run(inputs, &[name])?;
        let Data::F64(seconds) = outputs[0].data.clone() else { panic!("seconds") };
        Ok(seconds)
    }

    /// What kitae makes of them.
    fn kitae_seconds(forms: &[TextForm], texts: &[&str]) -> Vec<f64> {
        let column = ColumnSchema {
            name: "day".into(),
            kind: Kind::Time,
            levels: forms.iter().map(|form| form.name().to_owned()).collect(),
            n_missing: 0,
            n_distinct: texts.len(),
            reason: String::new(),
            notation: Notation::default(),
            findings: Vec::new(),
        };
        let codes = (1..=texts.len() as u32).collect();
        let cells = Cells::Levels { codes, levels: texts.iter().map(ToString::to_string).collect() };
        let table = Table { columns: vec![Column { name: "day".into(), cells }], n_rows: texts.len() };
        let table = Schema { columns: vec![column] }.apply(table).unwrap();
        let Cells::Numbers(seconds) = &table.columns[0].cells else { panic!("seconds") };
        seconds.clone()
    }

    #[test]
    fn a_graph_reads_times_as_kitae_does() {
        let of_form = |form: TextForm| match form {
            TextForm::YearFirst => {
                vec![
                    "1970-01-01",
                    "2000-02-29",
                    "1900-02-29",
                    "2024/1/31 1:05",
                    "24.01.31",
                    "69-01-01",
                    "68-12-31",
                ]
            }
            TextForm::DayFirst => {
                vec!["31.01.2024", "31/1/24 00:00:01", "1-1-1970T23:59:59.25", "31.04.2024", "00.01.2024"]
            }
            TextForm::MonthFirst => vec!["1/31/2024", "01-31-24 13:05:30", "2/29/2023", "13/01/2024"],
            TextForm::TimeOfDay => vec!["13:05", "9:05", "13:05:00.5", "00:00:00"],
        };
        for form in TextForm::ALL {
            let texts = [of_form(form), vec!["", "unknown", "-"]].concat();
            let (found, expected) = (graph_seconds(&[form], &texts).unwrap(), kitae_seconds(&[form], &texts));
            for ((text, found), expected) in texts.iter().zip(found).zip(expected) {
                assert!(
                    found == expected || (found.is_nan() && expected.is_nan()),
                    "{text}: {found}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn the_first_form_that_reads_a_text_decides() {
        let forms = [TextForm::YearFirst, TextForm::DayFirst];
        // The second is no date with the year first.
        let texts = ["24-01-31", "31-01-24", "31.12.1999", "1999-12-31T10:00:00Z"];
        assert_eq!(graph_seconds(&forms, &texts).unwrap(), kitae_seconds(&forms, &texts));
    }

    #[test]
    fn what_a_graph_cannot_read_stops_it_unless_it_is_known_to_be_missing() {
        assert!(
            graph_seconds(&[TextForm::YearFirst], &["-999", "#DIV/0!"]).unwrap().iter().all(|s| s.is_nan())
        );
        for text in [
            "2024-01-31T13:05:00+02:00",
            "2024-01-31 1:05 pm",
            "31 Jan 2024",
            "20240131",
            "2024-01-31 24:00",
            "Q3",
        ] {
            let error = graph_seconds(&[TextForm::YearFirst], &["2024-01-31", text]).unwrap_err().to_string();
            assert!(error.contains("there is no place 1 among 1"), "{text}: {error}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_is_the_day_that_kitae_reads() {
        let mut texts = Vec::new();
        for year in 1800..2200 {
            for (month, day) in [(1, 1), (2, 28), (2, 29), (3, 1), (6, 30), (12, 31)] {
                texts.push(format!("{year}-{month:02}-{day:02}"));
            }
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (found, expected) = (
            graph_seconds(&[TextForm::YearFirst], &texts).unwrap(),
            kitae_seconds(&[TextForm::YearFirst], &texts),
        );
        assert!(found.iter().zip(&expected).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())));
    }
}
