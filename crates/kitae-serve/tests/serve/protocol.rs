//! The Open Inference Protocol.

use serde_json::{Value, json};

use crate::answers::new_rows;
use crate::client::Running;

/// The tensors of the new rows of a stored model.
fn tensors(name: &str, columns: [&str; 4]) -> Value {
    let rows = new_rows(name);
    let tensor = |column: &&str| {
        let data: Vec<Value> = rows.iter().map(|row| row[*column].clone()).collect();
        let datatype = if ["size", "price"].contains(column) { "FP64" } else { "BYTES" };
        json!({ "name": column, "shape": [rows.len()], "datatype": datatype, "data": data })
    };
    columns.iter().map(tensor).collect()
}

#[test]
fn tensors_are_answered_with_the_predictions_of_rows() {
    for (name, columns) in
        [("classes", ["size", "colour", "day", "price"]), ("values", ["size", "colour", "day", "kind"])]
    {
        let server = Running::of(name);
        let path = format!("/v2/models/{name}/infer");
        let request =
            json!({ "id": "a", "parameters": { "interval": 0.8 }, "inputs": tensors(name, columns) });
        let answer = server.post(&path, &request.to_string()).ok();
        let rows = server.post("/predict?interval=0.8", &json!(new_rows(name)).to_string()).ok();
        let rows = rows["predictions"].as_array().unwrap();
        assert_eq!((&answer["model_name"], &answer["id"]), (&json!(name), &json!("a")));
        let output = |wanted: &str| {
            let outputs = answer["outputs"].as_array().unwrap();
            outputs
                .iter()
                .find(|output| output["name"] == wanted)
                .unwrap_or_else(|| panic!("{wanted}: {answer}"))
        };
        let of_rows = |get: &dyn Fn(&Value) -> Value| -> Value { rows.iter().map(get).collect() };
        assert_eq!(output("prediction")["data"], of_rows(&|row| row["prediction"].clone()));
        assert_eq!(output("prediction")["shape"], json!([rows.len()]));
        if name == "classes" {
            let probabilities = output("probabilities");
            assert_eq!(probabilities["shape"], json!([rows.len(), 3]));
            let flat: Vec<Value> = rows
                .iter()
                .flat_map(|row| row["probabilities"].as_object().unwrap().values().cloned())
                .collect();
            assert_eq!(probabilities["data"], json!(flat));
            let holds = output("prediction_set")["data"].as_array().unwrap();
            let n_held: usize = rows.iter().map(|row| row["set"].as_array().unwrap().len()).sum();
            assert_eq!(holds.iter().filter(|holds| **holds == true).count(), n_held);
        } else {
            assert_eq!(output("prediction_low")["data"], of_rows(&|row| row["interval"]["low"].clone()));
            assert_eq!(output("prediction_high")["data"], of_rows(&|row| row["interval"]["high"].clone()));
        }
    }
}

#[test]
fn tensors_of_one_column_may_be_nested_and_outputs_chosen() {
    let server = Running::of("values");
    let input = |name: &str, datatype: &str, data: Value| json!({ "name": name, "shape": [2, 1], "datatype": datatype, "data": data });
    let request = json!({
        "inputs": [
            input("size", "INT32", json!([[1], [2]])),
            input("colour", "BYTES", json!([["red"], [null]])),
            input("day", "BYTES", json!(["2024-02-02", "2024-02-03"])),
            input("kind", "BYTES", json!(["iris", "rose"])),
        ],
        "outputs": [{ "name": "prediction" }],
    });
    let answer = server.post("/v2/models/values/infer?interval=0.8", &request.to_string()).ok();
    assert_eq!(answer["outputs"].as_array().unwrap().len(), 1);
    assert_eq!(answer["outputs"][0]["shape"], json!([2]));
}

#[test]
fn tensors_that_do_not_fit_are_refused_with_their_name_and_reason() {
    let server = Running::of("classes");
    let ask = |inputs: &Value| {
        server.post("/v2/models/classes/infer", &json!({ "inputs": inputs }).to_string()).fault(400)
    };
    let size = |shape: Value, datatype: &str, data: Value| json!([{ "name": "size", "shape": shape, "datatype": datatype, "data": data }]);
    for (inputs, words) in [
        (json!([]), "`inputs` has no rows"),
        (size(json!([0]), "FP64", json!([])), "`inputs` has no rows"),
        (
            size(json!([2, 2]), "FP64", json!([1, 2, 3, 4])),
            "input `size`: expected the shape [2] or [2, 1], got [2, 2]",
        ),
        (size(json!([2]), "FP64", json!([1])), "its shape [2] asks for 2 values, got 1"),
        (size(json!([1]), "FP64", json!(["1"])), "value 1: expected FP64 or null, got the text `1`"),
        (size(json!([1]), "INT64", json!([1.5])), "value 1: expected INT64 or null, got 1.5"),
        (size(json!([1]), "BYTES", json!([true])), "value 1: expected BYTES or null, got true"),
        (size(json!([1]), "FLOAT", json!([1])), "`FLOAT` is no datatype of the protocol"),
        (size(json!([1]), "FP64", json!([[1, 2]])), "the body: invalid type: sequence"),
        (size(json!([1]), "FP64", json!(null)), "it has no `data`"),
        (size(json!([1]), "FP64", json!([1])), "missing columns: `colour`, `day`, `price`"),
    ] {
        let message = ask(&inputs);
        assert!(message.contains(words), "{inputs}: {message}");
    }
    let post = |body: &str| server.post("/v2/models/classes/infer", body).fault(400);
    assert!(post("").contains("the body is empty"));
    assert!(post("{}").contains("missing field `inputs`"));
    assert!(server.post("/v2/models/other/infer", "{}").fault(404).contains("no model is called `other`"));
}

#[test]
fn health_and_metadata_are_as_the_protocol_says() {
    let server = Running::of("classes");
    assert_eq!(server.get("/v2").ok()["name"], "kitae");
    assert_eq!(server.get("/v2/health/live").ok(), json!({ "live": true }));
    assert_eq!(server.get("/v2/health/ready").ok(), json!({ "ready": true }));
    assert_eq!(server.get("/v2/models/classes/ready").ok(), json!({ "name": "classes", "ready": true }));
    let metadata = server.get("/v2/models/classes").ok();
    assert_eq!(metadata["inputs"][0], json!({ "name": "size", "datatype": "FP64", "shape": [-1] }));
    assert_eq!(
        metadata["outputs"][1],
        json!({ "name": "probabilities", "datatype": "FP64", "shape": [-1, 3] })
    );
    assert_eq!(metadata["parameters"]["class_names"], json!(["iris", "rose", "tulip"]));
    server.get("/v2/models/other").fault(404);
}
