//! Rules about the rows themselves. Sealed rows are not looked at.

use std::collections::HashMap;

use kitae_data::finding::What;
use kitae_data::hash::row_hashes;
use kitae_data::inspect::inspect_with_target;
use kitae_data::schema::Kind;
use kitae_data::table::{Cells, Table};
use kitae_data::target::Target;
use kitae_eval::words::{number, percent};
use kitae_train::Problem;
use kitae_train::recipe::SplitBy;

use super::near::near_copies;
use super::{Ailment, Finding, Patient, Rule, Treatment};

pub(super) const RULES: &[Rule] = &[leak, copies, near_copies, time_order, conflicting_rows];

fn finding(ailment: Ailment, evidence: String, advice: impl Into<String>) -> Finding {
    Finding { ailment, evidence, plot: None, treatments: vec![Treatment::Advice(advice.into())] }
}

fn leak(patient: &Patient) -> Option<Finding> {
    let problem = patient.case.problem?;
    let open = problem.table.select(&problem.open_rows);
    let report = inspect_with_target(&open, &problem.schema, &problem.target_column).ok()?;
    let used =
        |column: &String| patient.case.manifest.layout.inputs.iter().any(|input| input.column == *column);
    let leaks = report.findings.into_iter().filter(|finding| finding.what == What::Leak);
    let leaks: Vec<_> = leaks.filter(|leak| leak.columns.iter().any(used)).collect();
    let evidence: Vec<&str> = leaks.iter().map(|leak| leak.message.as_str()).collect();
    let columns = leaks.iter().flat_map(|leak| &leak.columns);
    let drops: Vec<String> = columns.map(|column| format!("--drop '{column}'")).collect();
    let advice = format!(
        "find out when that column is written down; if that is after the target, train without it: `{}`",
        drops.join(" ")
    );
    (!leaks.is_empty()).then(|| finding(Ailment::Leak, evidence.join("; "), advice))
}

/// Fewer copies do not change a score that can be seen.
pub(super) const COPIES: f64 = 0.1;

pub(super) fn copies_advice() -> &'static str {
    "if they are copies and not rows that happen to be alike, remove them from the file; if a column names what they \
     belong to, keep them together with `--by-group COLUMN`"
}

fn copies(patient: &Patient) -> Option<Finding> {
    let problem = patient.case.problem?;
    let hashes = row_hashes(&problem.table, 0);
    let n_copies = same_rows(&problem.open_rows, &hashes).values().map(|rows| rows.len() - 1).sum::<usize>();
    let share = n_copies as f64 / problem.open_rows.len() as f64;
    if share < COPIES || matches!(patient.case.manifest.recipe.split.by, SplitBy::Group { .. }) {
        return None;
    }
    let evidence = format!(
        "{n_copies} rows ({}) are the same as another in every column, the target included; in folds dealt at random \
         most of them are scored by networks that saw their copy",
        percent(share)
    );
    Some(finding(Ailment::Copies, evidence, copies_advice()))
}

/// The rows of each hash.
fn same_rows(rows: &[u32], hashes: &[u64]) -> HashMap<u64, Vec<u32>> {
    let mut same: HashMap<u64, Vec<u32>> = HashMap::new();
    for row in rows {
        same.entry(hashes[*row as usize]).or_default().push(*row);
    }
    same
}

/// A correlation of neighbours in time that lets a score at random look back and ahead.
const NEIGHBOURS: f64 = 0.3;

fn time_order(patient: &Patient) -> Option<Finding> {
    let problem = patient.case.problem?;
    if let SplitBy::Time { .. } = patient.case.manifest.recipe.split.by {
        return None;
    }
    let times = problem.schema.columns.iter().filter(|column| column.kind == Kind::Time);
    let in_time = times.filter_map(|column| Some((&column.name, neighbours(problem, &column.name)?)));
    let (column, likeness) = in_time.max_by(|a, b| a.1.total_cmp(&b.1))?;
    if likeness < NEIGHBOURS {
        return None;
    }
    let evidence = format!(
        "In the order of `{column}` the target is correlated with that of the row before by {}, and rows are dealt at \
         random",
        number(likeness)
    );
    let advice = format!(
        "if the model is to predict rows that come later, score it as it will be used: `--by-time '{column}'`"
    );
    Some(finding(Ailment::TimeOrder, evidence, advice))
}

/// How the target of a row goes with that of the row before in the order of a column: the correlation of numbers,
/// for classes how much more often than by chance they are the same, from 0 to 1.
fn neighbours(problem: &Problem, column: &str) -> Option<f64> {
    let Cells::Numbers(times) = &problem.table.column(column)?.cells else { return None };
    let mut rows: Vec<u32> =
        problem.open_rows.iter().copied().filter(|row| times[*row as usize].is_finite()).collect();
    rows.sort_by(|a, b| times[*a as usize].total_cmp(&times[*b as usize]));
    let n_pairs = rows.len().checked_sub(1).filter(|n| *n > 0)? as f64;
    let likeness = match &problem.target {
        Target::Values(values) => {
            let value = |row: &u32| values[*row as usize];
            let mean = rows.iter().map(value).sum::<f64>() / rows.len() as f64;
            let spread: f64 = rows.iter().map(|row| (value(row) - mean).powi(2)).sum();
            rows.windows(2).map(|pair| (value(&pair[0]) - mean) * (value(&pair[1]) - mean)).sum::<f64>()
                / spread
        }
        Target::Classes { codes, names } => {
            let code = |row: &u32| codes[*row as usize] as usize;
            let mut counts = vec![0.0; names.len()];
            for row in &rows {
                counts[code(row)] += 1.0 / rows.len() as f64;
            }
            let chance: f64 = counts.iter().map(|share| share * share).sum();
            let same =
                rows.windows(2).filter(|pair| code(&pair[0]) == code(&pair[1])).count() as f64 / n_pairs;
            (same - chance) / (1.0 - chance)
        }
    };
    likeness.is_finite().then_some(likeness)
}

/// Fewer contradictions than this share of the rows, or than this many rows, are none to speak of.
const CONFLICTS: f64 = 0.01;
const FEWEST_CONFLICTS: usize = 5;
/// Numbers of rows with equal features differ by at least this share of the error.
const PURE_ERROR: f64 = 0.5;

fn conflicting_rows(patient: &Patient) -> Option<Finding> {
    let problem = patient.case.problem?;
    let inputs = &patient.case.manifest.layout.inputs;
    let columns =
        problem.table.columns.iter().filter(|column| inputs.iter().any(|input| input.column == column.name));
    let features = Table { columns: columns.cloned().collect(), n_rows: problem.table.n_rows };
    let same = same_rows(&problem.open_rows, &row_hashes(&features, 0));
    let evidence = match &problem.target {
        Target::Classes { codes, names } => {
            conflicting_classes(&same, codes, names.len(), problem.open_rows.len())
        }
        Target::Values(values) => {
            let scores = &patient.case.manifest.scores;
            let rmse = scores.entries.iter().find(|entry| entry.metric == kitae_eval::Metric::Rmse)?;
            conflicting_values(&same, values, rmse.value)
        }
    }?;
    let advice = "no lever mends that: a column that tells them apart would, or cleaner targets";
    Some(finding(Ailment::ConflictingRows, evidence, advice))
}

fn conflicting_classes(
    same: &HashMap<u64, Vec<u32>>,
    codes: &[u32],
    n_classes: usize,
    n_rows: usize,
) -> Option<String> {
    let n_wrong = |rows: &Vec<u32>| {
        let mut counts = vec![0_usize; n_classes];
        for row in rows {
            counts[codes[*row as usize] as usize] += 1;
        }
        rows.len() - counts.into_iter().max().unwrap_or(0)
    };
    let n_wrong: usize = same.values().map(n_wrong).sum();
    let share = n_wrong as f64 / n_rows as f64;
    (n_wrong >= FEWEST_CONFLICTS && share >= CONFLICTS).then(|| {
        format!(
            "{n_wrong} rows ({}) have the same features as others and another class: on these rows nothing can be right \
             more often than {}",
            percent(share),
            percent(1.0 - share)
        )
    })
}

/// By the pure error: what is left within groups of rows with equal features.
fn conflicting_values(same: &HashMap<u64, Vec<u32>>, values: &[f64], rmse: f64) -> Option<String> {
    let (mut squares, mut n_free, mut n_rows) = (0.0, 0, 0);
    for rows in same.values().filter(|rows| rows.len() > 1) {
        let mean = rows.iter().map(|row| values[*row as usize]).sum::<f64>() / rows.len() as f64;
        squares += rows.iter().map(|row| (values[*row as usize] - mean).powi(2)).sum::<f64>();
        n_free += rows.len() - 1;
        n_rows += rows.len();
    }
    let deviation = (squares / n_free.max(1) as f64).sqrt();
    (n_free >= FEWEST_CONFLICTS && deviation >= PURE_ERROR * rmse).then(|| {
        format!(
            "{n_rows} rows share their features with others; their targets differ by a standard deviation of {}, and the \
             RMSE is {}: little of it can be learned away there",
            number(deviation),
            number(rmse)
        )
    })
}
