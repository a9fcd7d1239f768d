//! Flags and commands in the place of the settings and steps that libraries name.

use kitae_data::finding::{Cure, Setting, quoted};
use kitae_report::{Step, Wording};

/// Reports in the words of the command line.
pub(crate) const WORDING: Wording = Wording { settings: in_flags, step: as_command };

/// The same sentence in the words of the command line: `` `columns.drop = "paid on"` `` becomes
/// `` `--drop 'paid on'` ``.
pub(crate) fn in_flags(text: &str) -> String {
    reworded(text, &Words { of_setting, of_cure, between: " " })
}

/// What stands in the place of settings.
pub(crate) struct Words {
    pub(crate) of_setting: fn(Setting) -> String,
    pub(crate) of_cure: fn(&Cure) -> String,
    /// Between the settings that mend something together.
    pub(crate) between: &'static str,
}

/// The same sentence with other words in the place of the settings that are quoted in it.
pub(crate) fn reworded(text: &str, words: &Words) -> String {
    let mut told = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        told.push_str(before);
        told.push('`');
        rest = after;
        if let Some((settings, after)) = settings(rest, words) {
            told.push_str(&settings);
            rest = after;
        }
    }
    told + rest
}

/// The command that takes a step, as a shell takes it.
pub(crate) fn as_command(step: &Step) -> String {
    let command = match step {
        Step::Inspect => "inspect".to_owned(),
        Step::OpenSeal(model) => format!("evaluate {}", quoted(model)),
        Step::ScoreOthers(model) => format!("evaluate {} TEST.csv", quoted(model)),
        Step::ResumeLedger(folder, time) => format!("ledger --resume {} --time {time}", quoted(folder)),
        Step::ApplyLedger => "ledger --apply".to_owned(),
        Step::TrainAdopted(ledger) => {
            let recipe = quoted(&format!("{ledger}/recipe.toml"));
            format!("train --of {} --recipe {recipe} --out MODEL", quoted(ledger))
        }
        Step::TrainChanged => "train --recipe".to_owned(),
        Step::ResumeStudy(folder) => format!("tune --resume {}", quoted(folder)),
        Step::ExtendStudy(folder, time) => format!("tune --resume {} --time {time}", quoted(folder)),
        other => return other.to_string(),
    };
    format!("`kitae {command}`")
}

/// A flag and its value as a shell takes them.
pub(crate) fn with_value(flag: &str, value: &str) -> String {
    // A value that looks like a flag must not be taken for one.
    let separator = if value.starts_with('-') { '=' } else { ' ' };
    format!("{flag}{separator}{}", quoted(value))
}

/// The words for the settings that `text` begins with, up to the end of the quotation, and the rest.
fn settings<'a>(mut text: &'a str, words: &Words) -> Option<(String, &'a str)> {
    let mut flags = Vec::new();
    loop {
        let (flag, rest) = if let Some((cure, rest)) = Cure::read(text) {
            ((words.of_cure)(&cure), rest)
        } else {
            let (name, rest) = text.split_at(text.find(['`', ','])?);
            ((words.of_setting)(Setting::named(name).filter(|setting| !is_key(*setting))?), rest)
        };
        flags.push(flag);
        match rest.strip_prefix(", ") {
            Some(more) => text = more,
            None => return rest.starts_with('`').then(|| (flags.join(words.between), rest)),
        }
    }
}

/// Whether the setting is a key of a recipe: its bare name may stand for the key, or for a column of that
/// name.
fn is_key(setting: Setting) -> bool {
    let is_beside = |part: &&str| setting.name().starts_with(*part);
    !["reading.", "columns.", "question.", "machine."].iter().any(is_beside)
}

fn of_cure(cure: &Cure) -> String {
    let flag = of_setting(cure.setting);
    match cure.setting {
        Setting::HasHeader | Setting::FillsShortRows | Setting::UsualMarkers => flag,
        Setting::Hidden => match cure.value.trim_matches(['[', ']']).replace(' ', "") {
            widths if widths.is_empty() => with_value(&flag, "none"),
            widths => with_value(&flag, &widths),
        },
        _ => with_value(&flag, &cure.value),
    }
}

/// Most are called as the last part of the setting's name.
pub(crate) fn of_setting(setting: Setting) -> String {
    let name = match setting {
        Setting::HasHeader => "no-header",
        Setting::FillsShortRows => "short-rows",
        Setting::MaxBytes => "max-size",
        Setting::Missing => "missing",
        Setting::UsualMarkers => "missing-none",
        Setting::Folds => "folds",
        Setting::Threads => "threads",
        other => other.name().rsplit('.').next().unwrap_or_default(),
    };
    format!("--{}", name.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    #[test]
    fn each_setting_has_a_flag_of_the_training() {
        let command = Cli::command();
        let train = command.find_subcommand("train").expect("it is a command");
        for setting in Setting::ALL {
            let flag = of_setting(*setting);
            let is_it = |argument: &clap::Arg| argument.get_long() == flag.strip_prefix("--");
            assert!(train.get_arguments().any(is_it), "{setting}: {flag}");
            let named = if is_key(*setting) { setting.name() } else { &flag };
            assert_eq!(in_flags(&format!("or name the `{setting}`")), format!("or name the `{named}`"));
        }
    }

    #[track_caller]
    fn check(library: &str, line: &str) {
        assert_eq!(in_flags(library), line);
    }

    #[test]
    fn values_come_along_as_a_shell_takes_them() {
        check("leak: `columns.drop = \"paid on\"` or drop it", "leak: `--drop 'paid on'` or drop it");
        check("`reading.extra_missing = \"-99\"`", "`--missing=-99`");
        check("`reading.skip_rows = 3` skips", "`--skip-rows 3` skips");
        check("`reading.has_header = false`", "`--no-header`");
        check("`columns.drop = \"a`b\\\"\"`", "`--drop 'a`b\"'`");
        check("`network.hidden = [256, 256]`, `network.hidden = []`", "`--hidden 256,256`, `--hidden none`");
        check("`question.copies = \"near\", question.by_group = \"c\"`", "`--copies near --by-group c`");
    }

    #[test]
    fn steps_are_commands_that_can_be_pasted_into_a_shell() {
        let ledger = "my ledgers/flowers";
        for (step, command) in [
            (Step::ResumeLedger(ledger, "15m"), "`kitae ledger --resume 'my ledgers/flowers' --time 15m`"),
            (Step::TrainAdopted("l"), "`kitae train --of l --recipe l/recipe.toml --out MODEL`"),
            (Step::Inspect, "`kitae inspect`"),
            (Step::ApplyLedger, "`kitae ledger --apply`"),
            (Step::OpenSeal("my model"), "`kitae evaluate 'my model'`"),
            (Step::ExtendStudy("s", "1h"), "`kitae tune --resume s --time 1h`"),
        ] {
            assert_eq!((WORDING.step)(&step), command);
        }
    }

    #[test]
    fn what_is_no_setting_stays() {
        for text in [
            "column `drop` of `a.csv`",
            "missing column: `metric`",
            "`network.hidden` must be a list",
            "`",
            "``",
            "`columns.drop = ",
            "`columns.drop\" x`",
            "`colour = \"red\"`",
        ] {
            check(text, text);
        }
    }
}
