//! The fast reader against one that reads a character at a time.

use std::borrow::Cow;
use std::path::Path;

use super::*;
use crate::cell::is_soft;

/// A text of `n_rows` rows and three columns with all that makes reading hard.
pub(super) fn nasty(n_rows: usize, seed: u64) -> String {
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
    let format = Format {
        delimiter: b',',
        written_delimiter: None,
        n_columns: 0,
        fills_short_rows: false,
        markers: Markers::default(),
        verbatim: Vec::new(),
    };
    for length in 0..=6_u32 {
        for number in 0..letters.len().pow(length) {
            let letter = |place| letters[number / letters.len().pow(place) % letters.len()];
            let bytes: Vec<u8> = (0..length).map(letter).collect();
            let text = std::str::from_utf8(&bytes).unwrap();
            let expected = slow_rows(text);
            for piece_bytes in 1..=length.max(1) as usize {
                // Quotes that do not close are refused, not read.
                let Ok((pieces, _)) = cut(&bytes, piece_bytes, &format) else { break };
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
            let options = ReadOptions {
                n_threads,
                delimiter: Delimiter::Byte(b','),
                quote: Mark::Byte(b'"'),
                escape: Mark::None,
                comment: Mark::None,
                skip_rows: Some(0),
                ..ReadOptions::default()
            };
            let sizes = PieceSizes { sample_bytes, piece_bytes };
            let table = parse(Cow::Borrowed(text.as_bytes()), Path::new("t.csv"), &options, sizes, None)
                .unwrap()
                .table;
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
        assert_eq!(
            parse(Cow::Borrowed(text.as_bytes()), Path::new("t"), &options, sizes, None).unwrap().table,
            whole
        );
    }
}
