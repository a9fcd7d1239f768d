//! Who may know whom: the edges between the crates, the features, the folders.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Each crate and the crates of this workspace that it may use.
const PICTURE: [(&str, &[&str]); 17] = [
    ("kitae-random", &[]),
    ("kitae-data", &["kitae-random"]),
    ("kitae-eval", &["kitae-random"]),
    ("kitae-infer", &["kitae-random", "kitae-data", "kitae-eval"]),
    ("kitae-model", &["kitae-random", "kitae-infer"]),
    ("kitae-train", &["kitae-random", "kitae-data", "kitae-eval", "kitae-infer", "kitae-model"]),
    ("kitae-answer", &["kitae-data", "kitae-eval", "kitae-infer"]),
    ("kitae-web", &["kitae-answer", "kitae-eval", "kitae-infer"]),
    ("kitae-export", &["kitae-random", "kitae-data", "kitae-eval", "kitae-infer", "kitae-web"]),
    ("kitae-serve", &["kitae-answer", "kitae-data", "kitae-eval", "kitae-infer"]),
    ("kitae-lab", &["kitae-random", "kitae-data", "kitae-eval", "kitae-model", "kitae-train"]),
    ("kitae-report", &["kitae-data", "kitae-eval", "kitae-train", "kitae-lab"]),
    (
        "kitae",
        &[
            "kitae-data",
            "kitae-eval",
            "kitae-infer",
            "kitae-model",
            "kitae-train",
            "kitae-lab",
            "kitae-report",
        ],
    ),
    (
        "kitae-cli",
        &[
            "kitae",
            "kitae-random",
            "kitae-data",
            "kitae-eval",
            "kitae-export",
            "kitae-serve",
            "kitae-train",
            "kitae-lab",
            "kitae-report",
        ],
    ),
    ("kitae-python", &["kitae", "kitae-cli", "kitae-export"]),
    ("kitae-tests", &["kitae", "kitae-cli"]),
    ("xtask", &[]),
];

/// The features of Burn that choose a backend.
const BACKENDS: [&str; 9] =
    ["flex", "ndarray", "wgpu", "cuda", "rocm", "vulkan", "metal", "webgpu", "candle"];

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests is a folder of the workspace").to_owned()
}

/// The packages of the workspace as `cargo metadata` describes them, by name.
fn packages() -> BTreeMap<String, Value> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]).current_dir(root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (text(&package["name"]).to_owned(), package.clone())).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn dependencies(package: &Value) -> &[Value] {
    package["dependencies"].as_array().unwrap()
}

/// `null` is how Cargo writes a normal dependency; the others are `dev` and `build`.
fn is_for_development(dependency: &Value) -> bool {
    dependency["kind"] == "dev"
}

/// The edges between crates of the workspace that [`PICTURE`] does not have.
fn edges_outside_the_picture(packages: &BTreeMap<String, Value>) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = PICTURE.into();
    let mut wrong = Vec::new();
    for (name, package) in packages {
        let Some(may_use) = allowed.get(name.as_str()) else {
            wrong.push(format!("{name} is not in the picture"));
            continue;
        };
        let used = dependencies(package).iter().map(|dependency| text(&dependency["name"]));
        for used in used.filter(|used| packages.contains_key(*used) && !may_use.contains(used)) {
            wrong.push(format!("{name} uses {used}"));
        }
    }
    wrong
}

#[test]
fn crates_use_only_the_crates_below_them() {
    assert_eq!(edges_outside_the_picture(&packages()), Vec::<String>::new());
}

#[test]
fn an_edge_outside_the_picture_is_found() {
    let package = |uses: &str| serde_json::json!({"dependencies": [{"name": uses, "kind": null}]});
    let packages = BTreeMap::from([
        ("kitae-data".to_owned(), package("kitae-eval")),
        ("kitae-eval".to_owned(), package("kitae-random")),
        ("kitae-new".to_owned(), package("serde")),
    ]);
    let expected = ["kitae-data uses kitae-eval", "kitae-new is not in the picture"];
    assert_eq!(edges_outside_the_picture(&packages), expected);
}

#[test]
fn every_crate_of_the_picture_is_there_in_the_folder_of_its_name() {
    let folders: BTreeMap<String, PathBuf> = packages()
        .iter()
        .map(|(name, package)| {
            let manifest = Path::new(text(&package["manifest_path"]));
            (name.clone(), manifest.parent().unwrap().strip_prefix(root()).unwrap().to_owned())
        })
        .collect();
    let names: BTreeSet<&str> = folders.keys().map(String::as_str).collect();
    assert_eq!(names, PICTURE.iter().map(|(name, _)| *name).collect());
    for (name, folder) in &folders {
        let expected = match name.as_str() {
            "kitae-tests" => PathBuf::from("tests"),
            "xtask" => PathBuf::from("xtask"),
            _ => Path::new("crates").join(name),
        };
        assert_eq!(*folder, expected, "{name}");
    }
}

#[test]
fn crates_about_rows_and_numbers_do_not_depend_on_burn() {
    for (name, package) in packages() {
        let without = [
            "kitae-random",
            "kitae-data",
            "kitae-eval",
            "kitae-infer",
            "kitae-answer",
            "kitae-web",
            "kitae-export",
            "kitae-serve",
            "xtask",
        ];
        if without.contains(&name.as_str()) {
            for dependency in dependencies(&package) {
                assert!(!text(&dependency["name"]).starts_with("burn"), "{name} depends on Burn");
            }
        }
    }
}

#[test]
fn only_the_command_line_and_the_tests_choose_a_backend() {
    for (name, package) in packages() {
        if ["kitae", "kitae-cli", "kitae-tests"].contains(&name.as_str()) {
            continue;
        }
        let shipped = dependencies(&package).iter().filter(|dependency| !is_for_development(dependency));
        let burn = shipped.filter(|dependency| dependency["name"] == "burn");
        let chosen = burn.flat_map(|dependency| dependency["features"].as_array().unwrap());
        for feature in chosen {
            assert!(!BACKENDS.contains(&text(feature)), "{name} chooses the backend {feature}");
        }
        for (feature, turns_on) in package["features"].as_object().unwrap() {
            for item in turns_on.as_array().unwrap() {
                let backend = text(item).strip_prefix("burn/").unwrap_or_default();
                assert!(!BACKENDS.contains(&backend), "{name}: the feature {feature} chooses {backend}");
            }
        }
    }
}

/// All files of source of a crate.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = entries.partition(|path| path.is_dir());
    let rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    files.into_iter().filter(rust).chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}

#[test]
fn libraries_advise_no_flags() {
    for (name, _) in PICTURE.iter().filter(|(name, _)| !["kitae-cli", "kitae-tests", "xtask"].contains(name))
    {
        for path in sources(&root().join("crates").join(name).join("src")) {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            assert!(!code.any(|line| line.contains("`--")), "{} names a flag", path.display());
        }
    }
}

#[test]
fn burn_is_pinned_to_one_version() {
    for (name, package) in packages() {
        for dependency in dependencies(&package).iter().filter(|dependency| dependency["name"] == "burn") {
            assert!(text(&dependency["req"]).starts_with('='), "{name} takes any Burn {}", dependency["req"]);
        }
    }
}

#[test]
fn a_library_can_be_published_alone() {
    for (name, package) in packages() {
        if ["kitae-tests", "xtask"].contains(&name.as_str()) {
            assert_eq!(package["publish"], serde_json::json!([]), "{name} is not for others");
            continue;
        }
        let folder = Path::new(text(&package["manifest_path"])).parent().unwrap().to_owned();
        let readme = package["readme"].as_str().unwrap_or_default();
        assert!(!readme.is_empty() && folder.join(readme).is_file(), "{name} has no README.md");
        assert!(package["description"].is_string(), "{name} has no description");
        assert_eq!(package["license"], "MIT OR Apache-2.0", "{name}");
    }
}
