//! The levers that are tried around a recipe.

use kitae_data::preprocess::TargetTransform;
use kitae_data::target::{Target, Task};
use kitae_train::recipe::Feeding;
use kitae_train::{Facts, Problem, Recipe};
use serde::{Deserialize, Serialize};
use toml::Value;

use crate::keys::nested;
use crate::lever::{Family, Lever, RATES};

/// The levers that differ from a recipe and fit it, in the order in which to try them, and those that do not
/// fit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Menu {
    /// To be tried.
    pub levers: Vec<Lever>,
    /// Levers that contradict the recipe.
    pub refused: Vec<Refused>,
}

/// A lever that contradicts the recipe.
///
/// ```
/// use kitae_lab::Refused;
///
/// let refused = Refused { lever: "batch norm".into(), reason: "batches of one row".into() };
/// assert_eq!(refused.clone(), refused);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its name.
    pub lever: String,
    /// Why it does not fit.
    pub reason: String,
}

/// A lever that means the same around any recipe.
struct Candidate(&'static str, Family, &'static str, Rates);

/// Learning rates to try beside the recipe's.
enum Rates {
    Usual,
    /// Another rule of steps has another scale.
    Factors([f64; 3]),
}

use Rates::{Factors, Usual};

/// The order is that of the gains of single levers in Kadra et al. 2021 (Well-tuned Simple Nets, 40 tables):
/// mixed rows, dropout, batch norm, skip connections, decay, averages; then what Holzmüller et al. 2024
/// (Better by Default) found to matter: embeddings of numbers, β₂, schedule, activation, initialisation.
const CANDIDATES: [Candidate; 41] = [
    Candidate("cutmix", Family::Mixing, "training.mixing = { kind = 'cut_mix' }", Usual),
    Candidate("cutout", Family::Mixing, "training.mixing = { kind = 'cut_out' }", Usual),
    Candidate("mixup", Family::Mixing, "training.mixing = { kind = 'mixup' }", Usual),
    Candidate("no dropout", Family::Dropout, "network.dropout = 0.0", Usual),
    Candidate("dropout 0.15", Family::Dropout, "network.dropout = 0.15", Usual),
    Candidate("dropout 0.3", Family::Dropout, "network.dropout = 0.3", Usual),
    Candidate("batch norm", Family::Normalisation, "network.normalisation = 'batch'", Usual),
    Candidate("layer norm", Family::Normalisation, "network.normalisation = 'layer'", Usual),
    Candidate("no norm", Family::Normalisation, "network.normalisation = 'none'", Usual),
    Candidate("residual", Family::Shape, "network.skip = 'residual'", Usual),
    Candidate("weight decay 0", Family::Penalty, "training.weight_decay = 0.0", Usual),
    Candidate("weight decay 0.1", Family::Penalty, "training.weight_decay = 0.1", Usual),
    Candidate("SWA", Family::Averaging, "training.averaging = { kind = 'swa' }", Usual),
    Candidate("EMA", Family::Averaging, "training.averaging = { kind = 'ema' }", Usual),
    Candidate("no embedding", Family::NumberEmbedding, "network.number_embedding = { kind = 'none' }", Usual),
    Candidate(
        "periodic embedding",
        Family::NumberEmbedding,
        "network.number_embedding = { kind = 'periodic' }",
        Usual,
    ),
    Candidate(
        "piecewise embedding",
        Family::NumberEmbedding,
        "network.number_embedding = { kind = 'piecewise_linear' }",
        Usual,
    ),
    Candidate("relu", Family::Activation, "network.activation = 'relu'", Usual),
    Candidate("selu", Family::Activation, "network.activation = 'selu'", Usual),
    Candidate("mish", Family::Activation, "network.activation = 'mish'", Usual),
    Candidate("gelu", Family::Activation, "network.activation = 'gelu'", Usual),
    Candidate("fixed slope", Family::Activation, "network.slope = 'fixed'", Usual),
    Candidate("Adam, β₂ 0.999", Family::Optimiser, "optimiser = { kind = 'adam', beta2 = 0.999 }", Usual),
    Candidate(
        "SGD, momentum 0.9",
        Family::Optimiser,
        "optimiser = { kind = 'sgd', momentum = 0.9, acceleration = 'nesterov' }",
        Factors([0.1, 0.02, 0.5]),
    ),
    Candidate("Lion", Family::Optimiser, "optimiser = { kind = 'lion' }", Factors([0.2, 0.1, 0.4])),
    Candidate("Muon", Family::Optimiser, "optimiser = { kind = 'muon' }", Usual),
    Candidate("constant rate", Family::Schedule, "training.schedule.shape = { kind = 'constant' }", Usual),
    Candidate("cosine", Family::Schedule, "training.schedule.shape = { kind = 'cosine' }", Usual),
    Candidate("one cycle", Family::Schedule, "training.schedule.shape = { kind = 'one_cycle' }", Usual),
    Candidate("coslog", Family::Schedule, "training.schedule.shape = { kind = 'coslog' }", Usual),
    Candidate("no input scale", Family::Start, "network.input_scale = 'none'", Usual),
    Candidate(
        "He start",
        Family::Start,
        "network.parametrisation = 'standard'\nnetwork.initialiser = 'he_normal'",
        // Weights of a layer with n inputs are √n times smaller here than in the NTK parametrisation.
        Factors([0.1, 0.03, 0.3]),
    ),
    Candidate("L1 1e-5", Family::Penalty, "training.l1 = 1e-5", Usual),
    Candidate("L2 1e-4", Family::Penalty, "training.l2 = 1e-4", Usual),
    Candidate("max norm 3", Family::Penalty, "training.max_norm = 3.0", Usual),
    Candidate("early stopping", Family::Epochs, "stopping = { kind = 'early' }", Usual),
    Candidate("no early stopping", Family::Epochs, "stopping = { kind = 'never' }", Usual),
    Candidate(
        "TabM, 8 members",
        Family::Ensemble,
        "network.ensemble = { kind = 'tab_m_mini', n_members = 8 }",
        Usual,
    ),
    Candidate("2 networks a fold", Family::Ensemble, "training.members = 2", Usual),
    Candidate("linear share", Family::Blend, "blend = 'linear'", Usual),
    Candidate("no linear share", Family::Blend, "blend = 'none'", Usual),
];

const OF_CLASSES: [Candidate; 2] = [
    Candidate("label smoothing 0.1", Family::Loss, "objective.label_smoothing = 0.1", Usual),
    Candidate("balanced classes", Family::Loss, "objective.class_weights = 'balanced'", Usual),
];

const OF_VALUES: [Candidate; 2] = [
    Candidate("Huber loss", Family::Loss, "objective = { kind = 'huber', delta = 1.0 }", Usual),
    Candidate("absolute error", Family::Loss, "objective = { kind = 'mean_absolute' }", Usual),
];

/// Makes the menu of a recipe: every lever of a training that does not already stand as the menu would put it.
pub fn menu(recipe: &Recipe, facts: &Facts) -> Menu {
    let mut menu = Menu { levers: Vec::new(), refused: Vec::new() };
    let of_task = match facts.task {
        Task::Classification => OF_CLASSES,
        Task::Regression => OF_VALUES,
    };
    let of_table = around(recipe, facts);
    let always = CANDIDATES.iter().chain(&of_task).filter_map(Candidate::lever);
    for lever in always.chain(of_table) {
        menu.add(lever, recipe, facts);
    }
    menu
}

impl Menu {
    /// Adds the levers that are for the target's own values: the logarithm of one that is never negative and spans a
    /// power of ten.
    #[must_use]
    pub fn with_target(mut self, recipe: &Recipe, problem: &Problem) -> Self {
        if let Target::Values(values) = &problem.target {
            let values = problem.open_rows.iter().map(|row| values[*row as usize]);
            for lever in of_values(values) {
                self.add(lever, recipe, &problem.facts);
            }
        }
        self
    }

    fn add(&mut self, lever: Lever, recipe: &Recipe, facts: &Facts) {
        match lever.recipe(recipe, facts) {
            Ok(switched) if switched == *recipe => {}
            Ok(_) => self.levers.push(lever),
            Err(error) => self.refused.push(Refused { lever: lever.name, reason: error.to_string() }),
        }
    }
}

/// Both ways, as the recipe may have the logarithm already.
fn of_values(values: impl Iterator<Item = f64> + Clone) -> Vec<Lever> {
    let Some(logarithm) = TargetTransform::logarithm_of(values.clone()) else { return Vec::new() };
    let (min, max) = values.fold((f64::MAX, f64::MIN), |(a, b), value| (a.min(value), b.max(value)));
    let shift = if logarithm == TargetTransform::Log { 0.0 } else { 1.0 };
    if max + shift < 10.0 * (min + shift) {
        return Vec::new();
    }
    let lever = |name: &str, transform: TargetTransform| {
        Lever::new(name, Family::Loss, nested("target_scale", transform.name().into()))
    };
    vec![lever("logarithm of the target", logarithm), lever("target as it is", TargetTransform::Standard)]
}

impl Candidate {
    fn lever(&self) -> Option<Lever> {
        let Self(name, family, changes, rates) = self;
        let rates = match rates {
            Rates::Usual => RATES.to_vec(),
            Rates::Factors(factors) => factors.to_vec(),
        };
        let changes = changes.parse().ok()?;
        Some(Lever { name: (*name).to_owned(), family: *family, changes, rates })
    }
}

/// Rows up to which single rows are fed: an epoch has as many steps as rows.
const ONLINE_ROWS: usize = 1_000;

/// Levers whose values follow from the recipe's own.
fn around(recipe: &Recipe, facts: &Facts) -> Vec<Lever> {
    let mut levers = Vec::new();
    let mut add = |name: String, family: Family, key: &str, value: Value| {
        levers.push(Lever::new(name, family, nested(key, value)));
    };
    if let Feeding::Mini { rows } = recipe.training.feeding {
        for rows in [rows / 4, rows * 4] {
            if rows >= 8 && rows < facts.n_rows {
                add(format!("batches of {rows}"), Family::Feeding, "training.feeding.rows", whole(rows));
            }
        }
    }
    let kinds = [("full batch", "full", usize::MAX), ("single rows", "online", ONLINE_ROWS)];
    for (name, kind, most_rows) in kinds {
        if facts.n_rows <= most_rows {
            let value = Value::Table(nested("kind", kind.into()));
            add(name.to_owned(), Family::Feeding, "training.feeding", value);
        }
    }
    for epochs in [recipe.training.epochs / 2, recipe.training.epochs * 2] {
        if epochs > 0 {
            add(format!("{epochs} epochs"), Family::Epochs, "training.epochs", whole(epochs));
        }
    }
    let hidden = &recipe.network.hidden;
    if let Some(last) = hidden.last() {
        let wider: Vec<Value> = hidden.iter().map(|width| whole(width * 2)).collect();
        add("twice as wide".to_owned(), Family::Shape, "network.hidden", Value::Array(wider));
        let deeper: Vec<Value> = hidden.iter().chain([last]).map(|width| whole(*width)).collect();
        add("a layer more".to_owned(), Family::Shape, "network.hidden", Value::Array(deeper));
    }
    levers
}

fn whole(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use kitae_train::Preset;

    use super::*;

    fn facts(task: Task) -> Facts {
        let class_counts = if task == Task::Classification { vec![150, 150] } else { Vec::new() };
        Facts { task, n_rows: 300, n_columns: 4, class_counts }
    }

    #[test]
    fn every_candidate_can_be_read_and_fits_the_presets_or_says_why() {
        for candidate in CANDIDATES.iter().chain(&OF_CLASSES).chain(&OF_VALUES) {
            assert!(candidate.lever().is_some(), "{}", candidate.0);
        }
        for task in [Task::Classification, Task::Regression] {
            for preset in [Preset::Fast, Preset::Balanced, Preset::Best] {
                let menu = menu(&preset.recipe(&facts(task)), &facts(task));
                assert_eq!(menu.refused, [], "{task:?} {preset:?}");
                assert!(menu.levers.len() > 30, "{}", menu.levers.len());
            }
        }
    }

    #[test]
    fn a_logarithm_is_tried_where_the_target_has_one_that_changes_much() {
        let logarithm = |values: &[f64]| {
            let levers = of_values(values.iter().copied());
            levers.first().map(|lever| lever.changes["target_scale"].as_str().unwrap().to_owned())
        };
        assert_eq!(logarithm(&[1.0, 30.0, 4e6]).as_deref(), Some("log"));
        assert_eq!(logarithm(&[0.0, 30.0, 400.0]).as_deref(), Some("log1p"));
        for none in [[-1.0, 30.0, 4e6], [100.0, 110.0, 140.0], [0.0, 1.0, 5.0]] {
            assert_eq!(logarithm(&none), None, "{none:?}");
        }
    }

    #[test]
    fn a_recipe_with_the_logarithm_is_asked_about_the_target_as_it_is() {
        let facts = facts(Task::Regression);
        let names = |changes: &str| {
            let recipe = Preset::Fast.recipe(&facts).with(&changes.parse().unwrap(), &facts).unwrap();
            let mut menu = Menu::default();
            for lever in of_values([1.0, 1e6].into_iter()) {
                menu.add(lever, &recipe, &facts);
            }
            (menu.levers.iter().map(|lever| lever.name.clone()).collect::<Vec<_>>(), menu.refused.len())
        };
        assert_eq!(names(""), (vec!["logarithm of the target".to_owned()], 0));
        assert_eq!(names("target_scale = 'log'"), (vec!["target as it is".to_owned()], 0));
        assert_eq!(names("objective = { kind = 'poisson' }"), (vec![], 1));
    }

    #[test]
    fn names_are_distinct() {
        for task in [Task::Classification, Task::Regression] {
            let menu = menu(&Preset::Fast.recipe(&facts(task)), &facts(task));
            let mut names: Vec<&str> = menu.levers.iter().map(|lever| lever.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), menu.levers.len());
        }
    }

    #[test]
    fn what_the_recipe_already_has_is_not_asked_about() {
        let facts = facts(Task::Regression);
        let names = |changes: &str| -> Vec<String> {
            let recipe = Preset::Fast.recipe(&facts).with(&changes.parse().unwrap(), &facts).unwrap();
            menu(&recipe, &facts).levers.into_iter().map(|lever| lever.name).collect()
        };
        let has = |names: &[String], name: &str| names.iter().any(|other| other == name);
        let before = names("");
        assert!(has(&before, "no dropout") && !has(&before, "dropout 0.15") && !has(&before, "mish"));
        let after = names("network.dropout = 0.0");
        assert!(!has(&after, "no dropout") && has(&after, "dropout 0.15"));
    }
}
