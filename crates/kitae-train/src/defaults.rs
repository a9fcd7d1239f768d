//! Defaults of keys, as serde calls for them.

pub(crate) fn whole<const N: usize>() -> usize {
    N
}

pub(crate) fn thousandths<const N: u16>() -> f64 {
    f64::from(N) / 1000.0
}
