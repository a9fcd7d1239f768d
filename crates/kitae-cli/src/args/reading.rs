//! Flags that say how a file is read and what its columns are.

use std::path::{Path, PathBuf};

use clap::Args;
use kitae_data::infer::Hints;
use kitae_data::read::{Delimiter, ReadOptions};

use crate::failure::Failure;

/// How a file is read.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct ReadingArgs {
    /// What separates cells: `,` `;` `|` or `tab`. [default: found out]
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<Delimiter>,
    /// A text that means missing, besides empty, NA, N/A, NaN, null and ?. May be repeated.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    missing: Vec<String>,
}

/// What columns are taken for.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct HintArgs {
    /// Take a column for categories. May be repeated.
    #[arg(long, value_name = "COLUMN")]
    categorical: Vec<String>,
    /// Take a column for numbers. May be repeated.
    #[arg(long, value_name = "COLUMN")]
    numeric: Vec<String>,
    /// Leave a column out. May be repeated.
    #[arg(long, value_name = "COLUMN")]
    drop: Vec<String>,
    /// TOML file with kinds of columns, such as `[columns.postcode]` and `kind = "category"`. Flags
    /// win over it.
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
}

impl ReadingArgs {
    /// With these flags laid over what is known, such as how a model's own file was read.
    pub(crate) fn options(&self, known: ReadOptions, n_threads: usize) -> ReadOptions {
        let mut extra_missing = known.extra_missing;
        extra_missing.extend(self.missing.iter().cloned());
        ReadOptions { delimiter: self.delimiter.unwrap_or(known.delimiter), extra_missing, n_threads }
    }
}

impl HintArgs {
    /// The hints of the schema file and the flags together.
    pub(crate) fn hints(&self, target: Option<&str>) -> Result<Hints, Failure> {
        let mut hints = match &self.schema {
            Some(path) => Hints::from_toml(&read_text(path)?, path)?,
            None => Hints::default(),
        };
        hints.categorical.extend(self.categorical.iter().cloned());
        hints.numeric.extend(self.numeric.iter().cloned());
        hints.drop.extend(self.drop.iter().cloned());
        hints.target = target.map(str::to_owned);
        Ok(hints)
    }
}

/// The text of a file that a user wrote.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))
}

fn delimiter(text: &str) -> Result<Delimiter, String> {
    match text {
        "tab" | "\\t" => Ok(Delimiter::Byte(b'\t')),
        _ => match text.as_bytes() {
            [byte] if byte.is_ascii_graphic() || *byte == b' ' || *byte == b'\t' => {
                Ok(Delimiter::Byte(*byte))
            }
            _ => Err("expected one character such as `,` `;` `|`, or `tab`".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_one_character_or_the_word_tab() {
        assert_eq!(delimiter(";"), Ok(Delimiter::Byte(b';')));
        assert_eq!(delimiter("tab"), Ok(Delimiter::Byte(b'\t')));
        assert_eq!(delimiter("\\t"), Ok(Delimiter::Byte(b'\t')));
        for wrong in ["", ",,", "é"] {
            assert!(delimiter(wrong).is_err(), "{wrong:?}");
        }
    }
}
