"""fit(): the one place where the layers meet; it reads top to bottom, like the folders."""

from __future__ import annotations

import secrets
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from autorecur import folder as folders
from autorecur.assemble import holdout_detail, record_of
from autorecur.data import arrays
from autorecur.data.dataset import Dataset
from autorecur.data.understand import Asked, understand
from autorecur.errors import SettingError
from autorecur.exhibits import predictions
from autorecur.expectation import expectation
from autorecur.judge.comparison import Comparison
from autorecur.judge.references import References
from autorecur.metrics import Metric
from autorecur.metrics import metric as metric_named
from autorecur.nets.candidate import Candidate, Space
from autorecur.nets.defaults import space_for
from autorecur.nets.order import Fit
from autorecur.nets.programs import DEFAULT_ENGINE, ENGINES
from autorecur.outline import Outline, outline_of
from autorecur.record import Record, read
from autorecur.report import write as write_report
from autorecur.run import REPORT_FILE, Run
from autorecur.search.budget import Budget, Meter
from autorecur.search.dispatch import Dispatcher
from autorecur.search.events import Event, Listener
from autorecur.search.limits import Limits, first_within
from autorecur.search.replay import Replay
from autorecur.search.search import MODEL_FILE
from autorecur.search.trial import Trial
from autorecur.search.workers import WorkerPool, default_workers
from autorecur.stages import (
    INTERRUPT,
    Settings,
    Stage,
    checked_facts,
    compared,
    dueled,
    dueled_on,
    judged,
    refitted,
    saved_cell,
    searched,
)
from autorecur.story import Story

__all__ = ["fit", "plan"]

INTERRUPT_SECONDS = 2.0
REHEARSALS = 2.0  # that the report may take: it is drawn twice
END_SECONDS = 0.7  # more, for processes to end
TEXT_SECONDS = 5.0  # more for the report of texts, whose network is saved with its tokeniser


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
        listener: a callable that is told what happens, see `search.events.Event`.
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
    crew = executor or WorkerPool(processes, backend=backend)  # warms up while the table is read
    try:
        meter.enter("reading")
        dataset, chosen, choices = _understood(data, asked, vectors, metric, space)
        if dataset.kind.text:
            meter.reserve(TEXT_SECONDS)
        first = first_within(dataset, choices, bounds)
        name = dataset.name
        folder = (wanted or folders.latest(name)) if resume else folders.made(wanted, name)
        settings = Settings(seed, margin, chosen, choices, bounds, folder, oracle)
        beginning = _beginning(settings, dataset, budget)
        past = folders.past(folder, beginning) if resume else []
        if folders.finished(past, str(budget)):
            return Run(folder, read(folder))
        replay = Replay(past, str(budget))
        meter.resume(replay.spent_seconds)
        with folders.opened(folder) as journal:
            dispatcher = Dispatcher(
                *(crew, processes, meter, journal, listener or _silent, chosen.name), replay=replay
            )
            journal.write("resume" if past else "begin", beginning)
            dataset = arrays.share(dataset, folder / folders.ARRAYS)
            began = (past[0] if past else beginning)["started"]
            run = _conduct(settings, dataset, first, dispatcher, began, own=executor is None)
            journal.write("end", {"at_seconds": meter.spent_seconds})
            return run
    finally:
        if executor is None:  # another's serves on
            crew.shutdown(wait=False, cancel_futures=True)


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
) -> tuple[Dataset, Metric, Space]:
    """The Dataset, and the metric and the space that suit it."""
    dataset = understand(data, asked, vectors)
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
    stage = Stage(
        settings, dataset, dispatcher, settings.folder / folders.ARRAYS, references, first
    )

    trials, finalists, ended_by = searched(stage)
    duel, ended_by = dueled(stage, trials, finalists, ended_by)
    leading = judged(stage, finalists, compared(stage, duel)).recommended
    # Keras' text layers need TensorFlow: its process warms up while the finalists are refitted.
    writer = WorkerPool(1, threads=2, backend="tensorflow") if dataset.kind.text else None
    refits = {} if ended_by == INTERRUPT else refitted(stage, finalists, leading)
    tell = partial(_story, stage, began, trials, finalists, refits)
    if refits and ended_by != INTERRUPT:
        try:
            _rehearsed(stage, tell(compared(stage, duel), ended_by))
            ended_by = dueled_on(stage, duel, ended_by)
        except KeyboardInterrupt:
            ended_by = INTERRUPT

    stage.enter("report")
    if own:
        dispatcher.executor.shutdown(wait=False, cancel_futures=True)  # both cores for the report
    # Whoever interrupts wants the end now: the baselines that are not ready then are given up.
    patience = INTERRUPT_SECONDS if ended_by == INTERRUPT else stage.meter.left("report") / 2
    references.wait(patience)
    story = tell(compared(stage, duel), ended_by)
    cell = saved_cell(settings, dataset, writer, story.verdict, finalists, refits, trials)
    if writer is not None:
        writer.shutdown(wait=False, cancel_futures=True)
    story = replace(story, model_cell=cell)
    run = _written(replace(story, details=holdout_detail(story)), settings.folder)
    dispatcher.tell("end", story.verdict.sentence)
    return run


def _story(
    stage: Stage,
    began: str,
    trials: tuple[Trial, ...],
    finalists: Mapping[str, Trial],
    refits: Mapping[str, Fit],
    comparison: Comparison,
    ended_by: str,
) -> Story:
    """What there is to tell by now, but for the network, which is not saved yet."""
    settings = stage.settings
    verdict = judged(stage, finalists, comparison)
    return Story(
        started=began,
        run_id=secrets.token_hex(6),
        command=_command(stage),
        seed=settings.seed,
        limits=settings.limits,
        ended_by=ended_by,
        dataset=stage.dataset,
        metric=settings.metric,
        trials=trials,
        finalists=finalists,
        comparison=comparison,
        verdict=verdict,
        references=stage.references,
        refits=refits,
        checks=checked_facts(stage, trials, finalists, comparison, verdict, ended_by),
        dispatcher=stage.dispatcher,
        model_cell=None,
        model_file=settings.folder / MODEL_FILE,
    )


def _rehearsed(stage: Stage, story: Story) -> None:
    """Write the report where nobody sees it, to learn what that costs: the duel gets the rest."""
    cell = story.verdict.recommended
    fit = story.refits.get(cell or "")
    if fit is None or not fit.model or not stage.references.ready.is_set():
        return
    stage.meter.enter("report")
    begin = stage.meter.spent_seconds
    story = replace(story, model_cell=cell, model_file=Path(fit.model))
    with tempfile.TemporaryDirectory() as scratch:
        _filed(replace(story, details=holdout_detail(story)), Path(scratch))
    took = stage.meter.spent_seconds - begin
    stage.meter.expect_report(REHEARSALS * took + END_SECONDS)


def _written(story: Story, folder: Path) -> Run:
    """Record and report on disk. The page is drawn once to learn what that costs, then for good."""
    with tempfile.TemporaryDirectory() as scratch:
        write_report(record_of(story), Path(scratch) / REPORT_FILE)
    return Run(folder, _filed(story, folder))


def _filed(story: Story, folder: Path) -> Record:
    """The record, the report and the predictions, in `folder`."""
    predictions(story).to_csv(folder / "predictions.csv", index=False)
    record = record_of(story)
    record.write(folder)
    write_report(record, folder / REPORT_FILE)
    return record


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


def _beginning(settings: Settings, dataset: Dataset, budget: str) -> dict[str, Any]:
    return {
        "fingerprint": dataset.fingerprint,
        "budget": str(budget),
        "seed": settings.seed,
        "margin": settings.margin,
        "metric": settings.metric.name,
        "space": asdict(settings.space),
        "limits": asdict(settings.limits),
        "horizon": dataset.horizon,
        "started": datetime.now().astimezone().replace(microsecond=0).isoformat(),
    }


def _command(stage: Stage) -> str:
    """The command line that asks for the same again."""
    schema, settings = stage.dataset.schema, stage.settings
    words = ["autorecur", "fit", stage.dataset.name, "--task", schema.kind]
    for role in ("target", "time", "series", "text", "known", "static", "split"):
        for name in schema.names(role):
            words += [f"--{role}", name]
    if schema.traits.window in ("before", "upto"):
        words += ["--horizon", str(schema.horizon)]
    words += ["--budget", stage.meter.budget.text]
    words += ["--metric", settings.metric.name, "--margin", f"{settings.margin:g}"]
    for option, value in (
        ("--max-parameters", settings.limits.parameters),
        ("--max-bytes", settings.limits.bytes),
        ("--max-latency", settings.limits.latency_ms),
    ):
        words += [] if value is None else [option, f"{value:.12g}"]
    words += ["--seed", str(settings.seed)]
    if stage.dispatcher.engine not in (None, DEFAULT_ENGINE):
        words += ["--engine", str(stage.dispatcher.engine)]
    return " ".join(shlex.quote(word) for word in words)


def _silent(event: Event) -> None:
    """A listener for those who gave none."""
