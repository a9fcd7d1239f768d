//! What the name of a column says about it.

const IDENTIFIERS: &str = "id ids pid uid uuid guid nbr rowid userid customerid md5 sha256";
const NUMBERINGS: &str = "no nr num number index idx key serial ref";
const CODES: &str = "code cd type class subclass zone category cat group grp region district zip zipcode postcode \
    department dept cluster segment sector brand manufacturer vendor status species store channel city";
const TIMES: &str = "year yr month mo day week quarter time date age hour hr minute period epoch step timestamp second dt \
    datetime ts at created updated";

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
        let is_among = |words: &str| words.split(' ').any(|word| word == last);
        let hints = [
            (IDENTIFIERS, Self::Identifier),
            (NUMBERINGS, Self::Numbering),
            (CODES, Self::Code),
            (TIMES, Self::Time),
        ];
        hints.into_iter().find(|(words, _)| is_among(words)).map_or(Self::Plain, |(_, hint)| hint)
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
}
