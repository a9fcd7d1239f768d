//! Files that are often taken for CSV, told by how they begin.

/// Another format and how to get a table of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    pub(super) found: &'static str,
    pub(super) advice: &'static str,
}

const SAVE: &str = "save the table as CSV in UTF-8";
const UNPACK: &str = "unpack it; gzip is the packing that is read";
const FETCH: &str = "fetch the file itself";

/// First bytes, what they mean and what to do.
const MAGIC: [(&[u8], &str, &str); 21] = [
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "unpack it, or save the sheet as CSV in UTF-8"),
    (b"PK\x05\x06", "an empty ZIP archive", UNPACK),
    (b"PAR1", "a Parquet file", SAVE),
    (b"\xff\xfe\0\0", "UTF-32 text", SAVE),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", SAVE),
    (b"BZh", "bzip2 data", UNPACK),
    (b"\x28\xb5\x2f\xfd", "Zstandard data", UNPACK),
    (b"\xfd7zXZ", "xz data", UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", UNPACK),
    (b"Rar!", "a RAR archive", UNPACK),
    (b"\x1f\x9d", "data of `compress`", UNPACK),
    (b"SQLite format 3\0", "an SQLite database", SAVE),
    (b"ARROW1", "an Arrow file", SAVE),
    (b"Obj\x01", "an Avro file", SAVE),
    (b"%PDF", "a PDF document", SAVE),
    (b"\x89HDF", "an HDF5 file", SAVE),
    (b"\x93NUMPY", "a NumPy array", SAVE),
    (b"$FL2", "an SPSS file", SAVE),
    (b"{\\rtf", "a document in rich text", SAVE),
    (
        b"version https://git-lfs",
        "a pointer of Git LFS, not the file it stands for",
        "fetch the file with `git lfs pull`",
    ),
    (
        b"@relation",
        "an ARFF file",
        "delete the lines that begin with `@` or `%`, and write a line of column names",
    ),
];

/// The other format that `text` is, if it is none of rows and columns.
pub(super) fn told_by(text: &[u8]) -> Option<Foreign> {
    let magic = MAGIC
        .iter()
        .find(|(magic, ..)| text.get(..magic.len()).is_some_and(|start| start.eq_ignore_ascii_case(magic)));
    if let Some((_, found, advice)) = magic {
        return Some(Foreign { found, advice });
    }
    let start = &text[..text.len().min(1 << 12)];
    if is_binary(start) {
        return Some(Foreign { found: "binary data", advice: SAVE });
    }
    let text = start.trim_ascii_start();
    if text.first() == Some(&b'<') {
        return markup(text);
    }
    is_json(text).then_some(Foreign {
        found: "JSON",
        advice: "convert it to CSV, for example with `jq -r` and `@csv`, or with pandas",
    })
}

/// Whether the bytes are neither UTF-8 nor text of another encoding: in that, control characters are rare.
/// Those that separate cells or switch between sets of characters do not count.
fn is_binary(start: &[u8]) -> bool {
    let is_utf8 = std::str::from_utf8(start).err().is_none_or(|error| error.error_len().is_none());
    let is_control = |byte: &&u8| matches!(byte, 0x02..=0x08 | 0x0e..=0x1a | 0x7f);
    let n_controls = start.iter().filter(is_control).count();
    !is_utf8 && n_controls > 2 && n_controls * 50 > start.len()
}

fn markup(text: &[u8]) -> Option<Foreign> {
    let begins =
        |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
    if ["<!doctype html", "<html", "<head", "<body", "<table", "<script", "<!--"]
        .iter()
        .any(|word| begins(word))
    {
        return Some(Foreign {
            found: "a web page (HTML)",
            advice: if memchr::memmem::find(text, b"<table").is_some() { SAVE } else { FETCH },
        });
    }
    (begins("<?xml") || begins("<?mso")).then_some(Foreign { found: "XML", advice: SAVE })
}

/// An object or a list of them: braces and brackets, then a quoted key or another value.
fn is_json(text: &[u8]) -> bool {
    let mut bytes = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    match (bytes.next(), bytes.next()) {
        (Some(b'{'), Some(b'"')) => {
            memchr::memmem::find(text, b"\":").is_some() || memchr::memmem::find(text, b"\" :").is_some()
        }
        (Some(b'['), Some(b'{')) => true,
        (Some(b'['), Some(b'[')) => bytes.next().is_some_and(|byte| byte == b'"' || byte.is_ascii_digit()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_full_of_control_characters_are_no_text_in_another_encoding() {
        let found = |bytes: &[u8]| told_by(bytes).map(|foreign| foreign.found);
        // Bytes as a cipher or a compression makes them: each value as often as another.
        let random: Vec<u8> = (0..2_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert_eq!(found(&random), Some("binary data"));
        assert_eq!(found("gr\u{f6}\u{df}e\u{1}farbe\n".repeat(9).as_bytes()), None);
        let latin: Vec<u8> = "gr\u{f6}\u{df}e\u{1}farbe\n".repeat(9).chars().map(|c| c as u8).collect();
        assert_eq!(found(&latin), None);
    }
}
