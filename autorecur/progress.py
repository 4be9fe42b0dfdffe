"""A listener that shows the search: a live region on a terminal, one line a training elsewhere.

The bar is time, so it only ever grows and never passes its end. Nothing here may end a run: a
closed stream or a poor encoding costs the display, not the trainings.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from autorecur.region import BARS, WIDTH, Moving, asked, line, lines, noted
from autorecur.search.events import Event

__all__ = ["REFRESH_PER_SECOND", "Progress", "listener"]

REFRESH_PER_SECOND = 4
# What a stream that lacks these signs gets instead.
PLAIN = str.maketrans({"→": "->", "×": "x"})


class Progress:
    """Takes events and shows nothing; also the interface of those that do."""

    told: frozenset[str] = frozenset()  # the notes that stay where they were shown

    def __call__(self, event: Event) -> None:
        """Take note of `event`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the display."""


def listener(stream: TextIO | None = None, quiet: bool = False) -> Progress:
    """The display that suits `stream` (standard error unless told)."""
    stream = sys.stderr if stream is None else stream
    if quiet:
        return Progress()
    return LiveProgress(stream) if _can_redraw(stream) else LineProgress(stream)


def _can_redraw(stream: TextIO) -> bool:
    """Whether `stream` is a terminal that moves its cursor and has the signs of the bar."""
    try:
        signs = _has(f"{BARS}░→×↓↑", getattr(stream, "encoding", None) or "ascii")
        return signs and stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    except (AttributeError, ValueError):
        return False


def _has(signs: str, encoding: str) -> bool:
    try:
        return bool(signs.encode(encoding))
    except (LookupError, UnicodeEncodeError):
        return False


class LineProgress(Progress):
    """One line a finished training, and the notes; for pipes and logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._open = True

    def __call__(self, event: Event) -> None:
        if event.kind == "training":
            self._write(line(event))
        elif event.kind == "table":
            self._write(asked(event))
        elif event.kind == "note" and event.text:
            self.told |= {event.text}
            self._write(noted(event))

    def _write(self, text: str) -> None:
        if not self._open:
            return
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        if not _has("→×↓↑", encoding):
            text = re.sub(r" +[↓↑]", "", text).translate(PLAIN)
        try:
            self._stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._open = False  # nobody listens any more


class LiveProgress(Progress):
    """At most five lines on a terminal, redrawn at most four times a second."""

    def __init__(
        self,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._moving, self._now = Moving(clock), now
        self._console = Console(file=stream, force_terminal=True, highlight=False, emoji=False)
        # Standard output may be a pipe that someone parses: never redirected into the region.
        self._live = Live(
            console=self._console,
            get_renderable=self._draw,
            refresh_per_second=REFRESH_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=stream is sys.stderr,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __call__(self, event: Event) -> None:
        self._moving.take(event)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._live.stop()

    def _draw(self) -> Text:
        width = max(20, min(WIDTH, self._console.width) - 1)
        text = "\n".join(lines(self._moving.state(), width, self._now()))
        return Text(text, no_wrap=True, overflow="ellipsis")
