//! Predictions of a model for new rows.

use burn::tensor::Device;
use kitae_data::features::Features;
use kitae_data::preprocess::Preprocessor;
use kitae_data::table::Table;
use rayon::prelude::*;

use crate::blend::blended;
use crate::calibration::{Calibrator, spread};
use crate::engine::Predictions;
use crate::engine::evaluate::OutputDecoder;
use crate::engine::passes::Passes;
use crate::error::{ArtefactError, TrainError};
use crate::model::{LaneManifest, LinearShare, Manifest, Model};
use crate::nonconformity::Nonconformity;
use crate::pack::Packing;
use crate::pool::Pool;

/// Rows that one thread predicts at once. It does not depend on the machine, so neither do the bits of a
/// prediction.
const BLOCK_ROWS: usize = 1024;

/// A model on a device, ready to predict.
pub struct Predictor<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) nonconformity: Option<&'a Nonconformity>,
    /// The smoothing of the bag.
    smoothing: f64,
    lanes: Vec<LanePredictor<'a>>,
    block_rows: usize,
}

/// One network of the bag, with the linear model of its fold where that has a share.
struct LanePredictor<'a> {
    preprocessor: &'a Preprocessor,
    network: NetworkPredictor<'a>,
    /// How the network is calibrated in the bag.
    in_bag: Calibrator,
    linear: Option<LinearPredictor<'a>>,
    /// The smoothing of the network alone. What it says in the bag is without: the bag has a smoothing of its own.
    smoothing: f64,
}

/// What a lane predicts for some rows, without smoothing.
struct Said {
    alone: Predictions,
    in_bag: Predictions,
}

struct LinearPredictor<'a> {
    share: f64,
    /// None if its rows go through the network's.
    preprocessor: Option<&'a Preprocessor>,
    model: NetworkPredictor<'a>,
}

/// Weights, and what becomes of their raw outputs.
struct NetworkPredictor<'a> {
    passes: Passes,
    decoder: OutputDecoder<'a>,
    calibrator: Calibrator,
}

impl Model {
    /// Puts the networks on `device`. With [`Packing::Fused`] the rows go through the fused passes on host
    /// memory, on all threads of the thread pool that asks; a network that has no such passes, and any
    /// other packing, goes through tensors.
    ///
    /// # Errors
    ///
    /// If the weights do not fit the network.
    pub fn predictor(&self, device: &Device, packing: Packing) -> Result<Predictor<'_>, TrainError> {
        let lanes = (0..self.manifest.lanes.len()).map(|number| self.lane(number, device, packing));
        let lanes: Vec<LanePredictor> = lanes.collect::<Result<_, _>>()?;
        let is_host = lanes.iter().all(|lane| lane.network.passes.is_host());
        // Tensors fill a device by themselves, with as many rows as they can get.
        let block_rows = if is_host { BLOCK_ROWS } else { usize::MAX };
        let nonconformity = self.nonconformity.as_ref();
        let smoothing = bag_smoothing(&self.manifest);
        Ok(Predictor { manifest: &self.manifest, nonconformity, smoothing, lanes, block_rows })
    }

    fn lane(
        &self,
        number: usize,
        device: &Device,
        packing: Packing,
    ) -> Result<LanePredictor<'_>, ArtefactError> {
        let damaged = |error| ArtefactError::damaged(std::path::Path::new("weights"), error);
        let (manifest, lane): (_, &LaneManifest) = (&self.manifest, &self.manifest.lanes[number]);
        let answerer = |network, weights, objective, calibrator| {
            let passes = Passes::new(network, weights, device, packing).map_err(damaged)?;
            let decoder =
                OutputDecoder { objective, n_outputs: network.n_outputs, scale: lane.target_scale.as_ref() };
            Ok(NetworkPredictor { passes, decoder, calibrator: Calibrator { smoothing: 0.0, ..calibrator } })
        };
        let linear = match (&self.linear[number], &manifest.linear, &lane.linear) {
            // A model without a share has no say.
            (Some(weights), Some(linear), Some(LinearShare { share, calibrator, preprocessor }))
                if *share > 0.0 =>
            {
                let model = answerer(&linear.network, weights, &linear.objective, *calibrator)?;
                Some(LinearPredictor { share: *share, preprocessor: preprocessor.as_ref(), model })
            }
            _ => None,
        };
        let network =
            answerer(&manifest.network, &self.weights[number], &manifest.recipe.objective, lane.calibrator)?;
        Ok(LanePredictor {
            preprocessor: &lane.preprocessor,
            in_bag: network.calibrator.in_bag(manifest.lanes.len(), manifest.source.n_open),
            network,
            linear,
            smoothing: lane.calibrator.smoothing,
        })
    }
}

/// One in n + 1, n being the rows on which some network of the bag was judged: each fold's validation rows, no row counted
/// twice. Nothing if any network is without smoothing.
fn bag_smoothing(manifest: &Manifest) -> f64 {
    let judged = |lane: &LaneManifest| (lane.place.repeat, lane.place.fold, lane.calibrator.smoothing);
    let mut folds: Vec<(usize, usize, f64)> = manifest.lanes.iter().map(judged).collect();
    folds.dedup_by_key(|(repeat, fold, _)| (*repeat, *fold));
    if folds.iter().any(|(.., smoothing)| *smoothing == 0.0) {
        return 0.0;
    }
    let n_rows: f64 = folds.iter().map(|(.., smoothing)| 1.0 / smoothing - 1.0).sum();
    1.0 / (n_rows.min(manifest.source.n_open as f64) + 1.0)
}

impl Predictor<'_> {
    /// What all networks say together ([`pooled`](crate::pool::pooled)) of every row of `table`, whose cells fit the model's schema.
    ///
    /// # Errors
    ///
    /// If a column that the model needs is not there.
    pub fn predictions(&self, table: &Table) -> Result<Predictions, TrainError> {
        let blocks = self.blocks(table, |rows| self.together(table, rows, |_, _| ()))?;
        Ok(Predictions { values: blocks.concat(), n_columns: self.manifest.class_names.len().max(1) })
    }

    /// What `answer` says of each block of rows, in their order, asked on all threads.
    pub(crate) fn blocks<T: Send>(
        &self,
        table: &Table,
        answer: impl Fn(&[u32]) -> Result<T, TrainError> + Send + Sync,
    ) -> Result<Vec<T>, TrainError> {
        let rows: Vec<u32> = (0..table.n_rows as u32).collect();
        // No row is a block too: the columns are looked at all the same.
        let blocks: Vec<&[u32]> =
            if rows.is_empty() { vec![&rows] } else { rows.chunks(self.block_rows).collect() };
        let predicted: Vec<Result<T, TrainError>> = blocks.into_par_iter().map(answer).collect();
        // In order, so that of several errors the first row's is told.
        predicted.into_iter().collect()
    }

    /// What all networks say together; `also` is told what each lane predicts alone.
    pub(crate) fn together(
        &self,
        table: &Table,
        rows: &[u32],
        mut also: impl FnMut(usize, &[f64]),
    ) -> Result<Vec<f64>, TrainError> {
        let n_columns = self.manifest.class_names.len().max(1);
        let mut pool = Pool::new(n_columns);
        for (number, lane) in self.lanes.iter().enumerate() {
            let Said { mut alone, in_bag } = lane.predictions(table, rows)?;
            spread(lane.smoothing, &mut alone.values, n_columns);
            also(number, &alone.values);
            pool.add(in_bag.values);
        }
        let mut values = pool.values();
        spread(self.smoothing, &mut values, n_columns);
        Ok(values)
    }
}

impl LanePredictor<'_> {
    fn predictions(&self, table: &Table, rows: &[u32]) -> Result<Said, TrainError> {
        let features = self.preprocessor.transform(table, rows)?;
        let linear = match &self.linear {
            Some(linear) => Some((linear.share, linear.predictions(&features, table, rows)?)),
            None => None,
        };
        let logits = self.network.logits(&features);
        let said = |calibrator: Calibrator| {
            let network = self.network.decoder.predictions(&logits, calibrator);
            match &linear {
                Some((share, linear)) => blended(&network, linear, *share),
                None => network,
            }
        };
        let alone = said(self.network.calibrator);
        let in_bag = if self.in_bag == self.network.calibrator { alone.clone() } else { said(self.in_bag) };
        Ok(Said { alone, in_bag })
    }
}

impl LinearPredictor<'_> {
    /// `features` are what the network is fed with.
    fn predictions(
        &self,
        features: &Features,
        table: &Table,
        rows: &[u32],
    ) -> Result<Predictions, TrainError> {
        let model = &self.model;
        let logits = match self.preprocessor {
            Some(preprocessor) => model.logits(&preprocessor.transform(table, rows)?),
            None => model.logits(features),
        };
        Ok(model.decoder.predictions(&logits, model.calibrator))
    }
}

impl NetworkPredictor<'_> {
    fn logits(&self, features: &Features) -> Vec<f32> {
        self.passes.logits(features, self.decoder.objective)
    }
}
