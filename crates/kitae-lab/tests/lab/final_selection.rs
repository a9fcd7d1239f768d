//! The last round of a search.

use std::sync::atomic::AtomicBool;

use kitae_lab::tune::{Bag, Store, StudyConfig, StudyEvent, bag, best_bag, check_rows, repeats, run_study};
use kitae_train::SplitBy;

use crate::common::{problem, recipe, with_context};
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
    let bags: Vec<Bag> = with_context(&AtomicBool::new(false), |place| {
        let judged = |(number, recipe)| bag(&problem, &plane, (number, recipe), place).expect("it trains");
        (0..).zip(&recipes).map(judged).collect()
    });
    // Networks that diverge have no score, and the others are chosen among.
    assert_eq!((best_bag(&bags), bags[2].score), (Some(1), None), "{bags:?}");
    // The mean prediction of four networks errs less than single ones do, even on the rows that chose their
    // epochs.
    let folder = tempfile::tempdir().expect("a folder");
    let (_, space) = small(&problem, 4);
    let mut store =
        Store::create(&folder.path().join("study.db"), &study(space, Some(1), None)).expect("it is new");
    let worker = store.enter().expect("there is a place");
    let trials = with_context(&AtomicBool::new(false), |place| {
        let config = StudyConfig { problem: &problem, recipe: &recipes[1], place, now: &|| 0.0 };
        run_study(&config, &mut store, &worker, &mut |_: &StudyEvent| {}).expect("it trains")
    });
    assert!(bags[1].score > trials[0].score, "{bags:?} {trials:?}");
}

#[test]
fn rows_that_cannot_be_dealt_anew_are_dealt_less_often() {
    // Groups of very different sizes: some repeats leave too few of them for the folds.
    let mut n_fewer = 0;
    for seed in 0..60 {
        let mut problem = problem(120);
        problem.seal.share = 0.0;
        let column = problem.table.columns.iter_mut().find(|column| column.name == "x1").expect("an input");
        let kitae_data::table::Cells::Numbers(x) = &mut column.cells else { panic!("a number") };
        for x in x.iter_mut() {
            *x = (x.powi(6) * 10.0).floor();
        }
        problem.seal.by = SplitBy::Group { column: "x1".into() };
        let keys = format!("seed = {seed}\ntraining.epochs = 1");
        let by_group = recipe(&problem, [5, 1], &keys);
        if check_rows(&problem, &by_group).is_err() {
            continue;
        }
        let (_, n_repeats) = repeats(&problem, &by_group).expect("the first can be dealt");
        n_fewer += usize::from(n_repeats < 3);
        let judged =
            with_context(&AtomicBool::new(false), |place| bag(&problem, &by_group, (0, &by_group), place));
        assert!(judged.is_ok_and(|bag| bag.score.is_some()), "seed {seed}");
    }
    assert!(n_fewer > 0);
}
