//! `cargo xtask tidy`: the house rules that no other tool checks.

use std::fs;
use std::path::Path;

use crate::workspace::{Failure, Workspace};

/// Checks every file of the product.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let mut files = Vec::new();
    for folder in ["crates", "datasets", "docs", "tests", "xtask", ".ci", ".cargo"] {
        collect(&workspace.root, folder, &mut files)?;
    }
    for file in ["Cargo.toml", "README.md", "ARCHITECTURE.md", "CHANGELOG.md", "deny.toml"] {
        if workspace.root.join(file).is_file() {
            files.push(read(&workspace.root, file)?);
        }
    }
    let mut problems: Vec<String> = files.iter().flat_map(problems_of).collect();
    problems.extend(backend_files(&files));
    problems.extend(missing_readmes(&workspace.root, &files));
    for problem in &problems {
        println!("{problem}");
    }
    match problems.len() {
        0 => println!("{} files follow the rules.", files.len()),
        n => return Err(Failure::new(format!("{n} places break the house rules"))),
    }
    Ok(())
}

/// A text file and its path below the root, with `/` between the parts.
struct SourceFile {
    path: String,
    text: String,
}

impl SourceFile {
    fn is_rust(&self) -> bool {
        self.extension() == Some("rs")
    }

    fn extension(&self) -> Option<&str> {
        Path::new(&self.path).extension()?.to_str()
    }

    /// Whether the whole file serves development: tests, benches, examples, this tool.
    fn is_for_development(&self) -> bool {
        let mut parts = self.path.split('/');
        self.is_test() || parts.any(|part| ["benches", "examples", "xtask"].contains(&part))
    }

    /// Whether the whole file is tests.
    fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }

    /// The lines with their numbers, up to the tests.
    fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().take_while(|line| *line != "#[cfg(test)]");
        lines.enumerate().map(|(i, line)| (i + 1, line))
    }
}

/// Adds the text files in `folder`, sorted, without what is hidden, built or data.
fn collect(root: &Path, folder: &str, files: &mut Vec<SourceFile>) -> Result<(), Failure> {
    let path = root.join(folder);
    if !path.is_dir() {
        return Ok(());
    }
    let cannot = |error| Failure::new(format!("cannot read the folder {folder}: {error}"));
    let mut entries = Vec::new();
    for entry in fs::read_dir(&path).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let is_folder = entry.file_type().map_err(cannot)?.is_dir();
        entries.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
    }
    entries.sort();
    for (name, is_folder) in entries {
        let below = format!("{folder}/{name}");
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if is_folder {
            collect(root, &below, files)?;
        } else if below == ".ci/run" || [".rs", ".toml", ".md", ".py"].iter().any(|end| name.ends_with(end)) {
            files.push(read(root, &below)?);
        }
    }
    Ok(())
}

fn read(root: &Path, path: &str) -> Result<SourceFile, Failure> {
    let text = fs::read_to_string(root.join(path));
    let text = text.map_err(|error| Failure::new(format!("cannot read {path}: {error}")))?;
    Ok(SourceFile { path: path.to_owned(), text })
}

/// What is wrong in one file, one line each.
fn problems_of(file: &SourceFile) -> Vec<String> {
    let mut problems = spaces(file);
    problems.extend(strangers(file));
    if file.is_rust() {
        problems.extend(shape(file));
        problems.extend(long_comments(file));
        problems.extend(forbidden_words(file));
    }
    problems
}

fn spaces(file: &SourceFile) -> Vec<String> {
    let lines = file.text.lines().enumerate().filter(|(_, line)| line.ends_with([' ', '\t', '\r']));
    let at = |(i, _)| format!("{}:{}: spaces at the end of the line", file.path, i + 1);
    let mut problems: Vec<String> = lines.map(at).collect();
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        problems.push(format!("{}: the last line does not end", file.path));
    }
    problems
}

/// A file says at its top what lives there and is short enough to be read.
fn shape(file: &SourceFile) -> Vec<String> {
    const MAX_LINES: usize = 400;
    let mut problems = Vec::new();
    if !file.text.starts_with("//!") {
        problems.push(format!("{}:1: the first line must say with `//!` what lives here", file.path));
    }
    let n_lines = file.product_lines().count();
    if n_lines > MAX_LINES && !file.is_test() {
        problems.push(format!("{}: {n_lines} lines before the tests; {MAX_LINES} is the limit", file.path));
    }
    problems
}

/// Comments end where code does, which rustfmt sees to; rows of tables stay whole.
fn long_comments(file: &SourceFile) -> Vec<String> {
    const MAX_COLUMNS: usize = 110;
    let is_row = |line: &str| line.trim_start().trim_start_matches(['/', '!']).starts_with(" |");
    let is_long = |line: &str| !is_code(line) && !is_row(line) && line.chars().count() > MAX_COLUMNS;
    let lines = file.text.lines().enumerate().filter(|(_, line)| is_long(line));
    lines.map(|(i, _)| format!("{}:{}: a comment beyond column {MAX_COLUMNS}", file.path, i + 1)).collect()
}

fn forbidden_words(file: &SourceFile) -> Vec<String> {
    /// Split, so that this file does not hold them.
    const EVERYWHERE: [&str; 6] = [
        concat!("todo", "!("),
        concat!("dbg", "!("),
        concat!("unimplemented", "!("),
        concat!("#[", "ignore"),
        concat!("#[should", "_panic"),
        concat!("[allow", "("),
    ];
    /// What a library gets as a value from its caller: the clock, the environment, the end.
    const IN_LIBRARIES: [&str; 5] =
        ["SystemTime::now", "Instant::now", "std::env::", "env::var", "process::exit"];
    const OF_USERS: [&str; 2] = ["crates/kitae-cli/", "crates/kitae-python/"];
    let is_library = file.path.starts_with("crates/")
        && !OF_USERS.iter().any(|own| file.path.starts_with(own))
        && !file.is_for_development();
    let mut problems = Vec::new();
    for (i, line) in file.text.lines().enumerate() {
        for word in EVERYWHERE.iter().filter(|word| line.contains(**word)) {
            problems.push(format!("{}:{}: `{word}` has no place in the product", file.path, i + 1));
        }
    }
    for (number, line) in file.product_lines().filter(|(_, line)| is_library && is_code(line)) {
        for word in IN_LIBRARIES.iter().filter(|word| line.contains(**word)) {
            problems
                .push(format!("{}:{number}: `{word}` in a library; let the caller pass it in", file.path));
        }
    }
    problems
}

fn is_code(line: &str) -> bool {
    !line.trim_start().starts_with("//")
}

/// Names that a crate must not know: the tensors of Burn in the crates about rows and numbers, files
/// and tables in the crate about networks.
fn strangers(file: &SourceFile) -> Vec<String> {
    const STRANGERS: [(&str, &str); 7] = [
        ("kitae-random", "burn"),
        ("kitae-data", "burn"),
        ("kitae-eval", "burn"),
        ("kitae-eval", "kitae_data"),
        ("kitae-infer", "burn"),
        ("kitae-model", "kitae_data"),
        ("kitae-model", "std::fs"),
    ];
    let mut problems = Vec::new();
    for (package, name) in STRANGERS {
        let is_product = file.extension() != Some("md") && !file.is_for_development();
        if !is_product || !file.path.starts_with(&format!("crates/{package}/")) {
            continue;
        }
        let lines = file.product_lines().filter(|(_, line)| has_word(line, name));
        problems.extend(
            lines.map(|(number, _)| format!("{}:{number}: {package} must not know `{name}`", file.path)),
        );
    }
    problems
}

/// Whether `word` stands in `line` by itself, in any case of letters.
fn has_word(line: &str, word: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let is_part = |c: char| c.is_ascii_alphanumeric();
    line.match_indices(word).any(|(start, _)| {
        let (before, after) = (&line[..start], &line[start + word.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

/// One file of the front door names the backends; everything else gets a device.
fn backend_files(files: &[SourceFile]) -> Vec<String> {
    const NAMES: [&str; 4] = ["Device::flex", "Device::ndarray", "Device::wgpu", "Device::cuda"];
    let names_backend = |file: &&SourceFile| {
        let mut code = file.product_lines().filter(|(_, line)| is_code(line));
        code.any(|(_, line)| NAMES.iter().any(|name| line.contains(name)))
    };
    let product = files.iter().filter(|file| file.is_rust() && !file.is_for_development());
    let (mut paths, mut problems) = (Vec::new(), Vec::new());
    for file in product.filter(names_backend) {
        if file.path.starts_with("crates/kitae/") {
            paths.push(file.path.as_str());
        } else {
            problems.push(format!("{}: only the crate kitae names a backend", file.path));
        }
    }
    if paths.len() > 1 {
        problems.push(format!(
            "{}: one file of the crate kitae names the backends, not several",
            paths.join(", ")
        ));
    }
    problems
}

fn missing_readmes(root: &Path, files: &[SourceFile]) -> Vec<String> {
    let manifests = files.iter().filter_map(|file| file.path.strip_suffix("/Cargo.toml"));
    let crates = manifests.filter(|folder| folder.starts_with("crates/"));
    let without = crates.filter(|folder| !root.join(folder).join("README.md").is_file());
    without.map(|folder| format!("{folder}: there is no README.md")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    fn check(path: &str, text: &str, expected: &[&str]) {
        let problems = problems_of(&file(path, text));
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, expected) in problems.iter().zip(expected) {
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn a_plain_file_is_fine() {
        check("crates/kitae-data/src/a.rs", "//! About.\n\nfn auburn() {}\n", &[]);
    }

    #[test]
    fn a_file_says_what_it_is_about() {
        check("xtask/src/a.rs", "fn a() {}\n", &["a.rs:1: the first line"]);
        check("xtask/Cargo.toml", "[package]\n", &[]);
    }

    #[test]
    fn lines_end_without_spaces_and_the_last_one_ends() {
        check("README.md", "a \nb", &["README.md:1: spaces", "the last line"]);
    }

    #[test]
    fn the_length_is_counted_up_to_the_tests() {
        let long = format!("//! A.\n{}", "fn a() {}\n".repeat(400));
        check("crates/kitae-eval/src/a.rs", &long, &["401 lines"]);
        check("tests/product/a.rs", &long, &[]);
        check("crates/kitae-eval/src/interval/tests.rs", &long, &[]);
        let tested = format!("//! A.\n#[cfg(test)]\n{}", "fn a() {}\n".repeat(400));
        check("crates/kitae-eval/src/a.rs", &tested, &[]);
    }

    #[test]
    fn comments_end_where_code_does() {
        let words = "word ".repeat(22);
        check("tests/product/a.rs", &format!("//! A.\n    /// {words}.\n"), &["a.rs:2: a comment beyond"]);
        check("tests/product/a.rs", &format!("//! A.\n/// | {words}|\nlet a = \"{words}\";\n"), &[]);
    }

    #[test]
    fn words_of_unfinished_work_are_found_in_tests_too() {
        let word = concat!("todo", "!()");
        check("tests/product/a.rs", &format!("//! A.\n#[cfg(test)]\nfn a() {{ {word} }}\n"), &["a.rs:3: `"]);
        let word = concat!("#[should", "_panic]");
        check("crates/kitae-eval/src/a.rs", &format!("//! A.\n{word}\n"), &["a.rs:2"]);
    }

    #[test]
    fn libraries_get_the_clock_and_the_environment_from_their_caller() {
        let text = "//! A.\nlet now = Instant::now();\n// Instant::now is not for us.\n";
        check("crates/kitae-train/src/a.rs", text, &["a.rs:2: `Instant::now` in a library"]);
        check("crates/kitae-cli/src/a.rs", text, &[]);
        check("crates/kitae-train/benches/a.rs", text, &[]);
    }

    #[test]
    fn crates_about_rows_and_numbers_do_not_know_tensors() {
        let text = "//! A.\nuse burn::tensor::Tensor;\n";
        check("crates/kitae-data/src/a.rs", text, &["kitae-data must not know `burn`"]);
        check("crates/kitae-train/src/a.rs", text, &[]);
        check("crates/kitae-eval/Cargo.toml", "burn.workspace = true\n", &["must not know `burn`"]);
        check("crates/kitae-model/src/a.rs", "//! A.\nuse std::fs::File;\n", &["must not know `std::fs`"]);
    }

    #[test]
    fn one_file_names_the_backends() {
        let named = |path: &str| file(path, "//! A.\nlet device = Device::flex();\n");
        let cli = || named("crates/kitae/src/device.rs");
        assert!(backend_files(&[cli(), named("crates/kitae-train/tests/a.rs")]).is_empty());
        assert_eq!(backend_files(&[cli(), named("crates/kitae/src/b.rs")]).len(), 1);
        assert_eq!(backend_files(&[cli(), named("crates/kitae-train/src/a.rs")]).len(), 1);
        for text in ["//! A.\n#[cfg(test)]\nDevice::flex();\n", "//! A.\n/// An example: Device::flex();\n"] {
            assert!(backend_files(&[cli(), file("crates/kitae-train/src/a.rs", text)]).is_empty(), "{text}");
        }
    }
}
