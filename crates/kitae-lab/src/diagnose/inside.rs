//! Rules about what was seen inside the layers.

use kitae_eval::words::{number, percent};
use kitae_model::Activation;
use kitae_train::observer::{LayerProbe, Probe};
use kitae_train::recipe::Feeding;

use super::course::{Course, layer_lines};
use super::curves::{FEWEST_EPOCHS, jumps};
use super::{Ailment, Patient, Plot, Rule, Symptom};
use crate::lever::Family;
use crate::paired::median;

pub(super) const RULES: &[Rule] = &[
    vanishing_gradient,
    exploding_gradient,
    dead_units,
    saturated_units,
    covariate_shift,
    batch_too_large,
    batch_too_small,
];

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    median(values.collect()).unwrap_or(f64::NAN)
}

/// A number of each hidden layer over the epochs.
fn plot(patient: &Patient, y: &str, number: impl Fn(&LayerProbe) -> Option<f64>) -> Option<Plot> {
    let mut lines = layer_lines(&patient.courses, number);
    let is_drawable = lines.iter().any(|line| line.points.len() > 1);
    lines.retain(|line| !line.points.is_empty());
    is_drawable.then(|| Plot { x: "epoch".into(), y: y.into(), lines })
}

/// A first layer that gets less than this share of the last hidden one's gradient learns next to nothing.
const VANISHED: f64 = 1e-3;

/// How gradients and signals go with depth; the middle over the looks.
struct Depth {
    /// The gradient of the first hidden layer's weights over that of the last one's, each relative to the
    /// size of the weights.
    gradient: f64,
    /// What enters the last hidden layer's units over what enters the first one's, in spreads over rows.
    signal: f64,
}

impl Depth {
    /// None with one hidden layer.
    fn of(course: &Course) -> Option<Self> {
        let ratio = |ratio: fn(&LayerProbe, &LayerProbe) -> f64| {
            let of_look = |(_, probe): &(usize, &Probe)| {
                let (_, hidden) = probe.layers.split_last()?;
                let ratio = ratio(hidden.first()?, hidden.last()?);
                (hidden.len() > 1 && ratio.is_finite()).then_some(ratio)
            };
            median(course.looks.iter().filter_map(of_look).collect())
        };
        let gradient = |first: &LayerProbe, last: &LayerProbe| {
            first.gradient / first.weight / (last.gradient / last.weight)
        };
        Some(Self { gradient: ratio(gradient)?, signal: ratio(|first, last| last.spread / first.spread)? })
    }

    fn evidence(all: &[Self]) -> String {
        format!(
            "Relative to its weights, the first hidden layer gets {} times the gradient of the last one; signals are {} \
             times as large in the last layer as in the first (a thousandth and a thousand are the thresholds)",
            number(middle(all.iter().map(|depth| depth.gradient))),
            number(middle(all.iter().map(|depth| depth.signal)))
        )
    }
}

fn vanishing_gradient(patient: &Patient) -> Option<Symptom> {
    let ill = patient.most(Depth::of, |depth| depth.gradient < VANISHED || depth.signal < VANISHED);
    if ill.is_empty() {
        return None;
    }
    let evidence = Depth::evidence(&ill);
    let treatments = patient.levers(&[
        ("batch norm", Family::Normalisation, "network.normalisation = 'batch'".into()),
        ("mish", Family::Activation, "network.activation = 'mish'".into()),
        ("residual", Family::Shape, "network.skip = 'residual'".into()),
        ("two layers", Family::Shape, "network.hidden = [128, 128]".into()),
    ]);
    let plot = plot(patient, "gradient", |layer| Some(layer.gradient));
    Some(Symptom { ailment: Ailment::VanishingGradient, evidence, plot, treatments })
}

fn exploding_gradient(patient: &Patient) -> Option<Symptom> {
    let most = 1.0 / VANISHED;
    let ill = patient.most(Depth::of, |depth| depth.gradient > most || depth.signal > most);
    if ill.is_empty() {
        return None;
    }
    let evidence = Depth::evidence(&ill);
    let treatments = patient.levers(&[
        ("layer norm", Family::Normalisation, "network.normalisation = 'layer'".into()),
        (
            "fitted start",
            Family::Start,
            "network.initialiser = 'data_driven'\nnetwork.parametrisation = 'ntk'".into(),
        ),
        (
            "gradients clipped at 1",
            Family::Optimiser,
            "training.clip = { kind = 'global_norm', value = 1.0 }".into(),
        ),
        ("two layers", Family::Shape, "network.hidden = [128, 128]".into()),
    ]);
    let plot = plot(patient, "gradient", |layer| Some(layer.gradient));
    Some(Symptom { ailment: Ailment::ExplodingGradient, evidence, plot, treatments })
}

/// The share of a layer from which it is ill.
const MANY: f64 = 0.5;

fn dead_units(patient: &Patient) -> Option<Symptom> {
    let ill = patient.most(|course| course.largest(|layer| Some(layer.dead)), |(_, dead)| *dead >= MANY);
    let (layer, _) = *ill.first()?;
    let evidence = format!(
        "{} of the units of hidden layer {} pass no gradient for any of the probed rows (threshold {})",
        percent(middle(ill.into_iter().map(|(_, dead)| dead))),
        layer + 1,
        percent(MANY)
    );
    let rate = patient.case.manifest.recipe.training.learning_rate;
    let treatments = patient.levers(&[
        ("mish", Family::Activation, "network.activation = 'mish'".into()),
        ("leaky relu", Family::Activation, "network.activation = 'leaky_relu'".into()),
        ("batch norm", Family::Normalisation, "network.normalisation = 'batch'".into()),
        ("a quarter of the rate", Family::Optimiser, format!("training.learning_rate = {:?}", rate / 4.0)),
    ]);
    let plot = plot(patient, "share of dead units", |layer| Some(layer.dead));
    Some(Symptom { ailment: Ailment::DeadUnits, evidence, plot, treatments })
}

fn saturated_units(patient: &Patient) -> Option<Symptom> {
    let activation = patient.case.manifest.model.network.activation;
    if !matches!(activation, Activation::Sigmoid | Activation::Tanh) {
        return None;
    }
    let ill = patient.most(|course| course.largest(|layer| Some(layer.flat)), |(_, flat)| *flat >= MANY);
    let (layer, _) = *ill.first()?;
    let evidence = format!(
        "In hidden layer {} units are saturated for {} of the probed rows (threshold {})",
        layer + 1,
        percent(middle(ill.into_iter().map(|(_, flat)| flat))),
        percent(MANY)
    );
    let treatments = patient.levers(&[
        ("mish", Family::Activation, "network.activation = 'mish'".into()),
        ("batch norm", Family::Normalisation, "network.normalisation = 'batch'".into()),
        (
            "Glorot start",
            Family::Start,
            "network.parametrisation = 'standard'\nnetwork.initialiser = 'glorot_normal'".into(),
        ),
    ]);
    let plot = plot(patient, "share of saturated units", |layer| Some(layer.flat));
    Some(Symptom { ailment: Ailment::SaturatedUnits, evidence, plot, treatments })
}

/// Spreads that the mean of a unit's input moves in an epoch. Ioffe and Szegedy name no number; the networks
/// of sound recipes moved by 0.01 to 0.13.
const SHIFTED: f64 = 0.2;

/// The shift an epoch in the second half of the run, in the layer where it is largest, the middle over looks.
fn shift(course: &Course) -> Option<(usize, f64)> {
    if course.n_epochs() < FEWEST_EPOCHS {
        return None;
    }
    let n_hidden = course.looks.first()?.1.layers.len().checked_sub(1)?;
    let half = course.n_epochs() / 2;
    let of_layer = |layer: usize| {
        let late = course.looks.windows(2).filter(|pair| pair[1].0 > half);
        let values = late.filter_map(|pair| {
            let shift = pair[1].1.layers.get(layer)?.shift?;
            Some(shift / (pair[1].0 - pair[0].0).max(1) as f64)
        });
        Some((layer, median(values.collect())?))
    };
    (0..n_hidden).filter_map(of_layer).max_by(|a, b| a.1.total_cmp(&b.1))
}

fn covariate_shift(patient: &Patient) -> Option<Symptom> {
    let ill = patient.most(shift, |(_, shift)| *shift >= SHIFTED);
    let (layer, _) = *ill.first()?;
    let evidence = format!(
        "The inputs of the units of hidden layer {} shift by {} of their standard deviation in an epoch \
         (threshold {SHIFTED})",
        layer + 1,
        number(middle(ill.into_iter().map(|(_, shift)| shift)))
    );
    let rate = patient.case.manifest.recipe.training.learning_rate;
    let treatments = patient.levers(&[
        ("batch norm", Family::Normalisation, "network.normalisation = 'batch'".into()),
        ("layer norm", Family::Normalisation, "network.normalisation = 'layer'".into()),
        ("a quarter of the rate", Family::Optimiser, format!("training.learning_rate = {:?}", rate / 4.0)),
    ]);
    let plot = plot(patient, "shift", |layer| layer.shift);
    Some(Symptom { ailment: Ailment::CovariateShift, evidence, plot, treatments })
}

/// Rows in a batch, in a training fold, and the gradient noise scale in rows, the middle over late looks.
fn noise(patient: &Patient, course: &Course) -> Option<(f64, f64)> {
    let recipe = &patient.case.manifest.recipe;
    let n_train = patient.case.manifest.model.source.n_open;
    let batch = recipe.training.feeding.batch_rows(n_train) as f64;
    // Where the gradient was lost in the noise of all rows looked at, there is more noise than can be told.
    let scale = |(_, probe): &(usize, &Probe)| probe.gradient_noise.unwrap_or(f64::INFINITY);
    let scale = median(course.late_looks().map(scale).collect())?;
    Some((batch, scale))
}

/// Batches of so many noise scales waste their rows: the saving in steps is then within a tenth of what any
/// batch could save (`McCandlish` et al. 2018, equation 2.11).
const WASTED: f64 = 10.0;
/// Steps in an epoch from which on there are enough of them.
const FEW_STEPS: usize = 4;

fn batch_too_large(patient: &Patient) -> Option<Symptom> {
    let manifest = patient.case.manifest;
    let n_train = manifest.model.source.n_open;
    let batch = manifest.recipe.training.feeding.batch_rows(n_train);
    let n_steps = n_train.div_ceil(batch.max(1));
    let ill = patient.most(|course| noise(patient, course), |(batch, scale)| *batch >= WASTED * scale);
    if n_steps > FEW_STEPS || ill.is_empty() {
        return None;
    }
    let evidence = format!(
        "Batches of {batch} rows are {} times the gradient noise scale ({} rows), and an epoch has only {n_steps} of them",
        number(middle(ill.iter().map(|(batch, scale)| batch / scale))),
        number(middle(ill.iter().map(|(_, scale)| *scale)))
    );
    let rows = (batch / 8).clamp(16, 128);
    let treatments = patient.levers(&[(
        "smaller batches",
        Family::Feeding,
        format!("training.feeding = {{ kind = 'mini', rows = {rows} }}"),
    )]);
    Some(Symptom { ailment: Ailment::BatchTooLarge, evidence, plot: None, treatments })
}

/// Noise scales in a batch below which four fifths of what a step could gain are lost to noise (equation
/// 2.7).
const DROWNED: f64 = 0.25;
/// A loss that jumps by this share of itself from epoch to epoch in the middle of the run.
const JUMPS: f64 = 0.03;

fn batch_too_small(patient: &Patient) -> Option<Symptom> {
    let recipe = &patient.case.manifest.recipe;
    let is_small = match recipe.training.feeding {
        Feeding::Online => true,
        Feeding::Mini { rows } => rows <= 16,
        Feeding::Full => false,
    };
    let drowned = |course: &Course| {
        let (batch, scale) = noise(patient, course)?;
        let n_epochs = course.n_epochs();
        Some((batch / scale, jumps(course, n_epochs / 4..n_epochs * 3 / 4)?))
    };
    let ill = patient.most(drowned, |(share, jump)| *share <= DROWNED && *jump >= JUMPS);
    if !is_small || ill.is_empty() {
        return None;
    }
    let evidence = format!(
        "Batches are {} of the gradient noise scale, and the loss on the validation rows changes by {} from \
         one epoch to the next",
        percent(middle(ill.iter().map(|(share, _)| *share))),
        percent(middle(ill.iter().map(|(_, jump)| *jump)))
    );
    let mut treatments = patient.levers(&[
        ("batches of 64", Family::Feeding, "training.feeding = { kind = 'mini', rows = 64 }".into()),
        ("EMA", Family::Averaging, "training.averaging = { kind = 'ema' }".into()),
    ]);
    let rate = recipe.training.learning_rate / 4.0;
    let lower = format!("training.learning_rate = {rate:?}");
    treatments.extend(patient.levers(&[("a quarter of the rate", Family::Optimiser, lower)]));
    Some(Symptom { ailment: Ailment::BatchTooSmall, evidence, plot: None, treatments })
}
