//! `cargo xtask licences`: may every dependency be shipped?

use std::collections::BTreeSet;
use std::fs;

use spdx::{Expression, LicenseReq, ParseMode};
use toml::Table;

use crate::workspace::{self, Failure, Workspace};

/// Compares the licence of every dependency, on every platform and with every feature, with the list
/// in `deny.toml`.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let path = workspace.root.join("deny.toml");
    let in_file = |message: String| Failure::new(format!("{}: {message}", path.display()));
    let text = fs::read_to_string(&path).map_err(|error| in_file(error.to_string()))?;
    let rules = Rules::parse(&text).map_err(in_file)?;
    let tree = dependencies(workspace)?;
    let packages: BTreeSet<Package> = tree.lines().filter_map(Package::parse).collect();
    if packages.is_empty() {
        return Err(Failure::new("cargo tree listed no package"));
    }
    let problems: Vec<String> = packages.iter().filter_map(|package| rules.problem(package)).collect();
    if problems.is_empty() {
        println!("The licences of {} packages are all on the list.", packages.len());
        return Ok(());
    }
    for problem in &problems {
        println!("{problem}");
    }
    Err(Failure::new(format!("{} packages have a licence that deny.toml does not allow", problems.len())))
}

/// One line a package: its licence, a tab, its name and version. Packages that the lock file names but
/// no feature turns on are not there; `cargo metadata` would list them too.
fn dependencies(workspace: &Workspace) -> Result<String, Failure> {
    let mut command = workspace.cargo(&["tree", "--workspace", "--all-features", "--locked"]);
    workspace::output(command.args(["--target=all", "--prefix=none", "--format={l}\t{p}"]))
}

/// A line of [`dependencies`].
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    licence: String,
}

impl Package {
    /// `None` for the empty lines between the members of the workspace.
    fn parse(line: &str) -> Option<Self> {
        let (licence, package) = line.split_once('\t')?;
        let mut words = package.split_whitespace().map(str::to_owned);
        Some(Self { name: words.next()?, version: words.next()?, licence: licence.trim().to_owned() })
    }
}

/// The part of `deny.toml` about licences, in cargo-deny's own format.
struct Rules {
    allowed: BTreeSet<String>,
    /// Package and the licences that are allowed for it besides.
    exceptions: Vec<(String, BTreeSet<String>)>,
}

impl Rules {
    fn parse(text: &str) -> Result<Self, String> {
        let settings: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        let licences = settings.get("licenses").and_then(toml::Value::as_table);
        let licences = licences.ok_or("the table `[licenses]` is missing")?;
        let exceptions = licences.get("exceptions").and_then(toml::Value::as_array);
        let exceptions = exceptions.into_iter().flatten().map(|entry| {
            let name = entry.get("crate").and_then(toml::Value::as_str);
            let name = name.ok_or("an entry of `licenses.exceptions` has no `crate`")?;
            Ok((name.to_owned(), texts(entry.get("allow"))?))
        });
        let exceptions = exceptions.collect::<Result<_, String>>()?;
        Ok(Self { allowed: texts(licences.get("allow"))?, exceptions })
    }

    /// What is wrong with the licence of `package`, if anything.
    fn problem(&self, package: &Package) -> Option<String> {
        let Package { name, version, licence } = package;
        if licence.is_empty() {
            return Some(format!("{name} {version}: the manifest states no licence"));
        }
        let is_allowed = |licence: &LicenseReq| {
            let licence = licence.to_string();
            let mut exceptions = self.exceptions.iter().filter(|(of, _)| of == name);
            self.allowed.contains(&licence) || exceptions.any(|(_, also)| also.contains(&licence))
        };
        // Old manifests write `/` for `OR`.
        match Expression::parse_mode(licence, ParseMode::LAX) {
            Ok(expression) if expression.evaluate(is_allowed) => None,
            Ok(_) => Some(format!("{name} {version}: `{licence}` is not allowed")),
            Err(error) => Some(format!("{name} {version}: {}", error.reason)),
        }
    }
}

fn texts(value: Option<&toml::Value>) -> Result<BTreeSet<String>, String> {
    let list = value.and_then(toml::Value::as_array).ok_or("`allow` must be a list of licences")?;
    let text = |item: &toml::Value| item.as_str().map(str::to_owned);
    list.iter().map(text).collect::<Option<_>>().ok_or_else(|| "`allow` must be a list of texts".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = "[licenses]\nallow = ['MIT', 'Apache-2.0 WITH LLVM-exception']\n[[licenses.exceptions]]\ncrate = 'odd'\nallow = ['Zlib']\n";

    fn problem(line: &str) -> Option<String> {
        Rules::parse(DENY).unwrap().problem(&Package::parse(line).unwrap())
    }

    #[test]
    fn an_allowed_licence_is_no_problem() {
        assert_eq!(problem("GPL-3.0-only OR MIT\tfine v1.2.3 (*)"), None);
        assert_eq!(problem("GPL-3.0-only/MIT\tfine v1.2.3"), None);
        assert_eq!(problem("Zlib AND MIT\todd v1.2.3 (/some/folder)"), None);
        assert_eq!(problem("Apache-2.0 WITH LLVM-exception\tother v1.2.3"), None);
    }

    #[test]
    fn a_problem_names_the_package_and_the_licence() {
        assert_eq!(problem("Zlib\teven v1.2.3").unwrap(), "even v1.2.3: `Zlib` is not allowed");
        assert!(problem("Apache-2.0\teven v1.2.3").is_some());
        assert_eq!(problem("\teven v1.2.3").unwrap(), "even v1.2.3: the manifest states no licence");
        assert!(problem("MIT AND\teven v1.2.3").unwrap().starts_with("even v1.2.3: "));
    }

    #[test]
    fn a_file_without_a_list_is_refused() {
        for text in ["", "[licenses]", "[licenses]\nallow = [1]", "[licenses]\nallow=[]\nexceptions=[{}]"] {
            assert!(Rules::parse(text).is_err(), "{text}");
        }
    }
}
