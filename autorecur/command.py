"""The command line that asks for a run again, and what no command line can say.

It settles what was inferred too: the kind, the roles, the metric and the horizon. Where the run is
kept and how it is told (--out, --json, --quiet, --strict) is no part of the question.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from autorecur.data.infer import is_plain
from autorecur.nets.candidate import Space
from autorecur.nets.programs import DEFAULT_ENGINE
from autorecur.options import DEEPEST, WIDEST, ladder, steps
from autorecur.stages import Given, Stage

__all__ = ["command_of"]

TABLE = "TABLE"  # in place of what has no path
ROLES = ("target", "time", "series", "text", "known", "static", "split")


def command_of(stage: Stage) -> tuple[str, tuple[str, ...]]:
    """The command that asks for the same again, quoted for a shell, and what it lacks, in words."""
    settings, given = stage.settings, stage.settings.given
    space, unsaid = _space(settings.space, given.space)
    words = ["autorecur", "fit", _table(given.table), *_question(stage)]
    words += _each("drop", given.asked.drop)
    words += _given("vectors", given.vectors)
    words += ["--budget", stage.meter.budget.text, *space]
    words += ["--metric", settings.metric.name, "--margin", f"{settings.margin:.12g}"]
    words += _given("max-parameters", settings.limits.parameters)
    words += _given("max-bytes", settings.limits.bytes)
    words += _given("max-latency", settings.limits.latency_ms)
    words += ["--seed", str(settings.seed), *_given("workers", given.workers)]
    if stage.dispatcher.engine not in (None, DEFAULT_ENGINE):
        words += ["--engine", str(stage.dispatcher.engine)]
    text = " ".join(shlex.quote(word) for word in words)
    lacks = [f"the table, a DataFrame, for which {TABLE} stands"] if given.table is None else []
    lacks += [f"the space's {name.replace('_', ' ')}" for name in unsaid]
    lacks += [f"the {name}" for name in ("oracle", "executor") if getattr(given, name)]
    if not text.isprintable():
        lacks.append("signs in a name that cannot be shown")
    return text, tuple(lacks)


def _table(path: str | None) -> str:
    if path is None:
        return TABLE
    return f"./{path}" if path.startswith("-") else path  # an option begins so


def _question(stage: Stage) -> list[str]:
    """The kind, the roles and the horizon; of running text no column has a name."""
    schema, given = stage.dataset.schema, stage.settings.given
    words = ["--task", schema.kind]
    if given.table is None or not _plain(given):
        for role in ROLES:
            words += _each(role, schema.names(role))
    if schema.traits.window in ("before", "upto"):
        words += ["--horizon", str(schema.horizon)]
    return words


def _plain(given: Given) -> bool:
    asked = given.asked
    return is_plain(
        given.table,
        target=asked.target,
        time=asked.time,
        series=asked.series,
        text=asked.text,
        horizon=asked.horizon,
        task=asked.task,
    )


def _each(option: str, names: Sequence[str]) -> list[str]:
    return [word for name in names for word in (f"--{option}", name)]


def _given(option: str, value: float | str | None) -> list[str]:
    if value is None:
        return []
    return [f"--{option}", f"{value:.12g}" if isinstance(value, float) else str(value)]


def _space(space: Space, given: Any) -> tuple[list[str], list[str]]:
    """The options for what was given of the space, and the fields that have none."""
    if given is None:
        return [], []
    names = [field.name for field in fields(Space)] if isinstance(given, Space) else list(given)
    words, unsaid = [], []
    for name in names:
        said = _choices(name, getattr(space, name))
        if said is None:
            unsaid.append(name)
        else:
            words += [f"--{name}", said]
    return words, unsaid


def _choices(name: str, choices: Sequence[Any]) -> str | None:
    """A field of the space as its option has it; None where the option cannot say it."""
    if name == "cells":
        return ",".join(choices)
    if name == "depth":
        return _range(choices, DEEPEST, steps)
    if name == "width":
        return _range(choices, WIDEST, ladder)
    return None


def _range(
    choices: Sequence[int], most: int, between: Callable[[int, int], tuple[int, ...]]
) -> str | None:
    low, high = min(choices), max(choices)
    said = high <= most and between(low, high) == tuple(choices)
    return f"{low}:{high}" if said else None
