"""What a training has freed goes back to the system.

Compiling takes hundreds of megabytes for a moment, in pieces between others that stay; glibc keeps
such pages for later, and a worker would seem to grow with every program that it ever compiled.
"""

from __future__ import annotations

import ctypes
import gc
from functools import cache
from typing import Any

__all__ = ["give_back", "settle"]


def settle() -> None:
    """What is there by now, modules above all, will stay: no collection need look at it again."""
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Hand free pages back, where the C library can: milliseconds, as measured."""
    if trim := _trim():
        trim(0)


@cache
def _trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # not glibc
        return None
