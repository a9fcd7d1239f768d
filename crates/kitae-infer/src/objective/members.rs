//! Rows that several members of a network predict: their mean is the prediction.

use super::{MAX_LOG_RATE, Objective};

impl Objective {
    /// What the members of a network predict together: raw outputs `[n_rows, n_outputs]` out of
    /// `[n_rows · n_members, n_outputs]`, the members of a row side by side. They are the logarithms of
    /// the mean probabilities (the log odds of the mean where there is one logit) or of the mean rate; the
    /// mean and the log variance of the mixture of the members' normal distributions; the mean of other
    /// values.
    pub fn joined(&self, logits: Vec<f32>, n_outputs: usize, n_members: usize) -> Vec<f32> {
        if n_members == 1 {
            return logits;
        }
        let rows = logits.chunks_exact(n_members * n_outputs);
        rows.flat_map(|members| self.joined_row(members, n_outputs)).map(|value| value as f32).collect()
    }

    fn joined_row(&self, members: &[f32], n_outputs: usize) -> Vec<f64> {
        let members = members.chunks_exact(n_outputs);
        match self {
            Self::CrossEntropy { .. } => log_means(&members.map(log_softmax).collect::<Vec<_>>()),
            Self::BinaryCrossEntropy { .. } => {
                let members: Vec<_> = members.map(|member| log_softmax(&[0.0, member[0]])).collect();
                let logs = log_means(&members);
                vec![logs[1] - logs[0]]
            }
            Self::Poisson => {
                // NaN stays NaN.
                let cut = |rate: f64| if rate > MAX_LOG_RATE { MAX_LOG_RATE } else { rate };
                let members: Vec<_> = members.map(|member| vec![cut(f64::from(member[0]))]).collect();
                log_means(&members)
            }
            Self::GaussianNll => mixture(&members.map(|member| [member[0], member[1]]).collect::<Vec<_>>()),
            _ => vec![mean(members.map(|member| f64::from(member[0])))],
        }
    }
}

fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let shifted = logits.iter().map(|logit| f64::from(*logit) - f64::from(max));
    let log_sum = shifted.clone().map(f64::exp).sum::<f64>().ln();
    shifted.map(|logit| logit - log_sum).collect()
}

/// The logarithm of the mean, over the members, of what each list has the logarithms of.
fn log_means(members: &[Vec<f64>]) -> Vec<f64> {
    let column = |i: usize| members.iter().map(move |member| member[i]);
    let log_mean = |i: usize| {
        let max = column(i).fold(f64::NEG_INFINITY, f64::max);
        max + mean(column(i).map(|value| (value - max).exp())).ln()
    };
    (0..members[0].len()).map(log_mean).collect()
}

/// Mean and log variance of a mixture of normal distributions, given those of each.
fn mixture(members: &[[f32; 2]]) -> Vec<f64> {
    let bound = Objective::LOG_VARIANCE_BOUND;
    let centre = mean(members.iter().map(|[centre, _]| f64::from(*centre)));
    let square = |[own, log_variance]: &[f32; 2]| {
        f64::from(*log_variance).clamp(-bound, bound).exp() + (f64::from(*own) - centre).powi(2)
    };
    vec![centre, mean(members.iter().map(square)).ln()]
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}
