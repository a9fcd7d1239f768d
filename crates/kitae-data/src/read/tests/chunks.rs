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
fn a_cell_that_does_not_fit_its_column_is_missing_and_counted() {
    let schema = schema(SALES);
    let text = SALES.replace("k4,4,green", "k4,4 kg,green").replace("2024-02-01\nk4", "1 Feb\nk4");
    let file = saved(text.as_bytes());
    for chunk_rows in [1, 2, 100] {
        let chunks = ChunkOptions { chunk_rows, ..ChunkOptions::default() };
        let mut chunks = read_chunks(file.path(), &schema, &ReadOptions::default(), &chunks).unwrap();
        let tables: Vec<_> = chunks.by_ref().map(Result::unwrap).collect();
        let n_missing = |name: &str| -> usize {
            tables.iter().filter_map(|table| table.column(name)).map(|column| column.cells.n_missing()).sum()
        };
        assert_eq!((n_missing("size"), n_missing("sold")), (2, 2));
        let odd: Vec<_> = chunks.tallies().map(|(name, tally)| (name, tally.odd.n_cells)).collect();
        assert_eq!(
            odd.iter().filter(|(_, n_cells)| *n_cells > 0).collect::<Vec<_>>(),
            [&("size", 1), &("sold", 1)]
        );
    }
}

#[test]
fn lines_are_counted_right_when_a_line_end_is_read_in_two_parts() {
    let schema = schema("a,b\n1,x\n2,y\n3,x\n");
    let length = super::header::SAMPLE_BYTES;
    for shift in 0..3 {
        let level = "x".repeat(length - shift - "a,b\r\n1,".len());
        let text = format!("a,b\r\n1,{level}\r\n2,y\r\n3\r\n");
        let found =
            streamed(text.as_bytes(), &schema, &ChunkOptions { chunk_rows: 1, ..ChunkOptions::default() });
        let found = found.unwrap_err().to_string();
        assert!(found.contains("line 4: 1 cells where the header has 2"), "{found}");
    }
}

#[test]
fn nothing_follows_an_error() {
    let schema = schema(SALES);
    let file = saved(SALES.replace("k2,2", "k2").as_bytes());
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

#[test]
fn a_column_called_nearly_as_it_was_is_taken_and_told() {
    let schema = schema(SALES);
    let file = saved(b"\"\xef\xbb\xbfID\",SIZE,Colour ,extra,so_ld\nk1,2,red,9,\n");
    let options = ChunkOptions { chunk_rows: 1, ..ChunkOptions::default() };
    let mut chunks = read_chunks(file.path(), &schema, &ReadOptions::default(), &options).unwrap();
    let table = chunks.next().unwrap().unwrap();
    assert_eq!(names(&table), ["id", "size", "colour", "sold"]);
    assert_eq!(cells(&table)[0][1], "2");
    let renamed: Vec<(&str, &str)> =
        chunks.renamed().iter().map(|renamed| (renamed.column.as_str(), renamed.found.as_str())).collect();
    assert_eq!(renamed[1..], [("size", "SIZE"), ("colour", "Colour"), ("sold", "so_ld")]);
    assert_eq!(chunks.unknown(), ["extra"]);
    let error = streamed(b"id,Size,SIZE,colour,sold\n", &schema, &ChunkOptions::default()).unwrap_err();
    assert!(error.to_string().ends_with("call one of `Size`, `SIZE` `size`"), "{error}");
}

#[test]
fn cells_are_kept_as_they_are_written_beside_what_they_mean() {
    let schema = schema(SALES);
    let text = "id,size,colour,sold,note\n007, 1.50 ,red,,\"a, \"\"b\"\"\"\nNA,?,,,é\n";
    for (chunk_rows, n_threads) in [(1, 1), (1000, 2)] {
        let file = saved(text.as_bytes());
        let verbatim = Verbatim::Columns(["note", "size", "id", "size"].map(str::to_owned).to_vec());
        let options = ChunkOptions { chunk_rows, verbatim, ..ChunkOptions::default() };
        let reading = ReadOptions { n_threads, ..ReadOptions::default() };
        let mut chunks = read_chunks(file.path(), &schema, &reading, &options).unwrap();
        assert_eq!(chunks.verbatim_names().collect::<Vec<_>>(), ["note", "size", "id"]);
        let mut lines = Vec::new();
        while let Some(chunk) = chunks.next_chunk() {
            let chunk = chunk.unwrap();
            let cell = |column: &VerbatimColumn, row| String::from_utf8(column.cell(row).to_vec()).unwrap();
            let line = |row| chunk.verbatim.iter().map(|column| cell(column, row)).collect::<Vec<_>>();
            lines.extend((0..chunk.table.n_rows).map(line));
        }
        assert_eq!(lines, [["a, \"b\"", " 1.50 ", "007"], ["é", "?", "NA"]]);
    }
    let verbatim = Verbatim::Columns(vec!["Note".to_owned()]);
    let error = streamed(text.as_bytes(), &schema, &ChunkOptions { verbatim, ..ChunkOptions::default() })
        .unwrap_err();
    assert!(error.to_string().contains("no column is called `Note`; did you mean `note`?"), "{error}");
}

#[test]
fn infinite_numbers_and_unknown_categories_are_counted() {
    let schema = schema(SALES);
    let row = |row: usize| ["k,inf,c", "k,1e999,c", "k,4,c"][row % 3].to_owned() + &row.to_string() + ",\n";
    let rows: String = (0..3000).map(row).collect();
    let file = saved(format!("id,size,colour,sold\n{rows}").as_bytes());
    let options = ChunkOptions { chunk_rows: 700, ..ChunkOptions::default() };
    let reading = ReadOptions { n_threads: 2, ..ReadOptions::default() };
    let mut chunks = read_chunks(file.path(), &schema, &reading, &options).unwrap();
    let n_missing: usize =
        chunks.by_ref().map(|table| table.unwrap().column("size").unwrap().cells.n_missing()).sum();
    assert_eq!(n_missing, 2000);
    let tallies: std::collections::HashMap<_, _> = chunks.tallies().collect();
    assert_eq!(tallies["size"].n_infinite, 2000);
    assert_eq!(tallies["colour"].unseen.n_cells, 3000);
    assert_eq!(tallies["colour"].unseen.texts, ["c0", "c1", "c2"]);
}
