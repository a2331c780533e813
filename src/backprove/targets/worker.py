"""A process for a learner's code: `python -m backprove.targets.worker LIBRARY TRACE MEMORY`.

Requests come on the standard input and answers go out on the standard output; both are moved out
of the way first, so that what the learner's code prints goes to the standard error and what it
reads is empty. TRACE is a file that receives the stack when the process dies or is about to be
stopped. MEMORY is the most address space in bytes, 0 for any.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from backprove.errors import BackproveError
from backprove.messages import choose_language
from backprove.oracle import wire

Send = Callable[[dict[str, Any]], None]


def main() -> None:
    """Set the process up, say that it is ready, and answer until the input ends."""
    library, trace, memory = sys.argv[1], sys.argv[2], int(sys.argv[3])
    source, sink = _streams()
    threading.Thread(target=_leave_with_parent, args=(os.getppid(),), daemon=True).start()
    from backprove.targets.session import Session

    session = Session(library)
    with Path(trace).open("w") as stack:
        faulthandler.enable(stack, all_threads=False)
        if hasattr(signal, "SIGUSR1"):
            faulthandler.register(signal.SIGUSR1, stack, all_threads=True)
        _limit(memory)
        serve(session, source, sink)
    sink.flush()
    os._exit(0)


def serve(session: Any, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests. Every answer ends with a message that has "done"."""

    def send(message: dict[str, Any]) -> None:
        wire.send(sink, message)

    send({"done": True, "version": session.version})
    while (request := wire.receive(source)) is not None:
        choose_language(request.pop("language", "auto"))
        do = request.pop("do")
        try:
            send({"done": True, **getattr(session, do)(send, **request)})
        except BackproveError as error:
            refused = {"template": error.template, "parameters": error.parameters}
            send({"done": True, "refused": refused})
        except BaseException as error:
            send({"done": True, "stopped": session.stopped(error).packed()})


def _streams() -> tuple[BinaryIO, BinaryIO]:
    """Private copies of standard input and output; the public ones are empty and stderr."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.argv = sys.argv[:1]
    return source, sink


def _limit(memory: int) -> None:
    """No core files, and no more address space than that."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _leave_with_parent(parent: int) -> None:
    """End when the process that asks is gone, whatever the learner's code is doing."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


if __name__ == "__main__":
    main()
