"""How a process of autorecur's own ends: at once, though a baseline is still being fitted.

Python's own end would take the ground from under that thread, which is in compiled code and would
abort the process. A process of the user's waits for it instead: see `judge.references.settle`.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress

__all__ = ["prepare", "with_code"]

FITTING = "autorecur.judge.references"  # not imported here: `autorecur --help` answers at once

_code = 1  # unless the process comes as far as to know a better one


def prepare() -> None:
    """To be called first of all: whatever others do at exit is done before."""
    atexit.register(_leave)


def with_code(code: int) -> int:
    """The process is about to end with `code`."""
    global _code
    _code = code
    if (fitting := sys.modules.get(FITTING)) is not None:
        atexit.unregister(fitting.settle)
    return code


def _leave() -> None:
    fitting = sys.modules.get(FITTING)
    if fitting is None or all(each.name != fitting.THREAD for each in threading.enumerate()):
        return
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(_code)
