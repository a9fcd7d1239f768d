//! The pages by keyboard alone, and whether the words on their charts can be read.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use crate::browser::{Page, browser};
use crate::common::{QUICK, Workplace, flowers};

/// What can be reached with the Tab key, in order; of buttons of which one is chosen, that one.
const CONTROLS: &str = "
const controls = () => [...document.querySelectorAll('a[href], summary, .scroll, input:checked')]
  .filter(e => e.checkVisibility() && (e.tagName === 'INPUT' || e.getClientRects().length));
const name = e => e && e !== document.body ? controls().indexOf(e) : -1;
";

/// What holds the focus: its number among all controls, and how its ring looks, in pixels and as contrast to
/// the page around it, of which WCAG 2.2 (1.4.11) asks 3.
const FOCUSED: &str = "
(() => {
  const held = document.activeElement;
  const shown = held.tagName === 'INPUT' ? document.querySelector(`label[for='${held.id}']`) : held;
  const style = getComputedStyle(shown), box = shown.getBoundingClientRect();
  const light = colour => {
    const part = colour.match(/[0-9.]+/g).slice(0, 3).map(x => x / 255)
      .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const [a, b] = [light(style.outlineColor), light(getComputedStyle(document.body).backgroundColor)];
  return {
    at: name(held), tag: held.tagName, text: shown.textContent.slice(0, 40),
    ring: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
    contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05),
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 0,
  };
})()
";

/// Presses Tab until all controls were reached once, each in order, in sight and with a ring.
#[track_caller]
fn walk(page: &mut Page) -> Vec<Value> {
    let n_controls = page.value("controls().length").as_u64().unwrap();
    let mut held = Vec::new();
    for at in 0..n_controls {
        page.press("Tab");
        let focused = page.value(FOCUSED);
        assert_eq!(focused["at"], at, "{focused} after {:?}", held.last());
        assert!(focused["ring"].as_f64().unwrap() >= 2.0, "{focused}");
        assert!(focused["contrast"].as_f64().unwrap() >= 3.0, "{focused}");
        assert_eq!(focused["seen"], true, "{focused}");
        held.push(focused);
    }
    // There is a way out: the next is not on the page.
    page.press("Tab");
    assert_eq!(page.value("name(document.activeElement)"), -1);
    held
}

fn models(workplace: &Workplace) {
    workplace.write("flowers.csv", &flowers(90));
    workplace.kitae(&format!("train flowers.csv --target kind --out model {QUICK} --quiet")).ok();
}

#[test]
fn every_control_is_reached_in_order_with_a_ring_in_light_and_dark() {
    let Some(browser) = browser() else { return };
    let workplace = Workplace::new();
    models(&workplace);
    for colours in ["light", "dark"] {
        let mut page = Page::open(&browser, &workplace.path("model/report.html"));
        page.colours(colours);
        page.value(CONTROLS);
        let held = walk(&mut page);
        let tags: BTreeSet<&str> = held.iter().map(|focused| focused["tag"].as_str().unwrap()).collect();
        assert_eq!(tags, BTreeSet::from(["A", "DIV", "INPUT", "SUMMARY"]));
        // What opens has controls of its own, which are reached too.
        page.value("document.querySelectorAll('details').forEach(e => e.open = true)");
        page.value("document.activeElement.blur(); scrollTo(0, 0)");
        assert!(walk(&mut page).len() > held.len());
        assert_eq!(page.complaints, Vec::<String>::new());
    }
}

#[test]
fn keys_skip_choose_and_open() {
    let Some(browser) = browser() else { return };
    let workplace = Workplace::new();
    models(&workplace);
    let mut page = Page::open(&browser, &workplace.path("model/report.html"));
    page.value(CONTROLS);
    // The first key shows the way past the head, which is followed.
    page.press("Tab");
    assert!(page.value(FOCUSED)["text"].as_str().unwrap().starts_with("Skip to"));
    page.press("Enter");
    assert_eq!(page.value("location.hash"), "#main");
    page.press("Tab");
    assert_eq!(page.value("document.activeElement.closest('nav') !== null"), true);
    // Arrows choose another fold, whose panel is the one that is seen.
    let shown = "[...document.querySelector('.tabs').children].filter(e => e.tagName === 'DIV')
      .findIndex(e => getComputedStyle(e).display !== 'none')";
    assert_eq!(page.value(shown), 0);
    page.value("document.querySelector('.tabs input').focus()");
    page.press("ArrowRight");
    assert_eq!(page.value(shown), 1);
    let focused = page.value(FOCUSED);
    assert!(focused["ring"].as_f64().unwrap() >= 2.0 && focused["text"] == "fold 1", "{focused}");
    // Enter and the space bar open what is folded, and close it.
    for key in ["Enter", " "] {
        page.value("document.querySelector('summary').focus()");
        for is_open in [true, false] {
            page.press(key);
            assert_eq!(page.value("document.querySelector('details').open"), is_open, "{key}");
        }
    }
}

/// The words on charts that lie on others or outside of their chart.
const COLLISIONS: &str = "
(() => {
  document.querySelectorAll('details').forEach(e => e.open = true);
  document.querySelectorAll('.tabs > div').forEach(e => e.style.display = 'block');
  const found = [];
  for (const svg of document.querySelectorAll('svg')) {
    const chart = svg.getBoundingClientRect();
    // The box of a line of text is higher than its letters.
    const words = [...svg.querySelectorAll('text')].map(e => [e.textContent, e.getBoundingClientRect()])
      .map(([text, box]) => ({ text, left: box.left, right: box.right,
        top: box.top + 0.25 * box.height, bottom: box.bottom - 0.25 * box.height }));
    const title = svg.querySelector('title').textContent;
    words.forEach((a, at) => {
      if (a.left < chart.left - 1 || a.right > chart.right + 1) found.push(`${title}: ${a.text} is cut`);
      for (const b of words.slice(at + 1))
        if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
          found.push(`${title}: ${a.text} on ${b.text}`);
    });
  }
  return found;
})()
";

#[test]
fn words_on_charts_do_not_lie_on_each_other() {
    let Some(browser) = browser() else { return };
    let workplace = Workplace::new();
    models(&workplace);
    let mut houses = String::from("rooms,price\n");
    for row in 0..90_u32 {
        let noise = (f64::from(row) * 0.414_214).fract() * 800_000.0;
        let _ = writeln!(houses, "{},{:.0}", row % 7, 150_000.0 * f64::from(row % 7) + noise - 400_000.0);
    }
    workplace.write("houses.csv", &houses);
    workplace.kitae(&format!("train houses.csv --target price --out houses {QUICK} --quiet")).ok();
    let small = "--epochs 2 --hidden 4 --folds 2 --blend none";
    let ledger = format!("ledger flowers.csv --target kind {small} --only penalty --out ledger");
    workplace.kitae(&format!("{ledger} --quiet")).ok();
    workplace
        .kitae(&format!("tune houses.csv --target price --trials 6 --out study --model m {QUICK} --quiet"))
        .ok();
    for folder in ["model", "houses", "ledger", "study"] {
        let mut page = Page::open(&browser, &workplace.path(&format!("{folder}/report.html")));
        for width in [1000, 390] {
            page.resize(width);
            assert_eq!(page.value(COLLISIONS), serde_json::json!([]), "{folder} at {width}");
        }
        assert!(page.value("document.querySelectorAll('svg text').length").as_u64() > Some(10), "{folder}");
        assert_eq!(page.complaints, Vec::<String>::new(), "{folder}");
    }
}
