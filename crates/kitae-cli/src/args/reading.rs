//! Flags that say how a file is read and what its columns are.

use std::path::{Path, PathBuf};

use clap::Args;
use kitae_data::infer::Hints;
use kitae_data::notation::Decimal;
use kitae_data::read::{Delimiter, Mark, ReadOptions, TextEncoding, UsualMarkers};

use crate::failure::Failure;
use crate::memory::most_text;

/// How a file is read.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct ReadingArgs {
    /// Delimiter: `,` `;` `|` or any other character or text, `tab`, or `blanks` for any number of them.
    /// [default: detected]
    #[arg(long, value_name = "TEXT", value_parser = delimiter, allow_hyphen_values = true)]
    delimiter: Option<Delimiter>,
    /// Quote character, or `none`. [default: `"`, or `'` where detected]
    #[arg(long, value_name = "CHARACTER", value_parser = mark)]
    quote: Option<Mark>,
    /// Escape character before a quote, or `none`. [default: none, or `\` where detected]
    #[arg(long, value_name = "CHARACTER", value_parser = mark)]
    escape: Option<Mark>,
    /// Character that begins a comment line, or `none`. [default: `#` where detected]
    #[arg(long, value_name = "CHARACTER", value_parser = mark)]
    comment: Option<Mark>,
    /// Lines to skip at the start. [default: detected]
    #[arg(long, value_name = "LINES")]
    skip_rows: Option<usize>,
    /// There is no header, the first line is a row: columns are called `column_1`, `column_2` and so on.
    #[arg(long)]
    no_header: bool,
    /// Read cells that a line lacks at its end as missing.
    #[arg(long)]
    short_rows: bool,
    /// Encoding of the text, such as windows-1252, `shift_jis` or utf-16le. [default: UTF-8, or UTF-16 where
    /// detected]
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    encoding: Option<TextEncoding>,
    /// Limit of the text read into memory, such as 500M or 20G. [default: a third of the free memory, at most
    /// 8G]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_size: Option<u64>,
    /// Text to read as a missing value, besides empty, NA, N/A, NaN, null and ?. May be repeated.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    missing: Vec<String>,
    /// Read only empty cells as missing: NA, N/A, NaN, null and ? are ordinary texts.
    #[arg(long)]
    missing_none: bool,
}

/// What columns are taken for.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct HintArgs {
    /// Read a column as categories. May be repeated.
    #[arg(long, value_name = "COLUMN")]
    categorical: Vec<String>,
    /// Read a column as numbers. May be repeated.
    #[arg(long, value_name = "COLUMN")]
    numeric: Vec<String>,
    /// Leave a column out. May be repeated.
    #[arg(long, value_name = "COLUMN")]
    drop: Vec<String>,
    /// TOML file with kinds of columns, such as `[columns.postcode]` and `kind = "category"`. Flags
    /// win over it.
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Decimal mark where the cells are ambiguous: with `,` 8.037 means 8037, with `.` it does not.
    #[arg(long, value_name = "MARK", value_parser = decimal)]
    decimal: Option<Decimal>,
}

impl ReadingArgs {
    /// With these flags merged over what is known, such as how a model's own file was read.
    pub(crate) fn options(&self, known: ReadOptions, n_threads: usize) -> ReadOptions {
        let mut extra_missing = known.extra_missing;
        extra_missing.extend(self.missing.iter().cloned());
        let usual_markers = if self.missing_none { UsualMarkers::Texts } else { known.usual_markers };
        ReadOptions {
            delimiter: self.delimiter.clone().unwrap_or(known.delimiter),
            quote: self.quote.unwrap_or(known.quote),
            escape: self.escape.unwrap_or(known.escape),
            comment: self.comment.unwrap_or(known.comment),
            skip_rows: self.skip_rows.or(known.skip_rows),
            has_header: known.has_header && !self.no_header,
            fills_short_rows: known.fills_short_rows || self.short_rows,
            encoding: self.encoding.or(known.encoding),
            max_bytes: self.max_size.unwrap_or_else(|| known.max_bytes.min(most_text())),
            extra_missing,
            usual_markers,
            n_threads,
        }
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
        hints.decimal = self.decimal;
        Ok(hints)
    }
}

/// The text of a file that a user wrote.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))
}

fn decimal(text: &str) -> Result<Decimal, String> {
    match text {
        "." => Ok(Decimal::Point),
        "," => Ok(Decimal::Comma),
        _ => Err("expected `.` or `,`".to_owned()),
    }
}

fn delimiter(text: &str) -> Result<Delimiter, String> {
    match text {
        "tab" | "\\t" => return Ok(Delimiter::Byte(b'\t')),
        "blanks" => return Ok(Delimiter::Blanks),
        _ => {}
    }
    if let Some(byte) = text.strip_prefix("\\x").and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
        return Ok(Delimiter::Byte(byte));
    }
    match text.as_bytes() {
        bytes if bytes.iter().any(|byte| matches!(byte, b'"' | b'\n' | b'\r' | 0)) || bytes.is_empty() => {
            Err("expected a character or text such as `,` `;` `||`, or `tab`, or `blanks`; no quote"
                .to_owned())
        }
        [byte] => Ok(Delimiter::Byte(*byte)),
        _ => Ok(Delimiter::Text(text.to_owned())),
    }
}

fn mark(text: &str) -> Result<Mark, String> {
    match text.as_bytes() {
        b"none" => Ok(Mark::None),
        [byte] if byte.is_ascii_graphic() => Ok(Mark::Byte(*byte)),
        _ => Err("expected one ASCII character, or `none`".to_owned()),
    }
}

fn encoding(name: &str) -> Result<TextEncoding, String> {
    let examples = "utf-8, utf-16le, windows-1252, iso-8859-2, shift_jis, gb18030, big5 or euc-kr";
    TextEncoding::of(name)
        .ok_or_else(|| format!("no such encoding; expected a name of the web's standard, such as {examples}"))
}

/// Bytes, written with a unit of 1024 or without.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_uppercase().trim_end_matches('B').trim_end_matches('I') {
        "" => Some(0),
        "K" => Some(10),
        "M" => Some(20),
        "G" => Some(30),
        "T" => Some(40),
        _ => None,
    };
    let bytes = shift.and_then(|shift| digits.parse::<u64>().ok()?.checked_mul(1 << shift));
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| "expected a size such as 500M or 20G".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_texts_or_words() {
        assert_eq!(delimiter(";"), Ok(Delimiter::Byte(b';')));
        assert_eq!(delimiter("tab"), Ok(Delimiter::Byte(b'\t')));
        assert_eq!(delimiter("\\t"), Ok(Delimiter::Byte(b'\t')));
        assert_eq!(delimiter("\\x01"), Ok(Delimiter::Byte(1)));
        assert_eq!(delimiter("blanks"), Ok(Delimiter::Blanks));
        assert_eq!(delimiter("||"), Ok(Delimiter::Text("||".to_owned())));
        assert_eq!(delimiter("§"), Ok(Delimiter::Text("§".to_owned())));
        for wrong in ["", "\"", "a\nb"] {
            assert!(delimiter(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn marks_sizes_and_encodings_are_understood() {
        assert_eq!(mark("none"), Ok(Mark::None));
        assert_eq!(mark("'"), Ok(Mark::Byte(b'\'')));
        assert!(mark("//").is_err());
        assert_eq!(size("20G"), Ok(20 << 30));
        assert_eq!(size("1500"), Ok(1500));
        assert_eq!(size("3mib"), Ok(3 << 20));
        for wrong in ["", "G", "-1", "1X", "0", "99999999999T"] {
            assert!(size(wrong).is_err(), "{wrong:?}");
        }
        assert!(encoding("Latin1").is_ok());
        assert!(encoding("cp9").is_err());
    }
}
