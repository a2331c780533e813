"""Prints what of a PyTorch network differs after it was counted: nothing should."""

from __future__ import annotations

import sys

import torch
from torch import nn
from torch.nn.modules import module as hooks
from torch.utils._python_dispatch import _get_current_dispatch_mode_stack

from backprove.oracle.count_torch import count_network
from backprove.oracle.refused import Refused


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.norm, self.drop = nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout()
        self.frozen = nn.BatchNorm1d(4).eval()
        self.fails = False

    def forward(self, x):
        y = self.drop(self.frozen(self.norm(self.a(x))))
        if self.fails:
            raise ValueError("no thanks")
        return y


def state(net: Net) -> dict[str, object]:
    hooked = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
    return {
        "values": {k: v.clone().tolist() for k, v in net.state_dict().items()},
        "flags": {n: m.training for n, m in net.named_modules()},
        "hooks": [len(getattr(m, h)) for m in net.modules() for h in hooked],
        "attributes": {n: sorted(vars(m)) for n, m in net.named_modules()},
        "gradients": {
            n: None if p.grad is None else p.grad.tolist() for n, p in net.named_parameters()
        },
        "needs": [p.requires_grad for p in net.parameters()],
        "globals": [len(hooks._global_forward_hooks), len(hooks._global_forward_pre_hooks)],
        "modes": len(_get_current_dispatch_mode_stack()),
        "random": torch.random.get_rng_state().tolist(),
        "grad mode": torch.is_grad_enabled(),
    }


def main() -> None:
    net, x = Net(), torch.randn(8, 4)
    net(x).sum().backward()
    for fails in (False, True):
        net.fails = fails
        for enabled in (True, False):
            with torch.set_grad_enabled(enabled):
                before = state(net)
                try:
                    found = count_network(net, [x], tool="ptflops")
                    macs = sum(o["mac"] for o in found["operations"] if o["pass"] == "forward")
                    print("macs", macs)
                except Refused as error:
                    print("refused", error.stage)
                after = state(net)
                print("differs", [k for k in before if before[k] != after[k]])


if __name__ == "__main__":
    sys.exit(main())
