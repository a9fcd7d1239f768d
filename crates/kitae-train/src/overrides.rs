//! Laying what a user wrote over a recipe, and checking the result.

use kitae_data::target::Task;
use kitae_eval::TaskKind;
use kitae_model::{MAX_MEMBERS, Normalisation};
use toml::{Table, Value};

use crate::error::RecipeError;
use crate::mixing::Mixing;
use crate::objective::Objective;
use crate::optimiser::Clip;
use crate::preset::Facts;
use crate::recipe::{Feeding, Recipe, Scheme};
use crate::stopping::Stopping;

impl Recipe {
    /// This recipe with the keys of `changes` merged into it. A table is merged key by key; where its
    /// `kind` changes, the whole table is replaced. Some levers bring others, unless `changes` says otherwise:
    ///
    /// - L-BFGS brings full batches and no decoupled decay, which it needs;
    /// - splits by groups or by time bring five folds at most and 15 % validation rows at least;
    /// - `metric` brings the `validation_metric`;
    /// - SWA, an average of the last epochs, brings all epochs, and so does a schedule of another shape where the
    ///   rule for stopping is that of the presets, which was made for theirs.
    ///
    /// Merge several changes ([`merge`]) before they are merged into a recipe: what one of them says is
    /// then not undone by what another brings. `objective.class_weights = "balanced"` stands for weights inverse to the
    /// class counts in `facts`.
    ///
    /// # Errors
    ///
    /// A key that does not exist, a value of the wrong type, or a value out of its range.
    pub fn with(&self, changes: &Table, facts: &Facts) -> Result<Self, RecipeError> {
        let mut base = self.clone();
        if keeps_rows_together(changes) {
            base.split.coarsen();
        }
        if wants_all_epochs(self, changes) {
            base.stopping = Stopping::Never;
        }
        let mut merged = Table::try_from(base).map_err(|error| RecipeError(error.to_string()))?;
        if wants_lbfgs(changes) {
            merge(&mut merged, &lbfgs_companions());
        }
        if let Some(metric) = changes.get("metric") {
            merged.insert("validation_metric".into(), metric.clone());
        }
        merge(&mut merged, changes);
        as_text(&mut merged, "positive");
        balance(&mut merged, facts);
        let recipe: Self = merged.try_into().map_err(|error: toml::de::Error| {
            RecipeError(format!("the recipe does not fit: {}", in_plain_words(&error.to_string())))
        })?;
        recipe.check(facts)?;
        Ok(recipe)
    }

    /// Checks every range and every pair of levers that exclude each other.
    ///
    /// # Errors
    ///
    /// The first violation: what was expected and what came.
    pub fn check(&self, facts: &Facts) -> Result<(), RecipeError> {
        self.stopping.check().map_err(RecipeError)?;
        self.check_task(facts)?;
        self.check_split()?;
        self.check_network()?;
        self.check_training()
    }

    fn check_task(&self, facts: &Facts) -> Result<(), RecipeError> {
        let classes = self.task == Task::Classification;
        require(self.task == facts.task, || {
            format!("`task` must be {} for this target, got {}", name(facts.task), name(self.task))
        })?;
        let kind = match (self.task, facts.class_counts.len()) {
            (Task::Regression, _) => TaskKind::Regression,
            (Task::Classification, 0..=2) => TaskKind::Binary,
            (Task::Classification, _) => TaskKind::Multiclass,
        };
        for (key, metric) in [("metric", self.metric), ("validation_metric", self.validation_metric)] {
            require(metric.is_defined_for(kind), || {
                format!("`{key}` is {metric}, which is not for a target of {}", values(kind))
            })?;
        }
        require(self.objective.is_classification() == classes, || {
            let objective = Value::try_from(&self.objective).ok();
            let word = objective.as_ref().and_then(|objective| objective.get("kind")?.as_str());
            let word = word.unwrap_or("another");
            format!("`objective` is {word}, which is not for a target of {}", values(kind))
        })?;
        self.objective.check(facts.class_counts.len()).map_err(RecipeError)?;
        self.check_target_scale()
    }

    fn check_target_scale(&self) -> Result<(), RecipeError> {
        let scale = self.target_scale.name();
        require(self.task == Task::Regression || !self.target_scale.is_logarithm(), || {
            format!("`target_scale` is {scale}, which is not for a target of classes")
        })?;
        require(self.objective != Objective::Poisson || !self.target_scale.is_logarithm(), || {
            format!(
                "`objective` poisson learns the logarithm of a rate from the counts themselves: `target_scale` \
                 must be standard, got {scale}"
            )
        })
    }

    fn check_split(&self) -> Result<(), RecipeError> {
        share("split.validation_share", self.split.validation_share)?;
        match self.split.scheme {
            Scheme::HoldOut { held_out_share } => share("split.scheme.held_out_share", held_out_share),
            Scheme::KFold { n_folds, n_repeats } => {
                within("split.scheme.n_folds", n_folds, 2, 65_535)?;
                within("split.scheme.n_repeats", n_repeats, 1, 10_000)
            }
        }
    }

    fn check_network(&self) -> Result<(), RecipeError> {
        let network = &self.network;
        let rates = network.dropout.rates(network.hidden.len());
        require(rates.len() == network.hidden.len(), || {
            format!(
                "`network.dropout` must have one rate for each of the {} hidden layers, got {}",
                network.hidden.len(),
                rates.len()
            )
        })?;
        for rate in rates {
            require((0.0..1.0).contains(&rate), || {
                format!("`network.dropout` must be in [0, 1), got {rate}")
            })?;
        }
        require(network.hidden.len() <= 60, || "`network.hidden` has more than 60 layers".into())?;
        for width in &network.hidden {
            within("network.hidden", *width, 1, 65_536)?;
        }
        within("network.d_embedding", network.d_embedding, 1, 4096)?;
        network.number_embedding.check("network.number_embedding").map_err(RecipeError)?;
        within("network.ensemble.n_members", network.ensemble.n_members(), 1, MAX_MEMBERS)?;
        let online = self.training.feeding == Feeding::Online;
        require(!(online && network.normalisation == Normalisation::Batch), || {
            "batch norm needs batches of two rows or more: `training.feeding` cannot be online".into()
        })
    }

    fn check_training(&self) -> Result<(), RecipeError> {
        let training = &self.training;
        within("training.epochs", training.epochs, 1, 10_000_000)?;
        within("training.members", training.members, 1, 10_000)?;
        if let Feeding::Mini { rows } = training.feeding {
            within("training.feeding.rows", rows, 2, usize::MAX)?;
        }
        let positive = |key, value: f64| {
            require(value.is_finite() && value > 0.0, || format!("`{key}` must be positive, got {value}"))
        };
        positive("training.learning_rate", training.learning_rate)?;
        positive("training.max_norm", training.max_norm.unwrap_or(1.0))?;
        let penalties = [("weight_decay", training.weight_decay), ("l1", training.l1), ("l2", training.l2)];
        for (key, value) in penalties {
            require(value.is_finite() && value >= 0.0, || {
                format!("`training.{key}` must be zero or more, got {value}")
            })?;
        }
        let checks = [
            self.optimiser.check("optimiser"),
            training.schedule.check("training.schedule"),
            training.weight_decay_schedule.check("training.weight_decay_schedule"),
            training.dropout_schedule.check("training.dropout_schedule"),
            training.clip.check("training.clip"),
            training.groups.check("training.groups"),
            training.mixing.check("training.mixing"),
            training.averaging.check("training.averaging"),
            training.plateau.map_or(Ok(()), |plateau| plateau.check("training.plateau")),
        ];
        checks.into_iter().collect::<Result<(), String>>().map_err(RecipeError)?;
        require(!(training.mixing.needs_partners() && training.feeding == Feeding::Online), || {
            "mixing needs batches of two rows or more: `training.feeding` cannot be online".into()
        })?;
        if self.optimiser.is_lbfgs() { self.check_lbfgs() } else { Ok(()) }
    }

    /// A lever of the loss or of a step that L-BFGS cannot use is refused; the learning rate and its course, which every
    /// recipe has, are left unused.
    fn check_lbfgs(&self) -> Result<(), RecipeError> {
        let training = &self.training;
        require(training.feeding == Feeding::Full, || {
            "L-BFGS needs the whole gradient: set `training.feeding` to full".into()
        })?;
        require(training.l1 == 0.0, || "L-BFGS needs a smooth loss: set `training.l1` to 0".into())?;
        let unused = [
            ("weight_decay", training.weight_decay != 0.0),
            ("max_norm", training.max_norm.is_some()),
            ("clip", training.clip != Clip::None),
            ("plateau", training.plateau.is_some()),
            ("mixing", training.mixing != Mixing::None),
        ];
        match unused.iter().find(|(_, is_set)| *is_set) {
            None => Ok(()),
            Some((key, _)) => Err(RecipeError(format!("L-BFGS cannot use `training.{key}`: leave it out"))),
        }
    }
}

/// A class may be called by a number.
fn as_text(merged: &mut Table, key: &str) {
    let is_plain = |value: &Value| value.is_integer() || value.is_float() || value.is_bool();
    if let Some(value) = merged.get_mut(key).filter(|value| is_plain(value)) {
        *value = Value::String(value.to_string());
    }
}

/// What serde says of a value, on one line and in the words of a recipe rather than of Rust.
fn in_plain_words(message: &str) -> String {
    let message = message.trim().replace('\n', " ");
    let message = message.replace("unknown field", "unknown key").replace("missing field", "missing key");
    let message = message.replace("unknown variant", "unknown value");
    let Some((found, expected)) = message.split_once(", expected ") else { return message };
    let found = found.replace("invalid type: map", "invalid type: a table");
    let found = found.replace("invalid type: sequence", "invalid type: a list");
    let (expected, place) = expected.rsplit_once(" in `").unwrap_or((expected, ""));
    let expected = match expected {
        "usize" | "u64" => "a whole number from 0 on",
        "f64" => "a number",
        "a sequence" => "a list",
        _ if expected.starts_with("struct ") => "a table",
        _ if expected.contains("tagged enum ") => "a table with a `kind`",
        _ => expected,
    };
    let place = if place.is_empty() { String::new() } else { format!(" in `{place}") };
    if expected == "string only" {
        return format!("expected a word{place}");
    }
    format!("{found}, expected {expected}{place}")
}

/// Whether rows are to be split by groups or by time.
fn keeps_rows_together(changes: &Table) -> bool {
    let kind = || changes.get("split")?.get("by")?.get("kind")?.as_str();
    matches!(kind(), Some("group" | "time"))
}

/// Whether what is changed makes sense at the end of all epochs alone. The presets' rule is the one whose `patience` is 0,
/// and their schedule is coslog.
fn wants_all_epochs(recipe: &Recipe, changes: &Table) -> bool {
    let kind = |keys: &[&str]| {
        let training = changes.get("training")?;
        keys.iter().try_fold(training, |value, key| value.get(key))?.get("kind")?.as_str()
    };
    let has_presets_rule = matches!(recipe.stopping, Stopping::Early { patience: 0, .. });
    let another_shape = || kind(&["schedule", "shape"]).is_some_and(|kind| kind != "coslog");
    let averages_the_end = || kind(&["averaging"]) == Some("swa");
    !changes.contains_key("stopping") && (averages_the_end() || has_presets_rule && another_shape())
}

fn wants_lbfgs(changes: &Table) -> bool {
    changes.get("optimiser").and_then(|optimiser| optimiser.get("kind")?.as_str()) == Some("lbfgs")
}

fn lbfgs_companions() -> Table {
    let full = Table::from_iter([("kind".to_string(), Value::from("full"))]);
    let training =
        [("weight_decay".to_string(), Value::from(0.0)), ("feeding".to_string(), Value::Table(full))];
    Table::from_iter([("training".to_string(), Value::Table(Table::from_iter(training)))])
}

/// Lays `changes` over `base` as [`Recipe::with`] does: key by key, but a table whose `kind` changes is
/// replaced.
pub fn merge(base: &mut Table, changes: &Table) {
    for (key, change) in changes {
        match (base.get_mut(key), change) {
            (Some(Value::Table(old)), Value::Table(new)) if same_kind(old, new) => merge(old, new),
            _ => {
                base.insert(key.clone(), change.clone());
            }
        }
    }
}

fn same_kind(old: &Table, new: &Table) -> bool {
    new.get("kind").is_none_or(|kind| old.get("kind") == Some(kind))
}

/// Weights n / (classes · count), as scikit-learn's `class_weight="balanced"`.
fn balance(recipe: &mut Table, facts: &Facts) {
    let Some(Value::Table(objective)) = recipe.get_mut("objective") else { return };
    if objective.get("class_weights").and_then(Value::as_str) != Some("balanced") {
        return;
    }
    let total: usize = facts.class_counts.iter().sum();
    let weight = |count: &usize| total as f64 / (facts.class_counts.len() * (*count).max(1)) as f64;
    let weights = facts.class_counts.iter().map(|count| Value::Float(weight(count))).collect();
    objective.insert("class_weights".into(), Value::Array(weights));
}

fn name(task: Task) -> &'static str {
    match task {
        Task::Classification => "classification",
        Task::Regression => "regression",
    }
}

fn values(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Regression => "numbers",
        TaskKind::Binary => "two classes",
        TaskKind::Multiclass => "three classes or more",
    }
}

fn require(holds: bool, message: impl Fn() -> String) -> Result<(), RecipeError> {
    if holds { Ok(()) } else { Err(RecipeError(message())) }
}

fn share(key: &str, value: f64) -> Result<(), RecipeError> {
    require(value > 0.0 && value < 1.0, || format!("`{key}` must be between 0 and 1, got {value}"))
}

fn within(key: &str, value: usize, low: usize, high: usize) -> Result<(), RecipeError> {
    require((low..=high).contains(&value), || {
        let range = if high == usize::MAX { format!("at least {low}") } else { format!("{low} to {high}") };
        format!("`{key}` must be {range}, got {value}")
    })
}
