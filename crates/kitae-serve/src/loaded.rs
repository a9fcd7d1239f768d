//! A model folder as it was read once.

use std::path::Path;
use std::sync::Mutex;

use kitae_answer::Ready;
use kitae_infer::{ArtefactError, Model};

use crate::window::Window;

/// A model folder as it was read once.
pub(crate) struct Loaded {
    pub(crate) ready: Ready,
    /// The rows that came last.
    pub(crate) window: Mutex<Window>,
    /// The digests of the folder, which tell it from another one.
    pub(crate) sums: Vec<u8>,
}

/// Why a folder cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    #[error(transparent)]
    Model(#[from] kitae_answer::Fault),
}

impl Loaded {
    /// Reads a model folder whose digests are `sums`.
    pub(crate) fn load(folder: &Path, sums: Vec<u8>) -> Result<Self, LoadError> {
        let ready = Ready::new(Model::load(folder)?)?;
        let window = Mutex::new(Window::new(&ready.model().manifest.profile));
        Ok(Self { ready, window, sums })
    }
}
