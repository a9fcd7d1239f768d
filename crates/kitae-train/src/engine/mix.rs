//! Mixing the rows of a batch on tensors, lane by lane as each lane's draws say.

#[cfg(test)]
mod tests;

use burn::tensor::{Device, Int, Tensor, TensorData};
use kitae_model::Inputs;

use crate::engine::feed::Batch;
use crate::mixing::{Mix, Source};
use crate::objective::{Loss, Objective, TargetTensor};

/// The targets that a batch also learns from.
#[derive(Clone, Debug)]
pub(crate) struct Partners {
    targets: TargetTensor,
    /// How much they count, `[n_lanes, n_rows]`.
    weights: Option<Tensor<2>>,
    /// The share of a lane's own targets, `[n_lanes]`.
    own: Tensor<1>,
}

impl Batch {
    /// The batch with its rows mixed; a lane without a mix stays as it is.
    pub(crate) fn mixed(self, mixes: &[Option<Mix>]) -> Self {
        if mixes.iter().all(Option::is_none) {
            return self;
        }
        let Inputs { numbers, codes, row_weights } = self.inputs;
        let [n_lanes, n_rows, _] = numbers.dims();
        let place = MixStep { mixes, n_lanes, n_rows, device: numbers.device() };
        let index = place.partners();
        let numbers = place.mixed_numbers(numbers, &index);
        let codes = codes.map(|codes| place.mixed_codes(codes, &index));
        let has_partners = mixes.iter().flatten().any(|mix| mix.own < 1.0);
        let partners = has_partners.then(|| Partners {
            targets: place.targets(&self.targets, &index),
            weights: self.weights.clone().map(|weights| place.moved(weights, &index)),
            own: place.own_shares(),
        });
        Self { inputs: Inputs { numbers, codes, row_weights }, partners, ..self }
    }
}

impl Partners {
    /// The loss of each lane: λ of that with its `own` targets, 1 − λ of that with its partners'. Partners
    /// are the rows of the batch in another order, so both are means by the same sum of weights.
    pub(crate) fn loss(
        self,
        objective: &Objective,
        logits: Tensor<3>,
        own: &TargetTensor,
        weights: Option<&Tensor<2>>,
    ) -> Tensor<1> {
        let with_own = objective.loss(logits.clone(), own, weights);
        let with_partners = objective.loss(logits, &self.targets, self.weights.as_ref());
        with_own.mul(self.own.clone()).add(with_partners.mul(self.own.neg().add_scalar(1.0)))
    }
}

/// The draws of all lanes, and where their rows lie.
struct MixStep<'a> {
    mixes: &'a [Option<Mix>],
    n_lanes: usize,
    n_rows: usize,
    device: Device,
}

impl MixStep<'_> {
    /// Each row's partner among the rows of all lanes; padding is its own.
    fn partners(&self) -> Tensor<1, Int> {
        let mut index: Vec<i32> = (0..(self.n_lanes * self.n_rows) as i32).collect();
        for (mix, rows) in self.mixes.iter().zip(index.chunks_mut(self.n_rows)) {
            let first = rows[0];
            let partners = mix.iter().flat_map(|mix| &mix.partners);
            rows.iter_mut().zip(partners).for_each(|(row, partner)| *row = first + *partner as i32);
        }
        Tensor::from_data(TensorData::new(index, [self.n_lanes * self.n_rows]), &self.device)
    }

    fn mixed_numbers(&self, numbers: Tensor<3>, index: &Tensor<1, Int>) -> Tensor<3> {
        let shape @ [_, n_rows, d_numbers] = numbers.dims();
        // A length of 0 cannot be reshaped to.
        if d_numbers == 0 {
            return numbers;
        }
        let others = numbers.clone().reshape([self.n_lanes * n_rows, d_numbers]).select(0, index.clone());
        let [own, partner] = [0, 1].map(|part| self.number_factors(part, d_numbers));
        numbers.mul(own).add(others.reshape(shape).mul(partner))
    }

    /// Factors of each lane's own numbers (part 0) or of its partners' (part 1), `[n_lanes, 1, d_numbers]`.
    fn number_factors(&self, part: usize, d_numbers: usize) -> Tensor<3> {
        let unmixed = [[1.0, 0.0][part]];
        let factors = self.mixes.iter().flat_map(|mix| match mix {
            None => unmixed.repeat(d_numbers),
            Some(mix) => mix.numbers.iter().map(|factors| factors[part]).collect(),
        });
        let data = TensorData::new(factors.collect::<Vec<f32>>(), [self.n_lanes, 1, d_numbers]);
        Tensor::from_data(data, &self.device)
    }

    fn mixed_codes(&self, codes: Tensor<3, Int>, index: &Tensor<1, Int>) -> Tensor<3, Int> {
        let shape @ [_, n_rows, n_codes] = codes.dims();
        let others = codes.clone().reshape([self.n_lanes * n_rows, n_codes]).select(0, index.clone());
        let from = |source: Source| {
            let bits = self.sources(n_codes).map(|found| i32::from(found == source)).collect::<Vec<_>>();
            Tensor::<3, Int>::from_data(TensorData::new(bits, shape), &self.device)
        };
        codes.mul(from(Source::Own)).add(others.reshape(shape).mul(from(Source::Partner)))
    }

    /// Where each code of each row of each lane comes from.
    fn sources(&self, n_codes: usize) -> impl Iterator<Item = Source> {
        let of = move |mix: &Option<Mix>, row: usize, column: usize| match mix {
            Some(mix) if row < mix.partners.len() => mix.code(row, column),
            _ => Source::Own,
        };
        let n_rows = self.n_rows;
        self.mixes.iter().flat_map(move |mix| {
            (0..n_rows * n_codes).map(move |place| of(mix, place / n_codes, place % n_codes))
        })
    }

    fn targets(&self, own: &TargetTensor, index: &Tensor<1, Int>) -> TargetTensor {
        let (flat, shape) = ([self.n_lanes * self.n_rows], [self.n_lanes, self.n_rows]);
        own.clone().map(
            |classes| classes.reshape(flat).select(0, index.clone()).reshape(shape),
            |values| self.moved(values, index),
        )
    }

    /// The numbers of the partners.
    fn moved(&self, own: Tensor<2>, index: &Tensor<1, Int>) -> Tensor<2> {
        let (flat, shape) = ([self.n_lanes * self.n_rows], [self.n_lanes, self.n_rows]);
        own.reshape(flat).select(0, index.clone()).reshape(shape)
    }

    fn own_shares(&self) -> Tensor<1> {
        let shares: Vec<f32> = self.mixes.iter().map(|mix| mix.as_ref().map_or(1.0, |mix| mix.own)).collect();
        Tensor::from_data(TensorData::new(shares, [self.n_lanes]), &self.device)
    }
}
