"""The progress in a notebook: the live region's lines in the cell that called, updated in place.

A notebook is where IPython runs inside a kernel. IPython is there then, and is needed nowhere else.
"""

from __future__ import annotations

import contextlib
import contextvars
import html
import importlib
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any

from autorecur.progress import REFRESH_PER_SECOND, Progress
from autorecur.region import WIDTH, Moving, lines
from autorecur.search.events import Event

__all__ = ["CellProgress", "in_notebook"]


def in_notebook() -> bool:
    """Whether a notebook's cell is what called: a terminal's IPython has no kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


class CellProgress(Progress):
    """At most five lines below the cell, redrawn at most four times a second.

    A thread of its own redraws them, so that the clock goes on between events and an event that
    comes close after another is seen too. It ends with the run: at its last event, or on the way
    out of the `with` statement.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._moving = Moving(clock)
        self._handle: Any = None
        self._shown = ""
        self._drawing = threading.Lock()
        self._over = threading.Event()
        self._redrawing: threading.Thread | None = None

    def __call__(self, event: Event) -> None:
        self._moving.take(event)
        if event.kind == "end":
            self._end()
        elif self._redrawing is None:
            self._draw()  # from here, so that it stands below the cell that called
            # Where the cell is, IPython keeps in a variable of the context.
            asked = contextvars.copy_context().run
            self._redrawing = threading.Thread(target=asked, args=(self._redraw,), daemon=True)
            self._redrawing.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _redraw(self) -> None:
        while not self._over.wait(1 / REFRESH_PER_SECOND):
            self._draw()

    def _end(self) -> None:
        """What came last is seen, and nothing moves any more."""
        if self._redrawing is not None and not self._over.is_set():
            self._over.set()
            self._redrawing.join(1.0)
            self._draw()

    def _draw(self) -> None:
        """Put the lines below the cell, where they are others than those that stand there."""
        with self._drawing, contextlib.suppress(Exception):  # it costs the display alone
            text = "\n".join(lines(self._moving.state(), WIDTH - 1, datetime.now()))
            if text != self._shown:
                self._shown = text
                self._show()

    def _show(self) -> None:
        if self._handle is None:
            # Not a library of ours: it is there because the caller runs in it.
            display = importlib.import_module("IPython.display").display
            self._handle = display(self, display_id=True)
        else:
            self._handle.update(self)

    def _repr_mimebundle_(self, **asked: object) -> dict[str, str]:
        return {"text/plain": self._shown, "text/html": f"<pre>{html.escape(self._shown)}</pre>"}
