//! Which rows were looked at: hashes of them, so that they are known again in another file or under another
//! model.
//!
//! ```
//! use kitae_data::synthetic::{Synthetic, make};
//! use kitae_train::looks::{KnownRows, hashes_by};
//!
//! let table = make(Synthetic::TwoMoons, 60, 0);
//! let columns = vec!["x".to_owned(), "y".to_owned()];
//! let hashes = hashes_by(&table, &columns).expect("the table has both columns");
//! let known = KnownRows::default().with(columns, hashes[..20].to_vec());
//! assert_eq!(known.keys[0].which(&hashes).filter(|is_known| *is_known).count(), 20);
//! assert_eq!(KnownRows::from_bytes(&known.to_bytes())?, known);
//! # Ok::<(), String>(())
//! ```

use std::collections::HashSet;

use kitae_data::hash::RowHashes;
use kitae_data::table::Table;
use serde::{Deserialize, Serialize};

/// Rows as they are known again. The order of a table does not show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownRows {
    /// Each alone tells the rows; where a table lacks columns of the first, the next may do.
    pub keys: Vec<Key>,
}

/// Hashes of rows over some columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The names of the columns, sorted.
    pub columns: Vec<String>,
    /// One for each row, sorted.
    pub hashes: Vec<u64>,
}

/// The first line of a file of rows.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    n_rows: usize,
    keys: Vec<Vec<String>>,
}

impl KnownRows {
    /// Adds a key.
    #[must_use]
    pub fn with(mut self, mut columns: Vec<String>, mut hashes: Vec<u64>) -> Self {
        columns.sort_unstable();
        hashes.sort_unstable();
        self.keys.push(Key { columns, hashes });
        self
    }

    /// A file: a line of JSON, then eight bytes a row and key.
    pub fn to_bytes(&self) -> Vec<u8> {
        let n_rows = self.keys.first().map_or(0, |key| key.hashes.len());
        let keys: Vec<Vec<String>> = self.keys.iter().map(|key| key.columns.clone()).collect();
        let mut bytes = serde_json::json!({ "n_rows": n_rows, "keys": keys }).to_string().into_bytes();
        bytes.push(b'\n');
        let hashes = self.keys.iter().flat_map(|key| &key.hashes);
        bytes.extend(hashes.flat_map(|hash| hash.to_le_bytes()));
        bytes
    }

    /// Reads such a file.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a clause.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let end = bytes.iter().position(|byte| *byte == b'\n').ok_or("it has no first line")?;
        let header: Header = serde_json::from_slice(&bytes[..end]).map_err(|error| error.to_string())?;
        let words = &bytes[end + 1..];
        let expected = header.n_rows.checked_mul(8).and_then(|n| n.checked_mul(header.keys.len()));
        if expected != Some(words.len()) {
            return Err("its length is not that of its rows".to_owned());
        }
        let mut hashes = words.chunks_exact(8).map(|word| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(word);
            u64::from_le_bytes(bytes)
        });
        let key = |columns| Key { columns, hashes: hashes.by_ref().take(header.n_rows).collect() };
        Ok(Self { keys: header.keys.into_iter().map(key).collect() })
    }
}

impl Key {
    /// Of each of `hashes` over the same columns, whether it is one of these rows.
    pub fn which(&self, hashes: &[u64]) -> impl Iterator<Item = bool> {
        let known: HashSet<u64> = self.hashes.iter().copied().collect();
        hashes.iter().map(move |hash| known.contains(hash))
    }

    /// Whether equal hashes mean the same row: not where most rows have doubles, as in a survey of a few
    /// questions.
    pub fn tells_rows_apart(&self) -> bool {
        let n_different = self.hashes.chunk_by(|one, next| one == next).count();
        n_different * 2 > self.hashes.len()
    }
}

/// A hash of each row over these columns; none if the table lacks one. Cells that say the same have the same
/// hash.
pub fn hashes_by(table: &Table, columns: &[String]) -> Option<Vec<u64>> {
    let found = columns.iter().map(|name| table.column(name));
    let columns = found.collect::<Option<Vec<_>>>()?;
    Some(RowHashes::of(columns, table.n_rows).keyed(KEY))
}

/// Keeps these hashes apart from those that seal rows. It is a file format.
const KEY: u64 = 0x6c6f_6f6b_6564_6174;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_is_refused_whatever_it_says_of_its_size() {
        let bytes = KnownRows::default().with(vec!["a".into()], vec![3, 1, 2]).to_bytes();
        assert_eq!(KnownRows::from_bytes(&bytes).unwrap().keys[0].hashes, [1, 2, 3]);
        for damaged in [
            &bytes[..bytes.len() - 1],
            b"".as_slice(),
            b"{}\n",
            b"{\"n_rows\":18446744073709551615,\"keys\":[[\"a\"],[\"a\"]]}\n12345678",
        ] {
            assert!(KnownRows::from_bytes(damaged).is_err());
        }
    }

    #[test]
    fn rows_that_come_again_by_nature_are_not_told_apart() {
        let key = |hashes: &[u64]| Key { columns: Vec::new(), hashes: hashes.to_vec() };
        assert!(key(&[1, 2, 3, 3]).tells_rows_apart());
        assert!(!key(&[1, 1, 1, 2, 2]).tells_rows_apart());
    }
}
