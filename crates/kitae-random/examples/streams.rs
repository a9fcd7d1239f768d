//! Random streams have names: the same name gives the same numbers, whatever was drawn before.
//! `cargo run --example streams`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use kitae_random::{Purpose, Stream};

/// The order in which a network is fed with five rows in an epoch.
fn row_order(network: u64, epoch: u64) -> Vec<u32> {
    Stream::new(42, Purpose::RowOrder, [network, epoch, 0]).permutation(5)
}

fn main() {
    let names: Vec<(u64, u64)> =
        (0..2).flat_map(|network| (0..3).map(move |epoch| (network, epoch))).collect();
    let forwards: Vec<Vec<u32>> = names.iter().map(|(network, epoch)| row_order(*network, *epoch)).collect();
    for ((network, epoch), order) in names.iter().zip(&forwards) {
        println!("network {network}, epoch {epoch}: rows {order:?}");
    }

    // The last name first, as if the networks took turns in another way or the run had been resumed.
    let mut backwards: Vec<Vec<u32>> =
        names.iter().rev().map(|(network, epoch)| row_order(*network, *epoch)).collect();
    backwards.reverse();
    assert_eq!(forwards, backwards, "a stream depends on its name alone");

    // Another purpose, seed or position is another stream.
    let mut weights = Stream::new(42, Purpose::Weights, [0, 0, 0]);
    let mut other_seed = Stream::new(43, Purpose::Weights, [0, 0, 0]);
    let (first, other) = (weights.normal(), other_seed.normal());
    println!("the first weight with seed 42: {first:.4}, with seed 43: {other:.4}");
    assert_ne!(first, other, "streams with different names are unrelated");
}
