"""fit(): the one place where the layers meet; it reads top to bottom, like the folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from autorecur import folder as folders
from autorecur.cells import CellProgress, in_notebook
from autorecur.data import arrays
from autorecur.data.dataset import Dataset
from autorecur.data.understand import Asked, understand
from autorecur.data.watched import Tell
from autorecur.ending import TEXT_SECONDS, Ending
from autorecur.errors import SettingError
from autorecur.expectation import expectation
from autorecur.interrupts import Interrupts
from autorecur.judge.references import References
from autorecur.metrics import Metric
from autorecur.metrics import metric as metric_named
from autorecur.nets.candidate import Candidate, Space
from autorecur.nets.defaults import full_steps, space_for
from autorecur.nets.programs import DEFAULT_ENGINE, ENGINES
from autorecur.nets.shape import Shape
from autorecur.outline import Outline, outline_of
from autorecur.progress import Progress
from autorecur.record import read
from autorecur.run import Run
from autorecur.search.budget import Budget, Meter
from autorecur.search.dispatch import Dispatcher
from autorecur.search.events import Event, Listener
from autorecur.search.limits import Limits, first_within
from autorecur.search.replay import Replay
from autorecur.search.work import check_least
from autorecur.search.workers import WorkerPool, default_workers
from autorecur.stages import (
    Given,
    Settings,
    Stage,
    dueled,
    judged,
    refitted,
    searched,
)

__all__ = ["fit", "plan"]

LONG_READ_SECONDS = 5.0
WARM_BUDGET = 60.0  # seconds; within less, all that a run needs must warm up at its start


def fit(
    data: str | Path | pd.DataFrame,
    target: str | Sequence[str] | None = None,
    *,
    time: str | None = None,
    series: str | None = None,
    text: str | None = None,
    horizon: int | None = None,
    task: str = "auto",
    known: Sequence[str] = (),
    static: Sequence[str] = (),
    split: str | None = None,
    drop: Sequence[str] = (),
    vectors: str | Path | None = None,
    budget: str = "10min",
    limits: Limits | Mapping[str, Any] | None = None,
    space: Space | Mapping[str, Any] | None = None,
    metric: str = "auto",
    margin: float = 0.01,
    seed: int = 1,
    workers: int | str = "auto",
    engine: str = "auto",
    oracle: Any = None,
    executor: Executor | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    listener: Listener | None = None,
    started: float | None = None,
) -> Run:
    """Find out which recurrent network suits `data`, within `budget`.

    Args:
        data: a path (CSV, TSV or Parquet, plain text for a language model, gzipped too) or a
            DataFrame.
        target: the column to foretell, or several to forecast; not needed where only one can be.
        time: the column of time stamps; found by itself where there is one.
        series: the column that says which series a row belongs to.
        text: the column of documents.
        horizon: how many steps ahead; one season by default; 0 labels the present row.
        task: a kind of `data.kinds`, or "auto" to infer it, and say from what.
        known: columns whose future is known; a table to predict from must carry it.
        static: columns that are constant within a series.
        split: a column that divides the rows: values beginning with "test" are the holdout,
            "valid", "val" and "dev" serve selection, the rest is for training.
        drop: columns to leave out.
        vectors: a file of word vectors in GloVe's text format, to begin a text's embedding with.
        budget: a time ("10min"), a number of trainings ("40trainings"), multiply-adds
            ("2e14flop"), or several of them with commas; a time covers
            everything up to the written report.
        limits: on the model: a `Limits`, or some of ``{"parameters": 20_000, "bytes": 500_000,
            "latency_ms": 0.5}``; no network beyond them is recommended or saved.
        space: a `Space`, or fields of it to replace, such as ``{"width": (16, 32)}``.
        metric: "mae", "rmse", "mse" or "smape"; "auto" is the mean absolute error.
        margin: the smallest difference worth caring about, as a share of the best baseline's error.
        seed: from 0 upwards; every random source follows from it.
        workers: processes that train, or "auto".
        engine: "jax", "tensorflow" (slower; plain `keras.Model.fit`), or "auto", which is JAX; with
            an `executor`, its processes' Keras backend decides.
        oracle: any `keras_tuner.Oracle` in place of our own.
        executor: any `concurrent.futures.Executor` in place of our own worker processes.
        out: the run folder; ``runs/<name>`` by default.
        resume: go on with the run in that folder, whatever ended it, a smaller budget included; no
            training that was finished is trained again, and the time already spent stays spent.
        listener: a callable that is told what happens, see `search.events.Event`; in a notebook
            the progress is shown below the cell unless another is given.
        started: when the clock of the budget started, by `time.monotonic()`; now by default.

    Returns:
        The `Run`: its verdict, its best network, its report.

    Raises:
        AutorecurError: where something is for the user to repair; nothing has been written then.
    """
    meter = Meter(Budget.parse(budget), started=started)
    processes = _checked(seed, margin, workers)
    wanted = Path(out) if resume and out is not None else folders.checked(out)
    asked = Asked(target, time, series, text, horizon, task, known, static, split, drop)
    bounds, backend = Limits.of(limits), _checked_engine(engine)
    with ExitStack() as ending:
        tell: Listener = listener or ending.enter_context(_display())
        crew = executor or WorkerPool(processes, backend=backend)  # warms up during the reading
        if executor is None:  # another's serves on
            ending.callback(crew.shutdown, wait=False, cancel_futures=True)
        meter.enter("reading")
        tell(Event("stage", meter.spent_seconds, meter.budget.seconds, stage="reading"))
        heard = partial(_read_so_far, tell, meter)
        dataset, chosen, choices = _understood(data, asked, vectors, metric, space, heard)
        if (note := _long_read(dataset, meter.spent_seconds)) is not None:
            tell(note)
        if dataset.kind.text:
            meter.reserve(TEXT_SECONDS)
        first = first_within(dataset, choices, bounds)
        steps = full_steps(dataset, first)
        check_least(meter.budget, choices, first, Shape.of(dataset), steps)
        name = dataset.name
        folder = (wanted or folders.latest(name)) if resume else folders.made(wanted, name)
        given = _given(data, asked, vectors, space, workers, oracle, executor)
        settings = Settings(given, seed, margin, chosen, choices, bounds, folder, oracle)
        beginning = _beginning(settings, dataset, budget, backend)
        past = folders.past(folder, beginning) if resume else []
        if folders.finished(past, str(budget)):
            return Run(folder, read(folder))
        replay = Replay(past, str(budget))
        meter.resume(replay.spent_seconds)
        with folders.opened(folder) as journal:
            table = _table(dataset, chosen, seed, meter)
            tell(table)
            scored = (table.metric, table.better, table.unit)
            dispatcher = Dispatcher(crew, processes, meter, journal, tell, *scored, replay=replay)
            journal.write("resume" if past else "begin", beginning)
            dataset = arrays.share(dataset, folder / folders.ARRAYS)
            began = (past[0] if past else beginning)["started"]
            run = _conduct(settings, dataset, first, dispatcher, began, own=executor is None)
            folders.ended(folder, journal, meter.spent_seconds, run.record.budget["ended_by"])
            return run


def plan(
    data: str | Path | pd.DataFrame,
    target: str | Sequence[str] | None = None,
    *,
    time: str | None = None,
    series: str | None = None,
    text: str | None = None,
    horizon: int | None = None,
    task: str = "auto",
    known: Sequence[str] = (),
    static: Sequence[str] = (),
    split: str | None = None,
    drop: Sequence[str] = (),
    vectors: str | Path | None = None,
    budget: str = "10min",
    limits: Limits | Mapping[str, Any] | None = None,
    space: Space | Mapping[str, Any] | None = None,
    metric: str = "auto",
    measure: bool = False,
) -> Outline:
    """What `fit` would understand of `data` and set out from; writes nothing, searches nothing.

    `measure`: and what the budget is expected to buy, from seconds of training the sound default.
    """
    spent, bounds = Budget.parse(budget), Limits.of(limits)
    asked = Asked(target, time, series, text, horizon, task, known, static, split, drop)
    dataset, chosen, choices = _understood(data, asked, vectors, metric, space)
    first = first_within(dataset, choices, bounds)
    made = outline_of(dataset, chosen, choices, first, bounds, spent)
    if not measure:
        return made
    bought = expectation(dataset, first, chosen, spent, default_workers())
    return replace(made, sections=(*made.sections, ("expected", (bought,))))


def _understood(
    data: str | Path | pd.DataFrame,
    asked: Asked,
    vectors: str | Path | None,
    metric: str,
    space: Space | Mapping[str, Any] | None,
    heard: Tell | None = None,
) -> tuple[Dataset, Metric, Space]:
    """The Dataset, and the metric and the space that suit it; `heard` hears of a long read."""
    dataset = understand(data, asked, vectors, heard)
    output = "classes" if dataset.schema.classes else dataset.kind.output
    panel = dataset.kind.window == "before" and len(dataset.offsets) > 2
    return dataset, metric_named(metric, output, panel), space_for(dataset, space)


def _conduct(
    settings: Settings,
    dataset: Dataset,
    first: Candidate,
    dispatcher: Dispatcher,
    began: str,
    own: bool,
) -> Run:
    """From a Dataset to a Run: search, duel, verdict, refit, record, report."""
    references = References(dataset, settings.metric)
    references.start()
    shared = settings.folder / folders.ARRAYS
    # Keras' text layers need TensorFlow, whose process takes seconds to warm up, many beside a busy
    # one: it does so during the duel, or where that may be too short for it, during the search.
    seconds = dispatcher.meter.budget.seconds
    writer = _writer(dataset) if (seconds or WARM_BUDGET) < WARM_BUDGET else None
    try:
        with Interrupts() as interrupts:
            stage = Stage(settings, dataset, dispatcher, shared, references, first, interrupts)
            trials, finalists, ended_by = searched(stage)
            writer = writer or _writer(dataset)
            ending = Ending(stage, began, trials, finalists, {}, writer)
            duel, ended_by = dueled(stage, trials, finalists, ended_by, ending.rehearse)
            ending.reckon()
            leading = judged(stage, finalists, duel, {}).recommended
            refits, ended_by = refitted(stage, finalists, leading, ended_by)
            return replace(ending, refits=refits).told(duel, ended_by, own)
    finally:
        references.stop()
        if writer is not None:
            writer.shutdown(wait=False, cancel_futures=True)


def _writer(dataset: Dataset) -> WorkerPool | None:
    """What puts the tokeniser before a network that reads texts."""
    return WorkerPool(1, threads=2, backend="tensorflow") if dataset.kind.text else None


def _checked(seed: int, margin: float, workers: int | str) -> int:
    """How many worker processes; refuses settings that cannot be."""
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise SettingError(f"the seed is {seed!r}: give a whole number from 0 upwards")
    if not 0 <= margin < 1:
        raise SettingError(f"the margin is {margin!r}: give a share of one, such as 0.01 for 1 %")
    if workers == "auto":
        return default_workers()
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise SettingError(f"workers is {workers!r}: give a number of processes or 'auto'")
    return workers


def _checked_engine(engine: str) -> str:
    """The Keras backend of the workers."""
    if engine not in ("auto", *ENGINES):
        known = ", ".join(("auto", *ENGINES))
        raise SettingError(f"unknown engine {engine!r}: use one of {known}")
    return DEFAULT_ENGINE if engine == "auto" else engine


def _given(
    data: str | Path | pd.DataFrame,
    asked: Asked,
    vectors: str | Path | None,
    space: Space | Mapping[str, Any] | None,
    workers: int | str,
    oracle: Any,
    executor: Executor | None,
) -> Given:
    """What the command that asks for the same again has to say."""
    return Given(
        table=None if isinstance(data, pd.DataFrame) else str(data),
        asked=asked,
        vectors=None if vectors is None else str(vectors),
        space=space,
        workers=workers if isinstance(workers, int) else None,
        oracle=oracle is not None,
        executor=executor is not None,
    )


def _beginning(settings: Settings, dataset: Dataset, budget: str, engine: str) -> dict[str, Any]:
    """The first line of a journal: all that a run must share with the one that resumes it."""
    schema, oracle = dataset.schema, settings.oracle
    roles = ("target", "time", "series", "text", "past", "known", "static", "split")
    return {
        "fingerprint": dataset.fingerprint,
        "kind": schema.kind,
        "columns": {role: names for role in roles if (names := list(schema.names(role)))},
        "engine": engine,
        "oracle": None if oracle is None else type(oracle).__name__,
        "budget": str(budget),
        "seed": settings.seed,
        "margin": settings.margin,
        "metric": settings.metric.name,
        "space": asdict(settings.space),
        "limits": asdict(settings.limits),
        "horizon": dataset.horizon,
        "started": datetime.now().astimezone().replace(microsecond=0).isoformat(),
    }


def _read_so_far(tell: Listener, meter: Meter, text: str) -> None:
    tell(Event("note", meter.spent_seconds, meter.budget.seconds, text=text, stage="reading"))


def _long_read(dataset: Dataset, seconds: float) -> Event | None:
    """A word on a table that took its time."""
    if seconds < LONG_READ_SECONDS:
        return None
    return Event("note", seconds, text=f"{dataset.name}: {dataset.source['rows']:,} rows read")


def _table(dataset: Dataset, chosen: Metric, seed: int, meter: Meter) -> Event:
    """What is asked of which table: told once nothing is left to refuse."""
    target = ", ".join(dataset.schema.names("target"))
    return Event(
        "table",
        meter.spent_seconds,
        meter.budget.seconds,
        stage="reading",
        title=f"{dataset.name} → {target}" if target else dataset.name,
        seed=seed,
        metric=chosen.name,
        better=chosen.better,
        unit=chosen.unit_of(dataset.schema.unit),
    )


def _display() -> Progress:
    """Where nobody listens: a notebook's cell shows the progress, a script says nothing."""
    return CellProgress() if in_notebook() else Progress()
