//! Who a lane is.

/// The identity of one of the networks that are trained side by side.
///
/// All randomness of a lane is drawn from streams that are named by these two numbers, never by the
/// lane's position in the pack, so a lane comes out the same whatever it is packed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lane {
    /// The seed of the run.
    pub seed: u64,
    /// Which lane of the run this is.
    pub index: u64,
}
