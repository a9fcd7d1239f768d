//! Flags of commands for what leaves a model folder.

use std::path::PathBuf;

use clap::Args;
use kitae_eval::Level;

/// Export a model: as one ONNX file, as weights with a description, as a folder to share, as a page.
///
/// The ONNX file is the whole model in one graph of standard operators (opset 20 of ai.onnx, 3 of
/// ai.onnx.ml): preprocessing, all networks, the linear models, pooling. It has one input per column
/// under the column's name, of shape [rows, 1]: doubles for numbers (NaN where missing), texts for
/// categories and dates; a category whose levels are all numbers is fed with numbers. Outputs are
/// `prediction`, for classes also `probabilities`. Before the file is written its answers are compared
/// with kitae's on rows made for that, some with missing cells, unseen levels and extreme values; if any
/// differs by more than 1e-5 no file is written.
///
/// What a graph cannot do: refuse rows (infinite numbers are no error), trim texts, read dates with
/// names of months, offsets or am/pm.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kitae export models/houses --onnx houses.onnx
  kitae export models/houses --onnx houses.onnx --interval 0.9
  kitae export models/houses --safetensors houses-weights
  kitae export models/houses --share houses-to-share
  kitae export models/houses --web houses-page")]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["onnx", "safetensors", "share", "web"]))]
pub(crate) struct ExportArgs {
    /// Model folder.
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,
    /// ONNX file to write; one that exists is replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) onnx: Option<PathBuf>,
    /// Add the outputs `prediction_low` and `prediction_high`, or `prediction_set` (a truth value per
    /// class), as `kitae predict --interval` does.
    #[arg(long, value_name = "LEVEL", allow_negative_numbers = true, requires = "onnx")]
    pub(crate) interval: Option<Level>,
    /// New folder for the weights, a description of the networks, and a Python file that rebuilds them in
    /// PyTorch or numpy.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) safetensors: Option<PathBuf>,
    /// New folder with what predicts and a model card, without any training row.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) share: Option<PathBuf>,
    /// New folder with one page, `index.html`, that answers in a browser: a form of the columns, and whole
    /// CSV files. The model is inside it, and nothing is sent anywhere.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) web: Option<PathBuf>,
}

/// Verify a model folder: digests of its files, format, provenance.
///
/// Every file that the training wrote is compared with its SHA-256 in `SHA256SUMS`. What grows later
/// (looks at test rows, pages, a diagnosis) lies apart and is listed as such.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  kitae verify models/houses")]
pub(crate) struct VerifyArgs {
    /// Model folder.
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,
    /// Write one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Write the card of a model in Markdown, with the metadata block that Hugging Face reads.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kitae card models/houses
  kitae card models/houses --out README.md")]
pub(crate) struct CardArgs {
    /// Model folder.
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,
    /// File for the card; one that exists is replaced. Without it, or for `-`, it goes to the standard
    /// output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
