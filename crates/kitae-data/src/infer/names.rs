//! What the name of a column says about it.

const IDENTIFIERS: [&str; 12] =
    ["id", "ids", "pid", "uid", "uuid", "guid", "nbr", "rowid", "userid", "customerid", "md5", "sha256"];
const NUMBERINGS: [&str; 9] = ["no", "nr", "num", "number", "index", "idx", "key", "serial", "ref"];
const CODES: [&str; 28] = [
    "code",
    "cd",
    "type",
    "class",
    "subclass",
    "zone",
    "category",
    "cat",
    "group",
    "grp",
    "region",
    "district",
    "zip",
    "zipcode",
    "postcode",
    "department",
    "dept",
    "cluster",
    "segment",
    "sector",
    "brand",
    "manufacturer",
    "vendor",
    "status",
    "species",
    "store",
    "channel",
    "city",
];
const TIMES: [&str; 24] = [
    "year",
    "yr",
    "month",
    "mo",
    "day",
    "week",
    "quarter",
    "time",
    "date",
    "age",
    "hour",
    "hr",
    "minute",
    "period",
    "epoch",
    "step",
    "timestamp",
    "second",
    "dt",
    "datetime",
    "ts",
    "at",
    "created",
    "updated",
];

/// What kind of name it is. The last word decides: `customer_id` is an identifier, `id_card_price` is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameHint {
    /// Names its row or a thing: `id`, `PassengerId`.
    Identifier,
    /// May number the rows, may count something: `number`, `index`.
    Numbering,
    /// One of a set: `zip_code`, `MS.SubClass`.
    Code,
    /// A point in time: `year`.
    Time,
    /// Nothing.
    Plain,
}

impl NameHint {
    pub(super) fn of(name: &str) -> Self {
        let words = words(name);
        let Some(last) = words.last().map(String::as_str) else { return Self::Plain };
        if IDENTIFIERS.contains(&last) {
            Self::Identifier
        } else if NUMBERINGS.contains(&last) {
            Self::Numbering
        } else if CODES.contains(&last) {
            Self::Code
        } else if TIMES.contains(&last) {
            Self::Time
        } else {
            Self::Plain
        }
    }
}

/// The words of a name in lower case: `MS.SubClass` is `ms`, `sub`, `class`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars() {
        let starts_word = letter.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit());
        if starts_word || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words.last_mut().expect("there is always a word").extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
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

    #[test]
    fn the_last_word_of_a_name_decides() {
        for (name, hint) in [
            ("PassengerId", NameHint::Identifier),
            ("customerID", NameHint::Identifier),
            ("patient_nbr", NameHint::Identifier),
            ("PID", NameHint::Identifier),
            ("hospital number", NameHint::Numbering),
            ("number_inpatient", NameHint::Plain),
            ("MS.SubClass", NameHint::Code),
            ("Pclass", NameHint::Plain),
            ("Year.Built", NameHint::Plain),
            ("Yr.Sold", NameHint::Plain),
            ("model_year", NameHint::Time),
            ("", NameHint::Plain),
            ("%%", NameHint::Plain),
        ] {
            assert_eq!(NameHint::of(name), hint, "{name}");
        }
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
