//! `cargo xtask examples`: runs the examples of the crates, each of which checks what it shows.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::workspace::{self, Failure, Workspace};

/// Examples that do nothing without arguments: `cargo xtask make` has them.
const NEED_ARGUMENTS: [&str; 1] = ["make_table"];

/// An example that was built.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Example {
    /// The file it is made of.
    source: String,
    programme: PathBuf,
}

/// Builds all examples at once, as one package after the other would compile the dependencies anew for each
/// set of features, and runs them. `features` are those of the tests, so that little is left to compile after
/// these.
pub(crate) fn run(workspace: &Workspace, features: &[&str]) -> Result<(), Failure> {
    let build =
        ["build", "--workspace", "--examples", "--locked", "--message-format=json-render-diagnostics"];
    let examples = built(&workspace::output(&mut workspace.cargo(&[&build, features].concat()))?);
    if examples.is_empty() {
        return Err(Failure::new("cargo has built no examples"));
    }
    for Example { source, programme } in &examples {
        println!("\n--- {}", workspace.shown(source.as_ref()));
        // A relative path in an example is one from where `cargo run` is typed.
        let mut command = Command::new(programme);
        workspace::run(command.current_dir(&workspace.root).stdin(Stdio::null()))?;
    }
    println!("\n{} examples ran.", examples.len());
    Ok(())
}

/// The examples in what cargo tells of a build, a line of JSON for each thing that it made, in the order of
/// their files.
fn built(messages: &str) -> Vec<Example> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut examples: Vec<Example> = messages.filter_map(|message| example(&message)).collect();
    examples.sort();
    examples
}

fn example(message: &Value) -> Option<Example> {
    let target = &message["target"];
    let is_example = target["kind"].as_array()?.iter().any(|kind| kind == "example");
    let needs_arguments = NEED_ARGUMENTS.contains(&target["name"].as_str()?);
    let (source, programme) = (target["src_path"].as_str()?, message["executable"].as_str()?);
    (is_example && !needs_arguments)
        .then(|| Example { source: source.to_owned(), programme: programme.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(messages: &[&str], expected: &[&str]) {
        let found = built(&messages.join("\n"));
        let found: Vec<&str> = found.iter().map(|example| example.source.as_str()).collect();
        assert_eq!(found, expected);
    }

    fn made(kind: &str, name: &str, executable: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","target":{{"kind":["{kind}"],"name":"{name}","src_path":"{name}.rs"}},"executable":{executable}}}"#
        )
    }

    #[test]
    fn examples_are_run_in_the_order_of_their_files() {
        let [page, compare] =
            ["page", "compare"].map(|name| made("example", name, r#""target/debug/examples/x""#));
        check(
            &[&page, &compare, r#"{"reason":"build-finished","success":true}"#],
            &["compare.rs", "page.rs"],
        );
    }

    #[test]
    fn libraries_other_programmes_and_what_needs_arguments_are_left_out() {
        let library = made("lib", "kitae_data", "null");
        let programme = made("bin", "kitae", r#""target/debug/kitae""#);
        let table = made("example", "make_table", r#""target/debug/examples/make_table""#);
        check(&[&library, &programme, &table, "no JSON"], &[]);
    }
}
