//! Rows in bunches whose target is that of the bunch.

use super::Rows;
use super::neighbours::{Answers, nearest, skill_text};
use crate::alike::space::Space;
use crate::alike::{are_bunched, neighbourhoods};
use crate::finding::{Cure, Finding, Setting, Severity, What};

/// Rows whose target is told by others.
const QUERIES: usize = 400;
const FEWEST: usize = 40;
/// Rows of the bunch tell so much more of the target than the nearest others.
const LEAST: f64 = 0.2;

pub(super) fn find(rows: &Rows) -> Option<Finding> {
    let space = Space::of(&rows.columns(), rows.rows);
    // Along one or two numbers rows come in bunches by chance.
    if space.d_numbers < 2 {
        return None;
    }
    let places = neighbourhoods(&space);
    if !are_bunched(&places) {
        return None;
    }
    let answers = Answers::of(rows.target, rows.rows);
    let mut told = Vec::new();
    for place in &places {
        let bunched = (0..place.rows.len()).filter(|at| place.is_bunched[*at]);
        let step = place.rows.len().div_ceil(QUERIES / places.len()).max(1);
        for at in bunched.step_by(step) {
            let among = |is_same: bool| {
                let others =
                    (0..place.rows.len()).filter(move |o| (place.pieces[*o] == place.pieces[at]) == is_same);
                nearest(&space, place.rows[at], others.map(|other| place.rows[other]), 1)
            };
            let (same, other) = (among(true), among(false));
            if !same.is_empty() && !other.is_empty() && in_other_bunches(rows, place, at) {
                told.push((place.rows[at], same, other));
            }
        }
    }
    if told.len() < FEWEST {
        return None;
    }
    let comparison = answers.compare(&told).filter(|comparison| comparison.is_clear(LEAST))?;
    let message = format!(
        "rows come in clusters of near copies: the nearest row of the same cluster explains {} of the target, \
         the nearest of another cluster {}; if the rows of a cluster belong together (copies with noise, \
         repeated measurements of one person), the score is on rows seen before: keep them together, or name \
         the column that says what they belong to (`question.by_group`)",
        skill_text(comparison.skill),
        skill_text(comparison.other_skill)
    );
    Some(
        Finding::new(What::NearCopies, Severity::Warning, message)
            .cured_by(Cure::with(Setting::Copies, "near")),
    )
}

/// Where a class is a bunch, no other bunch can tell it.
fn in_other_bunches(rows: &Rows, place: &crate::alike::Neighbourhood, at: usize) -> bool {
    let crate::target::Target::Classes { codes, .. } = rows.target else { return true };
    let class = |at: usize| codes[rows.rows[place.rows[at]] as usize];
    let mut bunches: Vec<usize> = (0..place.rows.len())
        .filter(|other| class(*other) == class(at))
        .map(|other| place.pieces[other])
        .collect();
    bunches.sort_unstable();
    bunches.dedup();
    bunches.len() > 2
}
