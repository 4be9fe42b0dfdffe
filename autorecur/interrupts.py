"""Ctrl-C and SIGTERM: taken where a run can be ended with what it has, and kept until then.

Raised just anywhere, an interrupt would leave a stage half entered or the report half written. So
it is raised in `taken` blocks alone; one that comes between them waits for the next. A second one
is raised at once: whoever asks twice does not want to wait for a report.

Python drops what is raised within a destructor or a callback of its garbage collector (JAX has
one of these), and an interrupt may come just there: it is raised once more when that is over.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType, TracebackType
from typing import Any, Self

__all__ = ["Interrupts"]

# What Python does with them by itself; a handler of somebody else's is left alone.
_USUAL: dict[signal.Signals, Callable[..., Any] | signal.Handlers] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}
# After which what was dropped is raised once more; a callback is over sooner.
_ONCE_MORE_SECONDS = 0.02


class Interrupts:
    """A context manager around what may be interrupted; only the main thread gets signals."""

    def __init__(self) -> None:
        self.asked = False
        self._taking = False
        self._number = int(signal.SIGINT)  # of the one that came last
        self._later: threading.Timer | None = None  # raises once more what Python dropped
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number, usual in _USUAL.items():
                if signal.getsignal(number) == usual:
                    self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._not_later()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _ask(self, number: int, frame: FrameType | None) -> None:
        again = self.asked and self._later is None
        self.asked, self._number = True, number
        self._not_later()
        if self._taking or again:
            self._taking = False
            raise KeyboardInterrupt

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A block that an interrupt may end, by a KeyboardInterrupt; at once if one has come."""
        if self.asked:
            raise KeyboardInterrupt
        self._taking = True
        hook, sys.unraisablehook = sys.unraisablehook, partial(self._dropped, sys.unraisablehook)
        try:
            yield
        except KeyboardInterrupt:
            self.asked = True  # where the handler is not ours, it is Python that has raised it
            raise
        finally:
            self._taking = False
            sys.unraisablehook = hook

    def _dropped(self, hook: Callable[[Any], Any], unraisable: Any) -> None:
        """In place of `hook`, Python's for what it cannot raise: an interrupt comes once more."""
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):
            hook(unraisable)
            return
        self._taking = True
        self._later = threading.Timer(
            _ONCE_MORE_SECONDS, _thread.interrupt_main, args=(self._number,)
        )
        self._later.daemon = True
        self._later.start()

    def _not_later(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
