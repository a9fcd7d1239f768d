//! `SHA256SUMS`: which files a model folder was written with, so that a file which was changed, cut or
//! brought from another folder is known for what it is. `sha256sum -c SHA256SUMS` reads it, too.
//!
//! What is written later lies apart: looks at test rows, pages, what was diagnosed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::ArtefactError;
use crate::files::write_atomically;
use crate::model_files::ModelFiles;

/// The file with the digests.
pub const SUMS_FILE: &str = "SHA256SUMS";

/// The digests of the files of a model.
#[derive(Clone, Debug)]
pub struct Sums {
    files: ModelFiles,
    /// By the name of the file.
    sums: BTreeMap<String, String>,
}

impl Sums {
    /// Of a folder whose files are yet to be named.
    pub fn new(folder: &Path) -> Self {
        Self { files: ModelFiles::of(folder), sums: BTreeMap::new() }
    }

    /// Reads the digests of a model folder.
    ///
    /// # Errors
    ///
    /// If the file is missing or has another form.
    pub fn read(folder: &Path) -> Result<Self, ArtefactError> {
        Self::of_files(ModelFiles::of(folder))
    }

    /// The same of files wherever they are.
    ///
    /// # Errors
    ///
    /// If the file is missing or has another form.
    pub fn of_files(files: ModelFiles) -> Result<Self, ArtefactError> {
        let parsed = std::str::from_utf8(&files.read(SUMS_FILE)?)
            .ok()
            .and_then(|text| text.lines().map(entry).collect());
        let sums: Option<BTreeMap<String, String>> = parsed;
        let wrong = || ArtefactError::damaged(&files.path(SUMS_FILE), "a line is no SHA-256 with a name");
        let sums = sums.ok_or_else(wrong)?;
        Ok(Self { files, sums })
    }

    /// Adds the digest of a file's bytes.
    pub fn add(&mut self, name: &str, bytes: &[u8]) {
        self.sums.insert(name.to_owned(), sha256(bytes));
    }

    /// Writes the file into a folder.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), ArtefactError> {
        write_atomically(&folder.join(SUMS_FILE), self.text().as_bytes())
    }

    /// The contents of the file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, sum) in &self.sums {
            // A String can always be written to.
            let _ = writeln!(text, "{sum}  {name}");
        }
        text
    }

    /// A file as errors show it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.files.path(name)
    }

    /// Whether the folder was written with such a file.
    pub fn has(&self, name: &str) -> bool {
        self.sums.contains_key(name)
    }

    /// The digest of a file, as 64 hexadecimal digits; none of a file that the folder was not written with.
    pub fn of(&self, name: &str) -> Option<&str> {
        self.sums.get(name).map(String::as_str)
    }

    /// The names of all files that the folder was written with, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sums.keys().map(String::as_str)
    }

    /// The bytes of a file, if they are those that it was written with.
    ///
    /// # Errors
    ///
    /// If the file is missing, or is not the one that was written.
    pub fn file(&self, name: &str) -> Result<Cow<'_, [u8]>, ArtefactError> {
        let bytes = self.files.read(name)?;
        let reason = match self.of(name) {
            Some(sum) if sum == sha256(&bytes) => return Ok(bytes),
            Some(_) => {
                "its SHA-256 is not the one in `SHA256SUMS`, so it was changed after the training, or is of another \
                 model"
            }
            None => "`SHA256SUMS` does not name it, so it was not written with this model",
        };
        Err(ArtefactError::damaged(&self.path(name), reason))
    }
}

fn entry(line: &str) -> Option<(String, String)> {
    let (sum, name) = line.split_once("  ")?;
    let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sum.then(|| (name.to_owned(), sum.to_owned()))
}

/// The SHA-256 of some bytes as hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A digest as hexadecimal digits.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        // A String can always be written to.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
