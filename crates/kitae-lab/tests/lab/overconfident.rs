//! Overfitting is told by what chose the epoch, not by a loss that only grows too sure.

use std::sync::atomic::AtomicBool;

use kitae_data::synthetic::{Synthetic, make};
use kitae_eval::Score;
use kitae_lab::Lever;
use kitae_lab::diagnose::{Ailment, Case, Symptom, diagnose};
use kitae_train::model::Manifest;
use kitae_train::{Event, plan, train};

use crate::common::with_context;
use crate::diagnosis::{ailments, problem_of, recipe};

/// Epochs of three networks whose loss on training rows falls to nothing and whose loss on validation rows
/// doubles after its first half, while `brier` says how good calibrated predictions are in each part of the
/// run, from 0 to 1.
fn overconfident(brier: impl Fn(f64) -> f64) -> Vec<Event> {
    let epoch = |lane, epoch: usize| {
        let part = epoch as f64 / 40.0;
        Event::EpochEnded {
            lane,
            epoch,
            loss: Some(0.7 - 0.69 * part),
            validation_loss: Some(0.5 + (part - 0.5).max(0.0)),
            validation_score: Some(Score(-brier(part))),
            learning_rate: 0.01,
            seconds: 0.0,
        }
    };
    (0..3).flat_map(|lane| (1..=40).map(move |number| epoch(lane, number))).collect()
}

#[test]
fn a_loss_that_only_grows_too_sure_is_no_overfitting_where_answers_are_calibrated() {
    let problem = problem_of(make(Synthetic::TwoMoons, 120, 0), "moon");
    let manifest = |keep: &str| {
        let recipe = recipe(&problem, &format!("training.epochs = 2\ntraining.keep = '{keep}'"));
        let plan = plan(&problem, &recipe).expect("there are rows");
        let new_run = vec![None; plan.lanes.len()];
        with_context(&AtomicBool::new(false), |place| {
            train(&problem, &recipe, &plan, &new_run, place, &mut |_: &Event| {}).expect("it trains")
        })
    };
    let (best, last) = (manifest("best").model.manifest, manifest("last").model.manifest);
    let is_told = |manifest: &Manifest, brier: fn(f64) -> f64| {
        let case = Case { manifest, events: &overconfident(brier), scored: None, problem: None };
        ailments(&diagnose(&case)).contains(&Ailment::Overfitting)
    };
    let steady = |_| 0.2;
    let early = |part: f64| 0.2 + 0.1 * (part - 0.3).abs();
    let late = |part: f64| 0.2 + 0.2 * (part - 0.7).abs();
    assert!(!is_told(&best, steady) && !is_told(&last, steady));
    assert!(is_told(&best, early) && is_told(&last, early));
    // Most of the epochs were worth having, and the best of them is kept.
    assert!(!is_told(&best, late) && is_told(&last, late));
    // Without the rows too, no lever is named that the recipe has already.
    for manifest in [&best, &last] {
        let case = Case { manifest, events: &overconfident(early), scored: None, problem: None };
        let diagnosis = diagnose(&case);
        let levers: Vec<&Lever> = diagnosis.findings.iter().flat_map(Symptom::levers).collect();
        assert!(!levers.is_empty());
        for lever in levers {
            let changed = lever.recipe(&manifest.recipe, &problem.facts).expect("it fits");
            assert_ne!(changed, manifest.recipe, "{}", lever.name);
        }
    }
}
