//! What a user of kitae can set, as sentences name it. Whoever offers the settings under other names, as the
//! command line does with its flags, puts those in the place of these.
//!
//! ```
//! use kitae_data::finding::{Cure, Setting};
//!
//! assert_eq!(Cure::with(Setting::Drop, "paid on").to_string(), "columns.drop = \"paid on\"");
//! assert_eq!(Setting::named("columns.drop"), Some(Setting::Drop));
//! ```

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $setting:ident = $name:literal,)+) => {
        /// Something that a user of kitae can set.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Setting {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $setting,)+
        }

        impl Setting {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$setting),+];

            /// Its name; a hyperparameter's is its key in a recipe.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$setting => $name,)+
                }
            }
        }
    };
}

settings! {
    /// What separates cells.
    Delimiter = "reading.delimiter",
    /// What quotes cells.
    Quote = "reading.quote",
    /// What makes a quote an ordinary character.
    Escape = "reading.escape",
    /// What begins a line that is no row.
    Comment = "reading.comment",
    /// Lines at the start that are no part of the table.
    SkipRows = "reading.skip_rows",
    /// Whether the first record names the columns.
    HasHeader = "reading.has_header",
    /// Whether cells that a row lacks at its end are missing.
    FillsShortRows = "reading.fills_short_rows",
    /// The encoding of the text.
    Encoding = "reading.encoding",
    /// How much text may be read into memory.
    MaxBytes = "reading.max_bytes",
    /// A text that means missing.
    Missing = "reading.extra_missing",
    /// What `NA` and its like mean.
    UsualMarkers = "reading.usual_markers",
    /// A column of categories.
    Categorical = "columns.categorical",
    /// A column that is left out.
    Drop = "columns.drop",
    /// The decimal mark.
    Decimal = "columns.decimal",
    /// Classes or quantities.
    Task = "question.task",
    /// What becomes of rows that are alike.
    Copies = "question.copies",
    /// The column that says which rows belong together.
    ByGroup = "question.by_group",
    /// The column that says which rows come later.
    ByTime = "question.by_time",
    /// The share of rows that is sealed.
    TestSize = "question.test_size",
    /// What the model is scored by.
    Metric = "metric",
    /// The scale on which the target is learned.
    TargetScale = "target_scale",
    /// Widths of the hidden layers.
    Hidden = "network.hidden",
    /// The most levels that a column may have to be given a number for each.
    OneHotMaxLevels = "preprocess.one_hot_max_levels",
    /// What becomes of levels that training did not see.
    Unseen = "preprocess.unseen",
    /// How many folds there are.
    Folds = "split.scheme.n_folds",
    /// The share of training rows that choose the epoch.
    ValidationShare = "split.validation_share",
    /// How many threads work.
    Threads = "machine.n_threads",
}

impl Setting {
    /// The setting of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|setting| setting.name() == name)
    }
}

impl Display for Setting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What mends a finding: a setting and its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cure {
    /// What is set.
    pub setting: Setting,
    /// To what, such as the name of a column.
    pub value: String,
}

impl Cure {
    /// A setting with a value.
    pub fn with(setting: Setting, value: impl Into<String>) -> Self {
        Self { setting, value: value.into() }
    }

    /// Reads the cure that `text` begins with, as [`Display`] writes it or with a list for its value; returns
    /// the rest of the text, too.
    pub fn read(text: &str) -> Option<(Self, &str)> {
        let (name, rest) = text.split_once(" = ")?;
        let setting = Setting::named(name)?;
        let Some(quoted) = rest.strip_prefix('"') else {
            let end = if rest.starts_with('[') {
                rest.find(']')? + 1
            } else {
                rest.find(|c: char| !is_bare(c)).unwrap_or(rest.len())
            };
            return Some((Self::with(setting, &rest[..end]), &rest[end..]));
        };
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '"' => return Some((Self { setting, value }, &quoted[at + 1..])),
                '\\' => value.push(match characters.next()?.1 {
                    'n' => '\n',
                    c => c,
                }),
                c => value.push(c),
            }
        }
        None
    }
}

/// Numbers and truth values stand without quotes.
fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '.'
}

/// As in a recipe: `target_scale = "log"`.
impl Display for Cure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let value = &self.value;
        let is_number = value.starts_with(|c: char| c.is_ascii_digit()) && value.chars().all(is_bare);
        if is_number || ["true", "false"].contains(&value.as_str()) {
            return write!(f, "{} = {value}", self.setting);
        }
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        write!(f, "{} = \"{escaped}\"", self.setting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cure_is_read_back_from_any_text() {
        for setting in Setting::ALL {
            for value in
                ["log", "3", "-99", "0.25", "true", "1a", "a b", "`", "\"", "\\", "\\n", "\n", "", "é, x = 1"]
            {
                let cure = Cure::with(*setting, value);
                assert_eq!(Cure::read(&format!("{cure}` or")), Some((cure, "` or")));
            }
        }
        let hidden = Cure::with(Setting::Hidden, "[256, 8]");
        assert_eq!(Cure::read("network.hidden = [256, 8], metric"), Some((hidden, ", metric")));
        assert_eq!(Cure::read("colour = \"red\""), None);
        assert_eq!(Cure::read("metric = \"red"), None);
    }
}
