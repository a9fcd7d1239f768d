//! Which device does the work. The only file that names backends.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use burn::tensor::Device;
use clap::{Args, ValueEnum};
use kitae_train::engine::RunContext;
use kitae_train::pack::Packing;

use crate::failure::Failure;

/// Where the work is done.
#[derive(Debug, Args)]
#[command(next_help_heading = "Device")]
pub(crate) struct DeviceArgs {
    /// Backend. `auto` is the first of the others that is compiled in.
    #[arg(long, value_enum, default_value_t = DeviceName::Auto)]
    device: DeviceName,
    /// Threads to use. [default: all]
    #[arg(long, value_name = "NUMBER", value_parser = some)]
    threads: Option<NonZeroUsize>,
}

/// Parses a count that is not nought.
pub(crate) fn some(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a whole number, 1 or more".to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DeviceName {
    /// The first that is compiled in.
    Auto,
    /// The processor, by Burn's own backend.
    Flex,
    /// The processor, by the `ndarray` crate.
    Ndarray,
    /// A graphics processor, through Vulkan, Metal or DirectX 12.
    Wgpu,
    /// A graphics processor of NVIDIA, through CUDA.
    Cuda,
}

/// A device and how to use it.
pub(crate) struct Machine {
    pub(crate) device: Device,
    pub(crate) name: &'static str,
    /// Threads for reading files and for work on the processor.
    pub(crate) n_threads: usize,
    /// Networks that may be trained at the same time.
    pub(crate) n_training_threads: usize,
    pub(crate) packing: Packing,
}

impl Machine {
    /// Where networks are trained, without checkpoints and without looks inside.
    pub(crate) fn context<'a>(
        &self,
        clock: &'a (dyn Fn() -> Duration + Sync),
        interrupt: &'a AtomicBool,
    ) -> RunContext<'a> {
        RunContext {
            n_threads: self.n_training_threads,
            packing: self.packing,
            clock,
            interrupt,
            ..RunContext::new(self.device.clone())
        }
    }
}

/// The devices of this binary, in the order in which `auto` chooses.
const COMPILED: &[DeviceName] = &[
    #[cfg(feature = "flex")]
    DeviceName::Flex,
    #[cfg(feature = "ndarray")]
    DeviceName::Ndarray,
    #[cfg(feature = "wgpu")]
    DeviceName::Wgpu,
    #[cfg(feature = "cuda")]
    DeviceName::Cuda,
];

impl DeviceArgs {
    pub(crate) fn n_threads(&self) -> usize {
        let all = || std::thread::available_parallelism().ok();
        self.threads.or_else(all).map_or(1, NonZeroUsize::get)
    }

    /// Opens the device.
    pub(crate) fn open(&self) -> Result<Machine, Failure> {
        let name = match self.device {
            DeviceName::Auto => *COMPILED.first().ok_or_else(|| not_compiled(self.device))?,
            name => name,
        };
        let device = device(name)?;
        let n_threads = self.n_threads();
        let (n_training_threads, packing) = match name {
            // A GPU is filled by one large programme; threads beside each other would only wait.
            DeviceName::Wgpu | DeviceName::Cuda => (1, Packing::Whole),
            DeviceName::Flex => (n_threads, Packing::Fused),
            _ => (n_threads, Packing::Cache),
        };
        Ok(Machine { device, name: name.text(), n_threads, n_training_threads, packing })
    }
}

fn device(name: DeviceName) -> Result<Device, Failure> {
    match name {
        #[cfg(feature = "flex")]
        DeviceName::Flex => Ok(Device::flex()),
        #[cfg(feature = "ndarray")]
        DeviceName::Ndarray => Ok(ndarray()),
        #[cfg(feature = "wgpu")]
        DeviceName::Wgpu => wgpu(),
        #[cfg(feature = "cuda")]
        DeviceName::Cuda => cuda(),
        _ => Err(not_compiled(name)),
    }
}

#[cfg(feature = "ndarray")]
#[expect(deprecated, reason = "it stays a device of kitae as long as Burn ships it")]
fn ndarray() -> Device {
    Device::ndarray()
}

#[cfg(feature = "wgpu")]
fn wgpu() -> Result<Device, Failure> {
    use burn::tensor::{DeviceKind, DeviceType};

    let driver = "a driver for Vulkan, Metal or DirectX 12 (Mesa has one in software)";
    graphics(DeviceType::Wgpu, driver, || Device::wgpu(DeviceKind::DefaultDevice))
}

#[cfg(feature = "cuda")]
fn cuda() -> Result<Device, Failure> {
    use burn::tensor::{DeviceIndex, DeviceType};

    let driver = "NVIDIA's driver and the CUDA toolkit";
    graphics(DeviceType::Cuda, driver, || Device::cuda(DeviceIndex::Default))
}

/// A graphics processor, if there is one. The device itself starts with its first tensor, where a missing driver could
/// only panic.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn graphics(
    kind: burn::tensor::DeviceType,
    driver: &str,
    open: impl FnOnce() -> Device,
) -> Result<Device, Failure> {
    if Device::enumerate(kind).is_empty() {
        let advice = format!("install {driver}, or use another --device");
        return Err(Failure::new(format!("no graphics processor was found: {advice}")));
    }
    Ok(open())
}

impl DeviceName {
    fn text(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Flex => "flex",
            Self::Ndarray => "ndarray",
            Self::Wgpu => "wgpu",
            Self::Cuda => "cuda",
        }
    }
}

fn not_compiled(name: DeviceName) -> Failure {
    let compiled: Vec<&str> = COMPILED.iter().map(|name| name.text()).collect();
    let has = if compiled.is_empty() { "none".to_owned() } else { compiled.join(", ") };
    let feature = if name == DeviceName::Auto { "flex" } else { name.text() };
    Failure::new(format!(
        "this kitae was built without the device `{}`; it has: {has}. Build it with `cargo build --release \
         --package kitae-cli --features {feature}`",
        name.text()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(device: DeviceName) -> Result<Machine, Failure> {
        DeviceArgs { device, threads: NonZeroUsize::new(3) }.open()
    }

    #[test]
    fn a_device_that_is_not_compiled_in_is_refused_with_those_that_are() {
        for name in [DeviceName::Flex, DeviceName::Ndarray, DeviceName::Wgpu, DeviceName::Cuda] {
            if COMPILED.contains(&name) {
                continue;
            }
            let Err(Failure::Failed(message)) = open(name) else { panic!("{name:?} was opened") };
            assert!(message.contains(&format!("without the device `{}`", name.text())), "{message}");
        }
    }

    #[cfg(feature = "flex")]
    #[test]
    fn the_processor_takes_all_threads_it_is_given() {
        let machine = open(DeviceName::Auto).ok().unwrap();
        assert_eq!((machine.name, machine.n_training_threads), ("flex", 3));
        assert_eq!(machine.packing, Packing::Fused);
    }
}
