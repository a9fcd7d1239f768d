//! How a command fails: one message, one exit code.

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, Write};

use kitae_data::error::DataError;
use kitae_data::target::TargetError;
use kitae_lab::log::LogError;
use kitae_lab::tune::StudyError;
use kitae_train::{ArtefactError, PredictError, RecipeError, TrainError};

use crate::flags::in_flags;

/// Exit code of a wrong command line.
pub(crate) const USAGE: u8 = 2;
const FAILED: u8 = 1;
/// What shells give a programme that was interrupted.
const INTERRUPTED: u8 = 130;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line lacks something that depends on the rest of it.
    Usage(String),
    /// The work failed; the message says what to do.
    Failed(String),
    /// The user interrupted it; the message says how to go on.
    Interrupted(String),
    /// Whoever read the results has gone, as `head` does.
    Closed,
}

/// How errors are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorForm {
    /// `error: …`.
    Text,
    /// One JSON object a line.
    Json,
}

impl Failure {
    /// A failure with this message.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// What could not be done with a file, and what the system says.
    pub(crate) fn file(action: &str, path: &std::path::Path, error: &io::Error) -> Self {
        Self::new(format!("cannot {action} `{}`: {error}", path.display()))
    }

    /// What is to be told.
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Failed(message) | Self::Usage(message) | Self::Interrupted(message) => message,
            Self::Closed => "the output was closed before all results were written",
        }
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Failed(_) => FAILED,
            Self::Interrupted(_) => INTERRUPTED,
            Self::Closed => 0,
        }
    }

    /// Writes the message and returns the exit code.
    pub(crate) fn report(&self, form: ErrorForm, err: &mut dyn Write) -> io::Result<u8> {
        let (Self::Usage(message) | Self::Failed(message) | Self::Interrupted(message)) = self else {
            return Ok(self.code());
        };
        let message = shortened(message);
        match form {
            ErrorForm::Text => writeln!(err, "error: {message}")?,
            ErrorForm::Json => {
                writeln!(err, "{}", serde_json::json!({ "event": "error", "message": message }))?;
            }
        }
        Ok(self.code())
    }
}

/// A message that can be read, however long the names in it are: the beginning says what, the end what to do.
fn shortened(message: &str) -> Cow<'_, str> {
    const MOST: usize = 2_000;
    const END: usize = 500;
    let n_characters = message.chars().count();
    if n_characters <= MOST {
        return Cow::Borrowed(message);
    }
    let n_left_out = n_characters - MOST;
    let start: String = message.chars().take(MOST - END).collect();
    let end: String = message.chars().skip(n_characters - END).collect();
    Cow::Owned(format!("{start} … ({n_left_out} characters are left out) … {end}"))
}

/// The message of `error` and of its causes, without those that it already tells.
fn chain(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        cause = error.source();
    }
    message
}

macro_rules! from_libraries {
    ($($error:ty),+) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::Failed(in_flags(&chain(&error)))
            }
        })+
    };
}

from_libraries!(
    DataError,
    TargetError,
    PredictError,
    TrainError,
    RecipeError,
    ArtefactError,
    StudyError,
    LogError,
    kitae::Error,
    kitae::csv_lines::LinesError
);

#[cfg(feature = "export")]
from_libraries!(kitae_export::ExportError);

#[cfg(feature = "serve")]
from_libraries!(kitae_serve::ServeError);

/// Writing results: files have [`Failure::file`].
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::Closed;
        }
        Self::Failed(format!("cannot write the results: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(failure: &Failure, form: ErrorForm) -> (u8, String) {
        let mut err = Vec::new();
        let code = failure.report(form, &mut err).unwrap();
        (code, String::from_utf8(err).unwrap())
    }

    #[test]
    fn a_failure_is_told_in_words_or_as_json() {
        let failure = Failure::new("no \"rows\"");
        assert_eq!(reported(&failure, ErrorForm::Text), (1, "error: no \"rows\"\n".to_owned()));
        let (_, json) = reported(&failure, ErrorForm::Json);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["message"], "no \"rows\"");
    }

    #[test]
    fn a_message_of_long_names_is_cut_in_the_middle() {
        let failure = Failure::new(format!("no column `{}`; its columns are a, b", "é".repeat(10_000)));
        let (_, text) = reported(&failure, ErrorForm::Text);
        assert!(text.chars().count() < 2_100 && text.ends_with("its columns are a, b\n"), "{text}");
        assert!(
            text.starts_with("error: no column `é") && text.contains("characters are left out"),
            "{text}"
        );
    }

    #[test]
    fn a_reader_that_leaves_is_no_failure() {
        let failure = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(reported(&failure, ErrorForm::Text), (0, String::new()));
        assert_eq!(Failure::from(io::Error::other("disk full")).code(), 1);
    }

    #[test]
    fn a_cause_that_the_message_tells_is_not_told_twice() {
        let cause = io::Error::other("no space");
        let error = DataError::Io { path: "a.csv".into(), source: cause };
        assert_eq!(chain(&error), "a.csv: cannot be read: no space");
    }
}
