"""Other ways to be fair: the networks that meet, and what is made of their scores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autorecur.judge.comparison import Comparison, Finalist, PairedScore
from autorecur.judge.outcome import Case, Margin
from autorecur.judge.regimes import Met, flips, partners, regimes
from autorecur.judge.sentences import otherwise_fair
from autorecur.metrics import METRICS
from autorecur.nets.candidate import Candidate
from autorecur.nets.cost import parameters
from autorecur.nets.shape import Shape

SHAPE = Shape(1, 1, 0, 2, 1)
LSTM, GRU = Candidate("lstm", depth=2, width=64), Candidate("gru", depth=2, width=64)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("width", [8, 33, 128])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_as_many_weights(cell: str, depth: int, width: int, bidirectional: bool) -> None:
    shape = replace(SHAPE, window="whole") if bidirectional else SHAPE
    anchor = Candidate(cell, depth=depth, width=width, bidirectional=bidirectional)
    even = partners(anchor, shape)["equal parameters"]
    assert even.cell != cell and even.depth == depth
    wanted = parameters(anchor, shape)
    away = [
        abs(parameters(replace(even, width=even.width + step), shape) - wanted)
        for step in (-1, 0, 1)
    ]
    assert away[1] == min(away)
    assert (even.width > width) == (cell == "lstm")


def test_with_one_layer_and_no_head_it_is_the_formula_of_the_literature() -> None:
    u, d = 100, 7
    v = partners(Candidate("lstm", width=u), replace(SHAPE, channels=d))["equal parameters"].width
    assert 4 * u * (d + u + 1) == pytest.approx(3 * v * (d + v + 2), rel=0.02)


def _comparison(lead: float, folds: int = 6) -> Comparison:
    """A GRU that is better by `lead`."""
    pairs = tuple(
        PairedScore(str(fold), 1, 10 + fold % 3, 10 + fold % 3 - lead + 0.01 * (fold % 2), 1.0, 1.0)
        for fold in range(folds)
    )
    return Comparison(pairs, tuple(map(str, range(folds))), {}, 0.1, METRICS["mae"])


def _case(lead: float) -> Case:
    finalists = {
        each.cell: Finalist(each.cell, each.title, 100, 400, 1000, 1.0, 1.0) for each in (LSTM, GRU)
    }
    return Case(_comparison(lead), finalists, Margin(0.1, "kW", 0.01, "best baseline error"))


def _met(name: str, lead: float, folds: int = 6) -> Met:
    return Met(name, {"lstm": LSTM, "gru": GRU}, _comparison(lead, folds))


def test_what_is_settled_otherwise_is_said() -> None:
    case = _case(0.0)
    told = regimes(case, [_met("equal width", 0.0), _met("equal parameters", 1.0)])
    assert [each.settled for each in told] == ["equivalent", "gru"]
    assert told[1].mean == pytest.approx(-0.995, abs=1e-6)
    assert [flips(case, each) for each in told] == [False, True]
    (sentence,) = otherwise_fair(case, told)
    assert sentence == (
        "At equal parameters, both with the settings of the finalist that led the search (LSTM 2 × "
        "64 against GRU 2 × 64, 6 held-out folds), the GRU would be the better one."
    )


def test_a_cell_that_wins_may_be_no_better_at_equal_width() -> None:
    case = _case(1.0)
    told = regimes(case, [_met("equal width", 0.0), _met("equal seconds", 1.2)])
    (sentence,) = otherwise_fair(case, told)
    assert "At equal width" in sentence and sentence.endswith("the two would be equally good.")


def test_what_is_sure_by_the_margin_alone_is_no_flip() -> None:
    """Of a difference far beyond the margin 95 % may lie on one side, and nought within 95 %."""
    case, apart = _case(0.0), (-1.7, -3.2, -4.7, -4.8, -1.0, 0.0)
    pairs = tuple(
        PairedScore(str(fold), 1, 10.0, 10.0 + each, 1.0, 1.0) for fold, each in enumerate(apart)
    )
    made = Comparison(pairs, tuple(map(str, range(6))), {}, 0.1, METRICS["mae"])
    (told,) = regimes(case, [Met("equal width", {"lstm": LSTM, "gru": GRU}, made)])
    belief = replace(case, comparison=made).belief
    assert belief.gru_better >= 0.95 and told.low <= 0 <= told.high
    assert told.settled is None and not flips(case, told)
    assert not flips(case, replace(told, settled="gru"))  # as a record of before may say
    assert flips(case, replace(told, settled="gru", high=-0.1))


def test_too_few_folds_say_nothing() -> None:
    assert regimes(_case(1.0), [_met("equal width", -1.0, folds=3)]) == ()
