"""Compiled programs kept between processes, so that a second training starts at once.

JAX finds a compiled program again by a digest of all that went into it. It writes such files in
place, so a process that is killed may leave half of one. Here every process works in a folder of
its own, seeded with the files of `BACKPROVE_CACHE`/jax (or the platform's cache folder), and what
it adds is renamed into that folder when it ends. Where nothing can be written, or the user has
chosen a folder with JAX_COMPILATION_CACHE_DIR, this does nothing.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import platform
import shutil
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import jax

from backprove.data._cache import folder
from backprove.errors import UsageError
from backprove.files import replacing

MOST = 200
"""How many compiled programs are kept, the newest ones."""

SHORTEST = 0.1
"""Seconds of compiling from which on a program is kept."""

_CONFIG: Any = jax.config
_OWN = "own-"
_STALE_SECONDS = 7 * 24 * 3600


@cache
def keep_compiled() -> Path | None:
    """Let this process find and keep compiled programs. Says in which folder, or None."""
    place, config = folder(), _CONFIG
    if place is None or config.jax_compilation_cache_dir:
        return None
    shared = place / "jax" / machine()
    try:
        shared.mkdir(parents=True, exist_ok=True)
        own = Path(tempfile.mkdtemp(prefix=f"{_prefix()}{os.getpid()}-", dir=shared))
    except OSError:
        return None
    for file in shared.glob("*-cache"):
        with suppress(OSError):
            _link(file, own / file.name)
    config.update("jax_compilation_cache_dir", str(own))
    config.update("jax_persistent_cache_enable_xla_caches", "none")
    config.update("jax_persistent_cache_min_compile_time_secs", SHORTEST)
    atexit.register(publish, own, shared)
    return shared


def publish(own: Path, shared: Path) -> None:
    """Move what a process added into the shared folder, and remove what is old."""
    with suppress(OSError, UsageError):
        for file in own.glob("*-cache"):
            if not (shared / file.name).exists():
                with replacing(shared / file.name) as stream:
                    stream.write(file.read_bytes())
        kept = sorted(shared.glob("*-cache"), key=lambda file: file.stat().st_mtime)
        for file in kept[:-MOST]:
            file.unlink(missing_ok=True)
        for left in shared.glob(f"{_OWN}*"):
            if _is_left(left):
                shutil.rmtree(left, ignore_errors=True)
    shutil.rmtree(own, ignore_errors=True)


def _prefix() -> str:
    """How the folders of this computer's processes begin."""
    return f"{_OWN}{hashlib.sha256(platform.node().encode()).hexdigest()[:8]}-"


def _is_left(folder: Path) -> bool:
    """Whether the process that a folder belonged to is gone."""
    if time.time() - folder.stat().st_mtime > _STALE_SECONDS:
        return True
    if os.name != "posix" or not folder.name.startswith(_prefix()):
        return False
    number = int(folder.name.removeprefix(_prefix()).partition("-")[0])
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def machine() -> str:
    """A name for this kind of processor and this JAX: compiled programs serve no other."""
    found = hashlib.sha256(f"{jax.__version__} {platform.machine()} {platform.system()}".encode())
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
        found.update(flags.encode())
    return found.hexdigest()[:16]


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
