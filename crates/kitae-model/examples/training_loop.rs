//! A training loop by hand: two networks side by side, an optimiser step, a validation loss, the best
//! weights. `cargo run --example training_loop`
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
    let (device, lanes) = (Device::flex(), [0, 1].map(|index| Lane { seed: 42, index }));
    // A noisy wave, the same 64 rows for both lanes, [n_lanes, n_rows, 1]; every other one is a validation
    // row.
    let x = |row: u16| f32::from(row) / 31.5 - 1.0;
    let y = |row: u16| (3.0 * x(row)).sin() + 0.8 * (f32::from(row * 37 % 64) / 32.0 - 1.0);
    let column = |first: u16, of: &dyn Fn(u16) -> f32| {
        let values: Vec<f32> = (first..64).step_by(2).map(of).collect();
        Tensor::<3>::from_data(TensorData::new(values, [1, 32, 1]), &device).repeat_dim(0, lanes.len())
    };
    let (train, targets) = (Inputs::from_numbers(column(0, &x)), column(0, &y));
    let (validation, validation_targets) = (Inputs::from_numbers(column(1, &x)), column(1, &y));

    let config = config();
    config.check()?;
    let mut network = Network::init(&config, &lanes, &device.clone().autodiff());
    let mut momenta: Vec<Tensor<3>> = network.parameters().iter().map(|old| old.value.zeros_like()).collect();
    let mut best = vec![(0, f32::INFINITY, Weights::default()); lanes.len()];
    for epoch in 1..=N_EPOCHS {
        let noise = Noise { rates: DropoutRates::Off, lanes: &lanes, epoch, step: 0 };
        let (predictions, _) = network.forward_train(train.clone(), &noise);
        // The mean over rows, summed over lanes: each lane gets the gradient of its own loss.
        let loss = (predictions - targets.clone()).powi_scalar(2).mean_dim(1).sum();
        let gradients = network.gradients(&mut loss.backward());
        // Gradient descent with momentum.
        momenta = momenta.into_iter().zip(gradients).map(|(momentum, step)| momentum * 0.9 + step).collect();
        let moved = network.parameters().into_iter().zip(&momenta);
        network = network.with_parameters(moved.map(|(old, step)| old.value - step.clone() * 0.1).collect());

        let now = network.valid();
        let losses = losses(&now, &validation, &validation_targets);
        for ((best, loss), weights) in best.iter_mut().zip(losses).zip(now.weights()) {
            if loss < best.1 {
                *best = (epoch, loss, weights);
            }
        }
    }

    // Each lane goes back to the weights of its own best epoch.
    let weights: Vec<&Weights> = best.iter().map(|(_, _, weights)| weights).collect();
    let kept = losses(&Network::load(&config, &weights, &device)?, &validation, &validation_targets);
    let last = losses(&network.valid(), &validation, &validation_targets);
    for (lane, (epoch, loss, _)) in best.iter().enumerate() {
        let (kept, last) = (kept[lane], last[lane]);
        println!("network {lane}: validation loss {kept:.3} in epoch {epoch}, {last:.3} in epoch {N_EPOCHS}");
        assert!((kept - loss).abs() < 1e-5, "weights are the whole network");
        assert!(kept <= last + 1e-5 && kept < 0.35, "the wave is learnt; its variance is above 0.6");
    }
    Ok(())
}

/// The mean squared error of each lane.
fn losses(network: &Network, inputs: &Inputs, targets: &Tensor<3>) -> Vec<f32> {
    let errors = network.forward(inputs.clone()) - targets.clone();
    errors.powi_scalar(2).mean_dim(1).to_data().iter::<f32>().collect()
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
