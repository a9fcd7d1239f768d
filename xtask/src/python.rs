//! `cargo xtask test --python`: what leaves kitae, read by others' programmes.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::{self, Failure, Workspace};

/// The packages and their versions, and what runs with them.
const TESTS: &str = "crates/kitae-export/tests";

/// Builds kitae, with the features of the other tests so that nothing is compiled twice, makes a virtual
/// environment below the target folder, and runs the cases; all of them if none is named.
pub(crate) fn run(workspace: &Workspace, features: &[&str], cases: &[String]) -> Result<(), Failure> {
    let script = made_ready(workspace, features)?;
    workspace::run(script("crates/kitae-export/tests/graphs.py").args(cases))?;
    if !cases.is_empty() {
        return Ok(());
    }
    // A page in a browser; it says so where there is none.
    workspace::run(&mut script("crates/kitae-web/tests/page.py"))
}

/// `cargo xtask anywhere`: what the first row of some tables is answered by all that can be asked; `tables`
/// are files, each with its target behind it.
pub(crate) fn anywhere(workspace: &Workspace, tables: &[String]) -> Result<(), Failure> {
    if tables.is_empty() || !tables.len().is_multiple_of(2) {
        return Err(Failure::new("`anywhere` takes files, each with its target behind it"));
    }
    workspace::run(made_ready(workspace, &[])?("crates/kitae-web/tests/anywhere.py").args(tables))
}

/// Builds kitae and makes the environment; what runs a script on them, in a folder of its own.
fn made_ready(workspace: &Workspace, features: &[&str]) -> Result<impl Fn(&str) -> Command, Failure> {
    let build = [&["build", "--workspace", "--bins", "--locked"], features].concat();
    workspace::run(&mut workspace.cargo(&build))?;
    let target = workspace.target_folder()?;
    let python = environment(workspace, &target.join("python"))?;
    let kitae = target.join("debug").join(format!("kitae{}", std::env::consts::EXE_SUFFIX));
    let root = workspace.root.clone();
    Ok(move |script: &str| {
        let mut command = Command::new(&python);
        command.arg(root.join(script)).arg(&kitae).arg(target.join("python-work"));
        command
    })
}

/// The interpreter of a virtual environment in which the packages are.
fn environment(workspace: &Workspace, folder: &Path) -> Result<PathBuf, Failure> {
    let python = if cfg!(windows) { folder.join("Scripts/python.exe") } else { folder.join("bin/python3") };
    if !python.is_file() {
        let base = if cfg!(windows) { "python" } else { "python3" };
        workspace::run(Command::new(base).args(["-m", "venv"]).arg(folder))?;
    }
    let requirements = workspace.root.join(TESTS).join("requirements.txt");
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    workspace::run(Command::new(&python).args(install).arg(requirements))?;
    Ok(python)
}
