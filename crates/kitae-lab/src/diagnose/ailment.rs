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
        "a column that alone gives the answer is often written down after it, and will not be there when it is needed",
        "Kaufman et al. 2012, Leakage in data mining",
    ),
    Facts(
        Wrong,
        "copies in several roles",
        "a row that is trained on and scored makes scores look better than they are",
        "Kaufman et al. 2012, Leakage in data mining",
    ),
    Facts(
        Wrong,
        "time is ignored",
        "rows split at random are scored between their neighbours in time; rows to come have none on the other side",
        "Bergmeir and Benítez 2012, On the use of cross-validation for time series",
    ),
    Facts(
        Mendable,
        "learning rate too high",
        "steps are so long that the loss jumps about instead of falling",
        "Goodfellow, Bengio and Courville 2016, section 8.3",
    ),
    Facts(
        Mendable,
        "learning rate too low",
        "steps are so short that training ends before it gets anywhere",
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
        "the delivered weights are from well after the best epoch",
        "Prechelt 1998, Early stopping, but when?",
    ),
    Facts(
        Mendable,
        "overfitting",
        "after some epoch the network learns what is true of the training rows alone",
        "Prechelt 1998, Early stopping, but when?",
    ),
    Facts(
        Mendable,
        "underfitting",
        "the network does no better on the rows it is trained on, so something holds it back",
        "Goodfellow, Bengio and Courville 2016, section 5.2",
    ),
    Facts(
        Mendable,
        "vanishing gradient",
        "next to nothing of the gradient reaches the first layers",
        "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
    ),
    Facts(
        Mendable,
        "exploding gradient",
        "the gradient grows from layer to layer on its way back",
        "Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks",
    ),
    Facts(
        Mendable,
        "dead units",
        "no row switches these units on, so they never learn again",
        "Lu et al. 2020, Dying ReLU and initialization",
    ),
    Facts(
        Mendable,
        "saturated units",
        "units stand at the flat ends of their activation, where they learn little",
        "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
    ),
    Facts(
        Mendable,
        "internal covariate shift",
        "what a layer gets moves from epoch to epoch faster than the layer can follow",
        "Ioffe and Szegedy 2015, Batch normalization",
    ),
    Facts(
        Mendable,
        "batch too large",
        "batches are so large that more rows say nothing new, and steps are few",
        "McCandlish et al. 2018, An empirical model of large-batch training",
    ),
    Facts(
        Mendable,
        "batch too small",
        "the gradient of a batch is nearly all noise, and the loss jumps with it",
        "McCandlish et al. 2018, An empirical model of large-batch training",
    ),
    Facts(
        Mendable,
        "badly calibrated",
        "predictions claim more, or less, than comes true",
        "Guo et al. 2017, On calibration of modern neural networks",
    ),
    Facts(
        Mendable,
        "neglected class",
        "rows of this class are hardly ever recognised",
        "He and Garcia 2009, Learning from imbalanced data",
    ),
    Facts(
        Mendable,
        "few rows make the error",
        "a few rows make most of the squared error, and so of the gradient",
        "Huber 1964, Robust estimation of a location parameter",
    ),
    Facts(
        Mendable,
        "not worth a network",
        "no gain over a linear model can be seen, which is easier to explain",
        "Grinsztajn, Oyallon and Varoquaux 2022, Why do tree-based models still outperform deep learning on tabular data?",
    ),
    Facts(
        Limit,
        "noise, or wrong labels",
        "rows contradict what networks that never saw them are sure of: labels are wrong, or columns are missing",
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
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::Diverged,
        Self::Leak,
        Self::Copies,
        Self::TimeOrder,
        Self::RateTooHigh,
        Self::RateTooLow,
        Self::StoppedEarly,
        Self::StoppedLate,
        Self::Overfitting,
        Self::Underfitting,
        Self::VanishingGradient,
        Self::ExplodingGradient,
        Self::DeadUnits,
        Self::SaturatedUnits,
        Self::CovariateShift,
        Self::BatchTooLarge,
        Self::BatchTooSmall,
        Self::Miscalibrated,
        Self::NeglectedClass,
        Self::HeavyTails,
        Self::NotWorthIt,
        Self::NoisyLabels,
        Self::ConflictingRows,
    ];

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
        assert_eq!(FACTS.len(), Ailment::ALL.len());
        assert_eq!(Ailment::ConflictingRows.severity(), Limit);
        assert_eq!(Ailment::DeadUnits.to_string(), "dead units");
        let names: std::collections::BTreeSet<String> =
            Ailment::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(names.len(), Ailment::ALL.len());
    }
}
