//! The formulas of the synthetic tables, one function a table.

use std::f64::consts::PI;

use kitae_random::{Purpose, Stream};

use super::Synthetic;

/// Writes row `row_idx` of the table `name` into `cells`.
pub(super) fn fill(name: Synthetic, row_idx: u64, seed: u64, cells: &mut Vec<Cell>) {
    cells.clear();
    let mut stream = Stream::new(seed, Purpose::Synthesis, [name as u64, row_idx, 0]);
    match name {
        Synthetic::TwoMoons => two_moons(&mut stream, cells),
        Synthetic::Spirals => spirals(&mut stream, cells),
        Synthetic::Friedman1 => friedman1(&mut stream, cells),
        Synthetic::Imbalanced => imbalanced(&mut stream, cells),
        Synthetic::Mixed => mixed(row_idx, &mut stream, cells),
    }
}

/// One cell. No text holds a comma, a quote or a line break.
pub(super) enum Cell {
    Missing,
    Number(f64),
    Word(&'static str),
    Text(String),
}

/// `value` with four decimals, and never minus zero.
fn number(value: f64) -> Cell {
    Cell::Number((value * 1e4).round() / 1e4 + 0.0)
}

fn two_moons(stream: &mut Stream, cells: &mut Vec<Cell>) {
    const NOISE: f64 = 0.2;
    let (sine, cosine) = (stream.uniform() * PI).sin_cos();
    let (x, y, moon) =
        if stream.below(2) == 0 { (cosine, sine, "upper") } else { (1.0 - cosine, 0.5 - sine, "lower") };
    cells.push(number(x + NOISE * stream.normal()));
    cells.push(number(y + NOISE * stream.normal()));
    cells.push(Cell::Word(moon));
}

fn spirals(stream: &mut Stream, cells: &mut Vec<Cell>) {
    const NOISE: f64 = 0.1;
    let t = stream.uniform_in(0.0, 96.0);
    let (sign, spiral) = if stream.below(2) == 0 { (1.0, "first") } else { (-1.0, "second") };
    let (radius, (sine, cosine)) = (sign * 6.5 * (104.0 - t) / 104.0, (PI * t / 16.0).sin_cos());
    cells.push(number(radius * sine + NOISE * stream.normal()));
    cells.push(number(radius * cosine + NOISE * stream.normal()));
    cells.push(Cell::Word(spiral));
}

fn friedman1(stream: &mut Stream, cells: &mut Vec<Cell>) {
    let x: [f64; 10] = std::array::from_fn(|_| stream.uniform());
    let signal = 10.0 * (PI * x[0] * x[1]).sin() + 20.0 * (x[2] - 0.5).powi(2) + 10.0 * x[3] + 5.0 * x[4];
    cells.extend(x.map(number));
    cells.push(number(signal + stream.normal()));
}

fn imbalanced(stream: &mut Stream, cells: &mut Vec<Cell>) {
    const SHIFTS: [f64; 8] = [1.5, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0];
    let is_fraud = stream.below(50) == 0;
    let share = f64::from(u8::from(is_fraud));
    cells.extend(SHIFTS.map(|shift| number(share * shift + stream.normal())));
    cells.push(Cell::Word(if is_fraud { "fraud" } else { "normal" }));
}

fn mixed(row_idx: u64, stream: &mut Stream, cells: &mut Vec<Cell>) {
    const CARRIERS: [&str; 5] = ["falcon", "heron", "kestrel", "stork", "swift"];
    let (day, minute) = (stream.below(1096), stream.below(1440));
    let carrier = stream.below(5);
    // The square makes low regions frequent: region 0 has about 16 %, region 39 about 1 % of the rows.
    let region = (40.0 * stream.uniform().powi(2)) as u64;
    let weight = stream.normal().mul_add(0.8, 0.5).exp();
    let distance = -300.0 * (1.0 - stream.uniform()).ln();
    let is_express = stream.uniform() < 0.3;
    let (region_missing, weight_missing) = (stream.uniform() < 0.05, stream.uniform() < 0.08);

    let season = (2.0 * PI * ((day % 365) as f64 - 350.0) / 365.0).cos();
    let log_odds = -1.5 + 0.4 * (carrier as f64 - 2.0) + 0.004 * (distance - 300.0) + 0.5 * weight.ln()
        - if is_express { 1.2 } else { 0.0 }
        + if weight_missing { 0.5 } else { 0.0 }
        + 0.9 * season
        + 0.6 * (region as f64).sin();
    let is_late = stream.uniform() < 1.0 / (1.0 + (-log_odds).exp());

    cells.push(Cell::Text(format!("P{row_idx:09}")));
    cells.push(Cell::Text(date_and_time(day, minute)));
    cells.push(Cell::Word(CARRIERS[carrier as usize]));
    cells.push(if region_missing { Cell::Missing } else { Cell::Text(format!("region {region:02}")) });
    cells.push(if weight_missing { Cell::Missing } else { number(weight) });
    cells.push(number(distance));
    cells.push(Cell::Word(yes_or_no(is_express)));
    cells.push(Cell::Word(yes_or_no(is_late)));
}

fn yes_or_no(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

/// The minute `minute` of the day `day` after 2022-01-01, for days before 2025.
fn date_and_time(day: u64, minute: u64) -> String {
    let (year, mut day) = match day {
        0..365 => (2022, day),
        365..730 => (2023, day - 365),
        _ => (2024, day - 730),
    };
    let february = if year == 2024 { 29 } else { 28 };
    let mut month = 1;
    for n_days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < n_days {
            break;
        }
        day -= n_days;
        month += 1;
    }
    format!("{year}-{month:02}-{:02} {:02}:{:02}", day + 1, minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(date_and_time(0, 0), "2022-01-01 00:00");
        assert_eq!(date_and_time(58, 61), "2022-02-28 01:01");
        assert_eq!(date_and_time(59, 0), "2022-03-01 00:00");
        assert_eq!(date_and_time(364, 0), "2022-12-31 00:00");
        assert_eq!(date_and_time(365, 0), "2023-01-01 00:00");
        assert_eq!(date_and_time(730 + 59, 0), "2024-02-29 00:00");
        assert_eq!(date_and_time(1095, 1439), "2024-12-31 23:59");
    }
}
