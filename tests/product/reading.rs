//! Files as people have them: what `inspect`, `train` and `predict` make of their form, and that the advice
//! mends it.

use std::io::Write;
use std::process::Stdio;

use crate::common::{QUICK, Workplace, flowers};

/// The bytes of a text in which each character is one byte.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| c as u8).collect()
}

#[test]
fn the_advice_of_a_refusal_mends_it() {
    let workplace = Workplace::new();
    let plain = flowers(60);
    let umlaut = plain.replace("colour", "größe");
    let japanese = plain.replace("colour", "\u{ff71}\u{ff72}");
    let shift_jis: Vec<u8> = japanese
        .chars()
        .map(|c| if c.is_ascii() { c as u8 } else { (c as u32 - 0xff71) as u8 + 0xb1 })
        .collect();
    let no_names = plain.split_once('\n').unwrap().1.replace("\"rose, wild\"", "rose");
    for (bytes, message, flags) in [
        (latin1(&umlaut), "--encoding windows-1252", "--encoding windows-1252"),
        (shift_jis, "--encoding ", "--encoding shift_jis"),
        (plain.replace(",tulip", "").into_bytes(), "--short-rows", "--short-rows"),
        (no_names.into_bytes(), "--no-header", "--no-header"),
    ] {
        std::fs::write(workplace.path("t.csv"), &bytes).unwrap();
        let error = workplace.kitae("inspect t.csv").fails(1);
        assert!(error.contains(message), "{error}");
        workplace.kitae(&format!("inspect t.csv {flags}")).ok();
    }
}

#[test]
fn an_unusual_file_is_trained_on_and_later_files_are_read_like_it() {
    let workplace = Workplace::new();
    let plain = flowers(90);
    let odd = format!(
        "Flowers of May\n\n{}\nTotal,12,,\n",
        plain.trim_end().replace("\"rose, wild\"", "'rose, wild'")
    );
    workplace.write("plain.csv", &plain);
    workplace.write("odd.csv", &odd);
    let said = workplace.kitae("inspect odd.csv").ok();
    for part in ["--skip-rows 2", "`Total 12`"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    workplace.kitae(&format!("train plain.csv --target kind --out a {QUICK} --quiet")).ok();
    workplace.kitae(&format!("train odd.csv --target kind --out b {QUICK} --quiet")).ok();
    // What is to be known of the file is told again by whatever begins from the model.
    let again = workplace.kitae("train --of b --out c --json --epochs 3 --threads 1 --device flex");
    let json: serde_json::Value = serde_json::from_str(&again.ok()).unwrap();
    let findings = json["findings"].as_array().unwrap();
    assert!(
        findings.iter().any(|found| found["message"].as_str().unwrap().contains("Flowers of May")),
        "{json}"
    );
    let expected = workplace.kitae("predict a plain.csv").ok();
    for line in ["predict a odd.csv", "predict b plain.csv", "predict b odd.csv"] {
        assert_eq!(workplace.kitae(line).ok(), expected, "{line}");
    }
}

#[test]
fn rows_may_be_piped_in() {
    let workplace = Workplace::new();
    let rows = flowers(90);
    workplace.write("flowers.csv", &rows);
    let piped = |line: &str| {
        let mut command = workplace.command(line);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(rows.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(piped("inspect -").contains("90 rows"));
    assert!(piped(&format!("train - --target kind {QUICK} --quiet")).contains("evaluate models/stdin -   #"));
    let predictions = piped("predict models/stdin -");
    assert_eq!(workplace.kitae("predict models/stdin flowers.csv").ok(), predictions);
    let error = workplace.kitae("evaluate models/stdin").fails(1);
    assert!(error.contains("| kitae evaluate models/stdin -"), "{error}");
    assert!(piped("evaluate models/stdin -").contains("log_loss"));
}

#[test]
fn text_beyond_the_limit_is_refused_with_its_size() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(5000));
    let error = workplace.kitae("inspect flowers.csv --max-size 50K").fails(1);
    assert!(error.contains("--max-size 1G"), "{error}");
    workplace.kitae("inspect flowers.csv --max-size 1G").ok();
}
