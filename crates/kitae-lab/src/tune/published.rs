//! The ranges that the authors of strong recipes search, as data, and the space that they make around a recipe.

use kitae_data::schema::Kind;
use kitae_data::target::Task;
use kitae_train::optimiser::OptimiserConfig;
use kitae_train::{Problem, Recipe};
use toml::{Table, Value};

use crate::keys::{at, nested};
use crate::tune::range::Range;
use crate::tune::space::{Axis, Space, When, Write};

const REALMLP: &str = "Holzmüller et al. 2024, search space for TabArena in pytabkit 1.7.2";
const REALMLP_PAPER: &str = "Holzmüller et al. 2024, search space of the paper";
const TABM: &str = "Gorishniy et al. 2025 (TabM), search space";
const SIMPLE_NETS: &str = "Kadra et al. 2021 (Well-tuned Simple Nets), table 1";

/// A lever with the range that was published.
struct Published {
    name: &'static str,
    key: &'static str,
    write: Write,
    draft: Draft,
    needs: Needs,
    source: &'static str,
}

/// A range before it meets a recipe.
enum Draft {
    Words(&'static [&'static str]),
    Uniform(f64, f64),
    Log(f64, f64),
    Whole(u32, u32),
    LogWhole(u32, u32),
    /// The published range belongs to Adam in the NTK parametrisation; elsewhere a factor of four either way.
    Rate(f64, f64),
    /// At most twice the recipe's own width, so that no trial takes more than some four times as long.
    Width(u32, u32),
}

/// Where a lever has something to say.
#[derive(Clone, Copy, PartialEq)]
enum Needs {
    Nothing,
    /// Classes as the target.
    Classes,
    /// Numbers or times among the columns.
    Numbers,
    /// Categories among the columns.
    Categories,
    /// Hidden layers of one width.
    Layers,
    /// Another lever has chosen this word.
    Choice(&'static str, &'static str),
}

use Draft::{Log, LogWhole, Rate, Uniform, Whole, Width, Words};
use Needs::{Categories, Choice, Classes, Layers, Nothing, Numbers};

const fn plain(
    name: &'static str,
    key: &'static str,
    draft: Draft,
    needs: Needs,
    source: &'static str,
) -> Published {
    Published { name, key, write: Write::Plain, draft, needs, source }
}

/// A lever that chooses stands before those that depend on it.
const PUBLISHED: [Published; 22] = [
    plain("learning rate", "training.learning_rate", Rate(0.02, 0.3), Nothing, REALMLP),
    Published {
        name: "layers",
        key: "network.hidden",
        write: Write::Depth,
        draft: Whole(1, 4),
        needs: Layers,
        source: TABM,
    },
    Published {
        name: "width",
        key: "network.hidden",
        write: Write::Width,
        draft: Width(64, 1024),
        needs: Layers,
        source: TABM,
    },
    plain("dropout", "network.dropout", Uniform(0.0, 0.5), Nothing, REALMLP),
    plain("weight decay", "training.weight_decay", Log(1e-3, 5e-2), Nothing, REALMLP),
    Published {
        name: "1 - beta2",
        key: "optimiser.beta2",
        write: Write::Complement,
        draft: Log(5e-3, 5e-2),
        needs: Nothing,
        source: REALMLP,
    },
    plain("activation", "network.activation", Words(&["relu", "selu", "mish"]), Nothing, REALMLP_PAPER),
    plain("skip", "network.skip", Words(&["none", "residual"]), Layers, SIMPLE_NETS),
    plain(
        "number embedding",
        "network.number_embedding.kind",
        Words(&["none", "periodic", "piecewise_linear"]),
        Numbers,
        REALMLP_PAPER,
    ),
    plain(
        "frequencies' sigma",
        "network.number_embedding.sigma",
        Log(1e-2, 50.0),
        Choice("number embedding", "periodic"),
        REALMLP,
    ),
    plain(
        "frequencies' rate",
        "training.groups.number_embedding.learning_rate",
        Log(0.05, 0.3),
        Choice("number embedding", "periodic"),
        REALMLP,
    ),
    plain(
        "bins",
        "network.number_embedding.n_bins",
        LogWhole(2, 128),
        Choice("number embedding", "piecewise_linear"),
        TABM,
    ),
    plain(
        "bins' width",
        "network.number_embedding.d_embedding",
        LogWhole(8, 32),
        Choice("number embedding", "piecewise_linear"),
        TABM,
    ),
    plain(
        "input scales' rate",
        "training.groups.input_scale.learning_rate",
        Log(2.0, 10.0),
        Nothing,
        REALMLP,
    ),
    plain("label smoothing", "objective.label_smoothing", Uniform(0.0, 0.1), Classes, REALMLP),
    plain("one-hot levels", "preprocess.one_hot_max_levels", LogWhole(3, 32), Categories, REALMLP),
    plain("category width", "network.d_embedding", LogWhole(4, 16), Categories, REALMLP),
    plain(
        "mixing",
        "training.mixing.kind",
        Words(&["none", "mixup", "cut_mix", "cut_out"]),
        Nothing,
        SIMPLE_NETS,
    ),
    // Kadra et al. search magnitudes from 0 to 1; 0 is the choice of another kind.
    plain(
        "mixup's alpha",
        "training.mixing.alpha",
        Uniform(0.01, 1.0),
        Choice("mixing", "mixup"),
        SIMPLE_NETS,
    ),
    plain(
        "cutmix's chance",
        "training.mixing.probability",
        Uniform(0.01, 1.0),
        Choice("mixing", "cut_mix"),
        SIMPLE_NETS,
    ),
    plain(
        "cutout's chance",
        "training.mixing.probability",
        Uniform(0.01, 1.0),
        Choice("mixing", "cut_out"),
        SIMPLE_NETS,
    ),
    // All columns blanked would leave nothing to learn from.
    plain(
        "cutout's share",
        "training.mixing.share",
        Uniform(0.01, 0.9),
        Choice("mixing", "cut_out"),
        SIMPLE_NETS,
    ),
];

/// The share of random draws that the recipe's own choice gets, as the default has in the published space of
/// RealMLP for its shape and its input scales.
const OWN_SHARE: f64 = 0.6;

/// The published ranges that fit a recipe and its rows. Each is stretched to hold the recipe's own value; a lever
/// that the recipe cannot take (a skip between layers where there are none, β₂ of another optimiser) is left out.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/moons.in")); }
/// use kitae_lab::tune::space;
///
/// let (problem, recipe) = moons::problem_and_recipe()?;
/// let space = space(&problem, &recipe);
/// let names: Vec<&str> = space.axes.iter().map(|axis| axis.name.as_str()).collect();
/// // Moons have classes, and no categories among their columns.
/// assert!(names.contains(&"label smoothing") && !names.contains(&"one-hot levels"));
/// assert!(space.axes.iter().all(|axis| !axis.source.is_empty()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
        write: published.write,
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
    match published.write {
        Write::Depth => Some(Value::Integer(hidden.len() as i64)),
        Write::Width => hidden.first().map(|width| Value::Integer(*width as i64)),
        Write::Complement => Some(Value::Float(1.0 - at(resolved, published.key)?.as_float()?)),
        // Each kind of a lever has keys of its own, some by the same name.
        Write::Plain if !belongs(published, resolved) => None,
        Write::Plain => at(resolved, published.key).cloned(),
    }
}

/// Whether the recipe's own kind is the one that a lever depends on.
fn belongs(published: &Published, resolved: &Table) -> bool {
    let Choice(name, word) = published.needs else { return true };
    let parent = PUBLISHED.iter().find(|other| other.name == name);
    parent.and_then(|parent| at(resolved, parent.key)?.as_str()) == Some(word)
}

fn range(published: &Published, own: Option<&Value>, problem: &Problem, recipe: &Recipe) -> Option<Range> {
    let number = own.and_then(|value| value.as_float().or(value.as_integer().map(|whole| whole as f64)));
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
        // Zero has no logarithm: a recipe without the lever keeps its zero as the first trial.
        let low = if stretched_low > 0.0 { stretched_low } else { low };
        Range::Log { low, high: stretched_high }
    };
    match published.draft {
        Words(words) => choice(words, own, published.key, problem, recipe),
        Uniform(low, high) => {
            let (low, high) = stretched(low, high);
            Some(Range::Uniform { low, high })
        }
        Log(low, high) => Some(log(low, high)),
        Rate(low, high) if is_realmlp_like(recipe) => Some(log(low, high)),
        Rate(..) => number.map(|rate| Range::Log { low: rate / 4.0, high: rate * 4.0 }),
        Whole(low, high) => {
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
    let is_ntk =
        Value::try_from(recipe.network.parametrisation).is_ok_and(|word| word.as_str() == Some("ntk"));
    is_adam && is_ntk
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
    let number = || value.as_float().or(value.as_integer().map(|whole| whole as f64));
    match range {
        Range::Choice { values, .. } => {
            values.iter().position(|other| other == value).map(|position| position as f64)
        }
        Range::Uniform { low, high } | Range::Log { low, high } => {
            number().filter(|number| (*low..=*high).contains(number))
        }
        Range::Whole { low, high } | Range::LogWhole { low, high } => {
            number().filter(|number| (f64::from(*low)..=f64::from(*high)).contains(number))
        }
    }
}

/// Whether both ends of a range fit the recipe, the choice that the lever depends on being made.
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
