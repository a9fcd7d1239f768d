//! Rows as JSON and CSV, and what the model says of them.

use kitae_eval::Level;
use kitae_infer::Model;
use kitae_infer::csv_lines::{Rows, block, head, region_columns};
use serde_json::{Value, json};

use crate::client::{Running, golden, golden_file};

/// What `kitae predict` writes for the new rows of a stored model.
fn expected(name: &str, level: Option<f64>) -> String {
    let model = Model::load(&golden(name)).unwrap();
    let table = model.read(&golden(name).join("new.csv")).unwrap();
    let predictor = model.predictor().unwrap();
    let (predictions, regions) = match level {
        None => (predictor.predictions(&table).unwrap(), None),
        Some(level) => {
            let regions = predictor.regions(Level::new(level).unwrap()).unwrap();
            let (predictions, regions) = regions.predictions(&table).unwrap();
            (predictions, Some(regions))
        }
    };
    let names = &model.manifest.class_names;
    let columns: &[&str] = if regions.is_some() { region_columns(names) } else { &[] };
    let mut text = head(&[], names, columns).unwrap();
    let rows = Rows { predictions: &predictions, kept: &[], regions: regions.as_ref() };
    text.extend(block(&rows, names, 0..predictions.n_rows(), 0).unwrap());
    String::from_utf8(text).unwrap()
}

/// The rows of `new.csv` as JSON, numbers as numbers and texts as texts.
pub(crate) fn new_rows(name: &str) -> Vec<Value> {
    let text = golden_file(name, "new.csv");
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<&str>>());
    let header = lines.next().unwrap();
    let cell = |text: &str| match text.parse::<f64>() {
        Ok(number) => json!(number),
        Err(_) if text.is_empty() => Value::Null,
        Err(_) => json!(text),
    };
    lines
        .map(|line| header.iter().zip(line).map(|(name, text)| ((*name).to_owned(), cell(text))).collect())
        .collect()
}

#[test]
fn csv_is_answered_as_kitae_predict_does() {
    for name in ["classes", "values"] {
        let server = Running::of(name);
        let body = golden_file(name, "new.csv");
        for (query, level) in [("", None), ("?interval=0.8", Some(0.8))] {
            let path = format!("/predict{query}");
            let answer = server.ask("POST", &path, &["Content-Type: text/csv"], body.as_bytes());
            assert_eq!((answer.status, answer.body), (200, expected(name, level)));
        }
    }
}

#[test]
fn json_is_answered_with_the_same_bits_as_csv() {
    for name in ["classes", "values"] {
        let server = Running::of(name);
        let rows = new_rows(name);
        let csv = expected(name, Some(0.8));
        let bodies = [json!({ "rows": rows }).to_string(), json!(rows).to_string()];
        for body in bodies {
            let headers = ["Content-Type: application/json", "Accept: text/csv"];
            let answer = server.ask("POST", "/predict?interval=0.8", &headers, body.as_bytes());
            assert_eq!((answer.status, answer.body), (200, csv.clone()));
            let json = server.post("/predict?interval=0.8", &body).ok();
            let predictions = json["predictions"].as_array().unwrap();
            assert_eq!(predictions.len(), rows.len());
            for (line, prediction) in csv.lines().skip(1).zip(predictions) {
                assert_eq!(line, as_csv(prediction));
            }
        }
        // A row alone, too.
        let mut client = server.connect();
        for (row, line) in rows.iter().zip(csv.lines().skip(1)) {
            let headers = ["Content-Type: application/json"];
            let answer =
                client.ask("POST", "/predict?interval=0.8", &headers, row.to_string().as_bytes()).ok();
            assert_eq!(as_csv(&answer["predictions"][0]), line);
        }
    }
}

/// An answer in JSON as a line of CSV.
fn as_csv(prediction: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut cells = vec![text(&prediction["prediction"])];
    if let Some(probabilities) = prediction["probabilities"].as_object() {
        cells.extend(probabilities.values().map(&text));
        let set = prediction["set"].as_array().unwrap();
        cells.push(set.iter().map(&text).collect::<Vec<String>>().join("|"));
    } else {
        cells.extend(["low", "high"].map(|end| text(&prediction["interval"][end])));
    }
    // A whole number has no point in CSV.
    cells.iter().map(|cell| cell.strip_suffix(".0").unwrap_or(cell)).collect::<Vec<&str>>().join(",")
}

#[test]
fn what_is_odd_is_told_and_answered_all_the_same() {
    let server = Running::of("classes");
    let row = json!({ "SIZE": 1.5, "colour": "green", "day": "2024-02-02", "price": 1e9, "weight": 3 });
    let answer = server.post("/predict", &row.to_string()).ok();
    let warnings = answer["warnings"].as_array().unwrap();
    let has =
        |words: &str| warnings.iter().any(|warning| warning["message"].as_str().unwrap().contains(words));
    for words in
        ["`SIZE` is read as `size`", "such as `green`", "as if in another unit", "`weight`: not used"]
    {
        assert!(has(words), "{words}: {answer}");
    }
    let row = json!({ "size": 1.5, "colour": "red", "day": "2024-02-02", "price": 30, "kind": "iris" });
    assert_eq!(server.post("/predict", &row.to_string()).ok()["warnings"], json!([]));
}

#[test]
fn several_models_are_asked_by_name() {
    let server = Running::start(&[golden("classes"), golden("values")], |_| {});
    let row = new_rows("classes")[1].to_string();
    assert!(server.post("/predict", &row).fault(404).contains("`classes`, `values`"));
    let classes = server.post("/models/classes/predict", &row).ok();
    assert!(classes["predictions"][0]["probabilities"].is_object());
    let values = server.post("/models/values/predict", &row).ok();
    assert!(values["predictions"][0]["prediction"].is_number());
    assert!(server.post("/models/other/predict", &row).fault(404).contains("no model is called `other`"));
    assert_eq!(server.get("/models").ok()["models"], json!(["classes", "values"]));
}

#[test]
fn true_is_no_level_of_a_column_of_colours() {
    // No level of the column is one of them, so they are levels that nobody knows.
    let server = Running::of("classes");
    let row = json!({ "size": 1.5, "colour": true, "day": "2024-02-02", "price": 30 });
    let answer = server.post("/predict", &row.to_string()).ok();
    assert!(answer["warnings"][0]["message"].as_str().unwrap().contains("such as `true`"), "{answer}");
}
