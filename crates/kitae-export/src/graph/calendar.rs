//! The calendar: days of dates, and the parts of a time that networks are fed with.

use kitae_data::preprocess::{Cycle, Wave};

use crate::onnx::{Graph, Tensor, Value};

/// Whether year, month and day are a date, and days since 1970-01-01: H. Hinnant's `days_from_civil`.
pub(super) fn days_of_date(graph: &mut Graph, [year, month, day]: [Value; 3]) -> (Value, Value) {
    let [one, two, twelve] = [1, 2, 12].map(|number| graph.i64(number));
    let is_month = [graph.op("GreaterOrEqual", &[month, one]), graph.op("LessOrEqual", &[month, twelve])];
    let month = graph.within(month, one, twelve);
    let (is_leap, leap_days) = leap(graph, year);
    let lengths = graph.list(&[0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]);
    let length = graph.gather(lengths, month, 0);
    let is_february = graph.op("Equal", &[month, two]);
    let has_leap_day = graph.all_of(&[is_leap, is_february]);
    let leap_day = graph.whole(has_leap_day);
    let length = graph.add(length, leap_day);
    let is_day = [graph.op("GreaterOrEqual", &[day, one]), graph.op("LessOrEqual", &[day, length])];
    let is_date = graph.all_of(&[is_month[0], is_month[1], is_day[0], is_day[1]]);
    // Days before the year, before the month in it, and before the day in that.
    let before = graph.list(&[0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]);
    let of_months = graph.gather(before, month, 0);
    let is_late = graph.op("Greater", &[month, two]);
    let is_after = graph.all_of(&[is_leap, is_late]);
    let after = graph.whole(is_after);
    let (of_year, epoch) = (graph.i64(365), graph.i64(719_163));
    let years = graph.sub(year, one);
    let of_years = graph.mul(years, of_year);
    let days =
        [leap_days, of_months, after, day].into_iter().fold(of_years, |sum, days| graph.add(sum, days));
    (is_date, graph.sub(days, epoch))
}

/// Whether a year has a leap day, and how many the years before it had since year 1.
fn leap(graph: &mut Graph, year: Value) -> (Value, Value) {
    let [none, one, four, hundred, four_hundred] = [0, 1, 4, 100, 400].map(|number| graph.i64(number));
    let is_multiple = |graph: &mut Graph, of: Value| {
        let rest = graph.op("Mod", &[year, of]);
        graph.op("Equal", &[rest, none])
    };
    let [by_four, by_hundred, by_four_hundred] =
        [four, hundred, four_hundred].map(|of| is_multiple(graph, of));
    let no_century = graph.op("Not", &[by_hundred]);
    let common = graph.all_of(&[by_four, no_century]);
    let is_leap = graph.op("Or", &[common, by_four_hundred]);
    let before = graph.sub(year, one);
    let [fours, hundreds, four_hundreds] = [four, hundred, four_hundred].map(|of| graph.div(before, of));
    let days = graph.sub(fours, hundreds);
    (is_leap, graph.add(days, four_hundreds))
}

/// Beyond this many days the calendar stops, as in `kitae_data`.
const MOST_DAYS: f64 = 1e9;

/// The parts of a time in the order of `TimePart::ALL`, `[n_rows, 9]`; NaN of NaN.
pub(super) fn time_parts(graph: &mut Graph, seconds: Value) -> Value {
    let [zero, a_day, least, most, missing] =
        [0.0, 86_400.0, -MOST_DAYS, MOST_DAYS, f64::NAN].map(|number| graph.f64(number));
    let is_missing = graph.op("IsNaN", &[seconds]);
    let seconds = graph.choose(is_missing, zero, seconds);
    let trend = graph.div(seconds, a_day);
    let days = graph.op("Floor", &[trend]);
    let days = graph.within(days, least, most);
    let of_days = graph.mul(days, a_day);
    let rest = graph.sub(seconds, of_days);
    let of_day = graph.within(rest, zero, a_day);
    let days = graph.whole(days);
    let (year, month) = march_date(graph, days);
    let seven = graph.i64(7);
    let week = graph.op("Mod", &[days, seven]);
    let waves = [(Cycle::Year, year), (Cycle::Month, month), (Cycle::Week, week)]
        .map(|(cycle, passed)| waves_by_day(graph, cycle, passed));
    let of_day = waves_of_day(graph, of_day);
    let parts = graph.concat(&[trend, waves[0], waves[1], waves[2], of_day], 1);
    graph.choose(is_missing, missing, parts)
}

/// The day of the year that begins on 1 March, and the day of the month, both from 0, as `kitae_data` counts
/// them.
fn march_date(graph: &mut Graph, days: Value) -> (Value, Value) {
    let number = |graph: &mut Graph, number: i64| graph.i64(number);
    let to_march = number(graph, 719_468);
    let era = number(graph, 146_097);
    let shifted = graph.add(days, to_march);
    let of_era = graph.op("Mod", &[shifted, era]);
    let [short, century, long] = [1_460, 36_524, 146_096].map(|n| {
        let n = number(graph, n);
        graph.div(of_era, n)
    });
    let mended = graph.sub(of_era, short);
    let mended = graph.add(mended, century);
    let mended = graph.sub(mended, long);
    let a_year = number(graph, 365);
    let year = graph.div(mended, a_year);
    let [whole, four, hundred] = [(365, true), (4, false), (100, false)].map(|(n, times)| {
        let n = number(graph, n);
        if times { graph.mul(year, n) } else { graph.div(year, n) }
    });
    let before = graph.add(whole, four);
    let before = graph.sub(before, hundred);
    let of_year = graph.sub(of_era, before);
    let [two, five, months] = [2, 5, 153].map(|n| number(graph, n));
    let scaled = graph.mul(of_year, five);
    let scaled = graph.add(scaled, two);
    let month = graph.div(scaled, months);
    let start = graph.mul(month, months);
    let start = graph.add(start, two);
    let start = graph.div(start, five);
    (of_year, graph.sub(of_year, start))
}

/// Sine and cosine of a cycle of whole days, `[n_rows, 2]`, out of a table with kitae's own bits.
fn waves_by_day(graph: &mut Graph, cycle: Cycle, passed: Value) -> Value {
    let n = cycle.length() as usize;
    let waves = |day: usize| [Wave::Sine, Wave::Cosine].map(|wave| wave.of(day as f64, cycle.length()));
    let table = graph.constant(Tensor::f64(&[n, 2], (0..n).flat_map(waves).collect()));
    let passed = graph.squeeze(passed, 1);
    graph.gather(table, passed, 0)
}

/// Sine and cosine of the time of day, `[n_rows, 2]`: by quarters, each the sine of an acute angle.
fn waves_of_day(graph: &mut Graph, seconds: Value) -> Value {
    let [zero, three, four, a_day] = [0.0, 3.0, 4.0, 86_400.0].map(|number| graph.f64(number));
    let right_angle = graph.f64(std::f64::consts::FRAC_PI_2);
    let fourfold = graph.mul(seconds, four);
    let quarter = graph.div(fourfold, a_day);
    let quarter = graph.op("Floor", &[quarter]);
    let quarter = graph.op("Min", &[quarter, three]);
    let before = graph.mul(quarter, a_day);
    let rest = graph.sub(fourfold, before);
    let rest = graph.within(rest, zero, a_day);
    let left = graph.sub(a_day, rest);
    let waves = [rest, left].map(|passed| {
        let share = graph.div(passed, a_day);
        let angle = graph.mul(share, right_angle);
        graph.op("Sin", &[angle])
    });
    // What each quarter makes of the two sines: of the sine, then of the cosine.
    let signs = [
        [[1.0, 0.0], [0.0, 1.0]],
        [[0.0, 1.0], [-1.0, 0.0]],
        [[-1.0, 0.0], [0.0, -1.0]],
        [[0.0, -1.0], [1.0, 0.0]],
    ];
    let table = graph.constant(Tensor::f64(&[4, 2, 2], signs.into_iter().flatten().flatten().collect()));
    let quarter = graph.whole(quarter);
    let quarter = graph.squeeze(quarter, 1);
    // [n_rows, 2, 2] times [n_rows, 2, 1]
    let signs = graph.gather(table, quarter, 0);
    let waves = graph.concat(&waves, 1);
    let waves = graph.unsqueeze(waves, 2);
    let products = graph.matmul(signs, waves);
    graph.squeeze(products, 2)
}
