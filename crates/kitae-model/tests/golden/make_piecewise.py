"""Writes piecewise.json: piecewise-linear embeddings, from rtdl-num-embeddings.

Run with a Python that has rtdl-num-embeddings 0.0.12 and torch: python3 make_piecewise.py
"""

import json
import pathlib

import rtdl_num_embeddings as rtdl
import torch

N_ROWS, N_NUMBERS, N_BINS, D_EMBEDDING = 30, 4, 5, 2


def flat(tensor):
    return [float(x) for x in tensor.detach().float().flatten()]


def sample():
    """Continuous, tied, mostly zero, two values."""
    x = torch.randn(N_ROWS, N_NUMBERS)
    x[:, 1] = torch.round(x[:, 1])
    x[:, 2] = torch.where(torch.rand(N_ROWS) < 0.7, 0.0, x[:, 2].abs())
    x[:, 3] = (x[:, 3] > 0.3).float()
    return x


def rows_around(bins):
    """All edges, places between them, and places up to a bin's width outside."""
    columns = []
    for edges in bins:
        width = edges.diff()
        inside = [edges, edges[:-1] + 0.3 * width]
        outside = [edges[:1] - share * width[:1] for share in (0.4, 0.9)]
        outside += [edges[-1:] + share * width[-1:] for share in (0.4, 0.9)]
        places = torch.cat(inside + outside)
        columns.append(places.repeat(20)[:20])
    return torch.stack(columns, 1)


def padded(encoding, bins):
    """rtdl's layout, which keeps the last bin at the end, as bins that lack at the end."""
    result = torch.zeros_like(encoding)
    for j, edges in enumerate(bins):
        n = len(edges) - 1
        result[:, j, : n - 1] = encoding[:, j, : n - 1]
        result[:, j, n - 1] = encoding[:, j, -1]
    return result


def weight_of(module, bins):
    """The same for the matrices, [n_numbers, n_bins, d_embedding]; rows of lacking bins are kept."""
    weight, result = module.linear.weight, torch.full_like(module.linear.weight, 7.0)
    for j, edges in enumerate(bins):
        n = len(edges) - 1
        result[j, : n - 1] = weight[j, : n - 1]
        result[j, n - 1] = weight[j, -1]
    return result


def main():
    torch.manual_seed(3)
    x = sample()
    bins = rtdl.compute_bins(x, n_bins=N_BINS)
    module = rtdl.PiecewiseLinearEmbeddings(bins, D_EMBEDDING, activation=False, version="B")
    start = {"weight": float(module.linear.weight.abs().max()), "factor": float(module.linear0.weight.abs().max())}
    assert start["weight"] == 0.0 and start["factor"] <= D_EMBEDDING**-0.5
    assert module.impl.get_max_n_bins() == N_BINS, "one column has all bins"
    torch.nn.init.normal_(module.linear.weight)
    rows = rows_around(bins)
    outputs = module(rows)
    golden = {
        "sample": flat(x),
        "bins": [flat(edges) for edges in bins],
        "rows": flat(rows),
        "encoding": flat(padded(module.impl(rows), bins)),
        "factor": flat(module.linear0.weight),
        "bias": flat(module.linear0.bias),
        "weight": flat(weight_of(module, bins)),
        "outputs": flat(outputs),
    }
    path = pathlib.Path(__file__).with_name("piecewise.json")
    path.write_text(json.dumps(golden) + "\n")


main()
