//! The binary as its users run it: words in, text and an exit code out.

use std::fmt::Write;
#[cfg(unix)]
use std::io::{BufReader, Read};
use std::path::PathBuf;
use std::process::Command;
#[cfg(unix)]
use std::process::Stdio;

/// What a command did.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder that is gone after the test, in which commands are run.
pub(crate) struct Workplace {
    folder: tempfile::TempDir,
}

impl Workplace {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs `kitae` with `line` cut at spaces.
    pub(crate) fn kitae(&self, line: &str) -> Finished {
        let output = self.command(line).output().unwrap();
        Finished {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs `kitae` and presses Ctrl-C as soon as its standard error says `word`.
    #[cfg(unix)]
    pub(crate) fn interrupted(&self, line: &str, word: &str) -> Finished {
        self.run_and(line, word, interrupt)
    }

    /// Runs `kitae` and does `work` as soon as its standard error says `word`.
    #[cfg(unix)]
    pub(crate) fn while_it_runs(&self, line: &str, word: &str, work: impl FnOnce(&Self)) -> Finished {
        self.run_and(line, word, |_| work(self))
    }

    /// Runs `kitae` and does `work` with its process as soon as its standard error says `word`.
    #[cfg(unix)]
    pub(crate) fn run_and(&self, line: &str, word: &str, work: impl FnOnce(u32)) -> Finished {
        let mut child = self.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut read = BufReader::new(child.stderr.take().unwrap());
        let mut err = Vec::new();
        // By bytes, as the line of a trial ends only when the trial does.
        while !String::from_utf8_lossy(&err).contains(word) {
            let mut byte = [0];
            let n = read.read(&mut byte).unwrap();
            assert!(n == 1, "no {word} in {}", String::from_utf8_lossy(&err));
            err.push(byte[0]);
        }
        work(child.id());
        read.read_to_end(&mut err).unwrap();
        let output = child.wait_with_output().unwrap();
        Finished {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(err).unwrap(),
        }
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kitae-under-test"));
        command.args(line.split_whitespace()).current_dir(self.folder.path());
        command
    }
}

/// Presses Ctrl-C.
#[cfg(unix)]
pub(crate) fn interrupt(process: u32) {
    Command::new("kill").args(["-INT", &process.to_string()]).status().unwrap();
}

impl Finished {
    /// The standard output of a command that succeeded.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self.out
    }

    /// The error of a command that ended with `code`: one message and nothing that looks like a crash.
    pub(crate) fn fails(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        assert!(self.err.contains("error: ") || self.err.contains("\"event\":\"error\""), "{}", self.err);
        self.err
    }
}

/// A table of flowers with numbers, a category with missing cells and three classes, one of which
/// needs quotes. Its classes can be told apart by `length`.
pub(crate) fn flowers(n_rows: usize) -> String {
    let names = ["\"rose, wild\"", "tulip", "iris"];
    let colours = ["red", "white", "", "blue"];
    let mut text = String::from("length,width,colour,kind\n");
    for row in 0..n_rows {
        let (class, colour) = (row % 3, colours[row * 7 % 4]);
        let length = class as f64 + (row * 37 % 19) as f64 / 20.0;
        let width = (row * 11 % 23) as f64 / 7.0;
        let _ = writeln!(text, "{length},{width},{colour},{}", names[class]);
    }
    text
}

/// The same table without the column `kind`, whose `length` is the target.
pub(crate) fn lengths(n_rows: usize) -> String {
    let table = flowers(n_rows);
    let lines = table.lines().map(|line| line.split(',').take(3).collect::<Vec<_>>().join(","));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// Flags that make a training small.
pub(crate) const QUICK: &str = "--preset fast --epochs 5 --hidden 8 --folds 2 --threads 1 --device flex";

/// The value at a dotted path.
pub(crate) fn at<'a>(json: &'a serde_json::Value, path: &str) -> &'a serde_json::Value {
    path.split('.').fold(json, |value, key| &value[key])
}

/// A workplace with `flowers.csv` and a model of it in `model`.
pub(crate) fn trained() -> Workplace {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(90));
    workplace.kitae(&format!("train flowers.csv --target kind --out model {QUICK} --quiet")).ok();
    workplace
}

/// Trains on the table of flowers.
pub(crate) fn train(workplace: &Workplace, flags: &str) -> Finished {
    workplace.kitae(&format!("train flowers.csv --target kind --out model {QUICK} {flags}"))
}
