"""The progress in a notebook: the live region's lines in the cell that called, updated in place.

A notebook is where IPython runs inside a kernel. IPython is there then, and is needed nowhere else.
"""

from __future__ import annotations

import contextlib
import html
import importlib
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from autorecur.progress import REFRESH_PER_SECOND, WIDTH, Progress, State, lines
from autorecur.search.events import Event

__all__ = ["CellProgress", "in_notebook"]


def in_notebook() -> bool:
    """Whether a notebook's cell is what called: a terminal's IPython has no kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


class CellProgress(Progress):
    """At most five lines below the cell, redrawn at most four times a second as events come."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._state, self._clock, self._drawn = State(), clock, float("-inf")
        self._handle: Any = None

    def __call__(self, event: Event) -> None:
        self._state = self._state.after(event)
        now = self._clock()
        if now - self._drawn < 1 / REFRESH_PER_SECOND and event.kind != "end":
            return
        self._drawn = now
        with contextlib.suppress(Exception):  # a display that fails costs the display alone
            self._show()

    def _show(self) -> None:
        if self._handle is None:
            # Not a library of ours: it is there because the caller runs in it.
            display = importlib.import_module("IPython.display").display
            self._handle = display(self, display_id=True)
        else:
            self._handle.update(self)

    def _repr_mimebundle_(self, **asked: object) -> dict[str, str]:
        text = "\n".join(lines(self._state, WIDTH - 1, datetime.now()))
        return {"text/plain": text, "text/html": f"<pre>{html.escape(text)}</pre>"}
