//! A chart as pixels, at the resolution of print.
//!
//! The marks of charts are a small part of SVG: four elements, straight lines, one style sheet. So [`draw`]
//! reads them back and hands them to a rasteriser; what it does not know is an error and not a gap in the
//! picture.

mod draw;
mod letters;
mod path;
mod style;

use std::fmt;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use tiny_skia::Pixmap;

use super::Chart;

/// Dots an inch: what the Author Center of IEEE asks of line art.
const RESOLUTION: f64 = 600.0;
/// Inches, the width of a column there. Words of 12 units are 8 points high then.
const COLUMN: f64 = 3.5;
const METRES_PER_INCH: f64 = 0.0254;

/// A chart as a PNG file.
///
/// ```
/// use kitae_report::chart::{Axis, Frame};
///
/// let frame = Frame::new(Axis::of("größe", &[0.0, 1.0]), Axis::of("y", &[0.0, 1.0]), 200.0);
/// let png = frame.chart("a", "A title", "What one sees.", frame.axes()).png()?;
/// assert!(png.bytes.starts_with(b"\x89PNG") && png.missing.is_empty());
/// # Ok::<(), kitae_report::chart::PngError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Png {
    /// The file: red, green and blue of 8 bits each on white, 2100 pixels wide, with its size on paper, 3.5
    /// inches.
    pub bytes: Vec<u8>,
    /// Letters that are drawn as boxes, each once: the built-in typeface has those of Latin, Greek and
    /// Cyrillic.
    pub missing: Vec<char>,
}

/// Why a chart has no pixels.
///
/// ```
/// use kitae_report::chart::Chart;
///
/// let (name, title, description) = ("a".to_owned(), "A".to_owned(), String::new());
/// let chart = Chart { name, title, description, height: 1e9, marks: String::new() };
/// assert!(chart.png().is_err_and(|error| error.to_string().contains("chart `a`")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PngError {
    /// The name of the chart.
    pub chart: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for PngError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot draw the chart `{}` as PNG: {}", self.chart, self.reason)
    }
}

impl std::error::Error for PngError {}

impl Chart {
    /// The picture as a file of pixels for print, as [`Chart::standalone`] looks on white paper: 3.5 inches
    /// wide, a column of most journals, at 600 dots an inch.
    ///
    /// # Errors
    ///
    /// If the chart is too high for an image, or its marks are not of the kinds that this module draws:
    /// elements `path` of straight lines, `circle`, `rect`, `text` and `g`, with the classes of the style of
    /// charts.
    pub fn png(&self) -> Result<Png, PngError> {
        let failed = |reason: String| PngError { chart: self.name.clone(), reason };
        let (pixmap, missing) =
            draw::draw(&self.standalone(), (COLUMN * RESOLUTION) as u32).map_err(failed)?;
        let bytes = encode(&pixmap).map_err(|error| failed(error.to_string()))?;
        Ok(Png { bytes, missing })
    }
}

/// The file of a picture (PNG specification, W3C, third edition). On white nothing is transparent, and
/// journals ask for pictures without transparency.
fn encode(pixmap: &Pixmap) -> io::Result<Vec<u8>> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = [pixmap.width().to_be_bytes(), pixmap.height().to_be_bytes()].concat();
    // Eight bits of red, green and blue; one way to compress, one to filter, not interlaced.
    head.extend([8, 2, 0, 0, 0]);
    chunk(&mut bytes, *b"IHDR", &head);
    let per_metre = ((RESOLUTION / METRES_PER_INCH).round() as u32).to_be_bytes();
    chunk(&mut bytes, *b"pHYs", &[&per_metre[..], &per_metre, &[1]].concat());
    chunk(&mut bytes, *b"IDAT", &compressed(pixmap)?);
    chunk(&mut bytes, *b"IEND", &[]);
    Ok(bytes)
}

/// Each row as its difference to the row above, which is nothing where a picture is plain.
fn compressed(pixmap: &Pixmap) -> io::Result<Vec<u8>> {
    const UP: u8 = 2;
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut above = vec![0; 3 * pixmap.width() as usize];
    for row in pixmap.data().chunks_exact(4 * pixmap.width() as usize) {
        let row: Vec<u8> = row.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        let differences: Vec<u8> =
            row.iter().zip(&above).map(|(here, above)| here.wrapping_sub(*above)).collect();
        encoder.write_all(&[UP])?;
        encoder.write_all(&differences)?;
        above = row;
    }
    encoder.finish()
}

fn chunk(bytes: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    bytes.extend((content.len() as u32).to_be_bytes());
    let start = bytes.len();
    bytes.extend(kind);
    bytes.extend(content);
    bytes.extend(crc32fast::hash(&bytes[start..]).to_be_bytes());
}
