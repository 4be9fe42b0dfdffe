"""How a run ends: the duel goes on while there is time, then everything is written down.

The report is rehearsed first, so that what it takes is known and not feared.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from autorecur.assemble import holdout_detail, record_of
from autorecur.exhibits import figures, predictions
from autorecur.judge.duel import Duel
from autorecur.judge.verdict import Verdict
from autorecur.metrics import sign
from autorecur.nets.order import Fit
from autorecur.nets.programs import DEFAULT_ENGINE
from autorecur.nets.textual import with_text
from autorecur.questions import crosschecked
from autorecur.record import Record
from autorecur.report import write as write_report
from autorecur.run import REPORT_FILE, Run
from autorecur.search.search import MODEL_FILE
from autorecur.search.trial import Trial
from autorecur.search.workers import WorkerPool
from autorecur.stages import INTERRUPT, Stage, checked_facts, compared, dueled_on, judged
from autorecur.story import Story

__all__ = ["TEXT_SECONDS", "Ending"]

INTERRUPT_SECONDS = 2.0
REHEARSALS = 1.2  # that the report may take: most of its figures are drawn by then
REHEARSAL_SECONDS = 3.0  # with less left, the report is written at once
SO_FAR = "so far"  # in place of a cell: the best network of the search
END_SECONDS = 0.7  # more, for processes to end
TEXT_SECONDS = 2.5  # more for the report of texts, whose network is saved with its tokeniser


@dataclass
class Ending:
    """What a run has when its finalists are refitted; `told` ends it."""

    stage: Stage
    began: str
    trials: tuple[Trial, ...]
    finalists: Mapping[str, Trial]
    refits: Mapping[str, Fit]
    writer: WorkerPool | None  # a process with Keras' text layers, where the networks read texts
    _reading: dict[str, Future[str]] = field(default_factory=dict)  # networks that read, by cell

    def told(self, duel: Duel, ended_by: str, own: bool) -> Run:
        """More of the duel, the last verdict, the network kept, the record and the report.

        `own`: whether the workers are this run's, to be ended.
        """
        stage = self.stage
        self._read()
        if ended_by != INTERRUPT:
            try:
                ended_by = self._dueled_on(duel, ended_by)
            except KeyboardInterrupt:
                ended_by = INTERRUPT
        stage.enter("report")
        if own:  # both cores for the report
            stage.dispatcher.executor.shutdown(wait=False, cancel_futures=True)
        # Whoever interrupts wants the end now: the baselines that are not ready are given up.
        patience = INTERRUPT_SECONDS if ended_by == INTERRUPT else stage.meter.left("report") / 2
        stage.references.wait(duel.tally.folds, patience)
        story = self._story(duel, ended_by)
        story = replace(story, model_cell=self._saved_cell(story.verdict))
        run = _written(_detailed(story), stage.settings.folder)
        stage.dispatcher.tell("end", story.verdict.sentence)
        return run

    def _dueled_on(self, duel: Duel, ended_by: str) -> str:
        """More seeds in what the refit has left, and in what the report will not need."""
        meter = self.stage.meter
        if meter.budget.seconds is None or meter.left("report") < REHEARSAL_SECONDS:
            return ended_by
        seconds = self._rehearsed(duel, ended_by)
        for _ in range(2):  # the second time without what the tokenisers were reckoned with
            late = not all(reading.done() for reading in self._reading.values())
            meter.expect_report(seconds + TEXT_SECONDS * late)
            ended_by = dueled_on(self.stage, duel, ended_by)
            if not late:
                break
            wait(self._reading.values(), max(0.0, meter.left("report") - seconds))
        return ended_by

    def _rehearsed(self, duel: Duel, ended_by: str) -> float:
        """Write the report where nobody sees it: the seconds that it will need, as far as known."""
        meter = self.stage.meter
        begin = meter.spent_seconds
        story = self._story(duel, ended_by)
        cell = story.verdict.recommended
        network = self._networks.get(cell or "") or self._networks.get(SO_FAR)
        if network is None or not self.stage.references.ready.is_set():
            return float("inf")
        meter.enter("report")
        story = replace(story, model_cell=cell, model_file=network)
        with tempfile.TemporaryDirectory() as scratch:
            _filed(_detailed(story), Path(scratch))
        return REHEARSALS * (meter.spent_seconds - begin) + END_SECONDS

    def _story(self, duel: Duel, ended_by: str) -> Story:
        """What there is to tell by now, but for the network, which is not saved yet."""
        stage, settings = self.stage, self.stage.settings
        comparison = compared(stage, duel)
        verdict = judged(stage, self.finalists, duel)
        facts = self.trials, self.finalists, comparison, verdict, self.refits, ended_by
        return Story(
            started=self.began,
            run_id=secrets.token_hex(6),
            command=_command(stage),
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
            checks=checked_facts(stage, *facts),
            dispatcher=stage.dispatcher,
            model_cell=None,
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

    def _saved_cell(self, verdict: Verdict) -> str | None:
        """The cell of the network in the run folder: the recommended refit, or the best so far."""
        settings = self.stage.settings
        cell = verdict.recommended or next(iter(self.finalists), None)
        file = settings.folder / MODEL_FILE
        fit = self.refits.get(cell or "")
        refitted = fit.model if fit else None
        if refitted:
            reading = self._reading.get(cell or "")
            # A copy: should the run be ended now, a resumed one finds the network where it was.
            shutil.copyfile(reading.result() if reading else refitted, file)
        elif file.is_file() and self.writer is not None:
            reading = self._reading.get(SO_FAR) or self._with_text(file, file)
            if (read := Path(reading.result())) != file:
                os.replace(read, file)
        if not file.is_file():
            return None
        if settings.limits.found(file.stat().st_size, None):
            file.unlink()  # a vocabulary that takes more than was foreseen
            return None
        if refitted:
            return cell
        scored = [each for each in self.trials if each.score is not None and not each.excess]
        order = sign(settings.metric.better)
        return min(scored, key=lambda trial: order * (trial.score or 0.0)).candidate.cell


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


def _detailed(story: Story) -> Story:
    """With what only the report tells."""
    return replace(
        story,
        details=holdout_detail(story),
        crosschecks=crosschecked(story),
        figures=figures(story),
    )
