//! A training loop by hand: two networks side by side, an optimiser step, a validation loss, the best weights.
//! `cargo run --example training_loop`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use kitae_model::{
    Activation, DropoutRates, Ensemble, Initialiser, InputScale, Inputs, Lane, Network, NetworkConfig, Noise,
    Normalisation, Parametrisation, Skip, Slope, Weights,
};

const N_EPOCHS: u64 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let (device, lanes) = (Device::flex(), [Lane { seed: 42, index: 0 }, Lane { seed: 42, index: 1 }]);
    // A noisy wave; every other point is a validation row. `[n_lanes, n_rows, 1]`, the same rows for both lanes.
    let x = |row: u16| f32::from(row) / 31.5 - 1.0;
    let y = |row: u16| (3.0 * x(row)).sin() + 0.8 * (f32::from(row * 37 % 64) / 32.0 - 1.0);
    let column = |first: u16, of: &dyn Fn(u16) -> f32| {
        let values: Vec<f32> = (first..64).step_by(2).map(of).collect();
        Tensor::<3>::from_data(TensorData::new(values, [1, 32, 1]), &device).repeat_dim(0, lanes.len())
    };
    let (train_x, train_y) = (Inputs::from_numbers(column(0, &x)), column(0, &y));
    let (validation_x, validation_y) = (Inputs::from_numbers(column(1, &x)), column(1, &y));

    let config = config();
    config.check()?;
    let mut network = Network::init(&config, &lanes, &device.clone().autodiff());
    let mut momenta: Vec<Tensor<3>> =
        network.parameters().iter().map(|parameter| parameter.value.zeros_like()).collect();
    let mut best: Vec<(u64, f32, Weights)> =
        network.valid().weights().into_iter().map(|weights| (0, f32::INFINITY, weights)).collect();
    for epoch in 1..=N_EPOCHS {
        let noise = Noise { rates: DropoutRates::Off, lanes: &lanes, epoch, step: 0 };
        let (predicted, _) = network.forward_train(train_x.clone(), &noise);
        // The mean over rows, summed over lanes: each lane gets the gradient of its own loss.
        let loss = (predicted - train_y.clone()).powi_scalar(2).mean_dim(1).sum();
        let gradients = network.gradients(&mut loss.backward());
        // Gradient descent with momentum.
        momenta = momenta.into_iter().zip(gradients).map(|(momentum, step)| momentum * 0.9 + step).collect();
        let moved = network.parameters().into_iter().zip(&momenta);
        network = network.with_parameters(moved.map(|(old, step)| old.value - step.clone() * 0.1).collect());

        let now = network.valid();
        let losses = losses(now.forward(validation_x.clone()), &validation_y);
        for ((best, loss), weights) in best.iter_mut().zip(losses).zip(now.weights()) {
            if loss < best.1 {
                *best = (epoch, loss, weights);
            }
        }
    }

    // Each lane goes back to the weights of its own best epoch, which need no autodiff.
    let weights: Vec<&Weights> = best.iter().map(|(_, _, weights)| weights).collect();
    let kept =
        losses(Network::load(&config, &weights, &device)?.forward(validation_x.clone()), &validation_y);
    let last = losses(network.valid().forward(validation_x), &validation_y);
    for (lane, (((epoch, loss, _), kept), last)) in best.iter().zip(kept).zip(last).enumerate() {
        println!(
            "network {lane}: validation loss {kept:.3} in epoch {epoch}, {last:.3} after all {N_EPOCHS}"
        );
        assert!((kept - loss).abs() < 1e-5, "weights are the whole network");
        assert!(kept <= last + 1e-5 && kept < 0.35, "it has learnt the wave, whose variance is above 0.6");
    }
    Ok(())
}

/// The mean squared error of each lane.
fn losses(predicted: Tensor<3>, targets: &Tensor<3>) -> Vec<f32> {
    (predicted - targets.clone()).powi_scalar(2).mean_dim(1).to_data().iter::<f32>().collect()
}

/// One number in, one hidden layer, one number out.
fn config() -> NetworkConfig {
    NetworkConfig {
        d_numbers: 1,
        cardinalities: vec![],
        d_embedding: 0,
        periodic: None,
        piecewise: None,
        input_scale: InputScale::None,
        ensemble: Ensemble::None,
        hidden: vec![32],
        n_outputs: 1,
        activation: Activation::Tanh,
        slope: Slope::Fixed,
        normalisation: Normalisation::None,
        skip: Skip::None,
        parametrisation: Parametrisation::Standard,
        initialiser: Initialiser::LecunNormal,
    }
}
