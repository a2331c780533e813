"""Memory of PyTorch networks: what `cost` says beside what PyTorch's profiler and hooks find.

Peak: of forward, loss and backward, from the profiler's allocations, with parameters, two Adam
moments and the batch. Kept: the bytes that autograd's saved-tensor hooks see, without parameters.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from backprove.cost.frameworks import cost_of_file
from backprove.tables import text_table

SHAPES = {
    "course": "512,784",
    "layer_norm": "2048,64",
    "batch_norm_dropout": "2048,64",
    "smooth": "2048,64",
    "residual": "2048,64",
    "convolution": "64,3,16,16",
}

NETWORKS = """
from torch import nn

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(64, 256), nn.Linear(256, 10)
        self.body = nn.Sequential(nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 256))

    def forward(self, x):
        x = self.first(x)
        return self.last(x + self.body(x))

residual = Block

def course():
    return nn.Sequential(nn.Linear(784, 1500), nn.LeakyReLU(), nn.Linear(1500, 500),
                         nn.LeakyReLU(), nn.Linear(500, 10))

def layer_norm():
    return nn.Sequential(nn.Linear(64, 512), nn.LayerNorm(512), nn.ReLU(), nn.Linear(512, 10))

def batch_norm_dropout():
    return nn.Sequential(nn.Linear(64, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Dropout(0.5),
                         nn.Linear(512, 10))

def smooth():
    return nn.Sequential(nn.Linear(64, 512), nn.GELU(), nn.Linear(512, 512), nn.Tanh(),
                         nn.Linear(512, 10))

def convolution():
    return nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(),
                         nn.Linear(32 * 64, 10))
"""

MEASURE = """
import itertools, json, sys
import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.profiler import ProfilerActivity, profile
import networks

for name, shape in json.loads(sys.argv[1]).items():
    net = getattr(networks, name)()
    x = torch.randn([int(n) for n in shape.split(",")])
    labels = torch.randint(0, 10, (len(x),))
    loss = lambda: torch.nn.functional.cross_entropy(net(x), labels)
    loss().backward()
    net.zero_grad(set_to_none=True)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found:
        loss().backward()
    events = [e for e in found.profiler.kineto_results.events() if e.name() == "[memory]"]
    changes = [e.nbytes() for e in sorted(events, key=lambda e: e.start_ns())]
    given = 4 * (3 * sum(p.numel() for p in net.parameters()) + x.numel())
    owned, kept = {p.untyped_storage().data_ptr() for p in net.parameters()}, {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in owned:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        held = loss()
    print(json.dumps([name, given + max(itertools.accumulate(changes)), sum(kept.values())]))
"""


def main() -> None:
    """One network a row; sizes in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "networks.py"
        file.write_text(NETWORKS, encoding="utf-8")
        found = subprocess.run(
            [sys.executable, "-c", MEASURE, json.dumps(SHAPES)],
            capture_output=True,
            text=True,
            check=True,
            cwd=folder,
        )
        lines = [json.loads(one) for one in found.stdout.splitlines() if one.startswith("[")]
        rows = [_row(file, *line) for line in lines]
    headings = ["network", "input", "kept", "measured", "ratio", "peak", "measured", "ratio"]
    print(text_table(headings, rows, right=(2, 3, 4, 5, 6, 7)))


def _row(file: Path, name: str, peak: int, kept: int) -> list[str]:
    target = f"{file}::{name}"
    result = cost_of_file(target, SHAPES[name], optimizer="adam", loss="cross_entropy")
    memory = result.totals["memory"]
    cells = [name, SHAPES[name]]
    for said, measured in ((memory["saved"], kept), (memory["peak"], peak)):
        cells += [f"{said / 2**20:.2f}", f"{measured / 2**20:.2f}", f"{said / measured:.3f}"]
    return cells
