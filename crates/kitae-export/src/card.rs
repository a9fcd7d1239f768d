//! The card of a model: Markdown with the block of metadata that Hugging Face reads.

use std::fmt::Write;

use kitae_data::schema::ColumnSchema;
use serde_json::{Value, json};

use crate::folder::ModelFolder;
use crate::verify::{Provenance, looks};

/// The card of a model, as `README.md` of a repository would be.
pub fn card(folder: &ModelFolder) -> String {
    let card = Card { folder, provenance: Provenance::of(folder) };
    let parts = [
        card.metadata(),
        card.head(),
        card.scores(),
        card.inputs(),
        card.data(),
        card.limits(),
        card.usage(),
    ];
    parts.join("\n")
}

struct Card<'a> {
    folder: &'a ModelFolder,
    provenance: Provenance,
}

impl Card<'_> {
    fn name(&self) -> String {
        self.folder
            .path
            .file_name()
            .map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    fn is_classification(&self) -> bool {
        !self.folder.model.manifest.class_names.is_empty()
    }

    fn task(&self) -> &'static str {
        if self.is_classification() { "tabular-classification" } else { "tabular-regression" }
    }

    fn entries(&self) -> Vec<&Value> {
        self.folder.scores["entries"].as_array().map(|entries| entries.iter().collect()).unwrap_or_default()
    }

    /// JSON is YAML, so what may hold any character is written so.
    fn metadata(&self) -> String {
        let metrics = self.entries().iter().map(|entry| entry["metric"].clone()).collect::<Vec<_>>();
        let metric = |entry: &&Value| {
            let name = format!("{}, out-of-fold", plain(&entry["metric"]));
            json!({ "type": entry["metric"], "value": entry["value"], "name": name })
        };
        let results = json!([{
            "task": { "type": self.task() },
            "dataset": { "type": "tabular", "name": self.provenance.table },
            "metrics": self.entries().iter().map(metric).collect::<Vec<_>>(),
        }]);
        format!(
            "---\nlibrary_name: kitae\npipeline_tag: {}\ntags: [tabular, kitae, {}]\nmetrics: {}\nmodel-index:\n- name: \
             {}\n  results: {results}\n---\n",
            self.task(),
            self.task(),
            Value::from(metrics),
            Value::from(self.name()),
        )
    }

    fn head(&self) -> String {
        let manifest = &self.folder.model.manifest;
        let what = match manifest.class_names.as_slice() {
            [] => format!("the number `{}`", code(&manifest.target)),
            names => {
                let names: Vec<String> =
                    names.iter().take(20).map(|name| format!("`{}`", code(name))).collect();
                let more = if names.len() < manifest.class_names.len() { " and others" } else { "" };
                format!("which class `{}` is of: {}{more}", code(&manifest.target), names.join(", "))
            }
        };
        let linear = manifest.lanes.iter().filter(|lane| lane.linear.is_some()).count();
        let blended =
            if linear > 0 { format!(", {linear} of them with a linear model") } else { String::new() };
        format!(
            "# {}\n\nPredicts {what}. It is {} of `{}` units{blended}, trained by kitae {}.\n",
            plain(&self.name().into()),
            count(manifest.lanes.len(), "neural network"),
            manifest.network.hidden.iter().map(ToString::to_string).collect::<Vec<_>>().join("-"),
            manifest.kitae,
        )
    }

    fn scores(&self) -> String {
        let mut text = format!(
            "## How good it is\n\nOn {} rows that decided nothing (out-of-fold); intervals of 95 %.\n\n| metric | value | \
             interval |\n|---|---|---|\n",
            self.folder.scores["n_rows"]
        );
        let mut row = |name: &str, score: &Value| {
            line(&mut text, &format!("| {name} | {} | {} |", number(&score["value"]), interval(score)));
        };
        for entry in self.entries() {
            row(&plain(&entry["metric"]), entry);
        }
        for baseline in self.folder.scores["baselines"].as_array().into_iter().flatten() {
            let score = &baseline["score"];
            row(&format!("{} of {}", plain(&score["metric"]), plain(&baseline["name"])), score);
        }
        text.push('\n');
        text.push_str(&self.looks());
        text
    }

    fn looks(&self) -> String {
        let Provenance { n_sealed, n_looks, .. } = self.provenance;
        if n_sealed == 0 {
            return "No test rows were sealed.\n".to_owned();
        }
        let rows = count(n_sealed, "row");
        if n_looks == 0 {
            return format!("{rows} were sealed as test rows, and nobody has looked at them.\n");
        }
        let mut text = format!(
            "{rows} were sealed as test rows, and {} written down:\n\n",
            if n_looks == 1 {
                "one look at them is".to_owned()
            } else {
                format!("{n_looks} looks at them are")
            }
        );
        for look in looks(&self.folder.path).iter().filter(|look| look["which"] == "sealed") {
            line(
                &mut text,
                &format!(
                    "- {} {} on {} rows",
                    plain(&look["metric"]),
                    number(&look["value"]),
                    look["n_rows"]
                ),
            );
        }
        text
    }

    fn inputs(&self) -> String {
        let manifest = &self.folder.model.manifest;
        let mut text =
            "## What it is fed with\n\n| column | kind | missing in training |\n|---|---|---|\n".to_owned();
        for input in &manifest.layout.inputs {
            let Some(column) = manifest.schema.column(&input.column) else { continue };
            line(
                &mut text,
                &format!("| `{}` | {} | {} |", cell(&column.name), kind(column), column.n_missing),
            );
        }
        text
    }

    fn data(&self) -> String {
        let Provenance { table, n_rows, fingerprint, recipe, .. } = &self.provenance;
        let findings = self.folder.findings.as_array().map_or(&[][..], Vec::as_slice);
        let mut text = format!(
            "## What it was trained on\n\n`{}`, {} (fingerprint `{fingerprint:016x}`; SHA-256 of the recipe \
             `{recipe}`).\n",
            code(table),
            count(*n_rows, "row"),
        );
        for finding in findings.iter().filter(|finding| finding["severity"] == "warning") {
            line(&mut text, &format!("\n- Warning: {}", plain(&finding["message"])));
        }
        text
    }

    fn limits(&self) -> String {
        let intervals = if self.is_classification() { "prediction sets" } else { "prediction intervals" };
        format!(
            "## Limits\n\nScores and {intervals} hold for rows like those of the training table. `kitae predict` reports \
             cells that are unlike them. Nobody has looked into whether groups of people are treated alike: whoever uses \
             the model for decisions about people has to.\n"
        )
    }

    fn usage(&self) -> String {
        // Quoted for a shell where it has to be.
        let is_plain =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        let name = match self.name() {
            name if is_plain(&name) => name,
            name => format!("'{}'", plain(&name.into()).replace('\'', r"'\''")),
        };
        format!(
            "## To use it\n\n    kitae verify {name}\n    kitae predict {name} new.csv --interval 0.9 --out \
             predictions.csv\n    kitae export {name} --onnx model.onnx\n"
        )
    }
}

fn kind(column: &ColumnSchema) -> String {
    let kind = serde_json::to_value(column.kind).map(|kind| plain(&kind)).unwrap_or_default();
    match column.levels.len() {
        0 => kind,
        _ if kind == "time" => format!("time, {}", cell(&column.levels.join(" or "))),
        n => format!("{kind} of {n} levels"),
    }
}

fn interval(score: &Value) -> String {
    match (&score["interval"]["low"], &score["interval"]["high"]) {
        (Value::Null, _) | (_, Value::Null) => String::new(),
        (low, high) => format!("{} to {}", number(low), number(high)),
    }
}

/// Four digits are what an interval leaves.
fn number(value: &Value) -> String {
    match value.as_f64() {
        Some(value) if value != 0.0 && !(1e-3..1e5).contains(&value.abs()) => format!("{value:.3e}"),
        Some(value) => format!("{value:.4}"),
        None => plain(value),
    }
}

/// A text without its quotes, on one line.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| text.replace(['\n', '\r'], " "))
}

/// A name that stands between back quotes.
fn code(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('`', "'")
}

/// A name in a table.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

fn count(n: usize, thing: &str) -> String {
    if n == 1 { format!("1 {thing}") } else { format!("{n} {thing}s") }
}

fn line(text: &mut String, line: &str) {
    // A String can always be written to.
    let _ = writeln!(text, "{line}");
}
