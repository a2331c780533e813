"""The rates of this machine, kept between runs in the user's cache folder.

There is a file for each engine and setting: processor, cores, thread variables and versions are
part of its name and are written in it. A file that is damaged, of another setting or of another
version is passed over and written anew; where nothing can be written, everything is timed again.
"""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import msgspec

from backprove.cost.machine.clock import BUSY, Sample, cores
from backprove.cost.machine.rates import Rates, parsed
from backprove.data._cache import folder
from backprove.errors import UsageError
from backprove.files import write_text

VERSION = 2
"""Raised when what is timed, or how, changes."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "XLA_FLAGS")


class Kept(msgspec.Struct):
    """The file: of each call the seconds, the least and the median, and when it was timed."""

    setting: dict[str, str]
    timed: dict[str, tuple[float, float, str]]


class Loaded(NamedTuple):
    """What was timed earlier, and when ("2026-05-01 14:03"), by the text of a call."""

    timed: dict[str, Sample]
    when: dict[str, str]


NOTHING = Loaded({}, {})


def setting(engine: str) -> dict[str, str]:
    """What the rates depend on."""
    found = {
        "version": str(VERSION),
        "engine": engine,
        "processor": processor(),
        "cores": str(cores()),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in ("numpy", "scipy", "jax", "jaxlib")},
    }
    return found | {name: os.environ[name] for name in THREADS if name in os.environ}


def load(engine: str) -> Loaded:
    """What was timed in this setting; empty if there is nothing to be read."""
    path = place(engine)
    if path is None:
        return NOTHING
    with suppress(OSError, ValueError, msgspec.DecodeError):
        kept = msgspec.json.decode(path.read_bytes(), type=Kept)
        found = {text: Sample(*times[:2]) for text, times in kept.timed.items()}
        right = all(parsed(text) and 0 < one.best <= one.median for text, one in found.items())
        if right and kept.setting == setting(engine):
            return Loaded(found, {text: one[2] for text, one in kept.timed.items()})
    return NOTHING


def save(engine: str, rates: Rates, when: dict[str, str]) -> None:
    """Keep what was timed while the machine was quiet; what is not in `when` was timed now."""
    path, now = place(engine), f"{datetime.now():%Y-%m-%d %H:%M}"
    trusted = [(text, one) for text, one in rates.timed.items() if one.spread <= BUSY]
    quiet = {text: (one.best, one.median, when.get(text, now)) for text, one in trusted}
    if path is None or not quiet:
        return
    text = msgspec.json.format(msgspec.json.encode(Kept(setting(engine), quiet))).decode()
    with suppress(UsageError):
        write_text(path, text)


def place(engine: str) -> Path | None:
    """The file of this setting; None if the machine offers no place for it."""
    chosen = folder()
    key = sha256(repr(sorted(setting(engine).items())).encode()).hexdigest()[:12]
    return None if chosen is None else chosen / f"rates-{engine}-{key}.json"


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
