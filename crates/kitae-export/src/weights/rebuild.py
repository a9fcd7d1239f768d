"""The networks of weights.safetensors: `forward` in plain PyTorch (`xp=torch`) or numpy (`xp=numpy`).

`python3 rebuild.py` compares it with the example of kitae, by torch where that is installed, else by numpy.
"""

import json
import math
import pathlib

HERE = pathlib.Path(__file__).parent


def activations(xp):
    def sigmoid(z):
        return 1 / (1 + xp.exp(-z))

    def softplus(z):
        return xp.where(z > 0, z, 0 * z) + xp.log(1 + xp.exp(-abs(z)))

    def elu(z, alpha=1.0):
        return xp.where(z > 0, z, alpha * (xp.exp(xp.where(z > 0, 0 * z, z)) - 1))

    def erf(z):
        return xp.erf(z) if hasattr(xp, "erf") else xp.vectorize(math.erf, otypes=[z.dtype])(z)

    return {
        "identity": lambda z: z,
        "sigmoid": sigmoid,
        "tanh": xp.tanh,
        "relu": lambda z: xp.where(z > 0, z, 0 * z),
        "leaky_relu": lambda z: xp.where(z > 0, z, 0.01 * z),
        "elu": elu,
        "selu": lambda z: 1.0507010 * elu(z, 1.6732632),
        "gelu": lambda z: 0.5 * z * (1 + erf(z / math.sqrt(2))),
        "silu": lambda z: z * sigmoid(z),
        "mish": lambda z: z * xp.tanh(softplus(z)),
    }


def periodic(xp, w, c, numbers):
    n, e, f = c["n_numbers"], c["d_embedding"], c["n_frequencies"]
    waves = xp.cos(2 * math.pi * w["periodic.frequency"] * numbers[:, :n, None] + w["periodic.phase"])
    return xp.einsum("rnf,nef->rne", waves, w["periodic.weight"].reshape(n, e, f)) + w["periodic.bias"]


def piecewise(xp, w, c, numbers):
    n, b, e = c["n_numbers"], c["n_bins"], c["d_embedding"]
    x, edges = numbers[:, :n, None], w["piecewise.edges"]
    width = edges[:, 1:] - edges[:, :-1]
    there = width > 0
    after = there & False
    after[:, :-1] = there[:, 1:]
    # How far x has come through each bin: below the first it may be negative, above the last more than 1.
    low, high = 0 * width, 0 * width + 1
    low[:, 0] = -1
    high[there & ~after] = 2
    share = (x - edges[:, :-1]) / xp.where(there, width, 0 * width + 1)
    share = xp.where(there, xp.minimum(xp.maximum(share, low), high), 0 * share)
    bins = xp.einsum("rnb,nbe->rne", share, w["piecewise.weight"].reshape(n, b, e))
    return bins + x * w["piecewise.factor"] + w["piecewise.bias"]


def forward(xp, w, c, numbers, codes):
    """Raw outputs [n_rows, n_members, n_outputs] of one network.

    w: its tensors by name; c: `network` of description.json; numbers [n_rows, d_numbers]; codes [n_rows, n_codes], whole.
    """
    n_rows, parts, start = len(numbers), [numbers], 0
    for kind, embed in (("periodic", periodic), ("piecewise", piecewise)):
        if c.get(kind):
            parts.append(embed(xp, w, c[kind], numbers).reshape(n_rows, -1))
    for column, cardinality in enumerate(c["cardinalities"]):
        parts.append(w["embeddings"][codes[:, column] + start])
        start += cardinality
    x = xp.concatenate(parts, 1)
    x = x * w["input_scale"] if "input_scale" in w else x
    x = x[:, None, :] * w["member_scale"] if "member_scale" in w else x[:, None, :]
    activation = activations(xp)[c["activation"]]
    for i in range(len(c["hidden"])):
        part = {key.split(".", 2)[2]: value for key, value in w.items() if key.startswith(f"layers.{i}.")}
        scale = len(part["weight"]) ** -0.5 if c["parametrisation"] == "ntk" else 1.0
        z = (x * part["member_in"] if "member_in" in part else x) @ part["weight"] * scale
        z = z * part["member_out"] if "member_out" in part else z
        z = z + part["bias"] if "bias" in part else z
        if c["normalisation"] != "none":
            mean = part["norm.mean"] if "norm.mean" in part else z.mean(-1)[..., None]
            variance = part["norm.variance"] if "norm.variance" in part else ((z - mean) ** 2).mean(-1)[..., None]
            z = (z - mean) / (variance + 1e-5) ** 0.5 * part["norm.gain"] + part["norm.shift"]
        y = activation(z)
        y = z + (y - z) * part["slope"] if "slope" in part else y
        x = y + x if c["skip"] == "residual" and i > 0 and x.shape[-1] == y.shape[-1] else y
    weight, bias = w["output.weight"], w["output.bias"]
    scale = len(weight) ** -0.5 if c["parametrisation"] == "ntk" else 1.0
    n_members = weight.shape[1] // c["n_outputs"]
    weight = weight.reshape(len(weight), n_members, c["n_outputs"])
    return xp.einsum("rkd,dko->rko", x, weight) * scale + bias.reshape(n_members, c["n_outputs"])


def main():
    try:
        import torch as xp
        from safetensors.torch import load_file
    except ImportError:
        import numpy as xp
        from safetensors.numpy import load_file
    config = json.loads((HERE / "description.json").read_text())["network"]
    weights, example = load_file(HERE / "weights.safetensors"), load_file(HERE / "example.safetensors")
    largest = 0.0
    for lane in sorted({key.split("/")[0] for key in example}):
        w = {key.split("/", 1)[1]: value for key, value in weights.items() if key.startswith(f"{lane}/")}
        codes = example[f"{lane}/codes"]
        codes = codes.long() if hasattr(codes, "long") else codes.astype("int64")
        outputs = forward(xp, w, config, example[f"{lane}/numbers"], codes)
        expected = example[f"{lane}/outputs"].reshape(outputs.shape)
        largest = max(largest, float((abs(outputs - expected) / (1 + abs(expected))).max()))
    print(f"{xp.__name__}: the largest difference is {largest:.1e}")
    assert largest < 1e-4


if __name__ == "__main__":
    main()
