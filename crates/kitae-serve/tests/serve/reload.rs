//! A folder that is replaced while it is served.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{Client, Running, copy};

const ROW: &str = r#"{"size": 1.5, "colour": "red", "day": "2024-02-02", "price": 30, "kind": "iris"}"#;

fn watched(folder: &Path) -> Running {
    Running::start(&[folder.to_path_buf()], |config| config.look_every = Duration::from_millis(20))
}

/// Waits until the server has told something that contains `words`.
fn wait_for(server: &Running, words: &str) {
    let start = Instant::now();
    while !server.log.lock().unwrap().iter().any(|line| line.contains(words)) {
        assert!(start.elapsed() < Duration::from_secs(20), "{words}: {:?}", server.log.lock().unwrap());
        std::thread::sleep(Duration::from_millis(5));
    }
    server.log.lock().unwrap().clear();
}

#[test]
fn a_model_takes_the_place_of_another_without_a_lost_request() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("m");
    copy("classes", &folder);
    let server = watched(&folder);
    let (is_over, n_answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut client = Client::new(server.address);
                while !is_over.load(Ordering::Relaxed) {
                    let answer = client.ask("POST", "/predict", &[], ROW.as_bytes()).ok();
                    let prediction = &answer["predictions"][0]["prediction"];
                    assert!(prediction.is_string() || prediction.is_number(), "{answer}");
                    n_answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for round in 0..6 {
            // As one does it by hand: beside the old one, then two renames.
            let (beside, old) = (place.path().join("new"), place.path().join("old"));
            copy(["values", "classes"][round % 2], &beside);
            fs::rename(&folder, &old).unwrap();
            fs::rename(&beside, &folder).unwrap();
            fs::remove_dir_all(&old).unwrap();
            wait_for(&server, "a new model was read");
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(n_answered.load(Ordering::Relaxed) > 20);
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("kitae_reloads_total{model=\"m\",outcome=\"loaded\"} 6\n"), "{metrics}");
    assert!(!metrics.contains("status=\"5"), "{metrics}");
}

#[test]
fn a_broken_folder_leaves_the_old_model_and_says_so() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("m");
    copy("classes", &folder);
    let server = watched(&folder);
    let before = server.post("/predict", ROW).ok();
    // Another model, one file of which is cut.
    copy("values", &folder);
    let weights = fs::read(folder.join("weights.safetensors")).unwrap();
    fs::write(folder.join("weights.safetensors"), &weights[..weights.len() / 2]).unwrap();
    wait_for(&server, "the new model cannot be used, the old one goes on");
    assert_eq!(server.post("/predict", ROW).ok(), before);
    let metrics = server.get("/metrics").body;
    assert!(!metrics.contains("outcome=\"failed\"} 0\n"), "{metrics}");
    // Mended, it is taken.
    fs::write(folder.join("weights.safetensors"), weights).unwrap();
    wait_for(&server, "a new model was read");
    assert!(server.post("/predict", ROW).ok()["predictions"][0]["prediction"].is_number());
    // A folder that has gone is no reason to end.
    fs::remove_dir_all(&folder).unwrap();
    wait_for(&server, "cannot read");
    assert!(server.post("/predict", ROW).ok()["predictions"][0]["prediction"].is_number());
    assert_eq!(server.get("/v2/health/ready").ok(), json!({ "ready": true }));
}
