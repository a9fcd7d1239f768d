//! `cargo xtask test --python`: what leaves kitae, read by others' programmes.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::{self, Failure, Workspace};

/// The packages and their versions, and what runs with them.
const TESTS: &str = "crates/kitae-export/tests";

/// Builds kitae, with the features of the other tests so that nothing is compiled twice, makes a virtual
/// environment below the target folder, and runs the cases; all of them if none is named.
pub(crate) fn run(workspace: &Workspace, features: &[&str], cases: &[String]) -> Result<(), Failure> {
    let build = [&["build", "--workspace", "--bins", "--locked"], features].concat();
    workspace::run(&mut workspace.cargo(&build))?;
    let target = workspace.target_folder()?;
    let python = environment(workspace, &target.join("python"))?;
    let tests = workspace.root.join(TESTS);
    let kitae = target.join("debug").join(format!("kitae{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(&python);
    command.arg(tests.join("graphs.py")).arg(&kitae).arg(target.join("python-work")).args(cases);
    workspace::run(&mut command)?;
    if !cases.is_empty() {
        return Ok(());
    }
    // A page in a browser; it says so where there is none.
    let page = workspace.root.join("crates/kitae-web/tests/page.py");
    workspace::run(Command::new(python).arg(page).arg(kitae).arg(target.join("python-work")))
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
