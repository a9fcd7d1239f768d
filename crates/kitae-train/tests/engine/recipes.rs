//! What a user writes becomes one resolved recipe, or one clear error.

use kitae_data::target::Task;
use kitae_train::objective::Objective;
use kitae_train::recipe::{Feeding, NumberEmbedding, Scheme};
use kitae_train::stopping::Stopping;
use kitae_train::{Facts, Preset, Recipe, RecipeError};

fn facts(task: Task) -> Facts {
    let class_counts = if task == Task::Classification { vec![60, 30, 10] } else { Vec::new() };
    Facts { task, n_rows: 100, n_columns: 4, class_counts }
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
        "string \"many\", expected a whole number from 0 on in `training.epochs`",
    );
    refused("seed = -1", "integer `-1`, expected a whole number from 0 on in `seed`");
    refused("training.l1 = 'none'", "string \"none\", expected a number in `training.l1`");
    refused("training.l1 = [0.1]", "a list, expected a number in `training.l1`");
    refused("network.hidden = 64", "integer `64`, expected a list in `network.hidden`");
    refused("training.feeding = 32", "integer `32`, expected a table with a `kind` in `training.feeding`");
    refused("training.plateau = 3", "integer `3`, expected a table in `training.plateau`");
    refused(
        "network.dropout = 'much'",
        "expected one rate, or a list of one for each hidden layer in `network.dropout`",
    );
    refused("training.clip = 3", "integer `3`, expected a table with a `kind` in `training.clip`");
    refused("optimiser.kind = 'magic'", "unknown value `magic`, expected one of `sgd`");
    refused("blend = 0.1", "the recipe does not fit: expected a word in `blend`");
    refused("colour = 'red'", "unknown key `colour`, expected one of `seed`, `task`");
    refused("objective = { kind = 'huber' }", "missing key `delta` in `objective`");
}

#[test]
fn a_logarithm_is_for_numbers_that_are_not_learnt_as_counts() {
    refused("target_scale = 'log'", "`target_scale` is log, which is not for a target of classes");
    refused("target_scale = 'root'", "unknown value `root`, expected one of `standard`, `log`, `log1p`");
    let counts = "objective = { kind = 'poisson' }\ntarget_scale = 'log1p'";
    let error = lay(Task::Regression, counts).expect_err("must be refused").to_string();
    assert!(error.ends_with("`target_scale` must be standard, got log1p"), "{error}");
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
    refused(&bins(1), "`network.number_embedding.n_bins` must be 2 to 1024, got 1");
    refused(&bins(1025), "`network.number_embedding.n_bins` must be 2 to 1024, got 1025");
    let members = |n| format!("network.ensemble = {{ kind = 'tab_m', n_members = {n} }}");
    refused(&members(0), "`network.ensemble.n_members` must be 1 to 256, got 0");
    refused(&members(257), "`network.ensemble.n_members` must be 1 to 256, got 257");
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
    refused("metric = 'rmse'", "`metric` is rmse, which is not for a target of three classes or more");
    refused(
        "objective = { kind = 'mean_squared' }",
        "`objective` is mean_squared, which is not for a target of three classes",
    );
    refused("task = 'regression'", "`task` must be classification for this target, got regression");
    refused("network.normalisation = 'batch'\ntraining.feeding = { kind = 'online' }", "batch norm");
    refused("optimiser.kind = 'lbfgs'\ntraining.feeding = { kind = 'mini', rows = 8 }", "L-BFGS");
    refused("optimiser.kind = 'lbfgs'\ntraining.max_norm = 1.0", "max_norm");
    refused("optimiser.kind = 'lbfgs'\ntraining.mixing.kind = 'mixup'", "training.mixing");
    refused("training.mixing.kind = 'mixup'\ntraining.feeding = { kind = 'online' }", "cannot be online");
}

#[test]
fn presets_stop_early_where_enough_rows_tell_networks_apart() {
    let stops = |task, class_counts: &[usize], n_rows| {
        let facts = Facts { task, n_rows, n_columns: 4, class_counts: class_counts.to_vec() };
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
    let facts = Facts { task: Task::Regression, n_rows: 2_000, n_columns: 4, class_counts: Vec::new() };
    let preset = Preset::Balanced.recipe(&facts);
    let with = |changes: &str| preset.with(&changes.parse().expect("TOML"), &facts).expect("sound");
    assert_ne!(preset.stopping, Stopping::Never);
    for changes in ["training.averaging.kind = 'swa'", "training.schedule.shape.kind = 'one_cycle'"] {
        let changed = with(changes);
        assert_eq!(changed.stopping, Stopping::Never, "{changes}");
        let stopping = with(&format!("{changes}\nstopping = {{ kind = 'early', patience = 9 }}")).stopping;
        assert!(matches!(stopping, Stopping::Early { patience: 9, .. }), "{changes}: {stopping:?}");
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
    let split = |changes: &str| lay(Task::Classification, changes).expect("sound").split;
    let n_folds = |changes: &str| match split(changes).scheme {
        Scheme::KFold { n_folds, .. } => n_folds,
        Scheme::HoldOut { .. } => unreachable!("folds"),
    };
    assert_eq!(n_folds(""), 10);
    for by in ["split.by = { kind = 'group', column = 'g' }", "split.by = { kind = 'time', column = 't' }"] {
        assert_eq!((n_folds(by), split(by).validation_share), (5, 0.25));
        let asked = format!("{by}\nsplit.scheme.n_folds = 12\nsplit.validation_share = 0.05");
        assert_eq!((n_folds(&asked), split(&asked).validation_share), (12, 0.05));
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
