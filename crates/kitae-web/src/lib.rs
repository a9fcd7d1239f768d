//! A model of kitae in a browser: one page that answers by WebAssembly.
//!
//! ```no_run
//! use std::collections::BTreeMap;
//!
//! let file = |name: &str| Ok((name.to_owned(), std::fs::read(format!("models/houses/{name}"))?));
//! let names = ["SHA256SUMS", "model.json", "weights.safetensors", "nonconformity.safetensors"];
//! let files: BTreeMap<String, Vec<u8>> = names.map(file).into_iter().collect::<std::io::Result<_>>()?;
//! std::fs::write("houses.html", kitae_web::page("houses", &files)?)?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod abi;
#[cfg(not(target_family = "wasm"))]
mod page;
mod session;

pub use abi::{
    kitae_answer, kitae_csv, kitae_file, kitae_input, kitae_load, kitae_output, kitae_output_length,
};
#[cfg(not(target_family = "wasm"))]
pub use page::{MODULE, page};
pub use session::Session;
