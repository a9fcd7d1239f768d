//! A metric on rows of which each counts a number of times.
//!
//! A bootstrap asks for the same metric on a thousand resamples of the same rows. All that does not
//! depend on the resample, such as sorting, is done once, and a resample is the vector of how often
//! each row was drawn. The plain metric is the case where each row counts once.

type Evaluate = dyn Fn(&[u32]) -> Option<f64>;

/// A metric of some rows that waits for how often each of them counts.
pub(crate) struct Counted {
    n_rows: usize,
    evaluate: Box<Evaluate>,
}

impl Counted {
    /// `evaluate` takes one count per row.
    pub(crate) fn new(n_rows: usize, evaluate: impl Fn(&[u32]) -> Option<f64> + 'static) -> Self {
        Self { n_rows, evaluate: Box::new(evaluate) }
    }

    /// The mean of one value per row.
    pub(crate) fn mean(values: Vec<f64>) -> Self {
        Self::new(values.len(), move |counts| mean(&values, counts))
    }

    /// The metric with each row counted as often as `counts` says; `None` where it is undefined or
    /// beyond what a float can hold.
    pub(crate) fn value(&self, counts: &[u32]) -> Option<f64> {
        (self.evaluate)(counts).filter(|value| value.is_finite())
    }

    /// The metric with each row counted once.
    pub(crate) fn once(&self) -> Option<f64> {
        self.value(&vec![1; self.n_rows])
    }
}

/// The mean of `values` with each counted `counts` times; `None` if nothing counts.
pub(crate) fn mean(values: &[f64], counts: &[u32]) -> Option<f64> {
    let (mut sum, mut n_rows) = (0.0, 0);
    for (value, &count) in values.iter().zip(counts) {
        sum += value * f64::from(count);
        n_rows += u64::from(count);
    }
    (n_rows > 0).then(|| sum / n_rows as f64)
}
