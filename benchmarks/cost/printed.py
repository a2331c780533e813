"""What counters print for the networks of tests/cost/printed.toml, measured once more.

`python -m benchmarks cost-printed [NETWORK ...]` asks every counter again, each in a process of its
own as `cost` does, says what differs from the file and writes the file with what was found. To add
a network, write its place and input into the file.
"""

from __future__ import annotations

import re
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.cost.vectors import HERE

from backprove.cost.frameworks.inputs import parse
from backprove.files import write_text
from benchmarks.cost.places import Place
from benchmarks.cost.process import ask
from benchmarks.speed.places import THREADS

FILE = HERE / "printed.toml"
HEAD = """\
# What counters print for the networks of `networks`: [amount, parameters] of the forward pass.
# [] where the counter raises. Measured with the versions below, each counter called as its
# documentation shows; ptflops with one floating input gets the shape of one sample.
# paddle.flops with `int(tensor)` repaired, which raises beside NumPy 2.4 and newer.
# `python -m benchmarks cost-printed` measures all of it again and writes this file;
# `make .venv-cost-peers/done` installs the counters.
"""
COUNTERS = {
    "torch": {
        "thop": (Place("thop", "thop"), "mac"),
        "ptflops": (Place("ptflops", "ptflops_shape"), "mac"),
        "calflops": (Place("calflops", "calflops"), "flop"),
        "fvcore": (Place("fvcore", "fvcore"), "mac"),
    },
    "paddle": {"paddle": (Place("paddle", "paddle_repaired", "paddle", own_python=True), "mac")},
}
"""The counters of each library's networks, and which of their numbers they print as the amount."""
SHOWN = {"thop", "ptflops", "calflops", "fvcore", "torch", "paddlepaddle", "numpy"}
Network = dict[str, Any]


def main() -> None:
    """All networks, or those whose names are given."""
    recorded = tomllib.loads(FILE.read_text(encoding="utf-8"))
    wanted = sys.argv[2:]
    names = [name_of(one) for one in recorded["network"]]
    for name in wanted:
        if name not in names:
            sys.exit(f"unknown network {name!r}: known are {', '.join(dict.fromkeys(names))}")
    versions = dict(recorded.get("versions", {}))
    found = []
    for i, one in enumerate(recorded["network"]):
        if wanted and name_of(one) not in wanted:
            found.append(one)
            continue
        print(f"{i + 1} of {len(names)}: {one['place']}", file=sys.stderr, flush=True)
        found.append(measured(one, versions))
    changes = [line for a, b in zip(recorded["network"], found, strict=True) for line in said(a, b)]
    write_text(FILE, written(found, versions))
    print("\n".join(changes) or "every number is as it was recorded")


def name_of(one: Network) -> str:
    """The network's name in its file."""
    return str(one["place"].partition("::")[2])


def measured(one: Network, versions: dict[str, str]) -> Network:
    """The entry with what its counters print now; their versions are put into `versions`."""
    file = HERE / "networks" / one["place"].partition("::")[0]
    counters = COUNTERS["paddle" if "paddle" in file.name else "torch"]
    given = parse(one["input"])[0]
    with ThreadPoolExecutor(int(THREADS)) as pool:
        asked = {
            tool: pool.submit(ask, place, file, name_of(one), given)
            for tool, (place, _) in counters.items()
        }
    entry = {k: one[k] for k in ("place", "input")}
    for tool, (_, kind) in counters.items():
        answer = asked[tool].result()
        if "absent" in answer:
            sys.exit(f"{answer['absent']} is not installed")
        versions |= {k: v for k, v in answer.get("versions", {}).items() if k in SHOWN}
        entry[tool] = [int(answer[kind]), answer["parameters"]] if kind in answer else []
    return entry


def said(before: Network, after: Network) -> list[str]:
    """A line for each number that is another one now."""
    return [
        f"{after['place']}, {tool}: recorded {before.get(tool)}, found {numbers}"
        for tool, numbers in after.items()
        if before.get(tool) != numbers
    ]


def written(found: list[Network], versions: dict[str, str]) -> str:
    """The file's text."""
    parts = [HEAD, "[versions]"]
    parts += [f'{name} = "{re.split("[-+]", versions[name])[0]}"' for name in versions]
    for one in found:
        parts += ["", "[[network]]", f'place = "{one["place"]}"', f'input = "{one["input"]}"']
        parts += [f"{k} = {v}" for k, v in one.items() if k not in ("place", "input")]
    return "\n".join(parts) + "\n"
