//! The device that is used where none was named.

use burn::tensor::Device;

use crate::error::Error;

/// The processor.
#[cfg(feature = "flex")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature there is none")]
pub(crate) fn default_device() -> Result<Device, Error> {
    Ok(Device::flex())
}

#[cfg(not(feature = "flex"))]
pub(crate) fn default_device() -> Result<Device, Error> {
    Err(Error::Invalid("name a device, or build kitae with its feature `flex`".to_owned()))
}
