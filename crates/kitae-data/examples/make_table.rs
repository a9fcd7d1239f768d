//! Writes a synthetic table: `cargo run --release -p kitae-data --example make_table -- NAME ROWS SEED FILE`.

use std::error::Error;
use std::fs::File;
use std::process::ExitCode;

use kitae_data::synthetic::{Synthetic, write_csv};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match write(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "a programme tells its user what went wrong")]
            {
                eprintln!("error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn write(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let [name, n_rows, seed, path] = arguments else {
        return Err("expected four arguments: NAME ROWS SEED FILE".into());
    };
    let name: Synthetic = name.parse()?;
    let n_rows = n_rows.parse().map_err(|_| format!("ROWS must be a whole number, got `{n_rows}`"))?;
    let seed = seed.parse().map_err(|_| format!("SEED must be a whole number, got `{seed}`"))?;
    let file = File::create(path).map_err(|error| format!("cannot create `{path}`: {error}"))?;
    Ok(write_csv(name, n_rows, seed, file)?)
}
