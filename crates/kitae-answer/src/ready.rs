//! A model that is ready to answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use kitae_data::read::KnownColumns;
use kitae_data::schema::{ColumnSchema, Schema};
use kitae_eval::Level;
use kitae_infer::regions::{RegionPredictor, Regions};
use kitae_infer::{Model, PredictError, Predictions, Predictor};
use self_cell::self_cell;

use crate::fault::Fault;

self_cell!(
    /// A model, and what predicts with it.
    struct Predicting {
        owner: Model,
        #[covariant]
        dependent: Predictor,
    }
);

self_cell!(
    /// What predicts, and what makes regions of one level with it.
    struct Bounding {
        owner: Arc<Predicting>,
        #[covariant]
        dependent: RegionPredictor,
    }
);

/// Levels whose regions are kept ready; another one more makes room by leaving out all.
const MOST_LEVELS: usize = 16;

/// A model with all that answering takes.
pub struct Ready {
    predicting: Arc<Predicting>,
    /// Regions by the bits of their level.
    regions: Mutex<HashMap<u64, Arc<Bounding>>>,
    /// The columns that the model is fed with.
    pub fed: Schema,
    /// The place among them of each column of the model's schema.
    pub(crate) fed_places: Vec<Option<usize>>,
    /// Reads their cells.
    pub(crate) known: KnownColumns,
}

impl Ready {
    /// Makes a model ready on host memory.
    ///
    /// # Errors
    ///
    /// If its weights do not fit, or its schema names a form of times that is not known.
    pub fn new(model: Model) -> Result<Self, Fault> {
        let fed = model.manifest.fed_schema();
        let known = KnownColumns::new(&fed, &model.manifest.reading)?;
        let place = |column: &ColumnSchema| fed.columns.iter().position(|fed| fed.name == column.name);
        let fed_places = model.manifest.schema.columns.iter().map(place).collect();
        let predicting = Arc::new(Predicting::try_new(model, Model::predictor)?);
        Ok(Self { predicting, regions: Mutex::default(), fed, fed_places, known })
    }

    /// What was loaded.
    pub fn model(&self) -> &Model {
        self.predicting.borrow_owner()
    }

    /// Whether the model can say intervals or sets.
    pub fn has_regions(&self) -> bool {
        self.model().fitted.nonconformity.is_some()
    }

    /// The predictions for a table that fits the columns the model is fed with.
    pub(crate) fn predictions(
        &self,
        table: &kitae_data::table::Table,
        level: Option<Level>,
    ) -> Result<(Predictions, Option<Regions>), PredictError> {
        let Some(level) = level else {
            return Ok((self.predicting.borrow_dependent().predictions(table)?, None));
        };
        let (predictions, regions) = self.bounding(level)?.borrow_dependent().predictions(table)?;
        Ok((predictions, Some(regions)))
    }

    fn bounding(&self, level: Level) -> Result<Arc<Bounding>, PredictError> {
        let key = level.value().to_bits();
        let known = || self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bounding) = known().get(&key) {
            return Ok(bounding.clone());
        }
        let predicting = self.predicting.clone();
        let bounding =
            Bounding::try_new(predicting, |predicting| predicting.borrow_dependent().regions(level))?;
        let bounding = Arc::new(bounding);
        let mut known = known();
        if known.len() >= MOST_LEVELS {
            known.clear();
        }
        known.insert(key, bounding.clone());
        Ok(bounding)
    }
}
