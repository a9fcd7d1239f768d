//! The tables that ship with the product are the ones their descriptions speak of.

use std::fs;
use std::path::{Path, PathBuf};

use crate::architecture::root;

const NAMES: [&str; 5] = ["breast_cancer", "diabetes", "digits", "iris", "wine"];

fn folder(name: &str) -> PathBuf {
    root().join("datasets").join(name)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text value of `key` at the top of a dataset.toml.
fn setting(name: &str, key: &str) -> String {
    let text = read(&folder(name).join("dataset.toml"));
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_prefix('='));
    let value = line.unwrap_or_else(|| panic!("{name}: dataset.toml has no `{key}`"));
    value.trim().trim_matches('"').to_owned()
}

/// Header and rows. None of the tables quotes a cell.
fn cells(name: &str) -> Vec<Vec<String>> {
    let text = read(&folder(name).join("data.csv"));
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn exactly_these_tables_ship() {
    let entries = fs::read_dir(root().join("datasets")).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    let mut names: Vec<String> =
        folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.starts_with(['.', '_']));
    names.sort();
    assert_eq!(names, NAMES);
}

#[test]
fn the_rows_are_the_ones_whose_sum_the_readme_states() {
    for name in NAMES {
        let bytes = fs::read(folder(name).join("data.csv")).unwrap();
        let readme = read(&folder(name).join("README.md"));
        assert!(readme.contains(&format!("`{}`", sha256(&bytes))), "{name}: {}", sha256(&bytes));
    }
}

#[test]
fn the_readme_states_size_origin_and_licence() {
    for name in NAMES {
        let (readme, cells) = (read(&folder(name).join("README.md")), cells(name));
        let size = format!("{} rows, {} feature columns", cells.len() - 1, cells[0].len() - 1);
        for expected in [size.as_str(), "**Origin:**", "**Licence:**", &setting(name, "title")] {
            assert!(readme.contains(expected), "{name}: README.md does not say `{expected}`");
        }
    }
}

#[test]
fn the_settings_fit_the_rows() {
    for name in NAMES {
        let cells = cells(name);
        let (header, rows) = cells.split_first().unwrap();
        assert!(rows.iter().all(|row| row.len() == header.len()), "{name}: rows of different lengths");
        assert!(rows.iter().flatten().all(|cell| !cell.is_empty()), "{name}: a missing cell");
        let target = setting(name, "target");
        let target = header.iter().position(|column| *column == target).expect("the target is a column");
        let n_values = rows.iter().map(|row| &row[target]).collect::<std::collections::BTreeSet<_>>().len();
        match setting(name, "task").as_str() {
            "classification" => assert!((2..=10).contains(&n_values), "{name}: {n_values} classes"),
            "regression" => assert!(rows.iter().all(|row| row[target].parse::<f64>().is_ok()), "{name}"),
            task => panic!("{name}: the task `{task}` is unknown"),
        }
        let settings = read(&folder(name).join("dataset.toml"));
        for column in settings.lines().filter_map(|line| line.strip_prefix("[columns.")?.strip_suffix(']')) {
            assert!(header.iter().any(|name| name == column), "{name}: no column `{column}`");
        }
    }
}

#[test]
fn the_sum_is_sha_256() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256(b"abc"), abc);
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(sha256(b""), empty);
    let two_blocks = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
    assert_eq!(sha256(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), two_blocks);
}

/// SHA-256 (FIPS 180-4) in hexadecimal digits.
fn sha256(message: &[u8]) -> String {
    // The fractional parts of the square and cube roots of the first primes; 32 bits each.
    let mut state = primes().take(8).map(|p| fraction(f64::from(p).sqrt())).collect::<Vec<u32>>();
    let constants: Vec<u32> = primes().take(64).map(|p| fraction(f64::from(p).cbrt())).collect();
    let mut padded = message.to_vec();
    padded.push(0x80);
    // Zeros up to whole blocks of 64 bytes, of which the length takes the last 8.
    padded.resize((padded.len() + 8).next_multiple_of(64), 0);
    let length = (message.len() as u64 * 8).to_be_bytes();
    let end = padded.len() - 8;
    padded[end..].copy_from_slice(&length);
    for block in padded.chunks_exact(64) {
        compress(&mut state, block, &constants);
    }
    let digits: Vec<String> = state.iter().map(|word| format!("{word:08x}")).collect();
    digits.concat()
}

fn compress(state: &mut [u32], block: &[u8], constants: &[u32]) {
    let mut words: Vec<u32> =
        block.chunks_exact(4).map(|bytes| u32::from_be_bytes(bytes.try_into().unwrap())).collect();
    for i in 16..64 {
        let (early, late) = (words[i - 15], words[i - 2]);
        let s0 = early.rotate_right(7) ^ early.rotate_right(18) ^ (early >> 3);
        let s1 = late.rotate_right(17) ^ late.rotate_right(19) ^ (late >> 10);
        words.push(words[i - 16].wrapping_add(s0).wrapping_add(words[i - 7]).wrapping_add(s1));
    }
    let mut v: [u32; 8] = state.try_into().unwrap();
    for (word, constant) in words.iter().zip(constants) {
        let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
        let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
        let first = v[7].wrapping_add(s1).wrapping_add(choice).wrapping_add(*constant).wrapping_add(*word);
        let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
        let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        v.rotate_right(1);
        v[4] = v[4].wrapping_add(first);
        v[0] = first.wrapping_add(s0).wrapping_add(majority);
    }
    for (old, new) in state.iter_mut().zip(v) {
        *old = old.wrapping_add(new);
    }
}

fn primes() -> impl Iterator<Item = u32> {
    (2_u32..).filter(|n| (2..*n).all(|divisor| n % divisor != 0))
}

fn fraction(root: f64) -> u32 {
    (root.fract() * 4_294_967_296.0) as u32
}
