//! Cells that a spreadsheet would take for formulas, made text.

use csv::{ByteRecord, ReaderBuilder, Writer};

use crate::failure::Failure;

/// Whole lines of CSV with `'` before each cell that would be run: numbers and all other cells stay as they
/// are.
pub(super) fn sheltered(lines: &[u8]) -> Result<Vec<u8>, Failure> {
    let cannot = |error: csv::Error| Failure::new(format!("cannot write the results: {error}"));
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(lines);
    let mut writer = Writer::from_writer(Vec::with_capacity(lines.len()));
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(cannot)? {
        for cell in &record {
            let written = if is_formula(cell) {
                writer.write_field([b"'", cell].concat())
            } else {
                writer.write_field(cell)
            };
            written.map_err(cannot)?;
        }
        writer.write_record(None::<&[u8]>).map_err(cannot)?;
    }
    writer.into_inner().map_err(|error| Failure::new(format!("cannot write the results: {error}")))
}

fn is_formula(cell: &[u8]) -> bool {
    let is_number = || str::from_utf8(cell).is_ok_and(|text| text.trim().parse::<f64>().is_ok());
    matches!(cell.trim_ascii_start().first(), Some(b'=' | b'+' | b'-' | b'@')) && !is_number()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_numbers_stay() {
        let lines = b"prediction,probability_=1+1\n\"=cmd|'/c calc'!A1, x\",-0.5\n@SUM(1),-1e-7\n-2+3, =4\nplain,+1\n";
        let expected = "prediction,probability_=1+1\n\"'=cmd|'/c calc'!A1, x\",-0.5\n'@SUM(1),-1e-7\n'-2+3,' =4\nplain,+1\n";
        assert_eq!(String::from_utf8(sheltered(lines).unwrap()).unwrap(), expected);
    }
}
