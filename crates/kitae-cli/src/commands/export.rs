//! `kitae export`, `kitae verify`, `kitae card`: what leaves a model folder, and what it is worth.

use std::io::Write;
use std::path::Path;

use kitae_export::{
    FileState, ModelFolder, OnnxExport, Verification, card, share, verify, write_page, write_weights,
};

use crate::Console;
use crate::args::{CardArgs, ExportArgs, VerifyArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::show::count;

pub(super) fn export(args: &ExportArgs, console: &mut Console) -> Result<(), Failure> {
    let folder = ModelFolder::load(&args.model)?;
    if let Some(path) = &args.onnx {
        let export = OnnxExport::new(&folder, args.interval)?;
        export.write(path)?;
        writeln!(
            console.err,
            "`{}`: {}, {:.1} MB; it differs from kitae by at most {:.1e} on {} made rows",
            path.display(),
            count(export.n_nodes, "node"),
            export.bytes().len() as f64 / 1e6,
            export.proof.largest,
            export.proof.n_rows
        )?;
    }
    if let Some(path) = &args.safetensors {
        let names = write_weights(&folder, path)?;
        writeln!(console.err, "`{}`: {}", path.display(), names.join(", "))?;
    }
    if let Some(path) = &args.share {
        tell_shared(&folder, path, console)?;
    }
    if let Some(path) = &args.web {
        let size = write_page(&folder, path)? as f64 / 1e6;
        let page = path.join("index.html");
        writeln!(
            console.err,
            "`{}`: {size:.1} MB, opens in any browser and sends nothing anywhere",
            page.display()
        )?;
    }
    Ok(())
}

fn tell_shared(folder: &ModelFolder, path: &Path, console: &mut Console) -> Result<(), Failure> {
    let shared = share(folder, path)?;
    writeln!(console.err, "`{}` holds no training row. What leaves with it:", path.display())?;
    for (name, tells) in &shared.written {
        writeln!(console.err, "  {name}: {tells}")?;
    }
    if !shared.left_out.is_empty() {
        writeln!(console.err, "What stays:")?;
    }
    for (name, why) in &shared.left_out {
        writeln!(console.err, "  {name}: {why}")?;
    }
    Ok(())
}

pub(super) fn verify_model(args: &VerifyArgs, console: &mut Console) -> Result<(), Failure> {
    let verification = verify(&args.model)?;
    if args.json {
        writeln!(console.out, "{}", as_json(&verification))?;
    } else {
        tell(&verification, console)?;
    }
    if verification.is_good() {
        return Ok(());
    }
    Err(Failure::new(format!("`{}` is not what the training left", args.model.display())))
}

fn tell(verification: &Verification, console: &mut Console) -> Result<(), Failure> {
    for (name, state) in &verification.files {
        match state {
            FileState::Intact => writeln!(console.out, "ok       {name}")?,
            FileState::Damaged(reason) => writeln!(console.out, "DAMAGED  {name}: {reason}")?,
        }
    }
    for name in &verification.apart {
        writeln!(console.out, "apart    {name}")?;
    }
    match &verification.provenance {
        Err(reason) => writeln!(console.out, "It cannot be used: {reason}")?,
        Ok(from) => {
            writeln!(console.out, "format {}, written by kitae {}", from.format, from.kitae)?;
            writeln!(
                console.out,
                "trained on `{}`, {}, fingerprint {:016x}",
                from.table,
                count(from.n_rows, "row"),
                from.fingerprint
            )?;
            writeln!(console.out, "recipe SHA-256 {}", from.recipe)?;
            let looks =
                format!("{} at them, {} at other files", count(from.n_looks, "look"), from.n_other_looks);
            writeln!(console.out, "{} sealed as test rows, {looks}", count(from.n_sealed, "row"))?;
        }
    }
    Ok(())
}

fn as_json(verification: &Verification) -> serde_json::Value {
    let state = |state: &FileState| match state {
        FileState::Intact => serde_json::Value::from("intact"),
        FileState::Damaged(reason) => serde_json::json!({ "damaged": reason }),
    };
    let files: serde_json::Map<String, serde_json::Value> =
        verification.files.iter().map(|(name, found)| (name.clone(), state(found))).collect();
    let provenance = verification.provenance.as_ref().ok().map(|from| {
        serde_json::json!({
            "format": from.format,
            "kitae": from.kitae,
            "table": from.table,
            "n_rows": from.n_rows,
            "n_sealed": from.n_sealed,
            "fingerprint": from.fingerprint,
            "recipe_sha256": from.recipe,
            "n_looks": from.n_looks,
            "n_other_looks": from.n_other_looks,
        })
    });
    serde_json::json!({
        "is_good": verification.is_good(),
        "files": files,
        "apart": verification.apart,
        "provenance": provenance,
    })
}

pub(super) fn write_card(args: &CardArgs, console: &mut Console) -> Result<(), Failure> {
    let card = card(&ModelFolder::load(&args.model)?);
    let mut output = Output::open(args.out.as_deref(), console.out.raw())?;
    output.write_all(card.as_bytes())?;
    output.finish()
}
