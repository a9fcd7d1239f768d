//! The levers of training as flags. A flag does nothing but write a key of the recipe; the recipe
//! file and `--set` write the same keys.

mod features;
mod network;
mod objective;
mod optimiser;
mod overrides;
mod regularise;
mod split;
mod training;
mod words;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use kitae_train::merge;
use kitae_train::preset::{Facts, Preset};
use kitae_train::recipe::{Recipe, SplitBy};
use toml::{Table, Value};

use crate::args::read_text;
use crate::failure::Failure;
use crate::levers::overrides::{Overrides, check_taken};
pub(crate) use crate::levers::words::{Setting, setting};

/// All levers.
#[derive(Debug, Args)]
pub(crate) struct LeverArgs {
    #[command(flatten)]
    start: StartArgs,
    #[command(flatten)]
    split: split::SplitArgs,
    #[command(flatten)]
    features: features::FeatureArgs,
    #[command(flatten)]
    network: network::NetworkArgs,
    #[command(flatten)]
    objective: objective::ObjectiveArgs,
    #[command(flatten)]
    optimiser: optimiser::OptimiserArgs,
    #[command(flatten)]
    training: training::TrainingArgs,
    #[command(flatten)]
    regularise: regularise::RegulariseArgs,
}

/// What the levers start from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recipe")]
struct StartArgs {
    /// Preset that the recipe starts from. [default: balanced; fast for a ledger]
    #[arg(long, value_enum)]
    preset: Option<PresetName>,
    /// TOML file with keys of the recipe that override the preset. `model.json` of a model shows the keys in
    /// use,
    /// the documentation of `kitae_train::Recipe` all.
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Any key of the recipe, overriding the file and the flags, such as `optimiser.beta2=0.99`. May be
    /// repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    settings: Vec<Setting>,
    /// Random seed. [default: 0]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PresetName {
    /// Narrow networks and few epochs: a quick first model.
    Fast,
    /// The usual choice.
    Balanced,
    /// Two networks per fold and twice the epochs.
    Best,
}

impl LeverArgs {
    /// The recipe that these levers make for a problem; it starts from `usual` if no preset was named.
    pub(crate) fn recipe(&self, usual: Preset, facts: &Facts) -> Result<Recipe, Failure> {
        self.over(&self.start.preset.map_or(usual, PresetName::preset).recipe(facts), facts)
    }

    /// `recipe` with these levers over it, whatever the preset.
    pub(crate) fn over(&self, recipe: &Recipe, facts: &Facts) -> Result<Recipe, Failure> {
        let changes = self.changes(&self.flags(facts))?;
        let recipe = recipe.with(&changes, facts)?;
        check_taken(&changes, &recipe)?;
        Ok(recipe)
    }

    /// Whether a preset was named.
    pub(crate) fn names_preset(&self) -> bool {
        self.start.preset.is_some()
    }

    /// Whether a lever writes the dotted `key`.
    pub(crate) fn writes(&self, key: &str, facts: &Facts) -> Result<bool, Failure> {
        let changes = Value::Table(self.changes(&self.flags(facts))?);
        Ok(key.split('.').try_fold(&changes, |value, part| value.get(part)).is_some())
    }

    /// What the levers say that splits respect, without looking at any row.
    pub(crate) fn split_by(&self) -> Result<SplitBy, Failure> {
        let mut flags = Overrides::default();
        self.split.write(&mut flags);
        let changes = self.changes(&flags)?;
        let by = changes.get("split").and_then(|split| split.get("by"));
        // What does not parse is refused, with its reason, where the whole recipe is made.
        Ok(by.and_then(|by| by.clone().try_into().ok()).unwrap_or(SplitBy::Target))
    }

    /// The positive class that a recipe file or `--set` names, without looking at any row.
    pub(crate) fn positive(&self) -> Result<Option<String>, Failure> {
        let changes = self.changes(&Overrides::default())?;
        Ok(changes
            .get("positive")
            .map(|class| class.as_str().map_or_else(|| class.to_string(), str::to_owned)))
    }

    /// The recipe file, `flags` over it, `--set` over both.
    fn changes(&self, flags: &Overrides) -> Result<Table, Failure> {
        let mut changes = match &self.start.recipe {
            Some(path) => read_recipe(path)?,
            None => Table::new(),
        };
        merge(&mut changes, flags.table());
        let mut settings = Overrides::default();
        for Setting { key, value } in &self.start.settings {
            settings.set(key, value.clone());
        }
        merge(&mut changes, settings.table());
        Ok(changes)
    }

    fn flags(&self, facts: &Facts) -> Overrides {
        let mut overrides = Overrides::default();
        let seed = self.start.seed.and_then(|seed| i64::try_from(seed).ok());
        overrides.set_some("seed", seed);
        self.split.write(&mut overrides);
        self.features.write(&mut overrides);
        self.network.write(&mut overrides);
        self.objective.write(&mut overrides);
        self.optimiser.write(&mut overrides);
        self.training.write(&mut overrides, facts);
        self.regularise.write(&mut overrides);
        overrides
    }
}

impl PresetName {
    fn preset(self) -> Preset {
        match self {
            Self::Fast => Preset::Fast,
            Self::Balanced => Preset::Balanced,
            Self::Best => Preset::Best,
        }
    }
}

fn read_recipe(path: &Path) -> Result<Table, Failure> {
    let text = read_text(path)?;
    text.parse::<Table>()
        .map_err(|error| Failure::new(format!("{}: {}", path.display(), error.to_string().trim_end())))
}

/// A list of numbers as a TOML array.
fn floats(numbers: &[f64]) -> Value {
    Value::Array(numbers.iter().copied().map(Value::Float).collect())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use kitae_data::target::Task;

    use super::*;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        levers: LeverArgs,
    }

    fn classes() -> Facts {
        Facts { task: Task::Classification, n_rows: 100, n_columns: 4, class_counts: vec![75, 25] }
    }

    fn values() -> Facts {
        Facts { task: Task::Regression, n_rows: 100, n_columns: 4, class_counts: Vec::new() }
    }

    fn recipe(line: &str, facts: &Facts) -> Result<Value, String> {
        let words = std::iter::once("kitae").chain(line.split_whitespace());
        let words = Words::try_parse_from(words).map_err(|error| error.to_string())?;
        let recipe =
            words.levers.recipe(Preset::Balanced, facts).map_err(|failure| format!("{failure:?}"))?;
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
            assert_eq!(
                at(&format!("{flag} {value}"), facts, key),
                format!("\"{expected}\""),
                "{flag} {value}"
            );
        };
        for (name, kind) in optimiser::OPTIMISERS {
            let line = format!("{name} --batch full");
            check("--optimiser", &line, &values(), "optimiser.kind", kind);
        }
        for name in ["cross_entropy", "binary_cross_entropy"] {
            check("--objective", name, &classes(), "objective.kind", name);
        }
        for name in ["mean_squared", "mean_absolute", "gaussian_nll", "poisson"] {
            check("--objective", name, &values(), "objective.kind", name);
        }
        check("--objective", "huber:delta=2", &values(), "objective.kind", "huber");
        check("--objective", "pinball:quantile=0.9", &values(), "objective.kind", "pinball");
        for name in ["constant", "cosine", "one_cycle", "coslog", "flat_cos"] {
            check("--schedule", name, &values(), "training.schedule.shape.kind", name);
        }
        for (name, kind) in network::ENSEMBLES {
            check("--ensemble", name, &values(), "network.ensemble.kind", kind);
        }
        for (name, kind) in regularise::MIXINGS {
            check("--mixing", name, &values(), "training.mixing.kind", kind);
        }
        for (name, kind) in training::AVERAGINGS {
            check("--averaging", name, &values(), "training.averaging.kind", kind);
        }
        for (name, kind) in training::STOPPINGS {
            check("--stopping", name, &values(), "stopping.kind", kind);
        }
        let full = "step:every_epochs=30,factor=0.1";
        check("--schedule", full, &values(), "training.schedule.shape.kind", "step");
        let full = "warm_restarts:first_epochs=10,growth=2";
        check("--schedule", full, &values(), "training.schedule.shape.kind", "warm_restarts");
    }

    #[test]
    fn a_word_after_another_wins_over_the_preset_but_not_over_set() {
        let line = "--learning-rate 0.5 --set training.learning_rate=0.25";
        assert_eq!(at(line, &values(), "training.learning_rate"), "0.25");
        assert_eq!(at("--preset fast --epochs 7", &values(), "training.epochs"), "7");
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
            ("--stopping never --set stopping.patience=3", "patience"),
            ("--set network.depth=3", "depth"),
            ("--set optimiser.betta=3", "betta"),
        ] {
            let error = recipe(line, &values()).expect_err(line);
            assert!(error.contains(key), "{line}: {error}");
        }
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
