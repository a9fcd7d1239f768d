//! A model folder as one ONNX file. `cargo run --example export -- MODEL_FOLDER FILE.onnx [LEVEL]`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::path::{Path, PathBuf};

use kitae_eval::Level;
use kitae_export::{ModelFolder, OnnxExport};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kitae-infer/tests/golden/classes");
    let scratch = std::env::temp_dir().join(format!("kitae-{}.onnx", std::process::id()));
    let (folder, file, level): (PathBuf, PathBuf, Option<Level>) = match arguments.as_slice() {
        [folder, file] => (folder.into(), file.into(), None),
        [folder, file, level] => (folder.into(), file.into(), Some(level.parse()?)),
        [] if stored.is_dir() => (stored, scratch.clone(), Some("0.8".parse()?)),
        _ => {
            println!("Usage: cargo run --example export -- MODEL_FOLDER FILE.onnx [LEVEL]");
            return Ok(());
        }
    };

    let folder = ModelFolder::load(&folder)?;
    let export = OnnxExport::new(&folder, level)?;
    export.write(&file)?;
    println!("{} nodes, {} bytes in `{}`", export.n_nodes, export.bytes().len(), file.display());
    println!("largest difference from kitae on {} rows: {:.1e}", export.proof.n_rows, export.proof.largest);
    assert!(export.proof.largest <= 1e-5, "what leaves says what kitae says");
    if file == scratch {
        std::fs::remove_file(file)?;
    }
    Ok(())
}
