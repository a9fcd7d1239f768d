//! Rows that come more than once.

use super::Rows;
use crate::alike::{Likeness, Repeats, likeness};
use crate::finding::{Cure, Finding, Setting, Severity, What};

/// Fewer rows that come again do not change a score that can be seen.
const SHARE: f64 = 0.1;
/// Copies that stay together are worth a word from here on.
const SHARE_TOGETHER: f64 = 0.01;

pub(super) fn find(rows: &Rows, chosen: &Likeness) -> Option<Finding> {
    let repeats = Repeats::of(rows.hashes_of(chosen).select(rows.rows).unkeyed());
    match chosen {
        Likeness::Near => None,
        Likeness::Together { but_for } => {
            (repeats.share() >= SHARE_TOGETHER).then(|| together(repeats, but_for))
        }
        Likeness::Apart => match likeness(&rows.columns(), rows.hashes) {
            Likeness::Together { .. } if repeats.share() >= SHARE_TOGETHER => Some(torn_apart(repeats)),
            _ => (repeats.share() >= SHARE).then(|| by_nature(repeats)),
        },
    }
}

fn together(repeats: Repeats, but_for: &[String]) -> Finding {
    let n_copies = repeats.n_again();
    let names: Vec<String> = but_for.iter().map(|name| format!("`{name}`")).collect();
    let but = if names.is_empty() {
        String::new()
    } else {
        format!(" but for {}, which numbers them", names.join(" and "))
    };
    let message = format!(
        "{n_copies} of {} rows are copies of another in all columns in use{but}; copies stay together in \
         folds and in the sealed rows, otherwise the score would be on rows seen before",
        repeats.n_rows
    );
    let mut finding = Finding::new(What::Copies, Severity::Note, message);
    finding.columns = but_for.to_vec();
    finding
}

fn torn_apart(repeats: Repeats) -> Finding {
    let message = format!(
        "{} of {} rows are copies of another in all columns in use and are split at random, so most are \
         scored by networks that saw their copy",
        repeats.n_again(),
        repeats.n_rows
    );
    Finding::new(What::Copies, Severity::Warning, message).cured_by(Cure::with(Setting::Copies, "together"))
}

fn by_nature(repeats: Repeats) -> Finding {
    let message = format!(
        "there are {} distinct rows among {}, as few are possible, so equal rows are expected and are split \
         at random; if they are copies of one another, keep them together",
        repeats.n_distinct, repeats.n_rows
    );
    Finding::new(What::FewDistinctRows, Severity::Note, message)
        .cured_by(Cure::with(Setting::Copies, "together"))
}
