"""What is in the run folder at the end is what the record and the verdict say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autorecur.data.understand import Asked
from autorecur.ending import Ending
from autorecur.judge.outcome import Kept
from autorecur.metrics import METRICS
from autorecur.nets.candidate import Candidate, Space
from autorecur.nets.order import Fit, Status
from autorecur.search.limits import Limits
from autorecur.search.search import MODEL_FILE
from autorecur.search.trial import Trial
from autorecur.stages import Given, Settings, Stage


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
