//! Which device does the work. The only file that names backends.

use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;
use std::time::Duration;

use burn::tensor::Device;
use kitae_train::engine::RunContext;
use kitae_train::{Engine, Packing};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::Error;

/// What computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// The processor, by Burn's own backend.
    Flex,
    /// The processor, by the `ndarray` crate.
    Ndarray,
    /// A graphics processor, through Vulkan, Metal or DirectX 12.
    Wgpu,
    /// A graphics processor of NVIDIA, through CUDA.
    Cuda,
}

impl Backend {
    /// Those that were compiled in, the preferred one first.
    pub const COMPILED: &[Self] = &[
        #[cfg(feature = "flex")]
        Self::Flex,
        #[cfg(feature = "ndarray")]
        Self::Ndarray,
        #[cfg(feature = "wgpu")]
        Self::Wgpu,
        #[cfg(feature = "cuda")]
        Self::Cuda,
    ];

    /// Its name, which is that of the feature that compiles it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::Ndarray => "ndarray",
            Self::Wgpu => "wgpu",
            Self::Cuda => "cuda",
        }
    }

    fn device(self) -> Result<Device, Error> {
        match self {
            #[cfg(feature = "flex")]
            Self::Flex => Ok(Device::flex()),
            #[cfg(feature = "ndarray")]
            Self::Ndarray => Ok(ndarray()),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => wgpu(),
            #[cfg(feature = "cuda")]
            Self::Cuda => cuda(),
            #[cfg(not(all(feature = "flex", feature = "ndarray", feature = "wgpu", feature = "cuda")))]
            _ => Err(Error::NotCompiled { backend: self.name() }),
        }
    }
}

/// A device and how to use it.
#[derive(Clone, Debug)]
pub struct Machine {
    /// What trains and predicts, and on which device.
    pub engine: Engine,
    /// The name of its backend.
    pub name: &'static str,
    /// Threads for reading files and for work on the processor.
    pub n_threads: usize,
}

impl Machine {
    /// The first backend that was compiled in, with a thread for each core.
    ///
    /// # Errors
    ///
    /// If none was compiled in, or there is no such device.
    pub fn whole() -> Result<Self, Error> {
        Self::open(None, available_parallelism().map_or(1, Into::into))
    }

    /// Opens a device; without a backend the first that was compiled in.
    ///
    /// # Errors
    ///
    /// If the backend was not compiled in, or there is no such device.
    pub fn open(backend: Option<Backend>, n_threads: usize) -> Result<Self, Error> {
        let backend = backend.or(Backend::COMPILED.first().copied());
        let backend = backend.ok_or(Error::NotCompiled { backend: "flex" })?;
        let device = backend.device()?;
        let engine = match backend {
            Backend::Ndarray => Engine::tensors(device, Packing::Cache),
            Backend::Flex | Backend::Wgpu | Backend::Cuda => Engine::of(device),
        };
        Ok(Self { engine, name: backend.name(), n_threads })
    }

    /// Where networks are trained, without a clock, an interruption, checkpoints and looks inside.
    pub fn plain(&self) -> RunContext<'static> {
        RunContext { n_threads: self.n_threads, ..RunContext::new(self.engine.clone()) }
    }

    /// Where networks are trained, without checkpoints and without looks inside.
    pub fn context<'a>(
        &self,
        clock: &'a (dyn Fn() -> Duration + Sync),
        interrupt: &'a AtomicBool,
    ) -> RunContext<'a> {
        RunContext { clock, interrupt, ..self.plain() }
    }
}

/// Threads for all that is computed on the processor.
///
/// # Errors
///
/// If the system has none left.
pub fn threads(n_threads: usize) -> Result<ThreadPool, Error> {
    let pool = ThreadPoolBuilder::new().num_threads(n_threads).build();
    pool.map_err(|error| Error::Invalid(format!("cannot start {n_threads} threads: {error}")))
}

#[cfg(feature = "ndarray")]
#[expect(deprecated, reason = "it stays a device of kitae as long as Burn ships it")]
fn ndarray() -> Device {
    Device::ndarray()
}

#[cfg(feature = "wgpu")]
fn wgpu() -> Result<Device, Error> {
    use burn::tensor::{DeviceKind, DeviceType};

    let driver = "a driver for Vulkan, Metal or DirectX 12 (Mesa has one in software)";
    graphics(DeviceType::Wgpu, driver, || Device::wgpu(DeviceKind::DefaultDevice))
}

#[cfg(feature = "cuda")]
fn cuda() -> Result<Device, Error> {
    use burn::tensor::{DeviceIndex, DeviceType};

    let driver = "NVIDIA's driver and the CUDA toolkit";
    graphics(DeviceType::Cuda, driver, || Device::cuda(DeviceIndex::Default))
}

/// A graphics processor, if there is one. The device itself starts with its first tensor, where a missing
/// driver could only panic.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn graphics(
    kind: burn::tensor::DeviceType,
    driver: &str,
    open: impl FnOnce() -> Device,
) -> Result<Device, Error> {
    if Device::enumerate(kind).is_empty() {
        let advice = format!("install {driver}, or use another device");
        return Err(Error::Invalid(format!("no graphics processor was found: {advice}")));
    }
    Ok(open())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_that_is_not_compiled_in_is_refused_with_its_feature() {
        for backend in [Backend::Flex, Backend::Ndarray, Backend::Wgpu, Backend::Cuda] {
            if !Backend::COMPILED.contains(&backend) {
                let message = Machine::open(Some(backend), 3).expect_err("it is not there").to_string();
                assert!(message.contains(&format!("without the device `{}`", backend.name())), "{message}");
            }
        }
    }

    #[cfg(feature = "flex")]
    #[test]
    fn the_processor_takes_all_threads_it_is_given() {
        let machine = Machine::open(None, 3).expect("it is there");
        assert_eq!((machine.name, machine.n_threads), ("flex", 3));
    }
}
