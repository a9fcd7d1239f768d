//! `cargo xtask COMMAND`: what a developer of this workspace does every day.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its user")]

mod ci;
mod dataset;
mod examples;
mod licences;
mod make;
mod python;
mod test;
mod tidy;
mod train;
mod web;
mod workspace;

use std::process::ExitCode;

use workspace::{Failure, Workspace};

const HELP: &str = "\
Usage: cargo xtask COMMAND

  train [NAME | FILE.csv] [--target COLUMN] [--backend flex|ndarray|wgpu|cuda] [--dry-run] [-- KITAE FLAGS]
             train on a table of datasets/ (breast_cancer if none is named) or on a file of yours;
             the model goes to models/NAME, where a later run replaces it
  make NAME --rows N [--seed S] [--out FILE]
             write a synthetic table: two_moons, spirals, friedman1, imbalanced, mixed
  test [--wgpu] [CARGO TEST ARGUMENTS]
             run the tests; on wgpu too if asked for, which needs a Vulkan driver
  test --python [CASES]
             run the tests in Python (python3 with venv): exported models in onnxruntime, pages in Chromium, and the
             Python package; `package [PYTEST ARGUMENTS]` for the latter alone
  wheel      build the Python package as a wheel and install it into target/python
  anywhere FILE.csv TARGET [FILE.csv TARGET ...]
             train on each table and ask about its first row: the command line, HTTP, ONNX, a page in a browser
  examples   run the examples of the crates, each of which checks what it shows
  ci         all checks in the order of their cost: formatting, tidy, licences, clippy, docs, examples, tests
  tidy       the house rules that no other tool checks
  licences   every dependency's licence against the list in deny.toml
  web        build the module that pages answer with (crates/kitae-web/kitae.wasm), for wasm32-unknown-unknown
  docs       build the documentation; a warning is an error
  help       this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Exit(code)) => ExitCode::from(code),
        Err(Failure::Message(message)) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let Some((command, arguments)) = arguments.split_first() else {
        print!("{HELP}");
        return Ok(());
    };
    if arguments.iter().take_while(|argument| *argument != "--").any(|a| a == "--help" || a == "-h") {
        print!("{HELP}");
        return Ok(());
    }
    let workspace = Workspace::here()?;
    match command.as_str() {
        "train" => train::run(&workspace, arguments),
        "make" => make::run(&workspace, arguments),
        "test" => test::run(&workspace, arguments),
        "wheel" => no_arguments(command, arguments).and_then(|()| python::wheel(&workspace)),
        "anywhere" => python::anywhere(&workspace, arguments),
        "examples" => no_arguments(command, arguments).and_then(|()| examples::run(&workspace, &[])),
        "ci" => ci::run(&workspace, arguments),
        "tidy" => no_arguments(command, arguments).and_then(|()| tidy::run(&workspace)),
        "licences" => no_arguments(command, arguments).and_then(|()| licences::run(&workspace)),
        "web" => no_arguments(command, arguments).and_then(|()| web::run(&workspace)),
        "docs" => no_arguments(command, arguments).and_then(|()| ci::docs(&workspace, &[])),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(Failure::new(format!("there is no command `{command}`\n\n{HELP}"))),
    }
}

fn no_arguments(command: &str, arguments: &[String]) -> Result<(), Failure> {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => Err(Failure::new(format!("`{command}` takes no arguments, got `{argument}`"))),
    }
}
