//! Rules about the rows themselves. Sealed rows are not looked at.

use std::collections::HashMap;

use kitae_data::finding::{Severity, What};
use kitae_data::target::Target;
use kitae_eval::words::{number, percent};

use super::{Ailment, Patient, Rule, Symptom, Treatment};

pub(super) const RULES: &[Rule] = &[leak, copies, time_order, conflicting_rows];

fn finding(ailment: Ailment, evidence: String, advice: impl Into<String>) -> Symptom {
    Symptom { ailment, evidence, plot: None, treatments: vec![Treatment::Advice(advice.into())] }
}

/// What was found out about the table before the training, of some kinds, as one finding.
fn of_table(patient: &Patient, ailment: Ailment, kinds: &[What], advice: &str) -> Option<Symptom> {
    let found = patient.findings.iter();
    let found: Vec<_> =
        found.filter(|found| kinds.contains(&found.what) && found.severity == Severity::Warning).collect();
    let evidence: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
    let cures: Vec<String> = found.iter().flat_map(|found| &found.cures).map(ToString::to_string).collect();
    let advice = format!("{advice}: `{}`", cures.join(", "));
    (!found.is_empty()).then(|| finding(ailment, evidence.join("; "), advice))
}

fn leak(patient: &Patient) -> Option<Symptom> {
    let advice = "find out when that column is recorded; if that is after the target, train without it";
    of_table(patient, Ailment::Leak, &[What::Leak], advice)
}

fn copies(patient: &Patient) -> Option<Symptom> {
    let kinds = [What::Copies, What::NearCopies, What::Groups];
    of_table(patient, Ailment::Copies, &kinds, "keep together what belongs together, and train again")
}

fn time_order(patient: &Patient) -> Option<Symptom> {
    let advice = "if the model is to predict rows that come later, score it as it will be used";
    of_table(patient, Ailment::TimeOrder, &[What::TimeOrder], advice)
}

/// The rows of each hash.
fn same_rows(rows: &[u32], hashes: &[u64]) -> HashMap<u64, Vec<u32>> {
    let mut same: HashMap<u64, Vec<u32>> = HashMap::new();
    for row in rows {
        same.entry(hashes[*row as usize]).or_default().push(*row);
    }
    same
}

/// Fewer contradictions than this share of the rows, or than this many rows, are none to speak of.
const CONFLICTS: f64 = 0.01;
const FEWEST_CONFLICTS: usize = 5;
/// Numbers of rows with equal features differ by at least this share of the error.
const PURE_ERROR: f64 = 0.5;

fn conflicting_rows(patient: &Patient) -> Option<Symptom> {
    let problem = patient.case.problem?;
    let inputs = &patient.case.manifest.model.layout.inputs;
    let left_out =
        problem.table.columns.iter().filter(|column| inputs.iter().all(|input| input.column != column.name));
    let same = same_rows(&problem.open_rows, problem.hashes.without(left_out).unkeyed());
    let evidence = match &problem.target {
        Target::Classes { codes, names } => {
            conflicting_classes(&same, codes, names.len(), problem.open_rows.len())
        }
        Target::Values(values) => {
            let scores = &patient.case.manifest.scores;
            let rmse = scores.entries.iter().find(|entry| entry.metric == kitae_eval::Metric::Rmse)?;
            conflicting_values(&same, values, rmse.value.0)
        }
    }?;
    let advice = "no lever treats that: a column that tells them apart would, or cleaner targets";
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
            "{n_wrong} rows ({}) have the same features as others and another class: on these rows no model \
             can have an accuracy above {}",
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
            "{n_rows} rows share their features with others; their targets differ by a standard deviation of \
             {}, and the RMSE is {}: little of it can be reduced there",
            number(deviation),
            number(rmse)
        )
    })
}
