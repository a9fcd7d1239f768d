//! What a model relies on, and how good it is on its sealed rows:
//! `cargo run --release --package kitae --example explain`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::SystemTime;

use kitae::{EvaluateConfig, ImportanceConfig, Machine, Model, Preset, Trainer, read_csv};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let table = read_csv(concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/diabetes/data.csv"))?;
    let model = Trainer::new("progression").preset(Preset::Fast).train(&table)?;

    let config = ImportanceConfig { n_repeats: 3, ..ImportanceConfig::default() };
    let importance = model.importance(&table, &config, &Machine::whole()?)?;
    println!("When a column is permuted, {} gets worse by", importance.metric);
    for column in importance.columns.iter().take(3) {
        println!("  {:6.2}  {}", column.drop, column.column);
    }

    // Once, at the end: each look at the sealed rows is written down in the folder.
    let folder = tempfile::tempdir()?;
    model.save(folder.path().join("diabetes"))?;
    let model = Model::load(folder.path().join("diabetes"))?;
    let evaluation = model.evaluate_sealed(&table, &EvaluateConfig::at(SystemTime::now()))?;
    println!("\n{evaluation}");
    assert_eq!(evaluation.looks.map(|looks| looks.number), Some(1));
    Ok(())
}
