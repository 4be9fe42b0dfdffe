"""fit(): the one place where the layers meet; it reads top to bottom, like the folders."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from autorecur.assemble import Story, finalist_of, holdout_detail, predictions, record_of
from autorecur.data import arrays, read, series
from autorecur.data.dataset import Dataset
from autorecur.errors import RunError, SettingError
from autorecur.judge.checks import Check, Facts, checks
from autorecur.judge.comparison import Comparison
from autorecur.judge.duel import MOST_SEEDS, Duel, affordable_seconds
from autorecur.judge.outcome import FEWEST_FOLDS, Margin
from autorecur.judge.references import References
from autorecur.judge.refit import refit
from autorecur.judge.verdict import Verdict, decide
from autorecur.metrics import Metric
from autorecur.metrics import metric as metric_named
from autorecur.nets.build import Shape
from autorecur.nets.candidate import CELLS, Candidate, Space
from autorecur.nets.defaults import first_candidate, full_steps, space_for
from autorecur.nets.train import Fit
from autorecur.report import write as write_report
from autorecur.run import REPORT_FILE, Run
from autorecur.search.budget import Budget, Meter, divide_trainings
from autorecur.search.dispatch import Dispatcher
from autorecur.search.events import Event, Listener
from autorecur.search.journal import Journal
from autorecur.search.search import COMPILE_SECONDS, MODEL_FILE, Plan, Search, best_trial
from autorecur.search.trial import Trial
from autorecur.search.workers import WorkerPool, default_workers

__all__ = ["fit"]

INTERRUPT = "interrupt"
REFIT_FACTOR = 1.6  # its epochs are longer than the search's by the validation and the duel's rows
REFIT_SECONDS = 2.0


def fit(
    data: str | Path | pd.DataFrame,
    target: str | Sequence[str] | None = None,
    *,
    time: str | None = None,
    horizon: int | None = None,
    drop: Sequence[str] = (),
    budget: str = "10min",
    space: Space | Mapping[str, Any] | None = None,
    metric: str = "auto",
    margin: float = 0.01,
    seed: int = 1,
    workers: int | str = "auto",
    oracle: Any = None,
    executor: Executor | None = None,
    out: str | Path | None = None,
    listener: Listener | None = None,
    started: float | None = None,
) -> Run:
    """Find out which recurrent network suits `data`, within `budget`.

    Args:
        data: a path (CSV or TSV, gzipped too) or a DataFrame; one row a time step.
        target: the column to forecast; may be left out where only one is numeric.
        time: the column of time stamps; found by itself where there is one.
        horizon: how many steps ahead; one season by default.
        drop: columns to leave out.
        budget: a time ("10min"), a number of trainings ("40trainings"), multiply-adds
            ("2e14flop"), or several of them with commas; a time covers
            everything up to the written report.
        space: a `Space`, or fields of it to replace, such as ``{"width": (16, 32)}``.
        metric: "mae", "rmse", "mse" or "smape"; "auto" is the mean absolute error.
        margin: the smallest difference worth caring about, as a share of the best baseline's error.
        seed: from 0 upwards; every random source follows from it.
        workers: processes that train, or "auto".
        oracle: any `keras_tuner.Oracle` in place of our own.
        executor: any `concurrent.futures.Executor` in place of our own worker processes.
        out: the run folder; ``runs/<name>`` by default.
        listener: a callable that is told what happens, see `search.events.Event`.
        started: when the clock of the budget started, by `time.monotonic()`; now by default.

    Returns:
        The `Run`: its verdict, its best network, its report.

    Raises:
        AutorecurError: where something is for the user to repair; nothing has been written then.
    """
    meter = Meter(Budget.parse(budget), started=started)
    chosen, processes = metric_named(metric), _checked(seed, margin, workers)
    wanted = _checked_folder(out)
    crew = executor or WorkerPool(processes)  # warms up while the table is read
    try:
        meter.enter("reading")
        table = read.read(data)
        dataset = series.dataset(table, target=target, time=time, horizon=horizon, drop=drop)
        choices = space_for(dataset, space)
        folder = _made_folder(wanted, dataset.name)
        settings = _Settings(seed, margin, chosen, choices, folder, oracle)
        journal = Journal(folder / "journal.jsonl")
        tell = listener or _silent
        dispatcher = Dispatcher(crew, processes, meter, journal, tell, chosen.name)
        try:
            journal.write("begin", _beginning(settings, dataset, budget))
            return _conduct(settings, dataset, dispatcher)
        finally:
            journal.close()
            for shared in ("arrays", "checkpoints"):
                shutil.rmtree(folder / shared, ignore_errors=True)
    finally:
        if isinstance(crew, WorkerPool):
            crew.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, eq=False)
class _Settings:
    """What was asked for, after it was checked."""

    seed: int
    margin: float
    metric: Metric
    space: Space
    folder: Path
    oracle: Any


@dataclass(frozen=True, eq=False)
class _Stage:
    """What every stage works with."""

    settings: _Settings
    dataset: Dataset
    dispatcher: Dispatcher
    shared: Path  # the arrays that the workers map
    references: References
    first: Candidate

    @property
    def meter(self) -> Meter:
        return self.dispatcher.meter

    @property
    def steps(self) -> int:
        return full_steps(self.dataset, self.first)

    @property
    def trainings(self) -> tuple[int | None, int | None]:
        """Of the search and of the duel, where the budget counts them."""
        most = MOST_SEEDS * len(self.dataset.split.duel)
        return divide_trainings(self.meter.budget.trainings, len(CELLS), FEWEST_FOLDS, most)

    def enter(self, name: str) -> None:
        self.meter.enter(name)
        self.dispatcher.stage = name
        self.dispatcher.tell("stage")


def _conduct(settings: _Settings, dataset: Dataset, dispatcher: Dispatcher) -> Run:
    """From a Dataset to a Run: search, duel, verdict, refit, record, report."""
    started = datetime.now().astimezone().replace(microsecond=0).isoformat()
    references = References(dataset, settings.metric)
    references.start()
    shared = arrays.save(dataset, settings.folder / "arrays")
    first = first_candidate(dataset, settings.space)
    stage = _Stage(settings, dataset, dispatcher, shared, references, first)

    trials, finalists, ended_by = _searched(stage)
    comparison, ended_by = _dueled(stage, finalists, ended_by)
    verdict = _judged(stage, finalists, comparison)
    refits = {} if ended_by == INTERRUPT else _refitted(stage, finalists)

    stage.enter("report")
    if isinstance(dispatcher.executor, WorkerPool):
        dispatcher.executor.shutdown(wait=False, cancel_futures=True)  # both cores for the report
    references.wait(stage.meter.left("report") / 2)
    story = Story(
        started=started,
        run_id=secrets.token_hex(6),
        command=_command(stage),
        seed=settings.seed,
        ended_by=ended_by,
        dataset=dataset,
        metric=settings.metric,
        trials=trials,
        finalists=finalists,
        comparison=comparison,
        verdict=verdict,
        references=references,
        refits=refits,
        checks=_checks(stage, trials, finalists, comparison, verdict, ended_by),
        dispatcher=dispatcher,
        model_cell=_saved_cell(settings, verdict, finalists, refits, trials),
        model_file=settings.folder / MODEL_FILE,
    )
    run = _written(replace(story, details=holdout_detail(story)), settings.folder)
    dispatcher.tell("end", verdict.sentence)
    return run


def _searched(stage: _Stage) -> tuple[tuple[Trial, ...], dict[str, Trial], str]:
    """The trials, each cell's finalist, and why the search ended."""
    stage.enter("search")
    settings, meter = stage.settings, stage.meter
    duel_seconds = meter.shares.duel - meter.shares.search if meter.budget.seconds else float("inf")
    work = meter.budget.multiply_adds
    plan = Plan(
        space=settings.space,
        first=stage.first,
        metric=settings.metric,
        seed=settings.seed,
        steps=stage.steps,
        shape=Shape.of(stage.dataset),
        arrays=stage.shared,
        folder=settings.folder,
        deadline=meter.deadline("search"),
        trainings=stage.trainings[0],
        multiply_adds=work / 2 if work else None,
        longest_seconds=affordable_seconds(
            duel_seconds, stage.dispatcher.workers, FEWEST_FOLDS, COMPILE_SECONDS
        ),
    )
    search = Search(plan, stage.dispatcher, settings.oracle)
    try:
        search.run()
    except KeyboardInterrupt:
        search.ended_by = INTERRUPT
    trials = tuple(search.trials)
    best = {cell: best_trial(trials, cell, settings.metric.better) for cell in CELLS}
    finalists = {cell: trial for cell, trial in best.items() if trial is not None}
    return trials, finalists, search.ended_by or "time"


def _dueled(stage: _Stage, finalists: Mapping[str, Trial], ended_by: str) -> tuple[Comparison, str]:
    """Both finalists on the same fresh folds, and the baselines beside them."""
    slowest = max((trial.seconds for trial in finalists.values()), default=0.0)
    stage.meter.expect_refit(REFIT_FACTOR * slowest + REFIT_SECONDS)
    stage.enter("duel")
    duel = Duel(
        dataset=stage.dataset,
        arrays=stage.shared,
        finalists={cell: trial.candidate for cell, trial in finalists.items()},
        metric=stage.settings.metric,
        seed=stage.settings.seed,
        steps=stage.steps,
        deadline=stage.meter.deadline("duel"),
        trainings=stage.trainings[1],
        dispatcher=stage.dispatcher,
        expected_seconds=sum(trial.seconds for trial in finalists.values()),
        overhead_seconds=max((trial.overhead_seconds for trial in finalists.values()), default=0.0),
    )
    if ended_by != INTERRUPT:
        try:
            duel.run()
        except KeyboardInterrupt:  # what was paired until then is judged
            ended_by = INTERRUPT
        trained = {pair.fold for pair in duel.comparison({}).pairs}
        stage.references.wait_for(trained, stage.meter.left("refit"))
    return duel.comparison(stage.references.scores), ended_by


def _judged(stage: _Stage, finalists: Mapping[str, Trial], comparison: Comparison) -> Verdict:
    best, meter = comparison.best_baseline(), stage.meter
    unit = stage.settings.metric.unit_of(stage.dataset.schema.unit)
    margin = Margin.default(best[1] if best else 0.0, stage.settings.margin, unit)
    contenders = {cell: finalist_of(trial) for cell, trial in finalists.items()}
    return decide(
        comparison, contenders, margin, meter.budget.text, meter.spent_seconds, meter.trainings
    )


def _refitted(stage: _Stage, finalists: Mapping[str, Trial]) -> dict[str, Fit]:
    stage.enter("refit")
    settings = stage.settings
    try:
        return refit(
            {cell: trial.candidate for cell, trial in finalists.items()},
            settings.metric,
            settings.seed,
            stage.steps,
            stage.shared,
            settings.folder,
            stage.meter.deadline("refit"),
            stage.dispatcher,
        )
    except KeyboardInterrupt:
        return {}


def _saved_cell(
    settings: _Settings,
    verdict: Verdict,
    finalists: Mapping[str, Trial],
    refits: Mapping[str, Fit],
    trials: Sequence[Trial],
) -> str | None:
    """The cell of the network in the run folder: the recommended refit, or the best so far."""
    cell = verdict.recommended or next(iter(finalists), None)
    fit = refits.get(cell or "")
    if fit is not None and fit.model:
        os.replace(fit.model, settings.folder / MODEL_FILE)
        return cell
    if not (settings.folder / MODEL_FILE).is_file():
        return None
    scored = [trial for trial in trials if trial.score is not None]
    sign = 1.0 if settings.metric.better == "lower" else -1.0
    return min(scored, key=lambda trial: sign * (trial.score or 0.0)).candidate.cell


def _checks(
    stage: _Stage,
    trials: Sequence[Trial],
    finalists: Mapping[str, Trial],
    comparison: Comparison,
    verdict: Verdict,
    ended_by: str,
) -> tuple[Check, ...]:
    space, dispatcher = stage.settings.space, stage.dispatcher
    seconds, trainings = dispatcher.cell_seconds, dispatcher.cell_trainings
    facts = Facts(
        curves={cell: trial.curve for cell, trial in finalists.items()},
        candidates={cell: asdict(trial.candidate) for cell, trial in finalists.items()},
        choices={field.name: getattr(space, field.name) for field in fields(space)},
        trials=[{"score": trial.score, "status": trial.status.name.lower()} for trial in trials],
        cells={c: {"seconds": seconds[c], "trainings": trainings[c]} for c in seconds},
        findings=stage.dataset.findings,
        planned_pairs=None,
        ended_by=ended_by,
    )
    return checks(comparison, verdict, facts)


def _written(story: Story, folder: Path) -> Run:
    """Record and report on disk. The page is drawn once to learn what that costs, then for good."""
    predictions(story).to_csv(folder / "predictions.csv", index=False)
    with tempfile.TemporaryDirectory() as scratch:
        write_report(record_of(story), Path(scratch) / REPORT_FILE)
    record = record_of(story)
    record.write(folder)
    write_report(record, folder / REPORT_FILE)
    return Run(folder, record)


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


def _checked_folder(out: str | Path | None) -> Path | None:
    """The folder asked for; refused where it holds something already."""
    if out is None:
        return None
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{str(folder)!r} is a file: name a folder for the run")
    if folder.is_dir() and any(folder.iterdir()):
        raise RunError(f"{str(folder)!r} is not empty: name a new folder, or remove it first")
    return folder


def _made_folder(wanted: Path | None, name: str) -> Path:
    folder = wanted
    if folder is None:
        stem = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name)[:60]
        free = (Path("runs") / f"{stem or 'run'}{suffix}" for suffix in _suffixes())
        folder = next(path for path in free if not path.exists())
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"{str(folder)!r} cannot be made: {error.strerror}; choose another"
        ) from None
    return folder


def _suffixes() -> Any:
    yield ""
    number = 2
    while True:
        yield f"-{number}"
        number += 1


def _beginning(settings: _Settings, dataset: Dataset, budget: str) -> dict[str, Any]:
    return {
        "fingerprint": dataset.fingerprint,
        "budget": str(budget),
        "seed": settings.seed,
        "margin": settings.margin,
        "metric": settings.metric.name,
        "space": asdict(settings.space),
        "horizon": dataset.horizon,
    }


def _command(stage: _Stage) -> str:
    """The command line that asks for the same again."""
    schema, settings = stage.dataset.schema, stage.settings
    words = ["autorecur", "fit", stage.dataset.name, "--target", schema.unit]
    if schema.time:
        words += ["--time", schema.time]
    words += ["--horizon", str(schema.horizon), "--budget", stage.meter.budget.text]
    words += ["--metric", settings.metric.name, "--margin", f"{settings.margin:g}"]
    words += ["--seed", str(settings.seed)]
    return " ".join(shlex.quote(word) for word in words)


def _silent(event: Event) -> None:
    """A listener for those who gave none."""
