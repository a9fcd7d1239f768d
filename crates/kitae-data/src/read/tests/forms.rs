//! Files of unusual form: read right, warned of, or refused with what mends them.
#![expect(clippy::format_collect, reason = "small texts of tests read best as they are made")]

use super::*;

fn reading(text: impl AsRef<[u8]>, options: &ReadOptions) -> Reading {
    read_bytes(text.as_ref(), "t.csv", options).unwrap()
}

fn plain(text: impl AsRef<[u8]>) -> Reading {
    reading(text, &ReadOptions::default())
}

/// The findings as text.
fn told(reading: &Reading) -> String {
    reading.findings.iter().map(|finding| format!("{finding}\n")).collect()
}

/// Eight rows `number,number,text` under names, cells between `delimiter`, then the text.
fn rows(delimiter: &str) -> String {
    let colours = ["red", "blue", "green"];
    let row = |row: usize| [format!("{}.5", row + 1), format!("-0.{}", row + 2), colours[row % 3].to_owned()];
    let lines = (0..8).map(|at| row(at).join(delimiter) + "\n");
    std::iter::once(["size", "weight", "colour"].join(delimiter) + "\n").chain(lines).collect()
}

/// What [`rows`] holds.
fn check_rows(reading: &Reading) {
    let table = &reading.table;
    let expected = read(rows(",")).unwrap();
    assert_eq!(*table, expected, "{}", told(reading));
}

#[test]
fn unusual_delimiters_are_found_out() {
    for delimiter in ["^", "~", ":", "\u{1}", "§", "¦", " ", "   ", "||", ";;", " | ", "  ,  "] {
        check_rows(&plain(rows(delimiter)));
    }
    // Where cells hold single blanks, more of them separate.
    let text = "full name    size  town\nAnn Lee       1.5  New York\nBob Ross       12  Rome\nCy Young      2.5  Old Bay\n";
    let table = plain(text).table;
    assert_eq!(names(&table), ["full name", "size", "town"]);
    assert_eq!(cells(&table)[0], ["Ann Lee", "1.5", "New York"]);
    let fixed = "  size   weight   colour\n   1.5     -0.2      red\n  12.5     -0.3     blue\n 112.5     -0.4    green\n";
    assert_eq!(cells(&plain(fixed).table)[2], ["112.5", "-0.4", "green"]);
}

#[test]
fn texts_with_colons_and_blanks_stay_one_column() {
    assert_eq!(names(&plain("time\n12:30:00\n13:00:10\n").table), ["time"]);
    assert_eq!(names(&plain("first name\nAnn\nBob\n").table), ["first name"]);
    assert_eq!(names(&plain("remark\nall is well\nnone of it\nwhat a day\n").table), ["remark"]);
}

#[test]
fn a_line_that_names_the_delimiter_is_no_row() {
    for first in ["sep=;\n", "SEP=;\r\n", "\"sep=;\"\n", "\u{feff}sep=;\n"] {
        let table = plain(format!("{first}a;b\n1,5;x\n2,5;y\n")).table;
        assert_eq!((names(&table), table.n_rows), (vec!["a", "b"], 2), "{first:?}");
    }
    check_rows(&plain(format!("sep=\t\n{}", rows("\t"))));
}

#[test]
fn lines_above_the_names_are_left_out_and_said() {
    for (preamble, n_lines) in [
        ("Report of sales\nmade,2024-01-01\n\n", 3),
        ("Report of sales,,\nmade 2024-01-01,,\n", 2),
        ("Report\n", 1),
        ("Umsatz: Mai\r\n\r\n", 2),
        ("it's a report\n\n", 2),
    ] {
        let found = plain(format!("{preamble}{}", rows(",")));
        check_rows(&found);
        assert!(
            told(&found).contains(&format!("`reading.skip_rows = {n_lines}`")),
            "{preamble:?}: {}",
            told(&found)
        );
        let options = ReadOptions { skip_rows: Some(n_lines), ..ReadOptions::default() };
        let asked = reading(format!("{preamble}{}", rows(",")), &options);
        check_rows(&asked);
        assert_eq!(told(&asked), "");
    }
    let levels = plain(format!("body,body,\n{}", rows(",")));
    check_rows(&levels);
    assert!(told(&levels).contains("`reading.skip_rows = 1`"), "{}", told(&levels));
    let bank = "\"Source\",\"Indicators\",\n\n\"Country Name\",\"Code\",\"1960\",\"1961\",\n\"A, Rep.\",\"A\",\"1.5\",\"2.5\",\n";
    let table = plain(bank.to_owned() + "\"B\",\"B\",\"3.5\",\"1\",\n").table;
    assert_eq!(names(&table), ["Country Name", "Code", "1960", "1961"]);
    let german = plain("Bericht Mai\nerstellt am 1.6.2024\n\nname;preis;menge\na;1,5;2\nb;2,5;3\nc;3,5;4\n");
    assert_eq!(names(&german.table), ["name", "preis", "menge"]);
}

#[test]
fn what_looks_like_a_preamble_and_is_none_is_refused() {
    assert!(error("a,b\nx,y,z\nu,v,w\n").contains("line 2: 3 cells where the header has 2"));
    let options = ReadOptions { skip_rows: Some(0), ..ReadOptions::default() };
    let found = read_csv_bytes(format!("Report\n{}", rows(",")).as_bytes(), "t.csv", &options).unwrap_err();
    assert!(found.to_string().contains("`reading.skip_rows = 1`"), "{found}");
}

#[test]
fn commented_lines_are_no_rows() {
    check_rows(&plain(format!("# made by hand\n# second, remark\n{}", rows(","))));
    let text = rows(",").replace("3.5,", "# half, of, them\n3.5,");
    let found = plain(&text);
    check_rows(&found);
    assert!(told(&found).contains("left out: `# half, of, them`"), "{}", told(&found));
    assert_eq!(found.options.comment, Mark::Byte(b'#'));
    let asked = ReadOptions { comment: Mark::Byte(b'%'), ..ReadOptions::default() };
    check_rows(&reading(text.replace('#', "% it's \"so"), &asked));
    assert!(error(text.replace('#', "%").replace(", of, them", "")).contains("`reading.comment = \"%\"`"));
    // Values and names may begin with the sign.
    let table = plain("id,tag\n1,#a\n2,#b\n").table;
    assert_eq!(cells(&table)[0], ["1", "#a"]);
    assert_eq!(plain("tag,n\n#a,1\n#b,2\n#c,3\n").table.n_rows, 3);
    assert_eq!(names(&plain("#chrom,start,end\nx,1,2\ny,3,4\n").table), ["#chrom", "start", "end"]);
    assert_eq!(names(&plain("##v1\n#chrom,start,end\nx,1,2\ny,3,4\n").table), ["#chrom", "start", "end"]);
}

#[test]
fn rules_units_and_repeated_names_are_no_rows() {
    let markdown: String = rows(" | ").lines().map(|line| format!("| {line} |\n")).collect();
    let (names, rest) = markdown.split_once('\n').unwrap();
    check_rows(&plain(format!("{names}\n|---|:--:|---|\n{rest}")));
    let (names, rest) =
        rows(",").split_once('\n').map(|(names, rest)| (names.to_owned(), rest.to_owned())).unwrap();
    for units in ["cm,kg,-", "[cm],(kg),", "size in cm,weight in kg,colour"] {
        let found = plain(format!("{names}\n{units}\n{rest}"));
        check_rows(&found);
        assert!(told(&found).contains("units"), "{}", told(&found));
    }
    let found = plain(rows(",").replace("4.5,", &format!("{names}\n4.5,")));
    check_rows(&found);
    assert!(told(&found).contains("1 line among the rows repeats the names"), "{}", told(&found));
    // A first row with missing cells is a row.
    assert_eq!(plain(format!("{names}\nn.a.,-,red\n{rest}")).table.n_rows, 9);
    assert_eq!(plain("a,b\nx,y\nz,y\nu,v\nw,v\nk,l\n").table.n_rows, 5);
}

#[test]
fn totals_and_remarks_at_the_end_are_no_rows() {
    for tail in [
        "Total,-3.6,\n",
        "Summe,,\n",
        "Gesamt: 8 Zeilen\n",
        "合計,-3.6,\n",
        "8 rows selected\n",
        "8 rows,,\n",
        "\nSource: the office, 2024\n",
        "\n\nNotes:\nall sizes, but one, in cm, by hand\nsecond remark\n",
        "Total,-3.6,\n\nmade by hand\n",
        "Total,-3.6,\n,,\n",
        "\u{1a}",
        "\u{1a}\r\n",
    ] {
        let found = plain(format!("{}{tail}", rows(",")));
        check_rows(&found);
        assert!(tail.contains('\u{1a}') || told(&found).contains("left out"), "{tail:?}");
    }
    let tabs = "name\tn\tremark\n\na\t1\tx\n\nb\t2\t\n\nc\t3\t\n\nd\t4\t\n";
    assert_eq!(plain(tabs).table.n_rows, 4);
    // A row that was cut off is one.
    assert!(error(format!("{}9.5,-0", rows(","))).contains("is the file cut off there?"));
    let text = "name,n\nTotal,1\na,2\nb,3\nc,4\nd,5\n";
    let found = plain(text);
    assert_eq!(found.table.n_rows, 5);
    assert!(told(&found).contains("1 row with `Total` in column `name`"), "{}", told(&found));
}

#[test]
fn delimiters_at_the_end_of_lines_make_no_column() {
    let all: String = rows(",").lines().map(|line| format!("{line},\n")).collect();
    let found = plain(all);
    check_rows(&found);
    assert!(told(&found).contains("a column without name"), "{}", told(&found));
    let (names, rest) =
        rows(",").split_once('\n').map(|(names, rest)| (names.to_owned(), rest.to_owned())).unwrap();
    let found = plain(format!("{names}\n{}", rest.replace('\n', ",\n")));
    check_rows(&found);
    assert!(told(&found).contains("8 of 8 rows end with empty cells"), "{}", told(&found));
}

#[test]
fn rows_may_have_a_name_that_has_none() {
    let text = "size,colour\n1,1.5,red\n2,2.5,blue\n5,3.5,red\n";
    let found = plain(text);
    assert_eq!(names(&found.table), ["column_1", "size", "colour"]);
    assert!(told(&found).contains("each row begins with a cell"), "{}", told(&found));
    assert!(error("a,b\n1.5,x,y\n1.6,x,z\n").contains("3 cells where the header has 2"));
}

#[test]
fn short_rows_are_missing_cells_if_one_says_so() {
    let text = rows(",").replace(",blue", "");
    assert!(error(&text).contains("`reading.fills_short_rows = true`"));
    let options = ReadOptions { fills_short_rows: true, ..ReadOptions::default() };
    let found = reading(&text, &options);
    assert_eq!(cells(&found.table)[1], ["2.5", "-0.3", "·"]);
    assert!(told(&found).contains("3 of 8 rows lack cells"), "{}", told(&found));
}

#[test]
fn a_file_without_names_is_refused_unless_one_says_so() {
    let text = "1.5,red,x\n2.5,blue,y\n3.5,red,x\n4.5,red,y\n0.5,blue,x\n1.0,red,y\n";
    assert!(error(text).contains("`reading.has_header = false`"));
    assert!(error("p,x\np,y\ne,x\np,x\ne,y\ne,y\n").contains("`reading.has_header = false`"));
    let options = ReadOptions { has_header: false, ..ReadOptions::default() };
    let found = reading(text, &options);
    assert_eq!((names(&found.table), found.table.n_rows), (vec!["column_1", "column_2", "column_3"], 6));
    // Years may be names.
    let wide = "land,2020,2021\na,1.5,2\nb,2.5,3\nc,3.5,4\nd,1,2\ne,1,2\nf,1,2\n";
    assert_eq!(names(&plain(wide).table), ["land", "2020", "2021"]);
}

#[test]
fn quotes_of_other_kinds_are_found_out() {
    for (from, to) in [
        ("\"NAME, dark\"", "'NAME, dark'"),
        ("\"NAME \"\"x\"\", dark\"", "\"NAME \\\"x\\\", dark\""),
        ("\"NAME \"\"x\"\"\"", "\"NAME \\\"x\\\"\""),
        ("\"NAME, dark\"", " \"NAME, dark\""),
        ("NAME", "'NAME'"),
    ] {
        let with = |form: &str| {
            ["red", "blue", "green"].iter().fold(rows(","), |text, name| {
                text.replace(&format!(",{name}"), &format!(",{}", form.replace("NAME", name)))
            })
        };
        assert_eq!(plain(with(to)).table, plain(with(from)).table, "{to}");
    }
    let wrapped: String =
        rows(",").lines().map(|line| format!("\"{}\"\n", line.replace("red", "\"\"red\"\""))).collect();
    check_rows(&plain(wrapped));
    // An apostrophe is none.
    let table = plain("name,n\nit's,1\n'tis,2\nO'Neil,3\n").table;
    assert_eq!(cells(&table)[1], ["'tis", "2"]);
}

#[test]
fn quotes_can_be_ordinary_characters() {
    let options = ReadOptions { quote: Mark::None, ..ReadOptions::default() };
    let table = reading("a,b\n\"x,1\ny\",2\n5\" z,3\n", &options).table;
    assert_eq!(cells(&table), [["\"x", "1"], ["y\"", "2"], ["5\" z", "3"]]);
}

#[test]
fn a_quote_that_swallows_rows_is_refused() {
    let text =
        rows(",").replace("2.5,-0.3,blue", "2.5,-0.3,\"blue").replace("8.5,-0.9,blue", "8.5,-0.9,blue\"");
    let found = error(&text);
    assert!(
        found.starts_with("t.csv: line 3: the quote that opens here closes 6 lines further down"),
        "{found}"
    );
    let asked = ReadOptions { quote: Mark::None, ..ReadOptions::default() };
    assert_eq!(reading(&text, &asked).table.n_rows, 8);
    let asked = ReadOptions { quote: Mark::Byte(b'"'), ..ReadOptions::default() };
    assert_eq!(reading(&text, &asked).table.n_rows, 2);
    // Letters and verses are cells.
    let verse = "id,text,n\n1,\"Roses, red,\nviolets\nblue\",5\n2,\"a\n\nb\n\nc\",6\n";
    assert_eq!(plain(verse).table.n_rows, 2);
}

#[test]
fn a_quote_within_a_quoted_cell_is_told() {
    let found = plain("a,b\n\"say \"hi\" now\",1\n\"x\",2\n");
    assert!(
        told(&found).contains("in one cell text follows a closing quote, first on line 2"),
        "{}",
        told(&found)
    );
    assert_eq!(told(&plain("a,b\n\"say \"\"hi\"\"\",1\n5\" pipe,2\n")), "");
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn utf16_is_read_with_a_mark_and_without() {
    let marked = format!("\u{feff}{}", rows(","));
    check_rows(&plain(utf16(&marked, u16::to_le_bytes)));
    check_rows(&plain(utf16(&marked, u16::to_be_bytes)));
    check_rows(&plain(utf16(&rows(","), u16::to_le_bytes)));
    check_rows(&plain(utf16(&rows(","), u16::to_be_bytes)));
    check_rows(&plain(gzip(&utf16(&marked, u16::to_le_bytes))));
    let japanese = plain(utf16("色,数\n赤,1\n青,2\n", u16::to_le_bytes));
    assert_eq!(cells(&japanese.table), [["赤", "1"], ["青", "2"]]);
    let found = read(&utf16(&marked[..marked.len()], u16::to_le_bytes)[..41]);
    assert!(found.is_err());
}

#[test]
fn another_encoding_is_named_and_read_if_one_says_so() {
    let japanese = b"\x96\xbc\x91O,\x90\x94\n\x93\x8c\x8b\x9e,1\n\x91\xe5\x8d\xe3,2\n";
    let german = "größe,farbe\n1,grün\n2,weiß\n".chars().map(|c| c as u8).collect::<Vec<u8>>();
    for (bytes, encoding, first) in
        [(&japanese[..], "shift_jis", ["東京", "1"]), (&german, "windows-1252", ["1", "grün"])]
    {
        let found = error(bytes);
        assert!(
            found.ends_with(&format!("the text looks like {encoding}: `reading.encoding = \"{encoding}\"`")),
            "{found}"
        );
        let options = ReadOptions { encoding: TextEncoding::of(encoding), ..ReadOptions::default() };
        assert_eq!(cells(&reading(bytes, &options).table)[0], first);
    }
    // A single damaged byte is no other encoding.
    let damaged = [rows(",").replace("red", "café").as_bytes(), b"1,2,caf\xe9\n"].concat();
    assert!(error(damaged).contains("these bytes are damaged"));
    let options = ReadOptions { encoding: TextEncoding::of("shift_jis"), ..ReadOptions::default() };
    let found = read_csv_bytes(&german, "t.csv", &options).unwrap_err().to_string();
    assert!(found.starts_with("t.csv: not all of it is shift_jis"), "{found}");
}

#[test]
fn single_zero_bytes_are_left_out_and_many_refused() {
    let found = plain(rows(",").replace("red", "re\0d"));
    check_rows(&found);
    assert!(told(&found).contains("3 zero bytes"), "{}", told(&found));
    assert!(error(rows(",").replace("red", &"\0".repeat(20))).contains("line 2: zero bytes"));
}

#[test]
fn what_is_no_table_is_named() {
    for (text, found) in [
        ("{\"a\": 1, \"b\": 2}\n", "JSON"),
        ("[\n {\"a\": 1}\n]", "JSON"),
        ("<!DOCTYPE html>\n<html><body>Sign in</body></html>", "a web page (HTML); fetch the file itself"),
        ("<?xml version=\"1.0\"?><Workbook/>", "XML"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 1\n", "`git lfs pull`"),
        ("PK\u{3}\u{4}rest", "a ZIP archive or an Excel workbook; unpack it"),
        ("@RELATION iris\n@DATA\n1,2\n", "an ARFF file"),
    ] {
        assert!(error(text).contains(found), "{text}: {}", error(text));
    }
}

#[test]
fn text_beyond_the_limit_is_refused_before_memory_is_used_up() {
    let options = ReadOptions { max_bytes: 100, ..ReadOptions::default() };
    let text = rows(",");
    for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
        let found = read_csv_bytes(&bytes, "t.csv", &options).unwrap_err();
        assert!(matches!(found, DataError::TooLarge { limit: 100, .. }), "{found}");
        assert!(found.to_string().contains("`reading.max_bytes = \"1G\"`"), "{found}");
    }
}

#[test]
fn absurd_widths_and_lengths_end_in_a_short_sentence() {
    let wide = vec!["x"; 100_001].join(",");
    assert!(error(format!("{wide}\n")).contains("100001 columns, and at most 100000 are read"));
    let name = "x".repeat(1 << 20);
    assert!(error(format!("{name},{name}\n1,2\n")).len() < 300);
}
