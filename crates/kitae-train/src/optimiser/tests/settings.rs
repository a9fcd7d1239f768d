//! Settings as recipes hold them.

use kitae_model::Role;

use super::super::{Clip, Factors, Groups, LbfgsConfig, MuonScale, OptimiserConfig};
use super::every_rule;

#[test]
fn settings_out_of_range_are_refused_with_a_reason() {
    for rule in every_rule() {
        assert_eq!(rule.check("optimiser"), Ok(()));
    }
    for (rule, words) in [
        (
            OptimiserConfig::Adam { beta1: 1.0, beta2: 0.9, epsilon: 1e-8 },
            "`optimiser.beta1` must be in [0, 1)",
        ),
        (OptimiserConfig::Adam { beta1: 0.9, beta2: f64::NAN, epsilon: 1e-8 }, "beta2"),
        (OptimiserConfig::AdaGrad { epsilon: 0.0 }, "`optimiser.epsilon`"),
        (OptimiserConfig::Muon { momentum: 0.9, iterations: 0, scale: MuonScale::Aspect }, "1 to 20, got 0"),
        (OptimiserConfig::Lbfgs(LbfgsConfig { history: 0, ..LbfgsConfig::default() }), "`optimiser.history`"),
    ] {
        let message = rule.check("optimiser").expect_err("a value is out of range");
        assert!(message.contains(words), "{message}");
    }
    assert!(Clip::GlobalNorm(0.0).check("clip").is_err() && Clip::Value(f64::NAN).check("clip").is_err());
    let groups = Groups([(Role::Slope, Factors { learning_rate: -1.0, weight_decay: 0.0 })].into());
    assert!(groups.check("groups").expect_err("it is negative").contains("Slope"));
    assert_eq!(Groups::realmlp().check("groups"), Ok(()));
}

#[test]
fn recipes_keep_their_optimisers() {
    let mut rules = every_rule();
    rules.push(OptimiserConfig::Lbfgs(LbfgsConfig::default()));
    for rule in rules {
        let text = serde_json::to_string(&rule).expect("configurations are plain data");
        assert_eq!(serde_json::from_str::<OptimiserConfig>(&text).ok(), Some(rule), "{text}");
    }
    let read = |text| toml::from_str::<OptimiserConfig>(text);
    assert_eq!(read("kind = 'adam'").ok(), Some(OptimiserConfig::adam()));
    assert_eq!(read("kind = 'lbfgs'").ok(), Some(OptimiserConfig::Lbfgs(LbfgsConfig::default())));
    assert!(read("kind = 'adam'\nbeta3 = 0.9").is_err() && read("kind = 'lbfgs'\nbeta3 = 0.9").is_err());
    assert_eq!(toml::from_str::<Clip>("kind = 'global_norm'\nvalue = 1").ok(), Some(Clip::GlobalNorm(1.0)));
    let groups = toml::from_str::<Groups>("bias = { learning_rate = 0.1 }").expect("it is well formed");
    assert_eq!(groups.of(Role::Bias), Factors { learning_rate: 0.1, weight_decay: 1.0 });
    assert_eq!(groups.of(Role::Weight), Factors::default());
}
