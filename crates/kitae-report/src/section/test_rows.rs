//! The sealed test rows, and each look at test rows.

use jiff::Timestamp;
use kitae_train::looks::{Look, Which};

use crate::Contents;
use crate::document::{Block, Section, Table};
use crate::words::{count, interval, number, percent, shorten};

/// Looks that the table shows, the latest ones.
const MOST_LOOKS: usize = 50;

pub(super) fn section(contents: &Contents) -> Section {
    let mut blocks = vec![Block::Text(sealed(contents))];
    match &contents.looks {
        Err(reason) => blocks.push(Block::Note(reason.clone())),
        Ok(looks) if looks.is_empty() => {
            blocks.push(Block::Text("The test rows have not been looked at yet.".into()));
        }
        Ok(looks) => {
            blocks.push(Block::Text(looked(looks)));
            blocks.push(Block::Table(ledger(looks)));
            if looks.len() > MOST_LOOKS {
                let more = count(looks.len() - MOST_LOOKS, "earlier look");
                blocks.push(Block::Note(format!("The table leaves out {more}.")));
            }
        }
    }
    Section::new("test-rows", "Sealed test rows", blocks)
}

fn sealed(contents: &Contents) -> String {
    let source = &contents.manifest.model.source;
    match source.n_sealed {
        0 => "No rows were sealed, so this model has no test rows of its own.".to_owned(),
        n => {
            let share = percent(n as f64 / source.n_rows.max(1) as f64);
            let rows = count(n, "row");
            format!(
                "{rows} of {} ({share}) were sealed when the table was read; no training, choice or score above has \
                 seen them.",
                source.n_rows
            )
        }
    }
}

fn looked(looks: &[Look]) -> String {
    let n_sealed = looks.iter().filter(|look| look.which == Which::Sealed).count();
    match n_sealed {
        0 => "The sealed rows have not been opened; rows of other files were scored.".to_owned(),
        1 => "The sealed rows have been opened once.".to_owned(),
        n => format!(
            "The sealed rows have been opened {n} times. Choosing among models by such looks overfits the \
             rows: later scores may be too optimistic."
        ),
    }
}

fn ledger(looks: &[Look]) -> Table {
    let columns = ["look", "when", "rows", "of", "metric", "value", "95 % interval"];
    let row = |(at, look): (usize, &Look)| {
        let file = shorten(&look.file, 80);
        let which = match look.which {
            Which::Sealed => format!("the sealed rows of {file}"),
            Which::All => format!("all of {file}"),
        };
        vec![
            (at + 1).to_string(),
            moment(look.unix_seconds),
            look.n_rows.to_string(),
            which,
            look.metric.to_string(),
            number(look.value),
            interval(look.interval),
        ]
    };
    let first = looks.len().saturating_sub(MOST_LOOKS);
    Table::new("Looks at test rows", &columns, looks.iter().enumerate().skip(first).map(row).collect())
}

/// `2026-11-24 19:06 UTC`.
fn moment(unix_seconds: u64) -> String {
    let moment = i64::try_from(unix_seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.map_or_else(|| "-".to_owned(), |moment| moment.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_utc() {
        assert_eq!(moment(0), "1970-01-01 00:00 UTC");
        assert_eq!(moment(1_795_547_198), "2026-11-24 19:06 UTC");
        assert_eq!(moment(u64::MAX), "-");
    }
}
