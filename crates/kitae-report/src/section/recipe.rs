//! The resolved recipe as groups of keys and values, and where everything comes from.

use kitae_train::Recipe;
use serde_json::Value;

use crate::Contents;
use crate::document::{Block, Section, facts};
use crate::words::{count, shorten, split_by};

/// Characters of a value that are shown.
pub(crate) const VALUE: usize = 80;

pub(super) fn section(contents: &Contents) -> Section {
    section_of(&contents.manifest.recipe, origin(contents), "the model")
}

/// The same of a recipe that is stored with `what`.
pub(crate) fn section_of(recipe: &Recipe, origin: Vec<(String, String)>, what: &str) -> Section {
    let mut blocks = vec![Block::Heading("Origin".into()), Block::Facts(origin)];
    blocks.push(Block::Heading("Every lever".into()));
    blocks.push(Block::Text(format!(
        "The keys are those of a recipe file; the values are stored with {what}, so no default of a \
         later version changes them."
    )));
    // A recipe that was read can be written.
    let recipe = serde_json::to_value(recipe).unwrap_or(Value::Null);
    for (name, facts) in groups(&recipe) {
        blocks.push(Block::Heading(name));
        blocks.push(Block::Facts(facts));
    }
    Section::new("recipe", "Recipe and origin", blocks)
}

fn origin(contents: &Contents) -> Vec<(String, String)> {
    let manifest = contents.manifest;
    let source = &manifest.model.source;
    let path = if source.path.is_empty() { "not known" } else { &source.path };
    let facts = facts([
        ("data", shorten(path, VALUE)),
        ("fingerprint of the rows", format!("{:016x}", source.fingerprint)),
        ("rows", format!("{}, of which {} sealed", source.n_rows, source.n_sealed)),
        ("rows are split", shorten(&split_by(&manifest.seal.by), VALUE)),
        ("written by kitae", shorten(&manifest.model.kitae, VALUE)),
        ("networks", count(manifest.model.lanes.len(), "network")),
        ("weights per network", manifest.model.network.count_parameters().to_string()),
    ]);
    facts.into_iter().chain(super::learning::seconds(contents)).collect()
}

type Group = (String, Vec<(String, String)>);

/// What is no group of its own comes first.
fn groups(recipe: &Value) -> Vec<Group> {
    let Value::Object(recipe) = recipe else { return Vec::new() };
    let mut general = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    for (key, value) in recipe {
        let mut facts = Vec::new();
        flatten("", value, &mut facts);
        match value {
            Value::Object(_) => groups.push((key.clone(), facts)),
            _ => general.extend(facts.into_iter().map(|(_, value)| (format!("`{key}`"), value))),
        }
    }
    groups.insert(0, ("general".to_owned(), general));
    groups
}

/// Nested keys with dots between them.
fn flatten(prefix: &str, value: &Value, facts: &mut Vec<(String, String)>) {
    match value {
        Value::Object(parts) => {
            for (key, part) in parts {
                let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&name, part, facts);
            }
        }
        _ => facts.push((format!("`{prefix}`"), shown(value))),
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Number(number) => {
            let text = number.to_string();
            text.strip_suffix(".0").unwrap_or(&text).to_owned()
        }
        other => other.to_string(),
    };
    shorten(&text, VALUE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_keys_are_written_as_one_types_them() {
        let recipe = serde_json::json!({
            "seed": 3,
            "training": { "learning_rate": 0.04, "clip": { "kind": "none" }, "plateau": null },
            "network": { "hidden": [64, 32] },
        });
        let groups = groups(&recipe);
        let all: Vec<String> = groups
            .iter()
            .flat_map(|(group, facts)| facts.iter().map(move |(key, value)| format!("{group} {key} {value}")))
            .collect();
        for expected in [
            "general `seed` 3",
            "network `hidden` 64, 32",
            "training `learning_rate` 0.04",
            "training `clip.kind` none",
            "training `plateau` none",
        ] {
            assert!(all.iter().any(|line| line == expected), "{expected}: {all:?}");
        }
        assert_eq!(groups[0].0, "general");
    }
}
