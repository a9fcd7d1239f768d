//! A run that was stopped goes on and ends with the bits it would have ended with.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::common::{Conditions, RUN, context, fused, problem, recipe, run, tensors, try_run};
use kitae_data::target::Task;
use kitae_train::engine::{Checkpoints, Probing, load_checkpoints};
use kitae_train::{Engine, Event, Packing, TrainError, train};

#[track_caller]
fn check(task: Task, changes: &str) {
    for engine in [tensors(Packing::Lanes(2)), fused()] {
        check_engine(task, changes, &engine);
    }
}

#[track_caller]
fn check_engine(task: Task, changes: &str, engine: &Engine) {
    let problem = problem(task, 120);
    let recipe = recipe(&problem, &format!("training.epochs = 6\n{changes}"));
    let (straight, _) = run(&problem, &recipe, &Conditions::of(engine.clone()));
    for stop_after in [1, 2, 5] {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let checkpoints = Checkpoints::Into { folder: folder.path(), every: Duration::ZERO, run: RUN };
        let interrupt = AtomicBool::new(false);
        let base = Conditions::of(engine.clone());
        let conditions = Conditions { checkpoints, interrupt: &interrupt, ..base };
        let mut epochs = vec![0; straight.len()];
        let stopped = try_run(&problem, &recipe, &conditions, &mut |event| match event {
            Event::EpochEnded { lane, epoch, .. } => {
                epochs[*lane] = *epoch;
                if *epoch >= stop_after {
                    interrupt.store(true, Ordering::Relaxed);
                }
            }
            Event::LaneEnded { lane, .. } => epochs[*lane] = usize::MAX,
            _ => {}
        });
        match stopped {
            Err(TrainError::Interrupted { epoch }) => assert_eq!(Some(&epoch), epochs.iter().min()),
            // Events reach the observer a moment after the epoch, so the run may also have ended.
            stopped => assert!(stopped.is_ok()),
        }
        interrupt.store(false, Ordering::Relaxed);
        let mut told = Vec::new();
        let resumed = try_run(&problem, &recipe, &conditions, &mut |event| told.push(event.clone()))
            .expect("the run can be resumed");
        check_told(&told, resumed.len());
        for (a, b) in straight.iter().zip(&resumed) {
            assert_eq!(a.weights, b.weights, "{changes}: stopped after {stop_after}");
            assert_eq!((a.kept_epoch, a.n_epochs, a.end), (b.kept_epoch, b.n_epochs, b.end));
            assert_eq!(a.held_out, b.held_out);
        }
    }
}

#[test]
fn looks_inside_go_on_where_they_were() {
    let problem = problem(Task::Classification, 240);
    let recipe = recipe(&problem, "training.epochs = 40");
    for engine in [tensors(Packing::Lanes(2)), fused()] {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let checkpoints = Checkpoints::Into { folder: folder.path(), every: Duration::ZERO, run: RUN };
        let interrupt = AtomicBool::new(false);
        let quiet = Conditions { probing: Probing::Epochs, ..Conditions::of(engine) };
        let stopped =
            Conditions { engine: quiet.engine.clone(), checkpoints, interrupt: &interrupt, ..quiet };
        let (_, straight) = run(&problem, &recipe, &quiet);
        let _ = try_run(&problem, &recipe, &stopped, &mut |event| {
            if matches!(event, Event::EpochEnded { epoch: 2, .. }) {
                interrupt.store(true, Ordering::Relaxed);
            }
        });
        interrupt.store(false, Ordering::Relaxed);
        let (_, resumed) = run(&problem, &recipe, &stopped);
        let looks: Vec<&Event> =
            resumed.iter().filter(|event| matches!(event, Event::Probed { .. })).collect();
        assert!(!looks.is_empty(), "the run was stopped long before its end");
        for look in looks {
            assert!(straight.contains(look), "{look:?}");
        }
    }
}

/// What a look sees of weights that are still numbers may be none.
#[test]
fn a_lane_that_was_looked_into_as_it_diverged_can_be_read_again() {
    let problem = problem(Task::Regression, 240);
    for rate in ["1e6", "1e12", "1e18", "1e24"] {
        let changes = format!(
            "training.learning_rate = {rate}\noptimiser.kind = 'sgd'\ntraining.feeding.kind = 'full'"
        );
        let recipe = recipe(&problem, &changes);
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let checkpoints = Checkpoints::Into { folder: folder.path(), every: Duration::ZERO, run: RUN };
        let conditions = Conditions { checkpoints, probing: Probing::Epochs, ..Conditions::default() };
        let _ = try_run(&problem, &recipe, &conditions, &mut |_| {});
        let saved = load_checkpoints(folder.path(), 3, RUN).expect("what was written can be read");
        assert!(saved.iter().all(Option::is_some), "{rate}");
    }
}

/// A run that goes on tells of each lane, also of those that had ended, that it starts and ends.
#[track_caller]
fn check_told(told: &[Event], n_lanes: usize) {
    let all: Vec<usize> = (0..n_lanes).collect();
    let lanes = |of: fn(&Event) -> Option<usize>| {
        let mut lanes: Vec<usize> = told.iter().filter_map(of).collect();
        lanes.sort_unstable();
        lanes
    };
    let started =
        |event: &Event| if let Event::LaneStarted { lane, .. } = event { Some(*lane) } else { None };
    let ended = |event: &Event| if let Event::LaneEnded { lane, .. } = event { Some(*lane) } else { None };
    assert_eq!((lanes(started), lanes(ended)), (all.clone(), all), "{told:?}");
}

#[test]
fn with_every_optimiser() {
    for kind in ["sgd", "ada_grad", "rms_prop", "adam", "adam_w", "adan", "lion", "muon"] {
        check(Task::Regression, &format!("optimiser.kind = '{kind}'\ntraining.learning_rate = 0.01"));
    }
    check(Task::Regression, "optimiser.kind = 'lbfgs'\ntraining.feeding.kind = 'full'");
}

#[test]
fn with_mixed_rows() {
    check(Task::Classification, "training.mixing = { kind = 'mixup', alpha = 1.0 }");
    check(Task::Regression, "training.mixing.kind = 'cut_mix'\nnetwork.normalisation = 'batch'");
    check(Task::Classification, "training.mixing.kind = 'cut_out'\ntraining.feeding.kind = 'full'");
}

#[test]
fn with_averaged_weights() {
    for averaging in ["{ kind = 'ema', decay = 0.9 }", "{ kind = 'swa', from = 0.5 }"] {
        let averaging = format!("training.averaging = {averaging}");
        check(Task::Classification, &averaging);
        check(Task::Regression, &format!("{averaging}\nnetwork.normalisation = 'batch'"));
        let early = "stopping = { kind = 'early', patience = 1 }\ntraining.learning_rate = 0.5";
        check(Task::Classification, &format!("{averaging}\n{early}"));
        let lbfgs = "optimiser.kind = 'lbfgs'\ntraining.feeding.kind = 'full'";
        check(Task::Regression, &format!("{averaging}\n{lbfgs}"));
    }
}

#[test]
fn with_batch_norm_dropout_plateau_and_early_stopping() {
    check(Task::Classification, "network.normalisation = 'batch'\nnetwork.dropout = 0.3");
    check(Task::Classification, "training.plateau = { factor = 0.5, patience = 1, min_factor = 0.01 }");
    check(Task::Classification, "stopping = { kind = 'early', patience = 1 }\ntraining.learning_rate = 0.5");
    check(Task::Classification, "network.dropout = 0.3\nnetwork.number_embedding.kind = 'periodic'");
    check(Task::Regression, "network.number_embedding = { kind = 'piecewise_linear', n_bins = 9 }");
    for kind in ["tab_m_mini", "tab_m"] {
        let ensemble =
            format!("network.ensemble = {{ kind = '{kind}', n_members = 3 }}\nnetwork.dropout = 0.3");
        check(Task::Classification, &ensemble);
    }
}

#[test]
fn lanes_that_had_ended_are_told_of_and_not_trained() {
    let problem = problem(Task::Classification, 120);
    let recipe = recipe(&problem, "training.epochs = 3");
    for engine in [tensors(Packing::Lanes(2)), fused()] {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let checkpoints = Checkpoints::Into { folder: folder.path(), every: Duration::ZERO, run: RUN };
        let conditions = Conditions { checkpoints, ..Conditions::of(engine) };
        try_run(&problem, &recipe, &conditions, &mut |_| {}).expect("it trains");
        let mut told = Vec::new();
        let again = try_run(&problem, &recipe, &conditions, &mut |event| told.push(event.clone()));
        check_told(&told, again.expect("it goes on").len());
        assert!(!told.iter().any(|event| matches!(event, Event::EpochEnded { .. })), "{told:?}");
    }
}

/// Lanes that wait for their turn must not keep the run from ending.
#[test]
fn a_checkpoint_that_cannot_be_written_ends_the_run_with_the_reason() {
    let problem = problem(Task::Classification, 120);
    let recipe = recipe(&problem, "training.epochs = 500");
    for engine in [fused(), tensors(Packing::Lanes(1))] {
        for n_threads in [1, 2] {
            let place = tempfile::tempdir().expect("a temporary folder can be made");
            let (folder, elsewhere) = (place.path().join("run"), place.path().join("elsewhere"));
            std::fs::create_dir(&folder).expect("a folder can be made");
            let checkpoints = Checkpoints::Into { folder: &folder, every: Duration::ZERO, run: RUN };
            let conditions = Conditions { n_threads, checkpoints, ..Conditions::of(engine.clone()) };
            let failed = try_run(&problem, &recipe, &conditions, &mut |event| {
                if matches!(event, Event::EpochEnded { epoch: 2, .. }) && !elsewhere.exists() {
                    // In one step, since another lane may be writing into it at this moment.
                    std::fs::rename(&folder, &elsewhere).expect("a folder can be moved");
                }
            });
            let reason = failed.map(|_| ()).map_err(|error| error.to_string());
            assert!(
                reason.as_ref().is_err_and(|text| text.contains("cannot write")),
                "{engine:?} on {n_threads}: {reason:?}"
            );
        }
    }
}

#[test]
fn a_stop_while_baselines_are_compared_says_that_all_epochs_are_trained() {
    let problem = problem(Task::Regression, 90);
    let recipe = recipe(&problem, "");
    let plan = kitae_train::plan(&problem, &recipe).expect("sound");
    let interrupt = AtomicBool::new(false);
    let conditions = Conditions { interrupt: &interrupt, ..Conditions::default() };
    let mut observer = |event: &Event| {
        if matches!(event, Event::BaselinesStarted) {
            interrupt.store(true, Ordering::Relaxed);
        }
    };
    let saved = vec![None; plan.lanes.len()];
    let stopped = train(&problem, &recipe, &plan, &saved, &context(&conditions), &mut observer);
    let Err(TrainError::Interrupted { epoch }) = stopped else { panic!("it was not stopped") };
    assert_eq!(epoch, recipe.training.epochs);
}
