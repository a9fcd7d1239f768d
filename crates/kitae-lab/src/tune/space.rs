//! What is searched: hyperparameters of a recipe, each with its range.

use kitae_random::Stream;
use kitae_train::{Facts, Recipe, RecipeError, merge, nested};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::tune::range::Range;

/// A hyperparameter of the search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// A few words, distinct within a space.
    pub name: String,
    /// The dotted key of the recipe that it writes.
    pub key: String,
    /// What becomes of a value there.
    pub write: Write,
    /// The values.
    pub range: Range,
    /// The recipe's own value; none if it has none in the range, and where it lies is left as it is.
    pub own: Option<f64>,
    /// Without it the hyperparameter is always there.
    pub when: Option<When>,
    /// Who published the range.
    pub source: String,
}

/// A hyperparameter in which a point differs from the recipe, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name.
    pub hyperparameter: String,
    /// Its value at the point.
    pub now: String,
    /// Its value in the recipe; a dash where it has none.
    pub was: String,
}

/// What becomes of a value in a recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    /// It is written as it is.
    Plain,
    /// One minus it is written: what is searched is the distance of a share from 1.
    Complement,
    /// It is the number of hidden layers.
    Depth,
    /// It is the width of each hidden layer.
    Width,
    /// It is a choice between `on`, which writes nothing, as the hyperparameter that depends on it does, and
    /// `off`, which writes zero.
    Switch,
}

/// The values of a hyperparameter that is switched.
pub(crate) const ON: &str = "on";
pub(crate) const OFF: &str = "off";

/// When a hyperparameter is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The name of a hyperparameter that chooses, earlier in the space.
    pub axis: String,
    /// The position of what it must have chosen.
    pub choice: usize,
}

/// One value for each hyperparameter of a space, none for a hyperparameter that is not there: a number, or
/// the position of a choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Point(pub Vec<Option<f64>>);

/// The hyperparameters that are searched together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Space {
    /// A hyperparameter that chooses comes before those that depend on it.
    pub axes: Vec<Axis>,
}

impl Space {
    /// The recipe that the space lies around.
    pub fn own(&self) -> Point {
        let mut values: Vec<Option<f64>> = Vec::with_capacity(self.axes.len());
        for axis in &self.axes {
            let value = axis.own.filter(|_| self.is_there(axis, &values));
            values.push(value);
        }
        Point(values)
    }

    /// A point of the space: numbers uniform over their ranges or the logarithms of these, choices by their
    /// shares.
    pub fn draw(&self, stream: &mut Stream) -> Point {
        self.fill(|_, axis| axis.range.from_unit(stream.uniform()))
    }

    /// Asks `value` for each hyperparameter that is there, in order.
    pub(crate) fn fill(&self, mut value: impl FnMut(usize, &Axis) -> f64) -> Point {
        let mut values: Vec<Option<f64>> = Vec::with_capacity(self.axes.len());
        for (at, axis) in self.axes.iter().enumerate() {
            let is_there = self.is_there(axis, &values);
            values.push(is_there.then(|| value(at, axis)));
        }
        Point(values)
    }

    /// Keeps the hyperparameters that `is_kept` says, without those that depend on one that goes.
    pub fn retain(&mut self, is_kept: impl Fn(&Axis) -> bool) {
        let mut names: Vec<String> = Vec::new();
        self.axes.retain(|axis| {
            let has_parent = axis.when.as_ref().is_none_or(|when| names.contains(&when.axis));
            let stays = has_parent && is_kept(axis);
            if stays {
                names.push(axis.name.clone());
            }
            stays
        });
    }

    /// The keys in which a point differs from the recipe.
    pub fn changes(&self, recipe: &Recipe, point: &Point) -> Table {
        let mut changes = Table::new();
        let (mut depth, mut width) = (recipe.network.hidden.len(), recipe.network.hidden.first().copied());
        for (axis, value) in self.axes.iter().zip(&point.0) {
            let Some(value) = value.filter(|value| axis.own != Some(*value)) else { continue };
            match axis.write {
                Write::Depth => depth = value as usize,
                Write::Width => width = Some(value as usize),
                Write::Complement => merge(&mut changes, &nested(&axis.key, (1.0 - value).into())),
                Write::Switch if axis.range.written(value).as_str() == Some(OFF) => {
                    merge(&mut changes, &nested(&axis.key, 0.0.into()));
                }
                Write::Switch => {}
                Write::Plain => merge(&mut changes, &nested(&axis.key, axis.range.written(value))),
            }
        }
        let hidden = vec![width.unwrap_or(0); depth];
        let is_uniform = recipe.network.hidden.windows(2).all(|pair| pair[0] == pair[1]);
        if is_uniform && hidden != recipe.network.hidden {
            let widths = hidden.iter().map(|width| Value::Integer(*width as i64)).collect();
            merge(&mut changes, &nested("network.hidden", Value::Array(widths)));
        }
        changes
    }

    /// `recipe` with the overrides of a point.
    ///
    /// # Errors
    ///
    /// If the point does not fit the recipe.
    pub fn recipe(&self, recipe: &Recipe, facts: &Facts, point: &Point) -> Result<Recipe, RecipeError> {
        let changes = self.changes(recipe, point);
        if changes.is_empty() { Ok(recipe.clone()) } else { recipe.with(&changes, facts) }
    }

    /// What a point changes, in a few words each: `dropout 0.25`.
    pub fn words(&self, point: &Point) -> Vec<(String, String)> {
        let axes = self.axes.iter().zip(&point.0);
        let changed = axes.filter_map(|(axis, value)| {
            let value = value.filter(|value| axis.own != Some(*value))?;
            Some((axis.name.clone(), axis.word(value)))
        });
        changed.collect()
    }

    /// The same with what the recipe has there.
    pub fn changed(&self, point: &Point) -> Vec<Change> {
        let mut all = self.clone();
        // Against a space without own values every hyperparameter of the recipe has words.
        all.axes.iter_mut().for_each(|axis| axis.own = None);
        let own = all.words(&self.own());
        let change = |(hyperparameter, now): (String, String)| {
            let was =
                own.iter().find(|(other, _)| *other == hyperparameter).map_or("-", |(_, was)| was.as_str());
            Change { was: was.to_owned(), hyperparameter, now }
        };
        self.words(point).into_iter().map(change).collect()
    }

    /// Whether the hyperparameters are ones that a search can work with; what is wrong, if not.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (at, axis) in self.axes.iter().enumerate() {
            let of = |reason: String| format!("lever `{}`: {reason}", axis.name);
            axis.range.check().map_err(of)?;
            if axis.own.is_some_and(|own| !axis.range.holds(own)) {
                return Err(of(format!("the recipe's own value {:?} is not in {:?}", axis.own, axis.range)));
            }
            if self.axes[..at].iter().any(|other| other.name == axis.name) {
                return Err(of("it is there twice".to_owned()));
            }
            let Some(when) = &axis.when else { continue };
            let mut parents = self.axes[..at].iter().filter(|other| other.name == when.axis);
            let is_choice = |parent: &Axis| {
                matches!(parent.range, Range::Choice { .. }) && parent.range.holds(when.choice as f64)
            };
            if !parents.any(is_choice) {
                return Err(of(format!(
                    "it depends on choice {} of `{}`, which is not there",
                    when.choice, when.axis
                )));
            }
        }
        Ok(())
    }

    /// Whether a point is one of this space; what is wrong, if not.
    pub(crate) fn check_point(&self, Point(values): &Point) -> Result<(), String> {
        if values.len() != self.axes.len() {
            return Err(format!("a point has {} values for {} levers", values.len(), self.axes.len()));
        }
        for (at, (axis, value)) in self.axes.iter().zip(values).enumerate() {
            let is_right = match value {
                Some(value) => self.is_there(axis, &values[..at]) && axis.range.holds(*value),
                // A hyperparameter that the recipe has no value of is left as it is.
                None => axis.own.is_none() || !self.is_there(axis, &values[..at]),
            };
            if !is_right {
                return Err(format!("a point has {value:?} for lever `{}`, {:?}", axis.name, axis.range));
            }
        }
        Ok(())
    }

    /// Whether the choice that a hyperparameter depends on was made, by the values of the hyperparameters
    /// before it.
    fn is_there(&self, axis: &Axis, before: &[Option<f64>]) -> bool {
        let Some(when) = &axis.when else { return true };
        let mut chosen = self.axes.iter().zip(before).filter(|(other, _)| other.name == when.axis);
        chosen.any(|(_, value)| *value == Some(when.choice as f64))
    }
}

impl Axis {
    /// The key whose table a user writes to keep this hyperparameter as it is.
    pub fn root(&self) -> &str {
        match (&self.when, self.key.rsplit_once('.')) {
            (_, Some((table, "kind"))) => table,
            // What depends on a switch writes the same key; groups of parameters belong to no kind.
            (Some(_), Some((table, _))) if table != "objective" && !table.starts_with("training.groups") => {
                table
            }
            _ => &self.key,
        }
    }

    /// A value as people read it.
    pub(crate) fn word(&self, value: f64) -> String {
        match &self.range {
            Range::Choice { .. } => match self.range.written(value) {
                Value::String(word) => word.replace('_', " "),
                other => other.to_string(),
            },
            Range::Whole { .. } | Range::LogWhole { .. } => format!("{value}"),
            Range::Uniform { .. } | Range::Log { .. } => significant(value),
        }
    }
}

/// Three digits that count.
fn significant(value: f64) -> String {
    if value == 0.0 || (1e-3..1e3).contains(&value.abs()) {
        let digits = (2 - value.abs().max(1e-3).log10().floor() as i32).max(0) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    } else {
        format!("{value:.2e}")
    }
}
