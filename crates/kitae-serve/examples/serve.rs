//! Serves model folders without the command line of kitae, and so without Burn:
//!
//!     cargo run --release -p kitae-serve --example serve -- 127.0.0.1:8080 MODEL...
#![expect(clippy::print_stderr, reason = "an example is a programme")]

use std::error::Error;
use std::path::PathBuf;

use kitae_serve::{ServeConfig, serve};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let address = words.next().ok_or("name an address, such as 127.0.0.1:8080, and model folders")?;
    let folders: Vec<PathBuf> = words.map(PathBuf::from).collect();
    let n_threads = std::thread::available_parallelism()?;
    let config = ServeConfig { n_threads, ..ServeConfig::new(address.parse()?) };
    Ok(serve(&folders, &config, |line| eprintln!("{line}"))?)
}
