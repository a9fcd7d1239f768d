//! Tables whose numbers are not written as programmes write them.

use std::fmt::Write;

use crate::common::{QUICK, Workplace};

/// Flats whose rent follows from area and age: with a decimal point, or with a decimal comma and points
/// between thousands.
fn flats(n_rows: usize, is_german: bool) -> String {
    let mut text = String::from("area;deposit;age;rent\n");
    for row in 0..n_rows {
        let area = 30.0 + (row * 37 % 101) as f64 * 0.75;
        let deposit = 500 + row * 7919 % 40_001;
        let age = row * 13 % 60;
        let rent = area * 11.5 - age as f64 * 2.25 + (deposit % 97) as f64 * 0.1;
        if is_german {
            let thousands = format!("{}.{:03}", deposit / 1000, deposit % 1000);
            let deposit = if deposit < 1000 { deposit.to_string() } else { thousands };
            let comma = |value: f64| format!("{value:.2}").replace('.', ",");
            let _ = writeln!(text, "{};{deposit};{age};{} €", comma(area), comma(rent));
        } else {
            let _ = writeln!(text, "{area:.2};{deposit};{age};{rent:.2}");
        }
    }
    text
}

fn predictions(workplace: &Workplace, model: &str, file: &str) -> Vec<String> {
    let out = workplace.kitae(&format!("predict {model} {file}")).ok();
    out.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn a_decimal_comma_changes_no_answer() {
    let workplace = Workplace::new();
    workplace.write("plain.csv", &flats(300, false));
    workplace.write("german.csv", &flats(300, true));
    for name in ["plain", "german"] {
        workplace.kitae(&format!("train {name}.csv --target rent --out {name} {QUICK} --quiet")).ok();
    }
    let model = workplace.json("german/model.json");
    assert_eq!(
        model["manifest"]["model"]["class_names"].as_array().unwrap().len(),
        0,
        "a rent is a quantity"
    );
    let plain = predictions(&workplace, "plain", "plain.csv");
    assert_eq!(predictions(&workplace, "german", "german.csv"), plain);
    // A row alone is read as it is among others.
    let german = flats(300, true);
    let mut lines = german.lines();
    workplace.write("one.csv", &[lines.next().unwrap(), lines.nth(4).unwrap()].join("\n"));
    assert_eq!(predictions(&workplace, "german", "one.csv"), plain[4..5]);
}

#[test]
fn one_odd_cell_among_prices_makes_no_classes() {
    let workplace = Workplace::new();
    let mut lines: Vec<String> = flats(300, false).lines().map(str::to_owned).collect();
    let cut = lines[200].rfind(';').unwrap();
    lines[200].replace_range(cut + 1.., "n.d.");
    workplace.write("flats.csv", &(lines.join("\n") + "\n"));
    let said = workplace.kitae("inspect flats.csv --target rent").ok();
    assert!(said.contains("`n.d.` (row 200)") && said.contains("target `rent`: a quantity"), "{said}");
    workplace.kitae(&format!("train flats.csv --target rent --out model {QUICK} --quiet")).ok();
    let model = workplace.json("model/model.json");
    assert_eq!(model["manifest"]["model"]["class_names"].as_array().unwrap().len(), 0);
}
