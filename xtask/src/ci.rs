//! `cargo xtask ci`: every check, the cheapest first, the first failure last.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::workspace::{self, Failure, Workspace};
use crate::{examples, licences, python, test, tidy};

/// Runs all checks. The tests come last, so that their closing lines close the output.
///
/// All steps share one profile and one set of features: dependencies are compiled once for the
/// checks (clippy, docs) and once for the tests and examples.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), Failure> {
    let features = features(arguments)?;
    let cargo =
        |words: &[&str]| workspace::run(workspace.cargo(&[words, &features].concat()).stdin(Stdio::null()));
    step("formatting", || workspace::run(&mut workspace.cargo(&["fmt", "--all", "--check"])))?;
    step("tidy", || tidy::run(workspace))?;
    step("licences", || licences::run(workspace))?;
    step("cargo deny", || cargo_deny(workspace))?;
    step("clippy", || clippy(workspace, &features))?;
    step("docs", || docs(workspace, &features))?;
    step("building the tests", || cargo(&["test", "--workspace", "--locked", "--no-run"]))?;
    step("examples", || examples::run(workspace, &features))?;
    step("Python", || python::run(workspace, &features, &[]))?;
    println!("\n==> tests");
    let wgpu = features.iter().map(|_| "--wgpu".to_owned());
    test::run(workspace, &wgpu.chain(["--locked".into(), "--no-fail-fast".into()]).collect::<Vec<_>>())
}

/// Builds the documentation of the workspace; a warning is an error.
pub(crate) fn docs(workspace: &Workspace, features: &[&str]) -> Result<(), Failure> {
    let mut command = workspace.cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    workspace::run(command.args(features).env("RUSTDOCFLAGS", "-D warnings"))
}

fn clippy(workspace: &Workspace, features: &[&str]) -> Result<(), Failure> {
    let mut command = workspace.cargo(&["clippy", "--workspace", "--all-targets", "--locked"]);
    workspace::run(command.args(features).args(["--", "-D", "warnings"]))
}

/// With the wgpu backend wherever it can run; where `CI` is set, it must.
fn features(arguments: &[String]) -> Result<Vec<&'static str>, Failure> {
    match arguments {
        [] if test::vulkan_is_there() => Ok(vec![test::WGPU]),
        [] if env::var_os("CI").is_none() => {
            println!("No Vulkan driver was found: the wgpu backend is left out.");
            Ok(Vec::new())
        }
        [] => Err(Failure::new(
            "no Vulkan driver was found, and `CI` is set: install one (on Debian: mesa-vulkan-drivers libvulkan1)",
        )),
        [flag] if flag == "--no-wgpu" => Ok(Vec::new()),
        _ => Err(Failure::new(format!("`ci` knows `--no-wgpu` alone, got `{}`", arguments.join(" ")))),
    }
}

fn step(title: &str, check: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    println!("\n==> {title}");
    let started = Instant::now();
    let outcome = check();
    let word = if outcome.is_ok() { "done" } else { "FAILED" };
    println!("<== {title}: {word} after {:.1} s", started.elapsed().as_secs_f64());
    outcome
}

/// What cargo-deny finds, if it is installed. It reads advisories only from a database that is there.
fn cargo_deny(workspace: &Workspace) -> Result<(), Failure> {
    let mut probe = Command::new("cargo-deny");
    let probe = probe.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if !probe.status().is_ok_and(|status| status.success()) {
        println!("cargo-deny is not installed; the licences were checked above.");
        return Ok(());
    }
    let mut command = workspace.cargo(&["deny", "--locked", "check"]);
    if advisories().is_some_and(|folder| folder.is_dir()) {
        command.args(["--disable-fetch", "advisories"]);
    } else {
        println!("No advisory database is here, so advisories are not checked.");
    }
    workspace::run(command.args(["bans", "licenses", "sources"]))
}

/// The folder where cargo-deny keeps the advisories it has fetched.
fn advisories() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")))?;
    let folder = home.join("advisory-dbs");
    fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()).then_some(folder)
}
