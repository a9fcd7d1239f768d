//! `cargo xtask train` from the outside, with stand-ins for cargo and kitae.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may end where something is not as it should be")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with a `cargo` that knows where things are built and builds with the exit code `build`,
/// and a `kitae` that repeats its arguments and exits with 7.
fn stand_ins(test: &str, build: u8) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let metadata = format!(r#"{{"target_directory": "{}"}}"#, folder.display());
    let cargo = format!("#!/bin/sh\nif [ $1 = metadata ]; then echo '{metadata}'; else exit {build}; fi\n");
    write_programme(&folder.join("cargo"), &cargo);
    write_programme(&folder.join("release/kitae"), "#!/bin/sh\necho \"$@\"\nexit 7\n");
    folder
}

fn write_programme(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn xtask(stand_ins: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).env("CARGO", stand_ins.join("cargo"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    command.current_dir(root).output().unwrap()
}

#[test]
fn kitae_trains_with_the_terminal_and_exit_code_of_its_own() {
    let output = xtask(&stand_ins("trains", 0), &["train", "iris", "--", "--epochs", "3"]);
    let expected = "train datasets/iris/data.csv --target species --task classification \
                    --out models/iris --overwrite --device flex --epochs 3\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    assert_eq!(output.status.code(), Some(7));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("takes minutes") && told.contains("Iris plants"), "{told}");
}

#[test]
fn nothing_is_trained_when_the_build_fails() {
    let output = xtask(&stand_ins("build_fails", 101), &["train"]);
    assert!(output.stdout.is_empty());
    assert_eq!(output.status.code(), Some(101));
}

#[test]
fn a_dry_run_shows_both_commands_and_runs_none() {
    let output = xtask(&stand_ins("dry_run", 101), &["train", "wine", "--backend=ndarray", "--dry-run"]);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(shown.lines().count(), 2, "{shown}");
    assert!(shown.contains("build --release") && shown.contains("--device ndarray"), "{shown}");
}

#[test]
fn a_mistake_ends_with_a_message_and_exit_code_two() {
    let output = xtask(&stand_ins("mistake", 0), &["train", "irish"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.starts_with("error: no table is called `irish`"), "{told}");
}

/// Clones that share a target folder share the built tool too: it works on the clone that cargo ran it for.
#[test]
fn the_tables_are_those_of_the_clone_that_asks() {
    let folder = stand_ins("clone", 0);
    let table = folder.join("datasets/herbs");
    fs::create_dir_all(&table).unwrap();
    fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets/iris/dataset.toml"),
        table.join("dataset.toml"),
    )
    .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["train", "herbs", "--dry-run"]).current_dir(&folder);
    command.env("CARGO", folder.join("cargo")).env("CARGO_MANIFEST_DIR", folder.join("xtask"));
    let output = command.output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("train datasets/herbs/data.csv"), "{output:?}");
}
