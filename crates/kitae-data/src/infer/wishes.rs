//! The user's word against the cells.

use super::hints::{ColumnHint, Hints, hint_error};
use super::marks::FileMarks;
use super::quantities::Belief;
use super::times::Times;
use super::{Facts, Verdict, as_numbers, remarks, target};
use crate::cell::TimeForm;
use crate::cell::{canonical, is_soft};
use crate::error::{DataError, Location, shortened};
use crate::facts::{TextFacts, first_row};
use crate::finding::Finding;
use crate::notation::Notation;
use crate::schema::Kind;
use crate::table::Column;

/// The natural verdict, or what the user asks for if the cells allow it.
pub(super) fn overrule(
    natural: Verdict,
    column: &Column,
    facts: &Facts,
    hints: &Hints,
    file: FileMarks,
) -> Result<Verdict, DataError> {
    let is_target = hints.target.as_deref() == Some(column.name.as_str());
    let by_task = || {
        let kind = target::kind(&natural, column, facts, hints.task)?;
        Some(ColumnHint { kind, format: None })
    };
    let hint = hints.of(&column.name).or_else(|| is_target.then(by_task).flatten());
    let Some(hint) = hint else { return Ok(natural) };
    if natural.kind == Kind::Empty && hint.kind != Kind::Dropped {
        return Ok(natural);
    }
    let who = if is_target { "it is the target" } else { "as asked" };
    let reason = format!("{who}; by itself it looks like {}: {}", article(natural.kind), natural.reason);
    let reason = if natural.kind == hint.kind { format!("{who}: {}", natural.reason) } else { reason };
    let asked = Verdict { odd: natural.odd.clone(), ..Verdict::new(hint.kind, reason.clone()) };
    match hint.kind {
        Kind::Number => Ok(Verdict { reason, ..numbers(natural, column, facts, file)? }),
        Kind::Category | Kind::Boolean if natural.are_numbers() => {
            let levels =
                target::values_of(&natural, column).iter().map(|(value, _)| canonical(*value)).collect();
            Ok(Verdict { kind: hint.kind, levels, reason, ..natural })
        }
        Kind::Category => Ok(Verdict { levels: facts.levels(), findings: spellings(column, facts), ..asked }),
        Kind::Boolean => {
            let levels = two_levels(column, facts)?;
            Ok(Verdict { levels, findings: spellings(column, facts), ..asked })
        }
        Kind::Time if natural.kind == Kind::Time && hint.format.is_none() => {
            Ok(Verdict { reason, ..natural })
        }
        Kind::Time => {
            Ok(Verdict { levels: vec![time_form(column, facts, &hint)?.name().to_owned()], ..asked })
        }
        _ => Ok(asked),
    }
}

/// The column as numbers.
fn numbers(natural: Verdict, column: &Column, facts: &Facts, file: FileMarks) -> Result<Verdict, DataError> {
    let Facts::Texts(texts) = facts else {
        return Ok(Verdict { kind: Kind::Number, levels: Vec::new(), ..natural });
    };
    if natural.are_numbers() {
        return Ok(Verdict { kind: Kind::Number, levels: Vec::new(), ..natural });
    }
    match as_numbers(column, texts, file, Belief::Asked) {
        Some(verdict) => Ok(verdict),
        None => Err(no_numbers(column, texts)),
    }
}

fn spellings(column: &Column, facts: &Facts) -> Vec<Finding> {
    match facts {
        Facts::Texts(texts) => remarks::spellings(column, texts).into_iter().collect(),
        Facts::Numbers(_) => Vec::new(),
    }
}

fn article(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "numbers",
        Kind::Category => "a category",
        Kind::Boolean => "a yes or no",
        Kind::Time => "times",
        Kind::Identifier => "an identifier",
        Kind::Text => "free text",
        Kind::Constant => "a constant",
        Kind::Empty => "nothing",
        Kind::Dropped => "a dropped column",
    }
}

/// The error for a column of which hardly a text is a number; it names the first.
fn no_numbers(column: &Column, texts: &TextFacts) -> DataError {
    let is_odd = |text: &str| Notation::default().parse(text).is_none() && !is_soft(text.as_bytes());
    let odd = texts.texts.iter().map(|(text, _)| *text).filter(|text| is_odd(text));
    let first = odd.map(|text| (first_row(&column.cells, text), text)).min();
    let (row, text) = first.unwrap_or((0, ""));
    DataError::Cell {
        place: Location::Row(row + 1),
        column: column.name.clone(),
        expected: "a number",
        text: shortened(text),
        advice: "write a plain number, list the text as a missing marker, or do not ask for numbers in this column",
    }
}

fn two_levels(column: &Column, facts: &Facts) -> Result<Vec<String>, DataError> {
    let levels = facts.levels();
    if levels.len() == 2 {
        return Ok(levels);
    }
    let problem = format!("{} distinct values, expected two for a boolean", levels.len());
    Err(hint_error(&column.name, &problem))
}

fn time_form(column: &Column, facts: &Facts, hint: &ColumnHint) -> Result<TimeForm, DataError> {
    let texts: Vec<String> = match facts {
        Facts::Numbers(numbers) => numbers.values.iter().map(|(value, _)| canonical(*value)).collect(),
        Facts::Texts(texts) => texts.texts.iter().map(|(text, _)| (*text).to_owned()).collect(),
    };
    let texts = || texts.iter().map(String::as_str).filter(|text| !is_soft(text.as_bytes()));
    let form = match hint.format.as_deref().and_then(TimeForm::named) {
        Some(form) => form,
        None if matches!(facts, Facts::Numbers(_)) => TimeForm::Digits,
        None if texts().all(|text| TimeForm::YearFirst.parse(text).is_some()) => TimeForm::YearFirst,
        None if matches!(facts, Facts::Texts(texts) if Times::of(&texts.texts) == Times::Unclear) => {
            let problem =
                "its days and months cannot be told apart; give a `format`, for example `day/month/year`";
            return Err(hint_error(&column.name, problem));
        }
        None => TimeForm::YearFirst,
    };
    match texts().find(|text| form.parse(text).is_none()) {
        None => Ok(form),
        Some(text) => Err(DataError::Cell {
            place: Location::Row(first_row(&column.cells, text) + 1),
            column: column.name.clone(),
            expected: form.name(),
            text: shortened(text),
            advice: "write every time in one form, or give another `format`",
        }),
    }
}
