//! Parameters lie end to end and know nothing of each other.

use burn::tensor::Tensor;
use kitae_model::Role;

use super::super::{Clip, Optimiser, Parameter, UpdateConfig};
use super::{every_rule, everything, host, tensor, three_lanes};

#[test]
fn a_parameter_moves_as_it_would_alone() {
    // Several matrices, which Muon moves one by one, between others, and a parameter without numbers.
    let layout = [
        (Role::Weight, [3, 2]),
        (Role::Bias, [1, 2]),
        (Role::Weight, [2, 4]),
        (Role::Slope, [1, 0]),
        (Role::InputScale, [1, 3]),
    ];
    let (_, _, rates) = three_lanes();
    let numbers = |from: usize, [a, b]: [usize; 2]| {
        let number = |i: usize| (((from + 7 * i) % 23) as f32 - 11.0) / 8.0;
        let lane = |lane: usize| (0..a * b).map(|i| number(i + 5 * lane)).collect();
        tensor(&[lane(0), lane(1), lane(2)], [a, b])
    };
    let parameter = |step: usize, values: &[Tensor<3>], i: usize| Parameter {
        role: layout[i].0,
        value: values[i].clone(),
        gradient: numbers(3 * step + i, layout[i].1),
    };
    for rule in every_rule() {
        let config = UpdateConfig { clip: Clip::Value(1.0), ..everything(rule) };
        let start: Vec<Tensor<3>> = layout.iter().map(|(_, shape)| numbers(1, *shape)).collect();
        let (mut together, mut alone) = (start.clone(), start);
        let mut optimiser = Optimiser::new(&config);
        let mut optimisers = vec![Optimiser::new(&config); layout.len()];
        for step in 0..4 {
            let all = (0..layout.len()).map(|i| parameter(step, &together, i)).collect();
            together = optimiser.step(all, &rates);
            for (i, own) in optimisers.iter_mut().enumerate() {
                alone[i] = own.step(vec![parameter(step, &alone, i)], &rates).remove(0);
            }
        }
        for (i, (together, alone)) in together.iter().zip(&alone).enumerate() {
            assert_eq!(host(together), host(alone), "{rule:?}, parameter {i}");
        }
    }
}
