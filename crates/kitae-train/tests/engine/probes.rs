//! What looks inside lanes show, and that looking changes nothing.

use kitae_data::target::Task;
use kitae_train::engine::Probing;
use kitae_train::observer::{LayerProbe, Probe};
use kitae_train::{Engine, Event, Packing};

use crate::common::{Conditions, fused, problem, recipe, run, tensors};

fn looks(events: &[Event]) -> Vec<(usize, usize, &Probe)> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Probed { lane, epoch, probe } => Some((*lane, *epoch, probe)),
            _ => None,
        })
        .collect()
}

fn probed(engine: Engine) -> Conditions<'static> {
    Conditions { engine, probing: Probing::Epochs, ..Conditions::default() }
}

#[test]
fn looking_changes_no_weight() {
    let problem = problem(Task::Classification, 240);
    let recipe = recipe(&problem, "training.members = 2");
    for engine in [tensors(Packing::Whole), fused()] {
        let (seen, events) = run(&problem, &recipe, &probed(engine.clone()));
        let (unseen, _) = run(&problem, &recipe, &Conditions::of(engine));
        assert!(seen.iter().zip(&unseen).all(|(seen, unseen)| seen.weights == unseen.weights));
        // The first network of each of three folds, after the epochs 1, 2, 3 and 4.
        let lanes: Vec<(usize, usize)> =
            looks(&events).iter().map(|(lane, epoch, _)| (*lane, *epoch)).collect();
        for lane in [0, 2, 4] {
            let epochs: Vec<usize> = lanes.iter().filter(|look| look.0 == lane).map(|look| look.1).collect();
            assert_eq!(epochs, [1, 2, 3, 4], "lane {lane}");
        }
        assert_eq!(lanes.len(), 12);
    }
}

#[test]
fn both_engines_see_the_same() {
    let problem = problem(Task::Regression, 240);
    let recipe = recipe(&problem, "training.epochs = 2");
    let (_, whole) = run(&problem, &recipe, &probed(tensors(Packing::Whole)));
    let (_, fused) = run(&problem, &recipe, &probed(fused()));
    let mut fused = looks(&fused);
    fused.sort_by_key(|(lane, epoch, _)| (*lane, *epoch));
    let mut whole = looks(&whole);
    whole.sort_by_key(|(lane, epoch, _)| (*lane, *epoch));
    assert_eq!(whole.len(), fused.len());
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-3 * a.abs().max(b.abs()).max(1e-3);
    for ((_, _, whole), (_, _, fused)) in whole.iter().zip(&fused) {
        for (a, b) in whole.layers.iter().zip(&fused.layers) {
            let numbers =
                |layer: &LayerProbe| [layer.gradient, layer.weight, layer.mean, layer.spread, layer.flat];
            assert!(numbers(a).into_iter().zip(numbers(b)).all(|(a, b)| close(a, b)), "{a:?}\n{b:?}");
        }
    }
}

#[test]
fn units_that_a_wild_step_killed_are_seen_as_dead() {
    let problem = problem(Task::Regression, 240);
    let plain = "network.activation = 'relu'\nnetwork.slope = 'fixed'\nnetwork.parametrisation = 'standard'\n\
                 network.initialiser = 'he_normal'\nnetwork.number_embedding.kind = 'none'\n";
    let dead = |rate: f64| {
        let recipe = recipe(&problem, &format!("{plain}training.learning_rate = {rate:?}"));
        let (_, events) = run(&problem, &recipe, &probed(fused()));
        let last = looks(&events).into_iter().filter(|(_, epoch, _)| *epoch == 4);
        let most = |probe: &Probe| probe.layers[..2].iter().map(|layer| layer.dead).fold(0.0, f64::max);
        last.map(|(_, _, probe)| most(probe)).fold(0.0, f64::max)
    };
    assert!(dead(3.0) > 0.8 && dead(0.001) < 0.3, "{} {}", dead(3.0), dead(0.001));
}

#[test]
fn the_gradient_of_a_deep_sigmoid_network_is_lost_on_its_way() {
    let problem = problem(Task::Regression, 240);
    let deep = "network.hidden = [16, 16, 16, 16, 16, 16, 16, 16]\nnetwork.activation = 'sigmoid'\n\
                network.slope = 'fixed'\nnetwork.parametrisation = 'standard'\n\
                network.initialiser = 'glorot_normal'\ntraining.learning_rate = 0.001";
    let (_, events) = run(&problem, &recipe(&problem, deep), &probed(fused()));
    let (_, _, first) = looks(&events)[0];
    let [first, .., last, _] = first.layers.as_slice() else { panic!("there are nine layers") };
    assert!(first.gradient < 1e-3 * last.gradient, "{first:?}\n{last:?}");
}

#[test]
fn the_first_look_has_no_shift_and_the_next_ones_have() {
    let problem = problem(Task::Classification, 240);
    let (_, events) = run(&problem, &recipe(&problem, ""), &probed(tensors(Packing::Whole)));
    for (_, epoch, probe) in looks(&events) {
        assert_eq!(probe.layers[0].shift.is_some(), epoch > 1, "epoch {epoch}");
        assert!(probe.layers.iter().all(|layer| layer.change.is_some_and(|change| change > 0.0)));
        assert!(probe.loss_spread.is_some_and(|spread| spread > 0.0));
    }
}
