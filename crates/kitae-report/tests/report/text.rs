//! Blocks as a terminal gets them.

use kitae_report::document::{Block, Table};
use kitae_report::text::{Terminal, text};

fn words(n_rows: usize) -> Block {
    let columns = ["name", "n"];
    let rows = (0..n_rows).map(|at| vec!["a b".repeat(at + 1), at.to_string()]).collect();
    Block::Table(Table::new("Words", &columns, rows))
}

#[test]
fn columns_of_a_table_line_up_below_its_caption() {
    let drawn = text(&[words(2)], &Terminal::ENDLESS);
    assert_eq!(drawn, "Words\n  name     n\n  a b      0\n  a ba b   1\n");
}

#[test]
fn a_long_table_is_cut_and_a_wide_one_stands_closer() {
    let drawn = text(&[words(3)], &Terminal { width: 11, most_rows: 1 });
    assert_eq!(drawn, "Words\n  name   n\n  a b    0\n  and 2 more\n");
    let drawn = text(&[words(1)], &Terminal { width: 8, ..Terminal::ENDLESS });
    assert_eq!(drawn, "Words\n  name  n\n  a b   0\n");
}

#[test]
fn titles_stand_apart_and_pictures_leave_no_trace() {
    let blocks = [
        Block::Text("All is well.".into()),
        Block::Charts(Vec::new()),
        Block::Legend("Dots are lines.".into()),
        Block::Heading("More".into()),
        words(0),
        Block::Facts(vec![("a".into(), "1".into()), ("long".into(), "2".into())]),
    ];
    let expected = "All is well.\n\nMore\nWords\n  name   n\n  a     1\n  long  2\n";
    assert_eq!(text(&blocks, &Terminal::ENDLESS), expected);
}
