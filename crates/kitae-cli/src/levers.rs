//! The levers of training as flags. A flag does nothing but write a key of the recipe, by which its field is
//! called in the table of the levers; the recipe file and `--set` write the same keys.

mod features;
mod network;
mod objective;
mod optimiser;
mod regularise;
mod split;
mod training;
mod words;

use std::path::{Path, PathBuf};

use clap::Args;
use kitae_train::recipe::Recipe;
use kitae_train::{Facts, Preset};
use kitae_train::{at, merge};
use serde::Serialize;
use toml::Table;

use crate::failure::Failure;
use crate::levers::words::set;
pub(crate) use crate::levers::words::{Assignment, kind, setting, word};
use crate::text::read_text;

/// All levers.
#[derive(Debug, Args, Serialize)]
pub(crate) struct LeverArgs {
    #[command(flatten)]
    #[serde(flatten)]
    start: StartArgs,
    #[command(flatten)]
    #[serde(flatten)]
    split: split::SplitArgs,
    #[command(flatten)]
    #[serde(rename = "preprocess")]
    features: features::FeatureArgs,
    #[command(flatten)]
    network: network::NetworkArgs,
    #[command(flatten)]
    #[serde(flatten)]
    objective: objective::ObjectiveArgs,
    #[command(flatten)]
    #[serde(flatten)]
    optimiser: optimiser::OptimiserArgs,
    #[command(flatten)]
    #[serde(flatten)]
    training: training::TrainingArgs,
    #[command(flatten)]
    #[serde(flatten)]
    regularise: regularise::RegulariseArgs,
}

/// The groups that clap makes of them, for what excludes all levers.
pub(crate) const LEVERS: [&str; 8] = [
    "StartArgs",
    "SplitArgs",
    "FeatureArgs",
    "NetworkArgs",
    "ObjectiveArgs",
    "OptimiserArgs",
    "TrainingArgs",
    "RegulariseArgs",
];

/// What the levers start from.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Recipe")]
struct StartArgs {
    /// Preset that the recipe starts from: `fast` for a quick first model, `balanced` as the usual choice,
    /// `best` with two networks per fold and twice the epochs. [default: balanced; fast for a ledger]
    #[arg(long, value_name = "NAME", value_parser = word::<Preset>())]
    #[serde(skip)]
    preset: Option<Preset>,
    /// TOML file with keys of the recipe that override the preset. `model.json` of a model shows the keys in
    /// use,
    /// the documentation of `kitae_train::Recipe` all.
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    recipe: Option<PathBuf>,
    /// Any key of the recipe, overriding the file and the flags, such as `optimiser.beta2=0.99`. May be
    /// repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    #[serde(skip)]
    settings: Vec<Assignment>,
    /// Random seed. [default: 0]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
}

/// What the levers say, read once.
#[derive(Debug)]
pub(crate) struct Levers {
    pub(crate) preset: Option<Preset>,
    /// The recipe file, the flags over it, `--set` over both.
    pub(crate) changes: Table,
}

impl LeverArgs {
    /// Reads the recipe file, the flags and `--set`.
    pub(crate) fn read(&self) -> Result<Levers, Failure> {
        let mut changes = self.start.recipe.as_deref().map_or_else(|| Ok(Table::new()), read_recipe)?;
        let (mut flags, mut settings) = (Table::new(), Table::new());
        for (key, value) in Table::try_from(self).map_err(|error| Failure::new(error.to_string()))? {
            set(&mut flags, &key, value);
        }
        for Assignment { key, value } in &self.start.settings {
            set(&mut settings, key, value.clone());
        }
        merge(&mut changes, &flags);
        merge(&mut changes, &settings);
        Ok(Levers { preset: self.start.preset, changes })
    }
}

impl Levers {
    /// The recipe that these levers make for a problem; it starts from `usual` if no preset was named.
    pub(crate) fn recipe(&self, usual: Preset, facts: &Facts) -> Result<Recipe, Failure> {
        self.over(&self.preset.unwrap_or(usual).recipe(facts), facts)
    }

    /// `recipe` with these levers over it, whatever the preset.
    pub(crate) fn over(&self, recipe: &Recipe, facts: &Facts) -> Result<Recipe, Failure> {
        Ok(recipe.with(&self.changes, facts)?)
    }

    /// Whether a lever writes the dotted `key`.
    pub(crate) fn writes(&self, key: &str) -> bool {
        at(&self.changes, key).is_some()
    }

    /// The positive class that a recipe file or `--set` names.
    pub(crate) fn positive(&self) -> Option<String> {
        let class = self.changes.get("positive")?;
        Some(class.as_str().map_or_else(|| class.to_string(), str::to_owned))
    }
}

fn read_recipe(path: &Path) -> Result<Table, Failure> {
    let text = read_text(path)?;
    text.parse::<Table>()
        .map_err(|error| Failure::new(format!("{}: {}", path.display(), error.to_string().trim_end())))
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use kitae_data::target::Task;
    use kitae_train::SplitBy;
    use kitae_train::averaging::Averaging;
    use kitae_train::mixing::Mixing;
    use kitae_train::optimiser::OptimiserConfig;
    use kitae_train::recipe::{Ensemble, words_of};
    use kitae_train::stopping::Stopping;
    use toml::Value;

    use super::*;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        levers: LeverArgs,
    }

    fn classes() -> Facts {
        Facts { task: Task::Classification, class_counts: vec![75, 25], ..values() }
    }

    fn values() -> Facts {
        let (task, class_counts, by) = (Task::Regression, Vec::new(), SplitBy::Target);
        Facts { task, n_rows: 100, n_columns: 4, class_counts, by }
    }

    fn recipe(line: &str, facts: &Facts) -> Result<Value, String> {
        let words = std::iter::once("kitae").chain(line.split_whitespace());
        let words = Words::try_parse_from(words).map_err(|error| error.to_string())?;
        let recipe = words.levers.read().and_then(|levers| levers.recipe(Preset::Balanced, facts));
        let recipe = recipe.map_err(|failure| format!("{failure:?}"))?;
        Value::try_from(&recipe).map_err(|error| error.to_string())
    }

    /// The value at a dotted key of the recipe that `line` makes, as TOML.
    fn at(line: &str, facts: &Facts, key: &str) -> String {
        let recipe = recipe(line, facts).unwrap_or_else(|error| panic!("{line}: {error}"));
        let value = key.split('.').try_fold(&recipe, |value, part| value.get(part));
        value.map(ToString::to_string).unwrap_or_default()
    }

    #[test]
    fn every_objective_optimiser_and_schedule_has_its_name_on_the_command_line() {
        let check = |flag: &str, value: &str, facts: &Facts, key: &str, expected: &str| {
            let found = at(&format!("{flag} {value}"), facts, key);
            assert_eq!(found, format!("\"{expected}\""), "{flag} {value}");
        };
        let words: [(&str, &str, &[&str]); 7] = [
            ("--optimiser", "optimiser", words_of::<OptimiserConfig>()),
            ("--ensemble", "network.ensemble", words_of::<Ensemble>()),
            ("--mixing", "training.mixing", words_of::<Mixing>()),
            ("--averaging", "training.averaging", words_of::<Averaging>()),
            ("--stopping", "stopping", words_of::<Stopping>()),
            ("--objective", "objective", &["mean_squared", "mean_absolute", "gaussian_nll", "poisson"]),
            (
                "--schedule",
                "training.schedule.shape",
                &["constant", "cosine", "one_cycle", "coslog", "flat_cos"],
            ),
        ];
        for (flag, key, words) in words {
            for word in words {
                check(flag, word, &values(), &format!("{key}.kind"), word);
            }
        }
        for name in ["cross_entropy", "binary_cross_entropy"] {
            check("--objective", name, &classes(), "objective.kind", name);
        }
        for (flag, written, key, word) in [
            ("--optimiser", "adamw", "optimiser", "adam_w"),
            ("--optimiser", "ada-grad", "optimiser", "ada_grad"),
            ("--ensemble", "tabm-mini", "network.ensemble", "tab_m_mini"),
            ("--mixing", "cutmix", "training.mixing", "cut_mix"),
            ("--objective", "huber:delta=2", "objective", "huber"),
            ("--objective", "pinball:quantile=0.9", "objective", "pinball"),
            ("--schedule", "step:every_epochs=30,factor=0.1", "training.schedule.shape", "step"),
            (
                "--schedule",
                "warm_restarts:first_epochs=10,growth=2",
                "training.schedule.shape",
                "warm_restarts",
            ),
        ] {
            check(flag, written, &values(), &format!("{key}.kind"), word);
        }
    }

    #[test]
    fn a_word_after_another_wins_over_the_preset_but_not_over_set() {
        let line = "--learning-rate 0.5 --set training.learning_rate=0.25";
        assert_eq!(at(line, &values(), "training.learning_rate"), "0.25");
        assert_eq!(at("--preset fast --epochs 7", &values(), "training.epochs"), "7");
        // Whichever of the settings comes first.
        let line = "--set optimiser.beta2=0.5 --set optimiser.kind=adam_w";
        assert_eq!(at(line, &values(), "optimiser.beta2"), "0.5");
    }

    #[test]
    fn balanced_weights_follow_the_class_counts() {
        let line = "--class-weights balanced";
        assert_eq!(at(line, &classes(), "objective.class_weights.0"), "");
        let recipe = recipe(line, &classes()).unwrap();
        let weights = recipe["objective"]["class_weights"].as_array().unwrap();
        assert!((weights[1].as_float().unwrap() - 2.0).abs() < 1e-12);
    }

    #[test]
    fn what_stops_early_by_preset_stops_as_the_flags_say() {
        let many = Facts { n_rows: 2_000, ..values() };
        for (line, key, expected) in [
            ("", "kind", "\"early\""),
            ("", "patience_share", "0.078125"),
            ("--stopping never", "kind", "\"never\""),
            ("--stopping early:patience=7", "patience", "7"),
            ("--stopping early:patience=7", "patience_factor", "1.0"),
            ("--patience 4", "patience", "4"),
            ("--patience 4", "patience_factor", "0.0"),
            ("--patience 4", "patience_share", "0.0"),
            ("--averaging swa", "kind", "\"never\""),
            ("--averaging swa --patience 4", "kind", "\"early\""),
            ("--averaging ema", "kind", "\"early\""),
        ] {
            assert_eq!(at(line, &many, &format!("stopping.{key}")), expected, "{line}: {key}");
        }
    }

    #[test]
    fn a_key_that_the_chosen_kind_has_not_is_refused() {
        for (line, key) in [
            ("--huber-delta 2", "objective.delta"),
            ("--mixing none --set training.mixing.alpha=3", "training.mixing.alpha"),
            ("--stopping never --set stopping.patience=3", "patience"),
            ("--set network.depth=3", "depth"),
            ("--set optimiser.betta=3", "betta"),
        ] {
            let error = recipe(line, &values()).expect_err(line);
            assert!(error.contains(key), "{line}: {error}");
        }
    }

    #[test]
    fn what_splits_respect_is_said_by_flags() {
        let error = recipe("--set split.by.kind=random", &values()).expect_err("it is no part of a recipe");
        assert!(error.contains("--by-group"), "{error}");
    }

    #[test]
    fn wrong_words_are_refused_with_the_right_ones() {
        let error = |line: &str| recipe(line, &values()).expect_err(line);
        assert!(error("--objective hinge").contains("mean_squared"));
        assert!(error("--schedule step:factor").contains("KEY=VALUE"));
        assert!(error("--set epochs").contains("KEY=VALUE"));
        assert!(error("--set .=1").contains("KEY=VALUE"));
        assert!(error("--activation reluu").contains("relu"));
        assert!(error("--batch many").contains("full"));
    }
}
