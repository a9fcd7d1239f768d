//! What a ledger or a study is about, and what the reports of both have in common.

use kitae_train::{Recipe, SplitBy};

use crate::document::{Document, Section};
use crate::section::NAME;
use crate::section::recipe::{VALUE, section_of};
use crate::wording::Wording;
use crate::words::{last_part, shorten, split_by, written_from};

/// What a ledger or a study is about.
#[derive(Clone, Copy, Debug)]
pub struct Experiment<'a> {
    /// Its folder as the reader would name it.
    pub folder: &'a str,
    /// The recipe that it starts from.
    pub recipe: &'a Recipe,
    /// The column that is predicted.
    pub target: &'a str,
    /// What splits respect.
    pub by: &'a SplitBy,
    /// The data file as it was named.
    pub data: &'a str,
    /// A hash of the contents of all rows.
    pub fingerprint: u64,
    /// The version of kitae that began it.
    pub kitae: &'a str,
    /// In whose words the report speaks.
    pub wording: Wording,
}

impl Experiment<'_> {
    /// A document of a `kind`, a ledger or a study, whose sections come before that of the recipe; `about` is
    /// the subtitle up to the name of the target, and `facts` go with the origin of the recipe.
    pub(crate) fn document(&self, kind: &str, about: &str, parts: Parts) -> Document {
        let from = match self.data {
            "" => String::new(),
            path => format!(" from {}", shorten(path, 120)),
        };
        let mut origin = vec![
            ("data".to_owned(), shorten(self.data, VALUE)),
            ("fingerprint of the rows".to_owned(), format!("{:016x}", self.fingerprint)),
            ("rows are split".to_owned(), shorten(&split_by(self.by), VALUE)),
        ];
        origin.extend(parts.facts);
        origin.push(("written by kitae".to_owned(), shorten(self.kitae, VALUE)));
        let mut sections = parts.sections;
        sections.push(section_of(self.recipe, origin, &format!("the {kind}")));
        Document {
            title: shorten(last_part(self.folder).unwrap_or(kind), NAME),
            subtitle: format!("{about} {}{from}", shorten(self.target, NAME)),
            verdict: parts.verdict,
            figures: parts.figures,
            sections,
            foot: written_from(&format!("the {kind} in"), self.folder),
        }
    }
}

/// What is an experiment's own.
pub(crate) struct Parts {
    pub(crate) verdict: Vec<String>,
    pub(crate) figures: Vec<(String, String)>,
    pub(crate) sections: Vec<Section>,
    pub(crate) facts: Vec<(String, String)>,
}
