//! What keeps a network from learning its rows by heart.

use clap::Args;
use toml::Value;

use super::floats;
use super::overrides::Overrides;
use super::words::{Choice, List, choice, numbers};

/// Words and names in a recipe.
pub(super) const MIXINGS: &[(&str, &str)] =
    &[("none", "none"), ("mixup", "mixup"), ("cutmix", "cut_mix"), ("cutout", "cut_out")];

#[derive(Debug, Args)]
#[command(next_help_heading = "Regularisation")]
pub(super) struct RegulariseArgs {
    /// Dropout rate: one, or one for each hidden layer.
    #[arg(long, value_name = "RATES", value_parser = numbers)]
    dropout: Option<List<f64>>,
    /// Weight decay, decoupled: each step shrinks weights by the learning rate times this.
    #[arg(long, value_name = "NUMBER")]
    weight_decay: Option<f64>,
    /// L1 penalty on the weights.
    #[arg(long, value_name = "NUMBER")]
    l1: Option<f64>,
    /// L2 penalty on the weights.
    #[arg(long, value_name = "NUMBER")]
    l2: Option<f64>,
    /// Max-norm constraint on the incoming weights of a unit.
    #[arg(long, value_name = "LENGTH")]
    max_norm: Option<f64>,
    /// Augmentation of the rows of a batch: `mixup` with another row, `cutmix` takes columns from another
    /// row, `cutout` blanks columns, or `none`. Settings follow after a colon, as in `mixup:alpha=0.4`,
    /// `cutmix:probability=0.5` or `cutout:probability=0.5,share=0.2`.
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = choice(MIXINGS))]
    mixing: Option<Choice>,
}

impl RegulariseArgs {
    pub(super) fn write(&self, overrides: &mut Overrides) {
        let rates = self.dropout.as_ref().map(|List(rates)| match rates.as_slice() {
            [rate] => Value::Float(*rate),
            rates => floats(rates),
        });
        overrides.set_some("network.dropout", rates);
        overrides.set_some("training.weight_decay", self.weight_decay);
        overrides.set_some("training.l1", self.l1);
        overrides.set_some("training.l2", self.l2);
        overrides.set_some("training.max_norm", self.max_norm);
        if let Some(mixing) = &self.mixing {
            mixing.write(overrides, "training.mixing");
        }
    }
}
