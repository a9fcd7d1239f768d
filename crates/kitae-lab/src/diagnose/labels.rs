//! Rules about labels that may be wrong.

use kitae_eval::words::percent;
use kitae_train::prepare::Targets;

use super::{Ailment, Patient, Rule, Symptom, Treatment};
use crate::lever::Family;

pub(super) const RULES: &[Rule] = &[noisy_labels];

/// Less is what any table has.
const NOISE: f64 = 0.05;
/// Rows that are named.
const NAMED: usize = 5;

/// Networks whose score is not better than that of the classes' frequencies by this share of it know nothing.
const SOMETHING: f64 = 0.05;

/// Whether the networks are sure of anything for a reason.
fn knows_something(patient: &Patient) -> bool {
    let constant =
        patient.case.manifest.scores.baselines.iter().find(|baseline| baseline.name != "linear model");
    constant.is_some_and(|baseline| {
        baseline.gain.as_ref().is_some_and(|gain| gain.mean >= SOMETHING * baseline.score.value.0.abs())
    })
}

fn noisy_labels(patient: &Patient) -> Option<Symptom> {
    let scored = patient.case.scored.as_ref()?;
    let Targets::Classes(classes) = &scored.targets else { return None };
    let doubted = doubted(classes, &scored.predictions.values, scored.predictions.n_columns);
    let share = doubted.len() as f64 / classes.len().max(1) as f64;
    if share < NOISE || !knows_something(patient) {
        return None;
    }
    let named: Vec<String> =
        doubted.iter().take(NAMED).map(|(at, _)| (scored.rows[*at] + 1).to_string()).collect();
    let evidence = format!(
        "{} held-out rows ({}) have another label than the class that networks which never saw them predict, \
         as confidently as for rows of that class; the most confident are rows {} of the file",
        doubted.len(),
        percent(share),
        named.join(", ")
    );
    let mut treatments = vec![Treatment::Advice(
        "look at those rows: `out_of_fold.csv` has their probabilities; more columns may tell them apart"
            .into(),
    )];
    treatments.extend(patient.levers(&[
        ("label smoothing 0.1", Family::Loss, "objective.label_smoothing = 0.1".into()),
        ("mixup", Family::Mixing, "training.mixing = { kind = 'mixup' }".into()),
    ]));
    Some(Symptom { ailment: Ailment::NoisyLabels, evidence, plot: None, treatments })
}

/// The rows, by position, off the diagonal of the confident joint (Northcutt et al. 2021, section 3.1): rows
/// to which another class is given with at least the mean probability that rows of that class get for it, and
/// more than one half. The surest first, with that probability.
fn doubted(classes: &[u32], probabilities: &[f64], n_classes: usize) -> Vec<(usize, f64)> {
    let (mut sums, mut counts) = (vec![0.0; n_classes], vec![0.0; n_classes]);
    let rows = || probabilities.chunks_exact(n_classes).zip(classes);
    for (row, class) in rows() {
        sums[*class as usize] += row[*class as usize];
        counts[*class as usize] += 1.0;
    }
    let threshold = |class: usize| sums[class] / counts[class];
    let given = |row: &[f64]| -> Option<usize> {
        let sure = (0..n_classes).filter(|class| counts[*class] > 0.0 && row[*class] >= threshold(*class));
        sure.max_by(|a, b| row[*a].total_cmp(&row[*b]))
    };
    let mut doubted: Vec<(usize, f64)> = rows()
        .enumerate()
        .filter_map(|(at, (row, class))| {
            let given = given(row)?;
            (given != *class as usize && row[given] > 0.5).then(|| (at, row[given]))
        })
        .collect();
    doubted.sort_by(|a, b| b.1.total_cmp(&a.1));
    doubted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_doubted_where_another_class_is_as_sure_as_usual() {
        let classes = [0, 0, 1, 1, 1];
        // Rows of class 0 get 0.9 and 0.1 for it, 0.5 on average; those of class 1 get 0.8, 0.6 and 0.4: 0.6.
        let probabilities = [0.9, 0.1, 0.1, 0.9, 0.2, 0.8, 0.4, 0.6, 0.6, 0.4];
        // Row 1 is given to class 1 with 0.9, row 4 to class 0 with 0.6, which are at least the means.
        assert_eq!(doubted(&classes, &probabilities, 2), [(1, 0.9), (4, 0.6)]);
        // Who gives every row the same chances is sure of none.
        assert_eq!(doubted(&classes, &[0.4, 0.6].repeat(5), 2), [(0, 0.6), (1, 0.6)]);
        assert_eq!(doubted(&classes, &[0.5, 0.5].repeat(5), 2), []);
    }
}
