//! What is said of how the cells of a column are written.

use std::collections::{BTreeMap, HashMap};

use super::Verdict;
use super::marks::Doubt;
use super::quantities::Quantities;
use super::stray::is_bound;
use crate::cell::{canonical, parse_number};
use crate::error::shortened;
use crate::facts::{TextFacts, first_row};
use crate::finding::{Cure, Finding, Setting, Severity, What};
use crate::notation::{Bare, Decimal, Written};
use crate::schema::Kind;
use crate::table::Column;

/// So many odd texts are named.
const MOST_NAMED: usize = 3;
/// More numbers than this are no levels whose spelling matters.
const MOST_LEVELS: usize = 20;

/// What is to be told of numbers that were read from texts.
pub(super) fn findings(column: &Column, texts: &TextFacts, quantities: &Quantities) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        odd_cells(column, texts, &quantities.odd, "numbers").into_iter().collect();
    findings.extend(notation(column, quantities));
    findings.extend(bare(column, quantities));
    if let Some((text, n_cells)) = quantities.mixed {
        let message = format!(
            "`{}` writes decimals with a point and with a comma; {n_cells} cells such as `{}` are in the rarer form, and each is read as it is written",
            column.name,
            shortened(text)
        );
        findings.push(Finding::new(What::Notation, Severity::Warning, message).of(&column.name));
    }
    findings
}

/// Cells that are not what the others are and count as missing; `kind` says what the others are.
pub(super) fn odd_cells(
    column: &Column,
    texts: &TextFacts,
    odd: &[(&str, usize)],
    kind: &str,
) -> Option<Finding> {
    let n_odd: usize = odd.iter().map(|(_, count)| count).sum();
    if n_odd == 0 {
        return None;
    }
    let named = |(text, count): &(&str, usize)| {
        let row = first_row(&column.cells, text) + 1;
        let rows =
            if *count == 1 { format!("row {row}") } else { format!("{count} cells, first in row {row}") };
        format!("`{}` ({rows})", shortened(text))
    };
    let mut list: Vec<String> = odd.iter().take(MOST_NAMED).map(named).collect();
    if odd.len() > MOST_NAMED {
        list.push("…".to_owned());
    }
    let verb = if n_odd == 1 { "cells is none and counts" } else { "cells are none and count" };
    let mut message = format!(
        "`{}` holds {kind}, but {n_odd} of {} {verb} as missing: {}",
        column.name,
        texts.n_present,
        list.join(", ")
    );
    if odd.iter().all(|(text, _)| is_bound(text)) {
        message.push_str("; what is known of a bound is lost");
    }
    let finding = Finding::new(What::OddCells, Severity::Warning, message).of(&column.name);
    Some(match odd {
        [(text, _)] => finding.cured_by(Cure::with(Setting::Missing, *text)),
        _ => finding,
    })
}

/// How the numbers are read, if a programme would not read them so or could read them otherwise.
fn notation(column: &Column, quantities: &Quantities) -> Option<Finding> {
    let name = &column.name;
    let (other, is_point) = match quantities.notation.decimal {
        Decimal::Point | Decimal::PointFirst => (",", true),
        Decimal::Comma | Decimal::CommaFirst => (".", false),
    };
    let cure = |finding: Finding| finding.cured_by(Cure::with(Setting::Decimal, other));
    let Some((text, value)) = quantities.example else {
        return open(name, quantities).map(cure);
    };
    let why = match quantities.doubt {
        Doubt::Sure => "",
        Doubt::ByFile => " as in the other columns",
        Doubt::BySize => " with separated thousands, since no number below 1000 has a mark",
        Doubt::Open if is_point => " with separated thousands",
        Doubt::Open => " with decimals",
    };
    let message = format!("`{name}` is read as numbers{why}: `{}` is {}", shortened(text), canonical(value));
    let severity = if quantities.doubt == Doubt::BySize { Severity::Warning } else { Severity::Note };
    let finding = Finding::new(What::Notation, severity, message).of(name);
    Some(if quantities.doubt == Doubt::Sure { finding } else { cure(finding) })
}

/// Numbers such as `8.037` that are plain numbers, and could be thousands.
fn open(name: &str, quantities: &Quantities) -> Option<Finding> {
    let is_whole = |value: f64| value.fract() == 0.0;
    let value = quantities.facts.values.iter().map(|(value, _)| *value).find(|value| !is_whole(*value))?;
    let message = format!(
        "every decimal number in `{name}` has three digits behind the point, such as {value:.3}; if the point separates thousands, that is {}",
        canonical((value * 1000.0).round())
    );
    (quantities.doubt == Doubt::Open).then(|| Finding::new(What::Notation, Severity::Note, message).of(name))
}

/// Numbers with and without the sign of percent.
fn bare(column: &Column, quantities: &Quantities) -> Option<Finding> {
    let n_bare = quantities.n_bare;
    if n_bare == 0 {
        return None;
    }
    let (name, affix) = (&column.name, &quantities.notation.affix);
    let (severity, how) = match quantities.notation.bare {
        Bare::Share => (Severity::Warning, "are read as shares, so that `50%` is 0.5"),
        Bare::Same | Bare::Unknown => (Severity::Note, "are read as if they had it"),
    };
    let message = format!("{n_bare} numbers in `{name}` lack the `{affix}` that others have, and {how}");
    Some(Finding::new(What::Notation, severity, message).of(name))
}

/// Whether a column of few numbers writes some of them with and without zeros before them: these may be
/// codes.
pub(super) fn are_two_spellings(texts: &TextFacts, verdict: &Verdict) -> bool {
    let is_number = matches!(verdict.kind, Kind::Number | Kind::Boolean | Kind::Category);
    is_number && texts.n_distinct() <= MOST_LEVELS && padded_twin(texts).is_some()
}

/// A number padded with zeros, and the same without.
fn padded_twin<'a>(texts: &TextFacts<'a>) -> Option<(&'a str, &'a str)> {
    let is_padded = |text: &str| Written::of(text).is_some_and(|written| written.is_padded());
    let padded: Vec<(f64, &str)> = texts
        .texts
        .iter()
        .filter(|(text, _)| is_padded(text))
        .filter_map(|(text, _)| Some((parse_number(text.as_bytes())?, *text)))
        .collect();
    let mut plain = texts.texts.iter().map(|(text, _)| *text).filter(|text| !is_padded(text));
    plain.find_map(|text| {
        let value = parse_number(text.as_bytes())?;
        let twin = padded.iter().find(|(other, _)| *other == value)?;
        Some((twin.1, text))
    })
}

/// Levels that differ in case, blanks or zeros before a number only, each pair once.
pub(super) fn spellings(column: &Column, facts: &TextFacts) -> Option<Finding> {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (text, _) in facts.texts.iter().take(10_000) {
        groups.entry(plain(text)).or_default().push(text);
    }
    let alike: Vec<String> =
        groups.values().filter(|texts| texts.len() > 1).map(|texts| listed(texts)).collect();
    if alike.is_empty() {
        return padded_finding(column, facts);
    }
    let counts: HashMap<&str, usize> = facts.texts.iter().copied().collect();
    let n_cells: usize =
        groups.values().filter(|texts| texts.len() > 1).flatten().filter_map(|text| counts.get(text)).sum();
    let mut list: Vec<String> = alike.iter().take(MOST_NAMED).cloned().collect();
    if alike.len() > MOST_NAMED {
        list.push("…".to_owned());
    }
    let message = format!(
        "levels of `{}` differ in case or blanks only and count as different in {n_cells} cells: {}; write them alike if they mean the same",
        column.name,
        list.join("; ")
    );
    Some(Finding::new(What::ClassNames, Severity::Warning, message).of(&column.name))
}

fn padded_finding(column: &Column, facts: &TextFacts) -> Option<Finding> {
    let (padded, number) = padded_twin(facts)?;
    let message = format!(
        "`{padded}` and `{number}` in `{}` count as different levels; write them alike if they mean the same",
        column.name
    );
    Some(Finding::new(What::ClassNames, Severity::Warning, message).of(&column.name))
}

/// A text without what people do not mean to write.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn listed(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("`{}`", shortened(text))).collect::<Vec<_>>().join(" and ")
}
