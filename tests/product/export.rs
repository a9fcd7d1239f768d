//! What leaves a model folder, and what it is worth.

use std::fs;

use serde_json::Value;

use crate::common::{QUICK, Workplace, flowers, lengths};

/// A workplace with a model `m` of the table `data.csv`.
fn trained(table: &str, flags: &str) -> Workplace {
    let workplace = Workplace::new();
    workplace.write("data.csv", table);
    workplace.kitae(&format!("train data.csv --out m {QUICK} --quiet {flags}")).ok();
    workplace
}

#[test]
fn a_model_leaves_as_a_graph_that_was_compared() {
    for (table, flags) in [(flowers(90), "--target kind"), (lengths(90), "--target length --task regression")]
    {
        let workplace = trained(&table, flags);
        for interval in ["", "--interval 0.8"] {
            let outcome = workplace.kitae(&format!("export m --onnx m.onnx {interval}"));
            assert!(
                outcome.err.contains("differs from kitae by at most")
                    && outcome.err.contains("384 made rows")
            );
            outcome.ok();
            assert!(fs::metadata(workplace.path("m.onnx")).unwrap().len() > 1000);
            fs::remove_file(workplace.path("m.onnx")).unwrap();
        }
        let error = workplace.kitae("export m --onnx m.onnx --interval 0.999").fails(1);
        assert!(error.contains("ask for a lower level"), "{error}");
        assert!(!workplace.path("m.onnx").exists());
    }
}

#[test]
fn a_model_that_refuses_rows_is_refused_and_no_file_is_left() {
    let workplace = trained(&flowers(90), "--target kind --unseen refuse");
    let error = workplace.kitae("export m --onnx m.onnx").fails(1);
    assert!(error.contains("train it with `--unseen as_missing`"), "{error}");
    assert!(!workplace.path("m.onnx").exists());
    workplace.kitae("export m").fails(2);
}

#[test]
fn a_shared_folder_predicts_and_holds_no_target() {
    let workplace = trained(&flowers(90), "--target kind");
    let told = workplace.kitae("export m --share shared");
    assert!(
        told.err.contains("no training row") && told.err.contains("out_of_fold.csv: the target"),
        "{}",
        told.err
    );
    told.ok();
    for name in ["out_of_fold.csv", "report.html", "run.json", "sealed.rows", "record.jsonl"] {
        assert!(!workplace.path("shared").join(name).exists(), "{name}");
    }
    let predicted =
        |model: &str| workplace.kitae(&format!("predict {model} data.csv --interval 0.8 --quiet")).ok();
    assert_eq!(predicted("m"), predicted("shared"));
    assert!(workplace.kitae("export m --share shared").fails(1).contains("exists"));
    assert!(workplace.read("shared/README.md").contains("pipeline_tag: tabular-classification"));
}

#[test]
fn a_folder_is_verified_also_after_a_look() {
    let workplace = trained(&flowers(90), "--target kind");
    let verify = || -> Value { serde_json::from_str(&workplace.kitae("verify m --json").ok()).unwrap() };
    let looks = |found: &Value| found["provenance"]["n_looks"].as_u64();
    assert_eq!(looks(&verify()), Some(0));
    workplace.kitae("evaluate m --threads 1 --device flex").ok();
    let found = verify();
    assert_eq!((looks(&found), &found["is_good"]), (Some(1), &Value::Bool(true)));
    assert!(found["apart"].as_array().unwrap().contains(&"looks.jsonl".into()));
    assert!(workplace.kitae("card m").ok().contains("one look at them is written down"));

    let out_of_fold = workplace.read("m/out_of_fold.csv").replace("tulip", "tulips");
    workplace.write("m/out_of_fold.csv", &out_of_fold);
    let outcome = workplace.kitae("verify m");
    assert!(outcome.out.contains("DAMAGED  out_of_fold.csv") && outcome.out.contains("ok       model.json"));
    assert!(outcome.fails(1).contains("is not what the training left"));
}

#[test]
fn weights_leave_with_a_description() {
    let workplace = trained(&lengths(90), "--target length --task regression");
    workplace.kitae("export m --safetensors weights").ok();
    let description = workplace.json("weights/description.json");
    assert_eq!(description["network"]["hidden"], serde_json::json!([8]));
    assert_eq!(description["networks"].as_array().unwrap().len(), 2);
    assert!(workplace.read("weights/rebuild.py").contains("def forward(xp"));
}
