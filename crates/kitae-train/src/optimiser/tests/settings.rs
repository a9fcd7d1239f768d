//! Settings as recipes hold them.

use kitae_model::Role;

use super::super::{Clip, Factors, Groups, LbfgsConfig, OptimiserConfig};
use super::every_rule;

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
