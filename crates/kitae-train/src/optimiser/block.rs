//! Parameters that one rule moves in one go: all whose rule works number by number, or one matrix.

use burn::tensor::Tensor;
use kitae_model::Role;

use super::config::OptimiserConfig;
use super::flat::{Flat, Span};
use super::rule::{self, Slots};
use super::{Rates, UpdateConfig, regularise};

/// Parameters of one rule, and what is remembered of them.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) rule: OptimiserConfig,
    pub(super) flat: Flat,
    pub(super) slots: Slots,
}

/// The blocks of parameters of these roles and shapes (of one lane), before the first step.
pub(super) fn blocks(
    optimiser: &OptimiserConfig,
    n_lanes: usize,
    layout: &[(Role, [usize; 2])],
) -> Vec<Block> {
    let all = layout.iter().enumerate().map(|(position, (role, shape))| Span {
        position,
        role: *role,
        shape: *shape,
    });
    // A parameter without numbers stays as it is.
    let all = all.filter(|place| place.size() > 0);
    let is_matrix = |place: &Span| matches!(optimiser.of(place.role), OptimiserConfig::Muon { .. });
    let (matrices, others): (Vec<Span>, Vec<Span>) = all.partition(is_matrix);
    let groups = matrices.into_iter().map(|matrix| vec![matrix]).chain([others]);
    let block = |places: Vec<Span>| {
        let rule = optimiser.of(places.first()?.role);
        Some(Block { rule, flat: Flat::new(n_lanes, places), slots: Slots::default() })
    };
    groups.filter_map(block).collect()
}

impl Block {
    /// Moves those of all `values` that are in the block. The step has this number, from 1.
    pub(super) fn step(
        &mut self,
        config: &UpdateConfig,
        values: &mut [Tensor<3>],
        gradients: &[Tensor<3>],
        rates: &[Rates],
        step: u64,
    ) {
        let Self { rule, flat, slots } = self;
        let value = flat.join(values);
        let gradient = flat.join(gradients);
        let gradient = regularise::penalised(flat, &value, gradient, rates);
        let direction = rule::advance(rule, slots, gradient, flat.dims(&flat.places()[0]), step);
        let of = |role, lane: usize| rates[lane].of(config.groups.of(role));
        let shrunk = flat.scale(value, |role, lane| of(role, lane)[1]);
        let change = flat.scale(direction.along, |role, lane| direction.scale * of(role, lane)[0]);
        for (place, part) in flat.places().iter().zip(flat.parts(&shrunk.sub(change))) {
            values[place.position] = match config.max_norm {
                Some(max_norm) if matches!(place.role, Role::Weight | Role::MemberWeight) => {
                    regularise::limited(part, max_norm)
                }
                _ => part,
            };
        }
    }
}
