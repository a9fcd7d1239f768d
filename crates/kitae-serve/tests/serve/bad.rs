//! Bad input gets one clear answer.

use serde_json::json;

use crate::client::Running;

fn refused(server: &Running, body: &str) -> String {
    server.post("/predict", body).fault(400)
}

#[test]
fn rows_that_cannot_be_read_are_refused_with_row_column_and_reason() {
    let server = Running::of("classes");
    for (body, words) in [
        ("", "the body is empty: expected rows"),
        ("[]", "the body has no rows"),
        ("size,colour\n1,red\n", "expected value at line 1 column 1"),
        (r#"{"size": 1}"#, "the rows: missing columns: `colour`, `day`, `price`; the columns are `size`"),
        (r#"{"size": NaN}"#, "row 1, column `size`: expected value at line 1 column 10; JSON has no NaN"),
        (r#"{"size": [1]}"#, "row 1, column `size`: invalid type: sequence, expected a number"),
        (r#"[{"size": 1}, {"size": {"value": 2}}]"#, "row 2, column `size`: invalid type: map"),
        (r#"[{"size": 1}, {"length": 2}]"#, "row 2 has a column `length`, which the rows before it lack"),
    ] {
        let message = refused(&server, body);
        assert!(message.contains(words), "{body}: {message}");
    }
}

#[test]
fn cells_of_another_type_are_refused_with_row_column_and_reason() {
    let server = Running::of("classes");
    let good = json!({ "size": 1.5, "colour": "red", "day": "2024-02-02", "price": 30 });
    for (column, cell, words) in [
        ("size", json!("tall"), "row 2, column `size`: expected a number or null, got the text `tall`"),
        ("size", json!(true), "row 2, column `size`: expected a number or null, got true"),
        ("price", json!("1e999"), "row 2, column `price`: expected a number or null, got the text `1e999`"),
        ("day", json!("soon"), "expected a time in the form year-month-day or null, got the text `soon`"),
        (
            "day",
            json!(false),
            "row 2, column `day`: expected a time in the form year-month-day or null, got false",
        ),
    ] {
        let mut bad = good.clone();
        bad[column] = cell;
        let message = refused(&server, &json!([good, bad]).to_string());
        assert!(message.contains(words), "{message}");
    }
    // Markers of missing cells are none of these.
    for cell in [json!("NA"), json!(""), json!(null), json!("-"), json!(-99)] {
        let mut row = good.clone();
        row["size"] = cell;
        server.post("/predict", &row.to_string()).ok();
    }
}

#[test]
fn csv_that_cannot_be_read_is_refused_and_odd_cells_are_told() {
    let server = Running::of("classes");
    let ask = |body: &str| server.ask("POST", "/predict", &["Content-Type: text/csv"], body.as_bytes());
    for (body, words) in [
        ("", "the body: the file is empty"),
        ("size,colour,day,price\n", "no rows"),
        ("size,colour\n1,red\n", "missing columns: `day`, `price`"),
        ("size,colour,day,price\n1,red,2024-02-02\n", "3 cells where the header has 4"),
    ] {
        let message = ask(body).fault(400);
        assert!(message.contains(words), "{body}: {message}");
    }
    assert!(ask("\u{1f}").status == 400);
    let packed = server.ask("POST", "/predict", &["Content-Type: text/csv"], &[0x1f, 0x8b, 8, 0]);
    assert!(packed.fault(415).contains("gzip"));
    // A file has no types: what `kitae predict` takes for missing is missing here, too, and told.
    let headers = ["Content-Type: text/csv", "Accept: application/json"];
    let body = b"size,colour,day,price\ntall,red,2024-02-02,30\n";
    let answer = server.ask("POST", "/predict", &headers, body).ok();
    assert!(answer["warnings"][0]["message"].as_str().unwrap().contains("such as `tall`"), "{answer}");
}

#[test]
fn other_forms_paths_methods_and_questions_are_refused() {
    let server = Running::of("classes");
    let body = br#"{"size": 1}"#;
    let ask = |headers: &[&str]| server.ask("POST", "/predict", headers, body);
    assert!(
        ask(&["Content-Type: application/x-www-form-urlencoded"]).fault(415).contains("application/json")
    );
    assert!(ask(&["Content-Encoding: gzip"]).fault(415).contains("gzip"));
    assert!(server.get("/predictions").fault(404).contains("nothing is at `/predictions`"));
    let wrong = server.get("/predict");
    assert!(wrong.fault(405).contains("`/predict` does not take GET"));
    assert!(wrong.head.contains("allow: post"), "{}", wrong.head);
    for (query, words) in [
        ("?interval=2", "`interval`"),
        ("?interval=", "`interval`"),
        ("?level=0.9", "expected `?interval=LEVEL`, got `level=0.9`"),
    ] {
        let message = server.post(&format!("/predict{query}"), "{}").fault(400);
        assert!(message.contains(words), "{message}");
    }
    let row = json!({ "size": 1.5, "colour": "red", "day": "2024-02-02", "price": 30 }).to_string();
    assert!(server.post("/predict?interval=0.999999", &row).fault(400).contains("ask for a lower level"));
}

#[test]
fn what_is_no_http_ends_the_connection_and_nothing_else() {
    let server = Running::of("classes");
    let mut client = server.connect();
    client.send(b"\x16\x03\x01 no HTTP at all\r\n\r\n").unwrap();
    let answer = client.receive();
    assert!(answer.is_err() || answer.unwrap().status == 400);
    server.get("/health").ok();
}
