//! What a training is asked for in the words of the command line, for those who offer them elsewhere, as the
//! Python package does with its keyword arguments: the flag `--by-group` is the argument `by_group`.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser};
use kitae::{Machine, Preset, Question};
use kitae_data::finding::{Cure, Setting};
use kitae_data::read::ReadOptions;
use kitae_report::{Step, Wording};

use crate::args::DataArgs;
use crate::device::DeviceArgs;
use crate::failure::Failure;
use crate::flags::{Words, as_command, of_setting, reworded};
use crate::levers::LeverArgs;

/// Everything that can be said of a training and is no matter of files.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Asked {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    levers: LeverArgs,
    #[command(flatten)]
    device: DeviceArgs,
}

/// What can be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name, with underscores.
    pub name: String,
    /// What it does.
    pub help: String,
    /// The group of arguments it belongs to.
    pub heading: String,
    /// How it is said.
    pub form: Form,
    /// The words that it takes; empty if it takes others.
    pub words: Vec<String>,
}

/// How an argument is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// It is there or not.
    Switch,
    /// It has one value.
    Value,
    /// It may come several times.
    List,
}

/// All that can be said.
pub fn arguments() -> Vec<Argument> {
    let command = Asked::command();
    let said = command.get_arguments().filter_map(|argument| {
        let words = argument.get_possible_values();
        Some(Argument {
            name: name_of(argument.get_long()?),
            help: in_arguments(&argument.get_help().map(ToString::to_string).unwrap_or_default()),
            heading: argument.get_help_heading().unwrap_or_default().to_owned(),
            form: form_of(argument),
            words: words.iter().map(|word| word.get_name().to_owned()).collect(),
        })
    });
    said.collect()
}

fn form_of(argument: &clap::Arg) -> Form {
    let takes_none = argument.get_num_args().is_some_and(|count| count.max_values() == 0);
    match argument.get_action() {
        ArgAction::SetTrue => Form::Switch,
        ArgAction::Append => Form::List,
        _ if takes_none => Form::Switch,
        _ => Form::Value,
    }
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// Of the table.
    pub question: Question,
    /// How a file is read.
    pub options: ReadOptions,
    /// What the recipe starts from.
    pub preset: Preset,
    /// The levers over it.
    pub changes: toml::Table,
    /// Where it is done.
    pub machine: Machine,
}

impl Request {
    /// Reads arguments, each as a name and its value; a switch has none.
    ///
    /// # Errors
    ///
    /// A sentence, if there is no such argument, a value does not fit, or two exclude each other.
    pub fn read(arguments: &[(String, Option<String>)], target: &str) -> Result<Self, String> {
        let word = |(name, value): &(String, Option<String>)| {
            let flag = format!("--{}", name.replace('_', "-"));
            OsString::from(value.as_ref().map_or_else(|| flag.clone(), |value| format!("{flag}={value}")))
        };
        let matches = Asked::command().try_get_matches_from(arguments.iter().map(word));
        let asked = matches.and_then(|matches| Asked::from_arg_matches(&matches));
        let asked = asked.map_err(|error| sentence(&error))?;
        asked.resolved(target).map_err(|failure| in_arguments(failure.message()))
    }
}

impl Asked {
    fn resolved(&self, target: &str) -> Result<Request, Failure> {
        let machine = self.device.open()?;
        let levers = self.levers.read()?;
        let options = self.data.reading.options(ReadOptions::default(), machine.n_threads);
        let question = self.data.question(target, &levers)?;
        Ok(Request {
            question,
            options,
            preset: levers.preset.unwrap_or_default(),
            changes: levers.changes,
            machine,
        })
    }
}

/// The same sentence with arguments in the place of settings: `` `columns.drop = "paid on"` `` becomes
/// `` `drop="paid on"` ``.
pub fn in_arguments(text: &str) -> String {
    let of_cure = |cure: &Cure| match cure.setting {
        Setting::HasHeader | Setting::FillsShortRows | Setting::UsualMarkers => {
            format!("{}=True", argument_of(cure.setting))
        }
        setting => {
            let value = &cure.value;
            let is_plain = value.parse::<f64>().is_ok() || value.starts_with('[');
            if is_plain {
                format!("{}={value}", argument_of(setting))
            } else {
                format!("{}={value:?}", argument_of(setting))
            }
        }
    };
    reworded(text, &Words { of_setting: argument_of, of_cure, between: ", " })
}

fn argument_of(setting: Setting) -> String {
    name_of(of_setting(setting).trim_start_matches('-'))
}

fn name_of(flag: &str) -> String {
    flag.replace('-', "_")
}

/// Reports in the words of a programme that has a model in memory; what it cannot do is done with a command.
pub const WORDING: Wording = Wording { settings: in_arguments, step: as_call };

fn as_call(step: &Step) -> String {
    match step {
        Step::OpenSeal(_) => "`Model.evaluate` and the training table".to_owned(),
        Step::ScoreOthers(_) => "`Model.evaluate` and their table".to_owned(),
        step => as_command(step),
    }
}

/// What is wrong, without a word of flags.
fn sentence(error: &clap::Error) -> String {
    let told = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = |kind: ContextKind| {
        let text = told(kind);
        name_of(text.trim_start_matches('-').split([' ', '=']).next().unwrap_or_default())
    };
    let (name, value) = (argument(ContextKind::InvalidArg), told(ContextKind::InvalidValue));
    let reason = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    match error.kind() {
        ErrorKind::InvalidValue => {
            let words = told(ContextKind::ValidValue);
            let expected = if words.is_empty() { "a value".to_owned() } else { format!("one of {words}") };
            format!("`{name}`: expected {expected}, got `{value}`")
        }
        ErrorKind::ValueValidation => format!("`{name}`: {reason}, got `{value}`"),
        ErrorKind::ArgumentConflict => {
            format!("`{name}` and `{}` exclude each other: leave one out", argument(ContextKind::PriorArg))
        }
        ErrorKind::UnknownArgument => format!("there is no argument `{name}`"),
        ErrorKind::TooManyValues => format!("`{name}` takes no value but True, got `{value}`"),
        _ => error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[(&str, &str)]) -> Result<Request, String> {
        let owned = |(name, value): &(&str, &str)| {
            ((*name).to_owned(), Some((*value).to_owned()).filter(|value| !value.is_empty()))
        };
        Request::read(&arguments.iter().map(owned).collect::<Vec<_>>(), "y")
    }

    #[test]
    fn arguments_have_the_names_and_meanings_of_flags() {
        let names: Vec<String> = arguments().into_iter().map(|argument| argument.name).collect();
        for name in ["preset", "hidden", "dropout", "by_group", "test_size", "categorical", "threads", "set"]
        {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
        let request =
            read(&[("preset", "fast"), ("epochs", "3"), ("by_group", "g"), ("drop", "-a"), ("drop", "b")]);
        let request = request.unwrap();
        assert_eq!(
            (request.preset, request.changes["training"]["epochs"].as_integer()),
            (Preset::Fast, Some(3))
        );
        assert_eq!(request.question.hints.drop, ["-a", "b"]);
        let request = read(&[("residual", ""), ("random_split", "")]).unwrap();
        assert_eq!(request.changes["network"]["skip"].as_str(), Some("residual"));
        let form = |name: &str| arguments().into_iter().find(|known| known.name == name).unwrap().form;
        assert_eq!(["residual", "random_split"].map(form), [Form::Switch; 2]);
        assert_eq!([form("drop"), form("hidden")], [Form::List, Form::Value]);
    }

    #[test]
    fn what_is_wrong_is_told_without_flags() {
        for (arguments, expected) in [
            (&[("preset", "slow")][..], "`preset`: expected one of fast, balanced, best, got `slow`"),
            (&[("test_size", "2")], "`test_size`: expected a share of at least 0 and less than 1, got `2`"),
            (&[("by_group", "a"), ("by_time", "b")], "exclude each other"),
            (&[("colour", "red")], "there is no argument `colour`"),
            (&[("random_split", "yes")], "`random_split`"),
        ] {
            let message = read(arguments).expect_err(expected);
            assert!(message.contains(expected) && !message.contains("--"), "{message}");
        }
    }

    #[test]
    fn settings_are_told_as_arguments() {
        for (library, expected) in [
            ("leak: `columns.drop = \"paid on\"`", "leak: `drop=\"paid on\"`"),
            ("`question.copies = \"near\", question.by_group = \"c\"`", "`copies=\"near\", by_group=\"c\"`"),
            ("`network.hidden = [256, 8]`", "`hidden=[256, 8]`"),
            ("`question.test_size` is", "`test_size` is"),
        ] {
            assert_eq!(in_arguments(library), expected);
        }
    }
}
