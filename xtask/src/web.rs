//! `cargo xtask web`: the WebAssembly module that pages hold, built anew from the sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::workspace::{self, Failure, Workspace};

const TARGET: &str = "wasm32-unknown-unknown";
const MODULE: &str = "crates/kitae-web/kitae.wasm";
/// Where Debian's `rustc-web` and `rust-web-src` are.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std";

/// Builds the module and puts it where it is committed.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let mut command = compiler(workspace)?;
    command.args([
        "--package",
        "kitae-web",
        "--lib",
        "--crate-type",
        "cdylib",
        "--locked",
        "--profile",
        "web",
    ]);
    workspace::run(command.args(["--target", TARGET]))?;
    let built = workspace.target_folder()?.join(TARGET).join("web/kitae_web.wasm");
    let cannot = |error| Failure::new(format!("cannot copy {}: {error}", built.display()));
    let n_bytes = fs::copy(&built, workspace.root.join(MODULE)).map_err(cannot)?;
    println!("{MODULE}: {n_bytes} bytes");
    Ok(())
}

/// `cargo rustc` with a compiler that has the target.
fn compiler(workspace: &Workspace) -> Result<Command, Failure> {
    if Path::new(&library(workspace)?).is_dir() {
        return Ok(workspace.cargo(&["rustc"]));
    }
    let has_wasm_ld =
        runs(Command::new("wasm-ld").arg("--version")) || Path::new("/usr/bin/wasm-ld-22").exists();
    if Path::new(DEBIAN_RUSTC).is_file() && Path::new(DEBIAN_SOURCE).is_dir() && has_wasm_ld {
        // The standard library is built along; that is not in a stable compiler's interface, hence the variable.
        let mut command = workspace.cargo(&["rustc", "-Zbuild-std=std,panic_abort"]);
        command.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
        return Ok(command);
    }
    Err(Failure::new(format!(
        "no compiler for {TARGET} is here: `rustup target add {TARGET}`, or on Debian `apt-get install rustc-web \
         rust-web-src lld-22`"
    )))
}

/// Where the standard library of the target is, if it is installed.
fn library(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let command = command.args(["--print", "target-libdir", "--target", TARGET]).current_dir(&workspace.root);
    Ok(PathBuf::from(workspace::output(command)?.trim()))
}

fn runs(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
