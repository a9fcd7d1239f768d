//! Verdicts err as often as they say, in made-up ledgers whose truth is known.
//!
//! The differences of a lever on J folds are normal with the correlation ρ = share of scored rows that Nadeau and
//! Bengio (2003) assume for folds that share training rows.

use kitae_lab::{FoldScore, Judgement, Lever, Outcome, Trial, Verdict, judge};
use kitae_random::{Purpose, Stream};
use kitae_train::Recipe;

use crate::common::{lever, problem, recipe};

const N_FOLDS: usize = 5;
const N_REPEATS: usize = 2;
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

    /// A ledger in which lever `number` truly gains `effects[number]`.
    fn judged(&self, world: u64, effects: &[f64]) -> Judgement {
        let mut stream = Stream::new(5, Purpose::Synthesis, [world, 0, 0]);
        let mut trials = Vec::new();
        let mut base = Vec::new();
        for repeat in 0..N_REPEATS {
            base.push((0..N_FOLDS).map(|_| stream.normal()).collect::<Vec<f64>>());
            trials.push(trial(None, repeat, &base[repeat]));
        }
        for (lever, effect) in self.levers.iter().zip(effects) {
            let shared = RHO.sqrt() * stream.normal();
            for (repeat, base) in base.iter().enumerate() {
                let own = |base: &f64| base + effect + shared + (1.0 - RHO).sqrt() * stream.normal();
                let scores: Vec<f64> = base.iter().map(own).collect();
                trials.push(trial(Some(&lever.name), repeat, &scores));
            }
        }
        judge(&self.recipe, &self.levers, &trials)
    }
}

fn trial(lever: Option<&str>, repeat: usize, scores: &[f64]) -> Trial {
    let fold = |(fold, score): (usize, &f64)| FoldScore {
        fold,
        learning_rate: 0.04,
        stop: 0.0,
        score: *score,
        n_train: 80,
        n_score: 20,
    };
    let folds = scores.iter().enumerate().map(fold).collect();
    Trial { lever: lever.map(str::to_owned), repeat, seconds: 1.0, outcome: Outcome::Folds(folds) }
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
    // Standard error of the mean of ten folds: √(ρ + (1 - ρ) / 10), times what 20 questions at 9 degrees need.
    let student = kitae_eval::student::StudentT::new(9).expect("at least one degree");
    let shift = student.detectable(1.0 - 0.05 / N_LEVERS as f64, kitae_eval::tests::POWER).expect("in range");
    let effect = shift * (RHO + (1.0 - RHO) / 10.0_f64).sqrt();
    let mut effects = [0.0; N_LEVERS];
    effects[7] = effect;
    let rate = share(|world| adopts(&bench.judged(world, &effects), "lever 7"));
    assert!((0.77..0.83).contains(&rate), "{rate}");
    // What a ledger states itself is this on average, as its standard error is an estimate.
    let stated = |world| {
        let judgement = bench.judged(world, &effects);
        let own = judgement.levers.iter().find(|lever| lever.name == "lever 7");
        own.and_then(|lever| lever.smallest_effect).expect("it was tried")
    };
    let mean = (0..N_WORLDS).map(stated).sum::<f64>() / N_WORLDS as f64;
    assert!((0.93..1.03).contains(&(mean / effect)), "{}", mean / effect);
}

#[test]
fn intervals_hold_the_true_gain_as_often_as_they_say() {
    let bench = Bench::new();
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
