"""What is in the run folder at the end is what the record and the verdict say."""

from __future__ import annotations

import errno
import time
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import autorecur
from autorecur.data.understand import Asked
from autorecur.ending import Ending
from autorecur.judge.outcome import Kept
from autorecur.metrics import METRICS
from autorecur.nets.candidate import Candidate, Space
from autorecur.nets.order import Fit, Status
from autorecur.record import Record
from autorecur.report import write as write_report
from autorecur.run import REPORT_FILE
from autorecur.search.budget import Shares
from autorecur.search.events import Event
from autorecur.search.limits import Limits
from autorecur.search.search import MODEL_FILE
from autorecur.search.trial import Trial
from autorecur.stages import Given, Settings, Stage
from autorecur.tables import bundled


def trial(cell: str, score: float, width: int = 32, excess: str = "") -> Trial:
    candidate = Candidate(cell, width=width)
    fit = Fit(f"{cell}-{width}", Status.FINISHED, "done", score=score)
    made = Trial.of(fit, pair=0, rung=0, top=True, fraction=1.0, candidate=candidate, seed=1)
    return replace(made, excess=excess)


LSTM, GRU = trial("lstm", 3.0), trial("gru", 2.5)
BEST = trial("gru", 2.0, width=64)
TOO_BIG = trial("lstm", 1.0, width=128, excess="too many weights")


def ended(folder: Path, refits: Mapping[str, Fit], limits: Limits | None = None) -> Ending:
    settings = Settings(
        given=Given(None, Asked(), None, None, None, oracle=False, executor=False),
        seed=1,
        margin=0.01,
        metric=METRICS["mae"],
        space=Space(),
        limits=limits or Limits(),
        folder=folder,
        oracle=None,
    )
    nothing: Any = None  # the network is on disk: neither data nor workers are asked
    stage = Stage(settings, nothing, nothing, folder, nothing, LSTM.candidate)
    trials = (LSTM, GRU, BEST, TOO_BIG)
    return Ending(stage, "now", trials, {"lstm": LSTM, "gru": GRU}, refits, None)


def refitted(folder: Path, *cells: str) -> dict[str, Fit]:
    fits = {}
    for cell in cells:
        path = folder / f"refit-{cell}.keras"
        path.write_text(f"the refitted {cell}")
        fits[cell] = Fit(f"refit-{cell}", Status.FINISHED, "done", model=str(path))
    return fits


CASES = {
    "both": (("lstm", "gru"), "the refitted gru", GRU, None),
    "the other": (("lstm",), "the refitted lstm", LSTM, Kept("the other finalist", "LSTM 1 × 32")),
    "neither": (
        (),
        "the best of the search",
        BEST,
        Kept("the best network of the search", "GRU 1 × 64"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_model_is_what_the_folder_holds(name: str, tmp_path: Path) -> None:
    cells, text, model, kept = CASES[name]
    (tmp_path / MODEL_FILE).write_text("the best of the search")
    ending = ended(tmp_path, refitted(tmp_path, *cells))
    assert ending._saved(SimpleNamespace(recommended="gru")) == (model, kept)  # type: ignore[arg-type]
    assert (tmp_path / MODEL_FILE).read_text() == text


def test_a_file_beyond_the_limits_is_no_model(tmp_path: Path) -> None:
    ending = ended(tmp_path, refitted(tmp_path, "gru"), Limits(bytes=5))
    model, kept = ending._saved(SimpleNamespace(recommended="gru"))  # type: ignore[arg-type]
    assert model is None and not (tmp_path / MODEL_FILE).exists()
    assert kept == Kept(reason="it would have 16 bytes, and at most 5 are allowed")


def test_a_search_that_left_nothing_left_no_model(tmp_path: Path) -> None:
    ending = ended(tmp_path, {})
    assert ending._saved(SimpleNamespace(recommended=None)) == (  # type: ignore[arg-type]
        None,
        Kept(reason="no training left one"),
    )


class Writer:
    """In place of the process with Keras' text layers: each of `ends` is what comes of a task."""

    def __init__(self, *ends: Any) -> None:
        self.ends = list(ends)

    def submit(self, fn: Any, path: str, *rest: Any) -> Future[str]:
        future: Future[str] = Future()
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            future.set_exception(end)
        elif end is not None:
            Path(rest[-1]).write_text(f"{end}, of {Path(path).read_text()}")
            future.set_result(str(rest[-1]))
        return future


def read(folder: Path, refits: Mapping[str, Fit], writer: Writer) -> Ending:
    ending = ended(folder, refits)
    schema = SimpleNamespace(tokens="word", classes=())
    meter = SimpleNamespace(clock=time.monotonic, left=lambda share: 3.0)
    stage: Any = SimpleNamespace(
        settings=ending.stage.settings,
        dataset=SimpleNamespace(schema=schema, vocabulary=()),
        meter=meter,
    )
    texts: Any = writer
    return replace(ending, stage=stage, writer=texts)


DEAD = BrokenProcessPool("a process\nwas ended")


@pytest.mark.parametrize("cells", [("gru",), ()])
def test_what_puts_the_tokeniser_before_a_network_is_asked_twice(
    cells: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / MODEL_FILE).write_text("the best of the search")
    kept = tmp_path / "checkpoints"
    kept.mkdir()
    ending = read(tmp_path, refitted(kept, *cells), Writer(DEAD, "with text"))
    ending._read()
    model, _ = ending._saved(SimpleNamespace(recommended="gru"))  # type: ignore[arg-type]
    assert model is (GRU if cells else BEST)
    assert (tmp_path / MODEL_FILE).read_text().startswith("with text, of the ")
    assert {path.name for path in tmp_path.iterdir()} == {MODEL_FILE, "checkpoints"}


@pytest.mark.parametrize("cells", [("gru",), ()])
@pytest.mark.parametrize("ends", [(DEAD, DEAD), (None,)])
def test_a_writer_that_fails_or_never_answers_loses_the_network_and_not_the_run(
    cells: tuple[str, ...], ends: tuple[Any, ...], tmp_path: Path
) -> None:
    (tmp_path / MODEL_FILE).write_text("the best of the search")
    ending = read(tmp_path, refitted(tmp_path, *cells), Writer(*ends))
    ending._read()
    begin = time.monotonic()
    model, kept = ending._saved(SimpleNamespace(recommended="gru"))  # type: ignore[arg-type]
    assert model is None and kept is not None and time.monotonic() - begin < 20
    assert "BrokenProcessPool: a process was ended" in kept.reason or "in time" in kept.reason
    assert not (tmp_path / MODEL_FILE).exists()


def test_the_report_is_rehearsed_beside_the_duel_and_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first one takes many times as long as the next: the workers must not wait for it."""
    heard: list[Event] = []
    written: list[tuple[str, int, Path]] = []  # the stage, the trainings by then, the file

    def noted(record: Record, path: Path) -> Path:
        written.append((heard[-1].stage, heard[-1].done, path))
        return write_report(record, path)

    monkeypatch.setattr("autorecur.filing.write_report", noted)
    run = autorecur.fit(
        bundled("co2_weekly"), "co2", time="date", horizon=13, budget="30s",
        space={"width": (8,), "depth": (1,)}, out=tmp_path / "run", listener=heard.append,
    )  # fmt: skip
    (first, begun, _), *_ = written
    duel = [each.done for each in heard if each.kind == "training" and each.stage == "duel"]
    assert first == "duel" and begun < max(duel)
    seen = [(stage, path.name) for stage, _, path in written if path.parent == run.folder]
    assert seen == [("report", REPORT_FILE)] and written[-1][2].parent == run.folder
    # What the report will not need is the refit's: it need not have ended when it usually would.
    assert run.record.budget["spent_seconds"] > Shares.of(30.0).refit


def test_a_copy_that_fails_leaves_the_best_network_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / MODEL_FILE).write_text("the best of the search")
    kept = tmp_path / "checkpoints"
    kept.mkdir()

    def full(source: Path, target: Path) -> None:
        target.write_text("hal")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(OSError, match="No space"):
        ended(tmp_path, refitted(kept, "gru"))._saved(SimpleNamespace(recommended="gru"))  # type: ignore[arg-type]
    assert (tmp_path / MODEL_FILE).read_text() == "the best of the search"
    assert {path.name for path in tmp_path.iterdir()} == {MODEL_FILE, "checkpoints"}
