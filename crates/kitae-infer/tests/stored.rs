//! Folders of format 2 that were written once are read for ever, and predict what they predicted.

use std::path::{Path, PathBuf};

use kitae_eval::Level;
use kitae_infer::regions::{Regions, most_likely};
use kitae_infer::{Model, Predictions};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The cells of `predictions.csv`, without the header.
fn expected(name: &str) -> Result<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(folder(name).join("predictions.csv"))?;
    Ok(text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect())
}

fn predicted(name: &str) -> Result<(Model, Predictions, Regions)> {
    let model = Model::load(&folder(name))?;
    let table = model.read(&folder(name).join("new.csv"))?;
    let level: Level = "0.8".parse()?;
    let predictor = model.predictor()?;
    let (predictions, regions) = predictor.regions(level)?.predictions(&table)?;
    assert_eq!(predictor.predictions(&table)?, predictions);
    Ok((model, predictions, regions))
}

/// To rounding: another processor adds in another order.
#[track_caller]
fn assert_close(found: f64, expected: &str) {
    let expected: f64 = expected.parse().expect("a number");
    assert!((found - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{found}, expected {expected}");
}

#[test]
fn probabilities_and_sets_are_those_that_were_written() -> Result<()> {
    let (model, predictions, regions) = predicted("classes")?;
    let expected = expected("classes")?;
    let Regions::Sets { holds, n_classes } = regions else { panic!("sets of classes") };
    assert_eq!((expected.len(), n_classes), (12, 3));
    // They are in the order of their names.
    assert_eq!(model.manifest.class_names, ["iris", "rose", "tulip"]);
    for (row, cells) in expected.iter().enumerate() {
        let probabilities = &predictions.values[3 * row..][..3];
        assert_eq!(model.manifest.class_names[most_likely(probabilities)], cells[0]);
        for (probability, cell) in probabilities.iter().zip(&cells[1..4]) {
            assert_close(*probability, cell);
        }
        let names = model.manifest.class_names.iter().zip(&holds[3 * row..]).filter(|(_, holds)| **holds);
        assert_eq!(names.map(|(name, _)| name.as_str()).collect::<Vec<&str>>().join("|"), cells[4]);
    }
    Ok(())
}

#[test]
fn values_and_intervals_are_those_that_were_written() -> Result<()> {
    let (_, predictions, regions) = predicted("values")?;
    let expected = expected("values")?;
    let Regions::Intervals(intervals) = regions else { panic!("intervals") };
    assert_eq!((expected.len(), predictions.n_rows()), (12, 12));
    for ((value, interval), cells) in predictions.values.iter().zip(intervals).zip(&expected) {
        assert_close(*value, &cells[0]);
        assert_close(interval.low, &cells[1]);
        assert_close(interval.high, &cells[2]);
    }
    Ok(())
}
