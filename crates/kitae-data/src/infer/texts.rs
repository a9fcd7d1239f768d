//! What a column of texts is taken for.

use super::names::NameHint;
use super::numbers::is_named_after_time;
use super::remarks;
use super::times::Times;
use super::{Verdict, is_informative_gap};
use crate::cell::TimeForm;
use crate::cell::{is_long_code, parse_number, parse_quantity};
use crate::error::shortened;
use crate::facts::TextFacts;
use crate::finding::{Cure, Finding, Setting, Severity, What};
use crate::schema::Kind;
use crate::table::Column;

/// Up to so many levels are a category whatever the number of rows.
const ALWAYS_FEW: usize = 20;
/// More distinct texts among numbers than this are not markers for missing cells.
const MOST_MARKERS: usize = 10;
/// Longer texts than this, on average, are prose.
const PROSE_LENGTH: f64 = 60.0;
/// With this share of cells whose text comes again there is something to learn from: tickets that
/// families share, names of models.
const REPEATED_SHARE: f64 = 0.25;

/// Judges texts by how many there are, how long they are, and whether they are times.
pub(super) fn verdict(column: &Column, facts: &TextFacts, n_rows: usize) -> Verdict {
    let times = Times::of(&facts.texts);
    let mut verdict = kind_of(column, facts, n_rows, &times);
    if matches!(verdict.kind, Kind::Category | Kind::Boolean | Kind::Text | Kind::Identifier) {
        verdict.odd.extend(numbers_among(facts));
        if times == Times::Unclear {
            verdict.odd.push(Finding::new(What::Column, Severity::Warning, UNCLEAR));
        }
    }
    if matches!(verdict.kind, Kind::Category | Kind::Boolean) {
        verdict.findings.extend(remarks::spellings(column, facts));
    }
    verdict
}

const UNCLEAR: &str = "dates whose day and month cannot be told apart; give the format in a schema.toml, for example `day/month/year`";

fn kind_of(column: &Column, facts: &TextFacts, n_rows: usize, times: &Times) -> Verdict {
    match facts.texts.as_slice() {
        [] => return Verdict::new(Kind::Empty, "every cell is missing".to_owned()),
        [(text, _)] => return single(text, facts),
        _ => {}
    }
    if let Some(verdict) = times_verdict(column, facts, times).or_else(|| counted_times(&column.name, facts))
    {
        return verdict;
    }
    if let &[(first, n_first), (second, n_second)] = facts.texts.as_slice() {
        let (first, second) = (shortened(first), shortened(second));
        let reason = format!("two texts: `{first}` ({n_first} times) and `{second}` ({n_second} times)");
        return Verdict::with_levels(Kind::Boolean, facts.levels(), reason);
    }
    if let Some(verdict) = not_a_feature(&column.name, facts, n_rows) {
        return verdict;
    }
    let (n_distinct, n_present) = (facts.n_distinct(), facts.n_present);
    let mut verdict = Verdict::with_levels(
        Kind::Category,
        facts.levels(),
        format!("{n_distinct} distinct texts in {n_present} cells"),
    );
    let n_single = facts.texts.iter().filter(|(_, count)| *count == 1).count();
    if n_single * 2 > n_distinct && n_distinct > ALWAYS_FEW {
        let message = format!("{n_single} of {n_distinct} levels occur only once, too rarely to learn from");
        verdict.odd.push(Finding::new(What::Column, Severity::Note, message));
    }
    verdict
}

fn single(text: &str, facts: &TextFacts) -> Verdict {
    let text = shortened(text);
    if is_informative_gap(facts.n_present, facts.n_missing) {
        let reason = format!("either `{text}` or missing, and being missing may be informative");
        return Verdict::with_levels(Kind::Category, facts.levels(), reason);
    }
    Verdict::new(Kind::Constant, format!("every cell that is not missing is `{text}`"))
}

/// Identifiers and prose. The rows without text count: a text that most rows lack may still tell by being
/// there.
fn not_a_feature(name: &str, facts: &TextFacts, n_rows: usize) -> Option<Verdict> {
    let (n_distinct, n_present) = (facts.n_distinct(), facts.n_present);
    let share = n_distinct as f64 / n_present as f64;
    let n_words = facts.mean(|text| text.split_whitespace().count());
    let is_named = NameHint::of(name) == NameHint::Identifier;
    let most = 100.0 * share;
    let are_numbers = facts.share(|text| parse_number(text.as_bytes()).is_some()) >= 0.9;
    if !are_numbers
        && n_words < 1.5
        && (share > 0.98 || is_named && share > 0.5)
        && (n_distinct > ALWAYS_FEW || is_named && n_distinct > 5)
    {
        let reason =
            format!("{most:.0} % of its texts are different and each is one word: they identify the rows");
        return Some(Verdict::new(Kind::Identifier, reason));
    }
    let is_long = facts.mean(str::len) > PROSE_LENGTH && share > 0.2;
    let n_repeated: usize = facts.texts.iter().map(|(_, count)| *count).filter(|count| *count > 1).sum();
    let rarely_repeats = n_distinct * 2 > n_rows && (n_repeated as f64) < REPEATED_SHARE * n_present as f64;
    if n_distinct > ALWAYS_FEW && (is_long || rarely_repeats) {
        let reason = format!(
            "{n_distinct} different texts in {n_present} cells: hardly any occurs often enough to learn from"
        );
        return Some(Verdict::new(Kind::Text, reason));
    }
    None
}

fn times_verdict(column: &Column, facts: &TextFacts, times: &Times) -> Option<Verdict> {
    let Times::Yes { forms, odd } = times else { return None };
    let example = facts.texts.iter().map(|(text, _)| *text).find(|text| forms.parse(text).is_some())?;
    let which = if odd.is_empty() { "every cell is" } else { "nearly every cell is" };
    let names = forms.names().join(" or ");
    let reason = format!("{which} a time in the form {names}, such as `{}`", shortened(example));
    let mut verdict = Verdict::with_levels(Kind::Time, forms.names(), reason);
    verdict.findings.extend(remarks::odd_cells(column, facts, odd, "times"));
    if !odd.is_empty() {
        let n_odd: usize = odd.iter().map(|(_, count)| count).sum();
        verdict.counts = Some((facts.n_missing + n_odd, facts.n_distinct() - odd.len()));
    }
    Some(verdict)
}

/// Whole numbers that count parts of seconds since 1970, too long for numbers, in a column named after time.
fn counted_times(name: &str, facts: &TextFacts) -> Option<Verdict> {
    let counts: Option<Vec<f64>> = facts
        .texts
        .iter()
        .map(|(text, _)| parse_quantity(text.as_bytes()).filter(|_| is_long_code(text.as_bytes())))
        .collect();
    let counts = counts.filter(|_| is_named_after_time(name))?;
    let min = counts.iter().copied().fold(f64::MAX, f64::min);
    let form = TimeForm::counting(min, counts.iter().copied().fold(f64::MIN, f64::max))?;
    let reason = format!("{} such as {}", form.name(), facts.texts[0].0);
    Some(Verdict::with_levels(Kind::Time, vec![form.name().to_owned()], reason))
}

/// Texts that are nearly numbers.
fn numbers_among(facts: &TextFacts) -> Option<Finding> {
    let odd = |message: String| Finding::new(What::Column, Severity::Warning, message);
    if let Some((example, _)) = facts.texts.first().filter(|_| facts.share(is_hexadecimal) >= 0.9) {
        let example = shortened(example);
        return Some(odd(format!(
            "hexadecimal numbers such as `{example}` are texts here; write them in decimal if they are quantities"
        )));
    }
    let n_numbers = facts.share(|text| parse_number(text.as_bytes()).is_some());
    if n_numbers < 0.9 {
        return None;
    }
    let mut others: Vec<&(&str, usize)> =
        facts.texts.iter().filter(|(text, _)| parse_number(text.as_bytes()).is_none()).collect();
    others.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    // Many different texts are codes of their own, not markers.
    if others.len() > MOST_MARKERS || others.is_empty() {
        return None;
    }
    others.truncate(3);
    let named: Vec<String> = others.iter().map(|(text, _)| format!("`{}`", shortened(text))).collect();
    let (percent, named) = (100.0 * n_numbers, named.join(", "));
    let found = odd(format!(
        "{percent:.1} % of the cells are numbers, others are {named}; if those mean missing, say so"
    ));
    Some(others.iter().fold(found, |found, (text, _)| found.cured_by(Cure::with(Setting::Missing, *text))))
}

fn is_hexadecimal(text: &str) -> bool {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
