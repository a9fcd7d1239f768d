"""The other side of steps.rs: trains a network with PyTorch eager and says how many steps it took a second.

Arguments: threads, columns, seconds, clock (wall or processor), device (cpu or cuda). Reads "WIDTHS BATCH" or "default BATCH" line by line.
"""

import sys
import time

import torch
from torch import nn

N_ROWS, N_CLASSES = 20_000, 10


class Ntk(nn.Module):
    """x W / sqrt(d) + b."""

    def __init__(self, d_in, d_out):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(d_in, d_out)), nn.Parameter(torch.zeros(d_out))
        self.scale = d_in**-0.5

    def forward(self, x):
        return x @ (self.weight * self.scale) + self.bias


class Slope(nn.Module):
    """SELU with a learned share for each neuron."""

    def __init__(self, width):
        super().__init__()
        self.slope = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x + self.slope * (nn.functional.selu(x) - x)


class Periodic(nn.Module):
    """RealMLP's numerical embeddings, joined by the numbers, and the factors of all inputs."""

    def __init__(self, n, n_frequencies=16, d_embedding=3):
        super().__init__()
        self.frequency = nn.Parameter(0.1 * torch.randn(n, n_frequencies))
        self.phase = nn.Parameter(torch.randn(n, n_frequencies))
        self.weight = nn.Parameter(torch.randn(n, n_frequencies, d_embedding))
        self.bias = nn.Parameter(torch.zeros(n, 1, d_embedding))
        self.scale = nn.Parameter(torch.ones(n * (1 + d_embedding)))

    def forward(self, x):
        waves = torch.cos(2 * torch.pi * x[..., None] * self.frequency + self.phase).transpose(0, 1)
        outputs = (waves @ self.weight + self.bias).transpose(0, 1).flatten(1)
        return torch.cat([x, outputs], 1) * self.scale


def network(kind, d_in):
    if kind == "default":
        layers, d = [Periodic(d_in)], 4 * d_in
        for width in [256] * 3:
            layers += [Ntk(d, width), Slope(width), nn.Dropout(0.15)]
            d = width
        return nn.Sequential(*layers, Ntk(d, N_CLASSES))
    layers, d = [], d_in
    for width in map(int, kind.split(",")):
        layers += [nn.Linear(d, width), nn.ReLU()]
        d = width
    return nn.Sequential(*layers, nn.Linear(d, N_CLASSES))


def steps_per_second(kind, batch, x, y, seconds, clock):
    model = network(kind, x.shape[1]).to(x.device)
    decay = 0.02 if kind == "default" else 0.0
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=decay)
    loss_of = nn.CrossEntropyLoss()
    n_steps, start = 0, None
    while True:
        order = torch.randperm(len(x), device=x.device)
        for i in range(0, len(x) - batch + 1, batch):
            rows = order[i : i + batch]
            optimiser.zero_grad()
            loss_of(model(x[rows]), y[rows]).backward()
            optimiser.step()
            n_steps += 1
            if start is None and n_steps == 10:
                wait(x)
                n_steps, start = 0, clock()
            elif start is not None and clock() - start > seconds:
                wait(x)
                return n_steps / (clock() - start)


def wait(x):
    """For what a graphics processor has been told to do."""
    if x.is_cuda:
        torch.cuda.synchronize()


def main():
    n_threads, n_columns, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    clock = time.process_time if sys.argv[4] == "processor" else time.perf_counter
    torch.set_num_threads(n_threads)
    torch.manual_seed(0)
    x, y = torch.randn(N_ROWS, n_columns), torch.randint(N_CLASSES, (N_ROWS,))
    x, y = x.to(sys.argv[5]), y.to(sys.argv[5])
    name = f" on {torch.cuda.get_device_name()}" if x.is_cuda else ""
    print(torch.__version__ + name, flush=True)
    for line in sys.stdin:
        kind, batch = line.split()
        print(steps_per_second(kind, int(batch), x, y, seconds, clock), flush=True)


main()
