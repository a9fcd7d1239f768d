//! Errors of kitae as exceptions of Python.

use std::io;

use kitae::Error;
use kitae::data::error::DataError;
use kitae::training::{ArtefactError, TrainError};
use kitae_cli::request::in_arguments;
use kitae_export::ExportError;
use pyo3::PyErr;
use pyo3::exceptions::{
    PyFileExistsError, PyFileNotFoundError, PyKeyboardInterrupt, PyOSError, PyValueError,
};

/// The exception for an error, in the words of arguments.
pub(crate) fn raised(error: impl Into<Error>) -> PyErr {
    let error = error.into();
    let text = in_arguments(&error.to_string());
    match &error {
        Error::Artefact(
            ArtefactError::NoFolder { .. } | ArtefactError::Missing { .. } | ArtefactError::NotAModel { .. },
        ) => PyFileNotFoundError::new_err(text),
        Error::Artefact(ArtefactError::Exists { .. }) => PyFileExistsError::new_err(text),
        Error::Data(DataError::Io { source, .. })
        | Error::Artefact(ArtefactError::Io { source, .. })
        | Error::Write(source) => of_system(source, text),
        Error::Train(TrainError::Interrupted { .. }) => PyKeyboardInterrupt::new_err(text),
        _ => PyValueError::new_err(text),
    }
}

/// The exception for what stopped an export.
pub(crate) fn not_exported(error: ExportError) -> PyErr {
    match error {
        ExportError::Artefact(error) => raised(error),
        error => PyValueError::new_err(in_arguments(&error.to_string())),
    }
}

fn of_system(error: &io::Error, text: String) -> PyErr {
    if error.kind() == io::ErrorKind::NotFound {
        PyFileNotFoundError::new_err(text)
    } else {
        PyOSError::new_err(text)
    }
}
