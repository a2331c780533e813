"""Prints what FlopCounterMode counts: `python flops_torch.py NETWORKS [NAME, INPUTS] ...` as JSON.

For each network the forward pass alone, and forward with the gradients of the parameters.
"""

from __future__ import annotations

import importlib.util
import json
import sys

import torch
from torch.utils.flop_counter import FlopCounterMode


def counted(make, inputs) -> list[int]:
    net = make()
    values = [torch.ones(i["shape"], dtype=getattr(torch, i["dtype"])) for i in inputs]
    with FlopCounterMode(display=False) as mode:
        out = net(*values)
        forward = mode.get_total_flops()
        out = out[0] if isinstance(out, tuple) else out
        trained = list(net.parameters())
        if trained:
            torch.autograd.grad(out, trained, torch.ones_like(out), allow_unused=True)
    return [forward, mode.get_total_flops()]


spec = importlib.util.spec_from_file_location("networks", sys.argv[1])
networks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(networks)
asked = json.loads(sys.argv[2])
print(json.dumps([counted(getattr(networks, name), inputs) for name, inputs in asked]))
