//! Texts that are numbers in some notation: which notation, and which of the texts are no numbers.

use super::marks::{Doubt, FileMarks, MarkCounts};
use super::stray;
use crate::cell::{is_long_code, is_soft, parse_number};
use crate::facts::{NumberFacts, TextFacts};
use crate::notation::{Bare, Notation, Wrap, Written, is_currency, is_unit};

/// Fewer distinct numbers with a word behind them are grades, not quantities: `2 doors`, `4 doors`.
const FEWEST_QUANTITIES: usize = 10;
/// So many texts tell whether a column may hold numbers at all.
const SAMPLE: usize = 256;

/// The numbers of a column of texts.
#[derive(Clone, Debug)]
pub(super) struct Quantities<'a> {
    pub(super) notation: Notation,
    pub(super) facts: NumberFacts,
    /// The texts that are no numbers and how often they come, the most frequent first.
    pub(super) odd: Vec<(&'a str, usize)>,
    /// A text and what it means, if a programme would not read it so.
    pub(super) example: Option<(&'a str, f64)>,
    pub(super) doubt: Doubt,
    /// Cells whose mark before decimals is not that of the others, and the first such text.
    pub(super) mixed: Option<(&'a str, usize)>,
    /// Numbers without sign or unit beside others with it.
    pub(super) n_bare: usize,
}

/// How willingly texts are taken for numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Belief {
    /// If nearly all are and nothing says that they are codes.
    Evident,
    /// If half of them are: the user says so.
    Asked,
}

impl<'a> Quantities<'a> {
    /// The numbers that `facts` hold; `None` if the column is of another kind.
    pub(super) fn of(facts: &TextFacts<'a>, file: FileMarks, belief: Belief) -> Option<Self> {
        if belief == Belief::Evident && !may_be_numbers(facts) {
            return None;
        }
        let cells: Vec<Cell<'a>> = facts.texts.iter().filter_map(|text| Cell::of(*text)).collect();
        let written: Vec<&Cell> = cells.iter().filter(|cell| cell.written.is_some()).collect();
        if belief == Belief::Evident && (written.is_empty() || are_codes(&written)) {
            return None;
        }
        let affix = main_affix(&written, belief);
        let mine: Vec<&Cell> = written.into_iter().filter(|cell| cell.has_affix(&affix)).collect();
        let marks = MarkCounts::of(mine.iter().filter_map(|cell| Some((cell.written.as_ref()?, cell.count))));
        let (decimal, thousands, doubt) = marks.decide(file);
        let notation = Notation { decimal, thousands, affix, bare: Bare::Same };
        let bare = bare_meaning(&mine, &notation);
        let quantities = Self::read(facts, &cells, Notation { bare, ..notation }, doubt);
        let are_numbers = match belief {
            Belief::Evident => stray::are_stray(&quantities.facts, &quantities.odd),
            Belief::Asked => {
                let n_odd: usize = quantities.odd.iter().map(|(_, count)| count).sum();
                quantities.facts.n_present > n_odd
            }
        };
        are_numbers.then_some(quantities)
    }

    fn read(facts: &TextFacts, cells: &[Cell<'a>], notation: Notation, doubt: Doubt) -> Self {
        let (mut values, mut odd, mut n_bare) = (Vec::new(), Vec::new(), 0);
        let (mut example, mut mixed) = (None, None);
        for cell in cells {
            let Some(value) = notation.parse(cell.text) else {
                odd.push((cell.text, cell.count));
                continue;
            };
            values.push((value, cell.count));
            if example.is_none() && parse_number(cell.text.as_bytes()) != Some(value) {
                example = Some((cell.text, value));
            }
            n_bare += if cell.is_bare() { cell.count } else { 0 };
            if cell.written.as_ref().is_some_and(|written| notation.is_second(written)) {
                let (text, n_cells) = mixed.unwrap_or((cell.text, 0));
                mixed = Some((text, n_cells + cell.count));
            }
        }
        odd.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let n_cells = facts.n_present + facts.n_missing;
        let n_missing = n_cells - values.iter().map(|(_, count)| count).sum::<usize>();
        let facts = NumberFacts::counted(values, n_missing);
        let n_bare = if notation.affix.is_empty() { 0 } else { n_bare };
        Self { notation, facts, odd, example, doubt, mixed, n_bare }
    }
}

/// A text of the column, not missing, and how often it comes.
struct Cell<'a> {
    text: &'a str,
    count: usize,
    written: Option<Written>,
}

impl<'a> Cell<'a> {
    fn of((text, count): (&'a str, usize)) -> Option<Self> {
        let is_missing = is_soft(text.trim().as_bytes()) || text.trim().is_empty();
        (!is_missing).then(|| Self { text, count, written: Written::of(text) })
    }

    fn is_bare(&self) -> bool {
        self.written.as_ref().is_some_and(|written| written.affix.is_none())
    }

    fn has_affix(&self, affix: &str) -> bool {
        self.is_bare() || self.written.as_ref().is_some_and(|written| written.affix.text == affix)
    }

    /// Whether it has more digits than a number keeps.
    fn is_long_code(&self) -> bool {
        is_long_code(self.text.as_bytes())
    }
}

/// A quick look at some of the texts.
fn may_be_numbers(facts: &TextFacts) -> bool {
    let step = facts.texts.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<&str> = facts.texts.iter().step_by(step).map(|(text, _)| *text).collect();
    let is_number = |text: &&&str| parse_number(text.as_bytes()).is_some() || Written::of(text).is_some();
    let n_numbers = sample.iter().filter(is_number).count();
    // Of few texts a marker and a soft one may be half.
    n_numbers * 3 >= sample.len()
}

/// Numbers that name things: padded with zeros, all in parentheses, with more digits than a number keeps.
fn are_codes(written: &[&Cell]) -> bool {
    let parts = || written.iter().filter_map(|cell| cell.written.as_ref());
    let are_wrapped = written.len() > 1 && parts().all(|written| written.wrap == Wrap::Bookkeeping);
    let is_code = |written: &Written| written.is_padded() && written.core.len() > 2;
    let n_long = written.iter().filter(|cell| cell.is_long_code()).count();
    are_wrapped || parts().any(is_code) || n_long * 20 > written.len()
}

/// The sign or unit that most numbers with one have; empty if it does not count.
fn main_affix(written: &[&Cell], belief: Belief) -> String {
    let mut counts: Vec<(&str, usize, usize)> = Vec::new();
    let mut n_bare = 0;
    for cell in written {
        let Some(parts) = &cell.written else { continue };
        if parts.affix.is_none() {
            n_bare += cell.count;
            continue;
        }
        let place = counts.iter().position(|(text, ..)| *text == parts.affix.text);
        match place {
            Some(place) => {
                counts[place].1 += cell.count;
                counts[place].2 += 1;
            }
            // A column of as many units is no column of quantities.
            None if counts.len() == SAMPLE => return String::new(),
            None => counts.push((&parts.affix.text, cell.count, 1)),
        }
    }
    let Some((text, n_cells, n_texts)) = counts.into_iter().max_by_key(|(_, n_cells, _)| *n_cells) else {
        return String::new();
    };
    let is_known = is_currency(text) || is_unit(text);
    // An unknown word is a unit if it stands behind most numbers, and these are many.
    let is_usual = n_cells > n_bare && (n_texts > FEWEST_QUANTITIES || belief == Belief::Asked);
    if is_known || is_usual { text.to_owned() } else { String::new() }
}

/// What numbers without the sign of percent mean beside others with it.
fn bare_meaning(cells: &[&Cell], notation: &Notation) -> Bare {
    if notation.affix != "%" {
        return Bare::Same;
    }
    let sizes = |is_bare: bool| -> NumberFacts {
        let cells = cells.iter().filter(|cell| cell.is_bare() == is_bare);
        let sized = cells.filter_map(|cell| Some((notation.parse(cell.text)?.abs(), cell.count)));
        NumberFacts::counted(sized.filter(|(size, _)| *size > 0.0).collect(), 0)
    };
    let (bare, percent) = (sizes(true), sizes(false));
    if bare.n_present == 0 {
        return Bare::Unknown;
    }
    // Which of both scales brings the two halves of the column closer to each other.
    let ratio = bare.quantile(0.5) / percent.quantile(0.5);
    if ratio.ln().abs() > (100.0 * ratio).ln().abs() { Bare::Share } else { Bare::Same }
}
