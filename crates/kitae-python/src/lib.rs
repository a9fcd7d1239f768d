//! Kitae in Python: the extension module `kitae._kitae`, on which the Python of this crate stands.
#![expect(clippy::needless_pass_by_value, reason = "Python hands over values")]

mod arguments;
mod arrow;
mod columns;
mod error;
mod model;
mod script;
mod stream;
mod training;

/// Everything that is done outside Python.
#[pyo3::pymodule(gil_used = false)]
mod _kitae {
    #[pymodule_export]
    use crate::arguments::{arguments, in_arguments};
    #[pymodule_export]
    use crate::columns::Columns;
    #[pymodule_export]
    use crate::model::{Model, export_onnx};
    #[pymodule_export]
    use crate::script::main;
    #[pymodule_export]
    use crate::training::train;
}
