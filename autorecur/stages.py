"""The stages between a Dataset and a record: search, duel, verdict, refit, the network kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from autorecur.data.dataset import Dataset
from autorecur.data.understand import Asked
from autorecur.exhibits import afterwards
from autorecur.interrupts import Interrupts
from autorecur.judge.check import Check, Facts
from autorecur.judge.checks import checks
from autorecur.judge.comparison import Comparison
from autorecur.judge.duel import (
    ENDED_CLEAR,
    Duel,
    affordable_seconds,
)
from autorecur.judge.outcome import FEWEST_FOLDS, MOST_SEEDS, Kept, Margin
from autorecur.judge.references import References
from autorecur.judge.refit import refit
from autorecur.judge.stopping import is_clear
from autorecur.judge.tally import Tally
from autorecur.judge.verdict import Verdict, decide
from autorecur.metrics import Metric
from autorecur.nets.candidate import CELLS, REFERENCE_CELL, Candidate, Space
from autorecur.nets.defaults import full_steps
from autorecur.nets.memory import MEMORY_SECONDS
from autorecur.nets.order import Fit
from autorecur.nets.shape import Shape
from autorecur.nets.textual import vocabulary_bytes
from autorecur.search.budget import Meter, divide_trainings
from autorecur.search.dispatch import Dispatcher
from autorecur.search.journal import INTERRUPT
from autorecur.search.limits import Limits
from autorecur.search.plan import Plan
from autorecur.search.pricing import COMPILE_SECONDS
from autorecur.search.search import Search
from autorecur.search.trial import Trial, best_trial, full_seconds
from autorecur.search.work import refit_work, step_work
from autorecur.story import finalist_of

__all__ = [
    "Given",
    "Settings",
    "Stage",
    "checked_facts",
    "compared",
    "dueled",
    "dueled_on",
    "judged",
    "refitted",
    "searched",
]

# A margin of 1 % is half a point of accuracy, which has no error to be a share of.
POINT_SHARE = 0.5
REFIT_FACTOR = 1.4  # its epochs are longer than the search's by the validation and the duel's rows
REFIT_SECONDS = 2.5  # more for each: the duel's last pair may be late, and the network is saved
MEMORY_SHARE = 0.06  # of a budget is not too much to ask the finalists how far back they look
RESULT_SECONDS = 1.5  # after its last step a refit still saves its network and times a forecast


@dataclass(frozen=True, eq=False)
class Given:
    """What `fit` was given, as it was given: for the command that asks for the same again."""

    table: str | None  # its path; None for a DataFrame
    asked: Asked
    vectors: str | None
    space: Space | Mapping[str, Any] | None
    workers: int | None  # None for "auto"
    oracle: bool  # whether one was given
    executor: bool


@dataclass(frozen=True, eq=False)
class Settings:
    """What was asked for, after it was checked."""

    given: Given
    seed: int
    margin: float
    metric: Metric
    space: Space
    limits: Limits
    folder: Path
    oracle: Any


@dataclass(frozen=True, eq=False)
class Stage:
    """What every stage works with."""

    settings: Settings
    dataset: Dataset
    dispatcher: Dispatcher
    shared: Path  # the arrays that the workers map
    references: References
    first: Candidate
    interrupts: Interrupts = field(default_factory=Interrupts)

    @property
    def meter(self) -> Meter:
        return self.dispatcher.meter

    @property
    def steps(self) -> int:
        return full_steps(self.dataset, self.first)

    @property
    def refits(self) -> int:
        """Trainings of the refit: both finalists, and the plain network where it was asked for."""
        return len(CELLS) + self.settings.space.reference

    @property
    def trainings(self) -> tuple[int | None, int | None]:
        """Of the search and of the duel, where the budget counts them."""
        space, given = self.settings.space, self.meter.budget.trainings
        paired = None if given is None else given - space.reference
        most = MOST_SEEDS * len(self.dataset.split.duel)
        duels = (FEWEST_FOLDS, most) if len(space.pair) == len(CELLS) else (0, 0)
        return divide_trainings(paired, len(space.pair), *duels)

    def duel_trainings(self, finalists: Mapping[str, Candidate]) -> int | None:
        """How many the duel may start, where the budget counts them or their multiply-adds."""
        trainings, work = self.trainings[1], self.meter.budget.multiply_adds
        if work is None or not finalists:
            return trainings
        shape, steps = Shape.of(self.dataset), self.steps
        last = refit_work(finalists.values(), self.settings.space, shape, steps)
        pair = steps * sum(step_work(each, shape) for each in finalists.values())
        paid = len(CELLS) * max(0, int((work - self.meter.multiply_adds - last) // pair))
        return paid if trainings is None else min(trainings, paid)

    def enter(self, name: str) -> None:
        self.meter.enter(name)
        self.dispatcher.enter(name)

    def interrupted(self) -> str:
        """Note that the user has ended the run here, for the one that resumes it; why it ended."""
        self.dispatcher.journal.write(INTERRUPT, {"at_seconds": self.meter.spent_seconds})
        return INTERRUPT


def searched(stage: Stage) -> tuple[tuple[Trial, ...], dict[str, Trial], str]:
    """The trials, each cell's finalist, and why the search ended."""
    stage.enter("search")
    settings, meter = stage.settings, stage.meter
    duel_seconds = meter.shares.duel - meter.shares.search if meter.budget.seconds else float("inf")
    if len(settings.space.pair) < len(CELLS):  # one cell alone meets nobody
        meter.expect_duel(0.0)
    plan = Plan(
        space=settings.space,
        first=stage.first,
        metric=settings.metric,
        seed=settings.seed,
        steps=stage.steps,
        shape=Shape.of(stage.dataset),
        arrays=stage.shared,
        folder=settings.folder,
        duel_rounds=MOST_SEEDS * len(stage.dataset.split.duel),
        trainings=stage.trainings[0],
        multiply_adds=meter.budget.multiply_adds,
        owed_rounds=FEWEST_FOLDS + stage.refits - 1,
        longest_seconds=affordable_seconds(
            duel_seconds, stage.dispatcher.workers, FEWEST_FOLDS, COMPILE_SECONDS
        ),
        limits=settings.limits,
        text_bytes=vocabulary_bytes(stage.dataset.vocabulary),
    )
    search = Search(plan, stage.dispatcher, settings.oracle)
    try:
        with stage.interrupts.taken():
            search.run()
    except KeyboardInterrupt:
        search.ended_by = stage.interrupted()
    trials = tuple(search.trials)
    best = {cell: best_trial(trials, cell) for cell in CELLS}
    finalists = {cell: trial for cell, trial in best.items() if trial is not None}
    return trials, finalists, search.ended_by or "time"


def dueled(
    stage: Stage,
    trials: Sequence[Trial],
    finalists: Mapping[str, Trial],
    ended_by: str,
    meanwhile: Callable[[Duel], None],
) -> tuple[Duel, str]:
    """Both finalists on the same fresh folds; and why the run ended, if it has to end now.

    `meanwhile` as in `Dispatcher.run`, and told of the duel.
    """
    whole = [full_seconds(trial, trials, stage.steps) for trial in finalists.values()]
    slowest = max(whole, default=0.0)
    waves = -(-stage.refits // min(len(CELLS), stage.dispatcher.workers))
    budget = stage.meter.budget.seconds
    asked = MEMORY_SECONDS if budget and budget * MEMORY_SHARE >= MEMORY_SECONDS else 0.0
    stage.meter.expect_refit(waves * (REFIT_FACTOR * slowest + REFIT_SECONDS + asked))
    stage.enter("duel")
    duel = Duel(
        dataset=stage.dataset,
        arrays=stage.shared,
        finalists={cell: trial.candidate for cell, trial in finalists.items()},
        anchor=_leading(finalists),
        metric=stage.settings.metric,
        seed=stage.settings.seed,
        steps=stage.steps,
        trainings=stage.duel_trainings({cell: t.candidate for cell, t in finalists.items()}),
        dispatcher=stage.dispatcher,
        expected_seconds=sum(whole),
        overhead_seconds=max((trial.overhead_seconds for trial in finalists.values()), default=0.0),
        is_clear=lambda tally: _is_clear(stage, tally),
    )
    return duel, _fought(stage, duel, ended_by, "duel", lambda: meanwhile(duel))


def _leading(finalists: Mapping[str, Trial]) -> str | None:
    """The cell whose finalist did best in the search."""
    watched = {cell: trial.watched for cell, trial in finalists.items()}
    known = {cell: value for cell, value in watched.items() if value is not None}
    return min(known, key=lambda cell: known[cell], default=None)


def dueled_on(
    stage: Stage, duel: Duel, ended_by: str, meanwhile: Callable[[], None] = lambda: None
) -> str:
    """More seeds, in what the refit has left of its time; as `dueled`, why the run ended."""
    if stage.meter.budget.seconds is None or ended_by == INTERRUPT:
        return ended_by
    stage.meter.enter("duel")
    if stage.dispatcher.stage != "duel":  # it may go on more than once
        stage.dispatcher.enter("duel")
    stage.dispatcher.last = True
    duel.deadline, duel.slack = stage.meter.deadline("refit"), 0.0
    return _fought(stage, duel, ended_by, "refit", meanwhile)


def _fought(
    stage: Stage,
    duel: Duel,
    ended_by: str,
    share: str,
    meanwhile: Callable[[], None] = lambda: None,
) -> str:
    """Train what time and trainings allow, and wait for the baselines on those folds.

    `share`: whose time that is.
    """
    if ended_by == INTERRUPT:
        return ended_by
    references = stage.references
    references.release()
    try:
        with stage.interrupts.taken():
            duel.run(meanwhile)
            # No longer than that: beside busy processes it would cost the refit its time.
            references.wait_for(duel.tally.folds, stage.meter.left(share))
            if stage.meter.budget.seconds is not None:  # without, all of them are waited for
                references.hold(duel.tally.folds)  # the others only matter if the duel goes on
    except KeyboardInterrupt:  # what was paired until then is judged
        return stage.interrupted()
    return ENDED_CLEAR if duel.ended_early else ended_by


def _is_clear(stage: Stage, tally: Tally) -> bool | None:
    """Not known while a baseline is missing: the margin is a share of the best one's error."""
    comparison = tally.comparison(stage.references.scores)
    if not len(comparison.baseline_means()) == len(comparison.baselines) > 0:
        return None
    return is_clear(comparison, _margin(stage, comparison))


def compared(stage: Stage, duel: Duel) -> Comparison:
    """What came of the duel so far, the baselines beside it."""
    return duel.tally.comparison(stage.references.scores)


def judged(
    stage: Stage,
    finalists: Mapping[str, Trial],
    duel: Duel,
    refits: Mapping[str, Fit],
    kept: Kept | None = None,
) -> Verdict:
    """What the judge says of the duel so far, and of what is known of the finalists' costs.

    `kept`: the network that was saved, if not as recommended.
    """
    comparison, meter = compared(stage, duel), stage.meter
    contenders = {cell: finalist_of(trial, refits.get(cell)) for cell, trial in finalists.items()}
    other = duel.tally.otherwise(stage.references.other_scores)
    return decide(
        comparison,
        contenders,
        _margin(stage, comparison),
        meter.budget.text,
        meter.spent_seconds,
        meter.trainings,
        duel.met(),
        (other, _margin(stage, other)) if other else None,
        kept,
    )


def _margin(stage: Stage, comparison: Comparison) -> Margin:
    """The share that was asked for, of the best baseline's error; or so many points.

    Where a run was cut short before a baseline had all of the folds, of the better network's error.
    """
    best, metric, share = comparison.best_baseline(), comparison.metric, stage.settings.margin
    unit = metric.unit_of(stage.dataset.schema.unit)
    if metric.ceiling:
        return Margin(POINT_SHARE * share, unit, None, "a declared number of points")
    if best is None and comparison.scored:
        error = min(abs(comparison.mean(cell) or 0.0) for cell in CELLS)
        return Margin(error * share, unit, share, "better network's error")
    return Margin.default(best[1] if best else 0.0, share, unit)


def refitted(
    stage: Stage, finalists: Mapping[str, Trial], recommended: str | None, ended_by: str
) -> tuple[dict[str, Fit], str]:
    """The finalists, and a plain recurrent network of the leading one's settings if asked for.

    And, as `dueled`, why the run ended; one that is interrupted has the refits that were done.
    """
    if ended_by == INTERRUPT:
        return {}, ended_by
    stage.enter("refit")
    settings = stage.settings
    candidates = {cell: trial.candidate for cell, trial in finalists.items()}
    if settings.space.reference and candidates:
        leading = candidates.get(recommended or "") or next(iter(candidates.values()))
        candidates[REFERENCE_CELL] = leading.with_cell(REFERENCE_CELL)
    fits: dict[str, Fit] = {}
    try:
        with stage.interrupts.taken():
            refit(
                candidates,
                Shape.of(stage.dataset),
                settings.metric,
                settings.seed,
                stage.steps,
                stage.shared,
                settings.folder,
                stage.meter.deadline("refit") - RESULT_SECONDS,
                stage.dispatcher,
                fits,
            )
    except KeyboardInterrupt:
        ended_by = stage.interrupted()
    told = {
        cell: _quicker(fit, finalists[cell]) if cell in finalists else fit
        for cell, fit in fits.items()
    }
    return told, ended_by


def _quicker(fit: Fit, trial: Trial) -> Fit:
    """`fit`, its latency the lower one of two measurements of the same network.

    Whatever else the machine does makes a forecast take longer, never shorter; so what kept the
    limit in the search keeps it.
    """
    if fit.cost is None or fit.cost.latency is None or trial.cost is None:
        return fit
    known = trial.cost.latency
    if known is None or fit.cost.latency.p50 <= known.p50:
        return fit
    return replace(fit, cost=replace(fit.cost, latency=known))


def checked_facts(
    stage: Stage,
    trials: Sequence[Trial],
    finalists: Mapping[str, Trial],
    comparison: Comparison,
    verdict: Verdict,
    refits: Mapping[str, Fit],
    ended_by: str,
    planned_pairs: int,
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
        output="classes" if stage.dataset.schema.classes else stage.dataset.kind.output,
        planned_pairs=planned_pairs,
        ended_by=ended_by,
        ended_early=ended_by == ENDED_CLEAR,
        refits={
            cell: afterwards(stage.dataset, fit, finalists[cell].candidate.lookback)
            for cell, fit in refits.items()
            if cell in finalists
        },
        limits=stage.settings.limits.text,
        baselines_failed=stage.references.failed,
        beyond=[f"{trial.candidate.title} has {trial.excess}" for trial in trials if trial.excess],
    )
    return checks(comparison, verdict, facts)
