//! The numbers of a recipe: between which bounds each lies.

use std::fmt;
use std::ops::{Bound, RangeBounds};

use kitae_infer::objective::MAX_WEIGHT;
use kitae_model::{MAX_BINS, MAX_MEMBERS};
use serde::Serialize;
use toml::Value;

use crate::error::RecipeError;

/// The numbers between two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    low: Bound<f64>,
    high: Bound<f64>,
    /// Whether it is a count.
    is_whole: bool,
    /// A number that is allowed too.
    or: Option<f64>,
}

use Bound::{Excluded, Included, Unbounded};

const fn bounds(low: Bound<f64>, high: Bound<f64>) -> Bounds {
    Bounds { low, high, is_whole: false, or: None }
}

const fn count(low: usize, high: usize) -> Bounds {
    let (low, high) = (Included(low as f64), Included(high as f64));
    Bounds { low, high, is_whole: true, or: None }
}

const POSITIVE: Bounds = bounds(Excluded(0.0), Excluded(f64::INFINITY));
const NOT_NEGATIVE: Bounds = bounds(Included(0.0), Excluded(f64::INFINITY));
/// A share, both ends included.
const SHARE: Bounds = bounds(Included(0.0), Included(1.0));
/// A share of something from which something has to be left.
const PART: Bounds = bounds(Included(0.0), Excluded(1.0));
/// A share that is neither nothing nor all.
const INNER: Bounds = bounds(Excluded(0.0), Excluded(1.0));
/// As loading checks it too.
const WEIGHT: Bounds = bounds(Excluded(0.0), Included(MAX_WEIGHT));
const FACTOR: Bounds = bounds(Excluded(0.0), Included(1.0));
/// A memory of 1 - 1e-9 sums a thousand million gradients: longer ones only lose digits.
const MEMORY: Bounds = bounds(Included(0.0), Included(1.0 - 1e-9));
const WIDTH: Bounds = count(1, 4096);
/// From where on a cycle that grows is as good as one that does not, to rounding.
const GROWTH: Bounds = Bounds { or: Some(1.0), ..bounds(Included(1.001), Included(1e6)) };
/// Shapes of beta distributions: beyond, a draw is 0, 1 or one half to all digits that matter.
const ALPHA: Bounds = bounds(Included(0.001), Included(1000.0));

/// Keys and their bounds; `*` stands for any part of a key. Where two kinds of a table have a key of the same
/// name with other bounds, the kind stands before it.
const BOUNDS: &[(&str, Bounds)] = &[
    ("seed", bounds(Included(0.0), Unbounded).whole()),
    ("objective.class_weights", bounds(Included(0.0), Included(MAX_WEIGHT))),
    ("objective.label_smoothing", PART),
    ("objective.positive_weight", WEIGHT),
    ("objective.delta", WEIGHT),
    ("objective.quantile", INNER),
    ("split.validation_share", INNER),
    ("split.scheme.held_out_share", INNER),
    ("split.scheme.n_folds", count(2, 65_535)),
    ("split.scheme.n_repeats", count(1, 10_000)),
    ("preprocess.one_hot_max_levels", bounds(Included(0.0), Unbounded).whole()),
    ("preprocess.min_level_rows", bounds(Included(0.0), Unbounded).whole()),
    ("network.hidden", count(1, 65_536)),
    ("network.dropout", PART),
    ("network.d_embedding", WIDTH),
    ("network.number_embedding.n_frequencies", WIDTH),
    ("network.number_embedding.d_embedding", WIDTH),
    ("network.number_embedding.sigma", bounds(Excluded(0.0), Included(1e6))),
    ("network.number_embedding.n_bins", count(2, MAX_BINS)),
    ("network.ensemble.n_members", count(1, MAX_MEMBERS)),
    ("optimiser.momentum", MEMORY),
    ("optimiser.smoothing", MEMORY),
    ("optimiser.beta1", MEMORY),
    ("optimiser.beta2", MEMORY),
    ("optimiser.beta3", MEMORY),
    ("optimiser.epsilon", bounds(Included(1e-30), Included(1.0))),
    ("optimiser.muon.iterations", count(1, 20)),
    ("optimiser.lbfgs.iterations", count(1, 10_000)),
    ("optimiser.history", count(1, 1_000)),
    ("optimiser.trials", count(1, 1_000)),
    ("training.feeding.rows", bounds(Included(2.0), Unbounded).whole()),
    ("training.mixing.alpha", ALPHA),
    ("training.mixing.probability", SHARE),
    ("training.mixing.share", INNER),
    ("training.epochs", count(1, 10_000_000)),
    ("training.members", count(1, 10_000)),
    ("training.averaging.decay", PART),
    ("training.averaging.from", PART),
    ("training.learning_rate", POSITIVE),
    ("training.*.warm_up_epochs", NOT_NEGATIVE),
    ("training.*.shape.every_epochs", POSITIVE),
    ("training.*.shape.factor", FACTOR),
    ("training.*.shape.floor", SHARE),
    ("training.*.shape.first_epochs", POSITIVE),
    ("training.*.shape.growth", GROWTH),
    ("training.*.shape.rise_share", INNER),
    ("training.*.shape.start", SHARE),
    ("training.*.shape.end", SHARE),
    ("training.*.shape.k", bounds(Excluded(0.0), Included(30.0))),
    ("training.plateau.factor", INNER),
    ("training.plateau.patience", bounds(Included(0.0), Unbounded).whole()),
    ("training.plateau.min_factor", SHARE),
    ("training.weight_decay", NOT_NEGATIVE),
    ("training.l1", NOT_NEGATIVE),
    ("training.l2", NOT_NEGATIVE),
    ("training.max_norm", POSITIVE),
    ("training.clip.value", bounds(Excluded(0.0), Included(1e30))),
    ("training.groups.*.learning_rate", bounds(Included(0.0), Included(1e6))),
    ("training.groups.*.weight_decay", bounds(Included(0.0), Included(1e6))),
    ("stopping.patience", bounds(Included(1.0), Unbounded).whole()),
    ("stopping.patience_factor", NOT_NEGATIVE),
    ("stopping.patience_share", NOT_NEGATIVE),
    ("stopping.min_delta", NOT_NEGATIVE),
    ("stopping.warm_up_epochs", bounds(Included(0.0), Unbounded).whole()),
];

/// Checks the numbers of what stands at `key` of a recipe.
pub(crate) fn check_bounds(key: &str, value: &impl Serialize) -> Result<(), RecipeError> {
    let value = Value::try_from(value)?;
    check(&mut key.split('.').filter(|part| !part.is_empty()).collect(), None, &value)
}

/// `kind` is that of the table in which the value stands at the last part of its key.
fn check<'a>(key: &mut Vec<&'a str>, kind: Option<&'a str>, value: &'a Value) -> Result<(), RecipeError> {
    match (value, of(key, kind)) {
        (Value::Table(table), _) => table.iter().try_for_each(|(part, value)| {
            key.push(part);
            let checked = check(key, table.get("kind").and_then(Value::as_str), value);
            key.pop();
            checked
        }),
        (Value::Array(values), Some(_)) => values.iter().try_for_each(|value| check(key, kind, value)),
        (value, Some(bounds)) if !bounds.hold(value) => Err(RecipeError::Value {
            key: key.join("."),
            expected: bounds.to_string(),
            got: value.to_string(),
        }),
        _ => Ok(()),
    }
}

fn of(key: &[&str], kind: Option<&str>) -> Option<Bounds> {
    let fits = |pattern: &str, key: &[&str]| {
        let mut parts = key.iter();
        pattern.split('.').all(|part| parts.next().is_some_and(|other| part == "*" || part == *other))
            && parts.next().is_none()
    };
    let (last, before) = key.split_last()?;
    let of_kind = kind.map(|kind| [before, &[kind, *last]].concat());
    let mut rows = BOUNDS.iter();
    let is_it = |(pattern, _): &&(&str, Bounds)| {
        fits(pattern, key) || of_kind.as_ref().is_some_and(|key| fits(pattern, key))
    };
    rows.find(is_it).map(|(_, bounds)| *bounds)
}

impl Bounds {
    const fn whole(self) -> Self {
        Self { is_whole: true, ..self }
    }

    fn hold(self, value: &Value) -> bool {
        let number = value.as_integer().map(|whole| whole as f64);
        let number = number.or(value.as_float().filter(|_| !self.is_whole));
        number.is_some_and(|number| (self.low, self.high).contains(&number) || self.or == Some(number))
    }
}

/// As in “must be …”.
impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.is_whole {
            f.write_str("a whole number, ")?;
        }
        if let Some(other) = self.or {
            write!(f, "{other}, or ")?;
        }
        match (self.low, self.high) {
            (Excluded(0.0), Excluded(f64::INFINITY)) => f.write_str("positive"),
            (Included(0.0), Excluded(f64::INFINITY)) => f.write_str("zero or more"),
            (Included(low), Unbounded) => write!(f, "{} or more", Short(low)),
            (Included(low), Included(high)) => write!(f, "{} to {}", Short(low), Short(high)),
            (Included(low), Excluded(high)) => write!(f, "in [{}, {})", Short(low), Short(high)),
            (Excluded(0.0), Included(high)) => write!(f, "positive and at most {}", Short(high)),
            (Excluded(low), Excluded(high)) => write!(f, "between {} and {}", Short(low), Short(high)),
            _ => write!(f, "in {:?}", (self.low, self.high)),
        }
    }
}

/// A number without a row of zeros.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let is_long = self.0 != 0.0 && !(1e-3..1e8).contains(&self.0);
        if is_long { write!(f, "{:e}", self.0) } else { write!(f, "{}", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimiser::Groups;
    use crate::overrides::{merge, nested};

    const NAN: f64 = f64::NAN;
    const INFINITY: f64 = f64::INFINITY;

    /// A key with values within its bounds, values beyond, and what is said of these.
    type Case = (&'static str, &'static [f64], &'static [f64], &'static str);

    const CASES: &[Case] = &[
        ("objective.label_smoothing", &[0.0, 0.9], &[-0.1, 1.0, NAN], "in [0, 1)"),
        ("objective.delta", &[1e-9, 1e12], &[0.0, 2e12, NAN], "positive and at most 1e12"),
        ("objective.positive_weight", &[10.0], &[0.0, -1.0, INFINITY], "positive and at most 1e12"),
        ("objective.class_weights", &[0.0, 1e12], &[-1.0, 2e12, NAN], "0 to 1e12"),
        ("objective.quantile", &[0.9], &[0.0, 1.0, NAN], "between 0 and 1"),
        ("training.learning_rate", &[1e-9, 1.0], &[0.0, -1.0, NAN, INFINITY], "positive"),
        ("training.schedule.warm_up_epochs", &[0.0, 2.5], &[-0.1, INFINITY], "zero or more"),
        ("training.schedule.shape.every_epochs", &[0.5], &[0.0, NAN], "positive"),
        ("training.dropout_schedule.shape.factor", &[0.1, 1.0], &[0.0, 1.5], "positive and at most 1"),
        ("training.schedule.shape.floor", &[0.0, 1.0], &[-0.1, 1.1], "0 to 1"),
        ("training.schedule.shape.growth", &[1.0, 1.001, 2.0], &[0.5, 1.0001, 2e6], "1, or 1.001 to 1000000"),
        ("training.schedule.shape.rise_share", &[0.3], &[0.0, 1.0], "between 0 and 1"),
        (
            "training.weight_decay_schedule.shape.k",
            &[4.0, 30.0],
            &[0.0, 31.0, NAN],
            "positive and at most 30",
        ),
        ("training.plateau.factor", &[0.5], &[0.0, 1.0], "between 0 and 1"),
        ("training.plateau.min_factor", &[0.0, 1.0], &[-0.1, NAN], "0 to 1"),
        ("training.clip.value", &[2.5], &[0.0, NAN, INFINITY], "positive and at most 1e30"),
        ("training.groups.slope.learning_rate", &[0.0, 6.0], &[-1.0, 2e6], "0 to 1000000"),
        ("training.mixing.alpha", &[0.001, 1e3], &[0.0, -1.0, 1e4, NAN, INFINITY], "0.001 to 1000"),
        ("training.mixing.probability", &[0.0, 1.0], &[-0.1, 1.1, NAN], "0 to 1"),
        ("training.mixing.share", &[0.5], &[0.0, 1.0, NAN], "between 0 and 1"),
        ("training.averaging.decay", &[0.0, 0.99], &[-0.1, 1.0, NAN, INFINITY], "in [0, 1)"),
        ("training.averaging.from", &[0.0, 0.99], &[-0.1, 1.0, NAN, INFINITY], "in [0, 1)"),
        ("optimiser.beta1", &[0.0, 0.9], &[1.0, 1.0 - 1e-12, NAN], "0 to 0.999999999"),
        ("optimiser.epsilon", &[1e-8], &[0.0], "1e-30 to 1"),
        ("optimiser.history", &[1.0, 1000.0], &[0.0, 1001.0, 1.5], "a whole number, 1 to 1000"),
        ("optimiser.trials", &[25.0], &[0.0], "a whole number, 1 to 1000"),
        ("stopping.patience", &[1.0], &[0.0, 2.5], "a whole number, 1 or more"),
    ];

    fn checked(key: &str, number: f64) -> Result<(), RecipeError> {
        let value = if number.fract() == 0.0 { Value::Integer(number as i64) } else { Value::Float(number) };
        check_bounds("", &nested(key, value))
    }

    #[test]
    fn numbers_beyond_their_bounds_are_refused_with_a_reason() {
        for (key, within, beyond, expected) in CASES {
            for number in *within {
                assert_eq!(checked(key, *number), Ok(()), "{key} = {number}");
            }
            for number in *beyond {
                let message = checked(key, *number).expect_err(key).to_string();
                let expected = format!("`{key}` must be {expected}, got ");
                assert!(message.starts_with(&expected), "{number}: {message}");
            }
        }
        assert_eq!(check_bounds("training.groups", &Groups::realmlp()), Ok(()));
    }

    #[test]
    fn kinds_have_bounds_of_their_own() {
        let iterations = |kind: &str, n: i64| {
            let mut table = nested("optimiser.kind", kind.into());
            merge(&mut table, &nested("optimiser.iterations", n.into()));
            check_bounds("", &table).map_err(|error| error.to_string())
        };
        assert_eq!(iterations("lbfgs", 21), Ok(()));
        let refused = "`optimiser.iterations` must be a whole number, 1 to 20, got 21".to_owned();
        assert_eq!(iterations("muon", 21), Err(refused));
    }
}
