//! Answers of a model for new rows.

use burn::tensor::Device;
use kitae_data::table::Table;
use kitae_model::{Network, NetworkConfig};

use crate::blend::blended;
use crate::calibration::Calibrator;
use crate::engine::Answers;
use crate::engine::evaluate::{Answering, forward};
use crate::error::{ArtefactError, TrainError};
use crate::model::{LinearShare, Manifest, Model};
use crate::objective::Objective;

/// A model on a device, ready to answer.
///
/// ```
/// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
/// use burn::tensor::Device;
///
/// let model = moons::trained()?.model;
/// // The networks are put on the device once, and then answer any number of tables.
/// let predictor = model.predictor(&Device::flex())?;
/// let table = moons::problem()?.table;
/// assert_eq!(predictor.answers(&table)?, predictor.answers(&table)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Predictor<'a> {
    manifest: &'a Manifest,
    networks: Vec<Network>,
    linear: Vec<Option<Network>>,
    device: Device,
}

impl Model {
    /// Puts the networks on `device`.
    ///
    /// ```
    /// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
    /// use burn::tensor::Device;
    ///
    /// let mut model = moons::trained()?.model;
    /// assert!(model.predictor(&Device::flex()).is_ok());
    /// model.weights[0].tensors.clear();
    /// assert!(model.predictor(&Device::flex()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the weights do not fit the network.
    pub fn predictor(&self, device: &Device) -> Result<Predictor<'_>, TrainError> {
        let damaged = |error| ArtefactError::damaged(std::path::Path::new("weights"), error);
        let load = |network: &NetworkConfig, weights| network.load(&[weights], device).map_err(damaged);
        let networks = self.weights.iter().map(|weights| load(&self.manifest.network, weights));
        let linear = self.linear.iter().map(|weights| match (weights, &self.manifest.linear) {
            (Some(weights), Some(linear)) => load(&linear.network, weights).map(Some),
            _ => Ok(None),
        });
        Ok(Predictor {
            manifest: &self.manifest,
            networks: networks.collect::<Result<_, _>>()?,
            linear: linear.collect::<Result<_, _>>()?,
            device: device.clone(),
        })
    }
}

impl Predictor<'_> {
    /// The mean answer of all networks for every row of `table`, whose cells fit the model's schema.
    ///
    /// ```
    /// # mod moons { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/two_moons.in")); }
    /// use burn::tensor::Device;
    ///
    /// let model = moons::trained()?.model;
    /// let answers = model.predictor(&Device::flex())?.answers(&moons::problem()?.table)?;
    /// // A probability for each class, in the order of `class_names`.
    /// let first_row = &answers.values[..answers.n_columns];
    /// assert_eq!(first_row.len(), model.manifest.class_names.len());
    /// assert!((first_row.iter().sum::<f64>() - 1.0).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a column that the model needs is not there.
    pub fn answers(&self, table: &Table) -> Result<Answers, TrainError> {
        let n_columns = self.manifest.class_names.len().max(1);
        let mut values = vec![0.0; table.n_rows * n_columns];
        for number in 0..self.networks.len() {
            let answers = self.lane_answers(number, table)?;
            for (sum, value) in values.iter_mut().zip(answers.values) {
                *sum += value;
            }
        }
        let n_networks = self.networks.len() as f64;
        for value in &mut values {
            *value /= n_networks;
        }
        Ok(Answers { values, n_columns })
    }

    fn lane_answers(&self, number: usize, table: &Table) -> Result<Answers, TrainError> {
        let lane = &self.manifest.lanes[number];
        let features = lane.preprocessor.transform_all(table)?;
        let answers = |network: &Network, objective: &Objective, calibrator: Calibrator| {
            let logits = forward(network, &features, &self.device);
            let scale = lane.target_scale.as_ref();
            let answering = Answering { objective, n_outputs: network.config().n_outputs, scale };
            answering.answers(&logits, calibrator)
        };
        let alone = answers(&self.networks[number], &self.manifest.recipe.objective, lane.calibrator);
        Ok(match (&self.linear[number], &self.manifest.linear, lane.linear) {
            (Some(network), Some(manifest), Some(LinearShare { share, calibrator })) => {
                blended(&alone, &answers(network, &manifest.objective, calibrator), share)
            }
            _ => alone,
        })
    }
}
