//! The space that the published ranges make around a recipe.

use kitae_data::schema::Kind;
use kitae_data::target::Task;
use kitae_model::Parametrisation;
use kitae_train::optimiser::OptimiserConfig;
use kitae_train::{Problem, Recipe, at, nested};
use toml::{Table, Value};

use crate::tune::published::Draft::{Complement, Depth, Log, LogWhole, Rate, Switch, Uniform, Width, Words};
use crate::tune::published::Needs::{self, Categories, Choice, Classes, Layers, Nothing, Numbers};
use crate::tune::published::{PUBLISHED, Published};
use crate::tune::range::Range;
use crate::tune::space::{Axis, OFF, ON, Space, When, Write};

/// The share of random draws that the recipe's own choice gets, as the default has in the published space of
/// RealMLP for its shape and its input scales.
const OWN_SHARE: f64 = 0.6;

/// The published ranges that fit a recipe and its rows. Each is stretched to hold the recipe's own value; a
/// hyperparameter that the recipe cannot take (a skip between layers where there are none, β₂ of another
/// optimiser) is left out.
pub fn space(problem: &Problem, recipe: &Recipe) -> Space {
    let Ok(resolved) = Table::try_from(recipe) else { return Space { axes: Vec::new() } };
    let mut axes: Vec<Axis> = Vec::new();
    for published in &PUBLISHED {
        axes.extend(axis(published, problem, recipe, &resolved, &axes));
    }
    Space { axes }
}

fn axis(
    published: &Published,
    problem: &Problem,
    recipe: &Recipe,
    resolved: &Table,
    before: &[Axis],
) -> Option<Axis> {
    let when = match published.needs {
        Choice(name, word) => Some(when(before, name, word)?),
        needs => has(needs, problem, recipe).then_some(None)?,
    };
    let own = own(published, recipe, resolved);
    let range = range(published, own.as_ref(), problem, recipe)?;
    let own = own.and_then(|value| position(&range, &value));
    let axis = Axis {
        name: published.name.to_owned(),
        key: published.key.to_owned(),
        write: published.draft.write(),
        range,
        own,
        when,
        source: published.source.to_owned(),
    };
    can_be_taken(&axis, before, problem, recipe).then_some(axis)
}

fn has(needs: Needs, problem: &Problem, recipe: &Recipe) -> bool {
    let has_kind = |kinds: &[Kind]| {
        let mut inputs = problem.schema.columns.iter().filter(|column| column.name != problem.target_column);
        inputs.any(|column| kinds.contains(&column.kind))
    };
    let hidden = &recipe.network.hidden;
    match needs {
        Nothing | Choice(..) => true,
        Classes => problem.facts.task == Task::Classification,
        Numbers => has_kind(&[Kind::Number, Kind::Time]),
        Categories => has_kind(&[Kind::Category]),
        Layers => !hidden.is_empty() && hidden.iter().all(|width| *width == hidden[0]),
    }
}

fn when(before: &[Axis], name: &str, word: &str) -> Option<When> {
    let parent = before.iter().find(|axis| axis.name == name)?;
    let Range::Choice { values, .. } = &parent.range else { return None };
    let choice = values.iter().position(|value| value.as_str() == Some(word))?;
    Some(When { axis: name.to_owned(), choice })
}

/// The recipe's own value.
fn own(published: &Published, recipe: &Recipe, resolved: &Table) -> Option<Value> {
    let hidden = &recipe.network.hidden;
    match published.draft.write() {
        Write::Depth => Some(Value::Integer(hidden.len() as i64)),
        Write::Width => hidden.first().map(|width| Value::Integer(*width as i64)),
        Write::Complement => Some(Value::Float(1.0 - at(resolved, published.key)?.as_float()?)),
        Write::Switch => {
            Some(Value::from(if at(resolved, published.key)?.as_float()? > 0.0 { ON } else { OFF }))
        }
        // Each kind of a hyperparameter has keys of its own, some by the same name.
        Write::Plain if !belongs(published, recipe, resolved) => None,
        Write::Plain => at(resolved, published.key).cloned(),
    }
}

/// Whether the recipe's own kind is the one that a hyperparameter depends on.
fn belongs(published: &Published, recipe: &Recipe, resolved: &Table) -> bool {
    let Choice(name, word) = published.needs else { return true };
    let parent = PUBLISHED.iter().find(|other| other.name == name);
    let chosen = parent.and_then(|parent| own(parent, recipe, resolved));
    chosen.as_ref().and_then(Value::as_str) == Some(word)
}

fn range(published: &Published, own: Option<&Value>, problem: &Problem, recipe: &Recipe) -> Option<Range> {
    let number = own.and_then(number);
    let stretched = |low: f64, high: f64| {
        let number = number.filter(|number| number.is_finite());
        (low.min(number.unwrap_or(low)), high.max(number.unwrap_or(high)))
    };
    let whole = |low: u32, high: u32| {
        let (low, high) = stretched(f64::from(low), f64::from(high));
        (low as u32, high as u32)
    };
    let log = |low: f64, high: f64| {
        let (stretched_low, stretched_high) = stretched(low, high);
        // Zero has no logarithm: a recipe without the hyperparameter keeps its zero as the first trial.
        let low = if stretched_low > 0.0 { stretched_low } else { low };
        Range::Log { low, high: stretched_high }
    };
    match published.draft {
        Words(words) => choice(words, own, published.key, problem, recipe),
        // RealMLP draws both as often.
        Switch => {
            let (own, other) = if own?.as_str() == Some(ON) { (ON, OFF) } else { (OFF, ON) };
            Some(Range::Choice { values: vec![own.into(), other.into()], shares: vec![0.5, 0.5] })
        }
        Uniform(low, high) => {
            let (low, high) = stretched(low, high);
            Some(Range::Uniform { low, high })
        }
        Log(low, high) | Complement(low, high) => Some(log(low, high)),
        Rate(low, high) if is_realmlp_like(recipe) => Some(log(low, high)),
        Rate(..) => number.map(|rate| Range::Log { low: rate / 4.0, high: rate * 4.0 }),
        Depth(low, high) => {
            let (low, high) = whole(low, high);
            Some(Range::Whole { low, high })
        }
        LogWhole(low, high) => {
            let (low, high) = whole(low, high);
            Some(Range::LogWhole { low: low.max(1), high })
        }
        Width(low, high) => {
            let width = number? as u32;
            let high = high.min(width.saturating_mul(2)).max(width);
            Some(Range::LogWhole { low: low.min(width), high })
        }
    }
}

fn is_realmlp_like(recipe: &Recipe) -> bool {
    let is_adam = matches!(recipe.optimiser, OptimiserConfig::Adam { .. } | OptimiserConfig::AdamW { .. });
    is_adam && recipe.network.parametrisation == Parametrisation::Ntk
}

/// The words that fit the recipe, its own among them.
fn choice(
    words: &[&str],
    own: Option<&Value>,
    key: &str,
    problem: &Problem,
    recipe: &Recipe,
) -> Option<Range> {
    let own = own?;
    let fits = |value: &Value| recipe.with(&nested(key, value.clone()), &problem.facts).is_ok();
    let others = words.iter().map(|word| Value::from(*word)).filter(|value| value != own && fits(value));
    let values: Vec<Value> = std::iter::once(own.clone()).chain(others).collect();
    let n_others = values.len() - 1;
    let share = |at: usize| if at == 0 { OWN_SHARE } else { (1.0 - OWN_SHARE) / n_others as f64 };
    (n_others > 0).then(|| Range::Choice { shares: (0..values.len()).map(share).collect(), values })
}

/// Where the recipe's own value lies in a range.
fn position(range: &Range, value: &Value) -> Option<f64> {
    let place = match range {
        Range::Choice { values, .. } => values.iter().position(|other| other == value)? as f64,
        _ => number(value)?,
    };
    range.holds(place).then_some(place)
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or(value.as_integer().map(|whole| whole as f64))
}

/// Whether both ends of a range fit the recipe, the choice that the hyperparameter depends on being made.
fn can_be_taken(axis: &Axis, before: &[Axis], problem: &Problem, recipe: &Recipe) -> bool {
    let mut space = Space { axes: before.to_vec() };
    space.axes.push(axis.clone());
    let mut point = space.own();
    for (at, other) in before.iter().enumerate() {
        if let Some(when) = axis.when.as_ref().filter(|when| when.axis == other.name) {
            point.0[at] = Some(when.choice as f64);
        }
    }
    [0.0, 1.0].into_iter().all(|end| {
        let mut point = point.clone();
        point.0[before.len()] = Some(axis.range.from_unit(end));
        space.recipe(recipe, &problem.facts, &point).is_ok()
    })
}
