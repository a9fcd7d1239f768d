//! Which device does the work.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use kitae::Backend;
pub(crate) use kitae::Machine;

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

impl DeviceArgs {
    pub(crate) fn n_threads(&self) -> usize {
        let all = || std::thread::available_parallelism().ok();
        self.threads.or_else(all).map_or(1, NonZeroUsize::get)
    }

    /// Opens the device.
    pub(crate) fn open(&self) -> Result<Machine, Failure> {
        Machine::open(self.device.backend(), self.n_threads()).map_err(|error| match error {
            kitae::Error::NotCompiled { backend } => Failure::new(format!(
                "{error}. Build it with `cargo build --release --package kitae-cli --features {backend}`"
            )),
            error => error.into(),
        })
    }
}

impl DeviceName {
    fn backend(self) -> Option<Backend> {
        match self {
            Self::Auto => None,
            Self::Flex => Some(Backend::Flex),
            Self::Ndarray => Some(Backend::Ndarray),
            Self::Wgpu => Some(Backend::Wgpu),
            Self::Cuda => Some(Backend::Cuda),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_not_compiled_in_is_refused_with_how_to_build_it() {
        for device in [DeviceName::Flex, DeviceName::Ndarray, DeviceName::Wgpu, DeviceName::Cuda] {
            let backend = device.backend().expect("named");
            if Backend::COMPILED.contains(&backend) {
                continue;
            }
            let opened = DeviceArgs { device, threads: NonZeroUsize::new(3) }.open();
            let Err(Failure::Failed(message)) = opened else { panic!("{device:?} was opened") };
            assert!(message.ends_with(&format!("--features {}`", backend.name())), "{message}");
        }
    }
}
