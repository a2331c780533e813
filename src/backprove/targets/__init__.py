"""What can be checked, and running it on trials in a process of its own.

    from backprove.targets import Sandbox, Trial, find

    target = find("chapter4.ipynb::LeakyReLU", {"negative_slope": 0.1})
    with Sandbox(target) as box:
        box.facts                       # inputs, parameters, spelling, source line of backward ...
        outcomes = box.run([Trial(inputs=(x,), dy=dy)])

A target is one of ours ("leaky_relu"), a class, function or pair of functions in a file
("FILE.py::Class", "FILE.ipynb::Class", "FILE.py::forward,backward"), or a framework's operator
("paddle:nn.functional.silu"). Whatever a learner's code does (raise, exit, crash, run for ever,
print megabytes) is the outcome of the trial that it happened in; the next trial runs in a fresh
process.
"""

from backprove.targets.given import parse_given
from backprove.targets.local import Local
from backprove.targets.place import Target, find
from backprove.targets.sandbox import Sandbox, TargetError
from backprove.targets.sentences import sentence
from backprove.targets.trial import Outcome, Trial

__all__ = [
    "Local",
    "Outcome",
    "Sandbox",
    "Target",
    "TargetError",
    "Trial",
    "find",
    "parse_given",
    "sentence",
]
