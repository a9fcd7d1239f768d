//! Rows checked against their strata, and the orders in which splits take them.

use std::collections::{BTreeMap, HashMap};

use kitae_random::Stream;

use super::{SplitError, Strata};

/// The rows sorted ascending; each is there once and has a usable stratum.
pub(super) fn checked_rows(rows: &[u32], strata: &Strata) -> Result<Vec<u32>, SplitError> {
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    if let Some(pair) = rows.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(SplitError::RowTwice { row: pair[0] });
    }
    if let (Some(&row), Some(n_rows)) = (rows.last(), n_rows_of(strata))
        && row as usize >= n_rows
    {
        return Err(SplitError::RowOutside { row, n_rows });
    }
    match rows.iter().find_map(|&row| Some((row, missing_stratum(strata, row)?))) {
        Some((row, what)) => Err(SplitError::NoStratum { row, what }),
        None => Ok(rows),
    }
}

/// Cuts `rows` into `n_parts` stretches whose lengths differ by at most one.
pub(super) fn stretches(rows: &[u32], n_parts: usize) -> Vec<Vec<u32>> {
    let cut = |part: usize| part * rows.len() / n_parts;
    (0..n_parts).map(|part| rows[cut(part)..cut(part + 1)].to_vec()).collect()
}

/// The rows class by class, in random order within each class.
pub(super) fn by_class(mut rows: Vec<u32>, codes: &[u32], stream: &mut Stream) -> Vec<u32> {
    stream.shuffle(&mut rows);
    rows.sort_by_key(|&row| codes[row as usize]);
    rows
}

/// The rows from the smallest value to the largest, equal ones in random order.
pub(super) fn by_value(mut rows: Vec<u32>, values: &[f64], stream: &mut Stream) -> Vec<u32> {
    stream.shuffle(&mut rows);
    sort_by_number(&mut rows, values);
    rows
}

/// The rows from the earliest to the latest, those of one time by position.
pub(super) fn by_time(mut rows: Vec<u32>, times: &[f64]) -> Vec<u32> {
    rows.sort_unstable();
    sort_by_number(&mut rows, times);
    rows
}

/// Where rows sorted by time can be cut nearest to `at` without parting rows of the same time, rather
/// later than earlier; none if all have one time.
pub(super) fn cut_between_times(rows: &[u32], times: &[f64], at: usize) -> Option<usize> {
    let parts_times = |at: &usize| times[rows[at - 1] as usize] < times[rows[*at] as usize];
    (at.max(1)..rows.len()).find(parts_times).or_else(|| (1..at.min(rows.len())).rev().find(parts_times))
}

/// The rows of each group; the groups are in random order.
pub(super) fn by_group(rows: &[u32], groups: &[u32], stream: &mut Stream) -> Vec<Vec<u32>> {
    let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for &row in rows {
        members.entry(groups[row as usize]).or_default().push(row);
    }
    let mut members: Vec<Vec<u32>> = members.into_values().collect();
    stream.shuffle(&mut members);
    members
}

/// The first row of each unit, and all rows of the unit of each such row.
pub(super) fn by_unit(rows: &[u32], units: &[u32]) -> (Vec<u32>, BTreeMap<u32, Vec<u32>>) {
    let mut first_of: HashMap<u32, u32> = HashMap::new();
    let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for &row in rows {
        let first = *first_of.entry(units[row as usize]).or_insert(row);
        members.entry(first).or_default().push(row);
    }
    (members.keys().copied().collect(), members)
}

/// All rows of the units that `firsts` stand for.
pub(super) fn whole(firsts: &[u32], members: &BTreeMap<u32, Vec<u32>>) -> Vec<u32> {
    firsts.iter().filter_map(|first| members.get(first)).flatten().copied().collect()
}

fn sort_by_number(rows: &mut [u32], numbers: &[f64]) {
    // Adding 0 makes -0 and 0 one number, which `total_cmp` would tell apart.
    let number = |row: u32| numbers[row as usize] + 0.0;
    rows.sort_by(|&a, &b| number(a).total_cmp(&number(b)));
}

fn n_rows_of(strata: &Strata) -> Option<usize> {
    match strata {
        Strata::None => None,
        Strata::Classes(codes) | Strata::Groups(codes) => Some(codes.len()),
        Strata::Values(numbers) | Strata::Time(numbers) => Some(numbers.len()),
        Strata::Together { units, .. } => Some(units.len()),
    }
}

fn missing_stratum(strata: &Strata, row: u32) -> Option<&'static str> {
    let row = row as usize;
    match strata {
        Strata::Classes(codes) if codes[row] == u32::MAX => Some("class"),
        Strata::Values(values) if values[row].is_nan() => Some("value"),
        Strata::Time(times) if times[row].is_nan() => Some("time"),
        Strata::Together { strata, .. } => missing_stratum(strata, row as u32),
        _ => None,
    }
}
