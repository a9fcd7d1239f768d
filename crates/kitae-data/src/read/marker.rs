//! What a cell says when its value is not known.

use super::number::parse_number;

/// Texts that mean missing only among numbers; elsewhere `None` may be a category of its own.
const SOFT: [&str; 19] = [
    "none",
    "-",
    "--",
    "---",
    ".",
    "..",
    "...",
    "nil",
    "n.a.",
    "inf",
    "+inf",
    "-inf",
    "infinity",
    "-infinity",
    "unknown",
    "missing",
    "#div/0!",
    "#value!",
    "#num!",
];

/// Which cells are missing: the usual markers and the user's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Markers {
    extra: Vec<Vec<u8>>,
    extra_values: Vec<f64>,
}

impl Markers {
    /// The usual markers and `extra`. An extra marker that is a number also marks that number in its
    /// other spellings, `-999.0` for `-999`.
    pub(crate) fn new(extra: &[String]) -> Self {
        let extra: Vec<Vec<u8>> = extra.iter().map(|marker| marker.trim().as_bytes().to_vec()).collect();
        let extra_values = extra.iter().filter_map(|marker| parse_number(marker)).collect();
        Self { extra, extra_values }
    }

    /// Whether a trimmed cell is missing in a column of any kind.
    #[inline]
    pub(crate) fn is_missing(&self, cell: &[u8]) -> bool {
        is_usual(cell) || (!self.extra.is_empty() && self.extra.iter().any(|marker| marker == cell))
    }

    /// Whether a number is one of the user's markers.
    #[inline]
    pub(crate) fn is_missing_value(&self, value: f64) -> bool {
        !self.extra_values.is_empty() && self.extra_values.contains(&value)
    }
}

/// Whether a trimmed cell is missing in a column of numbers or times, though not in one of texts.
pub(crate) fn is_soft(cell: &[u8]) -> bool {
    cell.len() <= 9 && SOFT.iter().any(|marker| marker.as_bytes().eq_ignore_ascii_case(cell))
}

/// `NA` is not matched in mixed case: `Na` is sodium.
#[inline]
fn is_usual(cell: &[u8]) -> bool {
    match cell {
        [] | [b'?'] | b"NA" | b"na" => true,
        [_, _, _] => cell.eq_ignore_ascii_case(b"nan") || cell.eq_ignore_ascii_case(b"n/a"),
        [b'n' | b'N' | b'#' | b'<' | b'-', _, _, _] => {
            [b"null", b"#n/a", b"<na>", b"-nan"].iter().any(|marker| cell.eq_ignore_ascii_case(*marker))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_markers_are_missing_everywhere() {
        let markers = Markers::default();
        for marker in ["", "?", "NA", "na", "N/A", "n/a", "NaN", "nan", "null", "NULL", "#N/A", "<NA>"] {
            assert!(markers.is_missing(marker.as_bytes()), "{marker}");
        }
        for text in ["None", "none", "-", ".", "Na", "nil", "0", "no", "Nancy", "unknown"] {
            assert!(!markers.is_missing(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn soft_markers_are_known() {
        for marker in ["None", "none", "-", ".", "nil", "inf", "-Inf", "Unknown"] {
            assert!(is_soft(marker.as_bytes()), "{marker}");
        }
        assert!(!is_soft(b"nothing"));
    }

    #[test]
    fn extra_markers_match_by_text_and_by_value() {
        let markers = Markers::new(&["-999".to_owned(), " absent ".to_owned()]);
        assert!(markers.is_missing(b"absent"));
        assert!(markers.is_missing(b"-999"));
        assert!(markers.is_missing_value(-999.0));
        assert!(!markers.is_missing_value(-99.0));
    }
}
