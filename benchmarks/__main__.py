"""Run one benchmark by its name, or all of them."""

from __future__ import annotations

import sys

from backprove.cli.versions import versions
from benchmarks import accuracy, memory, speed

ALL = {"accuracy": accuracy.main, "memory": memory.main, "speed": speed.main}


def main() -> None:
    """Print the versions, then each benchmark's table."""
    names = sys.argv[1:] or list(ALL)
    for name in names:
        if name not in ALL:
            sys.exit(f"unknown benchmark {name!r}: known are {', '.join(ALL)}")
    print(versions().replace("\n", ", "))
    for name in names:
        print(f"\n{name}")
        ALL[name]()


main()
