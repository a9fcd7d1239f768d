//! What a model is fed with, for people and for forms.

use kitae_data::schema::ColumnSchema;
use kitae_data::target::order_of_names;
use serde_json::{Value, json};

use crate::ready::Ready;

impl Ready {
    /// The target, the classes, and each column with what training saw in it.
    pub fn description(&self, name: &str) -> Value {
        let manifest = &self.model().manifest;
        let order = order_of_names(&manifest.class_names);
        let class_names: Vec<&String> = order.iter().map(|at| &manifest.class_names[*at]).collect();
        json!({
            "name": name,
            "kitae": manifest.kitae,
            "target": manifest.target,
            "class_names": class_names,
            "n_rows": manifest.source.n_open,
            "has_regions": self.has_regions(),
            "columns": self.fed.columns.iter().map(|column| self.column(column)).collect::<Vec<Value>>(),
        })
    }

    fn column(&self, column: &ColumnSchema) -> Value {
        let profile = &self.model().manifest.profile;
        let seen = profile.columns.iter().find(|seen| seen.name == column.name);
        let mut described = json!({ "name": column.name, "kind": column.kind });
        if !column.levels.is_empty() {
            described["levels"] = json!(column.levels);
        }
        if let Some(seen) = seen {
            described["n_missing"] = json!(seen.n_missing);
            described["quantiles"] = json!(seen.quantiles);
        }
        described
    }
}
