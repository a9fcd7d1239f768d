//! In whose words a report speaks: those of the libraries, or those of whoever shows it.

use std::fmt::{self, Display, Formatter};

/// In whose words a report speaks. The default are those of the libraries.
#[derive(Clone, Copy, Debug)]
pub struct Wording {
    /// A sentence with other words in the place of settings, such as the flags of a command line.
    pub settings: fn(&str) -> String,
    /// What a step is taken with, such as a command between backticks.
    pub step: fn(&Step) -> String,
}

impl Default for Wording {
    fn default() -> Self {
        Self { settings: str::to_owned, step: |step| step.to_string() }
    }
}

/// What a reader may do next; each names the folder that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step<'a> {
    /// Describe the columns of a table.
    Inspect,
    /// Score a model on its sealed rows.
    OpenSeal(&'a str),
    /// Score a model on rows of another file.
    ScoreOthers(&'a str),
    /// Go on with a ledger until its trials took a time.
    ResumeLedger(&'a str, &'a str),
    /// Measure on holdout rows what a ledger adopted.
    ApplyLedger,
    /// Train on the rows of a ledger with what it adopted.
    TrainAdopted(&'a str),
    /// Train with what the best trial of a study changed.
    TrainChanged,
    /// Go on with a study.
    ResumeStudy(&'a str),
    /// Go on with a study until its trials took a time.
    ExtendStudy(&'a str, &'a str),
}

/// As in “with …”.
impl Display for Step<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inspect => f.write_str("`kitae_data::inspect`"),
            Self::OpenSeal(_) | Self::ScoreOthers(_) => f.write_str("`Model::evaluate`"),
            Self::ResumeLedger(_, time) => write!(f, "a budget of {time}"),
            Self::ApplyLedger => f.write_str("`kitae_lab::measure`"),
            Self::TrainAdopted(_) => f.write_str("these keys as overrides"),
            Self::TrainChanged => f.write_str("overrides"),
            Self::ResumeStudy(_) => f.write_str("`run_study`"),
            Self::ExtendStudy(_, time) => write!(f, "`run_study` with a budget of {time}"),
        }
    }
}
