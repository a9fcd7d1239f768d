//! The ailments that are looked for, with what they mean and whose they are.

use serde::{Deserialize, Serialize};

use super::Severity;
use Severity::{Limit, Mendable, Wrong};

/// What can ail a model, in the order in which findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ailment {
    /// The loss left the numbers.
    Diverged,
    /// A column gives the target away.
    Leak,
    /// Rows come more than once, so that some are trained on and scored.
    Copies,
    /// The target drifts with time, and rows are split at random.
    TimeOrder,
    /// The loss jumps from epoch to epoch.
    RateTooHigh,
    /// The loss falls, but slowly to the end.
    RateTooLow,
    /// More epochs would have helped.
    StoppedEarly,
    /// The delivered weights are from after the best epoch.
    StoppedLate,
    /// The network learns its rows by heart.
    Overfitting,
    /// The network cannot follow its own training rows.
    Underfitting,
    /// The first layers get next to no gradient.
    VanishingGradient,
    /// Gradients grow from layer to layer.
    ExplodingGradient,
    /// Units that no row switches on.
    DeadUnits,
    /// Units at the flat ends of their activation.
    SaturatedUnits,
    /// What a layer gets moves while it learns.
    CovariateShift,
    /// Batches far past the gradient's noise, so steps are few.
    BatchTooLarge,
    /// The gradient of a batch is noise, and the loss jumps.
    BatchTooSmall,
    /// Predictions are more or less sure than they should be.
    Miscalibrated,
    /// A class that is hardly ever predicted.
    NeglectedClass,
    /// A few rows make most of the squared error.
    HeavyTails,
    /// No gain over a linear model can be seen.
    NotWorthIt,
    /// Rows whose class contradicts what networks are sure of.
    NoisyLabels,
    /// Rows with equal features and different targets.
    ConflictingRows,
}

/// An ailment's name, what it means, and the source of the rule.
struct Facts(Severity, &'static str, &'static str, &'static str);

/// In the order of the ailments.
const FACTS: [Facts; 23] = [
    Facts(
        Wrong,
        "diverged",
        "the loss of a network became infinite, so its training ended there",
        "Goodfellow, Bengio and Courville 2016, section 8.2",
    ),
    Facts(
        Wrong,
        "leak suspected",
        "a column that alone predicts the target is often recorded after it, and will not be available for \
         prediction",
        "Kaufman et al. 2012, Leakage in data mining",
    ),
    Facts(
        Wrong,
        "copies across the split",
        "a row that is both trained on and scored makes scores too optimistic",
        "Kaufman et al. 2012, Leakage in data mining",
    ),
    Facts(
        Wrong,
        "time is ignored",
        "rows split at random are scored between their neighbours in time; future rows have no later neighbours",
        "Bergmeir and Benítez 2012, On the use of cross-validation for time series",
    ),
    Facts(
        Mendable,
        "learning rate too high",
        "steps are so large that the loss oscillates instead of falling",
        "Goodfellow, Bengio and Courville 2016, section 8.3",
    ),
    Facts(
        Mendable,
        "learning rate too low",
        "steps are so small that training ends before it converges",
        "Goodfellow, Bengio and Courville 2016, section 8.3",
    ),
    Facts(
        Mendable,
        "stopped too early",
        "the loss on the validation rows was still falling when training ended",
        "Prechelt 1998, Early stopping, but when?",
    ),
    Facts(
        Mendable,
        "stopped too late",
        "the weights that were kept are from well after the best epoch",
        "Prechelt 1998, Early stopping, but when?",
    ),
    Facts(
        Mendable,
        "overfitting",
        "after some epoch the network fits what holds for the training rows alone",
        "Prechelt 1998, Early stopping, but when?",
    ),
    Facts(
        Mendable,
        "underfitting",
        "the network does no better on its training rows, so its capacity or its regularisation limits it",
        "Goodfellow, Bengio and Courville 2016, section 5.2",
    ),
    Facts(
        Mendable,
        "vanishing gradient",
        "almost no gradient reaches the first layers",
        "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
    ),
    Facts(
        Mendable,
        "exploding gradient",
        "the gradient grows from layer to layer in the backward pass",
        "Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks",
    ),
    Facts(
        Mendable,
        "dead units",
        "no row activates these units, so they learn nothing any more",
        "Lu et al. 2020, Dying ReLU and initialization",
    ),
    Facts(
        Mendable,
        "saturated units",
        "units are in the flat parts of their activation, where they learn little",
        "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
    ),
    Facts(
        Mendable,
        "internal covariate shift",
        "the inputs of a layer shift from epoch to epoch faster than the layer can follow",
        "Ioffe and Szegedy 2015, Batch normalization",
    ),
    Facts(
        Mendable,
        "batch too large",
        "batches are so large that more rows in them add little, and steps are few",
        "McCandlish et al. 2018, An empirical model of large-batch training",
    ),
    Facts(
        Mendable,
        "batch too small",
        "the gradient of a batch is nearly all noise, and the loss fluctuates with it",
        "McCandlish et al. 2018, An empirical model of large-batch training",
    ),
    Facts(
        Mendable,
        "badly calibrated",
        "predictions are overconfident or underconfident",
        "Guo et al. 2017, On calibration of modern neural networks",
    ),
    Facts(
        Mendable,
        "neglected class",
        "the recall of this class is very low",
        "He and Garcia 2009, Learning from imbalanced data",
    ),
    Facts(
        Mendable,
        "few rows dominate the error",
        "a few rows account for most of the squared error, and so of the gradient",
        "Huber 1964, Robust estimation of a location parameter",
    ),
    Facts(
        Mendable,
        "not worth a network",
        "no gain over a linear model, which is easier to explain, can be seen",
        "Grinsztajn, Oyallon and Varoquaux 2022, Why do tree-based models still outperform deep learning on tabular data?",
    ),
    Facts(
        Limit,
        "label noise",
        "rows contradict confident predictions of networks that never saw them: labels are wrong, or columns \
         are missing",
        "Northcutt, Jiang and Chuang 2021, Confident learning",
    ),
    Facts(
        Limit,
        "rows contradict each other",
        "rows with the same features have different targets, which no model can tell apart",
        "Draper and Smith 1998, Applied regression analysis, section 2.1 (pure error)",
    ),
];

impl Ailment {
    fn facts(self) -> &'static Facts {
        &FACTS[self as usize]
    }

    /// How much it matters.
    pub fn severity(self) -> Severity {
        self.facts().0
    }

    /// What it means, as a clause.
    pub fn meaning(self) -> &'static str {
        self.facts().2
    }

    /// Who described it.
    pub fn source(self) -> &'static str {
        self.facts().3
    }
}

impl std::fmt::Display for Ailment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.facts().1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ailment_has_its_own_facts() {
        assert_eq!(FACTS.len(), Ailment::ConflictingRows as usize + 1);
        assert_eq!(Ailment::ConflictingRows.severity(), Limit);
        assert_eq!(Ailment::DeadUnits.to_string(), "dead units");
        let names: std::collections::BTreeSet<&str> = FACTS.iter().map(|facts| facts.1).collect();
        assert_eq!(names.len(), FACTS.len());
    }
}
