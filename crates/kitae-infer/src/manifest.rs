//! What `model.json` says of a model that predicts.

use kitae_data::preprocess::{Layout, Preprocessor, TargetScale};
use kitae_data::profile::Profile;
use kitae_data::read::ReadOptions;
use kitae_data::schema::{ColumnSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::calibration::Calibrator;
use crate::config::NetworkConfig;
use crate::lane::Lane;
use crate::objective::Objective;

/// The format that this version writes and reads.
pub const FORMAT: u32 = 2;

/// Everything that predicting needs but the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of kitae that wrote the folder; it stands beside the format.
    #[serde(skip)]
    pub kitae: String,
    /// How the file was read, and so how others are to be read.
    pub reading: ReadOptions,
    /// What the columns are.
    pub schema: Schema,
    /// The column that is predicted.
    pub target: String,
    /// Names of the classes in the order of the probabilities; empty for a regression.
    pub class_names: Vec<String>,
    /// How columns become features.
    pub layout: Layout,
    /// The shape of the networks.
    pub network: NetworkConfig,
    /// What their outputs mean.
    pub objective: Objective,
    /// The networks; they predict together ([`pooled`](crate::pool::pooled)).
    pub lanes: Vec<LaneManifest>,
    /// How the linear models predict, if any has a share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linear: Option<LinearManifest>,
    /// What the open rows held, which new rows are compared with.
    pub profile: Profile,
    /// What the model was trained on.
    pub source: Source,
}

impl Manifest {
    /// Of two classes the one that f1 and the like are about: the second.
    pub fn positive(&self) -> Option<&str> {
        positive(&self.class_names)
    }

    /// The columns that the model is fed with.
    pub fn fed_schema(&self) -> Schema {
        let unused = self.unused_columns();
        let is_fed = |column: &&ColumnSchema| !unused.contains(&column.name);
        Schema { columns: self.schema.columns.iter().filter(is_fed).cloned().collect() }
    }

    /// The columns of the schema that the model is not fed with, the target among them.
    pub fn unused_columns(&self) -> Vec<String> {
        let is_input = |name: &str| self.layout.inputs.iter().any(|input| input.column == name);
        let names = self.schema.columns.iter().map(|column| column.name.clone());
        names.filter(|name| !is_input(name)).collect()
    }
}

/// Of two classes the positive one, which is the second.
pub fn positive(class_names: &[String]) -> Option<&str> {
    match class_names {
        [_, positive] => Some(positive),
        _ => None,
    }
}

/// The shape of the linear models of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearManifest {
    /// A network without hidden layers.
    pub network: NetworkConfig,
    /// What its outputs mean.
    pub objective: Objective,
}

/// The linear model that is blended with a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearShare {
    /// Its share in the predictions, above 0 and at most 1; the network has the rest.
    pub share: f64,
    /// How its probabilities are calibrated; not at all in a regression.
    pub calibrator: Calibrator,
    /// What its rows go through, fitted on the same training rows, if that is not what the network's go
    /// through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preprocessor: Option<Preprocessor>,
}

/// One network of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneManifest {
    /// Which fold it belongs to.
    pub place: LanePlace,
    /// Fitted on its training rows.
    pub preprocessor: Preprocessor,
    /// Fitted on its training rows; none for classes and counts.
    pub target_scale: Option<TargetScale>,
    /// How its probabilities are calibrated; not at all in a regression.
    #[serde(default)]
    pub calibrator: Calibrator,
    /// The linear model that is blended with it, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linear: Option<LinearShare>,
}

/// Where a lane stands in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanePlace {
    /// Which repeat.
    pub repeat: usize,
    /// Which fold scores.
    pub fold: usize,
    /// Which network of the fold.
    pub member: usize,
}

impl LanePlace {
    /// The lane's identity, from which all its randomness comes.
    pub fn lane(self, seed: u64) -> Lane {
        let index = ((self.repeat as u64) << 32) | ((self.fold as u64) << 16) | self.member as u64;
        Lane { seed, index }
    }
}

/// What a model was trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The file as it was named.
    pub path: String,
    /// All rows of the file.
    pub n_rows: usize,
    /// Rows that trained, chose epochs or scored.
    pub n_open: usize,
    /// Rows sealed as test rows.
    pub n_sealed: usize,
    /// A hash of the contents of all rows, whatever their order.
    pub fingerprint: u64,
    /// A hash of the order of the rows in the file, which the row numbers of the predictions for held-out
    /// rows go by.
    pub order: u64,
}
