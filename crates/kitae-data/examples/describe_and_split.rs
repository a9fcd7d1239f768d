//! CSV text becomes a schema with findings, folds that keep groups together, and features of one fold.
//! `cargo run --example describe_and_split`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use kitae_data::infer::{Hints, infer_schema};
use kitae_data::preprocess::{Layout, PreprocessConfig};
use kitae_data::read::{ReadOptions, read_csv_bytes};
use kitae_data::split::{Strata, k_fold, without};
use kitae_data::table::Cells;

/// Three visits of each of four patients.
const VISITS: &str = "\
patient,day,weight_kg,dose,better
anna,2025-01-03,61.5,low,yes
anna,2025-02-07,62.1,low,no
anna,2025-03-04,60.8,middle,yes
ben,2025-01-09,83.2,high,no
ben,2025-02-11,,high,yes
ben,2025-03-12,81.4,High,yes
carla,2025-01-16,55.9,low,no
carla,2025-02-18,56.3,middle,no
carla,2025-03-19,55.2,middle,yes
dmitri,2025-01-20,97.0,high,no
dmitri,2025-02-24,95.5,middle,yes
dmitri,2025-03-27,94.1,low,no
";

fn main() -> Result<(), Box<dyn Error>> {
    let table = read_csv_bytes(VISITS.as_bytes(), "visits.csv", &ReadOptions::default())?;
    let schema = infer_schema(&table, &Hints { target: Some("better".to_owned()), ..Hints::default() })?;
    for column in &schema.columns {
        println!("{:9} {:?}: {}", column.name, column.kind, column.reason);
    }
    let findings: Vec<String> =
        schema.columns.iter().flat_map(|column| &column.findings).map(ToString::to_string).collect();
    println!("findings: {findings:#?}");
    assert!(findings.iter().any(|finding| finding.contains("`High` and `high`")), "two spellings are found");

    // A patient is in one fold, so held-out rows are of patients that no training row knows.
    let table = schema.apply(table)?;
    let patients = table.column("patient").ok_or("there is no such column")?;
    let Cells::Levels { codes, .. } = &patients.cells else { return Err("names are texts".into()) };
    let rows: Vec<u32> = (0..table.n_rows as u32).collect();
    let folds = k_fold(&rows, &Strata::Groups(codes), 2, 42)?;
    let (held_out, train) = (&folds[0], without(&rows, &folds[0]));
    println!("training rows {train:?}, held-out rows {held_out:?}");
    let is_known = |row: &u32| train.iter().any(|other| codes[*other as usize] == codes[*row as usize]);
    assert!(!held_out.iter().any(is_known), "no patient is on both sides");

    // Medians, quartiles and levels come from the training rows alone.
    let config = PreprocessConfig::default();
    let layout = Layout::new(&schema, &["better", "patient"], &config);
    let features = config.fit(&layout, &table, &train)?.transform(&table, held_out)?;
    println!("the first held-out row as a network reads it:");
    for (number, value) in layout.numbers().iter().zip(&features.numbers) {
        println!("  {number}: {value:.3}");
    }
    assert_eq!((features.n_rows, features.d_numbers), (held_out.len(), layout.d_numbers()));
    Ok(())
}
