//! Numbers as tables write them.

use super::*;

fn notation(decimal: Decimal, thousands: Thousands, affix: &str) -> Notation {
    Notation { decimal, thousands, affix: affix.to_owned(), bare: Bare::Same }
}

#[test]
fn what_means_the_same_everywhere_is_always_read() {
    for (text, value) in [
        ("1.5", 1.5),
        ("+1.5", 1.5),
        ("\u{2212}1.5", -1.5),
        ("\u{2013}1.5", -1.5),
        ("- 1.5", -1.5),
        ("(1.5)", -1.5),
        ("1.5-", -1.5),
        ("1.5\u{a0}", 1.5),
        ("\u{202f}1.5", 1.5),
        ("\u{feff}1.5\u{200b}", 1.5),
        ("1.5D3", 1500.0),
        ("1.5d-03", 0.0015),
        ("1.5E+3", 1500.0),
        ("'1.5", 1.5),
        ("=\"1.5\"", 1.5),
        ("1 234 567.5", 1_234_567.5),
        ("1\u{202f}234", 1234.0),
        ("1'234.5", 1234.5),
        ("1\u{2019}234", 1234.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("\u{0661}\u{0662}\u{066b}\u{0665}", 12.5),
        ("\u{ff11}\u{ff12}\u{ff0e}\u{ff15}", 12.5),
    ] {
        assert_eq!(Notation::default().parse(text), Some(value), "{text}");
    }
}

#[test]
fn another_notation_is_no_number() {
    for text in [
        "",
        "-",
        "1,5",
        "1,234",
        "1.2.3",
        "1 23",
        "12 34",
        "1--2",
        "--1",
        "(-1)",
        "(1",
        "0x1f",
        "1/2",
        "3-4",
        "10:30",
        "$5",
        "5%",
        "5 kg",
        "A5",
        "5e",
        "e5",
        "1e5e5",
        "12 345 67",
        "'",
        "=\"\"",
        "1,,2",
        "n.d.",
        "١x",
    ] {
        assert_eq!(Notation::default().parse(text), None, "{text}");
    }
}

#[test]
fn marks_are_read_as_the_column_writes_them() {
    let german = notation(Decimal::Comma, Thousands::Separated, "");
    for (text, value) in [("8.037", 8037.0), ("1.234,5", 1234.5), ("-1.234.567", -1_234_567.0), (",5", 0.5)] {
        assert_eq!(german.parse(text), Some(value), "{text}");
    }
    assert_eq!(german.parse("12.5"), None);
    assert_eq!(german.parse("1,234.5"), None);
    let american = notation(Decimal::Point, Thousands::Separated, "");
    for (text, value) in [("8,037", 8037.0), ("1,234.5", 1234.5), ("12,34,567", 1_234_567.0)] {
        assert_eq!(american.parse(text), Some(value), "{text}");
    }
    assert_eq!(american.parse("1,5"), None);
    let either = notation(Decimal::PointFirst, Thousands::Joined, "");
    assert_eq!((either.parse("1,5"), either.parse("1.5")), (Some(1.5), Some(1.5)));
    let either = notation(Decimal::CommaFirst, Thousands::Separated, "");
    assert_eq!(
        (either.parse("1,5"), either.parse("1.5"), either.parse("8.037")),
        (Some(1.5), Some(1.5), Some(8037.0))
    );
}

#[test]
fn signs_and_units_belong_to_the_column() {
    let dollars = notation(Decimal::Point, Thousands::Separated, "$");
    for text in ["$1,234.50", "1,234.50 $", "USD 1234.5", "US$1,234.5", "1234.50 USD", "1234.5"] {
        assert_eq!(dollars.parse(text), Some(1234.5), "{text}");
    }
    for text in ["-$5", "$-5", "($5)", "$(5)", "$5-"] {
        assert_eq!(dollars.parse(text), Some(-5.0), "{text}");
    }
    assert_eq!(dollars.parse("€5"), None);
    assert_eq!(notation(Decimal::Point, Thousands::Joined, "Rs.").parse("Rs.500"), Some(500.0));
    let weight = notation(Decimal::Point, Thousands::Joined, "kg");
    assert_eq!(
        (weight.parse("5 kg"), weight.parse("5KG"), weight.parse("5 g")),
        (Some(5.0), Some(5.0), None)
    );
    assert_eq!(notation(Decimal::Point, Thousands::Joined, "m²").parse("45.5 m2"), Some(45.5));
}

#[test]
fn shares_beside_percent_are_of_one_scale() {
    let mut percent = notation(Decimal::Point, Thousands::Joined, "%");
    assert_eq!(percent.parse("50%"), Some(50.0));
    percent.bare = Bare::Unknown;
    assert_eq!(
        (percent.parse("50 %"), percent.parse("0.5"), percent.parse("0")),
        (Some(50.0), None, Some(0.0))
    );
    percent.bare = Bare::Share;
    assert_eq!((percent.parse("50%"), percent.parse("0.5")), (Some(0.5), Some(0.5)));
}

#[test]
fn marks_tell_notations_apart_where_they_can() {
    for (core, marks) in [
        ("850", Marks::None),
        ("1 850", Marks::None),
        ("1.5", Marks::Point),
        ("0.123", Marks::Point),
        ("1234.567", Marks::Point),
        ("1,234.5", Marks::Point),
        ("1,234,567", Marks::Point),
        ("12,34,567", Marks::Point),
        ("1 234.567", Marks::Point),
        ("1.5e3", Marks::Point),
        ("1,5", Marks::Comma),
        ("1.234,5", Marks::Comma),
        ("1.234.567", Marks::Comma),
        ("1 234,567", Marks::Comma),
        ("8.037", Marks::PointBeforeThree),
        ("8,037", Marks::CommaBeforeThree),
        ("1.2.3", Marks::Senseless),
        ("1,2,3", Marks::Senseless),
    ] {
        assert_eq!(Marks::of(core), marks, "{core}");
    }
}

#[test]
fn padded_numbers_are_known() {
    let is_padded = |text: &str| Written::of(text).is_some_and(|written| written.is_padded());
    assert!(is_padded("01") && is_padded("007"));
    assert!(!is_padded("0") && !is_padded("0.5") && !is_padded("10") && !is_padded("01.5"));
}
