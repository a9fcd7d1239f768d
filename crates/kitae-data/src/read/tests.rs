//! The reading rules as a user meets them.

mod chunks;
mod forms;
mod slow;

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use kitae_random::{Purpose, Stream};

use chunks::streamed;

use super::fields::{FieldReader, Fields};
use super::piece::cut;
use super::whole::PieceSizes;
use super::*;
use crate::cell::canonical;
use crate::infer::{Hints, infer_schema};
use crate::schema::Schema;
use crate::table::{Cells, MISSING, UNSEEN};

fn read(text: impl AsRef<[u8]>) -> Result<Table, DataError> {
    read_csv_bytes(text.as_ref(), "t.csv", &ReadOptions::default())
}

fn error(text: impl AsRef<[u8]>) -> String {
    read(text).expect_err("the text breaks a rule").to_string()
}

/// The cells of a table as text, a missing one as `·`.
fn cells(table: &Table) -> Vec<Vec<String>> {
    let text = |cells: &Cells, row: usize| match cells {
        Cells::Numbers(values) if values[row].is_nan() => "·".to_owned(),
        Cells::Numbers(values) => canonical(values[row]),
        Cells::Levels { codes, .. } if codes[row] == MISSING => "·".to_owned(),
        Cells::Levels { codes, .. } if codes[row] == UNSEEN => "unseen".to_owned(),
        Cells::Levels { codes, levels } => levels[codes[row] as usize - 1].clone(),
    };
    (0..table.n_rows)
        .map(|row| table.columns.iter().map(|column| text(&column.cells, row)).collect())
        .collect()
}

fn names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

fn check(text: impl AsRef<[u8]>, rows: &[&[&str]]) {
    assert_eq!(cells(&read(text).unwrap()), rows);
}

#[test]
fn numbers_are_exact_and_texts_become_sorted_levels() {
    let table = read("a,b\n0.1,pear\n-3e2,apple\n,\n").unwrap();
    let Cells::Numbers(values) = &table.columns[0].cells else { panic!("`a` holds numbers") };
    assert_eq!(values[..2], [0.1, -300.0]);
    assert!(values[2].is_nan());
    let levels = vec!["apple".to_owned(), "pear".to_owned()];
    assert_eq!(table.columns[1].cells, Cells::Levels { codes: vec![2, 1, MISSING], levels });
}

#[test]
fn delimiters_are_found_out() {
    for delimiter in [",", ";", "\t", "|"] {
        let text = "a,b,c\n1,x y,\"p,q;r|s\tt\"\n2,z,w\n"
            .replacen(',', delimiter, 4)
            .replace(",z,", &["", "z", ""].join(delimiter));
        let table = read(&text).unwrap();
        assert_eq!(names(&table), ["a", "b", "c"], "{text}");
    }
    check("a;b\n1,5;2\n2,5;3\n", &[&["1,5", "2"], &["2,5", "3"]]);
    check("alone\n1\n2\n", &[&["1"], &["2"]]);
}

#[test]
fn a_delimiter_can_be_asked_for() {
    let options = ReadOptions { delimiter: Delimiter::Byte(b':'), ..ReadOptions::default() };
    assert_eq!(names(&read_csv_bytes(b"a:b,c\n1:2\n", "t", &options).unwrap()), ["a", "b,c"]);
    for byte in [b'"', b'\n', 0, 200] {
        let options = ReadOptions { delimiter: Delimiter::Byte(byte), ..ReadOptions::default() };
        assert!(matches!(read_csv_bytes(b"a\n1\n", "t", &options), Err(DataError::Delimiter { .. })));
    }
}

#[test]
fn quotes_newlines_line_ends_and_byte_order_marks_are_understood() {
    check("a,b\n\"x,1\",\"two\nlines\"\n", &[&["x,1", "two\nlines"]]);
    check("a,b\n\"say \"\"hi\"\"\",5\" pipe\n", &[&["say \"hi\"", "5\" pipe"]]);
    check("a,b\r\n1,x\r\n2,\"y\"\r\n", &[&["1", "x"], &["2", "y"]]);
    check("a,b\r1,x\r2,y", &[&["1", "x"], &["2", "y"]]);
    check("a,b\r\n1,x\r2,\"y\rz\"\n", &[&["1", "x"], &["2", "y\rz"]]);
    check("\u{feff}a,b\n1,x\n", &[&["1", "x"]]);
    assert_eq!(names(&read("\u{feff}\"a\",b\n1,x\n").unwrap()), ["a", "b"]);
    check("\n \na,b\n\n1,x\n   \n\n2,y\n\n", &[&["1", "x"], &["2", "y"]]);
    check("a,b\n1,x\n2,y", &[&["1", "x"], &["2", "y"]]);
}

#[test]
fn names_are_trimmed_and_empty_ones_are_numbered() {
    assert_eq!(names(&read(" a ,,\" c\"\n1,2,3\n").unwrap()), ["a", "column_2", "c"]);
}

#[test]
fn two_columns_of_one_name_are_refused() {
    assert_eq!(error("a,b, a\n1,2,3\n"), "t.csv: columns 1 and 3 are both called `a`; rename one");
}

#[test]
fn a_missing_header_is_noticed_but_rising_numbers_may_be_names() {
    assert!(error("5.1,3.5,1.4\n4.9,3.0,1.4\n").contains("column names seem to be missing"));
    assert!(error("1,0,0\n4,3,1\n").contains("column names seem to be missing"));
    assert_eq!(names(&read("400,402.5,405\n4.9,3.0,1.4\n").unwrap()), ["400", "402.5", "405"]);
}

#[test]
fn a_row_of_another_length_is_refused_with_its_line() {
    let found = error("a,b\n1,\"two\nlines\"\n\n2,3,4\n");
    assert!(found.starts_with("t.csv: line 5: 3 cells where the header has 2"), "{found}");
    for text in ["a,b\n1\n", "a,b\r\n1\r\n", "a,b\r1\r", "\n1,2\r\n3\n"] {
        let line = if text.starts_with('a') { 2 } else { 3 };
        assert!(
            error(text).starts_with(&format!("t.csv: line {line}: 1 cells where the header has 2")),
            "{text:?}"
        );
    }
}

#[test]
fn text_in_another_encoding_is_refused_with_line_column_and_byte() {
    let found = error(b"a,b\n1,x\n2,caf\xe9\n");
    assert!(found.starts_with("t.csv: line 3, column 2: byte 0xe9 is not UTF-8; the text looks"), "{found}");
    assert!(error(b"caf\xe9,b\n1,x\n").starts_with("t.csv: line 1, column 1: byte 0xe9"));
    assert!(error(b"\xff\xfea\0,\0b\0").contains("column names but no rows"));
    assert!(error(b"\xff\xfea,b\n1,2\n").contains("byte 0xff is not UTF-8"));
    assert!(error(b"PK\x03\x04rest").contains("an Excel workbook"));
}

#[test]
fn zero_bytes_and_open_quotes_are_refused_with_their_line() {
    assert!(error(b"a,b\n1,x\n2,\0\0\0\0\0\0\0\0\n").starts_with("t.csv: line 3: zero bytes"));
    assert!(error("a,b\n1,x\n2,\"open\n3,y\n").starts_with("t.csv: line 3: the quote that opens here"));
    assert!(error("\"a,b\n1,x\n").starts_with("t.csv: line 1: the quote that opens here"));
    assert!(error("\n\n\"a,b\n1,x\n").starts_with("t.csv: line 3: the quote that opens here"));
}

#[test]
fn files_without_rows_are_refused() {
    for text in ["", "\n\n", "\u{feff}", "  \n"] {
        assert!(error(text).contains("the file is empty"), "{text:?}");
    }
    for text in ["a,b", "a,b\n", "a,b\n\n  \n"] {
        assert!(error(text).contains("column names but no rows"), "{text:?}");
    }
}

#[test]
fn the_usual_markers_are_missing_and_none_is_a_category_unless_among_numbers() {
    check("a,b\nNA,x\n?,null\nNaN,N/A\n1,None\n", &[&["·", "x"], &["·", "·"], &["·", "·"], &["1", "None"]]);
    check("a,b\n1,x\nNone,-\n-,.\ninf,x\n", &[&["1", "x"], &["·", "-"], &["·", "."], &["·", "x"]]);
    check("a,b\nNone,1\nNone,2\n", &[&["None", "1"], &["None", "2"]]);
    let table = read("a,b\n,1\nNA,2\n").unwrap();
    assert_eq!(table.columns[0].cells.n_missing(), 2);
}

#[test]
fn markers_of_ones_own_are_missing_too() {
    let options =
        ReadOptions { extra_missing: vec!["-999".to_owned(), "absent".to_owned()], ..ReadOptions::default() };
    let table = read_csv_bytes(b"a,b\n-999,x\n1,absent\n-999.0,y\nabsent,y\n", "t", &options).unwrap();
    assert_eq!(cells(&table), [["·", "x"], ["1", "·"], ["·", "y"], ["·", "y"]]);
}

#[test]
fn one_text_makes_a_column_texts_and_long_codes_stay_different() {
    check(
        "a,b\n01,5\n2.50,9007199254740993\nx,9007199254740992\n",
        &[&["01", "5"], &["2.50", "9007199254740993"], &["x", "9007199254740992"]],
    );
}

#[test]
fn a_huge_cell_is_read() {
    let text = "x".repeat(3 << 20);
    let table = read(format!("a,b\n\"{text}\",1\ny,2\n")).unwrap();
    assert_eq!(cells(&table)[0][0].len(), text.len());
}

#[test]
fn packed_files_are_unpacked_and_damage_is_noticed() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"a,b\n1,x\n2,y\n").unwrap();
    let packed = encoder.finish().unwrap();
    check(&packed, &[&["1", "x"], &["2", "y"]]);
    assert!(error(&packed[..packed.len() - 9]).contains("damaged or cut off"));
    let two_members = [packed.clone(), gzip(b"3,z\n")].concat();
    assert_eq!(read(two_members).unwrap().n_rows, 3);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_folder_and_an_absent_file_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let found = read_csv(folder.path(), &ReadOptions::default()).unwrap_err().to_string();
    assert!(found.ends_with("is a folder; expected a CSV file"), "{found}");
    let found = read_csv(&folder.path().join("absent.csv"), &ReadOptions::default()).unwrap_err().to_string();
    assert!(found.contains("absent.csv: cannot be read: "), "{found}");
}

#[test]
fn options_can_be_stored() {
    let options = ReadOptions {
        delimiter: Delimiter::Byte(b';'),
        extra_missing: vec!["x".to_owned()],
        encoding: TextEncoding::of("shift_jis"),
        comment: Mark::Byte(b'#'),
        usual_markers: UsualMarkers::Texts,
        ..ReadOptions::default()
    };
    let text = serde_json::to_string(&options).unwrap();
    assert_eq!(serde_json::from_str::<ReadOptions>(&text).unwrap(), options);
    assert!(serde_json::from_str::<ReadOptions>("{\"threads\": 2}").is_err());
}

#[test]
fn no_bytes_make_the_reader_panic() {
    let letters: &[u8] = b",,,\n\n\r\"\" ;\t|1234.-eNAx:/\0\xc3\xa9\xff";
    let mut n_read = 0;
    for seed in 0..4000 {
        let mut stream = Stream::new(seed, Purpose::Synthesis, [1, 0, 0]);
        let length = stream.below(60);
        // Half of the texts are free of the bytes that no text may hold.
        let n_letters = if seed % 2 == 0 { letters.len() } else { letters.len() - 4 } as u64;
        let bytes: Vec<u8> = (0..length).map(|_| letters[stream.below(n_letters) as usize]).collect();
        let Ok(table) = read(&bytes) else { continue };
        n_read += 1;
        let schema = infer_schema(&table, &Hints::default()).unwrap();
        let name = &table.columns[0].name;
        let report = crate::inspect::inspect_with_target(&table, &schema, name).unwrap();
        assert!(!report.to_string().is_empty());
        assert_eq!(crate::hash::row_hashes(&table, seed).len(), table.n_rows);
        assert_eq!(schema.apply(table.clone()).unwrap().n_rows, table.n_rows);
        let tables =
            streamed(&bytes, &schema, &ChunkOptions { chunk_rows: 2, ..ChunkOptions::default() }).unwrap();
        assert_eq!(tables.iter().map(|table| table.n_rows).sum::<usize>(), table.n_rows);
    }
    assert!(n_read > 100, "{n_read}");
}
