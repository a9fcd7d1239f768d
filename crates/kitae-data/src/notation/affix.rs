//! Signs and units beside numbers.

/// What stands beside a number, without blanks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Affix {
    /// Spellings of one sign are one text: `USD` is `$`.
    pub(crate) text: String,
}

const CURRENCY_SIGNS: &str = "$€£¥₹₽₩₺₫₴₦฿₪₱¢₡₲₵₸₮₼₾؋﷼";
const CURRENCIES: [&str; 74] = [
    "US$", "A$", "AU$", "C$", "CA$", "R$", "NZ$", "HK$", "S$", "NT$", "MX$", "kr", "kr.", "zł", "Kč", "Ft",
    "lei", "Rs", "Rs.", "Fr.", "SFr.", "Rp", "RM", "USD", "EUR", "GBP", "JPY", "CNY", "RMB", "CHF", "AUD",
    "CAD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "BGN", "RUB", "UAH", "TRY", "INR", "BRL",
    "MXN", "ARS", "CLP", "COP", "PEN", "ZAR", "NGN", "KES", "EGP", "MAD", "ILS", "SAR", "AED", "QAR", "KWD",
    "THB", "VND", "IDR", "MYR", "SGD", "PHP", "HKD", "TWD", "KRW", "PKR", "BDT", "LKR", "ISK",
];
const UNITS: [&str; 98] = [
    "%", "‰", "g", "mg", "µg", "μg", "ug", "kg", "t", "lb", "lbs", "oz", "m", "mm", "µm", "μm", "nm", "cm",
    "dm", "km", "in", "inch", "inches", "ft", "feet", "yd", "mi", "mile", "miles", "l", "ml", "cl", "dl",
    "litre", "litres", "liter", "liters", "gal", "s", "sec", "secs", "ms", "ns", "min", "mins", "minutes",
    "h", "hr", "hrs", "hours", "d", "days", "weeks", "months", "years", "yrs", "°c", "°f", "°", "k", "c",
    "f", "w", "kw", "mw", "kwh", "mwh", "wh", "v", "kv", "mv", "a", "ma", "ah", "mah", "hz", "khz", "mhz",
    "ghz", "pa", "hpa", "kpa", "bar", "psi", "n", "nm", "j", "kj", "kcal", "cal", "hp", "bhp", "ps", "cc",
    "rpm", "ppm", "ppb", "db",
];
const SPEEDS_AND_AREAS: [&str; 26] = [
    "m²", "m³", "km²", "cm²", "cm³", "ft²", "ha", "acres", "sqft", "sq ft", "sqm", "sq m", "sq.ft.",
    "sq. ft.", "km/h", "kmh", "kmph", "mph", "m/s", "mpg", "kmpl", "km/l", "km/kg", "mg/dl", "mmol/l", "g/l",
];
const SIZES: [&str; 10] = ["b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "bit", "bytes"];

/// Whether `text` is a sign or code of money.
pub(crate) fn is_currency(text: &str) -> bool {
    let is_sign = text.chars().count() == 1 && text.chars().all(|sign| CURRENCY_SIGNS.contains(sign));
    is_sign || CURRENCIES.contains(&text)
}

/// Whether `text` is a unit of measure that is known.
pub(crate) fn is_unit(text: &str) -> bool {
    let text = text.to_lowercase();
    [&UNITS[..], &SPEEDS_AND_AREAS, &SIZES].iter().any(|units| units.contains(&text.as_str()))
}

impl Affix {
    /// What is before and behind a number; `None` if it cannot be a sign or a unit.
    pub(crate) fn of(before: &str, behind: &str) -> Option<Self> {
        let text = match (before, behind) {
            ("", "") => String::new(),
            ("", behind) if is_currency(behind) || is_word(behind) => folded(behind),
            (before, "") if is_currency(before) => folded(before),
            (before, behind) if is_currency(before) && is_currency(behind) => folded(behind),
            _ => return None,
        };
        Some(Self { text })
    }

    pub(crate) fn is_none(&self) -> bool {
        self.text.is_empty()
    }
}

/// Whether a text behind a number can be its unit: letters and signs of units, not too many.
fn is_word(text: &str) -> bool {
    text.chars().count() <= 16
        && text.chars().all(|letter| letter.is_alphabetic() || "%‰°²³µ/.· ".contains(letter))
        && !text.starts_with('/')
}

fn folded(text: &str) -> String {
    match text {
        "US$" | "USD" => "$".to_owned(),
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        // One letter may mean another thing as a capital: `m` and `M`.
        _ if text.chars().count() > 1 && !is_currency(text) => text.to_lowercase(),
        _ => text.to_owned(),
    }
}
