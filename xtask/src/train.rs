//! `cargo xtask train`: builds kitae and trains on a shipped table or on a file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::dataset::{self, Dataset};
use crate::workspace::{self, Failure, Workspace};

/// Two classes, 30 measurements, 569 rows: small enough for seconds, large enough to show scores,
/// intervals and calibration.
const DEFAULT_TABLE: &str = "breast_cancer";

/// Trains as `arguments` say.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), Failure> {
    let arguments = parse(arguments)?;
    let table = find_table(workspace, &arguments)?;
    let mut build = workspace.cargo(&arguments.backend.build());
    let programme = built_programme(workspace)?;
    let mut kitae = Command::new(&programme);
    kitae.args(kitae_arguments(workspace, &table, &arguments));
    if arguments.mode == Mode::Show {
        println!("{}\n{}", workspace::as_typed(&build), workspace::as_typed(&kitae));
        return Ok(());
    }
    eprintln!(
        "Building kitae for the {} backend. The first time this takes minutes, then seconds at most.",
        arguments.backend.name()
    );
    workspace::run(&mut build)?;
    eprintln!("{}: {}", table.title, workspace::as_typed(&kitae));
    workspace::run_instead(&mut kitae)
}

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
struct Arguments {
    table: String,
    target: Option<String>,
    backend: Backend,
    mode: Mode,
    /// All that follows `--`.
    kitae: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Build and train.
    Train,
    /// Print the two commands.
    Show,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backend {
    Flex,
    Ndarray,
    Wgpu,
    Cuda,
}

impl Backend {
    fn parse(name: &str) -> Result<Self, Failure> {
        match name {
            "flex" => Ok(Self::Flex),
            "ndarray" => Ok(Self::Ndarray),
            "wgpu" => Ok(Self::Wgpu),
            "cuda" => Ok(Self::Cuda),
            _ => Err(Failure::new(format!("`--backend` must be flex, ndarray, wgpu or cuda, got `{name}`"))),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::Ndarray => "ndarray",
            Self::Wgpu => "wgpu",
            Self::Cuda => "cuda",
        }
    }

    /// The arguments of cargo that build kitae for this backend and no other.
    fn build(self) -> Vec<String> {
        let mut arguments: Vec<String> =
            ["build", "--release", "--package", "kitae-cli", "--bin", "kitae"].map(str::to_owned).into();
        // Training asks for no server.
        arguments.push("--no-default-features".to_owned());
        arguments.push(format!("--features=export,mimalloc,{}", self.name()));
        arguments
    }
}

fn parse(arguments: &[String]) -> Result<Arguments, Failure> {
    let end = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    let kitae = arguments.get(end + 1..).unwrap_or_default().to_vec();
    let (mut table, mut target, mut backend, mut mode) = (None, None, Backend::Flex, Mode::Train);
    let mut words = arguments[..end].iter();
    while let Some(word) = words.next() {
        let (flag, attached) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        let mut value = || {
            attached.clone().or_else(|| words.next().cloned()).ok_or_else(|| {
                Failure::new(format!("`{flag}` needs a value; `cargo xtask help` shows how it is used"))
            })
        };
        match flag {
            "--target" => target = Some(value()?),
            "--backend" => backend = Backend::parse(&value()?)?,
            "--dry-run" => mode = Mode::Show,
            _ if flag.starts_with('-') => {
                let hint = "flags of kitae follow after `--`, as in `cargo xtask train iris -- --quiet`";
                return Err(Failure::new(format!("`train` has no flag `{flag}`; {hint}")));
            }
            _ if table.is_some() => {
                return Err(Failure::new(format!("one table at a time; got `{word}` too")));
            }
            _ => table = Some(word.clone()),
        }
    }
    let table = table.unwrap_or_else(|| DEFAULT_TABLE.to_owned());
    Ok(Arguments { table, target, backend, mode, kitae })
}

/// The shipped table or the file that was named.
fn find_table(workspace: &Workspace, arguments: &Arguments) -> Result<Dataset, Failure> {
    let path = Path::new(&arguments.table);
    let looks_like_path = path.components().count() > 1 || path.extension().is_some();
    if !looks_like_path {
        let mut dataset = dataset::read(&workspace.root, &arguments.table)?;
        if let Some(target) = arguments.target.clone().filter(|target| *target != dataset.target) {
            // The task was written for the other column: kitae finds out.
            dataset = Dataset { target, task: String::new(), ..dataset };
        }
        return Ok(dataset);
    }
    let headers = headers(path)?;
    let target = arguments.target.clone().ok_or_else(|| {
        Failure::new(format!(
            "which column is to be predicted? Add `--target COLUMN`; the header is: {headers}"
        ))
    })?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let name = file.split('.').find(|part| !part.is_empty()).unwrap_or("table").to_owned();
    let data = workspace.current.join(path);
    Ok(Dataset { name, data, title: file.into_owned(), target, task: String::new(), kinds: Vec::new() })
}

/// The first line of a file, as far as it is worth showing.
fn headers(path: &Path) -> Result<String, Failure> {
    let cannot = |error| Failure::new(format!("cannot read `{}`: {error}", path.display()));
    let mut line = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    BufReader::new(file.take(4096)).read_until(b'\n', &mut line).map_err(cannot)?;
    if line.starts_with(&[0x1f, 0x8b]) {
        return Ok("(the file is compressed)".to_owned());
    }
    Ok(String::from_utf8_lossy(&line).trim().to_owned())
}

/// Where cargo puts the programme.
fn built_programme(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let metadata = workspace.metadata(&["--no-deps", "--offline"])?;
    let target = metadata["target_directory"].as_str();
    let target = target.ok_or_else(|| Failure::new("cargo metadata names no target directory"))?;
    Ok(Path::new(target).join("release").join(format!("kitae{}", std::env::consts::EXE_SUFFIX)))
}

/// The arguments of `kitae train`. What the user gives after `--` wins.
fn kitae_arguments(workspace: &Workspace, table: &Dataset, arguments: &Arguments) -> Vec<String> {
    let is_given =
        |flag: &str| arguments.kitae.iter().any(|word| word == flag || word.starts_with(&format!("{flag}=")));
    let mut words = vec!["train".to_owned()];
    if !is_given("--resume") {
        // An unfinished run knows its table and its folder.
        words.extend(table_arguments(workspace, table, is_given));
    }
    if !is_given("--device") {
        words.extend(flag("--device", arguments.backend.name()));
    }
    words.extend(arguments.kitae.iter().cloned());
    words
}

/// What is read, predicted and written.
fn table_arguments(workspace: &Workspace, table: &Dataset, is_given: impl Fn(&str) -> bool) -> Vec<String> {
    let mut words = vec![workspace.shown(&table.data)];
    if !is_given("--target") {
        words.extend(flag("--target", &table.target));
        if !is_given("--task") && !table.task.is_empty() {
            words.extend(flag("--task", &table.task));
        }
    }
    for (column, kind) in &table.kinds {
        let kind_flag = dataset::flag_of_kind(kind).filter(|_| *column != table.target);
        words.extend(kind_flag.into_iter().flat_map(|name| flag(name, column)));
    }
    if !is_given("--out") {
        // The folder is this command's own, so a later run may replace what an earlier one left.
        words.extend(flag("--out", &workspace.shown(&workspace.root.join("models").join(&table.name))));
        if !is_given("--overwrite") {
            words.push("--overwrite".to_owned());
        }
    }
    words
}

/// One word if the value would be taken for a flag, else two.
fn flag(name: &str, value: &str) -> Vec<String> {
    if value.starts_with('-') {
        vec![format!("{name}={value}")]
    } else {
        vec![name.to_owned(), value.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// The workspace as seen from its root.
    fn at_root() -> Workspace {
        let root = Workspace::here().unwrap().root;
        Workspace { current: root.clone(), root }
    }

    fn kitae_line(typed: &str) -> Result<String, Failure> {
        let (workspace, arguments) = (at_root(), parse(&words(typed))?);
        let table = find_table(&workspace, &arguments)?;
        Ok(kitae_arguments(&workspace, &table, &arguments).join(" "))
    }

    fn message(typed: &str) -> String {
        match kitae_line(typed) {
            Err(Failure::Message(message)) => message,
            other => panic!("`{typed}` should be refused with a message, got {other:?}"),
        }
    }

    #[test]
    fn a_shipped_table_brings_its_target_task_and_kinds() {
        assert_eq!(
            kitae_line("diabetes").unwrap(),
            "train datasets/diabetes/data.csv --target progression --task regression --categorical sex \
             --out models/diabetes --overwrite --device flex"
        );
    }

    #[test]
    fn without_a_name_a_default_table_is_used() {
        assert!(
            kitae_line("").unwrap().starts_with("train datasets/breast_cancer/data.csv --target diagnosis")
        );
    }

    #[test]
    fn flags_after_the_dashes_reach_kitae_and_win() {
        let line = kitae_line("iris --backend ndarray -- --out=mine --task regression --epochs 3").unwrap();
        assert_eq!(
            line,
            "train datasets/iris/data.csv --target species --device ndarray --out=mine --task regression --epochs 3"
        );
    }

    #[test]
    fn an_unfinished_run_goes_on_with_what_it_knows() {
        let line = kitae_line("iris -- --resume models/iris").unwrap();
        assert_eq!(line, "train --device flex --resume models/iris");
    }

    #[test]
    fn a_target_that_looks_like_a_flag_is_still_a_target() {
        let line = kitae_line("iris --target=-log10(p)").unwrap();
        assert!(line.contains(" --target=-log10(p) "), "{line}");
    }

    #[test]
    fn another_target_drops_the_task_that_was_written_for_the_first() {
        let line = kitae_line("diabetes --target=sex").unwrap();
        assert!(line.contains("--target sex --out"), "{line}");
    }

    #[test]
    fn a_file_needs_a_target_and_the_message_shows_the_header() {
        let file = at_root().root.join("datasets/iris/data.csv").display().to_string();
        assert!(message(&file).contains("sepal_length_cm,sepal_width_cm"), "{}", message(&file));
        let line = kitae_line(&format!("{file} --target species")).unwrap();
        assert!(
            line.starts_with("train datasets/iris/data.csv --target species --out models/data --overwrite"),
            "{line}"
        );
        assert!(line.ends_with("--device flex"), "{line}");
    }

    #[test]
    fn what_cannot_be_understood_is_refused_with_a_hint() {
        assert!(message("nothing").contains("no table is called `nothing`; there are breast_cancer"));
        assert!(message("no/such.csv --target a").contains("cannot read `no/such.csv`"));
        assert!(message("iris --epochs 3").contains("follow after `--`"));
        assert!(message("iris wine").contains("got `wine` too"));
        assert!(message("iris --target").contains("needs a value"));
        assert!(message("iris --backend gpu").contains("flex, ndarray, wgpu or cuda, got `gpu`"));
    }

    #[test]
    fn each_backend_is_built_alone() {
        assert!(Backend::Flex.build().join(" ").ends_with("--features=export,mimalloc,flex"));
        assert!(
            Backend::Wgpu
                .build()
                .join(" ")
                .ends_with("--no-default-features --features=export,mimalloc,wgpu")
        );
        assert!(Backend::Ndarray.build().join(" ").ends_with("--features=export,mimalloc,ndarray"));
    }
}
