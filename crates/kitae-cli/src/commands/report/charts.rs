//! The charts of a page as files of their own.

use std::path::Path;

use kitae_report::chart::Chart;
use rayon::prelude::*;

use crate::args::ChartFormat;
use crate::failure::Failure;
use crate::output::write_whole;
use crate::show::count;
use crate::text::quoted;

/// Writes each chart into the folder; the letters that are boxes in a PNG come back, each once.
pub(super) fn write(charts: &[&Chart], folder: &Path, format: ChartFormat) -> Result<Vec<char>, Failure> {
    std::fs::create_dir_all(folder).map_err(|error| Failure::file("create", folder, &error))?;
    let missing = charts.par_iter().map(|chart| write_one(chart, folder, format));
    let mut missing = missing.collect::<Result<Vec<Vec<char>>, Failure>>()?.concat();
    missing.sort_unstable();
    missing.dedup();
    Ok(missing)
}

fn write_one(chart: &Chart, folder: &Path, format: ChartFormat) -> Result<Vec<char>, Failure> {
    let path = |ending: &str| folder.join(format!("{}.{ending}", chart.name));
    if format != ChartFormat::Png {
        write_whole(&path("svg"), chart.standalone().as_bytes())?;
    }
    if format == ChartFormat::Svg {
        return Ok(Vec::new());
    }
    let png = chart.png().map_err(|error| Failure::new(error.to_string()))?;
    write_whole(&path("png"), &png.bytes)?;
    Ok(png.missing)
}

/// What was written where.
pub(super) fn line(charts: &[&Chart], folder: &Path, format: ChartFormat) -> String {
    let formats = match format {
        ChartFormat::Both => "PNG and SVG",
        ChartFormat::Png => "PNG",
        ChartFormat::Svg => "SVG",
    };
    format!("charts    {}   ({}, {formats})", quoted(folder), count(charts.len(), "chart"))
}

/// A sentence about letters that are boxes.
pub(super) fn warning(missing: &[char]) -> Option<String> {
    /// Letters that are named.
    const MOST: usize = 10;
    let (first, more) = missing.split_at(missing.len().min(MOST));
    let letters: String = first.iter().collect();
    let rest = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    (!missing.is_empty()).then(|| {
        format!(
            "warning: the typeface of PNG charts has Latin, Greek and Cyrillic letters only; boxes stand for \
             {letters}{rest}: use the SVG of these charts"
        )
    })
}
