//! The weights that a lane begins with.

use burn::tensor::Device;
use kitae_model::{Initialiser, Lane, Network, NetworkConfig};
use kitae_random::{Purpose, Stream};

use crate::engine::evaluate::rows_at_once;
use crate::engine::feed::Rows;
use crate::prepare::LaneData;

/// The most rows that the data-driven initialisation looks at.
const INITIAL_ROWS: usize = 4_096;

/// Initial weights, and bins among each lane's training rows; the former fitted to a sample of these where
/// the recipe says so.
pub(crate) fn initial_network(config: &NetworkConfig, data: &[&LaneData], device: &Device) -> Network {
    let lanes: Vec<Lane> = data.iter().map(|lane| lane.lane).collect();
    let numbers: Vec<&[f32]> = data.iter().map(|lane| &*lane.fold.train.features.numbers).collect();
    let network = Network::init(config, &lanes, &device.clone().autodiff()).fit_bins(&numbers);
    if config.initialiser != Initialiser::DataDriven {
        return network;
    }
    let rows = Rows::upload(data, |lane| &lane.fold.train, device);
    let most = rows_at_once(config, INITIAL_ROWS);
    let picks: Vec<Vec<u32>> =
        lanes.iter().zip(&rows.counts).map(|(lane, n)| sample(*lane, *n, most)).collect();
    let picks: Vec<&[u32]> = picks.iter().map(Vec::as_slice).collect();
    network.fit_to_data(rows.select(&picks).inputs, &lanes)
}

/// Random rows for the data-driven initialisation.
fn sample(lane: Lane, n_rows: usize, most: usize) -> Vec<u32> {
    let mut order = Stream::new(lane.seed, Purpose::Sample, [lane.index, 0, 0]).permutation(n_rows);
    order.truncate(most);
    order
}
