//! Who a lane is.

/// The identity of one of the networks that are trained side by side.
///
/// All randomness of a lane is drawn from streams that are named by these two numbers, never by the
/// lane's position in the pack, so a lane comes out the same whatever it is packed with.
///
/// ```
/// # mod small { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/small.in")); }
/// use burn::tensor::Device;
/// use kitae_model::Lane;
///
/// let lanes = [Lane { seed: 1, index: 0 }, Lane { seed: 1, index: 1 }, Lane { seed: 1, index: 0 }];
/// let weights = small::config().init(&lanes, &Device::flex()).weights();
/// assert_ne!(weights[0], weights[1]);
/// assert_eq!(weights[0], weights[2]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lane {
    /// The seed of the run.
    pub seed: u64,
    /// Which lane of the run this is.
    pub index: u64,
}
