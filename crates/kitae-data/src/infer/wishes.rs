//! The user's word against the cells.

use super::facts::first_row;
use super::hints::{ColumnHint, Hints, hint_error};
use super::time::TimeForm;
use super::{Facts, Verdict};
use crate::error::{DataError, Place, shortened};
use crate::read::{canonical, is_soft, parse_quantity};
use crate::schema::Kind;
use crate::table::Column;
use crate::target::Task;

/// The natural verdict, or what the user asks for if the cells allow it.
pub(super) fn overrule(
    natural: Verdict,
    column: &Column,
    facts: &Facts,
    hints: &Hints,
) -> Result<Verdict, DataError> {
    let is_target = hints.target.as_deref() == Some(column.name.as_str());
    let by_task = || target_kind(&natural, facts, hints.task).map(|kind| ColumnHint { kind, format: None });
    let hint = hints.of(&column.name).or_else(|| is_target.then(by_task).flatten());
    let Some(hint) = hint else { return Ok(natural) };
    if natural.kind == Kind::Empty && hint.kind != Kind::Dropped {
        return Ok(natural);
    }
    let who = if is_target { "it is the target" } else { "as asked" };
    let reason = format!("{who}; by itself it looks like {}: {}", article(natural.kind), natural.reason);
    let reason = if natural.kind == hint.kind { format!("{who}: {}", natural.reason) } else { reason };
    let mut verdict =
        Verdict { kind: hint.kind, levels: Vec::new(), reason, warnings: natural.warnings.clone() };
    match hint.kind {
        Kind::Number => check_numbers(column, facts)?,
        Kind::Category => verdict.levels = facts.levels(),
        Kind::Boolean => verdict.levels = two_levels(column, facts)?,
        Kind::Time => verdict.levels = vec![time_form(column, facts, &hint)?.name().to_owned()],
        _ => {}
    }
    Ok(verdict)
}

/// The kind of a target, where the natural one does not do.
fn target_kind(natural: &Verdict, facts: &Facts, task: Option<Task>) -> Option<Kind> {
    let class_kind = if facts.n_distinct() == 2 { Kind::Boolean } else { Kind::Category };
    let is_usable = !matches!(natural.kind, Kind::Identifier | Kind::Text | Kind::Constant);
    match (task, facts) {
        (None, _) if is_usable => None,
        (Some(Task::Regression), _) | (None, Facts::Numbers(_)) => Some(Kind::Number),
        (Some(Task::Classification), _) | (None, Facts::Texts(_)) => Some(class_kind),
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

fn check_numbers(column: &Column, facts: &Facts) -> Result<(), DataError> {
    let Facts::Texts(texts) = facts else { return Ok(()) };
    let is_odd = |text: &str| parse_quantity(text.as_bytes()).is_none() && !is_soft(text.as_bytes());
    let odd = texts.texts.iter().filter(|(text, _)| is_odd(text)).map(|(text, _)| *text);
    let Some(text) = odd.min_by_key(|text| first_row(&column.cells, text)) else { return Ok(()) };
    Err(DataError::Cell {
        place: Place::Row(first_row(&column.cells, text) + 1),
        column: column.name.clone(),
        expected: "a number",
        text: shortened(text),
        advice: "write a plain number, list the text as a missing marker, or do not ask for numbers in this column",
    })
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
        None => match TimeForm::fitting(&texts()).as_slice() {
            [form] => *form,
            [] => TimeForm::YearFirst,
            _ => {
                let problem =
                    "its days and months cannot be told apart; give a `format`, for example `day/month/year`";
                return Err(hint_error(&column.name, problem));
            }
        },
    };
    match texts().find(|text| form.parse(text).is_none()) {
        None => Ok(form),
        Some(text) => Err(DataError::Cell {
            place: Place::Row(first_row(&column.cells, text) + 1),
            column: column.name.clone(),
            expected: form.name(),
            text: shortened(text),
            advice: "write every time in one form, or give another `format`",
        }),
    }
}
