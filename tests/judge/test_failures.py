"""A cell that fails where the other does not wins nothing by what is left of the duel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from duels import FINALISTS, MARGIN, duel

from autorecur.judge.comparison import Comparison
from autorecur.judge.outcome import Case, Margin, Outcome
from autorecur.judge.sensitivity import variations
from autorecur.judge.stopping import is_clear
from autorecur.judge.tally import Round, Tally
from autorecur.judge.verdict import Verdict, decide
from autorecur.metrics import METRICS
from autorecur.nets.order import Fit, Status

INF, WON = float("inf"), Outcome.GRU
Scores = list[list[float | None]]


def level(*folds: float | None) -> Scores:
    """A score a fold with two seeds that differ a little."""
    return [
        [None, None] if score is None else [score, score + 0.02 * place]
        for place, score in enumerate(folds)
    ]


def cut(comparison: Comparison) -> Comparison:
    """The same, what is missing having been cut by the end of the time."""
    return replace(comparison, pairs=tuple(replace(pair, failed=()) for pair in comparison.pairs))


def failing(lstm: Scores, gru: Scores) -> Comparison:
    """A duel where whatever is missing has failed."""
    made = duel(lstm, gru)
    pairs = []
    for pair in made.pairs:
        sides = {"lstm": pair.lstm, "gru": pair.gru}
        lost = tuple(cell for cell, score in sides.items() if score is None)
        pairs.append(replace(pair, failed=(*pair.failed, *lost)))
    return replace(made, pairs=tuple(pairs))


def judged(comparison: Comparison) -> Verdict:
    return decide(comparison, FINALISTS, MARGIN, "3min", 171.0, 31)


LSTM, GRU, SAME = [40.0] * 8, [36.0] * 8, [40.0] * 8
HALF = [36.0] * 4 + [None] * 4
ONE_SEED = level(*GRU)
ONE_SEED[7] = [None, 36.0]
ENDLESS = level(*GRU)
ENDLESS[7] = [INF, INF]
TABLE: dict[str, tuple[Comparison, Outcome, str | None]] = {
    "no failure": (failing(level(*LSTM), level(*GRU)), Outcome.GRU, None),
    "blows up on half": (failing(level(*LSTM), level(*HALF)), Outcome.LEANING, "GRU failed on 4"),
    "the other way round": (
        failing(level(*HALF), level(*LSTM)),
        Outcome.LEANING,
        "LSTM failed on 4",
    ),
    "one seed of one fold": (
        failing(level(*LSTM), ONE_SEED),
        Outcome.LEANING,
        "GRU failed on 1",
    ),
    "an infinite score": (failing(level(*LSTM), ENDLESS), Outcome.LEANING, "GRU failed on 1"),
    "cut by the end": (cut(failing(level(*LSTM), level(*HALF))), Outcome.GRU, None),
    "the loser fails": (
        failing(level(*LSTM[:4], *[None] * 4), level(*GRU)),
        Outcome.GRU,
        "LSTM failed on 4",
    ),
    "both on the same folds": (
        failing(level(*HALF[:4], *HALF[4:]), level(*HALF)),
        Outcome.EQUIVALENT,
        None,
    ),
    "both alike": (
        failing(level(None, *LSTM[1:]), level(*GRU[:7], None)),
        Outcome.GRU,
        None,
    ),
    "equal on the rest": (
        failing(level(*SAME), level(*SAME[:6], None, None)),
        Outcome.UNDECIDED,
        "GRU failed on 2",
    ),
    "too few are left": (
        failing(level(*LSTM), level(*GRU[:3], *[None] * 5)),
        Outcome.INCOMPLETE,
        "GRU failed on 5",
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_a_cell_that_fails_alone_is_never_the_winner(name: str) -> None:
    comparison, outcome, words = TABLE[name]
    verdict = judged(comparison)
    assert verdict.outcome is outcome
    told = [reason for reason in verdict.reasons if " failed on " in reason]
    assert len(told) == (words is not None)
    if words is not None:
        assert words in told[0] and "of 8 held-out folds" in told[0]
    capped = outcome in (Outcome.LEANING, Outcome.UNDECIDED)
    assert ("settles nothing for it" in " ".join(told)) == (
        words is not None and outcome is not WON
    )
    assert ("would not settle it while" in str(verdict.would_change)) == capped


def test_more_seeds_are_not_left_out_for_a_cell_that_fails() -> None:
    assert is_clear(failing(level(*LSTM), level(*GRU)), MARGIN)
    assert not is_clear(failing(level(*LSTM), level(*HALF)), MARGIN)


def test_what_a_verdict_hangs_on_knows_of_failures() -> None:
    gru: Scores = [[36.0, 36.01, 36.03] for _ in range(8)]
    gru[7] = [None, 36.0, 36.1]
    one = failing([[40.0, 40.0, 40.1]] * 8, gru)
    found = {each.name: each.outcome for each in variations(Case(one, FINALISTS, MARGIN))}
    assert found.pop("without fold 8") == "GRU"  # where the only failure was
    assert set(found.values()) == {"LEANING"} and "one seed a fold" in found
    small = Margin(1e-6, "MW", None, "")
    assert Case(one, FINALISTS, small).outcome is Outcome.LEANING


@pytest.mark.parametrize(
    ("lost", "failed"),
    [
        (Fit("gru", Status.DIVERGED, ""), ("gru",)),
        (Fit("gru", Status.FAILED, ""), ("gru",)),
        (Fit("gru", Status.KILLED, ""), ("gru",)),
        (Fit("gru", Status.KILLED, "", late=True), ()),  # by the end of the time
        (Fit("gru", Status.DEADLINE, ""), ()),
        (Fit("gru", Status.FINISHED, "", noted={"score": None}), ("gru",)),  # forecast no numbers
        (Fit("gru", Status.FINISHED, "", noted={"score": 2.0}), ()),
        (None, ()),
    ],
)
def test_what_failed_is_told_from_what_the_end_cut(
    lost: Fit | None, failed: tuple[str, ...], co2: Any
) -> None:
    tally, place = Tally(co2.dataset, METRICS["mae"]), Round(co2.dataset.split.duel[0].name, 1)
    tally.add(place, "lstm", Fit("lstm", Status.FINISHED, "", noted={"score": 3.0}))
    if lost is not None:
        tally.add(place, "gru", lost)
    (pair,) = tally.comparison({}).pairs
    assert pair.failed == failed
    assert tally.comparison({}).failing == (failed[0] if failed else None)
