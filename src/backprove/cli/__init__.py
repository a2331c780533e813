"""The command `backprove`: one verb a file. This file turns errors into exit codes.

Exit codes: 0 fine; 1 a threshold was missed, training met NaN or infinity, or something was
found; 2 a wrong call or an error.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence

from backprove.errors import BackproveError, DivergenceError
from backprove.messages import LANGUAGES, choose_language, render

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What a system says when there is no room to write."""

INTERRUPTED = 130
"""The exit code that the command framework gives to Ctrl-C, as shells do."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(run(words))


def run(words: list[str]) -> int:
    """Run the command and give its exit code."""
    _choose_language(words)
    try:
        from backprove.cli.app import app

        code = app(words, prog_name="backprove", standalone_mode=False)
        if code == INTERRUPTED:
            print(render("stopped by Ctrl-C"), file=sys.stderr)
        return code if isinstance(code, int) else 0
    except DivergenceError as error:
        _complain(str(error))
        return 1
    except BackproveError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        print(render("stopped by Ctrl-C"), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return _complain(render("the disk is full: free some space, or write to another one"))
        if hasattr(error, "format_message"):
            return _complain(error.format_message())
        if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
            return _complain(render("not enough memory: choose smaller layers or batches"))
        traceback.print_exc()
        return _complain(render("this is a fault of backprove: report it with the lines above"))


def _complain(message: str) -> int:
    print(f"{render('error')}: {message}", file=sys.stderr)
    return 2


def _choose_language(words: list[str]) -> None:
    """`--lang` works before and after the verb, and must be known before any help is written."""
    for i, word in enumerate(words):
        name, _, value = word.partition("=")
        if name != "--lang":
            continue
        value = value or (words[i + 1] if i + 1 < len(words) else "")
        if value in (*LANGUAGES, "auto"):
            choose_language(value)
            del words[i : i + (1 if "=" in word else 2)]
        return
