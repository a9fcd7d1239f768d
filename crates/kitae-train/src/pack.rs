//! Which lanes are trained together in one tensor programme, and how many programmes run at once.
//!
//! ```
//! use kitae_train::pack::{PackShape, Packing, arrange};
//!
//! let shape = PackShape { batch_rows: 32, widest: 64, n_threads: 2, packing: Packing::Cache };
//! // Five small networks on two threads.
//! assert_eq!(arrange(&[0; 5], &shape), [vec![0, 1, 2], vec![3, 4]]);
//! ```

/// What decides how lanes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackShape {
    /// Rows in a batch, once for each member of an ensemble.
    pub batch_rows: usize,
    /// The widest layer, inputs included.
    pub widest: usize,
    /// Threads that may train at once; 1 where a device does its own threading (a GPU).
    pub n_threads: usize,
    /// How lanes are packed.
    pub packing: Packing,
}

/// How many lanes a pack holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// The engine decides from the shape: on a CPU as many lanes as keep one layer's activations in
    /// the second-level cache.
    Cache,
    /// All lanes in one pack: fills a GPU.
    Whole,
    /// Exactly this many lanes, for tests and measurements.
    Lanes(usize),
}

/// Floats of one layer's activations over all lanes of a pack up to which a pack beats a loop:
/// measured on a core with 1 MiB of second-level cache, where packs won clearly at 131,072 floats,
/// tied at 164,000 and lost at 262,000.
const CACHE_FLOATS: usize = 131_072;

/// Cuts lanes into packs. `groups[i]` is the group of lane i: only lanes of one group, which take
/// steps in step, can share a pack. Every lane is in exactly one pack.
pub fn arrange(groups: &[usize], shape: &PackShape) -> Vec<Vec<usize>> {
    let mut distinct: Vec<usize> = groups.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let size = lanes_per_pack(groups.len(), shape);
    let lanes_of = |group| (0..groups.len()).filter(move |lane| groups[*lane] == group);
    distinct
        .into_iter()
        .flat_map(|group| {
            let lanes: Vec<usize> = lanes_of(group).collect();
            lanes.chunks(size).map(<[usize]>::to_vec).collect::<Vec<_>>()
        })
        .collect()
}

/// All threads are given work before a pack is given a second lane.
fn lanes_per_pack(n_lanes: usize, shape: &PackShape) -> usize {
    let size = match shape.packing {
        Packing::Whole => n_lanes,
        Packing::Lanes(size) => size,
        Packing::Cache => {
            let fits = CACHE_FLOATS / (shape.batch_rows * shape.widest).max(1);
            fits.min(n_lanes.div_ceil(shape.n_threads.max(1)))
        }
    };
    size.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(batch_rows: usize, widest: usize, packing: Packing) -> PackShape {
        PackShape { batch_rows, widest, n_threads: 2, packing }
    }

    #[test]
    fn small_networks_share_packs_and_large_ones_stand_alone() {
        assert_eq!(arrange(&[0; 5], &shape(32, 64, Packing::Cache)), [vec![0, 1, 2], vec![3, 4]]);
        assert_eq!(arrange(&[0; 5], &shape(256, 512, Packing::Cache)).len(), 5);
        assert_eq!(arrange(&[0; 5], &shape(256, 512, Packing::Whole)), [vec![0, 1, 2, 3, 4]]);
    }

    #[test]
    fn every_lane_is_in_one_pack_of_its_own_group() {
        for (n_lanes, size) in (1..9).flat_map(|n| (0..9).map(move |size| (n, size))) {
            let groups: Vec<usize> = (0..n_lanes).map(|lane| lane % 3).collect();
            let packs = arrange(&groups, &shape(32, 64, Packing::Lanes(size)));
            let mut seen: Vec<usize> = packs.concat();
            seen.sort_unstable();
            assert_eq!(seen, (0..n_lanes).collect::<Vec<_>>());
            assert!(packs.iter().all(|pack| pack.len() <= size.max(1)));
            assert!(packs.iter().all(|pack| pack.iter().all(|lane| lane % 3 == pack[0] % 3)));
        }
    }
}
