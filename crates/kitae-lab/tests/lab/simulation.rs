//! Verdicts err as often as they say, in made-up ledgers whose true gains are known.
//!
//! The differences of a lever on J folds are normal with the correlation ρ = share of held-out rows that
//! Nadeau and Bengio (2003) assume for folds that share training rows.

use kitae_eval::Score;
use kitae_lab::ledger::next_trial;
use kitae_lab::{FoldScore, Judgement, LedgerConfig, Lever, Trial, TrialOutcome, Verdict, compare_levers};
use kitae_random::{Purpose, Stream};
use kitae_train::Recipe;

use crate::common::{lever, problem, recipe};

const N_FOLDS: usize = 5;
const N_REPEATS: usize = 3;
const N_LEVERS: usize = 20;
const N_WORLDS: u64 = 1000;
const RHO: f64 = 0.2;

struct Bench {
    recipe: Recipe,
    levers: Vec<Lever>,
}

impl Bench {
    fn new() -> Self {
        let problem = problem(60);
        let recipe = recipe(&problem, [N_FOLDS, N_REPEATS], "");
        let levers = (0..N_LEVERS).map(|number| lever(&format!("lever {number}"), "seed = 1")).collect();
        Self { recipe, levers }
    }

    /// A ledger in which lever `number` truly gains `effects[number]`, with the race between the levers.
    fn judged(&self, world: u64, effects: &[f64]) -> Judgement {
        let config = LedgerConfig { recipe: &self.recipe, levers: &self.levers, budget: None };
        let mut trials = Vec::new();
        while let Some(next) = next_trial(&config, &trials) {
            let name = next.lever.map(|lever| lever.name.as_str());
            let number = self.levers.iter().position(|lever| Some(lever.name.as_str()) == name);
            let gains = number.map(|number| differences(world, number, next.repeat, effects[number]));
            let mut scores = normals(&mut stream([world, 0, next.repeat as u64]), N_FOLDS);
            for (score, gain) in scores.iter_mut().zip(gains.unwrap_or_default()) {
                *score += gain;
            }
            trials.push(trial(name, next.repeat, &scores));
        }
        compare_levers(&self.recipe, &self.levers, &trials)
    }
}

/// A lever's scores minus those of the recipe on the folds of a repeat.
fn differences(world: u64, number: usize, repeat: usize, effect: f64) -> Vec<f64> {
    let number = number as u64 + 1;
    let shared = RHO.sqrt() * stream([world, number, u64::MAX]).normal();
    let own = normals(&mut stream([world, number, repeat as u64]), N_FOLDS);
    own.into_iter().map(|own| effect + shared + (1.0 - RHO).sqrt() * own).collect()
}

fn stream(position: [u64; 3]) -> Stream {
    Stream::new(5, Purpose::Synthesis, position)
}

fn normals(stream: &mut Stream, n: usize) -> Vec<f64> {
    (0..n).map(|_| stream.normal()).collect()
}

fn trial(lever: Option<&str>, repeat: usize, scores: &[f64]) -> Trial {
    let fold = |(fold, score): (usize, &f64)| FoldScore {
        fold,
        learning_rate: 0.04,
        validation: Score(0.0),
        score: Score(*score),
        n_train: 80,
        n_held_out: 20,
        n_rare: None,
    };
    let folds = scores.iter().enumerate().map(fold).collect();
    Trial {
        lever: lever.map(str::to_owned),
        repeat,
        seconds: 1.0,
        seconds_saved: 0.0,
        outcome: TrialOutcome::Folds(folds),
    }
}

fn share(is_so: impl Fn(u64) -> bool) -> f64 {
    (0..N_WORLDS).filter(|world| is_so(*world)).count() as f64 / N_WORLDS as f64
}

fn adopts(judgement: &Judgement, name: &str) -> bool {
    judgement.levers.iter().any(|lever| lever.name == name && lever.verdict == Verdict::Adopt)
}

#[test]
fn where_no_lever_earns_anything_one_is_adopted_in_at_most_one_ledger_of_twenty() {
    let bench = Bench::new();
    let any = |world| {
        bench.judged(world, &[0.0; N_LEVERS]).levers.iter().any(|lever| lever.verdict == Verdict::Adopt)
    };
    let rate = share(any);
    // Half of the 5 %, as the other half of the errors would be losses; 1000 worlds tell it to 0.5 %.
    assert!((0.01..0.04).contains(&rate), "{rate}");
}

#[test]
fn a_gain_of_the_size_that_would_be_seen_is_adopted_as_often_as_stated() {
    let bench = Bench::new();
    // Standard error of the mean of fifteen folds: √(ρ + (1 - ρ) / 15), times what 20 questions at 14 degrees
    // need.
    let student = kitae_eval::student::StudentT::new(14).expect("at least one degree");
    let shift = student.detectable(1.0 - 0.05 / N_LEVERS as f64, kitae_eval::tests::POWER).expect("in range");
    let effect = shift * (RHO + (1.0 - RHO) / 15.0_f64).sqrt();
    let mut effects = [0.0; N_LEVERS];
    effects[7] = effect;
    let rate = share(|world| adopts(&bench.judged(world, &effects), "lever 7"));
    assert!((0.77..0.83).contains(&rate), "{rate}");
    // What a ledger states itself is this on average, as its standard error is an estimate.
    let stated = |world| {
        let judgement = bench.judged(world, &effects);
        let own = judgement.levers.iter().find(|lever| lever.name == "lever 7");
        own.expect("it was tried").smallest_effect
    };
    // In some worlds it leaves the race before its end, and nothing is stated.
    let stated: Vec<f64> = (0..N_WORLDS).filter_map(stated).collect();
    assert!(stated.len() as f64 > 0.9 * N_WORLDS as f64, "{}", stated.len());
    let mean = stated.iter().sum::<f64>() / stated.len() as f64;
    assert!((0.93..1.03).contains(&(mean / effect)), "{}", mean / effect);
}

#[test]
fn intervals_hold_the_true_gain_as_often_as_they_say() {
    let bench = Bench::new();
    // On one repeat, as the race makes those that are let go look worse than they are.
    let bench = Bench { recipe: recipe(&problem(60), [N_FOLDS, 1], ""), ..bench };
    let effects: Vec<f64> = (0..N_LEVERS).map(|number| number as f64 / 10.0 - 1.0).collect();
    let mut n_held = 0;
    for world in 0..200 {
        let judgement = bench.judged(world, &effects);
        for (lever, effect) in bench.levers.iter().zip(&effects) {
            let report = judgement.levers.iter().find(|report| report.name == lever.name);
            let test = report.and_then(|report| report.test).expect("it was tried");
            n_held += usize::from((test.interval.low..test.interval.high).contains(effect));
        }
    }
    let coverage = n_held as f64 / (200 * N_LEVERS) as f64;
    assert!((0.94..0.96).contains(&coverage), "{coverage}");
}
