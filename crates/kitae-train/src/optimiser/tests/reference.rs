//! The rules once more in 64 bits, element by element, as their papers write them: slow and obvious.

use crate::optimiser::{Acceleration, MuonScale, OptimiserConfig};

use super::LAYOUT;

/// One lane of (weight, bias) on its way.
pub(super) struct Walk {
    rule: OptimiserConfig,
    step: i32,
    parts: Vec<Part>,
}

/// A parameter and everything that any rule remembers of it.
struct Part {
    shape: [usize; 2],
    is_weight: bool,
    value: Vec<f64>,
    m: Vec<f64>,
    v: Vec<f64>,
    n: Vec<f64>,
    previous: Vec<f64>,
}

impl Walk {
    pub(super) fn new(rule: OptimiserConfig, starts: &[Vec<f32>; 2]) -> Self {
        let part = |(i, start): (usize, &Vec<f32>)| {
            let zeros = vec![0.0; start.len()];
            Part {
                shape: LAYOUT[i].1,
                is_weight: i == 0,
                value: start.iter().map(|value| f64::from(*value)).collect(),
                m: zeros.clone(),
                v: zeros.clone(),
                n: zeros.clone(),
                previous: zeros,
            }
        };
        Self { rule, step: 0, parts: starts.iter().enumerate().map(part).collect() }
    }

    pub(super) fn values(&self) -> Vec<Vec<f32>> {
        let narrowed = |part: &Part| part.value.iter().map(|value| *value as f32).collect();
        self.parts.iter().map(narrowed).collect()
    }

    pub(super) fn step(&mut self, gradient: &[Vec<f32>; 2], rate: f64) {
        self.step += 1;
        for (part, gradient) in self.parts.iter_mut().zip(gradient) {
            let gradient: Vec<f64> = gradient.iter().map(|slope| f64::from(*slope)).collect();
            match self.rule {
                OptimiserConfig::Muon { momentum, iterations, scale } if part.is_weight => {
                    let scale = rate * length(scale, part.shape);
                    for (i, along) in muon(part, &gradient, momentum, iterations).iter().enumerate() {
                        part.value[i] -= scale * along;
                    }
                }
                OptimiserConfig::Muon { .. } => {
                    part.elements(&OptimiserConfig::adam(), &gradient, rate, self.step);
                }
                _ => part.elements(&self.rule, &gradient, rate, self.step),
            }
        }
    }
}

impl Part {
    fn elements(&mut self, rule: &OptimiserConfig, gradient: &[f64], rate: f64, step: i32) {
        for (i, g) in gradient.iter().enumerate() {
            let along = self.along(i, *g, rule, step);
            self.value[i] -= rate * along;
        }
    }

    /// The direction of element `i` with gradient `g` in step number `t`.
    fn along(&mut self, i: usize, g: f64, rule: &OptimiserConfig, t: i32) -> f64 {
        let (m, v, n) = (&mut self.m[i], &mut self.v[i], &mut self.n[i]);
        let mean = |mean: &mut f64, beta: f64, value: f64| *mean = beta * *mean + (1.0 - beta) * value;
        let unbiased = |mean: f64, beta: f64| mean / (1.0 - beta.powi(t));
        match *rule {
            OptimiserConfig::Sgd { momentum, acceleration } => {
                *m = momentum * *m + g;
                if acceleration == Acceleration::Nesterov { g + momentum * *m } else { *m }
            }
            OptimiserConfig::AdaGrad { epsilon } => {
                *v += g * g;
                g / (v.sqrt() + epsilon)
            }
            OptimiserConfig::RmsProp { smoothing, epsilon } => {
                mean(v, smoothing, g * g);
                g / (v.sqrt() + epsilon)
            }
            OptimiserConfig::Adam { beta1, beta2, epsilon }
            | OptimiserConfig::AdamW { beta1, beta2, epsilon } => {
                mean(m, beta1, g);
                mean(v, beta2, g * g);
                unbiased(*m, beta1) / (unbiased(*v, beta2).sqrt() + epsilon)
            }
            OptimiserConfig::Adan { beta1, beta2, beta3, epsilon } => {
                let change = if t == 1 { 0.0 } else { g - self.previous[i] };
                self.previous[i] = g;
                mean(m, beta1, g);
                mean(v, beta2, change);
                mean(n, beta3, (g + beta2 * change).powi(2));
                let ahead = unbiased(*m, beta1) + beta2 * unbiased(*v, beta2);
                ahead / (unbiased(*n, beta3).sqrt() + epsilon)
            }
            OptimiserConfig::Lion { beta1, beta2 } => {
                let mixed = beta1 * *m + (1.0 - beta1) * g;
                mean(m, beta2, g);
                if mixed == 0.0 { 0.0 } else { mixed.signum() }
            }
            _ => unreachable!("handled by the caller"),
        }
    }
}

fn length(scale: MuonScale, [d_in, d_out]: [usize; 2]) -> f64 {
    let (d_in, d_out) = (d_in as f64, d_out as f64);
    match scale {
        MuonScale::LikeAdam => 0.2 * d_in.max(d_out).sqrt(),
        MuonScale::Aspect => (d_out / d_in).max(1.0).sqrt(),
    }
}

fn muon(part: &mut Part, gradient: &[f64], momentum: f64, iterations: usize) -> Vec<f64> {
    for (m, g) in part.m.iter_mut().zip(gradient) {
        *m = momentum * *m + g;
    }
    let ahead: Vec<f64> = part.m.iter().zip(gradient).map(|(m, g)| g + momentum * m).collect();
    let norm = ahead.iter().map(|value| value * value).sum::<f64>().sqrt() + 1e-7;
    let [rows, columns] = part.shape;
    let mut x: Vec<Vec<f64>> = (0..rows)
        .map(|row| (0..columns).map(|column| ahead[row * columns + column] / norm).collect())
        .collect();
    for _ in 0..iterations {
        // X ← a·X + b·(X·Xᵀ)·X + c·(X·Xᵀ)²·X, whichever side is longer.
        let gram = product(&x, &transposed(&x));
        let once = product(&gram, &x);
        let twice = product(&gram, &once);
        for (row, (once, twice)) in x.iter_mut().zip(once.iter().zip(&twice)) {
            for (value, (once, twice)) in row.iter_mut().zip(once.iter().zip(twice)) {
                *value = 3.4445 * *value - 4.775 * once + 2.0315 * twice;
            }
        }
    }
    x.concat()
}

fn product(left: &[Vec<f64>], right: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let right = transposed(right);
    let dot = |row: &[f64], column: &[f64]| row.iter().zip(column).map(|(x, y)| x * y).sum();
    left.iter().map(|row| right.iter().map(|column| dot(row, column)).collect()).collect()
}

fn transposed(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..matrix[0].len()).map(|column| matrix.iter().map(|row| row[column]).collect()).collect()
}
