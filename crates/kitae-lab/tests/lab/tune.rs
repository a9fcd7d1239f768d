//! A search: its space, its choices, its end.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use kitae_data::infer::{Hints, infer_schema};
use kitae_data::read::{ReadOptions, read_csv_bytes};
use kitae_data::target::{Target, Task};
use kitae_lab::hold_back;
use kitae_lab::tune::{
    Axis, Point, Range, Space, State, Store, Study, StudyConfig, StudyError, StudyEvent, StudyTrial, Tried,
    When, Write, bag, best_trial, look, propose, run_study, space,
};
use kitae_random::{Purpose, Stream};
use kitae_train::{Preset, Problem, Recipe, Seal, TaskChoice, TrainError};
use toml::Value;

use crate::common::{problem, recipe, with_context};

fn stream(seed: u64, number: u64) -> Stream {
    Stream::new(seed, Purpose::Search, [number, 0, 0])
}

/// A table with numbers and a category, whose target is a class or a number.
fn mixed(target: &str) -> Problem {
    let row = |i: usize| {
        let town = ["a", "b", "c", "d", "e"][i * 7 % 5];
        format!("{}.5,{},{town},{},{}\n", i % 23, (i * 13) % 37, ["yes", "no", "maybe"][i % 3], (i * i) % 11)
    };
    let text = format!("x,z,town,answer,count\n{}", (0..120).map(row).collect::<String>());
    let table = read_csv_bytes(text.as_bytes(), "mixed", &ReadOptions::default()).expect("it is a table");
    let schema = infer_schema(&table, &Hints::default()).expect("columns are plain");
    let table = schema.apply(table).expect("the schema is its own");
    let seal = Seal::default();
    let task = if target == "count" { Task::Regression } else { Task::Classification };
    Problem::new(table, schema, target, TaskChoice::Told(task), seal).expect("it can be learned")
}

#[test]
fn every_point_is_a_recipe_whatever_the_preset_and_the_task() {
    for target in ["answer", "count"] {
        let problem = mixed(target);
        for preset in [Preset::Fast, Preset::Balanced, Preset::Best] {
            let recipe = preset.recipe(&problem.facts);
            let space = space(&problem, &recipe);
            assert_eq!(space.recipe(&recipe, &problem.facts, &space.own()).as_ref(), Ok(&recipe));
            let mut tried = Vec::new();
            for number in 0..200 {
                // Both what is drawn and what the model asks for.
                let point = propose(&space, &tried, &mut stream(1, number));
                let changed = space.recipe(&recipe, &problem.facts, &point);
                assert!(changed.is_ok(), "{target} {preset:?}: {changed:?} of {point:?}");
                assert!(changed.is_ok_and(|changed| changed != recipe && changed.split == recipe.split));
                tried.push(Tried { point, rank: number as usize });
            }
        }
    }
}

#[test]
fn a_space_holds_the_recipes_own_values_and_what_the_rows_have_something_of() {
    let names = |problem: &Problem, changes: &str| -> Vec<String> {
        let recipe = Preset::Balanced.recipe(&problem.facts);
        let recipe = recipe.with(&changes.parse().expect("a table"), &problem.facts).expect("it fits");
        let space = space(problem, &recipe);
        for axis in space.axes.iter().filter(|axis| axis.own.is_some()) {
            let mut point = space.own();
            let at = space.axes.iter().position(|other| other.name == axis.name).expect("it is there");
            assert_eq!(point.0[at].take(), axis.own, "{}", axis.name);
        }
        space.axes.into_iter().map(|axis| axis.name).collect()
    };
    let has = |names: &[String], name: &str| names.iter().any(|other| other == name);
    let classes = names(&mixed("answer"), "");
    assert!(has(&classes, "label smoothing") && has(&classes, "one-hot levels") && has(&classes, "bins"));
    let numbers = names(&problem(100), "");
    assert!(!has(&numbers, "label smoothing") && !has(&numbers, "one-hot levels") && has(&numbers, "bins"));
    // β₂ is Adam's, rows of one at a time cannot be mixed, and layers of different widths are somebody's own
    // choice.
    let own = names(
        &problem(100),
        "optimiser = { kind = 'sgd' }\ntraining.feeding = { kind = 'online' }\nnetwork.hidden = [32, 16]",
    );
    assert!(!has(&own, "1 - beta2") && !has(&own, "width") && !has(&own, "layers"), "{own:?}");
    assert!(!has(&own, "mixup's alpha") && has(&own, "cutout's share"), "{own:?}");
    // Far from the published range it is a factor of four around the recipe's own.
    let problem = problem(100);
    let far = Preset::Fast.recipe(&problem.facts);
    let far = far.with(
        &"optimiser = { kind = 'sgd' }\ntraining.learning_rate = 1e-3".parse().expect("a table"),
        &problem.facts,
    );
    let far = space(&problem, &far.expect("it fits"));
    assert_eq!(far.axes[0].range, Range::Log { low: 2.5e-4, high: 4e-3 });
}

#[test]
fn label_smoothing_is_switched_and_its_share_is_searched_where_it_is_on() {
    let problem = mixed("answer");
    for own in [0.0, 0.03] {
        let smoothed = format!("objective.label_smoothing = {own:?}").parse().expect("a table");
        let recipe =
            Preset::Balanced.recipe(&problem.facts).with(&smoothed, &problem.facts).expect("it fits");
        let space = space(&problem, &recipe);
        let written = |number| -> f64 {
            let point = space.draw(&mut stream(2, number));
            let recipe = space.recipe(&recipe, &problem.facts, &point).expect("it fits");
            let recipe = toml::Table::try_from(&recipe).expect("it is a table");
            recipe["objective"]["label_smoothing"].as_float().expect("a number")
        };
        let drawn: Vec<f64> = (0..400).map(written).collect();
        // Off as often as on, and where it is on with an even logarithm from 0.005 to 0.1, as pytabkit 1.7.2
        // draws it.
        let (off, on): (Vec<f64>, Vec<f64>) = drawn.into_iter().partition(|share| *share == 0.0);
        assert!((160..240).contains(&off.len()), "{own}: {}", off.len());
        assert!(on.iter().all(|share| (0.005..=0.1).contains(share)), "{own}: {on:?}");
        let low = on.iter().filter(|share| **share < (0.005_f64 * 0.1).sqrt()).count() as f64;
        assert!((0.4..0.6).contains(&(low / on.len() as f64)), "{own}: {low} of {}", on.len());
    }
}

/// A made-up space of five levers, one of which is there for one choice alone.
fn made_up() -> Space {
    let axis = |name: &str, range: Range, when: Option<When>| Axis {
        name: name.to_owned(),
        key: name.to_owned(),
        write: Write::Plain,
        range,
        own: None,
        when,
        source: "a test".to_owned(),
    };
    let values = ["a", "b", "c"].map(Value::from).to_vec();
    let when = When { axis: "kind".into(), choice: 2 };
    Space {
        axes: vec![
            axis("rate", Range::Log { low: 1e-3, high: 1.0 }, None),
            axis("share", Range::Uniform { low: 0.0, high: 1.0 }, None),
            axis("layers", Range::Whole { low: 1, high: 8 }, None),
            axis("kind", Range::Choice { values, shares: vec![0.6, 0.2, 0.2] }, None),
            axis("width", Range::LogWhole { low: 1, high: 256 }, Some(when)),
        ],
    }
}

/// Best at rate 0.03, share 0.8, 3 layers, the kind c and a width of 16; there it is 0.
fn made_up_score(point: &Point) -> f64 {
    let [rate, share, layers, kind, width] = [0, 1, 2, 3, 4].map(|at| point.0[at]);
    let square = |value: Option<f64>, best: f64, scale: f64| {
        value.map_or(0.0, |value| ((value - best) / scale).powi(2))
    };
    let width = width.map(f64::log2);
    let kind = match kind {
        Some(2.0) => square(width, 4.0, 4.0),
        Some(1.0) => 0.5,
        _ => 1.0,
    };
    -(square(rate.map(f64::log10), -1.52, 1.0) + square(share, 0.8, 0.4) + square(layers, 3.0, 4.0) + kind)
}

/// The best score of `n_trials`, each proposed by `next`.
fn search(n_trials: u64, next: impl Fn(&[Tried], u64) -> Point) -> f64 {
    let mut trials: Vec<(f64, Point)> = Vec::new();
    for number in 0..n_trials {
        let mut order: Vec<usize> = (0..trials.len()).collect();
        order.sort_by(|a, b| trials[*b].0.total_cmp(&trials[*a].0));
        let rank = |at: usize| order.iter().position(|other| *other == at).expect("it is among them");
        let tried: Vec<Tried> = trials
            .iter()
            .enumerate()
            .map(|(at, (_, point))| Tried { point: point.clone(), rank: rank(at) })
            .collect();
        let point = next(&tried, number);
        trials.push((made_up_score(&point), point));
    }
    trials.iter().map(|(score, _)| *score).fold(f64::NEG_INFINITY, f64::max)
}

#[test]
fn the_search_finds_better_points_than_chance() {
    let space = made_up();
    let (mut n_better, mut regret) = (0, [0.0, 0.0]);
    for seed in 0..20 {
        let model = search(60, |tried, number| propose(&space, tried, &mut stream(seed, number)));
        let chance = search(60, |_, number| space.draw(&mut stream(seed, number)));
        assert_eq!(model, search(60, |tried, number| propose(&space, tried, &mut stream(seed, number))));
        n_better += usize::from(model > chance);
        regret[0] -= model / 20.0;
        regret[1] -= chance / 20.0;
    }
    assert!(n_better >= 17, "better on {n_better} seeds of 20");
    assert!(regret[0] < 0.5 * regret[1], "{regret:?}");
}

pub(crate) fn study(space: Space, n_trials: Option<u32>, budget_seconds: Option<f64>) -> Study {
    Study { space, n_trials, budget_seconds, holdout_share: 0.2, model: "model".into(), replaces: None }
}

/// A small recipe and the space around it that is quick to train in.
pub(crate) fn small(problem: &Problem, n_folds: usize) -> (Recipe, Space) {
    let recipe = recipe(problem, [n_folds, 1], "training.epochs = 6");
    let mut space = space(problem, &recipe);
    space.retain(|axis| !["layers", "width"].contains(&axis.name.as_str()));
    (recipe, space)
}

/// What a trial found, without its times.
fn without_time(trials: &[StudyTrial]) -> Vec<StudyTrial> {
    trials.iter().cloned().map(|trial| StudyTrial { begun: 0.0, ended: None, ..trial }).collect()
}

#[test]
fn the_first_trial_is_the_recipe_and_hopeless_ones_are_given_up_after_a_fold() {
    let problem = problem(300);
    let (recipe, space) = small(&problem, 5);
    let folder = tempfile::tempdir().expect("a folder");
    let mut store =
        Store::create(&folder.path().join("study.db"), &study(space, Some(15), None)).expect("it is new");
    let worker = store.enter().expect("there is a place");
    let trials = with_context(&AtomicBool::new(false), |place| {
        let config = StudyConfig { problem: &problem, recipe: &recipe, place, now: &|| 0.0 };
        run_study(&config, &mut store, &worker, &mut |_: &StudyEvent| {}).expect("it trains")
    });
    assert_eq!(trials.len(), 15);
    assert_eq!(
        (trials[0].state, trials[0].point.clone()),
        (State::Complete, store.study().expect("it is there").space.own())
    );
    // Every validation row is judged once, so the interval is that of all rows.
    assert!(trials[0].interval.is_some_and(|interval| interval.low < trials[0].score.expect("it has one")));
    let stopped = trials.iter().filter(|trial| trial.state == State::Stopped);
    assert!(stopped.clone().all(|trial| trial.n_folds == 1) && stopped.count() >= 6, "{trials:#?}");
    let complete: Vec<&StudyTrial> = trials.iter().filter(|trial| trial.state == State::Complete).collect();
    assert!(complete.iter().all(|trial| trial.n_folds == 5) && complete.len() >= 2, "{trials:#?}");
    // By construction no worse than the recipe on the rows that choose.
    let best = best_trial(&trials).expect("the recipe is complete");
    assert!(best.score >= trials[0].score);
}

#[test]
fn a_study_killed_at_any_trial_goes_on_to_the_same_end() {
    let problem = problem(150);
    let (recipe, space) = small(&problem, 2);
    let run = |path: &std::path::Path, n_trials: u32, kill_after: Option<u32>| {
        let mut store = if path.exists() {
            Store::open(path).expect("it is whole")
        } else {
            Store::create(path, &study(space.clone(), Some(n_trials), None)).expect("it is new")
        };
        let worker = store.enter().expect("there is a place");
        let interrupt = AtomicBool::new(false);
        let ended = with_context(&interrupt, |place| {
            let config = StudyConfig { problem: &problem, recipe: &recipe, place, now: &|| 0.0 };
            run_study(&config, &mut store, &worker, &mut |event: &StudyEvent| {
                // The trial is claimed and never ended, as after a kill.
                if matches!(event, StudyEvent::Begun(claim) if Some(claim.number) == kill_after) {
                    interrupt.store(true, Ordering::Relaxed);
                }
            })
        });
        match ended {
            Err(StudyError::Train(TrainError::Interrupted { .. })) if kill_after.is_some() => Vec::new(),
            trials => without_time(&trials.expect("it trains")),
        }
    };
    let folder = tempfile::tempdir().expect("a folder");
    let whole = run(&folder.path().join("whole.db"), 14, None);
    assert_eq!(whole.len(), 14);
    for kill_after in [0, 1, 7, 12, 13] {
        let path = folder.path().join(format!("killed-{kill_after}.db"));
        run(&path, 14, Some(kill_after));
        let trials = Store::open(&path).and_then(|store| store.trials()).expect("it is whole");
        assert_eq!(trials.last().map(|trial| (trial.number, trial.state)), Some((kill_after, State::Left)));
        assert_eq!(run(&path, 14, None), whole, "killed at trial {kill_after}");
    }
}

#[test]
fn no_trial_begins_that_would_not_end_in_time() {
    let problem = problem(150);
    let (recipe, space) = small(&problem, 2);
    let folder = tempfile::tempdir().expect("a folder");
    // Every look at the clock is a second later, so a trial takes one and the pause before it another.
    let seconds = AtomicU32::new(0);
    let now = || f64::from(seconds.fetch_add(1, Ordering::Relaxed));
    let mut store =
        Store::create(&folder.path().join("study.db"), &study(space, None, Some(5.5))).expect("it is new");
    let worker = store.enter().expect("there is a place");
    let trials = with_context(&AtomicBool::new(false), |place| {
        let config = StudyConfig { problem: &problem, recipe: &recipe, place, now: &now };
        run_study(&config, &mut store, &worker, &mut |_: &StudyEvent| {}).expect("it trains")
    });
    assert_eq!(trials.len(), 5);
}

#[test]
fn a_point_that_diverges_fails_and_the_search_goes_on() {
    let problem = problem(150);
    let (recipe, mut space) = small(&problem, 2);
    let rate = &mut space.axes[0];
    // SGD at such a rate is lost at once.
    rate.range = Range::Log { low: 1e37, high: 1e38 };
    let recipe = recipe.with(
        &"optimiser = { kind = 'sgd' }\ntraining.learning_rate = 0.001\ntraining.schedule.shape = { kind = 'constant' }".parse().expect("a table"),
        &problem.facts,
    );
    let recipe = recipe.expect("it fits");
    space.retain(|axis| axis.name == "learning rate");
    space.axes[0].own = None;
    let folder = tempfile::tempdir().expect("a folder");
    let mut store =
        Store::create(&folder.path().join("study.db"), &study(space, Some(3), None)).expect("it is new");
    let worker = store.enter().expect("there is a place");
    let trials = with_context(&AtomicBool::new(false), |place| {
        let config = StudyConfig { problem: &problem, recipe: &recipe, place, now: &|| 0.0 };
        run_study(&config, &mut store, &worker, &mut |_: &StudyEvent| {}).expect("it goes on")
    });
    let states: Vec<State> = trials.iter().map(|trial| trial.state).collect();
    assert_eq!(states, [State::Complete, State::Failed, State::Failed], "{trials:?}");
    assert!(trials[1].failure.as_ref().is_some_and(|reason| reason.contains("diverged")), "{trials:?}");
}

#[test]
fn rows_held_back_and_sealed_rows_choose_nothing() {
    let mut problem = problem(250);
    let (recipe, space) = small(&problem, 2);
    let holdout = hold_back(&mut problem, &recipe, 0.3).expect("enough rows");
    let folder = tempfile::tempdir().expect("a folder");
    let run = |problem: &Problem, name: &str| {
        let mut store = Store::create(&folder.path().join(name), &study(space.clone(), Some(4), None))
            .expect("it is new");
        let worker = store.enter().expect("there is a place");
        with_context(&AtomicBool::new(false), |place| {
            let config = StudyConfig { problem, recipe: &recipe, place, now: &|| 0.0 };
            let trials =
                run_study(&config, &mut store, &worker, &mut |_: &StudyEvent| {}).expect("it trains");
            let wide = recipe
                .with(&"network.hidden = [24]".parse().expect("a table"), &problem.facts)
                .expect("it fits");
            let look = look(problem, &holdout, &recipe, (1, &wide), place).expect("it trains");
            let bag = bag(problem, &recipe, (1, &wide), place).expect("it trains");
            (without_time(&trials), bag, look)
        })
    };
    let (before, bag_before, seen) = run(&problem, "before.db");
    let Target::Values(values) = &mut problem.target else { panic!("a number") };
    for row in problem.sealed_rows.iter().chain(&holdout) {
        values[*row as usize] += 100.0;
    }
    let (after, bag_after, other) = run(&problem, "after.db");
    assert_eq!((before.clone(), bag_before), (after, bag_after));
    // Had the look another target, it would say something else.
    assert!(seen.own.score - other.own.score > 50.0, "{} {}", other.own.score, seen.own.score);
    assert!(seen.tuned.is_some() && seen.gain.is_some());
    // The folds' networks are those of the trials: what they score on the rows that chose is the first
    // trial's score.
    assert_eq!(before[0].state, State::Complete);
}

#[test]
fn a_gain_that_is_real_is_seen_on_the_rows_held_back() {
    let mut problem = problem(500);
    let plane = recipe(&problem, [3, 1], "network.hidden = []\ntraining.epochs = 30");
    let holdout = hold_back(&mut problem, &plane, 0.3).expect("enough rows");
    let curved =
        plane.with(&"network.hidden = [32]".parse().expect("a table"), &problem.facts).expect("it fits");
    let look =
        with_context(&AtomicBool::new(false), |place| look(&problem, &holdout, &plane, (1, &curved), place));
    let look = look.expect("it trains");
    let tuned = look.tuned.as_ref().expect("it is another recipe");
    let gain = look.gain.expect("they answer otherwise");
    assert!(gain.low > 0.0 && gain.low < tuned.score - look.own.score, "{look:?}");
    // A mean of predictions errs less than they do on average (Krogh and Vedelsby 1995).
    assert!(tuned.score > tuned.single && look.own.score >= look.own.single, "{look:?}");
}

#[test]
fn trials_and_the_look_at_the_rows_held_back_hear_the_linear_share() {
    let mut problem = problem(300);
    // After two epochs the linear model knows better.
    let alone = recipe(&problem, [3, 1], "training.epochs = 2\nblend = 'none'");
    let holdout = hold_back(&mut problem, &alone, 0.3).expect("enough rows");
    let joined = alone.with(&"blend = 'linear'".parse().expect("a table"), &problem.facts).expect("it fits");
    let folder = tempfile::tempdir().expect("a folder");
    let trial_of = |recipe: &Recipe, name: &str| {
        let (_, space) = small(&problem, 3);
        let mut store =
            Store::create(&folder.path().join(name), &study(space, Some(1), None)).expect("it is new");
        let worker = store.enter().expect("there is a place");
        with_context(&AtomicBool::new(false), |place| {
            let config = StudyConfig { problem: &problem, recipe, place, now: &|| 0.0 };
            run_study(&config, &mut store, &worker, &mut |_: &StudyEvent| {}).expect("it trains").remove(0)
        })
    };
    let (without, with) = (trial_of(&alone, "alone.db"), trial_of(&joined, "joined.db"));
    assert!(with.score > without.score, "{with:?} {without:?}");

    let look =
        with_context(&AtomicBool::new(false), |place| look(&problem, &holdout, &alone, (1, &joined), place));
    let look = look.expect("it trains");
    assert!(look.gain.is_some_and(|gain| gain.low > 0.0), "{look:?}");
    // Each fold's networks alone gain too.
    assert!(look.best_measured().single > look.own.single, "{look:?}");
}
