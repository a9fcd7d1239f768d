//! One page that holds a model and the module that answers with it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use kitae_answer::page::{Page, base64};
use serde_json::json;

/// The module, as `cargo xtask web` builds it.
pub const MODULE: &[u8] = include_bytes!("../kitae.wasm");

const WORKER: &str = include_str!("page/worker.js");
/// Nothing is loaded from anywhere and nothing is sent; the module is compiled from the page itself.
const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline' \
     'wasm-unsafe-eval' blob:; worker-src blob:; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action \
     'none'\">\n<meta name=\"referrer\" content=\"no-referrer\">";

/// The page of the model called `name`, which `files` hold as a model folder does. They are packed with gzip
/// and written into the page in base64, so that it is one file: it opens from a disk as from a server.
///
/// # Errors
///
/// If memory runs out.
pub fn page(name: &str, files: &BTreeMap<String, Vec<u8>>) -> io::Result<String> {
    let mut more = include_str!("page/more.html").to_owned();
    more += &block("name", "application/json", &json!(name).to_string().replace('<', "\\u003c"));
    more += &block("worker", "text/plain", WORKER);
    more += &block("module", "application/gzip", &packed(MODULE)?);
    for (name, bytes) in files {
        more += &block(name, "application/gzip", &packed(bytes)?);
    }
    let page = Page {
        policy: POLICY,
        more: &more,
        style: include_str!("page/style.css"),
        script: include_str!("page/page.js"),
        ..Page::default()
    };
    Ok(page.html())
}

/// What a script reads and no browser runs.
fn block(name: &str, kind: &str, text: &str) -> String {
    format!("<script type=\"{kind}\" data-name=\"{name}\">{text}</script>\n")
}

fn packed(bytes: &[u8]) -> io::Result<String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(base64(&encoder.finish()?))
}
