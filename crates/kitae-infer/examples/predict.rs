//! Predictions of a model folder for new rows, with regions that hold the target nine times in ten; no Burn.
//! `cargo run --example predict -- MODEL_FOLDER NEW.csv`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::path::{Path, PathBuf};

use kitae_infer::Model;
use kitae_infer::regions::Regions;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/classes");
    let (folder, file) = match arguments.as_slice() {
        [folder, file] => (folder.clone(), file.clone()),
        [] if stored.join("new.csv").is_file() => (stored.clone(), stored.join("new.csv")),
        _ => {
            println!("Usage: cargo run --example predict -- MODEL_FOLDER NEW.csv");
            return Ok(());
        }
    };

    let model = Model::load(&folder)?;
    let table = model.read(&file)?;
    let predictor = model.predictor()?;
    let (predictions, regions) = predictor.regions("0.9".parse()?)?.predictions(&table)?;
    let classes = &model.manifest.class_names;
    println!("`{}` of {} rows", model.manifest.target, table.n_rows);
    for (row, values) in predictions.values.chunks_exact(predictions.n_columns).enumerate() {
        match &regions {
            Regions::Intervals(intervals) => {
                println!(
                    "row {}: {:.4}, {:.4} to {:.4}",
                    row + 1,
                    values[0],
                    intervals[row].low,
                    intervals[row].high
                );
            }
            Regions::Sets { holds, n_classes } => {
                let set = classes.iter().zip(&holds[row * n_classes..]).filter(|(_, is_in)| **is_in);
                let set: Vec<&str> = set.map(|(class, _)| class.as_str()).collect();
                let shares = classes.iter().zip(values).map(|(class, share)| format!("{class} {share:.3}"));
                println!(
                    "row {}: {}; one of: {}",
                    row + 1,
                    shares.collect::<Vec<_>>().join(", "),
                    set.join(", ")
                );
                assert!((values.iter().sum::<f64>() - 1.0).abs() < 1e-6, "probabilities add up to one");
            }
        }
    }
    assert_eq!((predictions.n_rows(), regions.n_rows()), (table.n_rows, table.n_rows), "each row has both");
    assert_eq!(predictions, predictor.predictions(&table)?, "regions change no prediction");
    Ok(())
}
