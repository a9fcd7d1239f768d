//! What an optimiser remembers, lane by lane on the host, for checkpoints.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use kitae_model::Role;
use serde::{Deserialize, Serialize};

use super::rule;
use super::{Memory, Optimiser, UpdateConfig};

/// What an optimiser remembers of one lane.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use kitae_model::Role;
/// use kitae_train::optimiser::{Optimiser, OptimiserConfig, Parameter, Rates, UpdateConfig};
///
/// let mut optimiser = Optimiser::new(&UpdateConfig::from(OptimiserConfig::adam()));
/// let ones = Tensor::<3>::ones([1, 2, 3], &Device::flex());
/// let parameter = Parameter { role: Role::Weight, value: ones.clone(), gradient: ones };
/// optimiser.step(vec![parameter], &Rates::constant(1, 0.1));
/// let lane = optimiser.state().remove(0);
/// assert_eq!(lane.steps, 1);
/// // Adam remembers two means for each of the six weights.
/// assert_eq!(lane.buffers.values().map(Vec::len).collect::<Vec<_>>(), [6, 6]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneState {
    /// Steps taken so far.
    pub steps: u64,
    /// Row-major values by name: the parameter's position, a point, and what is remembered of it,
    /// such as `0.momentum`.
    pub buffers: BTreeMap<String, Vec<f32>>,
}

impl Optimiser {
    /// One state for each lane of the pack; empty before the first step. [`Optimiser::from_state`]
    /// goes on with the same bits.
    ///
    /// ```
    /// # use burn::tensor::{Device, Tensor};
    /// # use kitae_model::Role;
    /// use kitae_train::optimiser::{Optimiser, OptimiserConfig, Parameter, Rates, UpdateConfig};
    ///
    /// let mut optimiser = Optimiser::new(&UpdateConfig::from(OptimiserConfig::adam()));
    /// # let ones = Tensor::<3>::ones([4, 1, 1], &Device::flex());
    /// # let parameter = Parameter { role: Role::Weight, value: ones.clone(), gradient: ones };
    /// assert_eq!(optimiser.state(), []);
    /// optimiser.step(vec![parameter], &Rates::constant(4, 0.1));
    /// assert_eq!(optimiser.state().len(), 4);
    /// ```
    pub fn state(&self) -> Vec<LaneState> {
        let mut lanes = vec![LaneState { steps: self.steps, buffers: BTreeMap::new() }; self.n_lanes];
        for (position, memory) in self.memory.iter().enumerate() {
            let rule = self.config.optimiser.of(memory.role);
            for (name, tensor) in rule::names(&rule).iter().zip(memory.slots.iter().flatten()) {
                let values = on_host(tensor);
                let size = (values.len() / self.n_lanes.max(1)).max(1);
                for (lane, values) in lanes.iter_mut().zip(values.chunks(size)) {
                    lane.buffers.insert(format!("{position}.{name}"), values.to_vec());
                }
            }
        }
        lanes
    }

    /// An optimiser that goes on where the `lanes` were. `layout` has the role and the shape (without
    /// the lane axis) of every parameter, in the order in which [`Optimiser::step`] gets them.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use kitae_model::Role;
    /// use kitae_train::optimiser::{Optimiser, OptimiserConfig, Parameter, Rates, UpdateConfig};
    ///
    /// let config = UpdateConfig::from(OptimiserConfig::adam());
    /// let mut optimiser = Optimiser::new(&config);
    /// let ones = Tensor::<3>::ones([1, 2, 3], &Device::flex());
    /// let parameter = Parameter { role: Role::Weight, value: ones.clone(), gradient: ones };
    /// let value = optimiser.step(vec![parameter.clone()], &Rates::constant(1, 0.1));
    /// let layout = [(Role::Weight, [2, 3])];
    /// let again = Optimiser::from_state(&config, &optimiser.state(), &layout, &Device::flex())?;
    /// assert_eq!(again.state(), optimiser.state());
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A sentence that says what is missing, unknown, of the wrong size, or at another step.
    pub fn from_state(
        config: &UpdateConfig,
        lanes: &[LaneState],
        layout: &[(Role, [usize; 2])],
        device: &Device,
    ) -> Result<Self, String> {
        let mut optimiser = Self::new(config);
        let Some(first) = lanes.first() else { return Ok(optimiser) };
        if let Some(other) = lanes.iter().find(|lane| lane.steps != first.steps) {
            let (steps, others) = (first.steps, other.steps);
            return Err(format!("the lanes of a pack must be at one step, got {steps} and {others}"));
        }
        let source = Source { lanes, device };
        let mut n_buffers = 0;
        for (position, (role, shape)) in layout.iter().enumerate().filter(|_| first.steps > 0) {
            let mut memory = Memory::new(*role);
            let names = rule::names(&config.optimiser.of(*role));
            for (slot, name) in memory.slots.iter_mut().zip(names) {
                *slot = Some(source.buffer(&format!("{position}.{name}"), *shape)?);
            }
            n_buffers += names.len();
            optimiser.memory.push(memory);
        }
        if let Some(lane) = lanes.iter().find(|lane| lane.buffers.len() != n_buffers) {
            let got = lane.buffers.len();
            return Err(format!("the optimiser has {n_buffers} buffers for this network, got {got}"));
        }
        Ok(Self { steps: first.steps, n_lanes: lanes.len(), ..optimiser })
    }
}

/// The states that an optimiser is restored from.
struct Source<'a> {
    lanes: &'a [LaneState],
    device: &'a Device,
}

impl Source<'_> {
    /// One buffer of all lanes, `[n_lanes, a, b]`.
    fn buffer(&self, name: &str, shape: [usize; 2]) -> Result<Tensor<3>, String> {
        let size = shape[0].saturating_mul(shape[1]);
        let mut all = Vec::new();
        for lane in self.lanes {
            let values = lane.buffers.get(name).ok_or_else(|| format!("the buffer `{name}` is missing"))?;
            if values.len() != size {
                return Err(format!("the buffer `{name}` must have {size} values, got {}", values.len()));
            }
            all.extend_from_slice(values);
        }
        let data = TensorData::new(all, [self.lanes.len(), shape[0], shape[1]]);
        Ok(Tensor::from_data(data, self.device))
    }
}

fn on_host(tensor: &Tensor<3>) -> Vec<f32> {
    tensor.try_to_vec_as().expect("a float tensor can be read as f32")
}
