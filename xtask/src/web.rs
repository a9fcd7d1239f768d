//! `cargo xtask web`: the WebAssembly module that pages hold, built anew from the sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::{self, Failure, Workspace};

const TARGET: &str = "wasm32-unknown-unknown";
const MODULE: &str = "crates/kitae-web/kitae.wasm";
/// Where Debian's `rustc-web`, `rust-web-src` and `lld-22` are.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std";
const DEBIAN_LINKER: &str = "/usr/bin/lld-22";

/// Builds the module and puts it where it is committed.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let mut command = compiler(workspace)?;
    // What every browser has since 2023; the relaxed instructions, which some lack, are not used.
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-C target-feature=+simd128");
    command.args(["--package", "kitae-web", "--lib", "--crate-type", "cdylib", "--locked"]);
    workspace::run(command.args(["--profile", "web", "--target", TARGET]))?;
    let built = workspace.target_folder()?.join(TARGET).join("web/kitae_web.wasm");
    let cannot = |error| Failure::new(format!("cannot copy {}: {error}", built.display()));
    // Read and written, as a copy would be an executable file.
    let module = fs::read(&built).map_err(cannot)?;
    fs::write(workspace.root.join(MODULE), &module).map_err(cannot)?;
    println!("{MODULE}: {} bytes", module.len());
    Ok(())
}

/// `cargo rustc` with a compiler that has the target.
fn compiler(workspace: &Workspace) -> Result<Command, Failure> {
    if Path::new(&library(workspace)?).is_dir() {
        return Ok(workspace.cargo(&["rustc"]));
    }
    let are_there = [DEBIAN_RUSTC, DEBIAN_SOURCE, DEBIAN_LINKER].iter().all(|path| Path::new(path).exists());
    if are_there {
        // The standard library is built along; that is not in a stable compiler's interface, hence the
        // variable.
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
