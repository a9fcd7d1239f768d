//! What a column of numbers is taken for.

use super::names::NameHint;
use super::{Verdict, is_informative_gap};
use crate::cell::TimeForm;
use crate::cell::canonical;
use crate::facts::NumberFacts;
use crate::finding::{Cure, Finding, Setting, Severity, What};
use crate::rounding::is_rounding;
use crate::schema::Kind;

/// Fewer distinct values than this do not make an identifier.
const FEWEST_IDENTIFIERS: usize = 20;
/// Fewer rows for each value than this leave nothing to learn about it as a category.
const ROWS_PER_CODE: usize = 10;
/// Values that people write for missing ones.
const SENTINELS: [f64; 11] =
    [-9.0, -99.0, -999.0, -9999.0, -99999.0, 99.0, 999.0, 9999.0, 99999.0, 999_999.0, -1.0];

/// Judges numbers by their values and the column's name.
///
/// Whole numbers stay numbers unless the name says that they are codes: an ordered code as a number
/// keeps its order, and the embeddings of numbers can still tell its values apart, while a count taken for
/// a category loses its order and knows nothing about values it has not met.
pub(super) fn verdict(name: &str, facts: &NumberFacts) -> Verdict {
    let mut verdict = kind_of(name, facts);
    if verdict.kind == Kind::Number {
        verdict.odd.extend(sentinel(facts));
    }
    verdict
}

fn kind_of(name: &str, facts: &NumberFacts) -> Verdict {
    let (n_distinct, n_present) = (facts.n_distinct(), facts.n_present);
    if n_distinct == 0 {
        return Verdict::new(Kind::Empty, "every cell is missing".to_owned());
    }
    if n_distinct == 1 {
        let value = canonical(facts.min());
        if is_informative_gap(facts.n_present, facts.n_missing) {
            let reason = format!("either {value} or missing, and being missing may be informative");
            return Verdict::with_levels(Kind::Category, facts.levels(), reason);
        }
        return Verdict::new(Kind::Constant, format!("every cell that is not missing is {value}"));
    }
    if is_rounding(facts.min(), facts.max()) && !is_informative_gap(n_present, facts.n_missing) {
        let value = canonical(facts.min());
        return Verdict::new(
            Kind::Constant,
            format!("every cell that is not missing is {value}, but for rounding"),
        );
    }
    if let Some(verdict) = boolean(facts).or_else(|| identifier(name, facts)).or_else(|| dates(name, facts)) {
        return verdict;
    }
    let is_code = matches!(NameHint::of(name), NameHint::Code | NameHint::Identifier);
    if is_code && facts.are_whole() && n_present / n_distinct >= ROWS_PER_CODE {
        let reason = format!("{n_distinct} distinct whole numbers, and the name suggests codes");
        return Verdict::with_levels(Kind::Category, facts.levels(), reason);
    }
    Verdict::new(Kind::Number, number_reason(facts))
}

pub(super) fn number_reason(facts: &NumberFacts) -> String {
    let (n_distinct, min, max) = (facts.n_distinct(), canonical(facts.min()), canonical(facts.max()));
    if facts.are_whole() && n_distinct <= 10 {
        return format!(
            "{n_distinct} distinct whole numbers from {min} to {max}; if they are codes without order, call the column categorical"
        );
    }
    let what = if facts.are_whole() { "whole numbers" } else { "numbers" };
    format!("{n_distinct} distinct {what} from {min} to {max}")
}

/// Two whole numbers are a yes and a no; with few rows only if they are 0 and 1, since counts may follow.
fn boolean(facts: &NumberFacts) -> Option<Verdict> {
    let &[(low, n_low), (high, n_high)] = facts.values.as_slice() else { return None };
    let is_flag = low == 0.0 && high == 1.0;
    if !(is_flag || facts.are_whole() && facts.n_present >= 50) {
        return None;
    }
    let reason =
        format!("two values: {} ({n_low} times) and {} ({n_high} times)", canonical(low), canonical(high));
    Some(Verdict::with_levels(Kind::Boolean, facts.levels(), reason))
}

fn identifier(name: &str, facts: &NumberFacts) -> Option<Verdict> {
    let (n_distinct, n_present) = (facts.n_distinct(), facts.n_present);
    if !facts.are_whole() || n_distinct < FEWEST_IDENTIFIERS {
        return None;
    }
    let hint = NameHint::of(name);
    let share = n_distinct as f64 / n_present as f64;
    let numbers_rows = n_distinct == n_present && facts.are_contiguous() && hint != NameHint::Time;
    if numbers_rows && facts.n_missing == 0 {
        let reason = format!("{n_distinct} whole numbers without gap or repetition: they number the rows");
        return Some(Verdict::new(Kind::Identifier, reason));
    }
    let is_named = match hint {
        NameHint::Identifier => n_present / n_distinct < ROWS_PER_CODE && n_distinct >= 50 || share > 0.9,
        NameHint::Numbering => share > 0.9 && n_distinct >= 100,
        _ => false,
    };
    is_named.then(|| {
        let percent = 100.0 * share;
        let reason =
            format!("{percent:.0} % of its whole numbers are different, and the name suggests an identifier");
        Verdict::new(Kind::Identifier, reason)
    })
}

/// Whole numbers such as 20240131, or that count seconds, in a column named after time.
fn dates(name: &str, facts: &NumberFacts) -> Option<Verdict> {
    let is_date = |value: f64| TimeForm::Digits.parse(&canonical(value)).is_some();
    if !is_named_after_time(name) {
        return None;
    }
    if let Some(form) = TimeForm::counting(facts.min(), facts.max()) {
        let reason = format!("{} such as {}", form.name(), canonical(facts.min()));
        return Some(Verdict::with_levels(Kind::Time, vec![form.name().to_owned()], reason));
    }
    if !facts.values.iter().all(|(value, _)| is_date(*value)) {
        return None;
    }
    let reason = format!("dates such as {} written as numbers", canonical(facts.min()));
    Some(Verdict::with_levels(Kind::Time, vec![TimeForm::Digits.name().to_owned()], reason))
}

/// Whether the name says that the column holds points in time.
pub(super) fn is_named_after_time(name: &str) -> bool {
    NameHint::of(name) == NameHint::Time || name.to_lowercase().contains("date")
}

/// An end of the range that people write for missing values, that comes often and lies far off.
fn sentinel(facts: &NumberFacts) -> Option<Finding> {
    let &[low, second, .., last_but_one, high] = facts.values.as_slice() else { return None };
    let often = (facts.n_present / 200).max(3);
    let spread = last_but_one.0 - second.0;
    let is_suspect = |(value, count): (f64, usize), gap: f64| {
        SENTINELS.contains(&value) && count >= often && gap > 0.5 * spread && gap > 1.0
    };
    let suspect = [(low, second.0 - low.0), (high, high.0 - last_but_one.0)]
        .into_iter()
        .find(|(end, gap)| is_suspect(*end, *gap));
    suspect.map(|((value, count), _)| {
        let value = canonical(value);
        let message =
            format!("{count} cells are {value}, far from all others; if that means missing, say so");
        Finding::new(What::Column, Severity::Warning, message).cured_by(Cure::with(Setting::Missing, value))
    })
}
