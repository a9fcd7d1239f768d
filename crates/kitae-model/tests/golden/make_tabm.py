"""Writes tabm.json: networks with ensembles, from the package tabm.

Run with a Python that has tabm 0.0.3 and torch: python3 make_tabm.py
"""

import json
import pathlib

import rtdl_num_embeddings as rtdl
import tabm
import torch

N_ROWS, N_NUMBERS, D_HIDDEN, N_OUTPUTS, K = 7, 3, 4, 2, 3
N_FREQUENCIES, D_EMBEDDING = 2, 2


def flat(tensor):
    return [float(x) for x in tensor.detach().float().flatten()]


def side_by_side(tensor):
    """[k, d_in, d_out] as [d_in, k * d_out]."""
    return flat(tensor.permute(1, 0, 2))


def shaken(model):
    """Other numbers everywhere: most scales start at 1."""
    for parameter in model.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    return model.eval()


def mini(model):
    backbone = model.backbone
    values = {"member_scale": flat(backbone.affine.weight)}
    for i, block in enumerate(backbone.blocks):
        values[f"layers.{i}.weight"] = flat(block[0].weight.T)
        values[f"layers.{i}.bias"] = flat(block[0].bias)
    return values


def full(model):
    values = {}
    for i, block in enumerate(model.backbone.blocks):
        linear = block[0]
        values["member_scale" if i == 0 else f"layers.{i}.member_in"] = flat(linear.r)
        values[f"layers.{i}.weight"] = flat(linear.weight.T)
        values[f"layers.{i}.member_out"] = flat(linear.s)
        values[f"layers.{i}.bias"] = flat(linear.bias)
    return values


def one(arch_type, weights_of):
    kwargs = {"n_num_features": N_NUMBERS, "d_out": N_OUTPUTS, "k": K, "n_blocks": 2, "d_block": D_HIDDEN}
    model = shaken(tabm.TabM.make(arch_type=arch_type, dropout=0.0, **kwargs))
    weights = weights_of(model)
    weights["output.weight"] = side_by_side(model.output.weight)
    weights["output.bias"] = flat(model.output.bias)
    x = torch.randn(N_ROWS, N_NUMBERS)
    pull = torch.randn(N_ROWS, K, N_OUTPUTS)
    logits = model(x)
    (logits * pull).sum().backward()
    for parameter in model.parameters():
        parameter.data = parameter.grad
    gradients = weights_of(model)
    gradients["output.weight"] = side_by_side(model.output.weight)
    gradients["output.bias"] = flat(model.output.bias)
    return {"x": flat(x), "pull": flat(pull), "logits": flat(logits), "weights": weights, "gradients": gradients}


def starts():
    """What the first scales and the biases look like at the start, without and with embeddings."""
    plain = tabm.TabM.make(n_num_features=N_NUMBERS, d_out=N_OUTPUTS, k=K, d_block=D_HIDDEN).backbone.blocks
    embeddings = rtdl.PeriodicEmbeddings(N_NUMBERS, D_EMBEDDING, n_frequencies=N_FREQUENCIES, lite=False)
    embedded = tabm.TabM.make(
        n_num_features=N_NUMBERS, d_out=N_OUTPUTS, k=K, d_block=D_HIDDEN, num_embeddings=embeddings
    ).backbone.blocks
    assert bool((plain[0][0].r.abs() == 1).all())
    r = embedded[0][0].r.unflatten(1, (N_NUMBERS, D_EMBEDDING))
    assert bool((r == r[:, :, :1]).all()) and not bool((r.abs() == 1).any())
    for blocks in (plain, embedded):
        assert bool((blocks[0][0].s == 1).all()) and bool((blocks[1][0].r == 1).all())
        assert bool((blocks[0][0].bias == blocks[0][0].bias[:1]).all())


def main():
    torch.manual_seed(5)
    starts()
    golden = {"mini": one("tabm-mini", mini), "full": one("tabm", full)}
    path = pathlib.Path(__file__).with_name("tabm.json")
    path.write_text(json.dumps(golden) + "\n")


main()
