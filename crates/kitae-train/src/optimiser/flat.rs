//! Parameters end to end, so that what is done number by number is one operation for all of them: on a
//! graphics processor a small operation costs its launch, whatever its size.

use burn::tensor::{Device, Int, Tensor, TensorData};
use kitae_model::Role;

/// How some parameters lie in a tensor that holds the numbers of all: one after the other, of each lane after
/// lane.
#[derive(Clone, Debug)]
pub(super) struct Flat {
    n_lanes: usize,
    /// In the order in which they lie.
    places: Vec<Span>,
    /// For each number the position of its factor in [`Flat::scale`]; none before one is needed.
    owners: Option<Tensor<1, Int>>,
}

/// Where one parameter lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Its position among all parameters.
    pub(super) position: usize,
    pub(super) role: Role,
    /// Of one lane.
    pub(super) shape: [usize; 2],
}

impl Span {
    /// Numbers of one lane.
    pub(super) fn size(&self) -> usize {
        self.shape[0] * self.shape[1]
    }
}

impl Flat {
    pub(super) fn new(n_lanes: usize, places: Vec<Span>) -> Self {
        Self { n_lanes, places, owners: None }
    }

    pub(super) fn places(&self) -> &[Span] {
        &self.places
    }

    pub(super) fn n_lanes(&self) -> usize {
        self.n_lanes
    }

    /// `[n_lanes, a, b]`
    pub(super) fn dims(&self, place: &Span) -> [usize; 3] {
        [self.n_lanes, place.shape[0], place.shape[1]]
    }

    /// What lies at the places: those of all `tensors` (`[n_lanes, a, b]`) that belong there.
    pub(super) fn join(&self, tensors: &[Tensor<3>]) -> Tensor<1> {
        let flat = |place: &Span| {
            let tensor = tensors[place.position].clone();
            assert_eq!(tensor.dims(), self.dims(place), "a parameter and its gradient keep their shape");
            tensor.flatten(0, 2)
        };
        joined(self.places.iter().map(flat).collect())
    }

    /// What lies at each place, `[n_lanes, a, b]`.
    pub(super) fn parts(&self, flat: &Tensor<1>) -> Vec<Tensor<3>> {
        let mut from = 0;
        let part = |place: &Span| {
            let dims = self.dims(place);
            let n_numbers = dims.iter().product();
            from += n_numbers;
            flat.clone().narrow(0, from - n_numbers, n_numbers).reshape(dims)
        };
        self.places.iter().map(part).collect()
    }

    /// Multiplies the numbers of each parameter and lane by the factor of its role and lane. That is formed
    /// in 64 bits, so that a lane's is the same bits whether others share it or not.
    pub(super) fn scale(&mut self, flat: Tensor<1>, factor: impl Fn(Role, usize) -> f64) -> Tensor<1> {
        let lanes = 0..self.n_lanes;
        let each = |place: &Span| lanes.clone().map(|lane| factor(place.role, lane)).collect::<Vec<_>>();
        let factors: Vec<f64> = self.places.iter().flat_map(each).collect();
        let first = factors.first().copied().unwrap_or(1.0);
        if factors.iter().all(|factor| *factor == first) {
            return if first == 1.0 { flat } else { flat.mul_scalar(first) };
        }
        let device = flat.device();
        let factors: Vec<f32> = factors.into_iter().map(|factor| factor as f32).collect();
        let shape = [factors.len()];
        let factors = Tensor::<1>::from_data(TensorData::new(factors, shape), &device);
        flat.mul(factors.select(0, self.owners(&device)))
    }

    fn owners(&mut self, device: &Device) -> Tensor<1, Int> {
        let made = || {
            let sizes = self.places.iter().flat_map(|place| vec![place.size(); self.n_lanes]);
            let owners = sizes.enumerate().flat_map(|(owner, size)| vec![owner as i32; size]);
            let owners: Vec<i32> = owners.collect();
            let shape = [owners.len()];
            Tensor::from_data(TensorData::new(owners, shape), device)
        };
        self.owners.get_or_insert_with(made).clone()
    }
}

fn joined(mut tensors: Vec<Tensor<1>>) -> Tensor<1> {
    if tensors.len() == 1 { tensors.remove(0) } else { Tensor::cat(tensors, 0) }
}
