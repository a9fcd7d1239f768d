//! `cargo xtask test`: the tests, with the wgpu backend if asked for.

use std::env;
use std::fs;
use std::path::Path;

use crate::python;
use crate::workspace::{self, Failure, Workspace};

/// The Cargo feature that compiles the wgpu backend and the tests that train on it.
pub(crate) const WGPU: &str = "--features=kitae-tests/wgpu";

/// Runs the tests that `arguments` ask for.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), Failure> {
    match arguments.split_first() {
        Some((first, cases)) if first == "--python" => python::run(workspace, &[], cases),
        _ => workspace::run(&mut workspace.cargo(&cargo_arguments(arguments))),
    }
}

/// Without `--wgpu` that backend is not compiled: it is most of a cold build.
fn cargo_arguments(arguments: &[String]) -> Vec<String> {
    let names_package = arguments.iter().any(|word| word.starts_with("-p") || word.starts_with("--package"));
    let mut words = vec!["test".to_owned()];
    if !names_package {
        words.push("--workspace".to_owned());
    }
    let own = |argument: &String| if argument == "--wgpu" { WGPU.to_owned() } else { argument.clone() };
    words.extend(arguments.iter().map(own));
    words
}

/// Whether wgpu will find an adapter. Elsewhere than on Linux the system brings one.
pub(crate) fn vulkan_is_there() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let is_named = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"]
        .iter()
        .any(|variable| env::var_os(variable).is_some_and(|value| !value.is_empty()));
    let drivers = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
    let has_driver =
        drivers.iter().any(|folder| fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some()));
    let triple = format!("/usr/lib/{}-linux-gnu", env::consts::ARCH);
    let libraries = [&triple, "/usr/lib64", "/usr/lib", "/usr/local/lib"];
    let has_loader = libraries.iter().any(|folder| Path::new(folder).join("libvulkan.so.1").exists());
    has_loader && (is_named || has_driver)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, expected: &str) {
        let arguments: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
        assert_eq!(cargo_arguments(&arguments).join(" "), expected);
    }

    #[test]
    fn wgpu_is_tested_where_it_is_asked_for() {
        check("", "test --workspace");
        check("--wgpu iris", "test --workspace --features=kitae-tests/wgpu iris");
    }

    #[test]
    fn a_package_is_tested_alone() {
        check("-p kitae-data reads", "test -p kitae-data reads");
    }
}
