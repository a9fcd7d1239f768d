//! The ranges that the authors of strong recipes search, as data. `NOTE[DIFF]` says where a range here is
//! another one.

use crate::tune::space::Write;

// `nn_interfaces.py`, spaces `tabarena` and `tabarena-new`.
const REALMLP: &str = "Holzmüller et al. 2024, search space for TabArena in pytabkit 1.7.2";
const REALMLP_PAPER: &str = "Holzmüller et al. 2024, search space of the paper";
// Also `tabm_interface.py` in pytabkit 1.7.2, space `default`.
const TABM: &str = "Gorishniy et al. 2025 (TabM), search space";
const SIMPLE_NETS: &str = "Kadra et al. 2021 (Well-tuned Simple Nets), table 1";

/// A hyperparameter with the range that was published.
pub(super) struct Published {
    pub(super) name: &'static str,
    pub(super) key: &'static str,
    pub(super) draft: Draft,
    pub(super) needs: Needs,
    pub(super) source: &'static str,
}

/// A range before it meets a recipe.
#[derive(Clone, Copy)]
pub(super) enum Draft {
    Words(&'static [&'static str]),
    /// Whether a number is above zero; how far above is another hyperparameter's.
    Switch,
    Uniform(f64, f64),
    Log(f64, f64),
    /// The logarithm of one minus the number.
    Complement(f64, f64),
    LogWhole(u32, u32),
    /// The published range belongs to Adam in the NTK parametrisation; elsewhere a factor of four either way.
    Rate(f64, f64),
    /// The number of hidden layers.
    Depth(u32, u32),
    /// At most twice the recipe's own width, so that no trial takes more than some four times as long.
    Width(u32, u32),
}

/// Where a hyperparameter has something to say.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Needs {
    Nothing,
    /// Classes as the target.
    Classes,
    /// Numbers or times among the columns.
    Numbers,
    /// Categories among the columns.
    Categories,
    /// Hidden layers of one width.
    Layers,
    /// Another hyperparameter has chosen this word.
    Choice(&'static str, &'static str),
}

impl Draft {
    /// What becomes of a value of the range.
    pub(super) fn write(self) -> Write {
        match self {
            Complement(..) => Write::Complement,
            Depth(..) => Write::Depth,
            Width(..) => Write::Width,
            Switch => Write::Switch,
            Words(_) | Uniform(..) | Log(..) | LogWhole(..) | Rate(..) => Write::Plain,
        }
    }
}

use Draft::{Complement, Depth, Log, LogWhole, Rate, Switch, Uniform, Width, Words};
use Needs::{Categories, Choice, Classes, Layers, Nothing, Numbers};

const PERIODIC: Needs = Choice("number embedding", "periodic");
const PIECEWISE: Needs = Choice("number embedding", "piecewise_linear");
const MIXUP: Needs = Choice("mixing", "mixup");
const CUTMIX: Needs = Choice("mixing", "cut_mix");
const CUTOUT: Needs = Choice("mixing", "cut_out");
const SMOOTHED: Needs = Choice("label smoothing", "on");

const EMBEDDINGS: Draft = Words(&["none", "periodic", "piecewise_linear"]);
const MIXINGS: Draft = Words(&["none", "mixup", "cut_mix", "cut_out"]);

const fn row(
    name: &'static str,
    key: &'static str,
    draft: Draft,
    needs: Needs,
    source: &'static str,
) -> Published {
    Published { name, key, draft, needs, source }
}

/// A hyperparameter that chooses stands before those that depend on it.
pub(super) const PUBLISHED: [Published; 23] = [
    row("learning rate", "training.learning_rate", Rate(0.02, 0.3), Nothing, REALMLP),
    // NOTE[DIFF]: TabM searches 1 to 4 with piecewise-linear embeddings, 1 to 5 without; here it is 1 to 4
    // with all.
    row("layers", "network.hidden", Depth(1, 4), Layers, TABM),
    // NOTE[DIFF]: TabM draws multiples of 16 evenly; here the logarithm is even, and twice the recipe's own
    // width is the most.
    row("width", "network.hidden", Width(64, 1024), Layers, TABM),
    row("dropout", "network.dropout", Uniform(0.0, 0.5), Nothing, REALMLP),
    row("weight decay", "training.weight_decay", Log(1e-3, 5e-2), Nothing, REALMLP),
    row("1 - beta2", "optimiser.beta2", Complement(5e-3, 5e-2), Nothing, REALMLP),
    row("activation", "network.activation", Words(&["relu", "selu", "mish"]), Nothing, REALMLP_PAPER),
    row("skip", "network.skip", Words(&["none", "residual"]), Layers, SIMPLE_NETS),
    row("number embedding", "network.number_embedding.kind", EMBEDDINGS, Numbers, REALMLP_PAPER),
    row("frequencies' sigma", "network.number_embedding.sigma", Log(1e-2, 50.0), PERIODIC, REALMLP),
    row(
        "frequencies' rate",
        "training.groups.number_embedding.learning_rate",
        Log(0.05, 0.3),
        PERIODIC,
        REALMLP,
    ),
    // NOTE[DIFF]: TabM draws both evenly, widths as multiples of 4; here the logarithm of any whole number is
    // even, as the step from 2 to 4 bins is worth more than that from 126 to 128.
    row("bins", "network.number_embedding.n_bins", LogWhole(2, 128), PIECEWISE, TABM),
    row("bins' width", "network.number_embedding.d_embedding", LogWhole(8, 32), PIECEWISE, TABM),
    row("input scales' rate", "training.groups.input_scale.learning_rate", Log(2.0, 10.0), Nothing, REALMLP),
    // NOTE[DIFF]: RealMLP lets the smoothing rise and fall over the epochs (`coslog4`); here it stays.
    row("label smoothing", "objective.label_smoothing", Switch, Classes, REALMLP),
    row("smoothing's share", "objective.label_smoothing", Log(5e-3, 0.1), SMOOTHED, REALMLP),
    // RealMLP counts a level for missing cells too: 4 to 32.
    row("one-hot levels", "preprocess.one_hot_max_levels", LogWhole(3, 31), Categories, REALMLP),
    // NOTE[DIFF]: RealMLP draws 4, 8 or 16; here any whole number between, the logarithm evenly.
    row("category width", "network.d_embedding", LogWhole(4, 16), Categories, REALMLP),
    row("mixing", "training.mixing.kind", MIXINGS, Nothing, SIMPLE_NETS),
    // Kadra et al. search magnitudes from 0 to 1; 0 is the choice of another kind.
    row("mixup's alpha", "training.mixing.alpha", Uniform(0.01, 1.0), MIXUP, SIMPLE_NETS),
    row("cutmix's chance", "training.mixing.probability", Uniform(0.01, 1.0), CUTMIX, SIMPLE_NETS),
    row("cutout's chance", "training.mixing.probability", Uniform(0.01, 1.0), CUTOUT, SIMPLE_NETS),
    // All columns blanked would leave nothing to learn from.
    row("cutout's share", "training.mixing.share", Uniform(0.01, 0.9), CUTOUT, SIMPLE_NETS),
];
