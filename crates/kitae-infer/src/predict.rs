//! Predictions of a model for new rows.

use std::sync::OnceLock;

use kitae_data::features::Features;
use kitae_data::preprocess::Preprocessor;
use kitae_data::table::Table;

use crate::calibration::{Calibrator, spread};
use crate::config::NetworkConfig;
use crate::error::{ArtefactError, PredictError};
use crate::fitted::Fitted;
use crate::host::HostNetwork;
use crate::manifest::{LaneManifest, LinearShare, Manifest};
use crate::nonconformity::Nonconformity;
use crate::pool::Pool;
use crate::predictions::{OutputDecoder, Predictions, blended};
use crate::weights::{Weights, WeightsError};

/// Rows that one thread predicts at once. It does not depend on the machine, so neither do the bits of a
/// prediction.
pub const BLOCK_ROWS: usize = 1024;

/// A model on a device, ready to predict.
pub struct Predictor<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) nonconformity: Option<&'a Nonconformity>,
    /// The smoothing of the bag.
    smoothing: f64,
    lanes: Vec<LanePredictor<'a>>,
    block_rows: usize,
    run: &'static dyn Run,
}

/// One network of the bag, with the linear model of its fold where that has a share.
struct LanePredictor<'a> {
    preprocessor: &'a Preprocessor,
    network: NetworkPredictor<'a>,
    /// How the network is calibrated in the bag.
    in_bag: Calibrator,
    linear: Option<LinearPredictor<'a>>,
    /// The smoothing of the network alone. What it says in the bag is without: the bag has a smoothing of its
    /// own.
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
    forward: Box<dyn Forward>,
    n_members: usize,
    decoder: OutputDecoder<'a>,
    calibrator: Calibrator,
}

/// A network of one lane that is ready to predict.
pub trait Forward: Send + Sync {
    /// Raw outputs, row-major `[n_rows · n_members, n_outputs]`, the members of a row side by side.
    fn forward(&self, features: &Features) -> Vec<f32>;
}

/// Who works on blocks of rows.
pub trait Run: Sync {
    /// Calls `work` once with each number below `n`.
    fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync));
}

/// One block after the other, on the thread that asks.
pub struct InTurn;

impl Run for InTurn {
    fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..n).for_each(work);
    }
}

/// Makes a network of one lane ready to predict.
pub type Ready<'a> = dyn Fn(&NetworkConfig, &Weights) -> Result<Box<dyn Forward>, WeightsError> + 'a;

/// How networks are made ready, and who works.
pub struct Means<'a> {
    /// Makes a network of one lane ready.
    pub forward: &'a Ready<'a>,
    /// Rows of a block. It must not depend on the machine, or the bits of a prediction would.
    pub block_rows: usize,
    /// Who works on the blocks.
    pub run: &'static dyn Run,
}

impl Means<'_> {
    /// Host memory, one block after the other.
    pub fn host() -> Self {
        Self { forward: &host, block_rows: BLOCK_ROWS, run: &InTurn }
    }
}

/// A network on host memory.
///
/// # Errors
///
/// If the weights do not fit.
pub fn host(config: &NetworkConfig, weights: &Weights) -> Result<Box<dyn Forward>, WeightsError> {
    Ok(Box::new(HostNetwork::new(config, weights)?))
}

impl Forward for HostNetwork {
    fn forward(&self, features: &Features) -> Vec<f32> {
        self.forward_all(features)
    }
}

impl<'a> Predictor<'a> {
    /// Makes the networks of a model ready.
    ///
    /// # Errors
    ///
    /// If weights do not fit their network.
    pub fn new(manifest: &'a Manifest, fitted: &'a Fitted, means: &Means) -> Result<Self, PredictError> {
        let lanes = (0..manifest.lanes.len()).map(|number| lane(manifest, fitted, number, means));
        let lanes: Vec<LanePredictor> = lanes.collect::<Result<_, _>>()?;
        Ok(Predictor {
            manifest,
            nonconformity: fitted.nonconformity.as_ref(),
            smoothing: bag_smoothing(manifest),
            lanes,
            block_rows: means.block_rows,
            run: means.run,
        })
    }
}

fn lane<'a>(
    manifest: &'a Manifest,
    fitted: &'a Fitted,
    number: usize,
    means: &Means,
) -> Result<LanePredictor<'a>, ArtefactError> {
    let damaged = |error| ArtefactError::damaged(std::path::Path::new("weights"), error);
    let lane = &manifest.lanes[number];
    let ready = |network: &'a NetworkConfig, weights, objective, calibrator| {
        let forward = (means.forward)(network, weights).map_err(damaged)?;
        let decoder =
            OutputDecoder { objective, n_outputs: network.n_outputs, scale: lane.target_scale.as_ref() };
        let n_members = network.ensemble.n_members();
        let calibrator = Calibrator { smoothing: 0.0, ..calibrator };
        Ok(NetworkPredictor { forward, n_members, decoder, calibrator })
    };
    let linear = match (&fitted.linear[number], &manifest.linear, &lane.linear) {
        // A model without a share has no say.
        (Some(weights), Some(linear), Some(LinearShare { share, calibrator, preprocessor }))
            if *share > 0.0 =>
        {
            let model = ready(&linear.network, weights, &linear.objective, *calibrator)?;
            Some(LinearPredictor { share: *share, preprocessor: preprocessor.as_ref(), model })
        }
        _ => None,
    };
    let network = ready(&manifest.network, &fitted.networks[number], &manifest.objective, lane.calibrator)?;
    Ok(LanePredictor {
        preprocessor: &lane.preprocessor,
        in_bag: network.calibrator.in_bag(manifest.lanes.len(), manifest.source.n_open),
        network,
        linear,
        smoothing: lane.calibrator.smoothing,
    })
}

/// The smoothing of what all networks say together: one in n + 1, n being the rows on which some network of
/// the bag was judged: each fold's validation rows, no row counted twice. Nothing if any network is without
/// smoothing.
pub fn bag_smoothing(manifest: &Manifest) -> f64 {
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
    /// What all networks say together ([`pooled`](crate::pool::pooled)) of every row of `table`, whose cells
    /// fit the model's schema.
    ///
    /// # Errors
    ///
    /// If a column that the model needs is not there.
    pub fn predictions(&self, table: &Table) -> Result<Predictions, PredictError> {
        let blocks = self.blocks(table, |rows| self.together(table, rows, |_, _| ()))?;
        Ok(Predictions { values: blocks.concat(), n_columns: self.manifest.class_names.len().max(1) })
    }

    /// What `answer` says of each block of rows, in their order, asked on all threads.
    pub(crate) fn blocks<T: Send + Sync>(
        &self,
        table: &Table,
        answer: impl Fn(&[u32]) -> Result<T, PredictError> + Send + Sync,
    ) -> Result<Vec<T>, PredictError> {
        let rows: Vec<u32> = (0..table.n_rows as u32).collect();
        // No row is a block too: the columns are looked at all the same.
        let blocks: Vec<&[u32]> =
            if rows.is_empty() { vec![&rows] } else { rows.chunks(self.block_rows).collect() };
        let slots: Vec<OnceLock<Result<T, PredictError>>> = blocks.iter().map(|_| OnceLock::new()).collect();
        self.run.each(blocks.len(), &|number| {
            let _ = slots[number].set(answer(blocks[number]));
        });
        // In order, so that of several errors the first row's is told.
        slots.into_iter().filter_map(OnceLock::into_inner).collect()
    }

    /// What all networks say together; `also` is told what each lane predicts alone.
    pub(crate) fn together(
        &self,
        table: &Table,
        rows: &[u32],
        mut also: impl FnMut(usize, &[f64]),
    ) -> Result<Vec<f64>, PredictError> {
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
    fn predictions(&self, table: &Table, rows: &[u32]) -> Result<Said, PredictError> {
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
    ) -> Result<Predictions, PredictError> {
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
        let logits = self.forward.forward(features);
        self.decoder.objective.joined(logits, self.decoder.n_outputs, self.n_members)
    }
}
