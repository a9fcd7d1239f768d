//! A model folder as one page that answers in a browser. `cargo run --example browser -- MODEL_FOLDER
//! NEW_FOLDER`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::path::{Path, PathBuf};

use kitae_export::{ModelFolder, write_page};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kitae-infer/tests/golden/classes");
    let scratch = std::env::temp_dir().join(format!("kitae-page-{}", std::process::id()));
    let (folder, to): (PathBuf, PathBuf) = match arguments.as_slice() {
        [folder, to] => (folder.into(), to.into()),
        [] if stored.is_dir() => (stored, scratch.clone()),
        _ => {
            println!("Usage: cargo run --example browser -- MODEL_FOLDER NEW_FOLDER");
            return Ok(());
        }
    };

    let n_bytes = write_page(&ModelFolder::load(&folder)?, &to)?;
    println!("`{}`: {n_bytes} bytes", to.join("index.html").display());
    assert!(to.join("index.html").is_file(), "one page");
    if to == scratch {
        std::fs::remove_dir_all(to)?;
    }
    Ok(())
}
