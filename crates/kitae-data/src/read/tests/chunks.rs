//! Files read chunk by chunk.

use std::io::Write;

use super::slow::nasty;
use super::*;

fn saved(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn schema(text: &str) -> Schema {
    infer_schema(&read(text).unwrap(), &Hints::default()).unwrap()
}

pub(super) fn streamed(
    bytes: &[u8],
    schema: &Schema,
    chunks: &ChunkOptions,
) -> Result<Vec<Table>, DataError> {
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

/// The cells of a file of `SALES` without `k`, read in chunks of one row, and what is said of the file.
fn sales(text: &[u8], options: &ReadOptions) -> Result<(Vec<Vec<String>>, String), DataError> {
    let schema = schema("size,colour\n1.5,red\n2,blue\n3,red\n4,green\n");
    let file = saved(text);
    let chunk_options = ChunkOptions { chunk_rows: 1, ..ChunkOptions::default() };
    let mut chunks = read_chunks(file.path(), &schema, options, &chunk_options)?;
    let mut rows = Vec::new();
    for table in chunks.by_ref() {
        rows.extend(cells(&table?));
    }
    Ok((rows, chunks.findings().iter().map(|finding| format!("{finding}\n")).collect()))
}

#[test]
fn unusual_forms_are_streamed_as_they_are_read_whole() {
    let plain = "size,colour\n1.5,red\n2,blue\n3,red\n4,green\n5,red\n6,blue\n";
    let options = ReadOptions::default();
    let expected = sales(plain.as_bytes(), &options).unwrap().0;
    assert_eq!(expected.len(), 6);
    for text in [
        plain.replace(',', "^"),
        plain.replace(',', "||"),
        plain.replace(',', "   "),
        format!("sep=,\n{plain}"),
        format!("Report of May\n\n{plain}"),
        format!("# made by hand\n{plain}# and this, too\n"),
        plain.replace("\n3", "\nsize,colour\n3"),
        plain.replace("colour\n", "colour\ncm,-\n"),
        format!("{plain}Total,\n"),
        format!("{plain}\nSource: the office\nof May\n"),
        format!("{plain}\u{1a}"),
        plain.replace("red", "'red'"),
        plain.replace("red", "re\0d"),
        plain.replace('\n', ",\n"),
        plain.lines().map(|line| format!("\"{line}\"\n")).collect(),
    ] {
        assert_eq!(sales(text.as_bytes(), &options).unwrap().0, expected, "{text:?}");
    }
    let bytes: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(sales(&bytes, &options).unwrap().0, expected);
    assert!(
        sales(format!("{plain}\nmade by hand\n").as_bytes(), &options).unwrap().1.contains("`made by hand`")
    );
}

#[test]
fn a_stream_ends_where_remarks_begin_wherever_blocks_end() {
    let options = ReadOptions::default();
    for n_rows in [1usize << 14, (1 << 14) + 7, 100_000] {
        let text =
            format!("size,colour\n{}Total,\n\nmade by hand, twice, in May\n", "12.5,red\n".repeat(n_rows));
        let schema = schema("size,colour\n1.5,red\n2,blue\n3,red\n4,green\n");
        let file = saved(text.as_bytes());
        let chunks = read_chunks(file.path(), &schema, &options, &ChunkOptions::default()).unwrap();
        assert_eq!(chunks.map(|table| table.unwrap().n_rows).sum::<usize>(), n_rows);
    }
}

#[test]
fn swallowed_rows_end_a_stream() {
    let rows = "1,red\n".repeat(60);
    let text = format!("size,colour\n1,\"red\n{rows}2,blue\"\n3,red\n");
    let found = sales(text.as_bytes(), &ReadOptions::default()).unwrap_err().to_string();
    assert!(found.contains("line 2: the quote that opens here closes 61 lines further down"), "{found}");
}
