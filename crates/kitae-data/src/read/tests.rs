//! The reading rules as a user meets them.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use kitae_random::{Purpose, Stream};

use super::fields::{FieldReader, Fields};
use super::piece::cut;
use super::whole::PieceSizes;
use super::*;
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
    assert!(found.starts_with("t.csv: line 3, column 2: byte 0xe9 is not UTF-8; convert"), "{found}");
    assert!(error(b"caf\xe9,b\n1,x\n").starts_with("t.csv: line 1, column 1: byte 0xe9"));
    assert!(error(b"\xff\xfea\0,\0b\0").contains("found UTF-16 text"));
    assert!(error(b"PK\x03\x04rest").contains("an Excel workbook"));
}

#[test]
fn zero_bytes_and_open_quotes_are_refused_with_their_line() {
    assert!(error(b"a,b\n1,x\n2,\0\n").starts_with("t.csv: line 3: a zero byte"));
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

/// A text of `n_rows` rows and three columns with all that makes reading hard.
fn nasty(n_rows: usize, seed: u64) -> String {
    let mut stream = Stream::new(seed, Purpose::Synthesis, [0; 3]);
    let mut text = "first,second,third\n".to_owned();
    let plain = [
        "a",
        "",
        "NA",
        "5\" pipe",
        "é",
        " spaced ",
        "x\"y\"z",
        "-",
        "12",
        "0.5",
        "None",
        "longer than eight bytes",
    ];
    let quoted = ["", ",", "\n", "\"\"", "a,b\nc", "\"\"\n\"\"", "x\r\ny", "x\ry", "\r", "7", " , "];
    for _ in 0..n_rows {
        for column in 0..3 {
            let inner = quoted[stream.below(quoted.len() as u64) as usize];
            let cell = match stream.below(4) {
                0 if column == 2 => ["", "-", "\"1.50\"", "?"][stream.below(4) as usize].to_owned(),
                _ if column == 2 => (stream.below(1000) as f64 / 8.0).to_string(),
                0 => format!("\"{inner}\""),
                1 => format!("\"{inner}\"tail"),
                _ => plain[stream.below(plain.len() as u64) as usize].to_owned(),
            };
            text.push_str(&cell);
            let line_ends = ["\n", "\n", "\r\n", "\r"];
            text.push_str(if column < 2 { "," } else { line_ends[stream.below(4) as usize] });
        }
    }
    text
}

/// The rows of `text` that are no blank lines, a character at a time.
fn slow_rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut in_quotes, mut at_cell_start) = (false, true);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_start = std::mem::replace(&mut at_cell_start, false);
        match letter {
            '"' if in_quotes && letters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if in_quotes => in_quotes = false,
            _ if in_quotes => cell.push(letter),
            '"' if is_start => in_quotes = true,
            '\n' | '\r' if is_start && row.is_empty() => at_cell_start = true,
            ',' | '\n' | '\r' => {
                row.push(std::mem::take(&mut cell).trim_ascii().to_owned());
                at_cell_start = true;
                if letter != ',' {
                    rows.push(std::mem::take(&mut row));
                }
            }
            _ => cell.push(letter),
        }
    }
    if !(row.is_empty() && at_cell_start) {
        row.push(cell.trim_ascii().to_owned());
        rows.push(row);
    }
    rows
}

fn slow_table(text: &str) -> Table {
    let rows = slow_rows(text);
    let column = |idx: usize| {
        let texts: Vec<&str> = rows[1..].iter().map(|row| row[idx].as_str()).collect();
        Column { name: rows[0][idx].clone(), cells: slow_cells(&texts) }
    };
    Table { columns: (0..rows[0].len()).map(column).collect(), n_rows: rows.len() - 1 }
}

fn slow_cells(texts: &[&str]) -> Cells {
    let number = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite());
    let is_known = |text: &&str| !Markers::default().is_missing(text.as_bytes());
    let fits = |text: &&str| number(text).is_some() || !is_known(text) || is_soft(text.as_bytes());
    if texts.iter().all(fits) && texts.iter().any(|text| number(text).is_some()) {
        return Cells::Numbers(texts.iter().map(|text| number(text).unwrap_or(f64::NAN)).collect());
    }
    let mut levels: Vec<String> = texts.iter().copied().filter(is_known).map(str::to_owned).collect();
    levels.sort();
    levels.dedup();
    let code =
        |text: &&str| levels.iter().position(|level| level == text).map_or(MISSING, |idx| idx as u32 + 1);
    let codes = texts.iter().map(code).collect();
    Cells::Levels { codes, levels }
}

#[test]
fn every_short_text_is_cut_into_the_same_rows_wherever_pieces_end() {
    let letters = b"a,\"\n\r";
    for length in 0..=6_u32 {
        for number in 0..letters.len().pow(length) {
            let letter = |place| letters[number / letters.len().pow(place) % letters.len()];
            let bytes: Vec<u8> = (0..length).map(letter).collect();
            let text = std::str::from_utf8(&bytes).unwrap();
            let expected = slow_rows(text);
            for piece_bytes in 1..=length.max(1) as usize {
                // Quotes that do not close are refused, not read.
                let Ok(pieces) = cut(&bytes, piece_bytes, b',') else { break };
                let rows: Vec<_> = pieces.into_iter().flat_map(|piece| cut_rows(&bytes[piece])).collect();
                assert_eq!(rows, expected, "{text:?} in pieces of {piece_bytes} bytes");
            }
        }
    }
}

fn cut_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let (mut fields, mut reader) = (Fields::new(0), FieldReader::new(bytes, b','));
    let mut rows = Vec::new();
    while reader.next_record(&mut fields).is_some() {
        rows.push(fields.cells().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect());
    }
    rows
}

#[test]
fn a_nasty_table_is_that_of_the_slow_reader_however_it_is_cut() {
    for seed in 0..20 {
        let text = nasty(60, seed);
        let expected = slow_table(&text);
        for (sample_bytes, piece_bytes, n_threads) in
            [(1, 1, 1), (40, 7, 2), (10, 64, 3), (1 << 16, 1 << 20, 1)]
        {
            let options =
                ReadOptions { n_threads, delimiter: Delimiter::Byte(b','), ..ReadOptions::default() };
            let sizes = PieceSizes { sample_bytes, piece_bytes };
            let table = parse(Cow::Borrowed(text.as_bytes()), Path::new("t.csv"), &options, sizes).unwrap();
            // Missing numbers are NaN, which is equal to nothing, so the printed tables are compared.
            assert_eq!(
                format!("{table:?}"),
                format!("{expected:?}"),
                "seed {seed}, pieces of {piece_bytes} bytes"
            );
        }
    }
}

#[test]
fn a_text_that_comes_late_makes_the_whole_column_texts_however_it_is_cut() {
    let rows: Vec<String> =
        (0..200).map(|row| format!("{row},{}", if row == 150 { "late" } else { "1.50" })).collect();
    let text = format!("a,b\n{}\n", rows.join("\n"));
    let whole = read(&text).unwrap();
    assert_eq!(cells(&whole)[0], ["0", "1.50"]);
    for piece_bytes in [1, 30, 500] {
        let sizes = PieceSizes { sample_bytes: 20, piece_bytes };
        let options = ReadOptions { n_threads: 2, ..ReadOptions::default() };
        assert_eq!(parse(Cow::Borrowed(text.as_bytes()), Path::new("t"), &options, sizes).unwrap(), whole);
    }
}

fn saved(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn schema(text: &str) -> Schema {
    infer_schema(&read(text).unwrap(), &Hints::default()).unwrap()
}

fn streamed(bytes: &[u8], schema: &Schema, chunks: &ChunkOptions) -> Result<Vec<Table>, DataError> {
    let file = saved(bytes);
    let options = ReadOptions { n_threads: 2, ..ReadOptions::default() };
    read_chunks(file.path(), schema, &options, chunks)?.collect()
}

const SALES: &str =
    "id,size,colour,sold\nk1,1.5,red,2024-01-31\nk2,2,blue,2024-02-01\nk3,,red,2024-02-01\nk4,4,green,\n";

#[test]
fn chunks_joined_are_the_table_of_the_whole_file() {
    let text = nasty(500, 99);
    let schema = schema(&text);
    let whole = schema.apply(read(&text).unwrap()).unwrap();
    let features: Vec<Column> = whole
        .columns
        .into_iter()
        .filter(|column| schema.column(&column.name).unwrap().kind.is_feature())
        .collect();
    for chunk_rows in [1, 7, 300, 10_000] {
        let tables =
            streamed(text.as_bytes(), &schema, &ChunkOptions { chunk_rows, ..ChunkOptions::default() })
                .unwrap();
        assert!(tables.iter().all(|table| table.n_rows <= chunk_rows));
        let mut joined = tables[0].clone();
        tables[1..].iter().for_each(|table| joined.append(table.clone()));
        assert_eq!(format!("{:?}", joined.columns), format!("{features:?}"));
    }
    let packed = streamed(&gzip(text.as_bytes()), &schema, &ChunkOptions::default()).unwrap();
    assert_eq!(format!("{:?}", packed[0].columns), format!("{features:?}"));
}

#[test]
fn chunks_follow_the_schema_and_leave_out_what_is_no_feature() {
    let schema = schema(SALES);
    let shuffled = b"extra,sold,colour,size\n?,2024-01-31,red,1\n?,,violet,-\n";
    let tables =
        streamed(shuffled, &schema, &ChunkOptions { skip: vec!["id".to_owned()], ..ChunkOptions::default() });
    let table = tables.unwrap().remove(0);
    assert_eq!(names(&table), ["size", "colour", "sold"]);
    assert_eq!(cells(&table), [["1", "red", "1706659200"], ["·", "unseen", "·"]]);
}

#[test]
fn columns_may_be_optional_and_identifiers_may_be_kept() {
    let mut schema = schema(SALES);
    schema.columns[0].kind = crate::schema::Kind::Identifier;
    let text = b"id,colour,sold\n007,red,\nx,blue,\n";
    let found = streamed(text, &schema, &ChunkOptions::default()).unwrap_err().to_string();
    assert!(found.contains("missing column: `size`; the columns are `id`, `colour`, `sold`"), "{found}");
    let chunks = ChunkOptions {
        chunk_rows: 1,
        optional: vec!["size".to_owned()],
        keep: vec!["id".to_owned()],
        ..ChunkOptions::default()
    };
    let tables = streamed(text, &schema, &chunks).unwrap();
    assert_eq!((names(&tables[0]), tables.len()), (vec!["id", "colour", "sold"], 2));
    let file = saved(text);
    let table = read_csv_as(file.path(), &schema, &ReadOptions::default(), &chunks).unwrap();
    assert_eq!(cells(&table), [["007", "red", "·"], ["x", "blue", "·"]]);
}

#[test]
fn a_cell_that_does_not_fit_its_column_is_named_with_its_line() {
    let schema = schema(SALES);
    let text = SALES.replace("k4,4,green", "\n\"k\n4\",4 kg,green");
    let found =
        streamed(text.as_bytes(), &schema, &ChunkOptions { chunk_rows: 2, ..ChunkOptions::default() });
    let found = found.unwrap_err().to_string();
    assert!(
        found.contains(": line 6, column `size`: expected a number, found `4 kg`; write a plain number"),
        "{found}"
    );
    let text = SALES.replace("2024-02-01\nk4", "1 Feb\nk4");
    let found = streamed(text.as_bytes(), &schema, &ChunkOptions::default()).unwrap_err().to_string();
    assert!(found.contains("line 4, column `sold`: expected year-month-day, found `1 Feb`"), "{found}");
}

#[test]
fn lines_are_counted_right_when_a_line_end_is_read_in_two_parts() {
    let schema = schema("a,b\n1,x\n2,y\n3,x\n");
    let length = super::header::SAMPLE_BYTES;
    for shift in 0..3 {
        let level = "x".repeat(length - shift - "a,b\r\n1,".len());
        let text = format!("a,b\r\n1,{level}\r\n2,y\r\n3 kg,x\r\n");
        let found =
            streamed(text.as_bytes(), &schema, &ChunkOptions { chunk_rows: 1, ..ChunkOptions::default() });
        let found = found.unwrap_err().to_string();
        assert!(found.contains("line 4, column `a`: expected a number, found `3 kg`"), "{found}");
    }
}

#[test]
fn nothing_follows_an_error() {
    let schema = schema(SALES);
    let file = saved(SALES.replace("k2,2", "k2,two").as_bytes());
    let chunks = ChunkOptions { chunk_rows: 1, ..ChunkOptions::default() };
    let mut tables = read_chunks(file.path(), &schema, &ReadOptions::default(), &chunks).unwrap();
    assert!(tables.next().unwrap().is_ok());
    assert!(tables.next().unwrap().is_err());
    assert!(tables.next().is_none());
}

#[test]
fn a_file_to_predict_may_have_no_rows() {
    let schema = schema(SALES);
    for text in ["id,size,colour,sold", "id,size,colour,sold\n\n"] {
        let tables = streamed(text.as_bytes(), &schema, &ChunkOptions::default()).unwrap();
        assert_eq!((tables.len(), tables[0].n_rows, tables[0].columns.len()), (1, 0, 4));
    }
}

#[test]
fn streams_notice_damage() {
    let schema = schema(SALES);
    let packed = gzip(SALES.as_bytes());
    let found =
        streamed(&packed[..packed.len() - 12], &schema, &ChunkOptions::default()).unwrap_err().to_string();
    assert!(found.contains("damaged or cut off"), "{found}");
    let found = streamed(format!("{SALES}k5,\"1").as_bytes(), &schema, &ChunkOptions::default()).unwrap_err();
    assert!(found.to_string().contains("line 6: the quote that opens here"), "{found}");
    let found =
        streamed(b"id,size,colour,sold\nk1,1,red,\xe9\n", &schema, &ChunkOptions::default()).unwrap_err();
    assert!(found.to_string().contains("line 2, column 4: byte 0xe9"), "{found}");
}

#[test]
fn options_can_be_stored() {
    let options =
        ReadOptions { delimiter: Delimiter::Byte(b';'), extra_missing: vec!["x".to_owned()], n_threads: 2 };
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
