//! Names of columns that are nearly the same: in other case, with other blanks, with a typing error.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::schema::Schema;
use crate::table::Table;

/// A column of a file that was taken for one that is called a little differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The name that is known.
    pub column: String,
    /// The name in the file.
    pub found: String,
}

impl Schema {
    /// Calls columns of `table` as this schema does where they differ in case, blanks and the like alone, and says
    /// which.
    pub fn rename_alike(&self, table: &mut Table) -> Vec<Renamed> {
        let known: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let found: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let mut renamed = Vec::new();
        for (name, position) in known.iter().zip(positions(&known, &found)) {
            if let Some(column) = position.and_then(|position| table.columns.get_mut(position))
                && column.name != *name
            {
                let found = std::mem::replace(&mut column.name, (*name).to_owned());
                renamed.push(Renamed { column: (*name).to_owned(), found });
            }
        }
        renamed
    }
}

/// Where each of the `known` names is among the names `found`: the name itself, or else the only one that differs
/// from it in case, blanks, underscores, quotes or invisible characters alone, if that is no other known name.
pub fn positions(known: &[&str], found: &[String]) -> Vec<Option<usize>> {
    let exact: HashMap<&str, usize> =
        found.iter().enumerate().rev().map(|(idx, name)| (name.as_str(), idx)).collect();
    let mut positions: Vec<Option<usize>> = known.iter().map(|name| exact.get(name).copied()).collect();
    let missing: Vec<usize> = (0..known.len()).filter(|idx| positions[*idx].is_none()).collect();
    if missing.is_empty() {
        return positions;
    }
    let is_known: HashSet<&str> = known.iter().copied().collect();
    let mut free = Claims::new();
    for (idx, name) in found.iter().enumerate().filter(|(_, name)| !is_known.contains(name.as_str())) {
        free.entry(plain(name)).or_default().push(idx);
    }
    let mut wanted = Claims::new();
    for idx in missing {
        wanted.entry(plain(known[idx])).or_default().push(idx);
    }
    for (name, wanted) in wanted {
        // Several on either side could be mixed up.
        if let ([idx], Some([position])) = (&wanted[..], free.get(&name).map(Vec::as_slice)) {
            positions[*idx] = Some(*position);
        }
    }
    positions
}

/// Positions of names that are the same when plain.
type Claims = BTreeMap<String, Vec<usize>>;

/// The names of `found` that differ from `name` in case, blanks and the like alone.
pub(crate) fn alike<'a>(name: &str, found: &'a [String]) -> Vec<&'a str> {
    let wanted = plain(name);
    found.iter().filter(|found| plain(found) == wanted).map(String::as_str).collect()
}

/// A name in small letters, without blanks, underscores, quotes and invisible characters; what separates two digits
/// stays, as `x1_5` is not `x15`.
pub(crate) fn plain(name: &str) -> String {
    let (mut plain, mut is_apart) = (String::with_capacity(name.len()), false);
    for c in name.chars() {
        if c == '_' || c.is_whitespace() {
            is_apart = true;
        } else if !is_invisible(c) && !matches!(c, '"' | '\'' | '`') {
            if is_apart && c.is_ascii_digit() && plain.ends_with(|last: char| last.is_ascii_digit()) {
                plain.push('_');
            }
            is_apart = false;
            plain.extend(c.to_lowercase());
        }
    }
    plain
}

/// Byte order marks, characters without width, soft hyphens, control characters.
fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}')
}

/// The names most like `name`, at most three, the closest first.
pub(crate) fn close_names(name: &str, names: &[String]) -> Vec<String> {
    let name = name.to_lowercase();
    let mut close: Vec<(usize, &String)> = names
        .iter()
        .filter_map(|other| {
            let lower = other.to_lowercase();
            let distance = edit_distance(&name, &lower);
            let is_part =
                name.len() >= 3 && (lower.contains(&name) || name.contains(&lower) && lower.len() >= 3);
            (distance * 3 <= name.chars().count().max(3) || is_part).then_some((distance, other))
        })
        .collect();
    close.sort_by_key(|(distance, _)| *distance);
    close.into_iter().take(3).map(|(_, other)| other.clone()).collect()
}

/// How many letters must be changed, added or left out (V. I. Levenshtein 1966).
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(200).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().take(200).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for j in 0..b.len() {
            let changed = diagonal + usize::from(letter != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found_at(known: &[&str], found: &[&str]) -> Vec<Option<usize>> {
        positions(known, &found.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn a_name_is_found_in_another_case_with_other_blanks_and_behind_a_byte_order_mark() {
        for name in
            ["Shoe Size", "SHOE_SIZE", "shoe  size ", "\u{feff}shoe size", "\"shoe size\"", "shoesize"]
        {
            assert_eq!(found_at(&["shoe size"], &["x", name]), [Some(1)], "{name}");
        }
        for name in ["shoe", "shoe-size", "shoe size 2", "hoe size"] {
            assert_eq!(found_at(&["shoe size"], &["x", name]), [None], "{name}");
        }
    }

    #[test]
    fn the_name_itself_comes_first_and_what_could_be_mixed_up_is_not_taken() {
        assert_eq!(found_at(&["a", "A"], &["A", "a"]), [Some(1), Some(0)]);
        // `A` is known as itself, whether it is wanted for `a` or not.
        assert_eq!(found_at(&["a", "A"], &["A"]), [None, Some(0)]);
        assert_eq!(found_at(&["a b", "a_b"], &["A B"]), [None, None]);
        assert_eq!(found_at(&["a"], &["A", "a_"]), [None]);
        assert_eq!(found_at(&["x1_5"], &["x15"]), [None]);
        assert_eq!(found_at(&["x1_5"], &["X1 5"]), [Some(0)]);
    }

    #[test]
    fn names_with_typing_errors_are_found() {
        let names = ["median_income", "ocean_proximity", "age"].map(String::from);
        assert_eq!(close_names("median_incone", &names), ["median_income"]);
        assert_eq!(close_names("Age", &names), ["age"]);
        assert_eq!(close_names("income", &names), ["median_income"]);
        assert!(close_names("colour", &names).is_empty());
    }
}
