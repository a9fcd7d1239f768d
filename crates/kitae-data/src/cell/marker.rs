//! What a cell says when its value is not known.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

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

/// Whether `NA`, `N/A`, `NaN`, `null` and `?` mean missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsualMarkers {
    /// They do, unless a column of texts says that one of them is a level.
    #[default]
    Missing,
    /// They are texts like others; only empty cells are missing.
    Texts,
}

/// Which cells are missing: the usual markers and the user's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Markers {
    usual: UsualMarkers,
    extra: Vec<Vec<u8>>,
    extra_values: Vec<f64>,
}

impl Markers {
    /// The usual markers and `extra`. An extra marker that is a number also marks that number in its
    /// other spellings, `-999.0` for `-999`.
    pub(crate) fn new(usual: UsualMarkers, extra: &[String]) -> Self {
        let extra: Vec<Vec<u8>> = extra.iter().map(|marker| marker.trim().as_bytes().to_vec()).collect();
        let extra_values = extra.iter().filter_map(|marker| parse_number(marker)).collect();
        Self { usual, extra, extra_values }
    }

    /// Whether a trimmed cell is missing in a column of any kind.
    #[inline]
    pub(crate) fn is_missing(&self, cell: &[u8]) -> bool {
        cell.is_empty() || self.usual == UsualMarkers::Missing && is_usual(cell) || self.is_extra(cell)
    }

    /// Whether a trimmed cell is one of the user's markers.
    #[inline]
    pub(crate) fn is_extra(&self, cell: &[u8]) -> bool {
        !self.extra.is_empty() && self.extra.iter().any(|marker| marker == cell)
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
        || is_infinite(cell)
}

/// Whether a trimmed cell writes a number without end, or one beyond the largest that can be held: `inf`,
/// `-1e999`.
#[cold]
pub(crate) fn is_infinite(cell: &[u8]) -> bool {
    fast_float2::parse(cell).is_ok_and(f64::is_infinite)
}

/// Whether `NA` and its like mean missing in a column of texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MarkerRule {
    /// Always.
    #[default]
    Missing,
    /// Unless the other texts say that it is one of them.
    Evidence,
    /// It is kept: a schema says later what it is.
    Level,
}

/// More levels than this have no gaps that one could tell a marker by.
const MOST_LEVELS: usize = 20;

/// With fewer cells a marker is no level.
const FEWEST_CELLS: usize = 10;

/// Which texts of a column are markers and mean missing. `counts` starts with that of the empty cells.
///
/// A marker is a level where it is Namibia among countries, or where empty cells are missing already and it
/// comes as often as other levels do.
pub(crate) fn missing_among(texts: &[Cow<str>], counts: &[usize]) -> Vec<usize> {
    let is_marker = |id: &usize| is_usual(texts[*id].as_bytes());
    let markers: Vec<usize> = (0..texts.len()).filter(is_marker).collect();
    let [marker] = markers.as_slice() else { return markers };
    let levels: Vec<(&str, usize)> = (0..texts.len())
        .filter(|id| id != marker)
        .map(|id| (&*texts[id], counts[id + 1]))
        .filter(|(text, _)| !text.is_empty())
        .collect();
    let is_place = &*texts[*marker] == "NA" && are_places(&levels);
    let mut sizes: Vec<usize> = levels.iter().map(|(_, count)| *count).collect();
    sizes.sort_unstable();
    let middle = sizes.get(sizes.len() / 2).copied().unwrap_or(usize::MAX);
    let n_cells = counts[marker + 1];
    let is_level = counts[0] > 0
        && (2..=MOST_LEVELS).contains(&levels.len())
        && n_cells >= FEWEST_CELLS
        && n_cells.saturating_mul(2) >= middle;
    if is_place || is_level { Vec::new() } else { markers }
}

/// Whether levels are codes of countries or of continents.
fn are_places(levels: &[(&str, usize)]) -> bool {
    const CONTINENTS: [&str; 6] = ["AF", "AN", "AS", "EU", "OC", "SA"];
    let is_country = |text: &str| text.len() == 2 && COUNTRIES.split(' ').any(|country| country == text);
    let n_countries = levels.iter().filter(|(text, _)| is_country(text)).count();
    let n_continents = levels.iter().filter(|(text, _)| CONTINENTS.contains(text)).count();
    levels.len() >= 3 && n_continents == levels.len()
        || levels.len() >= 5 && n_countries * 10 >= 9 * levels.len()
}

/// ISO 3166-1, and two codes in common use.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW UK EL";

/// `NA` is not matched in mixed case: `Na` is sodium.
#[inline]
pub(crate) fn is_usual(cell: &[u8]) -> bool {
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
        for marker in ["None", "none", "-", ".", "nil", "inf", "-Inf", "Unknown", "1e999", "-1e999"] {
            assert!(is_soft(marker.as_bytes()), "{marker}");
        }
        assert!(!is_soft(b"nothing"));
    }

    #[test]
    fn extra_markers_match_by_text_and_by_value() {
        let extra = ["-999".to_owned(), " absent ".to_owned()];
        let markers = Markers::new(UsualMarkers::Missing, &extra);
        assert!(markers.is_missing(b"absent"));
        assert!(markers.is_missing(b"-999"));
        assert!(markers.is_missing_value(-999.0));
        assert!(!markers.is_missing_value(-99.0));
    }

    #[test]
    fn without_the_usual_markers_only_empty_is_missing() {
        let markers = Markers::new(UsualMarkers::Texts, &[]);
        assert!(markers.is_missing(b"") && !markers.is_missing(b"NA") && !markers.is_missing(b"?"));
    }

    #[test]
    fn a_marker_is_a_level_where_the_others_say_so() {
        let missing = |n_empty: usize, levels: &[(&str, usize)]| -> Vec<String> {
            let texts: Vec<Cow<str>> = levels.iter().map(|(text, _)| Cow::Borrowed(*text)).collect();
            let counts: Vec<usize> =
                std::iter::once(n_empty).chain(levels.iter().map(|(_, count)| *count)).collect();
            missing_among(&texts, &counts).into_iter().map(|id| texts[id].to_string()).collect()
        };
        assert_eq!(missing(0, &[("yes", 40), ("NA", 40), ("no", 40)]), ["NA"]);
        assert!(missing(5, &[("yes", 40), ("NA", 40), ("no", 40)]).is_empty());
        assert_eq!(missing(5, &[("yes", 40), ("NA", 3), ("no", 40)]), ["NA"]);
        assert_eq!(missing(5, &[("yes", 40), ("NA", 40), ("?", 40), ("no", 40)]), ["NA", "?"]);
        assert!(missing(0, &[("EU", 9), ("AS", 9), ("NA", 9), ("OC", 9)]).is_empty());
        assert!(missing(0, &[("DE", 9), ("FR", 9), ("NA", 1), ("ZA", 9), ("US", 9), ("BW", 2)]).is_empty());
        assert_eq!(missing(0, &[("TX", 9), ("NY", 9), ("NA", 1), ("OH", 9), ("WI", 9), ("CA", 2)]), ["NA"]);
    }
}
