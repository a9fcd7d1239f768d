//! What is counted.

use serde_json::json;

use crate::answers::new_rows;
use crate::client::Running;

#[test]
fn rows_cells_and_drift_are_counted() {
    let server = Running::of("classes");
    let rows = new_rows("classes");
    let odd = json!({ "size": null, "colour": "green", "day": "2024-02-02", "price": 1e9 });
    server.post("/predict", &json!(rows).to_string()).ok();
    server.post("/predict", &odd.to_string()).ok();
    server.post("/predict", "[").fault(400);
    server.get("/nowhere").fault(404);
    let text = server.get("/metrics").body;
    let value = |sample: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(sample));
        line.unwrap_or_else(|| panic!("{sample}: {text}")).trim().parse().unwrap()
    };
    let n_rows = rows.len() as f64 + 1.0;
    assert_eq!(value("kitae_requests_total{route=\"/predict\",status=\"200\"}"), 2.0);
    assert_eq!(value("kitae_requests_total{route=\"/predict\",status=\"400\"}"), 1.0);
    assert_eq!(value("kitae_requests_total{route=\"other\",status=\"404\"}"), 1.0);
    assert_eq!(value("kitae_request_seconds_count{route=\"/predict\",status=\"200\"}"), 2.0);
    assert_eq!(value("kitae_rows_total{model=\"classes\"}"), n_rows);
    assert_eq!(value("kitae_drift_rows{model=\"classes\"}"), n_rows);
    let n_green = rows.iter().filter(|row| row["colour"] == "green").count() as f64 + 1.0;
    assert_eq!(value("kitae_unseen_cells_total{model=\"classes\",column=\"colour\"}"), n_green);
    let is_missing = |row: &&serde_json::Value| row["size"].is_null() || row["size"] == -99.0;
    let n_missing = rows.iter().filter(is_missing).count() as f64 + 1.0;
    assert_eq!(value("kitae_missing_cells_total{model=\"classes\",column=\"size\"}"), n_missing);
    let distance = value("kitae_drift_distance{model=\"classes\",column=\"price\"}");
    assert!((0.0..=1.0).contains(&distance));
    assert!(
        text.contains("kitae_drift_findings{model=\"classes\",column=\"price\",what=\"out_of_range\""),
        "{text}"
    );
    // Every sample is of a family that is described, once.
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split('{').next().unwrap();
        let family =
            ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert_eq!(text.matches(&format!("# TYPE {family} ")).count(), 1, "{line}");
    }
}
