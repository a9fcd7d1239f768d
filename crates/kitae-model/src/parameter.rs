//! The trainable tensors of a network as a list, for optimisers.

use burn::module::Param;
use burn::tensor::{Gradients, Tensor};

use kitae_infer::Role;
use kitae_infer::layout::layout;

use crate::network::Network;
use crate::normalise::Norm;
use crate::periodic::Periodic;
use crate::piecewise::Piecewise;

/// A trainable tensor of a network.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Where it sits, such as `layers.0.weight`. Names are a file format.
    pub name: String,
    /// What it does.
    pub role: Role,
    /// Its value, `[n_lanes, a, b]`, without any gradient tape.
    pub value: Tensor<3>,
}

impl Network {
    /// The trainable tensors, in a fixed order: inputs, hidden layers, output.
    pub fn parameters(&self) -> Vec<Parameter> {
        let slots = layout(&self.config).into_iter();
        let trainable = slots.filter_map(|slot| slot.role().map(|role| (slot.name, role)));
        trainable
            .zip(self.trainable())
            .map(|((name, role), param)| Parameter { name, role, value: param.val().inner() })
            .collect()
    }

    /// Takes the gradient of each parameter out of `gradients`, in the order of
    /// [`parameters`](Self::parameters), without any gradient tape; zeros where there is none.
    ///
    /// # Panics
    ///
    /// If the network is not on an autodiff device.
    pub fn gradients(&self, gradients: &mut Gradients) -> Vec<Tensor<3>> {
        let gradient = |param: &Param<Tensor<3>>| {
            let value = param.val();
            match value.grad_remove(gradients) {
                Some(gradient) => gradient.inner(),
                None => value.inner().zeros_like(),
            }
        };
        self.trainable().into_iter().map(gradient).collect()
    }

    /// The network with other parameter values, in the order of [`parameters`](Self::parameters). On
    /// an autodiff device they become leaves that want gradients.
    ///
    /// # Panics
    ///
    /// If there are not as many values as parameters, or a shape differs.
    #[must_use]
    pub fn with_parameters(mut self, values: Vec<Tensor<3>>) -> Self {
        let params = self.trainable_mut();
        assert_eq!(params.len(), values.len(), "one value for each parameter");
        for (param, value) in params.into_iter().zip(values) {
            assert_eq!(param.dims(), value.dims(), "a value has the shape of its parameter");
            set_value(param, value);
        }
        self
    }

    /// Trainable tensors in the order of the layout.
    pub(crate) fn trainable(&self) -> Vec<&Param<Tensor<3>>> {
        let mut params = Vec::new();
        if let Some(Periodic { frequency, phase, weight, bias, .. }) = &self.periodic {
            params.extend([frequency, phase, weight, bias]);
        }
        if let Some(Piecewise { factor, bias, weight, .. }) = &self.piecewise {
            params.extend([factor, bias, weight]);
        }
        params.extend(self.embedding.iter().map(|embedding| &embedding.table));
        params.extend(&self.input_scale);
        params.extend(&self.member_scale);
        for layer in &self.layers {
            params.extend(&layer.linear.member_in);
            params.push(&layer.linear.weight);
            params.extend(&layer.linear.member_out);
            params.extend(&layer.linear.bias);
            match &layer.norm {
                None => {}
                Some(Norm::Batch(norm)) => params.extend([&norm.gain, &norm.shift]),
                Some(Norm::Layer(norm)) => params.extend([&norm.gain, &norm.shift]),
            }
            params.extend(&layer.slope);
        }
        params.push(&self.output.weight);
        params.extend(&self.output.bias);
        params
    }

    pub(crate) fn trainable_mut(&mut self) -> Vec<&mut Param<Tensor<3>>> {
        let mut params = Vec::new();
        if let Some(Periodic { frequency, phase, weight, bias, .. }) = &mut self.periodic {
            params.extend([frequency, phase, weight, bias]);
        }
        if let Some(Piecewise { factor, bias, weight, .. }) = &mut self.piecewise {
            params.extend([factor, bias, weight]);
        }
        params.extend(self.embedding.iter_mut().map(|embedding| &mut embedding.table));
        params.extend(&mut self.input_scale);
        params.extend(&mut self.member_scale);
        for layer in &mut self.layers {
            params.extend(&mut layer.linear.member_in);
            params.push(&mut layer.linear.weight);
            params.extend(&mut layer.linear.member_out);
            params.extend(&mut layer.linear.bias);
            match &mut layer.norm {
                None => {}
                Some(Norm::Batch(norm)) => params.extend([&mut norm.gain, &mut norm.shift]),
                Some(Norm::Layer(norm)) => params.extend([&mut norm.gain, &mut norm.shift]),
            }
            params.extend(&mut layer.slope);
        }
        params.push(&mut self.output.weight);
        params.extend(&mut self.output.bias);
        params
    }

    /// What data sets, edges and running statistics, in the order of the layout.
    pub(crate) fn statistics(&self) -> Vec<&Param<Tensor<3>>> {
        let edges = self.piecewise.iter().map(|piecewise| &piecewise.edges);
        let norms = self.layers.iter().filter_map(|layer| match &layer.norm {
            Some(Norm::Batch(norm)) => Some([&norm.mean, &norm.variance]),
            _ => None,
        });
        edges.chain(norms.flatten()).collect()
    }

    /// As [`statistics`](Self::statistics).
    pub(crate) fn statistics_mut(&mut self) -> Vec<&mut Param<Tensor<3>>> {
        let edges = self.piecewise.iter_mut().map(|piecewise| &mut piecewise.edges);
        let norms = self.layers.iter_mut().filter_map(|layer| match &mut layer.norm {
            Some(Norm::Batch(norm)) => Some([&mut norm.mean, &mut norm.variance]),
            _ => None,
        });
        edges.chain(norms.flatten()).collect()
    }
}

/// Changes a parameter's value and keeps its id and device. On an autodiff device the value becomes a
/// leaf that wants gradients.
pub(crate) fn set_value(param: &mut Param<Tensor<3>>, value: Tensor<3>) {
    *param = param.clone().map(|old| match old.gradient_checkpointing_strategy() {
        Some(strategy) => {
            value.inner().autodiff().with_gradient_checkpointing_strategy(strategy).require_grad()
        }
        None => value.inner(),
    });
}
