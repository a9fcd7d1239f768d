//! The levers that are tried around a recipe.

use kitae_data::preprocess::TargetTransform;
use kitae_data::target::{Target, Task};
use kitae_train::recipe;
use kitae_train::{Facts, Problem, Recipe, nested};
use serde::{Deserialize, Serialize};

use crate::lever::Family::{
    self, Activation, Averaging, Blend, Dropout, Ensemble, Epochs, Feeding, Loss, Mixing, Normalisation,
    NumberEmbedding, Optimiser, Penalty, Schedule, Shape, Start,
};
use crate::lever::{Lever, RATES};

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its name.
    pub lever: String,
    /// Why it does not fit.
    pub reason: String,
}

/// A lever that means the same around any recipe: its name, its family, and what it changes as TOML.
type Candidate = (&'static str, Family, &'static str);

/// The order is that of the gains of single levers in Kadra et al. 2021 (Well-tuned Simple Nets, 40 tables):
/// mixed rows, dropout, batch norm, skip connections, decay, averages; then what Holzmüller et al. 2024
/// (Better by Default) found to matter: embeddings of numbers, β₂, schedule, activation, initialisation.
const CANDIDATES: &[Candidate] = &[
    ("cutmix", Mixing, "training.mixing.kind = 'cut_mix'"),
    ("cutout", Mixing, "training.mixing.kind = 'cut_out'"),
    ("mixup", Mixing, "training.mixing.kind = 'mixup'"),
    ("no dropout", Dropout, "network.dropout = 0.0"),
    ("dropout 0.15", Dropout, "network.dropout = 0.15"),
    ("dropout 0.3", Dropout, "network.dropout = 0.3"),
    ("batch norm", Normalisation, "network.normalisation = 'batch'"),
    ("layer norm", Normalisation, "network.normalisation = 'layer'"),
    ("no norm", Normalisation, "network.normalisation = 'none'"),
    ("residual", Shape, "network.skip = 'residual'"),
    ("weight decay 0", Penalty, "training.weight_decay = 0.0"),
    ("weight decay 0.1", Penalty, "training.weight_decay = 0.1"),
    ("SWA", Averaging, "training.averaging.kind = 'swa'"),
    ("EMA", Averaging, "training.averaging.kind = 'ema'"),
    ("no embedding", NumberEmbedding, "network.number_embedding.kind = 'none'"),
    ("periodic embedding", NumberEmbedding, "network.number_embedding.kind = 'periodic'"),
    ("piecewise embedding", NumberEmbedding, "network.number_embedding.kind = 'piecewise_linear'"),
    ("relu", Activation, "network.activation = 'relu'"),
    ("selu", Activation, "network.activation = 'selu'"),
    ("mish", Activation, "network.activation = 'mish'"),
    ("gelu", Activation, "network.activation = 'gelu'"),
    ("fixed slope", Activation, "network.slope = 'fixed'"),
    ("Adam, β₂ 0.999", Optimiser, "optimiser = { kind = 'adam', beta2 = 0.999 }"),
    (SGD, Optimiser, "optimiser = { kind = 'sgd', momentum = 0.9, acceleration = 'nesterov' }"),
    (LION, Optimiser, "optimiser.kind = 'lion'"),
    ("Muon", Optimiser, "optimiser.kind = 'muon'"),
    ("constant rate", Schedule, "training.schedule.shape.kind = 'constant'"),
    ("cosine", Schedule, "training.schedule.shape.kind = 'cosine'"),
    ("one cycle", Schedule, "training.schedule.shape.kind = 'one_cycle'"),
    ("coslog", Schedule, "training.schedule.shape.kind = 'coslog'"),
    ("no input scale", Start, "network.input_scale = 'none'"),
    (HE_START, Start, "network = { parametrisation = 'standard', initialiser = 'he_normal' }"),
    ("L1 1e-5", Penalty, "training.l1 = 1e-5"),
    ("L2 1e-4", Penalty, "training.l2 = 1e-4"),
    ("max norm 3", Penalty, "training.max_norm = 3.0"),
    ("early stopping", Epochs, "stopping.kind = 'early'"),
    ("no early stopping", Epochs, "stopping.kind = 'never'"),
    ("TabM, 8 members", Ensemble, "network.ensemble = { kind = 'tab_m_mini', n_members = 8 }"),
    ("2 networks a fold", Ensemble, "training.members = 2"),
    ("linear share", Blend, "blend = 'linear'"),
    ("no linear share", Blend, "blend = 'none'"),
];

const OF_CLASSES: &[Candidate] = &[
    ("label smoothing 0.1", Loss, "objective.label_smoothing = 0.1"),
    ("balanced classes", Loss, "objective.class_weights = 'balanced'"),
];

const OF_VALUES: &[Candidate] = &[
    ("Huber loss", Loss, "objective = { kind = 'huber', delta = 1.0 }"),
    ("absolute error", Loss, "objective.kind = 'mean_absolute'"),
];

const SGD: &str = "SGD, momentum 0.9";
const LION: &str = "Lion";
const HE_START: &str = "He start";

/// Factors of the recipe's learning rate to try with a lever.
fn rates(name: &str) -> Vec<f64> {
    let rates = match name {
        // Another rule of steps has another scale.
        SGD => [0.1, 0.02, 0.5],
        LION => [0.2, 0.1, 0.4],
        // Weights of a layer with n inputs are √n times smaller here than in the NTK parametrisation.
        HE_START => [0.1, 0.03, 0.3],
        _ => RATES,
    };
    rates.to_vec()
}

/// Makes the menu of a recipe: every lever of a training that does not already stand as the menu would put
/// it.
pub fn menu(recipe: &Recipe, facts: &Facts) -> Menu {
    let mut menu = Menu { levers: Vec::new(), refused: Vec::new() };
    let of_task = match facts.task {
        Task::Classification => OF_CLASSES,
        Task::Regression => OF_VALUES,
    };
    let of_table = around(recipe, facts);
    for lever in CANDIDATES.iter().chain(of_task).filter_map(fixed).chain(of_table) {
        menu.add(lever, recipe, facts);
    }
    menu
}

impl Menu {
    /// Adds the levers that are for the target's own values: the logarithm of one that is never negative and
    /// spans a power of ten.
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
        Lever::new(name, Loss, nested("target_scale", transform.name().into()))
    };
    vec![lever("logarithm of the target", logarithm), lever("target as it is", TargetTransform::Standard)]
}

fn fixed((name, family, changes): &Candidate) -> Option<Lever> {
    let changes = changes.parse().ok()?;
    Some(Lever { name: (*name).to_owned(), family: *family, changes, rates: rates(name) })
}

/// Rows up to which single rows are fed: an epoch has as many steps as rows.
const ONLINE_ROWS: usize = 1_000;

/// Levers whose values follow from the recipe's own.
fn around(recipe: &Recipe, facts: &Facts) -> Vec<Lever> {
    let mut levers = Vec::new();
    let mut add = |name: String, family: Family, changes: String| {
        levers.extend(changes.parse().ok().map(|changes| Lever::new(name, family, changes)));
    };
    if let recipe::Feeding::Mini { rows } = recipe.training.feeding {
        for rows in [rows / 4, rows * 4] {
            if rows >= 8 && rows < facts.n_rows {
                add(format!("batches of {rows}"), Feeding, format!("training.feeding.rows = {rows}"));
            }
        }
    }
    let kinds = [("full batch", "full", usize::MAX), ("single rows", "online", ONLINE_ROWS)];
    for (name, kind, most_rows) in kinds {
        if facts.n_rows <= most_rows {
            add(name.to_owned(), Feeding, format!("training.feeding.kind = '{kind}'"));
        }
    }
    for epochs in [recipe.training.epochs / 2, recipe.training.epochs * 2] {
        if epochs > 0 {
            add(format!("{epochs} epochs"), Epochs, format!("training.epochs = {epochs}"));
        }
    }
    let hidden = &recipe.network.hidden;
    if let Some(last) = hidden.last() {
        let wider: Vec<usize> = hidden.iter().map(|width| width * 2).collect();
        add("twice as wide".to_owned(), Shape, format!("network.hidden = {wider:?}"));
        let deeper: Vec<usize> = hidden.iter().chain([last]).copied().collect();
        add("a layer more".to_owned(), Shape, format!("network.hidden = {deeper:?}"));
    }
    levers
}

#[cfg(test)]
mod tests {
    use kitae_train::{Preset, SplitBy};

    use super::*;

    fn facts(task: Task) -> Facts {
        let class_counts = if task == Task::Classification { vec![150, 150] } else { Vec::new() };
        Facts { task, n_rows: 300, n_columns: 4, class_counts, by: SplitBy::Target }
    }

    #[test]
    fn every_candidate_can_be_read_and_fits_the_presets_or_says_why() {
        for candidate in CANDIDATES.iter().chain(OF_CLASSES).chain(OF_VALUES) {
            assert!(fixed(candidate).is_some(), "{}", candidate.0);
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
