"""Prints what of a Paddle network differs after it was counted: nothing should."""

from __future__ import annotations

import sys

import paddle
from paddle import _C_ops, nn
from paddle.profiler import utils as profiling

from backprove.oracle.count_paddle import count_network
from backprove.oracle.refused import Refused


class Net(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.norm, self.drop = nn.Linear(4, 4), nn.BatchNorm1D(4), nn.Dropout()
        self.frozen = nn.BatchNorm1D(4)
        self.frozen.eval()
        self.fails = False

    def forward(self, x):
        y = self.drop(self.frozen(self.norm(self.a(x))))
        if self.fails:
            raise ValueError("no thanks")
        return y


def state(net: Net) -> dict[str, object]:
    hooked = ("_forward_pre_hooks", "_forward_post_hooks")
    layers = list(net.named_sublayers(include_self=True))
    return {
        "values": {k: v.numpy().tolist() for k, v in net.state_dict().items()},
        "flags": {n: layer.training for n, layer in layers},
        "hooks": [len(getattr(layer, h)) for _, layer in layers for h in hooked],
        "attributes": {n: sorted(vars(layer)) for n, layer in layers},
        "gradients": {
            n: None if p.grad is None else p.grad.numpy().tolist()
            for n, p in net.named_parameters()
        },
        "needs": [p.stop_gradient for p in net.parameters()],
        "functions": {n: id(getattr(_C_ops, n)) for n in dir(_C_ops)},
        "methods": {n: id(v) for n, v in vars(paddle.Tensor).items()},
        "tensor functions": {n: id(v) for n, v in vars(paddle.tensor).items()},
        "call": nn.Layer.__call__,
        "profiler": profiling._is_profiler_used,
        "next random": peek(),
        "grad mode": paddle.is_grad_enabled(),
    }


def peek() -> list[float]:
    """The numbers that would be drawn next, put back."""
    kept = paddle.get_rng_state()
    drawn = paddle.randn([3]).tolist()
    paddle.set_rng_state(kept)
    return drawn


def main() -> None:
    net, x = Net(), paddle.randn([8, 4])
    net(x).sum().backward()
    for fails in (False, True):
        net.fails = fails
        for enabled in (True, False):
            with paddle.set_grad_enabled(enabled):
                before = state(net)
                try:
                    found = count_network(net, [x], tool="paddle")
                    macs = sum(o["mac"] for o in found["operations"] if o["pass"] == "forward")
                    print("macs", macs)
                except Refused as error:
                    print("refused", error.stage)
                after = state(net)
                print("differs", [k for k in before if before[k] != after[k]])


if __name__ == "__main__":
    sys.exit(main())
