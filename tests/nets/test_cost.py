"""What a network costs, by formula; `test_build.py` holds the formulas against built models."""

from __future__ import annotations

import pytest

from autorecur.nets.candidate import Candidate
from autorecur.nets.cost import BYTES_PER_WEIGHT, Cost, measure_latency, multiply_adds, parameters
from autorecur.nets.shape import Shape

PLAIN = Shape(channels=2, targets=1, known=0, horizon=3, season=1)
KNOWING = Shape(channels=2, targets=2, known=4, horizon=3, season=1)


def test_weights_by_hand() -> None:
    # One LSTM layer of 5 on 2 inputs: 4 × 5 × (2 + 5 + 1); the head: (5 + 1) × 3.
    assert parameters(Candidate("lstm", width=5), PLAIN) == 160 + 18
    # A GRU has two biases a gate: 3 × 5 × (2 + 5 + 2).
    assert parameters(Candidate("gru", width=5), PLAIN) == 135 + 18
    # A second layer reads the first one's 5.
    assert parameters(Candidate("gru", depth=2, width=5), PLAIN) == 135 + 3 * 5 * 12 + 18
    # Known features widen the input to 6, and the head meets them a step at a time.
    head = (5 + 1) * (3 * 16) + (16 + 4 + 1) * 32 + (48 + 1) * 2
    assert parameters(Candidate("lstm", width=5), KNOWING) == 4 * 5 * (6 + 5 + 1) + head


def test_multiply_adds_by_hand() -> None:
    # 7 steps of 4 gates of [2 + 5] × 5, then a head of 5 × 3.
    assert multiply_adds(Candidate("lstm", width=5, lookback=7), PLAIN) == 7 * 4 * 7 * 5 + 15
    assert multiply_adds(Candidate("gru", width=5, lookback=7), PLAIN) == 7 * 3 * 7 * 5 + 15
    two = multiply_adds(Candidate("gru", depth=2, width=5, lookback=7), PLAIN)
    assert two == 7 * 3 * (7 + 10) * 5 + 15
    head = 5 * 48 + 3 * (20 * 32) + 3 * (48 * 2)
    known = multiply_adds(Candidate("lstm", width=5, lookback=7), KNOWING)
    assert known == 7 * 4 * 11 * 5 + head


def test_equal_width_is_not_equal_size() -> None:
    lstm, gru = (parameters(Candidate(cell, width=64), PLAIN) for cell in ("lstm", "gru"))
    assert 1.25 < lstm / gru < 4 / 3


def test_cost_holds_bytes_of_its_weights() -> None:
    cost = Cost.of(Candidate("gru", width=5), PLAIN)
    assert cost.bytes == BYTES_PER_WEIGHT * cost.parameters == 4 * 153
    assert cost.latency is None


def test_latency_leaves_the_first_calls_out(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, calls = [0.0], []

    def forecast() -> None:
        calls.append(None)
        first, slow = len(calls) <= 5, len(calls) > 5 + 90
        clock[0] += 10.0 if first else 0.004 if slow else 0.002

    monkeypatch.setattr("autorecur.nets.cost.time.perf_counter", lambda: clock[0])
    latency = measure_latency(forecast, times=100)
    assert len(calls) == 105
    assert latency.p50 == pytest.approx(2.0) and latency.p95 == pytest.approx(4.0)
