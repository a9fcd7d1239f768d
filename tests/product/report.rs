//! The page that a training leaves, and `kitae report`.

use std::path::Path;
use std::process::Command;

use crate::architecture::root;
use crate::browser::browser;
use crate::common::{QUICK, Workplace, flowers, lengths};

/// A table that ships, and a model of it in `model`.
fn trained(name: &str, target: &str) -> Workplace {
    let workplace = Workplace::new();
    let table = std::fs::read_to_string(root().join("datasets").join(name).join("data.csv")).unwrap();
    workplace.write("data.csv", &table);
    let out = workplace.kitae(&format!("train data.csv --target {target} --out model {QUICK} --quiet")).ok();
    assert!(out.contains("\nreport    model/report.html\n"), "{out}");
    workplace
}

#[track_caller]
fn check(html: &str, parts: &[&str]) {
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
    for part in parts {
        assert!(html.contains(part), "{part}");
    }
    for element in ["section", "svg", "table", "details", "figure", "fieldset", "div", "text", "dl"] {
        let (opened, closed) = (format!("<{element}"), format!("</{element}>"));
        let opens =
            html.match_indices(&opened).filter(|(at, _)| html[at + opened.len()..].starts_with([' ', '>']));
        assert_eq!(opens.count(), html.matches(&closed).count(), "{element}");
    }
}

#[test]
fn a_training_leaves_a_page_of_its_classes() {
    let workplace = trained("breast_cancer", "diagnosis");
    let parts = [
        "ROC curve of malignant",
        "Loss, fold 1",
        "the class frequencies",
        "have not been looked at",
        "Layers during training",
        "Gradient size",
    ];
    check(&workplace.read("model/report.html"), &parts);
}

#[test]
fn a_training_leaves_a_page_of_its_values() {
    let workplace = trained("diabetes", "progression");
    check(&workplace.read("model/report.html"), &["True against predicted", "residual", "rmse", "the mean"]);
}

#[test]
fn a_page_made_later_knows_of_looks_and_stays_the_same_without() {
    let workplace = trained("breast_cancer", "diagnosis");
    let first = workplace.read("model/report.html");
    assert_eq!(workplace.kitae("report model").ok(), "report    model/report.html\n");
    assert_eq!(workplace.read("model/report.html"), first);
    workplace.kitae("evaluate model").ok();
    let out = workplace.kitae("report model --out page.html --charts charts").ok();
    assert!(
        out.contains("report    page.html\ncharts    charts   (") && out.ends_with(" charts, PNG and SVG)\n"),
        "{out}"
    );
    check(&workplace.read("page.html"), &["have been opened once", " UTC", "the sealed rows of data.csv"]);
    for name in ["scores", "gain-1", "curves-1-1-loss", "confusion", "roc-1"] {
        let svg = workplace.read(&format!("charts/{name}.svg"));
        assert!(
            svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n") && !svg.contains("var("),
            "{name}"
        );
        let png = std::fs::read(workplace.path(&format!("charts/{name}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG") && png.len() > 10_000, "{name}: {} bytes", png.len());
    }
    let out = workplace.kitae("report model --charts pixels --chart-format png").ok();
    assert!(out.contains("charts    pixels   (") && out.ends_with(" charts, PNG)\n"), "{out}");
    assert!(workplace.path("pixels/scores.png").is_file() && !workplace.path("pixels/scores.svg").exists());
    workplace.kitae("report model --charts lines --chart-format svg").ok();
    assert!(workplace.path("lines/scores.svg").is_file() && !workplace.path("lines/scores.png").exists());
    assert!(workplace.kitae("report model --chart-format png").fails(2).contains("--charts"));
    assert!(workplace.kitae("report model --out -").ok().starts_with("<!DOCTYPE html>"));
}

#[test]
fn parts_that_are_missing_or_damaged_are_left_out_with_a_sentence_why() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(60));
    workplace.kitae(&format!("train flowers.csv --target kind --out model {QUICK} --quiet")).ok();
    std::fs::remove_file(workplace.path("model/weights.safetensors")).unwrap();
    std::fs::remove_file(workplace.path("model/record.jsonl")).unwrap();
    workplace.write("model/out_of_fold.csv", "row,target,prediction\n1,thistle,thistle\n");
    workplace.write("model/looks.jsonl", "no look\n");
    let outcome = workplace.kitae("report model");
    assert!(outcome.err.contains("out_of_fold.csv` is damaged") && outcome.err.contains("record.jsonl"));
    outcome.ok();
    let html = workplace.read("model/report.html");
    check(
        &html,
        &[
            "no learning curves",
            "its SHA-256 is not the one in",
            "The test rows have not been looked at yet.",
        ],
    );
    let error = workplace.kitae("report nowhere").fails(1);
    assert!(error.contains("there is no folder `nowhere`"), "{error}");
    let error = workplace.kitae("predict model flowers.csv").fails(1);
    assert!(error.contains("weights.safetensors` is missing: bring it back"), "{error}");
}

#[test]
fn letters_that_a_png_chart_cannot_show_are_told() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(60).replace("rose", "薔薇"));
    workplace.kitae(&format!("train flowers.csv --target kind --out model {QUICK} --quiet")).ok();
    let outcome = workplace.kitae("report model --charts charts");
    assert!(outcome.err.contains("boxes stand for 薇薔") && outcome.err.contains("SVG"), "{}", outcome.err);
    outcome.ok();
    let outcome = workplace.kitae("report model --charts lines --chart-format svg");
    assert_eq!(outcome.err, "");
    assert!(
        workplace.read("lines/roc-1.svg").contains('薔')
            || workplace.read("lines/confusion.svg").contains('薔')
    );
}

#[test]
fn names_from_the_table_are_text_on_the_page() {
    let workplace = Workplace::new();
    let table = lengths(48).replace("width", "<script>alert(1)</script>");
    workplace.write("table.csv", &table);
    workplace.kitae(&format!("train table.csv --target length --out model {QUICK} --quiet")).ok();
    let html = workplace.read("model/report.html");
    assert!(html.contains("&lt;script&gt;alert(1)") && !html.contains("<script"));
}

#[test]
fn a_study_leaves_a_page_which_can_be_made_again() {
    let workplace = Workplace::new();
    workplace.write("lengths.csv", &lengths(120));
    let tune = "tune lengths.csv --target length --trials 5 --holdout-share 0.3 --model model";
    let out = workplace.kitae(&format!("{tune} --out study {QUICK} --quiet")).ok();
    assert!(out.contains("\npage      study/report.html\n"), "{out}");
    let parts = [
        "Best rmse so far",
        "All 5 trials",
        "30\u{20}% of the open rows were kept as holdout",
        "the recipe itself",
    ];
    check(&workplace.read("study/report.html"), &parts);
    let first = workplace.read("study/report.html");
    std::fs::remove_file(workplace.path("study/report.html")).unwrap();
    let out = workplace.kitae("report study --charts charts").ok();
    assert!(out.starts_with("report    study/report.html\ncharts    charts   ("), "{out}");
    assert_eq!(workplace.read("study/report.html"), first);
    assert!(workplace.path("charts/trials.png").is_file());
    let error = workplace.kitae("report study --importance").fails(2);
    assert!(error.contains("the folder of a study"), "{error}");
    // Without the rows' own look there is nothing to tell of them.
    let connection = rusqlite::Connection::open(workplace.path("study/study.db")).unwrap();
    connection.execute("DELETE FROM look", []).unwrap();
    workplace.kitae("report study").ok();
    check(&workplace.read("study/report.html"), &["have not been looked at", "The search has not ended"]);
}

/// A table whose `y` is three times `planted` and nothing of `noise`.
fn planted(n_rows: usize) -> String {
    let row = |i: usize| {
        let planted = (i as f64 * 0.618_034).fract();
        let noise = (i as f64 * 0.414_214).fract();
        let rest = (i as f64 * 0.732_051).fract() * 0.1;
        format!("{planted:.5},{noise:.5},{:.5}\n", 3.0 * planted + rest)
    };
    "planted,noise,y\n".to_owned() + &(0..n_rows).map(row).collect::<String>()
}

#[test]
fn the_importance_of_columns_is_measured_printed_and_stays_on_the_page() {
    let workplace = Workplace::new();
    workplace.write("table.csv", &planted(240));
    let train =
        "train table.csv --target y --out model --preset fast --epochs 30 --folds 4 --threads 1 --quiet";
    workplace.kitae(train).ok();
    let out = workplace.kitae("report model --importance --permutations 3 --threads 1").ok();
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0] == "Permutation importance" && lines[1].contains("rmse"), "{out}");
    let header = lines.iter().position(|line| line.starts_with("  column ")).unwrap();
    assert!(lines[header + 1].trim_start().starts_with("planted   +"), "{out}");
    assert!(out.contains("3 permutations in each of 4 folds") && out.contains("not what causes"), "{out}");
    let json = workplace.json("model/importance.json");
    assert_eq!(json["columns"][0]["column"], "planted");
    assert!(json["columns"][0]["interval"]["low"].as_f64().unwrap() > 0.0);
    // Permuted, three times a number that is uniform from 0 to 1 misses by sqrt(2 · 9 / 12) = 1.22.
    let lost = json["columns"][0]["drop"].as_f64().unwrap() + json["baseline"].as_f64().unwrap();
    assert!((lost - 1.2247).abs() < 0.08, "{lost}");
    let noise = &json["columns"][1]["interval"];
    assert!(noise["low"].as_f64().unwrap() <= 0.0 && noise["high"].as_f64().unwrap() >= 0.0, "{json}");
    // The same seed, whatever the threads.
    workplace.kitae("report model --importance --permutations 3 --threads 2").ok();
    assert_eq!(workplace.json("model/importance.json"), json);
    // It stays without being measured again, and a damaged file is said.
    workplace.kitae("report model").ok();
    check(
        &workplace.read("model/report.html"),
        &["Permutation importance", "Breiman 2001", "not what causes"],
    );
    workplace.write("model/importance.json", "{}");
    workplace.kitae("report model").ok();
    check(&workplace.read("model/report.html"), &["The importance of columns cannot be read"]);
}

#[test]
fn importance_that_cannot_be_measured_is_said_in_one_sentence() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(60));
    workplace.kitae(&format!("train flowers.csv --target kind --out model {QUICK} --quiet")).ok();
    assert!(workplace.kitae("report model --permutations 3").fails(2).contains("--importance"));
    assert!(workplace.kitae("report model --importance --permutations 0").fails(2).contains('0'));
    workplace.write("flowers.csv", &flowers(61));
    let error = workplace.kitae("report model --importance").fails(1);
    assert!(error.contains("has changed") && error.contains("bring the old file back"), "{error}");
    // Who made the model knows where the file was; the model itself knows how it was called.
    workplace.write("flowers.csv", &flowers(60));
    std::fs::remove_file(workplace.path("model/run.json")).unwrap();
    workplace.kitae("report model --importance").ok();
    std::fs::remove_file(workplace.path("flowers.csv")).unwrap();
    assert!(workplace.kitae("report model --importance").fails(1).contains("flowers.csv"));
}

#[test]
fn curves_are_drawn_when_asked_for_and_never_beside_json() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(60));
    let train = format!("train flowers.csv --target kind --out model --overwrite {QUICK}");
    let outcome = workplace.kitae(&format!("{train} --quiet --plot"));
    assert!(outcome.err.contains("the median of 2 networks") && outcome.err.contains('┤'), "{}", outcome.err);
    assert!(!outcome.out.contains('┤') && outcome.code == Some(0), "{}", outcome.out);
    // The error stream of a test is no terminal.
    for rest in ["", "--plot=auto", "--plot=never"] {
        assert!(!workplace.kitae(&format!("{train} {rest}")).err.contains('┤'), "{rest}");
    }
    assert!(workplace.kitae(&format!("{train} --json --plot")).fails(2).contains("--json"));
}

/// The page as the browser understood it, and what it logged.
fn opened(browser: &Path, page: &Path) -> (String, String) {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"])
        .args(["--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(output.stdout), text(output.stderr))
}

/// Presses each button of the page from the keyboard's side, and writes down what is seen.
const PRESS: &str = r#"<script>
const seen = [];
for (const tabs of document.querySelectorAll(".tabs")) {
  const panels = [...tabs.children].filter(e => e.tagName === "DIV");
  [...tabs.querySelectorAll(":scope > input")].forEach((button, at) => {
    button.focus();
    const focused = document.activeElement === button;
    button.click();
    const shown = panels.map(p => getComputedStyle(p).display !== "none");
    seen.push(focused && shown.filter(Boolean).length === 1 && shown[at]);
  });
}
const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
document.body.setAttribute("data-seen", seen.length + " buttons " + seen.every(Boolean) + " wide " + wide);
</script></body>"#;

/// Opens a page of the workplace and presses its buttons; there must be `n_buttons` and no complaint.
fn press(browser: &Path, workplace: &Workplace, page: &str, n_buttons: usize) {
    let html = workplace.read(page).replace("</body>", PRESS);
    workplace.write("pressed.html", &html);
    let (dom, log) = opened(browser, &workplace.path("pressed.html"));
    assert!(!log.contains("CONSOLE"), "{page}: {log}");
    let seen = format!("data-seen=\"{n_buttons} buttons true wide false\"");
    assert!(dom.contains(&seen), "{page}: {}\n{log}", &dom[dom.len().saturating_sub(3000)..]);
}

#[test]
fn a_browser_opens_the_pages_without_a_complaint_and_their_buttons_choose_the_fold() {
    let Some(browser) = browser() else { return };
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(90));
    workplace.kitae(&format!("train flowers.csv --target kind --out model {QUICK} --quiet")).ok();
    workplace.kitae("report model --importance").ok();
    // All folds and two folds; three classes.
    press(&browser, &workplace, "model/report.html", 6);
    let ledger =
        "ledger flowers.csv --target kind --epochs 2 --hidden 4 --folds 2 --only penalty --out ledger";
    workplace.kitae(&format!("{ledger} --quiet")).ok();
    press(&browser, &workplace, "ledger/report.html", 0);
}
