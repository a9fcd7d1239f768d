//! `cargo xtask make`: writes a synthetic table to a file.

use crate::workspace::{self, Failure, Workspace};

/// Writes the table that `arguments` name.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), Failure> {
    let [name, n_rows, seed, file] = parse(arguments)?;
    let path = workspace.current.join(file);
    let mut command = workspace.cargo(&["run", "--quiet", "--release", "--package", "kitae-data"]);
    command.args(["--example", "make_table", "--", &name, &n_rows, &seed]).arg(&path);
    workspace::run(&mut command)?;
    println!("{n_rows} rows of {name}, seed {seed}: {}", workspace.shown(&path));
    Ok(())
}

/// Name, rows, seed and file.
fn parse(arguments: &[String]) -> Result<[String; 4], Failure> {
    let (mut name, mut n_rows, mut seed, mut out) = (None, None, "42".to_owned(), None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value =
            || words.next().cloned().ok_or_else(|| Failure::new(format!("`{word}` needs a value")));
        match word.as_str() {
            "--rows" => n_rows = Some(value()?),
            "--seed" => seed = value()?,
            "--out" => out = Some(value()?),
            _ if word.starts_with('-') => return Err(Failure::new(format!("`make` has no flag `{word}`"))),
            _ if name.is_some() => {
                return Err(Failure::new(format!("one table at a time; got `{word}` too")));
            }
            _ => name = Some(word.clone()),
        }
    }
    let name = name.ok_or_else(|| {
        Failure::new("which table? Name one of two_moons, spirals, friedman1, imbalanced, mixed")
    })?;
    let n_rows = n_rows.ok_or_else(|| Failure::new("how many rows? Add `--rows N`"))?;
    let out = out.unwrap_or_else(|| format!("{name}.csv"));
    Ok([name, n_rows, seed, out])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(typed: &str) -> Result<[String; 4], Failure> {
        parse(&typed.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn seed_and_file_have_defaults() {
        assert_eq!(parsed("mixed --rows 10").unwrap(), ["mixed", "10", "42", "mixed.csv"]);
        assert_eq!(
            parsed("--seed 1 mixed --out a.csv --rows 10").unwrap(),
            ["mixed", "10", "1", "a.csv"].map(str::to_owned)
        );
    }

    #[test]
    fn what_is_missing_is_asked_for() {
        for (typed, expected) in [
            ("", "which table?"),
            ("mixed", "how many rows?"),
            ("mixed --rows", "`--rows` needs a value"),
            ("mixed spirals", "got `spirals` too"),
            ("mixed --row 3", "no flag `--row`"),
        ] {
            let Err(Failure::Message(message)) = parsed(typed) else { panic!("`{typed}` was accepted") };
            assert!(message.contains(expected), "{message}");
        }
    }
}
