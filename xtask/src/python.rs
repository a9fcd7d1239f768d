//! `cargo xtask test --python`, `anywhere` and `wheel`: what leaves kitae, read by others' programmes, and
//! kitae in Python.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::{self, Failure, Workspace};

/// What compares exported models with others' programmes.
const GRAPHS: &str = "crates/kitae-export/tests";
/// The Python package.
const PACKAGE: &str = "crates/kitae-python";
/// The case that stands for the tests of the package.
const PACKAGE_CASE: &str = "package";

/// Runs the tests: all of them, or the named cases of the exported models, or with `package` those of the
/// package with the arguments that follow. kitae is built with the features of the other tests, so that
/// nothing is compiled twice.
pub(crate) fn run(workspace: &Workspace, features: &[&str], cases: &[String]) -> Result<(), Failure> {
    let built = Built::new(workspace, features)?;
    if let Some((case, arguments)) = cases.split_first()
        && case == PACKAGE_CASE
    {
        return built.pytest(arguments);
    }
    workspace::run(built.script("crates/kitae-export/tests/graphs.py").args(cases))?;
    if !cases.is_empty() {
        return Ok(());
    }
    // A page in a browser; it says so where there is none.
    workspace::run(&mut built.script("crates/kitae-web/tests/page.py"))?;
    built.pytest(&[])?;
    workspace::run(&mut built.python(&["examples/houses.py"]))
}

/// What the first row of some tables is answered by all that can be asked; `tables` are files, each with its
/// target behind it.
pub(crate) fn anywhere(workspace: &Workspace, tables: &[String]) -> Result<(), Failure> {
    if tables.is_empty() || !tables.len().is_multiple_of(2) {
        return Err(Failure::new("`anywhere` takes files, each with its target behind it"));
    }
    let built = Built::new(workspace, &[])?;
    workspace::run(built.script("crates/kitae-web/tests/anywhere.py").args(tables))
}

/// Builds the wheel of the package, optimised, and installs it into the virtual environment.
pub(crate) fn wheel(workspace: &Workspace) -> Result<(), Failure> {
    let target = workspace.target_folder()?;
    let python = environment(workspace, &target.join("python"))?;
    let wheels = target.join("wheels");
    let manifest = workspace.root.join(PACKAGE).join("Cargo.toml");
    let mut build = Command::new(&python);
    build.args(["-m", "maturin", "build", "--release", "--locked", "--manifest-path"]).arg(manifest);
    workspace::run(build.arg("--out").arg(&wheels).arg("--interpreter").arg(&python))?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--force-reinstall"]);
    install.args(["--no-deps", "--no-index", "--find-links"]).arg(&wheels).arg("kitae");
    workspace::run(&mut install)?;
    println!("The wheel lies in {}; kitae is installed for {}.", wheels.display(), python.display());
    Ok(())
}

/// The command, the extension module, and an interpreter with the packages that tests need.
struct Built {
    root: PathBuf,
    target: PathBuf,
    python: PathBuf,
}

impl Built {
    fn new(workspace: &Workspace, features: &[&str]) -> Result<Self, Failure> {
        let build = [&["build", "--workspace", "--bins", "--lib", "--locked"], features].concat();
        workspace::run(&mut workspace.cargo(&build))?;
        let target = workspace.target_folder()?;
        let python = environment(workspace, &target.join("python"))?;
        let built = Self { root: workspace.root.clone(), target, python };
        let laid_out = built.lay_out();
        laid_out.map_err(|error| Failure::new(format!("the Python package cannot be laid out: {error}")))?;
        Ok(built)
    }

    /// Lays the package out as a wheel would, with the library that was built.
    fn lay_out(&self) -> std::io::Result<()> {
        let package = self.packages().join("kitae");
        if package.exists() {
            fs::remove_dir_all(&package)?;
        }
        fs::create_dir_all(&package)?;
        for file in fs::read_dir(self.root.join(PACKAGE).join("python/kitae"))? {
            let file = file?;
            if file.file_type()?.is_file() {
                fs::copy(file.path(), package.join(file.file_name()))?;
            }
        }
        let library = self.target.join("debug").join(format!("{DLL_PREFIX}_kitae{DLL_SUFFIX}"));
        let module = if cfg!(windows) { "_kitae.pyd" } else { "_kitae.abi3.so" };
        fs::copy(library, package.join(module)).map(|_| ())
    }

    fn packages(&self) -> PathBuf {
        self.target.join("python-package")
    }

    fn kitae(&self) -> PathBuf {
        self.target.join("debug").join(format!("kitae{EXE_SUFFIX}"))
    }

    /// Python, where `import kitae` finds the package.
    fn python(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.python);
        command.current_dir(self.root.join(PACKAGE)).args(words);
        command.env("PYTHONPATH", self.packages()).env("KITAE", self.kitae());
        // With it, scikit-learn's checks try arrays of other libraries too.
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("SCIPY_ARRAY_API", "1");
        command
    }

    fn pytest(&self, arguments: &[String]) -> Result<(), Failure> {
        workspace::run(self.python(&["-m", "pytest"]).args(arguments))
    }

    /// A script that is told the command and a folder of its own.
    fn script(&self, path: &str) -> Command {
        let mut command = self.python(&[]);
        command.current_dir(&self.root).arg(self.root.join(path));
        command.arg(self.kitae()).arg(self.target.join("python-work"));
        command
    }
}

/// The interpreter of a virtual environment in which the packages are.
fn environment(workspace: &Workspace, folder: &Path) -> Result<PathBuf, Failure> {
    let python = if cfg!(windows) { folder.join("Scripts/python.exe") } else { folder.join("bin/python3") };
    if !python.is_file() {
        let base = if cfg!(windows) { "python" } else { "python3" };
        workspace::run(Command::new(base).args(["-m", "venv"]).arg(folder))?;
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    for tests in [GRAPHS.to_owned(), format!("{PACKAGE}/tests")] {
        install.arg("--requirement").arg(workspace.root.join(tests).join("requirements.txt"));
    }
    workspace::run(&mut install)?;
    Ok(python)
}
