"""Writes realmlp.json: numerical embeddings and the data-driven start, from pytabkit.

Run with a Python that has pytabkit 1.7.2 and torch: python3 make_realmlp.py
"""

import json
import pathlib

import torch
from pytabkit.models.data.data import DictDataset, TensorInfo
from pytabkit.models.nn_models import nn as tab

N_ROWS, N_NUMBERS, N_FREQUENCIES, D_EMBEDDING, D_OUT = 40, 3, 5, 2, 6
N_BIASES = 4000


def data(x):
    return DictDataset({"x_cont": x}, {"x_cont": TensorInfo(feat_shape=[x.shape[1]])})


def flat(tensor):
    return [float(x) for x in tensor.detach().float().flatten()]


def embeddings(x):
    """PBLD of rows x: outputs, and gradients of their sum weighted by pull."""
    factory = tab.PLREmbeddingsFactory(
        plr_sigma=0.7, plr_hidden_1=N_FREQUENCIES, plr_hidden_2=D_EMBEDDING + 1, plr_act_name="linear",
        plr_use_densenet=True, plr_use_cos_bias=True,
    )
    layer = factory.fit(data(x))
    parts = {"frequency": layer.weight_1, "phase": layer.bias_1, "weight": layer.weight_2, "bias": layer.bias_2}
    outputs = layer.forward_cont(x)[:, : N_NUMBERS * D_EMBEDDING]
    pull = torch.randn(outputs.shape)
    (outputs * pull).sum().backward()
    # Stored here: [n_numbers, d_embedding * n_frequencies], output by output.
    order = {"weight": lambda t: t.transpose(1, 2)}
    stored = lambda name, t: flat(order.get(name, lambda t: t)(t))
    return {
        "outputs": flat(outputs),
        "pull": flat(pull),
        "values": {name: stored(name, part) for name, part in parts.items()},
        "gradients": {name: stored(name, part.grad) for name, part in parts.items()},
    }


def start(x):
    """Weights before and after they are fitted to rows x, and many biases of one neuron."""
    torch.manual_seed(1)
    raw = torch.randn(N_NUMBERS, D_OUT)
    torch.manual_seed(1)
    layer = tab.WeightFitter(out_features=D_OUT, weight_param="ntk", weight_init_mode="std").fit(data(x))
    z = layer.forward_cont(x).detach()
    fitter = tab.BiasFitter(bias_init_mode="he+5")
    biases = torch.sort(fitter.fit(data(z[:, :1].repeat(1, N_BIASES))).bias.flatten()).values
    return {
        "raw": flat(raw),
        "fitted": flat(layer.weight),
        "products": flat(z),
        "bias_quantiles": flat(biases[:: N_BIASES // 20]),
    }


def main():
    torch.manual_seed(0)
    x = torch.randn(N_ROWS, N_NUMBERS) * torch.tensor([1.0, 3.0, 0.2]) + torch.tensor([0.0, 1.0, -2.0])
    golden = {"rows": flat(x), "embeddings": embeddings(x), "start": start(x)}
    path = pathlib.Path(__file__).with_name("realmlp.json")
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


main()
