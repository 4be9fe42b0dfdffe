"""How a run ends: the duel goes on while there is time, then everything is written down.

The report is rehearsed first, so that what it takes is known and not feared: once beside the duel's
trainings, for a first report takes many times as long as the next, and once before the end.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from autorecur import filing
from autorecur.command import command_of
from autorecur.judge.duel import Duel
from autorecur.judge.outcome import Kept
from autorecur.judge.verdict import Verdict
from autorecur.metrics import sign
from autorecur.nets.order import Fit
from autorecur.nets.textual import with_text
from autorecur.output import guard_note
from autorecur.run import PREDICTIONS_FILE, Run
from autorecur.search.budget import Shares
from autorecur.search.journal import INTERRUPT
from autorecur.search.search import MODEL_FILE
from autorecur.search.trial import Trial
from autorecur.search.workers import WorkerPool
from autorecur.stages import Stage, checked_facts, compared, dueled_on, judged
from autorecur.story import Story

__all__ = ["TEXT_SECONDS", "Ending"]

INTERRUPT_SECONDS = 2.0
FIRST_SHARE = 0.8  # of a first report, that another may take: much of that one was imports …
REHEARSALS = 1.2  # … and of any other: most figures are drawn by then
FIRST_SECONDS = 4.0  # that a first one may take beside busy processes
BESIDE = 1.5  # times as much it takes, while a baseline is being fitted
UNKNOWN_SECONDS = 1.5  # that a report is reckoned with where none was rehearsed
LEAST_SECONDS = 1.5  # that it is reckoned with before the refit, which it tells of too …
LEAST_SHARE = 0.03  # … and of a budget that can spare it
SO_FAR = "so far"  # in place of a cell: the best network of the search
END_SECONDS = 0.7  # more, for processes to end
LONGEST_TEXT_SECONDS = 600.0  # that it may take where no time is set
LEFT_SECONDS = 3.0  # for the record and the report, before which it must be done
TRIES = 2
LONGEST_MESSAGE = 120
TEXT_SECONDS = 2.5  # more for the report of texts, whose network is saved with its tokeniser


@dataclass
class Ending:
    """What a run has when its finalists are refitted; `told` ends it.

    Before the refit it has no `refits` yet, and may `rehearse`.
    """

    stage: Stage
    began: str
    trials: tuple[Trial, ...]
    finalists: Mapping[str, Trial]
    refits: Mapping[str, Fit]
    writer: WorkerPool | None  # a process with Keras' text layers, where the networks read texts
    _reading: dict[str, Future[str]] = field(default_factory=dict)  # networks that read, by cell
    _seconds: float | None = None  # that the report is reckoned with, where it was rehearsed
    _rehearsed: bool = False
    _first_text: Future[str] | None = None  # a first network that reads

    def rehearse(self, duel: Duel) -> None:
        """Write a first report where nobody sees it, while this process has nothing else to do.

        The libraries that it imports and the fonts that it reads would otherwise cost each worker
        its seconds at the end. Once, and as soon as the baselines are there; but not so late that
        the refit would have to wait for it.
        """
        if self._first_text is None and self.writer is not None:
            file = self.stage.settings.folder / MODEL_FILE
            self._first_text = self._with_text(file, file.parent / "checkpoints" / "read.keras")
        if self._seconds is None and self.stage.meter.left("duel") >= FIRST_SECONDS:
            with suppress(OSError):  # of the scratch folder: the end will say so
                self._measure(duel, "time")

    def reckon(self) -> None:
        """What was learnt by that, for the refit: it gets what the report will not need."""
        meter = self.stage.meter
        limit = meter.budget.seconds
        if limit is None:
            return
        shares = Shares.of(limit)
        usual = shares.report - shares.refit
        least = min(usual, max(LEAST_SECONDS, LEAST_SHARE * limit))
        report = usual if self._seconds is None else max(least, self._seconds)
        meter.expect_report(report + self._text_seconds)

    @property
    def _text_seconds(self) -> float:
        """That a tokeniser is reckoned with: none, where its process has done that before.

        It then takes tenths of one, beside what is written here.
        """
        tried = self._first_text
        ready = tried is not None and tried.done() and tried.exception() is None
        return 0.0 if self.writer is None or ready else TEXT_SECONDS

    def told(self, duel: Duel, ended_by: str, own: bool) -> Run:
        """More of the duel, the last verdict, the network kept, the record and the report.

        `own`: whether the workers are this run's, to be ended.
        """
        stage = self.stage
        self._read()
        if ended_by != INTERRUPT:
            ended_by = self._dueled_on(duel, ended_by)
        stage.enter("report")
        if own:  # both cores for the report
            stage.dispatcher.executor.shutdown(wait=False, cancel_futures=True)
        # Baselines that are not ready are waited for while that costs the report nothing, which
        # takes longer beside them; whoever interrupts wants the end now.
        left = stage.meter.left("report")
        spare = left - BESIDE * (self._seconds or UNKNOWN_SECONDS)
        patience = min(left / 2, max(0.0, spare))
        if ended_by == INTERRUPT:
            patience = INTERRUPT_SECONDS
        stage.references.wait(duel.tally.folds, patience)
        story = self._story(duel, ended_by)
        model, kept = self._saved(story.verdict)
        # The sentence says what is in the folder, and only now that is known.
        verdict = judged(stage, self.finalists, duel, self.refits, kept) if kept else story.verdict
        story = replace(story, model=model, verdict=verdict)
        run = Run(stage.settings.folder, filing.written(story, stage.settings.folder))
        if note := guard_note(run.folder / PREDICTIONS_FILE):
            stage.dispatcher.tell("note", note)
        stage.dispatcher.tell("end", story.verdict.sentence)
        return run

    def _dueled_on(self, duel: Duel, ended_by: str) -> str:
        """More seeds in what the refit has left, and in what the report will not need.

        Beside the first of them the report is rehearsed again, now that it tells of the refit. By
        itself only where that may leave time for others: beside the baselines it can take long.
        """
        meter = self.stage.meter
        if meter.budget.seconds is None:
            return ended_by
        first = self._seconds
        if meter.left("report") < (first or UNKNOWN_SECONDS) + duel.another_seconds:
            return ended_by
        self._seconds = None
        ended_by = dueled_on(self.stage, duel, ended_by, partial(self._measure, duel, ended_by))
        needed = 2 * (first or UNKNOWN_SECONDS) + duel.another_seconds
        if self._seconds is None and meter.left("report") > needed:
            meter.enter("report")
            self._measure(duel, ended_by)
        self._seconds = self._seconds or first
        if self._seconds is None:
            return ended_by
        for _ in range(2):  # the second time without what the tokenisers were reckoned with
            late = not all(reading.done() for reading in self._reading.values())
            meter.expect_report(self._seconds + self._text_seconds * late)
            ended_by = dueled_on(self.stage, duel, ended_by)
            if not late or ended_by == INTERRUPT:
                break
            wait(self._reading.values(), max(0.0, meter.left("report") - self._seconds))
        return ended_by

    def _measure(self, duel: Duel, ended_by: str) -> None:
        """Learn what a report takes that would be written now, by writing it apart; once."""
        meter = self.stage.meter
        networks = self._networks
        known = self._seconds is not None or meter.budget.seconds is None
        if known or not networks or not self.stage.references.ready.is_set():
            return
        begin = meter.clock()
        story = self._story(duel, ended_by)
        cell = story.verdict.recommended or ""
        network = networks.get(cell) or next(iter(networks.values()))
        story = replace(story, model=self.finalists.get(cell), model_file=network)
        filing.rehearsed(story)
        share = REHEARSALS if self._rehearsed else FIRST_SHARE
        self._seconds, self._rehearsed = share * (meter.clock() - begin) + END_SECONDS, True

    def _story(self, duel: Duel, ended_by: str) -> Story:
        """What there is to tell by now, but for the network, which is not saved yet."""
        stage, settings = self.stage, self.stage.settings
        comparison = compared(stage, duel)
        verdict = judged(stage, self.finalists, duel, self.refits)
        facts = self.trials, self.finalists, comparison, verdict, self.refits, ended_by
        command, lacks = command_of(stage)
        return Story(
            started=self.began,
            run_id=secrets.token_hex(6),
            command=command,
            lacks=lacks,
            seed=settings.seed,
            limits=settings.limits,
            ended_by=ended_by,
            dataset=stage.dataset,
            metric=settings.metric,
            trials=self.trials,
            finalists=self.finalists,
            comparison=comparison,
            verdict=verdict,
            references=stage.references,
            refits=self.refits,
            checks=checked_facts(stage, *facts, duel.planned_pairs),
            dispatcher=stage.dispatcher,
            model=None,
            model_file=settings.folder / MODEL_FILE,
            panel=duel.tally.panel(settings.margin),
            learning=duel.tally.learning(),
        )

    @property
    def _networks(self) -> dict[str, Path]:
        """The refitted ones by cell, or where there is none the best of the search."""
        refitted = {cell: Path(fit.model) for cell, fit in self.refits.items() if fit.model}
        best = self.stage.settings.folder / MODEL_FILE
        return refitted or ({SO_FAR: best} if best.is_file() else {})

    def _read(self) -> None:
        """Begin to put the tokeniser before the networks, while the duel goes on."""
        for name, path in self._networks.items():
            if self.writer is not None:
                self._reading[name] = self._with_text(path, path.with_stem(f"{path.stem}-text"))

    def _with_text(self, path: Path, out: Path) -> Future[str]:
        dataset = self.stage.dataset
        schema = dataset.schema
        order = (str(path), dataset.vocabulary, schema.tokens or "word", schema.classes, str(out))
        assert self.writer is not None
        return self.writer.submit(with_text, *order)

    def _saved(self, verdict: Verdict) -> tuple[Trial | None, Kept | None]:
        """The trial whose network is in the run folder, and what the verdict must say of that.

        The recommended finalist as refitted, of which nothing need be said; or the other one, which
        was measured on the holdout too; or the best of the search; or none.
        """
        settings = self.stage.settings
        file = settings.folder / MODEL_FILE
        cell = self._refitted_cell(verdict.recommended)
        if cell is not None or (file.is_file() and self.writer is not None):
            network, why = self._whole(cell or SO_FAR, file)
            if network is None:
                file.unlink(missing_ok=True)  # it takes no text
                return None, Kept(reason=why)
            _put(network, file)
        if not file.is_file():
            return None, Kept(reason="no training left one")
        if excess := settings.limits.found(file.stat().st_size, None):
            file.unlink()  # a vocabulary that takes more than was foreseen
            return None, Kept(reason=f"it would have {excess}")
        if cell is not None:
            model = self.finalists[cell]
            usual = cell == verdict.recommended
            return model, None if usual else Kept("the other finalist", model.candidate.title)
        scored = [each for each in self.trials if each.score is not None and not each.excess]
        order = sign(settings.metric.better)
        model = min(scored, key=lambda trial: order * (trial.score or 0.0))
        return model, Kept("the best network of the search", model.candidate.title)

    def _whole(self, name: str, file: Path) -> tuple[Path | None, str]:
        """The network of that name, its tokeniser before it where it needs one; or why not.

        The process that does that may have died or want memory, and is asked once more. Where it
        does not answer, the record and the report are worth more than what it has.
        """
        path = self._networks.get(name, file)
        if self.writer is None:
            return path, ""
        meter, out, why = self.stage.meter, path.with_stem(f"{path.stem}-text"), ""
        patience = min(meter.left("report") - LEFT_SECONDS, LONGEST_TEXT_SECONDS)
        until = meter.clock() + max(TEXT_SECONDS, patience)
        reading = self._reading.get(name)
        for _ in range(TRIES):
            try:
                reading = reading or self._with_text(path, out)
                return Path(reading.result(max(0.0, until - meter.clock()))), ""
            except TimeoutError:
                why = "the process that puts a tokeniser before the network did not answer in time"
                break
            except Exception as error:
                said = " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST_MESSAGE]
                why, reading = f"no tokeniser could be put before the network ({said})", None
        out.unlink(missing_ok=True)
        return None, why

    def _refitted_cell(self, recommended: str | None) -> str | None:
        """The recommended cell where it was refitted, or the other one."""
        cells = (recommended, *self.finalists)
        return next(
            (cell for cell in cells if cell in self.finalists and cell in self._networks), None
        )


def _put(network: Path, file: Path) -> None:
    """A copy: should the run be ended now, a resumed one finds the network where it was.

    Whole or not at all: a full disk leaves the best network so far as it is.
    """
    if network.parent == file.parent:  # made for this alone
        os.replace(network, file)
        return
    part = file.with_name(f".{file.name}.part")
    try:
        shutil.copyfile(network, part)
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)
