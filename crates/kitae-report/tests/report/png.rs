//! Charts as pixels.

use std::io::Read;

use flate2::read::ZlibDecoder;
use kitae_report::Contents;
use kitae_report::chart::Chart;
use kitae_train::model::Manifest;

use crate::{charts, classes, made, values, values_manifest};

/// The width, the height and the colours of a picture without a filter but `Up`.
fn decoded(bytes: &[u8]) -> (usize, usize, Vec<[u8; 3]>) {
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (width, height) = (number(16), number(20));
    let (mut at, mut rows) = (8, Vec::new());
    while at < bytes.len() {
        let length = number(at);
        let (kind, content) = (&bytes[at + 4..at + 8], &bytes[at + 8..at + 8 + length]);
        assert_eq!(number(at + 8 + length), crc32fast::hash(&bytes[at + 4..at + 8 + length]) as usize);
        match kind {
            b"IDAT" => _ = ZlibDecoder::new(content).read_to_end(&mut rows).unwrap(),
            // 600 dots an inch of 2.54 cm.
            b"pHYs" => assert_eq!(content, [0, 0, 0x5c, 0x46, 0, 0, 0x5c, 0x46, 1]),
            _ => assert!([b"IHDR", b"IEND"].contains(&kind.try_into().unwrap())),
        }
        at += 12 + length;
    }
    let mut above = vec![0_u8; 3 * width];
    let mut pixels = Vec::new();
    for row in rows.chunks_exact(1 + 3 * width) {
        assert_eq!(row[0], 2);
        above.iter_mut().zip(&row[1..]).for_each(|(above, by)| *above = above.wrapping_add(*by));
        pixels.extend(above.chunks_exact(3).map(|pixel| <[u8; 3]>::try_from(pixel).unwrap()));
    }
    assert_eq!(pixels.len(), width * height);
    (width, height, pixels)
}

fn all() -> Vec<Chart> {
    let of = |manifest: &Manifest| {
        let mut contents = Contents::new("models/flowers", manifest);
        contents.events = Ok(made::events());
        let is_regression = manifest.model.class_names.is_empty();
        contents.scored = Ok(if is_regression { values(500) } else { classes(500, 3) });
        charts(&contents)
    };
    [of(&made::manifest().unwrap()), of(&values_manifest())].concat()
}

#[test]
fn every_chart_has_pixels_of_its_ink_and_its_colour_on_white() {
    for chart in all() {
        let png = chart.png().unwrap();
        assert!(png.missing.is_empty(), "{}", chart.name);
        assert!(png.bytes.len() < 400_000, "{}: {} bytes", chart.name, png.bytes.len());
        let (width, height, pixels) = decoded(&png.bytes);
        // 8 units of white at each side and below, 30 for the title and 18 for a second line of it.
        assert_eq!(width, 2100);
        let fits = |head: f64| ((chart.height + head + 8.0) * 2100.0 / 376.0 - height as f64).abs() < 1.0;
        assert!(fits(30.0) || fits(48.0), "{}: {height}", chart.name);
        assert!(
            pixels.chunks(width).all(|row| row[0] == [255; 3]) && pixels[..width] == vec![[255; 3]; width]
        );
        // The words of its title, and its marks, some of them faint.
        let n_ink = pixels.iter().filter(|pixel| **pixel == [0x22, 0x26, 0x2b]).count();
        let n_blue = pixels.iter().filter(|pixel| pixel[2] > pixel[0].saturating_add(40)).count();
        assert!(n_ink > 200 && n_blue > 200, "{}: {n_ink} and {n_blue} pixels", chart.name);
        let share = pixels.iter().filter(|pixel| **pixel != [255; 3]).count() as f64 / pixels.len() as f64;
        assert!((0.005..0.6).contains(&share), "{}: {share}", chart.name);
    }
}

#[test]
fn the_same_chart_has_the_same_bytes() {
    let chart = &all()[0];
    assert_eq!(chart.png(), chart.png());
}
