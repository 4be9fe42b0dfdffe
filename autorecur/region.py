"""What is said of a running search: a line for each event, or a few lines that move.

Pure functions of the events and of the clock; `progress` and `cells` put them where they are read.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from autorecur.nets.pulse import Pulse
from autorecur.report import words
from autorecur.search.events import Event, UnderWay

__all__ = ["WIDTH", "Moving", "State", "asked", "line", "lines", "noted"]

WIDTH = 80
NOTE_SECONDS = 5.0  # that a note is shown for, before what was trained last takes its line
LEAST_NAME = 8  # columns, for a table and its target to be named at all
BARS = "▁▂▃▄▅▆▇█"  # of scores, the lowest and the highest
NAMED = 2  # trainings under way that are told one by one
ARROWS = {"lower": "↓", "higher": "↑"}


# ---- one line an event


def line(event: Event) -> str:
    """A finished training in one line.

    >>> line(Event("training", 221.0, done=14, expected=31, rung=1, title="LSTM 2 × 64", seed=8,
    ...            score=41.6, metric="mae", better="lower", unit="MW", status="promoted",
    ...            training_seconds=27.1))
    '[03:41] 14/~31  rung 1  LSTM 2x64 seed 8  MAE 41.6 MW ↓  27 s  promoted'
    """
    where = f"rung {event.rung}" if event.rung is not None else event.stage
    title = (event.title or "").replace(" × ", "x")
    seed = "" if event.seed is None else f" seed {event.seed}"
    score = "" if event.score is None else _scored(event.score, event)
    took = "" if event.training_seconds is None else words.duration(event.training_seconds)
    done = f"{event.done}/~{event.expected}" if event.expected else str(event.done)
    parts = (
        f"{_clock(event)} {done}",
        where,
        title + seed,
        score,
        took,
        event.status or "",
        event.text,
    )
    return "  ".join(words.clean(part) for part in parts if part)


def _clock(event: Event) -> str:
    minutes, seconds = divmod(int(max(0.0, event.seconds)), 60)
    return f"[{minutes:02d}:{seconds:02d}]"


def _scored(score: float, event: Event) -> str:
    """A score with its metric, its unit and the way that is better."""
    unit = "" if event.metric in words.SHARES else _unit(event.metric, event.unit)
    name = words.metric_name(event.metric) if event.metric else ""
    parts = (name, _stated(score, event.metric), unit, ARROWS.get(event.better, ""))
    return " ".join(filter(None, parts))


def _unit(metric: str, unit: str) -> str:
    """
    >>> _unit("mae", "MW"), _unit("accuracy", ""), _unit("bits", "bits per character")
    ('MW', '%', '')
    """
    if metric in words.SHARES:
        return "%"
    return "" if metric == "bits" else words.cut(unit, 24)  # the name of bits says their unit


def noted(event: Event) -> str:
    """A note in one line."""
    return f"{_clock(event)} {words.clean(event.text, words.SENTENCE_LIMIT)}"


def asked(event: Event) -> str:
    """What is asked, and in what it is scored, once for all lines that follow.

    >>> asked(Event("table", 1.0, title="energy → load", seed=7, metric="mae", better="lower",
    ...             unit="MW"))
    '[00:01] energy → load, seed 7: MAE [MW], lower is better'
    """
    unit = _unit(event.metric, event.unit)
    name = words.metric_name(event.metric)
    scored = f"{name}{f' [{unit}]' if unit else ''}, {event.better} is better"
    table = words.clean(event.title or "", WIDTH)
    return f"{_clock(event)} {table}, seed {event.seed}: {words.clean(scored)}"


def _stated(score: float, metric: str | None) -> str:
    """A score without its unit; shares of right answers in per cent.

    >>> _stated(0.876, "accuracy"), _stated(2.361, "bits")
    ('87.6 %', '2.36')
    """
    text = words.score(score, metric or "")
    return f"{text} %" if metric in words.SHARES else text


# ---- lines that move


@dataclass(frozen=True)
class State:
    """What the live region shows; a pure function of the events and the clock."""

    table: str = ""
    seed: int | None = None
    stage: str = "starting"
    rung: int | None = None
    done: int = 0
    expected: int | None = None
    limit_seconds: float | None = None
    part: float = 0.0  # of the bar that is full; only ever grows
    seconds: float = 0.0
    now: tuple[UnderWay, ...] = ()
    last: str = ""  # training that was finished
    note: str = ""
    noted: float = 0.0  # seconds, when
    best: tuple[tuple[str, float], ...] = ()
    metric: str = ""
    better: str = ""
    unit: str = ""

    def after(self, event: Event) -> State:
        """The state once `event` has happened."""
        changes: dict[str, object] = {"limit_seconds": event.limit_seconds or self.limit_seconds}
        changes["now"] = event.under_way
        if event.kind == "table":
            changes |= {"table": event.title or "", "seed": event.seed}
        if event.stage:
            changes |= {"stage": event.stage, "rung": event.rung}
        elif event.rung is not None:
            changes["rung"] = event.rung
        if event.kind == "training":
            changes["last"] = "  ".join(line(event).split("  ")[1:])
        if event.kind in ("note", "stage") and event.text:
            changes |= {"note": event.text, "noted": event.seconds}
        if event.best:
            changes["best"] = tuple(event.best.items())
        changes |= {
            "done": max(self.done, event.done),
            "expected": event.expected or self.expected,
            "metric": event.metric or self.metric,
            "better": event.better or self.better,
            "unit": event.unit or self.unit,
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
    if state.limit_seconds:
        spent = min(state.seconds, state.limit_seconds)
        ends = (now + timedelta(seconds=state.limit_seconds - spent)).strftime("%H:%M")
        text = f"{words.clock(spent)} of {words.clock(state.limit_seconds)}  ends by {ends}"
    else:
        text = words.clock(state.seconds)
    room = max(4, width - len("budget   ") - len(text) - 2)
    full = int(room * state.part)
    shown = (
        _head(state, width),
        f"budget   {'█' * full}{'░' * (room - full)}  {text}",
        _now(state, width),
        _best(state),
        _latest(state),
    )
    return tuple(words.clean(text, width) for text in shown if text)


def _head(state: State, width: int) -> str:
    """The table and its target in the room that is left beside how far the run is."""
    rung = f"   rung {state.rung}" if state.rung is not None else ""
    of = f" of about {max(state.expected, state.done)}" if state.expected else ""
    head = f"{state.stage}{rung}   training {state.done}{of}"
    seed = "" if state.seed is None else f"   seed {state.seed}"
    room = width - len(head) - len(seed) - 3
    if not state.table or room < LEAST_NAME:
        return head if len(head) + len(seed) > width else head + seed
    return f"{words.clean(state.table, room)}   {head}{seed}"


def _now(state: State, width: int) -> str:
    """The trainings that are under way: as much of each as there is room for."""
    if not state.now:
        return ""
    more = [f"and {len(state.now) - NAMED} more"] if state.now[NAMED:] else []
    for way in (_whole, _shorter, _shortest):
        told = [way(each, state) for each in state.now[:NAMED]]
        said = f"now      {'   '.join((*told, *more))}"
        if len(said) <= width:
            break
    return said


def _whole(each: UnderWay, state: State) -> str:
    """A training that is under way, with all that it says of itself.

    >>> pulse = Pulse("7", 640, 1200, (47.0, 45.0, 44.1, 44.2, 44.6), 2)
    >>> _whole(UnderWay("GRU 1 × 8", 7, 1, 5.0, pulse=pulse), State(seconds=12.0))
    'GRU 1 × 8 seed 7  0:07  step 640 of 1200  44.6 █▃▁▁▂  no gain for 2'
    """
    if (pulse := each.pulse) is None:
        return _shortest(each, state)
    stale = f"no gain for {pulse.stale}" if pulse.stale else ""
    on = "beyond" if pulse.steps > pulse.of_steps else "of"  # it makes up for what its cell lacks
    how_far = f"step {pulse.steps} {on} {pulse.of_steps}" if pulse.of_steps else ""
    parts = (_shortest(each, state), how_far, _course(pulse, state), stale)
    return "  ".join(filter(None, parts))


def _shorter(each: UnderWay, state: State) -> str:
    """Where it is and where it is heading."""
    if (pulse := each.pulse) is None or not pulse.of_steps:
        return _shortest(each, state)
    done = f"{100 * min(1.0, pulse.steps / pulse.of_steps):.0f} %"
    return "  ".join(filter(None, (each.title, done, _course(pulse, state))))


def _shortest(each: UnderWay, state: State) -> str:
    return f"{each.title} seed {each.seed}  {words.clock(state.seconds - each.since_seconds)}"


def _course(pulse: Pulse, state: State) -> str:
    """The last score, and those before it as a line of bars."""
    if not pulse.scores:
        return ""
    low, high = min(pulse.scores), max(pulse.scores)
    heights = (round((len(BARS) - 1) * (s - low) / ((high - low) or 1.0)) for s in pulse.scores)
    bars = "".join(BARS[height] for height in heights)
    return f"{_stated(pulse.scores[-1], state.metric)} {bars if high > low else ''}".strip()


def _best(state: State) -> str:
    if not state.best:
        return ""
    best = "   ".join(f"{name} {_stated(score, state.metric)}" for name, score in state.best)
    name = words.metric_name(state.metric) or "score"
    unit = "" if state.metric in words.SHARES else _unit(state.metric, state.unit)
    told = (name, ARROWS.get(state.better, ""), f"[{unit}]" if unit else "")
    return f"best     {best}   ({' '.join(filter(None, told))} within a rung)"


def _latest(state: State) -> str:
    """A note while it is new, or else what was trained last."""
    if state.note and (not state.last or state.seconds < state.noted + NOTE_SECONDS):
        return f"note     {state.note}"
    return f"last     {state.last}" if state.last else ""


class Moving:
    """The state as events come, and as the clock goes on between them.

    Whoever draws does so in a thread of its own: no event may be lost to it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._state, self._clock = State(), clock
        self._offset: float | None = None  # this clock's reading when the run began
        self._lock = threading.Lock()

    def take(self, event: Event) -> None:
        with self._lock:
            self._offset = self._clock() - event.seconds
            self._state = self._state.after(event)

    def state(self) -> State:
        with self._lock:
            if self._offset is not None:
                self._state = self._state.at(self._clock() - self._offset)
            return self._state
