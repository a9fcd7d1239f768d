//! What a user writes becomes one resolved recipe, or one clear error.

use std::num::NonZeroUsize;

use kitae_data::target::Task;
use kitae_model::Ensemble;
use kitae_train::averaging::Averaging;
use kitae_train::mixing::Mixing;
use kitae_train::objective::Objective;
use kitae_train::optimiser::{Clip, OptimiserConfig};
use kitae_train::recipe::{Feeding, NumberEmbedding, Scheme, words_of};
use kitae_train::schedule::Schedule;
use kitae_train::stopping::Stopping;
use kitae_train::{Facts, Preset, Recipe, RecipeError, SplitBy, nested};

fn facts(task: Task) -> Facts {
    let class_counts = if task == Task::Classification { vec![60, 30, 10] } else { Vec::new() };
    Facts { task, n_rows: 100, n_columns: 4, class_counts, by: SplitBy::Target }
}

fn lay(task: Task, changes: &str) -> Result<Recipe, RecipeError> {
    let facts = facts(task);
    Preset::Balanced.recipe(&facts).with(&changes.parse().expect("TOML"), &facts)
}

#[track_caller]
fn refused(changes: &str, expected: &str) {
    let error = lay(Task::Classification, changes).expect_err("must be refused").to_string();
    assert!(error.contains(expected), "`{changes}`: {error}");
}

#[test]
fn every_preset_is_sound_for_both_tasks() {
    for preset in [Preset::Fast, Preset::Balanced, Preset::Best] {
        for task in [Task::Classification, Task::Regression] {
            let facts = facts(task);
            preset.recipe(&facts).check(&facts).expect("a preset is a sound recipe");
        }
    }
}

#[test]
fn a_resolved_recipe_survives_being_written_and_read() {
    let recipe = lay(Task::Classification, "network.dropout = [0.1, 0.2, 0.3]").expect("sound");
    let text = toml::to_string(&recipe).expect("a recipe is TOML");
    assert_eq!(toml::from_str::<Recipe>(&text).expect("and back"), recipe);
}

#[test]
fn a_recipe_of_before_a_lever_was_there_is_read_without_it() {
    let recipe = lay(Task::Classification, "").expect("sound");
    let mut table = toml::Table::try_from(&recipe).expect("a recipe is TOML");
    for (part, key) in LATER_LEVERS {
        let part = table[part].as_table_mut().expect("a table");
        assert!(part.remove(key).is_some(), "{key}");
    }
    assert_eq!(table.try_into::<Recipe>().expect("an old recipe is read"), recipe);
}

/// Keys that recipes of the first versions lack.
const LATER_LEVERS: [(&str, &str); 3] =
    [("training", "mixing"), ("training", "averaging"), ("network", "ensemble")];

#[test]
fn unknown_keys_and_wrong_types_are_refused_by_name() {
    refused("training.epoch = 3", "epoch");
    refused("colour = 'red'", "colour");
    refused("training.epochs = 'many'", "epochs");
    refused("optimiser.kind = 'magic'", "magic");
    refused("optimiser = { kind = 'sgd', beta1 = 0.9 }", "beta1");
    refused("network.number_embedding = { kind = 'piecewise_linear', sigma = 0.1 }", "sigma");
}

#[test]
fn a_wrong_type_is_named_as_a_user_would() {
    refused(
        "training.epochs = 'many'",
        "`training.epochs` must be a whole number, 1 to 10000000, got \"many\"",
    );
    refused("training.epochs = 2.5", "`training.epochs` must be a whole number, 1 to 10000000, got 2.5");
    refused("seed = -1", "`seed` must be a whole number, 0 or more, got -1");
    refused("training.l1 = 'none'", "`training.l1` must be zero or more, got \"none\"");
    refused("training.l1 = [0.1]", "`training.l1` must be a number, got a list");
    refused("network.hidden = 64", "`network.hidden` must be a list, got 64");
    refused("training.feeding = 32", "`training.feeding` must be a table with a `kind`, got 32");
    refused("training.plateau = 3", "`training.plateau` must be a table, got 3");
    refused("network.dropout = true", "`network.dropout` must be in [0, 1), got true");
    refused(
        "network.dropout = { rate = 0.1 }",
        "`network.dropout`: expected one rate, or a list of one for each hidden layer",
    );
    refused("training.clip = 3", "`training.clip` must be a table with a `kind`, got 3");
    refused(
        "optimiser.kind = 'magic'",
        "`optimiser.kind` has the unknown value `magic`, expected one of `sgd`",
    );
    refused("blend = 0.1", "`blend` must be a word, got 0.1");
    refused("colour = 'red'", "unknown key `colour`, expected one of `seed`, `task`");
    refused("training.epoch = 3", "unknown key `training.epoch`, expected one of `feeding`");
    refused("objective = { kind = 'huber' }", "missing key `objective.delta`");
}

#[test]
fn a_logarithm_is_for_numbers_that_are_not_learnt_as_counts() {
    refused("target_scale = 'log'", "`target_scale`: log is not for a target of three classes");
    refused("target_scale = 'root'", "unknown value `root`, expected one of `standard`, `log`, `log1p`");
    let counts = "objective = { kind = 'poisson' }\ntarget_scale = 'log1p'";
    let error = lay(Task::Regression, counts).expect_err("must be refused").to_string();
    assert!(error.starts_with("`target_scale`") && error.ends_with("must be standard"), "{error}");
    assert!(lay(Task::Regression, "target_scale = 'log'").is_ok());
}

#[test]
fn values_out_of_range_say_the_range() {
    refused("training.learning_rate = -1.0", "training.learning_rate");
    refused("training.learning_rate = nan", "training.learning_rate");
    refused("training.epochs = 0", "training.epochs");
    refused("network.dropout = 1.0", "network.dropout");
    refused("network.dropout = [0.1]", "3 hidden layers");
    refused("network.hidden = [0]", "network.hidden");
    let bins = |n| format!("network.number_embedding = {{ kind = 'piecewise_linear', n_bins = {n} }}");
    refused(&bins(1), "`network.number_embedding.n_bins` must be a whole number, 2 to 1024, got 1");
    refused(&bins(1025), "`network.number_embedding.n_bins` must be a whole number, 2 to 1024, got 1025");
    let members = |n| format!("network.ensemble = {{ kind = 'tab_m', n_members = {n} }}");
    refused(&members(0), "`network.ensemble.n_members` must be a whole number, 1 to 256, got 0");
    refused(&members(257), "`network.ensemble.n_members` must be a whole number, 1 to 256, got 257");
    refused("network.ensemble = { kind = 'tab_m', members = 3 }", "members");
    refused("split.validation_share = 1.5", "split.validation_share");
    refused("split.scheme = { kind = 'k_fold', n_folds = 1 }", "n_folds");
    refused("training.feeding = { kind = 'mini', rows = 1 }", "training.feeding.rows");
    refused("optimiser.beta2 = 1.0", "beta2");
    refused("training.clip = { kind = 'global_norm', value = -1.0 }", "training.clip");
    refused("objective.label_smoothing = 2.0", "label_smoothing");
    refused("stopping = { kind = 'early', patience = 0 }", "patience");
    refused("training.mixing = { kind = 'mixup', alpha = 0.0 }", "`training.mixing.alpha` must be 0.001 to");
    refused("training.mixing = { kind = 'cut_mix', probability = 1.5 }", "training.mixing.probability");
    refused("training.mixing = { kind = 'cut_out', share = 1.0 }", "training.mixing.share");
    refused("training.averaging = { kind = 'ema', decay = 1.0 }", "training.averaging.decay");
    refused("training.averaging = { kind = 'swa', from = 1.5 }", "training.averaging.from");
    refused("training.mixing = { kind = 'mixup', probability = 0.5 }", "probability");
}

#[test]
fn levers_that_exclude_each_other_are_refused() {
    refused("metric = 'rmse'", "`metric`: rmse is not for a target of three classes or more");
    refused(
        "objective = { kind = 'mean_squared' }",
        "`objective`: mean_squared is not for a target of three classes",
    );
    refused("task = 'regression'", "`task` must be classification for this target, got regression");
    refused(
        "network.normalisation = 'batch'\ntraining.feeding = { kind = 'online' }",
        "`network.normalisation`: batch norm needs",
    );
    refused("optimiser.kind = 'lbfgs'\ntraining.feeding = { kind = 'mini', rows = 8 }", "L-BFGS");
    refused("optimiser.kind = 'lbfgs'\ntraining.max_norm = 1.0", "max_norm");
    refused("optimiser.kind = 'lbfgs'\ntraining.mixing.kind = 'mixup'", "training.mixing");
    refused("training.mixing.kind = 'mixup'\ntraining.feeding = { kind = 'online' }", "cannot be online");
}

#[test]
fn presets_stop_early_where_enough_rows_tell_networks_apart() {
    let stops = |task, class_counts: &[usize], n_rows| {
        let facts = Facts { n_rows, class_counts: class_counts.to_vec(), ..facts(task) };
        Preset::Balanced.recipe(&facts).stopping != Stopping::Never
    };
    assert!(!stops(Task::Regression, &[], 999));
    assert!(stops(Task::Regression, &[], 1_000));
    assert!(stops(Task::Classification, &[600, 500, 500], 1_600));
    // Nine hundred rows of the rarer class.
    assert!(!stops(Task::Classification, &[9_100, 900], 10_000));
}

#[test]
fn what_wants_all_epochs_brings_them() {
    let facts = Facts { n_rows: 2_000, ..facts(Task::Regression) };
    let preset = Preset::Balanced.recipe(&facts);
    let with = |changes: &str| preset.with(&changes.parse().expect("TOML"), &facts).expect("sound");
    assert_ne!(preset.stopping, Stopping::Never);
    for changes in ["training.averaging.kind = 'swa'", "training.schedule.shape.kind = 'one_cycle'"] {
        let changed = with(changes);
        assert_eq!(changed.stopping, Stopping::Never, "{changes}");
        let stopping = with(&format!("{changes}\nstopping = {{ kind = 'early', patience = 9 }}")).stopping;
        let is_own =
            matches!(stopping, Stopping::Early { patience: Some(patience), .. } if patience.get() == 9);
        assert!(is_own, "{changes}: {stopping:?}");
    }
    for changes in ["training.averaging.kind = 'ema'", "training.schedule.warm_up_epochs = 2.0"] {
        assert_eq!(with(changes).stopping, preset.stopping, "{changes}");
    }
    // A rule of one's own stays with another schedule.
    let own = with("stopping = { kind = 'early', patience = 9 }");
    let changes = "training.schedule.shape.kind = 'cosine'".parse().expect("TOML");
    assert_eq!(own.with(&changes, &facts).expect("sound").stopping, own.stopping);
}

#[test]
fn presets_split_by_what_rows_and_time_allow() {
    let split = |preset: Preset, task, n_rows| {
        let split = preset.recipe(&Facts { n_rows, ..facts(task) }).split;
        let Scheme::KFold { n_folds, .. } = split.scheme else { unreachable!("folds") };
        (n_folds, split.validation_share)
    };
    assert_eq!(split(Preset::Balanced, Task::Regression, 300), (10, 0.1));
    // A temperature wants some 54 validation rows, but not more than a quarter of few rows.
    let of_classes = [100, 300, 5_000].map(|n_rows| split(Preset::Balanced, Task::Classification, n_rows));
    assert_eq!(of_classes, [(10, 0.25), (10, 0.2), (10, 0.1)]);
    assert_eq!(split(Preset::Balanced, Task::Regression, 20_001), (5, 0.15));
    assert_eq!(split(Preset::Fast, Task::Classification, 300), (5, 0.15));
}

#[test]
fn more_columns_than_rows_have_no_curve_each_and_a_first_layer_that_fits() {
    let network =
        |n_columns| Preset::Balanced.recipe(&Facts { n_columns, ..facts(Task::Classification) }).network;
    assert_eq!(network(100).number_embedding, NumberEmbedding::piecewise_linear());
    assert_eq!(network(101).number_embedding, NumberEmbedding::None);
    let widths = [100, 6_000, 100_000, 10_000_000].map(|n_columns| network(n_columns).hidden[0]);
    assert_eq!(widths, [256, 256, 32, 16]);
}

#[test]
fn bins_are_finer_where_a_number_is_predicted_from_many_rows() {
    let bins = |preset: Preset, task, n_rows| match preset
        .recipe(&Facts { n_rows, ..facts(task) })
        .network
        .number_embedding
    {
        NumberEmbedding::PiecewiseLinear { n_bins, .. } => n_bins,
        other => unreachable!("{other:?}"),
    };
    let of_rows = [999, 1_000, 50_000].map(|n_rows| bins(Preset::Balanced, Task::Regression, n_rows));
    assert_eq!(of_rows, [48, 128, 128]);
    assert_eq!(bins(Preset::Fast, Task::Regression, 5_000), 48);
    assert_eq!(bins(Preset::Best, Task::Classification, 5_000), 48);
}

/// Groups may be few, and by time a fold costs a training and adds nothing to the model.
#[test]
fn splitting_by_groups_or_by_time_brings_few_folds() {
    let split = |by: &SplitBy, changes: &str| {
        let facts = Facts { by: by.clone(), ..facts(Task::Classification) };
        let recipe = Preset::Balanced.recipe(&facts).with(&changes.parse().expect("TOML"), &facts);
        let split = recipe.expect("sound").split;
        let Scheme::KFold { n_folds, .. } = split.scheme else { unreachable!("folds") };
        (n_folds, split.validation_share)
    };
    assert_eq!(split(&SplitBy::Target, "").0, 10);
    let column = "c".to_owned();
    for by in [SplitBy::Group { column: column.clone() }, SplitBy::Time { column }] {
        assert_eq!(split(&by, ""), (5, 0.25));
        let asked = "split.scheme.n_folds = 12\nsplit.validation_share = 0.05";
        assert_eq!(split(&by, asked), (12, 0.05));
    }
}

#[test]
fn what_splits_respect_is_no_part_of_a_recipe() {
    let error = lay(Task::Classification, "split.by = { kind = 'group', column = 'g' }");
    assert_eq!(error, Err(RecipeError::SplitBy));
}

#[test]
fn a_key_of_another_kind_is_refused_even_if_the_chosen_one_has_none() {
    refused("stopping = { kind = 'never', patience = 3 }", "`stopping.patience`: `stopping` is never");
    refused("training.mixing.alpha = 0.3", "`training.mixing.alpha`: `training.mixing` is none");
}

#[test]
fn a_setting_of_early_stopping_brings_it() {
    let stopping = |changes: &str| lay(Task::Classification, changes).expect("sound").stopping;
    assert_eq!(stopping(""), Stopping::Never);
    let patience = |changes: &str| match stopping(changes) {
        Stopping::Early { patience, .. } => patience.map(NonZeroUsize::get),
        other => unreachable!("{other:?}"),
    };
    assert_eq!(patience("stopping.patience = 7"), Some(7));
    assert_eq!(patience("stopping.min_delta = 0.1"), Some(20));
    assert_eq!(patience("stopping = { kind = 'early' }"), Some(20));
}

/// Each number of a recipe lies between bounds, whatever the kinds of its tables.
#[test]
fn every_number_of_every_kind_has_bounds() {
    let kinds = [
        ("split.scheme", words_of::<Scheme>(), "held_out_share = 0.3\nn_folds = 3"),
        ("network.number_embedding", words_of::<NumberEmbedding>(), ""),
        ("network.ensemble", words_of::<Ensemble>(), ""),
        ("optimiser", words_of::<OptimiserConfig>(), ""),
        ("training.feeding", words_of::<Feeding>(), "rows = 8"),
        ("training.mixing", words_of::<Mixing>(), ""),
        ("training.averaging", words_of::<Averaging>(), ""),
        (
            "training.schedule.shape",
            words_of::<Schedule>(),
            "every_epochs = 2.0\nfactor = 0.5\nfirst_epochs = 2.0\ngrowth = 2.0",
        ),
        ("training.clip", words_of::<Clip>(), "value = 1.0"),
        ("stopping", words_of::<Stopping>(), "patience = 3"),
    ];
    for (key, words, needed) in kinds {
        assert!(!words.is_empty(), "{key}");
        let needed: toml::Table = needed.parse().expect("TOML");
        for word in words {
            // With those of the settings that this kind takes.
            let mut table = nested("kind", (*word).into());
            for (name, value) in &needed {
                let mut more = table.clone();
                more.insert(name.clone(), value.clone());
                if kind_takes(key, &more) {
                    table = more;
                }
            }
            let recipe = Preset::Balanced.recipe(&facts(Task::Regression));
            let recipe = recipe.with(&nested(key, table.into()), &facts(Task::Regression)).expect(word);
            let table = toml::Table::try_from(&recipe).expect("a recipe is TOML");
            numbers(&table, "", &mut |key, value| {
                // A negative count is refused by its type too, but with other words than by bounds.
                let (beyond, told) = match value {
                    toml::Value::Integer(_) => (toml::Value::from(-1), "a whole number, "),
                    _ => (toml::Value::from(f64::NAN), ""),
                };
                let refused = recipe.with(&nested(key, beyond), &facts(Task::Regression));
                let is_by_bounds = matches!(&refused, Err(RecipeError::Value { expected, .. }) if expected.starts_with(told));
                assert!(is_by_bounds, "{word}: {key}: {refused:?}");
            });
        }
    }
}

/// Whether the kind of a table has all of its keys; others may be missing.
fn kind_takes(key: &str, table: &toml::Table) -> bool {
    let facts = facts(Task::Regression);
    let changed = Preset::Balanced.recipe(&facts).with(&nested(key, table.clone().into()), &facts);
    matches!(changed, Ok(_) | Err(RecipeError::MissingKey { .. }))
}

/// All numbers with their dotted keys.
fn numbers(table: &toml::Table, within: &str, found: &mut dyn FnMut(&str, &toml::Value)) {
    for (key, value) in table {
        let key = if within.is_empty() { key.clone() } else { format!("{within}.{key}") };
        match value {
            toml::Value::Table(table) => numbers(table, &key, found),
            toml::Value::Integer(_) | toml::Value::Float(_) => found(&key, value),
            _ => {}
        }
    }
}

#[test]
fn choosing_lbfgs_brings_the_full_batches_that_it_needs() {
    let recipe = lay(Task::Classification, "optimiser.kind = 'lbfgs'").expect("sound");
    assert_eq!((recipe.training.feeding, recipe.training.weight_decay), (Feeding::Full, 0.0));
}

#[test]
fn balanced_class_weights_are_inverse_to_the_counts() {
    let recipe = lay(Task::Classification, "objective.class_weights = 'balanced'").expect("sound");
    let Objective::CrossEntropy { class_weights, .. } = recipe.objective else {
        unreachable!("the preset trains classes by cross-entropy")
    };
    let expected = [100.0 / 180.0, 100.0 / 90.0, 100.0 / 30.0];
    assert!(class_weights.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{class_weights:?}");
}
