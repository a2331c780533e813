"""Seconds an epoch for the course's network: ours, PyTorch and Paddle, one after the other.

The same work in each: 784-1500-500-10, LeakyReLU, cross-entropy, Adam 1e-3, float32, batches of 64
of 60,000 images in memory, two threads. Each framework has a process of its own. The first epoch,
with compiling and warming up, is not counted; the median of three is.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from backprove.oracle.client import installed
from backprove.tables import text_table

THREADS = "2"

START = """
import time, numpy as np
from backprove.data import load
data = load("mnist")
x = data.x.reshape(60000, 784)
y = data.y
def timed(epoch):
    for number in range(4):
        began = time.perf_counter()
        epoch(number)
        if number:
            print(time.perf_counter() - began, flush=True)
"""

OURS = """
from backprove import LeakyReLU, Linear, Model, Sequential
net = Sequential(Linear(784, 1500), LeakyReLU(), Linear(1500, 500), LeakyReLU(), Linear(500, 10))
model = Model(net, engine={engine!r}).prepare("adam", "cross_entropy")
timed(lambda number: model.fit((x, y), epochs=1, verbose=0))
"""

TORCH = """
import torch
torch.set_num_threads(2)
xs, ys = torch.tensor(x).float() / 255, torch.tensor(y).long()
net = torch.nn.Sequential(torch.nn.Linear(784, 1500), torch.nn.LeakyReLU(),
    torch.nn.Linear(1500, 500), torch.nn.LeakyReLU(), torch.nn.Linear(500, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused={fused})
loss = torch.nn.CrossEntropyLoss()
def epoch(number):
    order = torch.randperm(60000)
    for i in range(0, 60000, 64):
        rows = order[i:i + 64]
        optimizer.zero_grad()
        loss(net(xs[rows]), ys[rows]).backward()
        optimizer.step()
timed(epoch)
"""

PADDLE = """
import paddle
xs, ys = paddle.to_tensor(x.astype("float32") / 255), paddle.to_tensor(y.astype("int64"))
net = paddle.nn.Sequential(paddle.nn.Linear(784, 1500), paddle.nn.LeakyReLU(),
    paddle.nn.Linear(1500, 500), paddle.nn.LeakyReLU(), paddle.nn.Linear(500, 10))
optimizer = paddle.optimizer.Adam(1e-3, parameters=net.parameters())
loss = paddle.nn.CrossEntropyLoss()
def epoch(number):
    order = np.random.default_rng(number).permutation(60000)
    for i in range(0, 60000, 64):
        rows = paddle.to_tensor(order[i:i + 64])
        loss(net(xs[rows]), ys[rows]).backward()
        optimizer.step()
        optimizer.clear_grad()
timed(epoch)
"""


def main() -> None:
    """Time each in a process of its own."""
    programs = {
        "backprove, jax engine": OURS.format(engine="jax"),
        "backprove, numpy engine": OURS.format(engine="numpy"),
    }
    if installed("torch"):
        programs["PyTorch eager, Adam"] = TORCH.format(fused=False)
        programs["PyTorch eager, fused Adam"] = TORCH.format(fused=True)
    if installed("paddle"):
        programs["Paddle eager, Adam"] = PADDLE
    rows = [[name, *_measure(code)] for name, code in programs.items()]
    print(text_table(["who", "seconds an epoch", "fastest", "slowest"], rows, right=(1, 2, 3)))


def _measure(code: str) -> list[str]:
    variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(variables, THREADS)}
    found = subprocess.run(
        [sys.executable, "-c", START + code],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    times = [float(line) for line in found.stdout.split()]
    return [f"{t:.2f}" for t in (statistics.median(times), min(times), max(times))]
