//! Which trials are made, and what they find.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use kitae_eval::Score;
use kitae_lab::ledger::{Next, next_trial};
use kitae_lab::{
    FoldScore, LedgerConfig, Lever, Progress, Trial, TrialOutcome, Verdict, compare_levers, run_ledger,
};
use kitae_train::{Event, TrainError, plan, train};

use crate::common::{lever, problem, recipe, run, with_context, without_time};

fn count(trials: &[Trial], name: Option<&str>) -> usize {
    trials.iter().filter(|trial| trial.lever.as_deref() == name).count()
}

#[test]
fn a_lever_that_helps_is_adopted_one_that_harms_let_go_and_one_that_fails_told() {
    let problem = problem(300);
    // A plane does not fit Friedman's function.
    let recipe = recipe(&problem, [5, 2], "network.hidden = []\ntraining.epochs = 60\nblend = 'none'");
    let levers = [
        lever("hidden layer", "network.hidden = [32]"),
        Lever { rates: vec![1e-6], ..lever("hardly any step", "training.epochs = 1") },
        lever("nothing", "network.skip = 'residual'"),
        lever("explosion", "training.learning_rate = 1e30\noptimiser = { kind = 'sgd' }"),
    ];
    let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: None };
    let trials = run(&problem, &config, Vec::new());
    let judgement = compare_levers(&recipe, &levers, &trials);
    let of = |name: &str| judgement.levers.iter().find(|lever| lever.name == name).expect(name);
    assert_eq!(of("hidden layer").verdict, Verdict::Adopt, "{judgement:#?}");
    assert_eq!(judgement.levers[0].name, "hidden layer");
    assert_eq!(of("hardly any step").verdict, Verdict::Reject);
    assert_eq!((of("nothing").verdict, of("nothing").test), (Verdict::Reject, None));
    assert_eq!(of("explosion").verdict, Verdict::Reject);
    assert!(
        of("explosion").failure.as_ref().is_some_and(|reason| reason.contains("diverged")),
        "{judgement:#?}"
    );
    // Who gains nothing is not asked again.
    let asked =
        ["hidden layer", "hardly any step", "nothing", "explosion"].map(|name| count(&trials, Some(name)));
    assert_eq!(asked, [2, 1, 1, 1]);
}

#[test]
fn a_trial_scores_what_a_model_would_say_the_linear_share_and_all_networks_of_a_fold() {
    let problem = problem(200);
    let recipe = recipe(&problem, [3, 1], "training.epochs = 2\ntraining.members = 2\nblend = 'none'");
    let linear = Lever { rates: vec![1.0], ..lever("linear share", "blend = 'linear'") };
    let levers = [linear];
    let trials = run(&problem, &LedgerConfig { recipe: &recipe, levers: &levers, budget: None }, Vec::new());
    let [alone, joined] = trials.as_slice() else { panic!("{trials:#?}") };

    let recipe = levers[0].recipe(&recipe, &problem.facts).expect("it fits");
    let plan = plan(&problem, &recipe).expect("rows enough");
    let new_run = vec![None; plan.lanes.len()];
    let model = with_context(&AtomicBool::new(false), |place| {
        train(&problem, &recipe, &plan, &new_run, place, &mut |_: &Event| {}).expect("it trains")
    });
    for ((fold, joined), alone) in
        model.out_of_fold.folds.iter().zip(joined.outcome.folds()).zip(alone.outcome.folds())
    {
        assert_eq!(fold.predictions.score(&fold.targets, recipe.metric), Some(joined.score));
        // After two epochs the linear model knows better.
        assert!(joined.score > alone.score, "{joined:?} {alone:?}");
    }
}

#[test]
fn each_fold_takes_the_learning_rate_that_its_validation_rows_prefer() {
    let problem = problem(200);
    let recipe = recipe(&problem, [3, 1], "");
    let alone = |rate: f64| Lever { rates: vec![rate], ..lever("alone", "training.keep = 'last'") };
    let folds = |lever: Lever| {
        let levers = [lever];
        let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: None };
        run(&problem, &config, Vec::new())[1].outcome.folds().to_vec()
    };
    let rates = [1.0, 0.02, 5.0];
    let apart = rates.map(|rate| folds(alone(rate)));
    let together = folds(Lever { rates: rates.to_vec(), ..alone(1.0) });
    for (at, fold) in together.iter().enumerate() {
        let best = apart
            .iter()
            .map(|folds| &folds[at])
            .max_by(|a, b| a.validation.0.total_cmp(&b.validation.0))
            .expect("three");
        // Where all rates end in the same predictions, any of them is the best.
        assert_eq!((fold.validation, fold.score), (best.validation, best.score));
    }
    // The choice is one: other folds or other rows would choose otherwise.
    assert!(together.iter().any(|fold| fold.learning_rate != together[0].learning_rate), "{together:?}");
}

/// What [`next_trial`] asks for, done in an instant: each repeat of a lever gains `gain`, and takes
/// `seconds`.
fn made_up(next: &Next, gain: f64, seconds: f64) -> Trial {
    let gain = if next.lever.is_some() { gain } else { 0.0 };
    let score = |fold: usize| {
        let score = gain + (next.repeat * 7 + fold * 3) as f64 % 5.0;
        FoldScore {
            fold,
            learning_rate: 0.1,
            validation: Score(0.0),
            score: Score(score),
            n_train: 80,
            n_held_out: 20,
            n_rare: None,
        }
    };
    let lever = next.lever.map(|lever| lever.name.clone());
    Trial {
        lever,
        repeat: next.repeat,
        seconds,
        seconds_saved: 0.0,
        outcome: TrialOutcome::Folds((0..3).map(score).collect()),
    }
}

fn gain_of(next: &Next) -> f64 {
    next.lever.map_or(0.0, |lever| lever.name.len() as f64 / 100.0)
}

#[test]
fn the_order_in_which_trials_were_done_has_no_say_in_what_comes_next() {
    let problem = problem(60);
    let recipe = recipe(&problem, [3, 3], "");
    let levers: Vec<Lever> = (1..=12).map(|n| lever(&"x".repeat(n), "seed = 1")).collect();
    let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: None };
    let mut trials: Vec<Trial> = Vec::new();
    while let Some(next) = next_trial(&config, &trials) {
        // As a resumed run leaves it: trials of a repeat behind those of a later one.
        let later_first: Vec<Trial> = trials.iter().rev().cloned().collect();
        assert_eq!(next_trial(&config, &later_first), Some(next), "after {} trials", trials.len());
        let trial = made_up(&next, gain_of(&next), 1.0);
        trials.push(trial);
    }
    assert!(trials.iter().any(|trial| trial.repeat == 2));
}

#[test]
fn time_goes_to_levers_and_a_repeat_begins_when_all_of_the_last_were_tried() {
    let problem = problem(60);
    let recipe = recipe(&problem, [3, 4], "");
    let levers: Vec<Lever> = (1..=8).map(|n| lever(&"x".repeat(n), "seed = 1")).collect();
    for seconds in 2..60 {
        let budget = Some(Duration::from_secs(seconds));
        let config = LedgerConfig { recipe: &recipe, levers: &levers, budget };
        let mut trials: Vec<Trial> = Vec::new();
        while let Some(next) = next_trial(&config, &trials) {
            // One lever takes three times as long as the others.
            let seconds = if next.lever == Some(&levers[5]) { 3.0 } else { 1.0 };
            let trial = made_up(&next, gain_of(&next), seconds);
            trials.push(trial);
        }
        assert!(seconds == 2 || trials[trials.len() - 1].lever.is_some(), "{seconds} s: {trials:?}");
        let n_dealt = |repeat| trials.iter().filter(|trial| trial.repeat == repeat).count();
        assert!(n_dealt(1) == 0 || n_dealt(0) == 9, "{seconds} s: {trials:?}");
        assert!(n_dealt(2) == 0 || n_dealt(1) == 6, "{seconds} s: {trials:?}");
    }
}

#[test]
fn a_repeat_that_time_cuts_short_takes_nothing_away_from_the_levers_it_did_not_reach() {
    let problem = problem(60);
    let recipe = recipe(&problem, [3, 3], "");
    let levers: Vec<Lever> = (1..=6).map(|n| lever(&"x".repeat(n), "seed = 1")).collect();
    // Gains that nobody can miss: the same on each fold but for a little.
    let verdicts = |seconds: Option<u64>| {
        let config =
            LedgerConfig { recipe: &recipe, levers: &levers, budget: seconds.map(Duration::from_secs) };
        let mut trials: Vec<Trial> = Vec::new();
        while let Some(next) = next_trial(&config, &trials) {
            let mut trial = made_up(&next, 0.0, 1.0);
            if let (Some(lever), TrialOutcome::Folds(folds)) = (next.lever, &mut trial.outcome) {
                let little = |fold: usize| (fold + next.repeat) as f64 / 1000.0;
                let gain = lever.name.len() as f64 / 10.0;
                for fold in folds.iter_mut() {
                    fold.score.0 += gain + little(fold.fold);
                }
            }
            trials.push(trial);
        }
        let judgement = compare_levers(&recipe, &levers, &trials);
        (trials, judgement)
    };
    let (whole, _) = verdicts(None);
    assert_eq!((whole.len(), whole.iter().filter(|trial| trial.repeat == 2).count()), (7 + 6 + 6, 6));
    let (first_two, before) = verdicts(Some(13 + 1));
    assert_eq!(first_two.len(), 13);
    let adopted = |judgement: &kitae_lab::Judgement| {
        let adopted = judgement.levers.iter().filter(|lever| lever.verdict == Verdict::Adopt);
        adopted.map(|lever| (lever.name.clone(), lever.n_folds)).collect::<Vec<_>>()
    };
    assert_eq!(adopted(&before).len(), 5);
    // Time for the recipe and some levers of the third repeat: what is known of whole repeats stays known.
    for n_more in 2..6 {
        let (cut, judgement) = verdicts(Some(13 + n_more + 1));
        assert_eq!(cut.len(), 13 + n_more as usize);
        assert_eq!(adopted(&judgement), adopted(&before), "{n_more}");
        assert_eq!(judgement.n_waiting, n_more as usize);
    }
    assert_eq!(verdicts(None).1.n_waiting, 0);
    assert!(adopted(&verdicts(None).1).iter().all(|(_, n_folds)| *n_folds == 9));
}

#[test]
fn a_ledger_that_was_stopped_goes_on_to_the_same_end() {
    let problem = problem(160);
    let recipe = recipe(&problem, [2, 2], "blend = 'none'");
    let levers = [lever("relu", "network.activation = 'relu'"), lever("wide", "network.hidden = [24]")];
    let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: None };
    let whole = run(&problem, &config, Vec::new());
    assert!(whole.len() > 4);
    for n_done in 0..whole.len() {
        let resumed = run(&problem, &config, whole[..n_done].to_vec());
        assert_eq!(without_time(&resumed), without_time(&whole), "after {n_done} trials");
    }
}

#[test]
fn an_interruption_ends_it_and_what_was_done_was_told() {
    let problem = problem(120);
    let recipe = recipe(&problem, [2, 1], "");
    let levers = [lever("relu", "network.activation = 'relu'")];
    let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: None };
    let interrupt = AtomicBool::new(false);
    let mut told = Vec::new();
    let ended = with_context(&interrupt, |place| {
        let mut observer = |progress: &Progress| {
            if let Progress::Ended(trial) = progress {
                told.push((*trial).clone());
                interrupt.store(true, std::sync::atomic::Ordering::Relaxed);
            }
        };
        run_ledger(&problem, &config, Vec::new(), place, &mut observer)
    });
    assert!(matches!(ended, Err(TrainError::Interrupted { .. })), "{ended:?}");
    assert_eq!(without_time(&told), without_time(&run(&problem, &config, Vec::new())[..1]));
}

#[test]
fn no_lever_is_begun_that_would_not_end_in_time() {
    let problem = problem(120);
    let recipe = recipe(&problem, [2, 2], "");
    let names: Vec<String> = (0..6).map(|number| format!("width {number}")).collect();
    let levers: Vec<Lever> =
        (0..6).map(|number| lever(&names[number], &format!("network.hidden = [{}]", number + 4))).collect();
    // The clock is looked at by the engine too, so seconds are those of the trials themselves.
    let all = run(&problem, &LedgerConfig { recipe: &recipe, levers: &levers, budget: None }, Vec::new());
    let first_three: f64 = all[..4].iter().map(|trial| trial.seconds).sum();
    let budget = Some(Duration::from_secs_f64(first_three + 0.5));
    let some = run(&problem, &LedgerConfig { recipe: &recipe, levers: &levers, budget }, Vec::new());
    let judgement = compare_levers(&recipe, &levers, &some);
    let not_tried = judgement.levers.iter().filter(|lever| lever.verdict == Verdict::NotTried).count();
    assert!((2..6).contains(&not_tried), "{not_tried}");
    // No time goes to a repeat of the recipe that no lever would follow.
    assert_eq!(count(&some, None), 1);
    assert_eq!(judgement.levers.last().map(|lever| lever.verdict), Some(Verdict::NotTried));
}

#[test]
fn a_lever_costs_what_it_would_take_alone_though_linear_models_are_fitted_once() {
    let problem = problem(120);
    let recipe = recipe(&problem, [3, 1], "stopping = { kind = 'never' }\nblend = 'linear'");
    let with_rates = |lever: Lever| Lever { rates: vec![0.5, 1.0, 2.0], ..lever };
    let levers = [("wider", "network.hidden = [24]"), ("no linear share", "blend = 'none'")]
        .map(|(name, changes)| with_rates(lever(name, changes)));
    let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: None };
    let trials = run(&problem, &config, Vec::new());
    let [own, wider, without] = trials.as_slice() else { panic!("{trials:#?}") };
    // Each look at the clock is a second, and networks of any width look as often.
    assert!(own.seconds > wider.seconds && wider.seconds_saved > 0.0, "{trials:#?}");
    assert_eq!((own.seconds_saved, without.seconds_saved), (0.0, 0.0));
    let judgement = compare_levers(&recipe, &levers, &trials);
    let cost =
        |name: &str| judgement.levers.iter().find(|lever| lever.name == name).and_then(|lever| lever.cost);
    assert!(cost("wider").is_some_and(|cost| (cost - 1.0).abs() < 0.1), "{judgement:#?}");
    assert!(cost("no linear share").is_some_and(|cost| cost < 0.9), "{judgement:#?}");
}

#[test]
fn a_hold_out_is_refused_with_what_to_do() {
    let problem = problem(120);
    let recipe = recipe(&problem, [2, 1], "split.scheme = { kind = 'hold_out', held_out_share = 0.2 }");
    let config = LedgerConfig { recipe: &recipe, levers: &[], budget: None };
    let refused = with_context(&AtomicBool::new(false), |place| {
        run_ledger(&problem, &config, Vec::new(), place, &mut |_: &Progress| {})
    });
    assert!(refused.is_err_and(|error| error.to_string().contains("must be k_fold")));
}

#[test]
fn a_fold_without_a_score_fails_the_lever_and_ends_a_ledger_whose_recipe_has_it() {
    let mut problem = problem(200);
    let rmse = recipe(&problem, [4, 2], "");
    // A percentage of nothing is undefined: on the fold of this row the metric has no value.
    let kitae_data::target::Target::Values(values) = &mut problem.target else { panic!("a number") };
    values[problem.open_rows[0] as usize] = 0.0;
    let levers = [lever("in percent", "metric = 'mape'"), lever("relu", "network.activation = 'relu'")];
    let config = LedgerConfig { recipe: &rmse, levers: &levers, budget: None };
    let judgement = compare_levers(&rmse, &levers, &run(&problem, &config, Vec::new()));
    let percent = judgement.levers.iter().find(|lever| lever.name == "in percent").expect("it was tried");
    assert_eq!((percent.verdict, percent.n_folds), (Verdict::Reject, 0), "{percent:?}");
    let reason = percent.failure.as_deref().expect("it says why");
    assert!(reason.starts_with("mape has no value on the held-out rows of fold "), "{reason}");
    let percent = recipe(&problem, [4, 2], "metric = 'mape'");
    let config = LedgerConfig { recipe: &percent, levers: &levers, budget: None };
    let ended = with_context(&AtomicBool::new(false), |place| {
        run_ledger(&problem, &config, Vec::new(), place, &mut |_: &Progress| {})
    });
    let error = ended.expect_err("there is nothing to compare on").to_string();
    assert!(error.contains("mape has no value on the held-out rows of fold "), "{error}");
    assert!(error.contains("name another metric"), "{error}");
}

#[test]
fn sealed_rows_are_never_touched() {
    let mut problem = problem(200);
    let recipe = recipe(&problem, [2, 1], "");
    let levers = [lever("relu", "network.activation = 'relu'")];
    let config = LedgerConfig { recipe: &recipe, levers: &levers, budget: None };
    let before = run(&problem, &config, Vec::new());
    // Had they any say, another target would change something.
    let kitae_data::target::Target::Values(values) = &mut problem.target else { panic!("a number") };
    for row in &problem.sealed_rows {
        values[*row as usize] += 100.0;
    }
    assert_eq!(without_time(&run(&problem, &config, Vec::new())), without_time(&before));
    assert!(matches!(before[0].outcome, TrialOutcome::Folds(_)));
}
