//! What one row takes in memory, from its cells to its prediction.
//!
//!     cargo bench -p kitae-infer --bench one_row -- MODEL_FOLDER...
//!
//! Without a folder the stored models of the tests are taken, which are small. The row is the middle of the training
//! rows. Beside the time of a whole prediction stand those of the cells alone and of a row in a batch of 256.
#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kitae_data::read::{KnownColumns, Value};
use kitae_data::table::Table;
use kitae_infer::Model;

/// The median of so many rounds counts.
const ROUNDS: usize = 41;
const ROUND: Duration = Duration::from_millis(20);

fn main() -> Result<(), Box<dyn Error>> {
    let named: Vec<PathBuf> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).map(PathBuf::from).collect();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let folders =
        if named.is_empty() { ["classes", "values"].map(|name| golden.join(name)).to_vec() } else { named };
    for folder in folders {
        measure(&folder)?;
    }
    Ok(())
}

fn measure(folder: &Path) -> Result<(), Box<dyn Error>> {
    let model = Model::load(folder)?;
    let manifest = &model.manifest;
    let fed = manifest.fed_schema();
    let known = KnownColumns::new(&fed, &manifest.reading)?;
    let middle = |name: &str| {
        let seen = manifest.profile.columns.iter().find(|seen| seen.name == name);
        seen.and_then(|seen| seen.quantiles).map_or(Value::Missing, |quantiles| Value::Number(quantiles[3]))
    };
    let middles: Vec<Value> = fed.columns.iter().map(|column| middle(&column.name)).collect();
    let table = |n_rows: usize| {
        let column = |(place, middle): (usize, &Value)| known.read(place, &vec![*middle; n_rows]).0;
        Table { columns: middles.iter().enumerate().map(column).collect(), n_rows }
    };
    let predictor = model.predictor()?;
    let (one, many) = (table(1), table(256));
    predictor.predictions(&one)?;
    let cells = median(|| drop(black_box(table(1))));
    let whole = median(|| drop(black_box(predictor.predictions(&table(1)))));
    let alone = median(|| drop(black_box(predictor.predictions(&one))));
    let batch = median(|| drop(black_box(predictor.predictions(&many)))) / 256.0;
    println!(
        "{}: {} networks of {:?}, {} numbers: one row {whole:.1} µs, of which cells {cells:.1} µs and prediction \
         {alone:.1} µs; in a batch {batch:.1} µs a row",
        folder.display(),
        manifest.lanes.len(),
        manifest.network.hidden,
        manifest.network.d_numbers,
    );
    Ok(())
}

/// Microseconds of a call in the middle round.
fn median(mut call: impl FnMut()) -> f64 {
    let round = |_| {
        let (start, mut n_calls) = (Instant::now(), 0_u32);
        while start.elapsed() < ROUND {
            call();
            n_calls += 1;
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(n_calls)
    };
    let mut rounds: Vec<f64> = (0..ROUNDS).map(round).collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}
