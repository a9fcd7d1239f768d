//! Losses as tensor expressions: stable for any finite logit, with the gradient of the true formula.
//!
//! Whatever depends on targets and weights alone is computed without a tape, so that few operations
//! are differentiated.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::{MAX_LOG_RATE, Objective};

/// The settings of softmax cross-entropy.
pub(super) struct CrossEntropy<'a> {
    pub(super) class_weights: &'a [f64],
    pub(super) label_smoothing: f64,
}

impl CrossEntropy<'_> {
    /// Σ over rows and classes of −log p · weight of row and class · smoothed target, divided by the
    /// sum of the weights of the rows' own classes; `[n_lanes]`. The formula of `PyTorch`'s
    /// `CrossEntropyLoss`.
    pub(super) fn loss(
        &self,
        logits: Tensor<3>,
        classes: &Tensor<2, Int>,
        row_weights: Option<&Tensor<2>>,
    ) -> Tensor<1> {
        let [n_lanes, n_rows, n_classes] = logits.dims();
        let targets = one_hot(classes, n_classes); // [n_lanes, n_rows, n_classes]
        let device = targets.device();
        let smoothed = match self.label_smoothing {
            0.0 => targets.clone(),
            share => targets.clone().mul_scalar(1.0 - share).add_scalar(share / n_classes as f64),
        };
        let weights = self.weights(row_weights, &device);
        let total = match &weights {
            Some(weights) => positive_or_one(
                targets.mul(weights.clone()).reshape([n_lanes, n_rows * n_classes]).sum_dim(1),
            ),
            None => Tensor::full([n_lanes, 1], n_rows.max(1) as f64, &device),
        };
        let shares = weights.map_or(smoothed.clone(), |weights| smoothed.mul(weights));
        let losses = log_softmax(logits).mul(shares).reshape([n_lanes, n_rows * n_classes]);
        losses.sum_dim(1).div(total).neg().reshape([n_lanes])
    }

    /// Row weight times class weight, broadcastable to `[n_lanes, n_rows, n_classes]`.
    fn weights(&self, row_weights: Option<&Tensor<2>>, device: &Device) -> Option<Tensor<3>> {
        let of_rows = row_weights.map(|weights| weights.clone().inner().unsqueeze_dim::<3>(2));
        if self.class_weights.is_empty() {
            return of_rows;
        }
        let values: Vec<f32> = self.class_weights.iter().map(|weight| *weight as f32).collect();
        let shape = [1, 1, values.len()];
        let of_classes = Tensor::<3>::from_data(TensorData::new(values, shape), device);
        Some(of_rows.map_or(of_classes.clone(), |rows| rows.mul(of_classes)))
    }
}

/// 1 where the class is the row's, else 0; a code out of range gives zeros.
fn one_hot(classes: &Tensor<2, Int>, n_classes: usize) -> Tensor<3> {
    let classes = classes.clone().inner();
    let codes = Tensor::<1, Int>::arange(0..n_classes as i64, &classes.device()).reshape([1, 1, n_classes]);
    classes.unsqueeze_dim::<3>(2).equal(codes).float()
}

/// Over the last axis. The maximum is a constant: the formula does not depend on it.
fn log_softmax(logits: Tensor<3>) -> Tensor<3> {
    let max = logits.clone().inner().max_dim(2);
    let shifted = logits.sub(max);
    let log_sum = shifted.clone().exp().sum_dim(2).log();
    shifted.sub(log_sum)
}

/// The mean of row losses `[n_lanes, n_rows]` weighted by `row_weights`; `[n_lanes]`.
pub(super) fn mean(row_losses: Tensor<2>, row_weights: Option<&Tensor<2>>) -> Tensor<1> {
    let [n_lanes, n_rows] = row_losses.dims();
    let mean = match row_weights {
        Some(weights) => {
            let weights = weights.clone().inner();
            let total = positive_or_one(weights.clone().sum_dim(1));
            row_losses.mul(weights).sum_dim(1).div(total)
        }
        None => row_losses.sum_dim(1).div_scalar(n_rows.max(1) as f64),
    };
    mean.reshape([n_lanes])
}

/// Sums of no weight at all become 1, so that nothing is divided by zero.
fn positive_or_one(sums: Tensor<2>) -> Tensor<2> {
    let empty = sums.clone().equal_scalar(0.0);
    sums.mask_fill(empty, 1.0)
}

/// Classes 0 and 1 as targets `[n_lanes, n_rows]`, moved towards one half.
pub(super) fn smoothed(classes: &Tensor<2, Int>, label_smoothing: f64) -> Tensor<2> {
    classes.clone().inner().float().mul_scalar(1.0 - label_smoothing).add_scalar(label_smoothing / 2.0)
}

/// `w·y·softplus(−x) + (1 − y)·softplus(x)` for one logit x a row. With `s = 1` where x ≥ 0, else −1,
/// and `r = log1p(exp(−s·x))`, softplus(x) is `x·[x ≥ 0] + r`: small losses keep their digits, and
/// the gradient at x = 0 is right, which `max(x, 0) + log1p(exp(−|x|))` gets wrong there.
pub(super) fn binary(logits: Tensor<3>, targets: Tensor<2>, positive_weight: f64) -> Tensor<2> {
    let logits = column(logits, 0);
    let above = logits.clone().inner().greater_equal_scalar(0.0).float();
    let positive = targets.clone().mul_scalar(positive_weight);
    let negative = targets.neg().add_scalar(1.0);
    let of_rest = positive.clone().add(negative.clone());
    // above · negative − (1 − above) · positive
    let of_logit = above.clone().mul(of_rest.clone()).sub(positive);
    let minus_sign = above.mul_scalar(-2.0).add_scalar(1.0);
    let rest = logits.clone().mul(minus_sign).exp().log1p();
    rest.mul(of_rest).add(logits.mul(of_logit))
}

/// Output minus target, `[n_lanes, n_rows]`.
pub(super) fn error(logits: Tensor<3>, values: Tensor<2>) -> Tensor<2> {
    column(logits, 0).sub(values)
}

/// With `c = min(|e|, δ)` both branches are `c·(|e| − c/2)`.
pub(super) fn huber(error: Tensor<2>, delta: f64) -> Tensor<2> {
    let size = error.abs();
    let cut = size.clone().clamp_max(delta);
    cut.clone().mul(size.sub(cut.mul_scalar(0.5)))
}

/// `(1 − q)·e` where the output is too high, else `−q·e`.
pub(super) fn pinball(error: Tensor<2>, quantile: f64) -> Tensor<2> {
    let above = error.clone().inner().greater_scalar(0.0).float();
    error.mul(above.sub_scalar(quantile))
}

/// `(s + (y − μ)²·exp(−s))/2` for the outputs μ and s.
pub(super) fn gaussian(logits: Tensor<3>, values: Tensor<2>) -> Tensor<2> {
    let log_variance = column(logits.clone(), 1);
    let free = log_variance.clone().inner();
    let bound = Objective::LOG_VARIANCE_BOUND;
    let log_variance = log_variance.add(free.clone().clamp(-bound, bound).sub(free));
    let precision = log_variance.clone().neg().exp();
    log_variance.add(error(logits, values).square().mul(precision)).mul_scalar(0.5)
}

/// `exp(x) − y·x`; beyond [`MAX_LOG_RATE`] the power goes on along its tangent.
pub(super) fn poisson(logits: Tensor<3>, values: Tensor<2>) -> Tensor<2> {
    let log_rate = column(logits, 0);
    let cut = log_rate.clone().clamp_max(MAX_LOG_RATE);
    let beyond = log_rate.clone().sub(cut.clone());
    cut.exp().mul(beyond.add_scalar(1.0)).sub(log_rate.mul(values))
}

/// One output of every row, `[n_lanes, n_rows]`.
fn column(logits: Tensor<3>, output: usize) -> Tensor<2> {
    let [n_lanes, n_rows, n_outputs] = logits.dims();
    let logits = if n_outputs == 1 { logits } else { logits.narrow(2, output, 1) };
    logits.reshape([n_lanes, n_rows])
}
