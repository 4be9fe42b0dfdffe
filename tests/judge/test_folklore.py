"""What is claimed of the two cells, answered from trials that were made to tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from duels import FINALISTS

from autorecur.judge.comparison import Finalist
from autorecur.judge.folklore import ANSWERS, Claim, folklore
from autorecur.metrics import METRICS
from autorecur.nets.candidate import Candidate
from autorecur.nets.cost import Cost, Latency
from autorecur.nets.order import Status
from autorecur.nets.shape import Shape
from autorecur.search.trial import Trial

SHAPE = Shape(channels=1, targets=1, known=0, horizon=1, season=1)
YES, NO, OPEN = ANSWERS


def trial(pair: int, candidate: Candidate, curve: Sequence[float], step: float = 0.01) -> Trial:
    """One with a validation every 50 steps, `step` seconds each."""
    steps = 50 * len(curve)
    return Trial(
        id=f"{pair}-{candidate.cell}",
        pair=pair,
        rung=0,
        top=False,
        fraction=1.0,
        candidate=candidate,
        seed=pair,
        status=Status.FINISHED,
        sentence="",
        score=min(curve),
        watched=min(curve),
        curve=tuple(curve),
        steps=steps,
        steps_done=steps,
        timed_steps=steps,
        ledger={"steps": step * (steps - 10)},
        cost=Cost.of(candidate, SHAPE),
    )


def curves(
    errors: Mapping[str, float], places: int = 6, quick: str | None = None
) -> dict[str, list[float]]:
    """Falling to each cell's error; that of `quick` is there after half of its validations."""
    made = {}
    for cell, error in errors.items():
        falling = np.linspace(2 * error, error, places // 2 if cell == quick else places)
        made[cell] = [*falling, *[error] * (places - len(falling))]
    return made


def pairs(
    count: int,
    error: float = 1.0,
    apart: float = 0.0,
    noise: float = 0.05,
    quick: str | None = None,
    gru_step: float = 0.01,
    **fields: object,
) -> Iterator[Trial]:
    """Pairs of different networks, width 8 upwards, the GRU's error `apart` from the LSTM's."""
    rng = np.random.default_rng(1)
    for pair in range(count):
        base = replace(Candidate("lstm", width=8 * (pair + 1)), **fields)  # type: ignore[arg-type]
        level = error + rng.normal(0, noise)
        found = curves({"lstm": level, "gru": level + apart}, quick=quick)
        yield trial(pair, base, found["lstm"])
        yield trial(pair, base.with_cell("gru"), found["gru"], gru_step)


def told(
    trials: Iterator[Trial] | list[Trial],
    finalists: Mapping[str, Finalist] = FINALISTS,
    holdout: Mapping[str, float | None] | None = None,
    metric: str = "mae",
    **given: Any,
) -> dict[str, Claim]:
    found = folklore(list(trials), finalists, SHAPE, METRICS[metric], holdout or {}, **given)
    assert all(claim.answer in ANSWERS and claim.evidence.endswith(".") for claim in found)
    return {claim.claim: claim for claim in found}


def test_nothing_is_answered_without_evidence() -> None:
    found = told([], finalists={})
    assert len(found) == 12
    assert {claim.answer for claim in found.values()} == {OPEN}


def test_weights_are_counted_at_equal_width() -> None:
    claim = told(pairs(3))["A GRU has fewer weights"]
    assert (claim.answer, claim.evidence) == (
        YES,
        "Of equal width, 1 × 8: 273 against 329, 17 % fewer.",
    )


@pytest.mark.parametrize(
    ("gru_step", "answer"), [(0.007, YES), (0.01, NO), (0.014, NO)], ids=["less", "alike", "more"]
)
def test_seconds_a_step_are_compared_by_pairs(gru_step: float, answer: str) -> None:
    claim = told(pairs(5, gru_step=gru_step))["A GRU trains faster"]
    assert claim.answer == answer
    assert f"{gru_step / 0.01:.3g}" in claim.evidence and "5 networks" in claim.evidence


def test_pairs_of_one_network_are_one_piece_of_evidence() -> None:
    one = [replace(each, pair=pair) for pair in range(9) for each in pairs(1, gru_step=0.007)]
    claim = told(one)["A GRU trains faster"]
    assert (claim.answer, "1 network only" in claim.evidence) == (OPEN, True)


def test_who_is_there_first_at_the_error_that_both_reach() -> None:
    found = told(pairs(5, quick="gru"))
    assert found["A GRU needs fewer epochs"].answer == YES
    assert found["A GRU is as good sooner"].answer == YES
    found = told(pairs(5, quick="lstm"))
    assert found["A GRU needs fewer epochs"].answer == NO
    slow = told(pairs(5, quick="gru", gru_step=0.03))
    assert slow["A GRU needs fewer epochs"].answer == YES
    assert slow["A GRU is as good sooner"].answer == NO


def test_shares_of_right_answers_count_the_other_way_round() -> None:
    rising = [
        replace(each, curve=tuple(1 - error / 4 for error in each.curve))
        for each in pairs(5, quick="gru")
    ]
    assert told(rising, metric="accuracy")["A GRU needs fewer epochs"].answer == YES


def test_forecasts_are_compared_as_the_finalists_are() -> None:
    name = "A GRU predicts faster and is smaller"
    assert told([])[name].answer == YES
    swapped = {
        "lstm": replace(FINALISTS["gru"], cell="lstm"),
        "gru": replace(FINALISTS["lstm"], cell="gru"),
    }
    assert told([], swapped)[name].answer == NO
    mixed = {**FINALISTS, "gru": replace(FINALISTS["gru"], latency_ms=3.0)}
    assert told([], mixed)[name].answer == OPEN
    assert (
        told([], {**FINALISTS, "gru": replace(FINALISTS["gru"], latency_ms=None)})[name].answer
        == OPEN
    )


def test_timers_that_are_nearer_than_they_can_tell_settle_nothing() -> None:
    name = "A GRU predicts faster and is smaller"
    near = {**FINALISTS, "gru": replace(FINALISTS["gru"], latency_ms=1.04 * 0.94)}
    assert told([], near)[name].answer == OPEN
    assert "of different sizes and timed once each" in told([], near)[name].evidence
    alike = {**near, "gru": replace(near["gru"], depth=2, width=64)}
    assert "different" not in told([], alike)[name].evidence


@pytest.mark.parametrize(("gru_ms", "answer"), [(0.8, YES), (0.95, OPEN)])
def test_pairs_of_equal_width_that_were_timed_tell_of_the_cells(gru_ms: float, answer: str) -> None:
    """Whatever the sizes of the finalists are."""
    timed = []
    for each in pairs(4):
        assert each.cost is not None
        p50 = gru_ms if each.candidate.cell == "gru" else 1.0
        timed.append(replace(each, cost=replace(each.cost, latency=Latency(p50, 2 * p50))))
    large = {**FINALISTS, "gru": replace(FINALISTS["gru"], latency_ms=9.0, bytes=10**7)}
    claim = told(timed, large)["A GRU predicts faster and is smaller"]
    assert claim.answer == answer
    assert claim.evidence.startswith("With the same settings, over 4 networks: ")


def of_sizes(field: str, sizes: Sequence[object], gain: float, seed: int = 0) -> Iterator[Trial]:
    """Networks of these sizes, each better than the one before by `gain`."""
    rng = np.random.default_rng(seed)
    for pair, size in enumerate(sizes):
        error = 2.0 - gain * pair + rng.normal(0, 0.01)
        for cell in ("lstm", "gru"):
            made = replace(Candidate(cell, learning_rate=0.001 * (pair + 1)), **{field: size})  # type: ignore[arg-type]
            yield trial(pair, made, [error + 0.1, error])


@pytest.mark.parametrize(("gain", "answer"), [(0.1, YES), (-0.1, NO), (0.0, OPEN)])
@pytest.mark.parametrize(
    ("field", "claim"), [("depth", "Deeper is better"), ("width", "Wider is better")]
)
def test_sizes_are_ranked(field: str, claim: str, gain: float, answer: str) -> None:
    sizes = range(1, 9) if field == "depth" else [8 * n for n in range(1, 9)]
    assert told(of_sizes(field, list(sizes), gain))[claim].answer == answer


def test_few_networks_or_all_alike_tell_nothing() -> None:
    assert "Too few" in told(of_sizes("depth", [1, 2, 3], 0.1))["Deeper is better"].evidence
    assert "all alike" in told(pairs(8))["Deeper is better"].evidence


def test_networks_are_compared_after_as_many_steps() -> None:
    """The small ones were trained for longer, and end lower; at the same step they are worse."""
    made = []
    for pair in range(8):
        for cell in ("lstm", "gru"):
            falling = [3.0 - 0.1 * pair - 0.3 * at for at in range(8 - pair)]
            made.append(trial(pair, Candidate(cell, width=8 * (pair + 1)), falling))
    assert told(made)["Wider is better"].answer == YES
    longest = min(made, key=lambda each: each.watched or 0.0)
    assert longest.candidate.width == 8


def test_a_long_window_speaks_for_the_lstm_where_its_lead_grows() -> None:
    made = []
    for pair in range(8):
        base = Candidate("lstm", lookback=12 * (pair + 1))
        made += [
            trial(pair, base, [1.5, 1.0]),
            trial(pair, base.with_cell("gru"), [1.5, 1.0 + 0.05 * pair]),
        ]
    assert told(made)["An LSTM is better where it must look far back"].answer == YES


@pytest.mark.parametrize(("better", "answer"), [("attention", YES), ("last", NO)])
def test_attention_against_the_last_state(better: str, answer: str) -> None:
    made = []
    for pair in range(10):
        pooling = "attention" if pair % 2 else "last"
        error = (1.0 if pooling == better else 1.5) + 0.01 * pair
        for cell in ("lstm", "gru"):
            candidate = Candidate(cell, width=8 * (pair + 1), pooling=pooling)
            made.append(trial(pair, candidate, [2.0, error]))
    assert told(made)["Attention on top helps"].answer == answer
    assert told(made[:8])["Attention on top helps"].answer == OPEN


@pytest.mark.parametrize(("of_rate", "of_cell", "answer"), [(0.5, 0.1, YES), (0.1, 0.5, NO)])
def test_rates_against_cells(of_rate: float, of_cell: float, answer: str) -> None:
    made = []
    for pair in range(16):
        base = Candidate("lstm", width=8 * (pair // 2 + 1), learning_rate=0.001 * (1 + pair % 2))
        error = 1.0 + of_rate * (pair % 2)
        made += [
            trial(pair, base, [3.0, error]),
            trial(pair, base.with_cell("gru"), [3.0, error + of_cell]),
        ]
    claim = told(made)["The learning rate matters more than the cell"]
    assert claim.answer == answer
    assert f"further with {8 if answer == YES else 0} of 8" in claim.evidence


def test_pairs_that_differ_in_more_than_their_rate_say_nothing_of_it() -> None:
    made = []
    for pair in range(16):
        base = Candidate(
            "lstm",
            width=8 * (pair // 2 + 1),
            learning_rate=0.001 * (1 + pair % 2),
            dropout=0.1 * (1 + pair % 2),
        )
        made += [trial(pair, base, [3.0, 1.0 + pair % 2])]
        made += [trial(pair, base.with_cell("gru"), [3.0, 1.1 + pair % 2])]
    claim = told(made)["The learning rate matters more than the cell"]
    assert (claim.answer, claim.evidence.startswith("Too few to tell: 0 networks")) == (OPEN, True)


def lengths(fraction: float, count: int, first: int = 0, **given: Any) -> list[Trial]:
    """Pairs of so many widths, wider ones better, each trained for a share of a full training."""
    made = []
    for pair in range(first, first + count):
        for cell in ("lstm", "gru"):
            each = trial(pair, Candidate(cell, width=8 * (pair + 1)), [4.0, 3.0 - 0.1 * pair])
            made.append(replace(each, fraction=fraction, **given))
    return made


def test_what_networks_are_worth_early_on_is_not_what_they_come_to() -> None:
    early = told(lengths(1 / 9, 8))["Wider is better"]
    assert early.answer == OPEN
    assert early.evidence.endswith("All after 11 % of a full training: that is too early to tell.")
    later = told(lengths(1 / 3, 8))["Wider is better"]
    assert later.answer == YES and later.evidence.endswith("All after 33 % of a full training.")
    # Enough that went further are taken by themselves, and the whole of it needs no word.
    assert told([*lengths(1 / 3, 8), *lengths(1 / 9, 4, 8)])["Wider is better"] == later
    assert "of a full training" not in told(lengths(1.0, 8))["Wider is better"].evidence


def test_what_stopped_by_itself_is_compared_as_it_ended() -> None:
    found = told(lengths(1 / 9, 8, status=Status.STOPPED))["Wider is better"]
    assert found.answer == YES and "of a full training" not in found.evidence


def test_what_a_deadline_cut_is_compared_with_nothing() -> None:
    """At its few steps it would be judged beside a partner that had all."""
    cut = [
        replace(each, status=Status.DEADLINE, curve=(9.0,), steps=10)
        for each in lengths(1.0, 4, first=8)
    ]
    name = "Wider is better"
    assert told([*lengths(1.0, 8), *cut])[name] == told(lengths(1.0, 8))[name]
    alone = told([replace(each, status=Status.DEADLINE) for each in lengths(1.0, 8)])
    assert alone[name].answer == OPEN


@pytest.mark.parametrize(
    ("lstm", "gru", "answer"),
    [(0.99, 0.97, YES), (0.99, 0.02, NO), (0.01, 0.01, NO), (0.99, 0.8, OPEN), (0.99, None, OPEN)],
)
def test_both_must_beat_a_plain_recurrent_network(
    lstm: float, gru: float | None, answer: str
) -> None:
    chances = {"lstm": lstm} | ({} if gru is None else {"gru": gru})
    scores = {cell: 1.0 if chance > 0.5 else 1.1 for cell, chance in chances.items()}
    holdout = {"lstm": 1.0, "gru": 1.0} | scores | {"rnn": 1.05}
    name, spreads = "Both beat a plain recurrent network", {"lstm": 0.01, "gru": 0.02}
    claim = told([], holdout=holdout, beats_plain=chances, spreads=spreads)[name]
    assert claim.answer == answer
    if answer is not OPEN:
        side = "better" if lstm > 0.5 else "worse"
        assert f"the LSTM is 0.0500 {side}" in claim.evidence and "sure" in claim.evidence


@pytest.mark.parametrize("spreads", [{}, {"lstm": 0.06, "gru": 0.01}, {"lstm": 0.01, "gru": 0.3}])
def test_one_training_each_is_not_trusted_beyond_what_seeds_move(spreads: dict[str, float]) -> None:
    given = {"beats_plain": {"lstm": 0.99, "gru": 0.99}, "spreads": spreads}
    holdout = {"lstm": 1.0, "gru": 0.8, "rnn": 1.05}
    claim = told([], holdout=holdout, **given)["Both beat a plain recurrent network"]
    assert claim.answer == OPEN and "one training each" in claim.evidence


def test_without_a_plain_network_nothing_is_said_of_it() -> None:
    claim = told([], holdout={"lstm": 1.0, "gru": 0.8})["Both beat a plain recurrent network"]
    assert claim.answer == OPEN and "--cells" in claim.evidence


def test_how_far_back_both_look_stands_beside_what_windows_tell() -> None:
    far = told(pairs(3), reaches={"lstm": 19, "gru": 12})
    evidence = far["An LSTM is better where it must look far back"].evidence
    assert evidence.endswith("The LSTM looks 19 steps back and the GRU 12, by input gradients.")
