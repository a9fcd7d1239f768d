//! From a file to predictions in six lines: `cargo run --release --package kitae --example six_lines`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use kitae::{Model, Preset, Trainer, read_csv};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/diabetes/data.csv");
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("diabetes");

    let table = read_csv(file)?;
    let model = Trainer::new("progression").preset(Preset::Fast).train(&table)?;
    println!("{}", model.scores());
    model.save(&folder)?;
    let predictions = Model::load(&folder)?.predict(&read_csv(file)?)?;

    println!("the first patient: {:.0}", predictions.values.values[0]);
    assert_eq!(predictions.n_rows(), table.n_rows());
    Ok(())
}
