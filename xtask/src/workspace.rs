//! The workspace this tool works on, and the programmes it runs there.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Why a command ended without success.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Something to tell the user.
    Message(String),
    /// A programme failed and has told the user itself; its exit code is passed on.
    Exit(u8),
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Message(message.into())
    }
}

/// Where things are.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder of the workspace's Cargo.toml.
    pub(crate) root: PathBuf,
    /// The folder the user is in.
    pub(crate) current: PathBuf,
}

impl Workspace {
    /// The clone that cargo runs this tool for. It need not be the one that it was built in: clones may share
    /// a target folder.
    pub(crate) fn here() -> Result<Self, Failure> {
        let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&package).parent();
        let root = root.ok_or_else(|| Failure::new("no folder of a workspace"))?.to_owned();
        let current =
            env::current_dir().map_err(|error| Failure::new(format!("no current folder: {error}")))?;
        Ok(Self { root, current })
    }

    /// `path`, as short as the user's folder allows.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.current).unwrap_or(path).display().to_string()
    }

    /// Cargo, in the workspace's folder.
    pub(crate) fn cargo<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments).current_dir(&self.root);
        command
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target_folder(&self) -> Result<PathBuf, Failure> {
        let metadata = self.metadata(&["--no-deps", "--offline"])?;
        let target = metadata["target_directory"].as_str();
        Ok(PathBuf::from(target.ok_or_else(|| Failure::new("cargo metadata names no target directory"))?))
    }

    /// What `cargo metadata` says, with `arguments` added.
    pub(crate) fn metadata(&self, arguments: &[&str]) -> Result<Value, Failure> {
        let mut command = self.cargo(&["metadata", "--format-version", "1"]);
        serde_json::from_str(&output(command.args(arguments))?)
            .map_err(|error| Failure::new(format!("cargo metadata wrote what is not JSON: {error}")))
    }
}

/// What `command` prints; its complaints go to the user.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let typed = as_typed(command);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| Failure::new(format!("cannot run `{typed}`: {error}")))?;
    if !output.status.success() {
        return Err(Failure::new(format!("`{typed}` failed")));
    }
    String::from_utf8(output.stdout).map_err(|_| Failure::new(format!("`{typed}` printed what is not UTF-8")))
}

/// Runs `command` to its end; it talks to the user itself.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let programme = command.get_program().to_string_lossy().into_owned();
    let status =
        command.status().map_err(|error| Failure::new(format!("cannot run {programme}: {error}")))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => Err(Failure::Exit(u8::try_from(code).unwrap_or(1))),
        None => Err(Failure::new(format!("{programme} was stopped by a signal"))),
    }
}

/// Runs `command` in place of this programme, where the system can do that, so that signals and the
/// exit code are its own.
pub(crate) fn run_instead(command: &mut Command) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let error = command.exec();
        let programme = command.get_program().to_string_lossy().into_owned();
        Err(Failure::new(format!("cannot run {programme}: {error}")))
    }
    #[cfg(not(unix))]
    run(command)
}

/// `programme` and its arguments as one would type them.
pub(crate) fn as_typed(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<String> = words.map(|word| quoted(&word.to_string_lossy())).collect();
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("kitae");
        command.args(["train", "my file.csv", "--target", "it's", ""]);
        assert_eq!(as_typed(&command), r"kitae train 'my file.csv' --target 'it'\''s' ''");
    }

    #[test]
    fn a_failing_programme_passes_its_exit_code_on() {
        let workspace = Workspace::here().unwrap();
        let mut command = workspace.cargo(&["no-such-command"]);
        assert_eq!(run(command.stderr(Stdio::null())), Err(Failure::Exit(101)));
        assert!(matches!(run(&mut Command::new("no-such-programme")), Err(Failure::Message(_))));
    }
}
