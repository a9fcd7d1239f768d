//! What a column of texts is taken for.

use std::collections::HashMap;

use super::facts::TextFacts;
use super::names::NameHint;
use super::time::TimeForm;
use super::{Verdict, is_informative_gap};
use crate::error::shortened;
use crate::read::{is_soft, parse_number};
use crate::schema::Kind;

/// Up to so many levels are a category whatever the number of rows.
const ALWAYS_FEW: usize = 20;
/// More distinct texts among numbers than this are not markers for missing cells.
const MOST_MARKERS: usize = 10;
/// Fewer distinct texts with digits than this are grades, not quantities.
const FEWEST_QUANTITIES: usize = 10;
/// Longer texts than this, on average, are prose.
const PROSE_LENGTH: f64 = 60.0;
/// With this share of cells whose text comes again there is something to learn from: tickets that
/// families share, names of models.
const REPEATED_SHARE: f64 = 0.25;

/// Judges texts by how many there are, how long they are, and whether they are times.
pub(super) fn judge(name: &str, facts: &TextFacts, n_rows: usize) -> Verdict {
    let mut verdict = kind_of(name, facts, n_rows);
    if matches!(verdict.kind, Kind::Category | Kind::Boolean | Kind::Text) {
        verdict.warnings.extend(number_warning(facts));
        verdict.warnings.extend(spelling_warning(facts));
        verdict.warnings.extend(time_warning(facts));
    }
    verdict
}

fn kind_of(name: &str, facts: &TextFacts, n_rows: usize) -> Verdict {
    match facts.texts.as_slice() {
        [] => return Verdict::new(Kind::Empty, "every cell is missing".to_owned()),
        [(text, _)] => return single(text, facts),
        _ => {}
    }
    if let Some(verdict) = times(facts) {
        return verdict;
    }
    if let &[(first, n_first), (second, n_second)] = facts.texts.as_slice() {
        let (first, second) = (shortened(first), shortened(second));
        let reason = format!("two texts: `{first}` ({n_first} times) and `{second}` ({n_second} times)");
        return Verdict::with_levels(Kind::Boolean, facts.levels(), reason);
    }
    if let Some(verdict) = not_a_feature(name, facts, n_rows) {
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
        let warning = format!("{n_single} of {n_distinct} levels come once only, too rarely to learn from");
        verdict.warnings.push(warning);
    }
    verdict
}

fn single(text: &str, facts: &TextFacts) -> Verdict {
    let text = shortened(text);
    if is_informative_gap(facts.n_present, facts.n_missing) {
        let reason = format!("either `{text}` or missing, and which of them it is may say something");
        return Verdict::with_levels(Kind::Category, facts.levels(), reason);
    }
    Verdict::new(Kind::Constant, format!("every cell that is not missing is `{text}`"))
}

/// Identifiers and prose. The rows without text count: a text that most rows lack may still tell by being there.
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
            format!("{most:.0} % of its texts are different and each is one word: they name the rows");
        return Some(Verdict::new(Kind::Identifier, reason));
    }
    let is_long = facts.mean(str::len) > PROSE_LENGTH && share > 0.2;
    let n_repeated: usize = facts.texts.iter().map(|(_, count)| *count).filter(|count| *count > 1).sum();
    let rarely_repeats = n_distinct * 2 > n_rows && (n_repeated as f64) < REPEATED_SHARE * n_present as f64;
    if n_distinct > ALWAYS_FEW && (is_long || rarely_repeats) {
        let reason = format!(
            "{n_distinct} different texts in {n_present} cells: hardly any comes often enough to learn from"
        );
        return Some(Verdict::new(Kind::Text, reason));
    }
    None
}

fn times(facts: &TextFacts) -> Option<Verdict> {
    let texts = facts.texts.iter().map(|(text, _)| *text).filter(|text| !is_soft(text.as_bytes()));
    let example = texts.clone().next()?;
    let &[form] = TimeForm::fitting(&texts).as_slice() else { return None };
    let reason = format!("every cell is a time in the form {}, such as `{example}`", form.name());
    Some(Verdict::with_levels(Kind::Time, vec![form.name().to_owned()], reason))
}

/// Texts that are nearly numbers, or numbers in another notation.
fn number_warning(facts: &TextFacts) -> Option<String> {
    let n_numbers = facts.share(|text| parse_number(text.as_bytes()).is_some());
    if n_numbers >= 0.9 {
        let mut odd: Vec<&(&str, usize)> =
            facts.texts.iter().filter(|(text, _)| parse_number(text.as_bytes()).is_none()).collect();
        odd.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        // Many different texts are codes of their own, not markers.
        if odd.len() > MOST_MARKERS {
            return None;
        }
        let odd: Vec<String> = odd.iter().take(3).map(|(text, _)| format!("`{}`", shortened(text))).collect();
        let (percent, odd) = (100.0 * n_numbers, odd.join(", "));
        return Some(format!(
            "{percent:.1} % of the cells are numbers, others are {odd}: if those mean missing, list them as missing markers"
        ));
    }
    let example = facts.texts.iter().find(|(text, _)| is_decorated_number(text))?.0;
    (facts.n_distinct() > FEWEST_QUANTITIES && facts.share(is_decorated_number) >= 0.9).then(|| {
        let example = shortened(example);
        format!("looks like numbers written with separators or units, such as `{example}`; write plain numbers to have it read as numbers")
    })
}

/// Whether the text is a number with thousands separators, a decimal comma, a currency sign or a unit.
fn is_decorated_number(text: &str) -> bool {
    let is_sign = |letter: char| "$€£¥%+-~<>= \u{a0}".contains(letter);
    let core = text.trim_matches(is_sign);
    let core = core.trim_end_matches(|letter: char| {
        letter.is_alphabetic() || is_sign(letter) || "°²³/µ".contains(letter)
    });
    let is_number = core.starts_with(|first: char| first.is_ascii_digit())
        && core.ends_with(|last: char| last.is_ascii_digit())
        && core.chars().all(|letter| letter.is_ascii_digit() || ",.' \u{a0}\u{202f}_".contains(letter));
    is_number && parse_number(text.as_bytes()).is_none() && text.len() - core.len() <= 8
}

/// Levels that differ by upper and lower case or inner spaces only.
fn spelling_warning(facts: &TextFacts) -> Option<String> {
    let mut first_of: HashMap<String, &str> = HashMap::new();
    for (text, _) in facts.texts.iter().take(10_000) {
        let plain: String = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if let Some(other) = first_of.insert(plain, text) {
            let (other, text) = (shortened(other), shortened(text));
            return Some(format!("`{other}` and `{text}` count as two levels and differ in spelling only"));
        }
    }
    None
}

/// Times that could not be taken for such.
fn time_warning(facts: &TextFacts) -> Option<String> {
    let texts = facts.texts.iter().map(|(text, _)| *text);
    if TimeForm::fitting(&texts).len() > 1 {
        return Some(
            "dates whose day and month cannot be told apart; give the format in a schema.toml, for example `day/month/year`"
                .to_owned(),
        );
    }
    let share = facts.share(|text| TimeForm::YearFirst.parse(text).is_some());
    (share >= 0.9 && facts.n_present >= 10).then(|| {
        let odd = facts.texts.iter().find(|(text, _)| TimeForm::YearFirst.parse(text).is_none());
        let odd = odd.map_or(String::new(), |(text, _)| shortened(text));
        format!("{:.1} % of the cells are dates, others are not, such as `{odd}`: mend them, or list them as missing markers", 100.0 * share)
    })
}
