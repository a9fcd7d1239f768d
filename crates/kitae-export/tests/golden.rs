//! Folders that were written once: exported, described, verified, shared.

use std::fs;
use std::path::{Path, PathBuf};

use kitae_export::{ExportError, FileState, ModelFolder, OnnxExport, card, share, verify, write_weights};
use kitae_infer::ArtefactError;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn stored(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../kitae-infer/tests/golden").join(name)
}

#[test]
fn stored_models_are_exported_and_say_the_same() -> Result<()> {
    for name in ["classes", "values"] {
        let folder = ModelFolder::load(&stored(name))?;
        for level in [None, Some("0.8".parse()?)] {
            assert!(OnnxExport::new(&folder, level)?.proof.largest < 1e-5);
        }
        let Err(ExportError::Level(_)) = OnnxExport::new(&folder, Some("0.999".parse()?)) else {
            panic!("so few rows have no region of this level");
        };
    }
    Ok(())
}

#[test]
fn a_written_file_is_the_graph_and_nothing_else_is_left() -> Result<()> {
    let folder = ModelFolder::load(&stored("classes"))?;
    let scratch = tempfile::tempdir()?;
    let good = OnnxExport::new(&folder, None)?;
    good.write(&scratch.path().join("model.onnx"))?;
    assert_eq!(fs::read(scratch.path().join("model.onnx"))?, good.bytes());
    assert_eq!(fs::read_dir(scratch.path())?.count(), 1);
    Ok(())
}

#[test]
fn a_changed_file_is_found_and_what_grows_is_not_taken_for_one() -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path().join("model");
    share(&ModelFolder::load(&stored("classes"))?, &folder)?;
    let state = |name: &str| -> Result<FileState> {
        let found = verify(&folder)?.files.into_iter().find(|(file, _)| file == name);
        Ok(found.ok_or("no such file")?.1)
    };
    let first = verify(&folder)?;
    assert!(first.is_good(), "{first:?}");
    assert_eq!(
        first.provenance.as_ref().map(|from| (from.n_rows, from.n_sealed, from.n_looks)),
        Ok((120, 24, 0))
    );

    let look = r#"{"unix_seconds":1,"file":"t.csv","fingerprint":7,"which":"sealed","n_rows":24,"metric":"log_loss","value":0.5}"#;
    fs::write(folder.join("looks.jsonl"), format!("{look}\n"))?;
    let looked = verify(&folder)?;
    assert!(looked.is_good() && looked.apart.contains(&"looks.jsonl".to_owned()));
    assert_eq!(looked.provenance.map(|from| from.n_looks), Ok(1));
    assert!(card(&ModelFolder::load(&folder)?).contains("one look at them is written down"));

    let weights = folder.join("weights.safetensors");
    let mut bytes = fs::read(&weights)?;
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&weights, bytes)?;
    assert!(
        matches!(state("weights.safetensors")?, FileState::Damaged(reason) if reason.contains("SHA-256"))
    );
    let damaged = verify(&folder)?;
    assert!(!damaged.is_good() && damaged.provenance.is_err());
    fs::remove_file(&weights)?;
    assert!(
        matches!(state("weights.safetensors")?, FileState::Damaged(reason) if reason.contains("missing"))
    );
    Ok(())
}

#[test]
fn a_shared_folder_predicts_the_same_and_holds_no_row() -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let to = scratch.path().join("shared");
    let folder = ModelFolder::load(&stored("values"))?;
    let shared = share(&folder, &to)?;
    let names = |list: &[(String, &str)]| list.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(
        names(&shared.written),
        ["weights.safetensors", "nonconformity.safetensors", "model.json", "README.md", "SHA256SUMS"]
    );
    assert!(names(&shared.left_out).contains(&"out_of_fold.csv".to_owned()));
    assert_eq!(fs::read_dir(&to)?.count(), 5);
    assert!(verify(&to)?.is_good());
    let copied = ModelFolder::load(&to)?;
    let table = folder.model.read(&stored("values").join("new.csv"))?;
    let predictions = |folder: &ModelFolder| folder.model.predictor()?.predictions(&table);
    assert_eq!(predictions(&folder)?, predictions(&copied)?);
    assert!(matches!(share(&folder, &to), Err(ExportError::Artefact(ArtefactError::Exists { .. }))));
    Ok(())
}

#[test]
fn a_card_has_a_block_of_metadata_and_tells_scores_inputs_and_data() -> Result<()> {
    let text = card(&ModelFolder::load(&stored("classes"))?);
    let mut parts = text.split("---\n");
    assert_eq!(parts.next(), Some(""));
    let metadata = parts.next().ok_or("no block")?;
    for line in ["library_name: kitae", "pipeline_tag: tabular-classification", "- name: \"classes\""] {
        assert!(metadata.contains(line), "{metadata}");
    }
    for part in [
        "# classes",
        "| log_loss | 0.641",
        "| `size` | number | 18 |",
        "`train.csv`, 120 rows",
        "24 rows were sealed",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    Ok(())
}

#[test]
fn weights_come_with_what_rebuilds_them() -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let to = scratch.path().join("weights");
    let folder = ModelFolder::load(&stored("classes"))?;
    let names = write_weights(&folder, &to)?;
    assert_eq!(names.len(), fs::read_dir(&to)?.count());
    assert_eq!(
        fs::read(to.join("weights.safetensors"))?,
        fs::read(stored("classes").join("weights.safetensors"))?
    );
    let description: serde_json::Value = serde_json::from_slice(&fs::read(to.join("description.json"))?)?;
    assert_eq!(description["numbers"].as_array().map(Vec::len), Some(15));
    assert_eq!(description["networks"].as_array().map(Vec::len), Some(2));
    assert!(matches!(write_weights(&folder, &to), Err(ExportError::Artefact(ArtefactError::Exists { .. }))));
    Ok(())
}
