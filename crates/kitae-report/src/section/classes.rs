//! Predictions of a classification: the confusion matrix, curves of each class, and calibration.

use kitae_eval::Classes;
use kitae_eval::classification::{ConfusionMatrix, confusion_matrix};
use kitae_train::prepare::Targets;

use super::rates::{Bin, Curve, Guess, precision_recall, reliability, roc};
use super::{NAME, note};
use crate::chart::{
    Axis, Chart, Frame, Stroke, WIDTH, bar, heat_cell, interval, label, legend, line, thin_line,
};
use crate::document::{Block, Panel, Section, Table};
use crate::words::{capital, count, number, or_dash, percent, shorten};
use crate::{Contents, ScoredRows};

/// With more classes each has no curves of its own, and cells no numbers.
const FEW: usize = 12;
/// Classes of a picture of all confusions.
const MOST_CLASSES: usize = 40;
/// Lines of a table.
const MOST_LINES: usize = 200;
const HEIGHT: f64 = 260.0;
/// Points of a curve.
const POINTS: usize = 120;

pub(super) fn section(contents: &Contents) -> Section {
    let names = &contents.manifest.model.class_names;
    let blocks = match &contents.scored {
        Err(reason) => note(reason.clone()),
        Ok(ScoredRows { targets: Targets::Classes(targets), predictions }) => {
            match Classes::new(targets, &predictions.values, names.len()) {
                Ok(classes) => charts(names, &classes, &predictions.values),
                Err(error) => note(format!("The out-of-fold predictions do not fit: {error}.")),
            }
        }
        Ok(_) => note("The out-of-fold predictions are numbers, but the target is a class."),
    };
    Section::new("predictions", "Predictions", blocks)
}

fn charts(names: &[String], classes: &Classes, probabilities: &[f64]) -> Vec<Block> {
    let matrix = confusion_matrix(classes);
    let mut blocks = vec![Block::Text(format!(
        "{} of `out_of_fold.csv`, each predicted by networks that had not seen it.",
        count(classes.n_rows(), "row")
    ))];
    let guesses = |class: usize| guesses(classes.targets(), probabilities, names.len(), class);
    let mut charts = vec![confusion(names, &matrix)];
    if names.len() == 2 {
        charts.extend(curves(&guesses(1), &names[1], "1"));
    } else {
        charts.push(sureness(&top_guesses(classes, probabilities)));
    }
    blocks.push(Block::Charts(charts));
    if (3..=FEW).contains(&names.len()) {
        let panel = |(class, name): (usize, &String)| Panel {
            label: shorten(name, 30),
            blocks: vec![Block::Charts(curves(&guesses(class), name, &(class + 1).to_string()))],
        };
        let panels = names.iter().enumerate().map(panel).collect();
        blocks.push(Block::Tabs { legend: "One class versus the rest".into(), panels });
    }
    let all: Vec<Vec<Guess>> =
        if names.len() <= MOST_LINES { (0..names.len()).map(guesses).collect() } else { Vec::new() };
    blocks.push(Block::Details {
        summary: "Classes and confusions as tables".into(),
        blocks: vec![Block::Table(by_class(names, &matrix, &all)), Block::Table(confusions(names, &matrix))],
    });
    blocks
}

fn guesses(targets: &[u32], probabilities: &[f64], n_classes: usize, class: usize) -> Vec<Guess> {
    let rows = targets.iter().zip(probabilities.chunks_exact(n_classes));
    rows.map(|(target, row)| (row[class], *target as usize == class)).collect()
}

/// The probability of the class that was predicted, and whether it was right.
fn top_guesses(classes: &Classes, probabilities: &[f64]) -> Vec<Guess> {
    let rows =
        classes.predicted().zip(classes.targets()).zip(probabilities.chunks_exact(classes.n_classes()));
    rows.map(|((predicted, target), row)| (row[predicted as usize], predicted == *target)).collect()
}

/// The charts of one class against the rest. `id` makes their names unique.
fn curves(guesses: &[Guess], class: &str, id: &str) -> Vec<Chart> {
    let class = shorten(class, 24);
    let roc = roc(guesses).map(|curve| {
        let area = number(curve.area);
        let told = format!("The area under the curve is {area}; chance has 0.5.");
        let names = [format!("roc-{id}"), format!("ROC curve of {class}"), format!("auc {area}"), told];
        rate_chart(&curve, ["false positive rate", "true positive rate"], (0.0, 1.0), &class, names)
    });
    let precision = precision_recall(guesses).map(|curve| {
        let share = guesses.iter().filter(|guess| guess.1).count() as f64 / guesses.len().max(1) as f64;
        let area = number(curve.area);
        let told = format!("The average precision is {area}; chance has {}.", number(share));
        let title = format!("Precision and recall of {class}");
        let names = [format!("precision-{id}"), title, format!("average precision {area}"), told];
        rate_chart(&curve, ["recall", "precision"], (share, share), &class, names)
    });
    let title = format!("Calibration of {class}");
    let axes = ["predicted probability", "observed frequency"];
    let reliability = reliability_chart(guesses, &format!("reliability-{id}"), &title, axes);
    roc.into_iter().chain(precision).chain([reliability]).collect()
}

/// A curve of rates over rates, beside the line of a guess that knows nothing. Its area is told above the
/// plot, where no line runs.
fn rate_chart(
    curve: &Curve,
    [along, up]: [&str; 2],
    chance: (f64, f64),
    class: &str,
    [name, title, area, told]: [String; 4],
) -> Chart {
    let frame = Frame::new(Axis::share(along), Axis::share(up), HEIGHT);
    let marks = frame.axes()
        + &line(&frame, &[(0.0, chance.0), (1.0, chance.1)], Stroke::Quiet)
        + &line(&frame, &thin_line(&curve.points, POINTS), Stroke::Accent)
        + &legend(&[(Stroke::Quiet, "chance")], None)
        + &label("note middle", (0.48 * WIDTH, 14.0), &area);
    frame.chart(&name, &title, &format!("{} of {class} over its {along}. {told}", capital(up)), marks)
}

fn sureness(guesses: &[Guess]) -> Chart {
    let axes = ["confidence of the prediction", "accuracy"];
    reliability_chart(guesses, "reliability", "Calibration of the predicted class", axes)
}

/// Above how often it was right, below how many rows stand behind that.
fn reliability_chart(guesses: &[Guess], name: &str, title: &str, [said, was]: [&str; 2]) -> Chart {
    const UPPER: f64 = 230.0;
    const LOWER: f64 = 110.0;
    let bins = reliability(guesses);
    let tallest = bins.iter().map(|bin| bin.n_rows).max().unwrap_or(0) as f64;
    let rows = Axis { values: (0.0, 1.1 * tallest.max(1.0)), ..Axis::share("rows") };
    let mut upper = Frame::new(Axis::share(""), Axis::share(was), UPPER);
    let mut lower = Frame::new(Axis::share(said), rows, LOWER);
    let left = upper.x.places.0.max(lower.x.places.0);
    (upper.x.places.0, lower.x.places.0) = (left, left);
    let dots = |bin: &Bin| interval(&upper, (bin.said, bin.was), bin.low, bin.high);
    let dots: String = bins.iter().map(dots).collect();
    let bars: String = bins.iter().map(|bin| bar(&lower, (bin.from, bin.to), bin.n_rows as f64)).collect();
    let marks = upper.axes()
        + &line(&upper, &[(0.0, 0.0), (1.0, 1.0)], Stroke::Quiet)
        + &dots
        + &legend(&[(Stroke::Quiet, "perfect")], None)
        + &format!("<g transform=\"translate(0 {UPPER})\">{}{bars}</g>", lower.axes());
    let told = |bin: &Bin| {
        format!(
            "{} predicted at about {}: {} observed.",
            count(bin.n_rows, "row"),
            percent(bin.said),
            percent(bin.was)
        )
    };
    let told: Vec<String> = bins.iter().map(told).collect();
    let chart = upper.chart(name, title, &told.join(" "), marks);
    Chart { height: UPPER + LOWER, ..chart }
}

/// Each row of the picture is a true class, each column a predicted one; the darker the more of the row.
fn confusion(names: &[String], matrix: &ConfusionMatrix) -> Chart {
    let n_shown = names.len().min(MOST_CLASSES);
    let has_numbers = n_shown <= FEW;
    let longest = |most: usize| names.iter().take(n_shown).map(|name| name.chars().count().min(most)).max();
    let row_room = if has_numbers { 6.6 * longest(14).unwrap_or(0) as f64 + 12.0 } else { 8.0 };
    let side = ((WIDTH - row_room - 4.0) / n_shown.max(1) as f64).min(64.0);
    let is_upright = 6.6 * longest(14).unwrap_or(0) as f64 <= side;
    let column_room = match (has_numbers, is_upright) {
        (false, _) => 8.0,
        (true, true) => 20.0,
        (true, false) => 6.6 * longest(14).unwrap_or(0) as f64 + 10.0,
    };
    let top = 22.0;
    let bottom = top + side * n_shown as f64;
    let mut marks = label("name", (row_room, 13.0), "rows: true class, columns: predicted");
    for target in 0..n_shown as u32 {
        let total: u64 = (0..names.len() as u32).map(|predicted| matrix.n_rows(target, predicted)).sum();
        for predicted in 0..n_shown as u32 {
            let n = matrix.n_rows(target, predicted);
            let corner = (row_room + side * f64::from(predicted), top + side * f64::from(target));
            let text = if has_numbers { n.to_string() } else { String::new() };
            if has_numbers || n > 0 {
                marks.push_str(&heat_cell(corner, side, n as f64 / total.max(1) as f64, &text));
            }
        }
    }
    if has_numbers {
        for (at, name) in names.iter().enumerate() {
            let middle = side * (at as f64 + 0.5);
            let name = shorten(name, 14);
            marks.push_str(&label("tick end", (row_room - 6.0, top + middle + 4.0), &name));
            marks.push_str(&column_name(&name, (row_room + middle, bottom), is_upright));
        }
    }
    let n_right: u64 = (0..names.len() as u32).map(|class| matrix.n_rows(class, class)).sum();
    let n_rows: u64 = matrix.cells.iter().map(|cell| cell.n_rows).sum();
    let cut = if names.len() > n_shown {
        format!(" The first {n_shown} classes are shown.")
    } else {
        String::new()
    };
    let description =
        format!("{n_right} of {n_rows} rows are on the diagonal, so correct.{cut} {}", worst(names, matrix));
    Chart {
        name: "confusion".to_owned(),
        title: "Confusion matrix".to_owned(),
        description,
        height: bottom + column_room,
        marks,
    }
}

fn column_name(name: &str, (x, bottom): (f64, f64), is_upright: bool) -> String {
    if is_upright {
        return label("tick middle", (x, bottom + 15.0), name);
    }
    let turned = label("tick end", (0.0, 4.0), name);
    format!("<g transform=\"translate({x:.1} {:.1}) rotate(-90)\">{turned}</g>", bottom + 6.0)
}

/// Confusions, the most frequent first.
fn ranked(matrix: &ConfusionMatrix) -> Vec<kitae_eval::classification::Cell> {
    let mut wrong: Vec<_> =
        matrix.cells.iter().filter(|cell| cell.target != cell.predicted).copied().collect();
    wrong.sort_by_key(|cell| std::cmp::Reverse(cell.n_rows));
    wrong
}

fn name_of(names: &[String], class: u32) -> String {
    names.get(class as usize).map_or_else(|| "?".to_owned(), |name| shorten(name, NAME))
}

fn worst(names: &[String], matrix: &ConfusionMatrix) -> String {
    match ranked(matrix).first() {
        Some(cell) => format!(
            "Most often {} was predicted as {}, in {}.",
            name_of(names, cell.target),
            name_of(names, cell.predicted),
            count(cell.n_rows as usize, "row")
        ),
        None => "No row was misclassified.".to_owned(),
    }
}

fn confusions(names: &[String], matrix: &ConfusionMatrix) -> Table {
    const MOST: usize = 20;
    let rows = ranked(matrix).into_iter().take(MOST);
    let rows = rows
        .map(|cell| {
            vec![name_of(names, cell.target), name_of(names, cell.predicted), cell.n_rows.to_string()]
        })
        .collect();
    let columns = ["true class", "predicted class", "rows"];
    Table::new("The most frequent confusions", &columns, rows)
}

fn by_class(names: &[String], matrix: &ConfusionMatrix, guesses: &[Vec<Guess>]) -> Table {
    let n_classes = names.len() as u32;
    let share = |part: u64, whole: u64| or_dash((whole > 0).then(|| part as f64 / whole as f64));
    let area = |curve: Option<Curve>| or_dash(curve.map(|curve| curve.area));
    let row = |(at, (name, guesses)): (usize, (&String, &Vec<Guess>))| {
        let class = at as u32;
        let targets: u64 = (0..n_classes).map(|other| matrix.n_rows(class, other)).sum();
        let predictions: u64 = (0..n_classes).map(|other| matrix.n_rows(other, class)).sum();
        let hits = matrix.n_rows(class, class);
        vec![
            shorten(name, NAME),
            targets.to_string(),
            share(hits, targets),
            share(hits, predictions),
            area(roc(guesses)),
            area(precision_recall(guesses)),
        ]
    };
    let columns = ["class", "rows", "recall", "precision", "auc", "average precision"];
    Table::new(
        "Each class versus the rest",
        &columns,
        names.iter().zip(guesses).enumerate().map(row).collect(),
    )
}
