//! Values spread evenly over a column of any length.

/// The most values that are kept: enough for quantiles to about two in a hundred of the rows.
const MOST: usize = 1024;

/// Every so manieth value of a column, in constant memory and without chance.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) values: Vec<f64>,
    /// One of so many values is kept.
    step: usize,
    /// How many more values are passed over.
    to_pass: usize,
}

impl Sample {
    pub(super) fn new() -> Self {
        Self { values: Vec::new(), step: 1, to_pass: 0 }
    }

    #[inline]
    pub(super) fn add(&mut self, value: f64) {
        if self.to_pass > 0 {
            self.to_pass -= 1;
        } else {
            self.keep(value);
        }
    }

    fn keep(&mut self, value: f64) {
        if self.values.len() == MOST {
            let mut position = 0;
            self.values.retain(|_| {
                position += 1;
                position % 2 == 1
            });
            self.step *= 2;
        }
        self.values.push(value);
        self.to_pass = self.step - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_kept_are_spread_over_all() {
        let mut sample = Sample::new();
        (0..100_000).for_each(|value| sample.add(f64::from(value)));
        let values = &sample.values;
        assert!(values.len() > MOST / 2 && values.len() <= MOST);
        let steps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps.iter().all(|step| *step == steps[0]), "{steps:?}");
        assert!(values[0] == 0.0 && values[values.len() - 1] > 99_000.0);
    }
}
