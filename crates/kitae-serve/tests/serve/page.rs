//! The page, the document and what they are made from.

use serde_json::json;

use crate::client::Running;

#[test]
fn the_page_runs_under_a_policy_that_lets_nothing_else_in() {
    let server = Running::of("classes");
    let page = server.get("/");
    assert!(page.status == 200 && page.body.starts_with("<!doctype html>"));
    assert!(page.head.contains("content-security-policy: default-src 'none';"), "{}", page.head);
    assert!(!page.head.contains("unsafe"), "{}", page.head);
}

#[test]
fn the_form_is_told_kinds_levels_and_quantiles() {
    let server = Running::of("classes");
    let model = server.get("/models/classes").ok();
    assert_eq!(model["target"], "kind");
    assert_eq!(model["class_names"], json!(["iris", "rose", "tulip"]));
    assert_eq!(model["columns"][0]["quantiles"][3], 1.35);
    assert_eq!(model["columns"][1]["levels"], json!(["blue", "red", "white"]));
    server.get("/models/other").fault(404);
}

#[test]
fn the_document_knows_every_route_and_the_columns() {
    let server = Running::of("classes");
    let document = server.get("/openapi.json").ok();
    let row = &document["components"]["schemas"]["row_1"];
    assert_eq!(row["required"], json!(["size", "colour", "day", "price"]));
    assert_eq!(row["properties"]["size"]["type"], json!(["number", "string", "null"]));
    for (path, of) in document["paths"].as_object().unwrap() {
        if of.get("get").is_some() {
            assert_eq!(server.get(path).status, 200, "{path}");
        } else {
            server.post(path, "").fault(400);
        }
    }
}
