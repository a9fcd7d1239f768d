//! The `OpenAPI` document, made from the schemas of the models.

use std::sync::Arc;

use kitae_answer::Ready;
use kitae_data::schema::{ColumnSchema, Kind};
use serde_json::{Map, Value, json};

use crate::served::Served;

/// What is where, and what the rows of each model are.
pub(crate) fn openapi(models: &[Arc<Served>]) -> Value {
    let mut paths = Map::new();
    let mut get = |path: &str, summary: &str| {
        paths.insert(path.to_owned(), json!({ "get": { "summary": summary, "responses": answers("Done") } }));
    };
    get("/health", "Whether the server is there");
    get("/metrics", "What is counted, in the text format of Prometheus");
    get("/models", "The names of the models");
    get("/v2", "The server (Open Inference Protocol)");
    get("/v2/health/live", "Whether the server is there");
    get("/v2/health/ready", "Whether it takes requests");
    for served in models {
        let (name, tag) = (escaped(&served.name), &served.name);
        get(&format!("/models/{name}"), &format!("The columns of `{tag}`"));
        get(&format!("/v2/models/{name}"), &format!("The tensors of `{tag}`"));
        get(&format!("/v2/models/{name}/ready"), &format!("Whether `{tag}` takes requests"));
    }
    let mut schemas = Map::new();
    for (number, served) in models.iter().enumerate() {
        let (loaded, name) = (served.loaded(), escaped(&served.name));
        let row = format!("row_{}", number + 1);
        let predict = predict(&served.name, &row, &loaded.ready);
        paths.insert(format!("/models/{name}/predict"), predict.clone());
        if models.len() == 1 {
            paths.insert("/predict".to_owned(), predict);
        }
        paths.insert(format!("/v2/models/{name}/infer"), infer(&served.name));
        schemas.insert(row, row_schema(&loaded.ready));
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "kitae serve", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
        "security": [{}, { "token": [] }],
    })
}

/// A name in a path.
fn escaped(name: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    name.bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn predict(name: &str, row: &str, ready: &Ready) -> Value {
    let row = json!({ "$ref": format!("#/components/schemas/{row}") });
    let list = json!({ "type": "array", "items": row, "minItems": 1 });
    let rows = json!({ "type": "object", "required": ["rows"], "properties": { "rows": list } });
    let summary = format!("Predict `{}` with `{name}`", ready.model().manifest.target);
    json!({ "post": {
        "summary": summary,
        "parameters": [{
            "name": "interval",
            "in": "query",
            "description": "Level of the conformal interval or set that is added",
            "schema": { "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1 },
        }],
        "requestBody": { "required": true, "content": {
            "application/json": { "schema": { "oneOf": [rows, list, row] } },
            "text/csv": { "schema": { "type": "string" } },
        } },
        "responses": answers("One object or line a row, in their order"),
    } })
}

fn infer(name: &str) -> Value {
    let tensor = json!({
        "type": "object",
        "required": ["name", "shape", "datatype", "data"],
        "properties": {
            "name": { "type": "string" },
            "shape": { "type": "array", "items": { "type": "integer" } },
            "datatype": { "type": "string" },
            "data": { "type": "array" },
        },
    });
    let body = json!({
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": { "type": "string" },
            "parameters": { "type": "object", "properties": { "interval": { "type": "number" } } },
            "inputs": { "type": "array", "items": tensor },
        },
    });
    json!({ "post": {
        "summary": format!("Ask `{name}` (Open Inference Protocol): one tensor a column"),
        "requestBody": { "required": true, "content": { "application/json": { "schema": body } } },
        "responses": answers("One tensor for each part of the answer"),
    } })
}

fn row_schema(ready: &Ready) -> Value {
    let names: Vec<&String> = ready.fed.columns.iter().map(|column| &column.name).collect();
    let properties: Map<String, Value> =
        ready.fed.columns.iter().map(|column| (column.name.clone(), cell_schema(column))).collect();
    json!({ "type": "object", "required": names, "properties": properties })
}

/// Levels that are unknown are accepted, so they are examples.
fn cell_schema(column: &ColumnSchema) -> Value {
    match column.kind {
        Kind::Number => json!({ "type": ["number", "string", "null"] }),
        Kind::Time => json!({
            "type": ["string", "number", "null"],
            "description": format!("A time in the form {}", column.levels.join(" or ")),
        }),
        _ => json!({
            "type": ["string", "number", "boolean", "null"],
            "examples": column.levels.iter().take(20).collect::<Vec<&String>>(),
        }),
    }
}

fn answers(done: &str) -> Value {
    let fault = json!({
        "description": "What was expected and what came",
        "content": { "application/json": { "schema": {
            "type": "object", "required": ["error"], "properties": { "error": { "type": "string" } },
        } } },
    });
    json!({ "200": { "description": done }, "default": fault })
}
