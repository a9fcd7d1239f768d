"""Writes objective.json and optimiser.json with PyTorch (made with 1.13): python3 make.py"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
N_ROWS = 6


def normal(generator, *shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def objective_cases():
    """Two lanes each; the gradient is that of the sum over lanes."""
    softmax = {"kind": "cross_entropy", "class_weights": [], "label_smoothing": 0.0}
    weights = [0.5, 2.0, 1.25]
    binary = {"kind": "binary_cross_entropy", "positive_weight": 1.0, "label_smoothing": 0.0}
    classes = [
        ("softmax", softmax, 3),
        ("softmax_smoothed", softmax | {"label_smoothing": 0.1}, 3),
        ("softmax_weighted", softmax | {"class_weights": weights}, 3),
        ("softmax_both", softmax | {"class_weights": weights, "label_smoothing": 0.2}, 3),
        ("binary", binary, 1),
        ("binary_weighted", binary | {"positive_weight": 3.0}, 1),
        ("binary_both", binary | {"positive_weight": 0.4, "label_smoothing": 0.1}, 1),
    ]
    values = [
        ("mean_squared", {"kind": "mean_squared"}, 1),
        ("mean_absolute", {"kind": "mean_absolute"}, 1),
        ("huber", {"kind": "huber", "delta": 0.8}, 1),
        ("pinball", {"kind": "pinball", "quantile": 0.9}, 1),
        ("gaussian_nll", {"kind": "gaussian_nll"}, 2),
        ("poisson", {"kind": "poisson"}, 1),
    ]
    generator = torch.Generator().manual_seed(1)
    for kind, cases in (("classes", classes), ("values", values)):
        for name, objective, n_outputs in cases:
            for weighted in (False, True):
                yield objective_case(generator, kind, name, objective, n_outputs, weighted)


def objective_case(generator, kind, name, objective, n_outputs, weighted):
    logits = (2.0 * normal(generator, 2, N_ROWS, n_outputs)).float().double().requires_grad_()
    if kind == "classes":
        n_classes = max(n_outputs, 2)
        targets = torch.randint(0, n_classes, (2, N_ROWS), generator=generator)
    elif objective["kind"] == "poisson":
        targets = torch.randint(0, 5, (2, N_ROWS), generator=generator).double()
    else:
        targets = normal(generator, 2, N_ROWS).float().double()
    row_weights = torch.rand(2, N_ROWS, generator=generator).float().double()
    row_weights[0, 2] = 0.0
    if not weighted:
        row_weights = torch.ones(2, N_ROWS, dtype=torch.float64)
    losses = torch.stack([lane_loss(objective, *lane) for lane in zip(logits, targets, row_weights)])
    losses.sum().backward()
    return {
        "name": name + ("_rows_weighted" if weighted else ""),
        "objective": objective,
        "n_outputs": n_outputs,
        "logits": logits.flatten().tolist(),
        kind: targets.flatten().tolist(),
        "row_weights": row_weights.flatten().tolist() if weighted else [],
        "losses": losses.tolist(),
        "gradient": logits.grad.flatten().tolist(),
    }


def lane_loss(objective, logits, targets, row_weights):
    kind = objective["kind"]
    mean = lambda rows: (rows * row_weights).sum() / row_weights.sum()
    output = logits[:, 0]
    if kind == "cross_entropy":
        weight = torch.tensor(objective["class_weights"] or [1.0] * 3, dtype=torch.float64)
        options = {"weight": weight, "label_smoothing": objective["label_smoothing"]}
        rows = F.cross_entropy(logits, targets, reduction="none", **options)
        loss = (rows * row_weights).sum() / (row_weights * weight[targets]).sum()
        if (row_weights == 1).all():
            assert torch.allclose(loss, F.cross_entropy(logits, targets, **options))
        return loss
    if kind == "binary_cross_entropy":
        smoothing = objective["label_smoothing"]
        smoothed = targets.double() * (1 - smoothing) + smoothing / 2
        weight = torch.tensor(objective["positive_weight"], dtype=torch.float64)
        return mean(
            F.binary_cross_entropy_with_logits(output, smoothed, pos_weight=weight, reduction="none")
        )
    if kind == "mean_squared":
        return mean(F.mse_loss(output, targets, reduction="none"))
    if kind == "mean_absolute":
        return mean(F.l1_loss(output, targets, reduction="none"))
    if kind == "huber":
        return mean(F.huber_loss(output, targets, reduction="none", delta=objective["delta"]))
    if kind == "pinball":
        error, q = targets - output, objective["quantile"]
        return mean(torch.maximum(q * error, (q - 1) * error))
    if kind == "gaussian_nll":
        return mean(F.gaussian_nll_loss(output, targets, logits[:, 1].exp(), reduction="none"))
    return mean(F.poisson_nll_loss(output, targets, log_input=True, reduction="none"))


def optimiser_cases():
    """Twenty steps of a weight [3, 2] and a bias [1, 2] along given gradients; values after each."""
    optim = torch.optim
    sgd = {"kind": "sgd", "momentum": 0.0, "acceleration": "classical"}
    nesterov = sgd | {"momentum": 0.9, "acceleration": "nesterov"}
    adam = {"beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8}
    betas = (0.9, 0.95)
    plain = {"weight_decay": 0.0, "l2": 0.0}
    l2 = {"weight_decay": 0.0, "l2": 0.1}
    decay = {"weight_decay": 0.2, "l2": 0.0}
    yield "sgd", sgd, plain, 0.1, optim.SGD, {}
    yield "sgd_l2", sgd, l2, 0.1, optim.SGD, {}
    yield "momentum", sgd | {"momentum": 0.9}, l2, 0.1, optim.SGD, {"momentum": 0.9}
    yield "nesterov", nesterov, l2, 0.1, optim.SGD, {"momentum": 0.9, "nesterov": True}
    yield "ada_grad", {"kind": "ada_grad"}, plain, 0.1, optim.Adagrad, {}
    yield "rms_prop", {"kind": "rms_prop"}, plain, 0.01, optim.RMSprop, {}
    yield "adam_defaults", {"kind": "adam"}, plain, 0.01, optim.Adam, {}
    yield "adam", {"kind": "adam"} | adam, plain, 0.01, optim.Adam, {"betas": betas}
    yield "adam_l2", {"kind": "adam"} | adam, l2, 0.01, optim.Adam, {"betas": betas}
    yield "adam_w", {"kind": "adam_w"} | adam, decay, 0.01, optim.AdamW, {"betas": betas}


def optimiser_file():
    generator = torch.Generator().manual_seed(2)
    starts = [normal(generator, 3, 2).float().double(), normal(generator, 1, 2).float().double()]
    gradients = [[normal(generator, *start.shape).float().double() for start in starts] for _ in range(20)]
    # Gradients of very different sizes, and one of zero.
    for step, sizes in enumerate(gradients):
        factor = 0.0 if step == 7 else math.exp(3.0 * math.sin(step))
        gradients[step] = [(factor * size).float().double() for size in sizes]
    flat = lambda tensors: [tensor.detach().flatten().tolist() for tensor in tensors]
    cases = []
    for name, config, rates, rate, maker, options in optimiser_cases():
        weight, bias = (start.clone().requires_grad_() for start in starts)
        decay = {"weight_decay": max(rates.values())}
        # The L2 penalty is for weights only, the decoupled decay for all.
        of_bias = {"weight_decay": rates["weight_decay"]}
        groups = [{"params": [weight]} | decay, {"params": [bias]} | of_bias]
        optimiser = maker(groups, lr=rate, **options)
        values = []
        for gradient in gradients:
            weight.grad, bias.grad = (part.clone() for part in gradient)
            optimiser.step()
            values.append(flat([weight, bias]))
        case = {"name": name, "optimiser": config, "learning_rate": rate} | rates
        cases.append(case | {"values": values})
    return {"starts": flat(starts), "gradients": [flat(parts) for parts in gradients], "cases": cases}


def write(name, content):
    rounded = json.loads(json.dumps(content), parse_float=lambda text: float(f"{float(text):.9g}"))
    (HERE / name).write_text(json.dumps(rounded, separators=(",", ":")) + "\n")


write("objective.json", list(objective_cases()))
write("optimiser.json", optimiser_file())
