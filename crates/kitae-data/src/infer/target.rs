//! What is predicted, decided once for all commands: classes make the target a category, quantities a number.

use super::names::NameHint;
use super::{Facts, Verdict};
use crate::cell::canonical;
use crate::error::shortened;
use crate::finding::{Cure, Finding, Setting, Severity, What};
use crate::notation::Notation;
use crate::schema::Kind;
use crate::table::Column;
use crate::task::{Task, look_like_classes};

/// More whole numbers than this are rather counts than classes, though they repeat.
const FEW_CLASSES: usize = 10;
/// Fewer distinct numbers than this may be codes.
const MOST_CODES: usize = 20;

/// The kind of a target, where its natural one does not do.
pub(super) fn kind(natural: &Verdict, column: &Column, facts: &Facts, task: Option<Task>) -> Option<Kind> {
    let n_distinct = natural.counts.map_or_else(|| facts.n_distinct(), |(_, n_distinct)| n_distinct);
    let class_kind = if n_distinct == 2 { Kind::Boolean } else { Kind::Category };
    let task = task.unwrap_or_else(|| guess(natural, column, facts));
    let wanted = match task {
        Task::Classification => class_kind,
        // A point in time is a quantity.
        Task::Regression if natural.kind == Kind::Time => Kind::Time,
        Task::Regression => Kind::Number,
    };
    let is_class = |kind: Kind| matches!(kind, Kind::Category | Kind::Boolean);
    (natural.kind != wanted && !(is_class(natural.kind) && is_class(wanted))).then_some(wanted)
}

fn guess(natural: &Verdict, column: &Column, facts: &Facts) -> Task {
    let numbers = match (natural.kind, facts) {
        (Kind::Category | Kind::Boolean, _) => return Task::Classification,
        (Kind::Time, _) => return Task::Regression,
        (_, Facts::Numbers(numbers)) => Some(numbers.values.as_slice()),
        (_, Facts::Texts(_)) => None,
    };
    let are_classes = match numbers {
        Some(values) => look_like_classes(values),
        None if natural.are_numbers() => look_like_classes(&values_of(natural, column)),
        None => true,
    };
    if are_classes { Task::Classification } else { Task::Regression }
}

/// The numbers of a column of texts, and how often each comes.
pub(super) fn values_of(natural: &Verdict, column: &Column) -> Vec<(f64, usize)> {
    let crate::table::Cells::Levels { codes, levels } = &column.cells else { return Vec::new() };
    let texts = super::TextFacts::of(codes, levels).texts;
    let values = texts.iter().filter_map(|(text, count)| Some((natural.notation.parse(text)?, *count)));
    super::NumberFacts::counted(values.collect(), 0).values
}

/// What may be wrong with the kind of the target.
pub(super) fn findings(
    column: &Column,
    verdict: &Verdict,
    facts: &Facts,
    task: Option<Task>,
) -> Vec<Finding> {
    let name = &column.name;
    let found = |severity, message: String, cure: &str| {
        Finding::new(What::TargetKind, severity, message).of(name).cured_by(Cure::with(Setting::Task, cure))
    };
    let is_class = matches!(verdict.kind, Kind::Category | Kind::Boolean);
    match facts {
        Facts::Numbers(numbers) if is_class && task.is_none() && numbers.n_distinct() > 2 => {
            let severity =
                if numbers.n_distinct() > FEW_CLASSES { Severity::Warning } else { Severity::Note };
            let message = format!(
                "the target `{name}` is read as {} classes, the whole numbers from {} to {}; their order is not used, which loses much if it is a quantity",
                numbers.n_distinct(),
                canonical(numbers.min()),
                canonical(numbers.max())
            );
            vec![found(severity, message, "regression")]
        }
        Facts::Numbers(numbers) if verdict.kind == Kind::Number && task.is_none() => {
            let is_coded = NameHint::of(name) == NameHint::Code && numbers.are_whole();
            let is_repeated =
                numbers.n_distinct() <= MOST_CODES && numbers.n_present >= 10 * numbers.n_distinct();
            let message = format!(
                "the target `{name}` is read as a quantity with {} different values; if they are codes of classes, predict classes",
                numbers.n_distinct()
            );
            let codes = (is_coded && numbers.n_present >= 5 * numbers.n_distinct()) || is_repeated;
            codes.then(|| found(Severity::Note, message, "classification")).into_iter().collect()
        }
        Facts::Texts(texts) if is_class && verdict.counts.is_none() => {
            let is_number = |text: &str| Notation::default().parse(text).is_some();
            let n_numbers = texts.texts.iter().filter(|(text, _)| is_number(text)).count();
            if n_numbers < texts.n_distinct() && n_numbers * 2 > texts.n_distinct() && n_numbers > FEW_CLASSES
            {
                let odd = texts.texts.iter().find(|(text, _)| !is_number(text)).map_or("", |(text, _)| text);
                let message = format!(
                    "the target `{name}` is read as {} classes, though {n_numbers} of them are numbers, because of texts such as `{}`; if it is a quantity, these count as missing",
                    texts.n_distinct(),
                    shortened(odd)
                );
                return vec![found(Severity::Warning, message, "regression")];
            }
            Vec::new()
        }
        _ => Vec::new(),
    }
}
