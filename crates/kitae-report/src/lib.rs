//! A report of a training, a ledger or a study as one HTML page that needs nothing else: no network, no other file.
//!
//! [`Contents`] holds what is known of a model; [`page`] makes the page of it and [`charts`] its pictures.
//! Everything is a value: the crate reads and writes no file. The building blocks of the page
//! ([`document`]) and of its charts ([`chart`]) are open to other parts of kitae: a [`document::Section`] of
//! theirs goes into [`Contents::more`].

pub mod chart;
mod contents;
pub mod document;
pub mod html;
pub mod ledger;
mod render;
mod section;
pub mod study;
pub mod text;
pub mod words;

pub use contents::{Contents, ScoredRows};

use crate::chart::Chart;
use crate::document::Section;

/// The page, as HTML that is also well-formed XML.
pub fn page(contents: &Contents) -> String {
    let foot = format!(
        "Written by kitae {} from the model folder `{}`.",
        env!("CARGO_PKG_VERSION"),
        words::shorten(contents.folder, 120)
    );
    render::page(&section::head(contents), &sections(contents), &foot)
}

/// The sections of the page, in order.
pub fn sections(contents: &Contents) -> Vec<Section> {
    section::all(contents)
}

/// All pictures of the page, in order; no two have the same name.
pub fn charts(contents: &Contents) -> Vec<Chart> {
    sections(contents).iter().flat_map(|section| section.charts().into_iter().cloned()).collect()
}
