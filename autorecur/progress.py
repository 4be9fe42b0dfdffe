"""A listener that shows the search: a live region on a terminal, one line a training elsewhere.

The bar is time, so it only ever grows and never passes its end. Nothing here may end a run: a
closed stream or a poor encoding costs the display, not the trainings.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from autorecur.report import words
from autorecur.search.events import Event

__all__ = ["Progress", "listener"]

REFRESH_PER_SECOND = 4
WIDTH = 80


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
        "█░→×".encode(getattr(stream, "encoding", None) or "ascii")
        return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    except (AttributeError, LookupError, ValueError):
        return False


# ---- one line a training


def line(event: Event) -> str:
    """A finished training in one line.

    >>> line(Event("training", 221.0, done=14, expected=31, rung=1, title="LSTM 2 × 64", seed=8,
    ...            score=41.6, metric="mae", status="promoted", training_seconds=27.1))
    '[03:41] 14/~31  rung 1  LSTM 2x64 seed 8  MAE 41.6  27 s  promoted'
    """
    minutes, seconds = divmod(int(max(0.0, event.seconds)), 60)
    where = f"rung {event.rung}" if event.rung is not None else event.stage
    title = (event.title or "").replace(" × ", "x")
    seed = "" if event.seed is None else f" seed {event.seed}"
    score = (
        ""
        if event.score is None
        else f"{words.metric_name(event.metric)} {_stated(event.score, event.metric)}"
    )
    took = "" if event.training_seconds is None else words.duration(event.training_seconds)
    done = f"{event.done}/~{event.expected}" if event.expected else str(event.done)
    parts = (
        f"[{minutes:02d}:{seconds:02d}] {done}",
        where,
        title + seed,
        score.strip(),
        took,
        event.status or "",
        event.text,
    )
    return "  ".join(words.clean(part) for part in parts if part)


def _stated(score: float, metric: str | None) -> str:
    """A score without its unit; shares of right answers in per cent.

    >>> _stated(0.876, "accuracy"), _stated(2.361, "bits")
    ('87.6 %', '2.36')
    """
    text = words.score(score, metric or "")
    return f"{text} %" if metric in words.SHARES else text


class LineProgress(Progress):
    """One line a finished training, and the notes; for pipes and logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._open = True

    def __call__(self, event: Event) -> None:
        if event.kind == "training":
            self._write(line(event))
        elif event.kind == "note" and event.text:
            self.told |= {event.text}
            minutes, seconds = divmod(int(max(0.0, event.seconds)), 60)
            self._write(
                f"[{minutes:02d}:{seconds:02d}] {words.clean(event.text, words.SENTENCE_LIMIT)}"
            )

    def _write(self, text: str) -> None:
        if not self._open:
            return
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            self._stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._open = False  # nobody listens any more


# ---- the live region


@dataclass(frozen=True)
class State:
    """What the live region shows; a pure function of the events and the clock."""

    stage: str = "starting"
    rung: int | None = None
    done: int = 0
    expected: int | None = None
    limit_seconds: float | None = None
    part: float = 0.0  # of the bar that is full; only ever grows
    seconds: float = 0.0
    now: str = ""
    note: str = ""
    best: tuple[tuple[str, float], ...] = ()
    metric: str = ""

    def after(self, event: Event) -> State:
        """The state once `event` has happened."""
        changes: dict[str, object] = {"limit_seconds": event.limit_seconds or self.limit_seconds}
        if event.stage:
            changes |= {"stage": event.stage, "rung": event.rung}
        elif event.rung is not None:
            changes["rung"] = event.rung
        if event.kind == "training":
            changes["now"] = "  ".join(line(event).split("  ")[1:])
        if event.kind in ("note", "stage") and event.text:
            changes["note"] = event.text
        if event.best:
            changes["best"] = tuple(event.best.items())
        changes |= {
            "done": max(self.done, event.done),
            "expected": event.expected or self.expected,
            "metric": event.metric or self.metric,
        }
        return replace(self, **changes).at(event.seconds)  # type: ignore[arg-type]

    def at(self, seconds: float) -> State:
        """The state when the clock has moved on to `seconds`.

        >>> State(limit_seconds=10.0).at(12.0).at(3.0).part
        1.0
        """
        seconds = max(self.seconds, seconds)
        if self.limit_seconds:
            part = seconds / self.limit_seconds
        else:
            part = self.done / self.expected if self.expected else 0.0
        return replace(self, seconds=seconds, part=max(self.part, min(1.0, part)))


def lines(state: State, width: int, now: datetime) -> tuple[str, ...]:
    """The region's lines, none wider than `width`; `now` tells when the budget ends."""
    rung = f"   rung {state.rung}" if state.rung is not None else ""
    of = f" of about {max(state.expected, state.done)}" if state.expected else ""
    head = f"{state.stage}{rung}   training {state.done}{of}"
    if state.limit_seconds:
        spent = min(state.seconds, state.limit_seconds)
        ends = (now + timedelta(seconds=state.limit_seconds - spent)).strftime("%H:%M")
        text = f"{words.clock(spent)} of {words.clock(state.limit_seconds)}  ends by {ends}"
    else:
        text = words.clock(state.seconds)
    room = max(4, width - len("budget   ") - len(text) - 2)
    full = int(room * state.part)
    bar = f"budget   {'█' * full}{'░' * (room - full)}  {text}"
    best = "   ".join(f"{name} {_stated(score, state.metric)}" for name, score in state.best)
    named = (
        f"best     {best}   ({words.metric_name(state.metric) or 'score'} within a rung)"
        if best
        else ""
    )
    shown = (
        head,
        bar,
        f"now      {state.now}" if state.now else "",
        named,
        f"note     {state.note}" if state.note else "",
    )
    return tuple(words.clean(text, width) for text in shown if text)


class LiveProgress(Progress):
    """At most five lines on a terminal, redrawn at most four times a second."""

    def __init__(
        self,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._state = State()
        self._clock, self._now = clock, now
        self._offset: float | None = None  # this clock's reading when the run began
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
        self._offset = self._clock() - event.seconds
        self._state = self._state.after(event)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._live.stop()

    def _draw(self) -> Text:
        if self._offset is not None:
            self._state = self._state.at(self._clock() - self._offset)
        width = max(20, min(WIDTH, self._console.width) - 1)
        text = "\n".join(lines(self._state, width, self._now()))
        return Text(text, no_wrap=True, overflow="ellipsis")
