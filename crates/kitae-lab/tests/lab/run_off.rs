//! The last round of a search.

use std::sync::atomic::AtomicBool;

use kitae_lab::tune::{Bag, Store, StudyConfig, StudyEvent, bag, best_bag, run_study};

use crate::common::{problem, recipe, with_place};
use crate::tune::{small, study};

#[test]
fn finalists_are_judged_as_the_bag_that_a_model_would_be() {
    let problem = problem(400);
    let plane = recipe(&problem, [4, 1], "network.hidden = []\ntraining.epochs = 30");
    let with = |keys: &str| plane.with(&keys.parse().expect("a table"), &problem.facts).expect("it fits");
    // The last one is lost at once.
    let recipes = [
        plane.clone(),
        with("network.hidden = [32]"),
        with(
            "training.learning_rate = 1e38\noptimiser = { kind = 'sgd' }\ntraining.schedule.shape = { kind = 'constant' }",
        ),
    ];
    let bags: Vec<Bag> = with_place(&AtomicBool::new(false), |place| {
        let judged = |(number, recipe)| bag(&problem, &plane, (number, recipe), place).expect("it trains");
        (0..).zip(&recipes).map(judged).collect()
    });
    // Networks that diverge have no score, and the others are chosen among.
    assert_eq!((best_bag(&bags), bags[2].score), (Some(1), None), "{bags:?}");
    // The mean answer of four networks errs less than single ones do, even on the rows that chose their epochs.
    let folder = tempfile::tempdir().expect("a folder");
    let (_, space) = small(&problem, 4);
    let mut store =
        Store::create(&folder.path().join("study.db"), &study(space, Some(1), None)).expect("it is new");
    let worker = store.enter().expect("there is a place");
    let trials = with_place(&AtomicBool::new(false), |place| {
        let config = StudyConfig { problem: &problem, recipe: &recipes[1], place, now: &|| 0.0 };
        run_study(&config, &mut store, &worker, &mut |_: &StudyEvent| {}).expect("it trains")
    });
    assert!(bags[1].score > trials[0].score, "{bags:?} {trials:?}");
}
