//! A report of a training, a ledger or a study as one HTML page that needs nothing else: no network, no other file.
//!
//! [`Contents`] holds what is known of a model; [`page`] makes the page of it and [`charts`] its pictures.
//! Everything is a value: the crate reads and writes no file. The building blocks of the page
//! ([`document`]) and of its charts ([`chart`]) are open to other parts of kitae: a [`document::Section`] of
//! theirs goes into [`Contents::more`].
//!
//! ```
//! # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
//! use kitae_report::chart::{ForestRow, forest};
//! use kitae_report::document::{Block, Section};
//! use kitae_report::{Contents, page};
//!
//! let manifest = made::manifest()?;
//! let mut contents = Contents::new("models/flowers", &manifest);
//! contents.events = Ok(made::events());
//! let lever = ForestRow {
//!     label: "dropout 0.3".into(),
//!     mean: 0.02,
//!     low: Some(-0.01),
//!     high: Some(0.05),
//!     note: "cannot tell".into(),
//! };
//! let chart = forest("ledger", "What each lever gains", "gain in log_loss", &[lever], Some(0.0));
//! let blocks = vec![Block::Charts(vec![chart])];
//! contents.more.push(Section { id: "ledger".into(), title: "Levers".into(), blocks });
//!
//! let html = page(&contents);
//! assert!(html.starts_with("<!DOCTYPE html>"));
//! assert!(html.contains("Learning curves") && html.contains("dropout 0.3"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod chart;
mod contents;
pub mod document;
pub mod html;
pub mod ledger;
mod render;
mod section;
pub mod study;
pub mod words;

pub use contents::{Contents, ScoredRows};

use crate::chart::Chart;
use crate::document::Section;

/// The page, as HTML that is also well-formed XML.
///
/// ```
/// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
/// use kitae_report::{Contents, page};
///
/// let manifest = made::manifest()?;
/// let html = page(&Contents::new("models/flowers", &manifest));
/// assert!(html.contains("<h1>flowers</h1>") && !html.contains("<script"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn page(contents: &Contents) -> String {
    let foot = format!(
        "Written by kitae {} from the model folder `{}`.",
        env!("CARGO_PKG_VERSION"),
        words::shorten(contents.folder, 120)
    );
    render::page(&section::head(contents), &sections(contents), &foot)
}

/// The sections of the page, in order.
///
/// ```
/// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
/// use kitae_report::{Contents, sections};
///
/// let manifest = made::manifest()?;
/// let sections = sections(&Contents::new("models/flowers", &manifest));
/// let ids: Vec<&str> = sections.iter().map(|section| section.id.as_str()).collect();
/// assert_eq!(ids, ["scores", "learning", "test-rows", "answers", "columns", "sharing", "recipe"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sections(contents: &Contents) -> Vec<Section> {
    section::all(contents)
}

/// All pictures of the page, in order; no two have the same name.
///
/// ```
/// # mod made { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/made.in")); }
/// use kitae_report::{Contents, charts};
///
/// let manifest = made::manifest()?;
/// let charts = charts(&Contents::new("models/flowers", &manifest));
/// assert!(charts.iter().any(|chart| chart.name == "gain-1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn charts(contents: &Contents) -> Vec<Chart> {
    sections(contents).iter().flat_map(|section| section.charts().into_iter().cloned()).collect()
}
