"""Writes networks.json: values, gradients and running statistics of small networks, from PyTorch.

Run with a Python that has torch (1.9 or later): python3 make.py
Everything is computed in double precision from weights that were rounded to single precision.
"""

import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

N_LANES, N_ROWS = 2, 5
ACTIVATIONS = {
    "identity": lambda x: x,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
}


def draw(generator, *shape):
    return torch.randn(*shape, generator=generator).double()


class Reference(nn.Module):
    """One network, made of PyTorch's own layers."""

    def __init__(self, config, generator):
        super().__init__()
        self.config = config
        self.embeddings = nn.ModuleList(
            nn.Embedding(n, config["d_embedding"]).double() for n in config["cardinalities"]
        )
        d_in = config["d_numbers"] + len(config["cardinalities"]) * config["d_embedding"]
        self.linears, self.norms, self.slopes = nn.ModuleList(), nn.ModuleList(), nn.ParameterList()
        for d_out in config["hidden"]:
            self.linears.append(nn.Linear(d_in, d_out, bias=config["normalisation"] != "batch").double())
            if config["normalisation"] == "batch":
                self.norms.append(nn.BatchNorm1d(d_out).double())
            if config["normalisation"] == "layer":
                self.norms.append(nn.LayerNorm(d_out).double())
            if config["slope"] == "learned":
                self.slopes.append(nn.Parameter(torch.ones(d_out).double()))
            d_in = d_out
        self.output = nn.Linear(d_in, config["n_outputs"]).double()
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(draw(generator, *parameter.shape))
            for norm in self.norms:
                if config["normalisation"] == "batch":
                    norm.running_mean.copy_(draw(generator, *norm.running_mean.shape))
                    norm.running_var.copy_(draw(generator, *norm.running_var.shape).square().float())

    def linear(self, linear, x):
        if self.config["parametrisation"] == "ntk":
            return F.linear(x, linear.weight / linear.in_features**0.5, linear.bias)
        return linear(x)

    def forward(self, numbers, codes):
        vectors = [embedding(codes[:, i]) for i, embedding in enumerate(self.embeddings)]
        x = torch.cat([numbers, *vectors], dim=1)
        activation = ACTIVATIONS[self.config["activation"]]
        for i, linear in enumerate(self.linears):
            z = self.linear(linear, x)
            if len(self.norms):
                z = self.norms[i](z)
            y = activation(z)
            if len(self.slopes):
                y = z + self.slopes[i] * (y - z)
            residual = self.config["skip"] == "residual" and i > 0 and x.shape == y.shape
            x = y + x if residual else y
        return self.linear(self.output, x)

    def tensors(self, of):
        """What `of` gives for each parameter, under the names and in the shapes of kitae."""
        tensors = {}
        if len(self.embeddings):
            tensors["embeddings"] = torch.cat([of(e.weight) for e in self.embeddings])
        for i, linear in enumerate([*self.linears, self.output]):
            place = "output" if linear is self.output else f"layers.{i}"
            tensors[f"{place}.weight"] = of(linear.weight).T
            if linear.bias is not None:
                tensors[f"{place}.bias"] = of(linear.bias)[None]
        for i, norm in enumerate(self.norms):
            tensors[f"layers.{i}.norm.gain"] = of(norm.weight)[None]
            tensors[f"layers.{i}.norm.shift"] = of(norm.bias)[None]
        for i, slope in enumerate(self.slopes):
            tensors[f"layers.{i}.slope"] = of(slope)[None]
        return tensors

    def statistics(self):
        tensors = {}
        if self.config["normalisation"] == "batch":
            for i, norm in enumerate(self.norms):
                tensors[f"layers.{i}.norm.mean"] = norm.running_mean[None]
                tensors[f"layers.{i}.norm.variance"] = norm.running_var[None]
        return tensors


def stored(tensors):
    def one(tensor):
        values = [float(f"{x:.9g}") for x in tensor.detach().flatten().tolist()]
        return {"shape": list(tensor.shape), "values": values}

    return {name: one(tensor) for name, tensor in tensors.items()}


def flat(tensors):
    return [float(f"{x:.9g}") for x in torch.stack(tensors).detach().flatten().tolist()]


def case(name, **changes):
    config = {
        "d_numbers": 3,
        "cardinalities": [],
        "d_embedding": 0,
        "hidden": [4],
        "n_outputs": 2,
        "activation": "relu",
        "slope": "fixed",
        "normalisation": "none",
        "skip": "none",
        "parametrisation": "standard",
        "initialiser": "lecun_normal",
    } | changes
    generator = torch.Generator().manual_seed(hash_of(name))
    lanes = [Reference(config, generator) for _ in range(N_LANES)]
    numbers = [2.0 * draw(generator, N_ROWS, config["d_numbers"]) for _ in lanes]
    codes = [
        torch.stack([torch.randint(n, (N_ROWS,), generator=generator) for n in config["cardinalities"]], dim=1)
        if config["cardinalities"]
        else torch.zeros(N_ROWS, 0, dtype=torch.long)
        for _ in lanes
    ]
    pull = [draw(generator, N_ROWS, config["n_outputs"]) for _ in lanes]
    result = {"name": name, "config": config, "numbers": flat(numbers), "pull": flat(pull)}
    result["codes"] = torch.stack(codes).flatten().tolist()
    values = lambda parameter: parameter
    result["weights"] = [stored(lane.tensors(values) | lane.statistics()) for lane in lanes]
    result["logits"] = flat([lane.eval()(*row) for lane, *row in zip(lanes, numbers, codes)])
    trained = [lane.train()(*row) for lane, *row in zip(lanes, numbers, codes)]
    for logits, lane_pull in zip(trained, pull):
        (logits * lane_pull).sum().backward()
    result["train_logits"] = flat(trained)
    result["gradients"] = [stored(lane.tensors(lambda parameter: parameter.grad)) for lane in lanes]
    result["statistics"] = [stored(lane.statistics()) for lane in lanes]
    return result


def hash_of(name):
    return sum((i + 1) * ord(c) for i, c in enumerate(name))


def cases():
    for name in ACTIVATIONS:
        yield case(f"{name}, fixed", activation=name)
        yield case(f"{name}, learned", activation=name, slope="learned")
    yield case("linear model", hidden=[])
    yield case("batch norm", normalisation="batch", hidden=[4, 3])
    yield case("layer norm", normalisation="layer", hidden=[4, 3])
    yield case("residual", skip="residual", hidden=[3, 4, 4, 4, 2], activation="tanh")
    yield case("ntk", parametrisation="ntk", hidden=[4, 3], activation="selu")
    yield case("embeddings", cardinalities=[3, 2, 5], d_embedding=2)
    yield case("embeddings alone", d_numbers=0, cardinalities=[4, 2], d_embedding=3)
    everything = {"cardinalities": [3, 2], "d_embedding": 2, "hidden": [4, 4], "slope": "learned"}
    everything |= {"skip": "residual", "parametrisation": "ntk", "activation": "mish"}
    yield case("everything, batch norm", normalisation="batch", **everything)
    yield case("everything, layer norm", normalisation="layer", **everything)


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("networks.json")
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases())
    path.write_text(f"[\n{lines}\n]\n")
