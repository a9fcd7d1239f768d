//! What several networks say together.
//!
//! Values are averaged. Of probabilities the square roots are: a mean of probabilities that are each
//! calibrated is not sure enough (Ranjan and Gneiting 2010, "Combining probability forecasts"), a mean of
//! logits gives every network that is sure of an error a veto, and the square root lies between the two. On
//! the tables of `docs/defaults.md` it had the lower log-loss on 17 of 19.
//!
//! ```
//! use kitae_infer::Predictions;
//! use kitae_infer::pool::pooled;
//!
//! let predictions = |values: [f64; 2]| Predictions { values: values.to_vec(), n_columns: 2 };
//! let together = pooled(&[predictions([0.9, 0.1]), predictions([0.5, 0.5])]).expect("two networks");
//! // A little surer than the mean, 0.7.
//! assert!(together.values[0] > 0.71 && together.values[0] < 0.75);
//! ```

use crate::predictions::Predictions;

/// Adds up the predictions of one network after another for the same rows.
pub struct Pool {
    n_columns: usize,
    n_networks: usize,
    /// Of the first network its predictions; of more, sums of them, or of their square roots.
    sums: Vec<f64>,
}

impl Pool {
    /// Of networks that predict `n_columns` numbers a row: as many as classes, or one value.
    pub fn new(n_columns: usize) -> Self {
        Self { n_columns, n_networks: 0, sums: Vec::new() }
    }

    /// One network's predictions, row-major `[n_rows, n_columns]`.
    pub fn add(&mut self, values: Vec<f64>) {
        self.n_networks += 1;
        match self.n_networks {
            1 => self.sums = values,
            n_networks => {
                if n_networks == 2 {
                    let part = self.part();
                    self.sums.iter_mut().for_each(|sum| *sum = part(*sum));
                }
                let part = self.part();
                self.sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += part(value));
            }
        }
    }

    /// What is added up.
    fn part(&self) -> fn(f64) -> f64 {
        if self.n_columns == 1 { |value| value } else { f64::sqrt }
    }

    /// What they say together. One network says what it said.
    pub fn values(self) -> Vec<f64> {
        let (n_networks, mut values) = (self.n_networks as f64, self.sums);
        match (self.n_networks, self.n_columns) {
            (0 | 1, _) => {}
            (_, 1) => values.iter_mut().for_each(|sum| *sum /= n_networks),
            (_, n_classes) => {
                for row in values.chunks_exact_mut(n_classes) {
                    for sum in row.iter_mut() {
                        *sum *= *sum;
                    }
                    let all: f64 = row.iter().sum();
                    for square in row.iter_mut() {
                        *square /= all;
                    }
                }
            }
        }
        values
    }
}

/// What networks that predicted the same rows say together; none without networks.
pub fn pooled(networks: &[Predictions]) -> Option<Predictions> {
    let n_columns = networks.first()?.n_columns;
    let mut pool = Pool::new(n_columns);
    for predictions in networks {
        pool.add(predictions.values.clone());
    }
    Some(Predictions { values: pool.values(), n_columns })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_pooled_by_their_square_roots() {
        let predictions = |values: [f64; 3]| Predictions { values: values.to_vec(), n_columns: 3 };
        let together =
            pooled(&[predictions([0.64, 0.36, 0.0]), predictions([0.16, 0.04, 0.8])]).expect("two").values;
        // ((0.8 + 0.4)², (0.6 + 0.2)², 0.8) over their sum, 2.88.
        for (value, expected) in together.iter().zip([1.44, 0.64, 0.8]) {
            assert!((value - expected / 2.88).abs() < 1e-15, "{together:?}");
        }
    }

    #[test]
    fn networks_of_one_mind_and_single_ones_say_what_they_said() {
        let predictions = Predictions { values: vec![0.3, 0.7, 1.0, 0.0], n_columns: 2 };
        assert_eq!(pooled(std::slice::from_ref(&predictions)), Some(predictions.clone()));
        let together =
            pooled(&[predictions.clone(), predictions.clone(), predictions.clone()]).expect("three");
        let is_near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-15;
        assert!(together.values.iter().zip(&predictions.values).all(is_near), "{together:?}");
    }

    #[test]
    fn predictions_that_are_no_numbers_stay_none() {
        let predictions = |value: f64| Predictions { values: vec![value, 1.0 - value], n_columns: 2 };
        let together = pooled(&[predictions(f64::NAN), predictions(0.5)]).expect("two");
        assert!(together.values.iter().all(|value| value.is_nan()));
    }
}
