"""What a worker keeps compiled, and what it lets go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from autorecur.nets import programs
from autorecur.nets.candidate import Candidate
from autorecur.nets.compiled import Compiled, forget
from autorecur.nets.programs import program
from autorecur.nets.shape import Shape

TINY = Candidate("gru", width=3, lookback=4)
SHAPE = Shape(1, 1, 0, 2, 1)


@pytest.fixture(autouse=True)
def two_are_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(programs, "MOST_PROGRAMS", 2)
    monkeypatch.setattr(programs, "_programs", {})
    yield


def test_the_one_not_asked_for_longest_goes_first() -> None:
    one, two, three = (replace(TINY, width=width) for width in (3, 4, 5))
    first = program(one, SHAPE, "mean_absolute_error")
    program(two, SHAPE, "mean_absolute_error")
    assert program(one, SHAPE, "mean_absolute_error") is first
    program(three, SHAPE, "mean_absolute_error")
    assert program(one, SHAPE, "mean_absolute_error") is first  # the second one went
    assert len(programs._programs) == 2


def test_a_form_is_compiled_once() -> None:
    traced = []

    def added(both: dict[str, object]) -> object:
        traced.append(1)
        return both["a"] + both["b"]  # type: ignore[operator]

    function = Compiled(added)
    small, large = np.ones(3, np.float32), np.ones(5, np.float32)
    for _ in range(3):
        assert np.asarray(function({"a": small, "b": 2 * small})).tolist() == [3.0] * 3
    assert (len(function), len(traced)) == (1, 1)
    assert np.asarray(function({"a": large, "b": large})).tolist() == [2.0] * 5
    assert (len(function), len(traced)) == (2, 2)
    forget()
    assert np.asarray(function({"a": small, "b": small})).tolist() == [2.0] * 3
    assert (len(function), len(traced)) == (2, 2)  # the first is still there
