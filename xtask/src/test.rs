//! `cargo xtask test`: the tests, with the wgpu backend where it can run.

use std::env;
use std::fs;
use std::path::Path;

use crate::workspace::{self, Failure, Workspace};

/// The Cargo feature that compiles the wgpu backend and the tests that train on it.
pub(crate) const WGPU: &str = "--features=kitae-tests/wgpu";

/// Runs the tests that `arguments` ask for.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), Failure> {
    let words = cargo_arguments(arguments, vulkan_is_there);
    if words.iter().any(|word| word == WGPU) {
        println!("The wgpu backend is tested too; `--no-wgpu` leaves it out.");
    }
    workspace::run(&mut workspace.cargo(&words))
}

fn cargo_arguments(arguments: &[String], vulkan_is_there: impl Fn() -> bool) -> Vec<String> {
    let own = |argument: &&String| ["--wgpu", "--no-wgpu"].contains(&argument.as_str());
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let names_package = arguments.iter().any(|word| word.starts_with("-p") || word.starts_with("--package"));
    let mut words = vec!["test".to_owned()];
    if !names_package {
        words.push("--workspace".to_owned());
    }
    // A chosen package may not know the feature, so there it takes the flag.
    if has("--wgpu") || (!has("--no-wgpu") && !names_package && vulkan_is_there()) {
        words.push(WGPU.to_owned());
    }
    words.extend(arguments.iter().filter(|argument| !own(argument)).cloned());
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

    fn line(typed: &str, vulkan_is_there: bool) -> String {
        let arguments: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
        cargo_arguments(&arguments, || vulkan_is_there).join(" ")
    }

    #[test]
    fn wgpu_is_tested_where_a_driver_is() {
        assert_eq!(line("", true), "test --workspace --features=kitae-tests/wgpu");
        assert_eq!(line("", false), "test --workspace");
        assert_eq!(line("--wgpu iris", false), "test --workspace --features=kitae-tests/wgpu iris");
        assert_eq!(line("--no-wgpu", true), "test --workspace");
    }

    #[test]
    fn a_package_is_tested_alone() {
        assert_eq!(line("-p kitae-data reads", true), "test -p kitae-data reads");
    }
}
