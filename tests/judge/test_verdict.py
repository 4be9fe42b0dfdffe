from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from duels import ACCURACY, FINALISTS, GRU, LSTM, MARGIN, apart, duel

import autorecur
from autorecur.errors import SettingError
from autorecur.judge import sentences
from autorecur.judge.comparison import Comparison, Finalist
from autorecur.judge.outcome import Case
from autorecur.judge.verdict import Kept, Margin, Outcome, Verdict, cost_sentence, decide
from autorecur.metrics import METRICS, Metric


def judged(
    comparison: Comparison,
    finalists: dict[str, Finalist] = FINALISTS,
    margin: Margin = MARGIN,
) -> Verdict:
    return decide(comparison, finalists, margin, "10min", 581.0, 31)


REPORT = Path(autorecur.__file__).parent / "report"
GRU_WINS = apart(-4.0, 0.1)
LSTM_WINS = apart(4.0, 0.1)
EQUAL = apart(0.0, 0.1)
LEANING = apart(-1.4, 1.2)
UNDECIDED = apart(-0.3, 2.0)
BEATEN = replace(GRU_WINS, baselines={"naive": (60.0,) * 8, "seasonal naive": (35.0,) * 8})
TOO_FEW = duel([[40.0], [41.0], [None], [None]], [[39.0], [40.0], [39.0], [None]])

CASES = {
    "GRU": (
        GRU_WINS,
        "gru",
        "gru",
        "Use a GRU with 1 layer of 32 units: its error on 8 held-out folds × 2 seeds is 10 % "
        "lower than the best LSTM's at equal training compute (more than 99 % sure that it is "
        "more than your 1 % margin).",
    ),
    "LSTM": (
        LSTM_WINS,
        "lstm",
        "lstm",
        "Use an LSTM with 2 layers of 64 units: its error on 8 held-out folds × 2 seeds is 9 %"
        " lower than the best GRU's at equal training compute (more than 99 % sure that it is "
        "more than your 1 % margin).",
    ),
    "EQUIVALENT": (
        EQUAL,
        None,
        "gru",
        "LSTM and GRU are equally good here (more than 99 % sure, within 1 %), so use a GRU with "
        "1 layer of 32 units: 25 % fewer weights and 1.3 × faster. Judged on 8 held-out folds × "
        "2 seeds.",
    ),
    "LEANING": (
        LEANING,
        "gru",
        "gru",
        "Probably a GRU with 1 layer of 32 units (92 % sure that it is better by more than your"
        " 1 % margin): its error is 4 % lower than the best LSTM's so far, on 8 held-out "
        "folds × 2 seeds. If the difference stays as it is, a budget of 25 min (8 folds "
        "× 5 seeds) should settle it.",
    ),
    "UNDECIDED": (
        UNDECIDED,
        None,
        "gru",
        "Not decided within 10 min: on 8 held-out folds × 2 seeds the GRU's error minus the "
        "LSTM's lies between −7 % and +4 % of the best baseline error (margin 1 %). The GRU"
        " (1 × 32) is the better of the two so far and is saved as the model.",
    ),
    "BASELINE_WINS": (
        BEATEN,
        "seasonal naive",
        "gru",
        "Use no recurrent network here yet: seasonal naive is better (MAE 35.0 MW) than the "
        "best GRU (1 × 32: 36.0 MW) and the best LSTM (2 × 64: 40.0 MW), on 8 held-out folds ×"
        " 2 seeds (margin 1 %).",
    ),
    "INCOMPLETE": (
        TOO_FEW,
        None,
        "gru",
        "No comparison was possible: 2 of 4 held-out folds were scored for both cells, and 4 "
        "are needed. The GRU (1 × 32) is saved as the model.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_outcome_and_its_sentence(name: str) -> None:
    comparison, winner, recommended, sentence = CASES[name]
    verdict = judged(comparison)
    assert verdict.outcome is Outcome[name]
    assert (verdict.winner, verdict.recommended) == (winner, recommended)
    assert str(verdict) == sentence


def test_every_outcome_has_a_sentence_here() -> None:
    assert set(CASES) == set(Outcome.__members__)
    assert {outcome.symbol for outcome in Outcome} == set("⚠▽●=◐○")


@pytest.mark.parametrize("name", CASES)
def test_the_section_is_what_the_record_takes(name: str) -> None:
    schema = json.loads((REPORT / "record.schema.json").read_text(encoding="utf-8"))
    section = judged(CASES[name][0]).as_dict()
    text = json.dumps(section, allow_nan=False, ensure_ascii=False)
    jsonschema.validate(json.loads(text), schema["properties"]["verdict"])
    assert "signific" not in text.lower()


@pytest.mark.parametrize("name", ["LSTM", "GRU", "EQUIVALENT"])
def test_the_limit_in_would_change_is_where_it_changes(name: str) -> None:
    verdict = judged(CASES[name][0])
    assert verdict.would_change is not None
    limit = float(verdict.would_change.split(" %")[0].split()[-1]) / 100
    outcomes = [
        judged(CASES[name][0], margin=Margin.default(50.0, limit + step, "MW")).outcome
        for step in (-0.002, 0.002)
    ]
    assert (outcomes[0] is verdict.outcome) != (outcomes[1] is verdict.outcome)


def test_beaten_still_says_which_cell() -> None:
    assert judged(BEATEN).second == (
        "Of the two cells the GRU (1 × 32) is the better one (more than 99 % sure that it is by"
        " more than 1 %), and is saved as the model."
    )
    alike = replace(EQUAL, baselines={"drift": (10.0,) * 8})
    assert str(judged(alike).second).startswith(
        "Of the two cells neither is better by more than 1 %"
    )
    assert judged(GRU_WINS).second is None


def test_as_good_within_the_margin_is_not_beaten() -> None:
    near = replace(EQUAL, baselines={"ridge on lags": (40.3,) * 8})
    verdict = judged(near)
    assert verdict.outcome is Outcome.BASELINE_WINS
    assert "ridge on lags is as good (MAE 40.3 MW) as the best" in verdict.sentence


@pytest.mark.parametrize(
    "scores", [(None,) * 8, (math.nan,) * 8, (1.0,) * 7, (1.0,) * 7 + (math.inf,)]
)
def test_a_baseline_without_all_scores_is_no_bar(scores: tuple[float | None, ...]) -> None:
    assert judged(replace(GRU_WINS, baselines={"drift": scores})).outcome is Outcome.GRU


def test_the_spread_beside_a_mean_is_said_to_be_of_one_fold() -> None:
    """Of the mean over folds and seeds it is not the error, which is far smaller."""
    known = duel([[40.0, 40.4]] * 8, [[38.0, 38.2]] * 8)
    (said, *_) = judged(known).reasons
    assert "(± between seeds, of one fold's score): LSTM 40.2 ± 0.3 MW, GRU 38.1 ± 0.1 MW" in said


def test_where_no_baseline_has_all_folds_that_is_said() -> None:
    told = judged(replace(GRU_WINS, baselines={"drift": (1.0,) * 7 + (None,)})).reasons
    assert any(each.startswith("No baseline was scored on all of these folds") for each in told)
    assert not any("No baseline" in each for each in judged(GRU_WINS).reasons)


@pytest.mark.parametrize("way", ["below", "above"])
def test_without_a_margin_the_bar_is_on_the_right_side(way: str) -> None:
    comparison = replace(EQUAL, baselines={"drift": (10.0 if way == "below" else 90.0,) * 8})
    better = METRICS["mae"] if way == "below" else replace(METRICS["mae"], better="higher")
    verdict = judged(replace(comparison, metric=better), margin=Margin(0.0, "MW", None, "none"))
    assert verdict.outcome is Outcome.BASELINE_WINS
    assert f"would be another if a recurrent network came {way} " in str(verdict.would_change)


def test_a_margin_that_no_network_beats_the_baseline_by_would_change_it_too() -> None:
    near = replace(GRU_WINS, baselines={"drift": (37.0,) * 8})  # the GRU is at about 36
    verdict = judged(near)
    assert verdict.outcome is Outcome.GRU
    limit = near.best_baseline()[1] - near.mean("gru")  # type: ignore[index, operator]
    for step, outcome in ((-0.01, Outcome.GRU), (0.01, Outcome.BASELINE_WINS)):
        margin = Margin(limit + step, "MW", None, "as declared")
        assert judged(near, margin=margin).outcome is outcome
    assert "would be another with a margin above 2" in str(verdict.would_change)


def test_a_table_has_no_more_folds_than_it_was_divided_into() -> None:
    alone = duel([[40.0], [41.0], [39.5], [40.2]], [[39.0], [41.5], [38.0], [40.3]])
    told = str(judged(alone).would_change)
    assert told.startswith("With a longer budget every fold is scored with more seeds")
    wide = duel([[40.0, 40.0]] * 4, [[35.0, 35.01], [45.0, 45.01], [36.0, 36.01], [44.0, 44.01]])
    assert "more rows might" in str(judged(wide).would_change)


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, -math.inf])
def test_pairs_with_a_side_missing_are_left_out_and_counted(missing: float | None) -> None:
    lstm: list[list[float | None]] = [[40.0, 40.2] for _ in range(6)]
    gru: list[list[float | None]] = [[36.0 + 0.1 * fold, 36.2] for fold in range(6)]
    gru[2] = [missing, 36.0]
    lstm[5] = [missing, missing]
    comparison = duel(lstm, gru)
    verdict = judged(comparison)
    assert comparison.left_out == 3
    assert (verdict.evidence.folds, verdict.evidence.seeds, verdict.evidence.pairs) == (5, 1, 9)
    assert comparison.differences[2] == pytest.approx(36.0 - 40.2)
    (said,) = (reason for reason in verdict.reasons if "were left out" in reason)
    assert said.startswith("3 of 12 pairs lacked a score, or the end of the time cut one")
    assert verdict.outcome is Outcome.GRU


EIGHT = [[40.0, 40.0] for _ in range(8)]
INCOMPLETE_CASES = {
    "one fold": (duel([[40.0]], [[39.0]]), FINALISTS, "gru", "1 of 1 held-out fold was scored"),
    "no pair": (duel([], []), FINALISTS, "gru", "0 of 0 held-out folds were scored"),
    "one cell": (duel([], []), {"lstm": LSTM}, "lstm", "the GRU has no finalist"),
    "no cell": (duel([], []), {}, None, "neither cell has a finalist"),
    "all failed": (
        duel([[None]] * 8, [[math.nan]] * 8),
        FINALISTS,
        "gru",
        "0 of 8 held-out folds were scored",
    ),
}


@pytest.mark.parametrize("name", INCOMPLETE_CASES)
def test_what_cannot_be_compared(name: str) -> None:
    comparison, finalists, recommended, words = INCOMPLETE_CASES[name]
    verdict = judged(comparison, finalists)
    assert verdict.outcome is Outcome.INCOMPLETE
    assert verdict.recommended == recommended
    assert (verdict.winner, verdict.probability, verdict.difference) == (None, None, None)
    assert words in verdict.sentence


def test_identical_scores_are_equivalent_whatever_the_margin() -> None:
    for fraction in (0.0, 0.01):
        margin = Margin.default(50.0, fraction, "MW")
        verdict = judged(duel(EIGHT, EIGHT), margin=margin)
        assert verdict.outcome is Outcome.EQUIVALENT
        assert verdict.difference is not None and verdict.difference.scale == 0


def test_equal_in_all_costs_the_better_mean_is_taken() -> None:
    twin = replace(GRU, bytes=LSTM.bytes, parameters=LSTM.parameters, latency_ms=LSTM.latency_ms)
    verdict = judged(apart(0.01, 0.001), {"lstm": LSTM, "gru": twin})
    assert verdict.recommended == "lstm"
    assert "they cost the same" in verdict.sentence


def test_a_dearer_side_of_the_cheaper_cell_is_said() -> None:
    fast = replace(GRU, parameters=60_000, bytes=240_000, latency_ms=0.5)
    sentence = judged(EQUAL, {"lstm": LSTM, "gru": fast}).sentence
    assert "2.1 × faster, though 20 % more weights. Judged" in sentence
    unmeasured = {"lstm": replace(LSTM, latency_ms=None), "gru": replace(GRU, latency_ms=None)}
    assert ": 25 % fewer weights. Judged" in judged(EQUAL, unmeasured).sentence


def test_a_metric_that_grows() -> None:
    lstm = [[0.80 + 0.001 * fold] for fold in range(8)]
    gru = [[0.90 + 0.001 * fold + 0.0005 * (fold % 2)] for fold in range(8)]
    comparison = duel(lstm, gru, baseline=0.7, metric=ACCURACY)
    verdict = judged(comparison, margin=Margin(0.005, "", None, ""))
    assert (verdict.outcome, verdict.recommended) == (Outcome.GRU, "gru")
    assert "its accuracy on 8 held-out folds × 1 seed is 10 points higher than" in verdict.sentence
    beaten = replace(comparison, baselines={"prior": (0.95,) * 8})
    verdict = judged(beaten, margin=Margin(0.005, "", None, ""))
    assert verdict.outcome is Outcome.BASELINE_WINS
    assert "if a recurrent network came above 95.5 %, which is prior" in str(verdict.would_change)


CHANGES = {
    "GRU": "The verdict would be another with a margin above 7.8 %; up to there it holds.",
    "EQUIVALENT": "The verdict would be another with a margin below 0.3 %; down to there it holds.",
    "BASELINE_WINS": "The verdict would be another if a recurrent network came below 34.5 MW, which"
    " is seasonal naive with 1 % taken off.",
    "INCOMPLETE": "A longer budget, or a smaller space, would change that: both cells have to be "
    "scored on at least 4 held-out folds.",
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_would_change_the_verdict_is_a_sentence_that_says_so(name: str) -> None:
    """It stands among the reasons, with no heading of its own."""
    assert judged(CASES[name][0]).would_change == CHANGES[name]


def test_unequal_compute_is_not_called_equal() -> None:
    lstm, gru = ([[s for s in row] for row in scores] for scores in (EIGHT, [[30.0, 30.1]] * 8))
    verdict = judged(duel(lstm, gru, seconds=(5.0, 10.0)))
    assert "equal" not in verdict.sentence
    assert "with about 2 × the training seconds" in verdict.sentence
    slower = judged(duel(lstm, gru, seconds=(5.0, 6.5))).sentence
    assert "with 30 % more training seconds" in slower
    faster = judged(duel(lstm, gru, seconds=(5.0, 4.0))).sentence
    assert "with 20 % fewer training seconds" in faster


@pytest.mark.parametrize("scores", [(1e-6, 2e-6), (1e12, 2e12), (-3.0, -2.0), (0.0, 1.0)])
def test_scores_of_any_size(scores: tuple[float, float]) -> None:
    lstm, gru = ([[score, score] for _ in range(6)] for score in scores)
    for verdict in (judged(duel(lstm, gru, baseline=1e13)), judged(duel(lstm, gru, baseline=-9.0))):
        assert verdict.sentence
        json.dumps(verdict.as_dict(), allow_nan=False)


SPREADS = (0.001, 0.02, 0.2, 0.5, 1.0, 3.0)  # of a fold, in hundredths of the score
APART = (0.0, -0.3, -0.9, -1.6, -2.4, -6.0, -40.0, 3.3)


def plays(metric: Metric) -> Iterator[tuple[Comparison, Margin]]:
    """Duels of every outcome by one metric, with margins as they are declared."""
    unit, level = metric.unit_of("MW"), 0.7 if metric.ceiling else 41.27
    for difference, spread in product(APART, SPREADS):
        rng = np.random.default_rng(5)
        steps = [level * (1 + rng.normal(0, spread, (8, 2)) / 100) for _ in range(2)]
        steps[1] += level * difference / 100
        gap = 0.02 * level * (1 if metric.better == "lower" else -1)
        for fraction, baseline in product((0.01, 0.0025), (level + 9 * gap, level - gap)):
            margin = Margin.default(baseline, fraction, unit)
            if metric.ceiling:
                margin = Margin(0.5 * fraction, unit, None, "a declared number of points")
            played = duel(*(step.tolist() for step in steps), baseline, metric, (5.0, 6.5))
            yield played, margin
            few = duel(*(step[:2].tolist() for step in steps), baseline, metric)
            yield few, margin


@pytest.mark.parametrize("name", METRICS)
def test_a_sentence_has_one_difference_with_a_decimal_at_most(name: str) -> None:
    """Ends of an interval are one; scores beside each other are one comparison; the margin is as
    declared."""
    metric, met = METRICS[name], set()
    for comparison, margin in plays(metric):
        case = Case(comparison, FINALISTS, margin)
        met.add(case.outcome)
        for text in (sentences.first(case, "10min"), sentences.second(case) or ""):
            for said in re.split(r"[.] (?=[A-Z])", text):
                bare = re.sub(r"(your|margin|within|more than|by) (\(?)0\.\d+ (%|points)", "", said)
                bare = re.sub(r"\bbetween \S+ (% |points )?and \S+", "an interval", bare)
                if case.outcome is Outcome.BASELINE_WINS:
                    bare = re.sub(r"\d+[.]\d+", "", bare, count=3)  # the three that are compared
                assert len(re.findall(r"\d[.]\d", bare)) <= 1, text
    assert met == set(Outcome.__members__.values())


def test_a_difference_has_no_more_decimals_than_its_spread_supports() -> None:
    noisy, quiet = judged(apart(-1.9, 1.3)).sentence, judged(apart(-1.9, 0.1)).sentence
    assert re.search(r"seeds is \d % lower", noisy)
    assert re.search(r"seeds is \d\.\d % lower", quiet)


@pytest.mark.parametrize(
    ("fraction", "said"), [(0.0025, "0.25 %"), (0.015, "1.5 %"), (0.07, "7 %")]
)
def test_the_margin_stands_as_it_was_declared(fraction: float, said: str) -> None:
    verdict = judged(GRU_WINS, margin=Margin.default(50.0, fraction, "MW"))
    assert f"your {said} margin" in verdict.sentence
    points = Margin(fraction / 2, "", None, "a declared number of points")
    lstm, gru = [[0.5]] * 8, [[0.9]] * 8
    sentence = judged(duel(lstm, gru, 0.2, ACCURACY), margin=points).sentence
    assert f"your {50 * fraction:g} points margin" in sentence


KEPT = {
    "the other": Kept("the other finalist", "LSTM 2 × 64"),
    "of the search": Kept("the best network of the search", "GRU 1 × 16"),
    "none": Kept(reason="it would have 600,000 bytes, and at most 500,000 are allowed"),
}


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("name", CASES)
def test_what_is_really_saved_is_said(name: str, kept: str) -> None:
    verdict = decide(CASES[name][0], FINALISTS, MARGIN, "10min", 581.0, kept=KEPT[kept])
    told = f"{verdict.sentence} {verdict.second or ''}"
    usual = judged(CASES[name][0])
    assert verdict.outcome is usual.outcome
    assert "and is saved" not in told and "GRU (1 × 32) is saved" not in told
    expected = KEPT[kept].title or "o model is saved: it would have 600,000 bytes"
    assert told.count(expected) >= 1 and told.count("saved") == 1
    assert not re.search(r"[.;:] *[.;:]|  ", told)


HOSTILE = [
    "</script><script>alert(1)</script>",
    "$\\frac{",
    "=cmd|' /C calc'!A0",
    "a\nb\x00\u202ec",
    "x" * 10_000,
    "",
]


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize("name", CASES)
def test_hostile_units_stay_short_plain_text_on_one_line(name: str, unit: str) -> None:
    verdict = judged(CASES[name][0], margin=Margin.default(50.0, 0.01, unit))
    said = [verdict.sentence, *verdict.reasons, verdict.second or "", verdict.would_change or ""]
    assert verdict.outcome is Outcome[name]
    assert verdict.margin.unit == unit
    for text in said:
        assert len(text) < 500
        assert not set(text) & set("\n\r\x00\u202e")


@pytest.mark.parametrize("unit", ["MW", "load [kW]"])
def test_units_are_named(unit: str) -> None:
    margin = Margin.default(50.0, 0.01, unit)
    assert f"40.0 {unit}" in judged(BEATEN, margin=margin).sentence


@pytest.mark.parametrize("fraction", [-0.01, 1.0, math.nan, math.inf])
def test_a_margin_that_cannot_be(fraction: float) -> None:
    with pytest.raises(SettingError, match="the margin is"):
        Margin.default(50.0, fraction, "MW")


def test_a_margin_of_an_unknown_error_is_refused() -> None:
    with pytest.raises(SettingError, match="the margin is nan"):
        Margin.default(math.nan, 0.01, "MW")


@pytest.mark.parametrize(
    ("spent", "limit", "trainings", "sentence"),
    [
        (171.2, "3min", 31, "Spent 2 min 51 s of 3 min, 31 trainings."),
        (171.2, 180.0, 1, "Spent 2 min 51 s of 3 min, 1 training."),
        (9.4, "60 s", None, "Spent 9 s of 60 s."),
        (3725.0, "2h", 1200, "Spent 1 h 2 min of 2 h, 1,200 trainings."),
        (50.0, "40trainings", 38, "Spent 50 s and 38 of 40 trainings."),
        (50.0, "2e14flop", 38, "Spent 50 s of 2e14 flop, 38 trainings."),
    ],
)
def test_cost(spent: float, limit: str | float, trainings: int | None, sentence: str) -> None:
    assert cost_sentence(spent, limit, trainings) == sentence


@pytest.mark.parametrize("noise", [1.0, 4.0, 20.0, 60.0])
@pytest.mark.parametrize("folds", [4, 8, 16])
def test_the_same_cell_twice_seldom_wins(noise: float, folds: int) -> None:
    """A/A: `noise` is a fold's standard deviation in margins; a winner in 5 % at most.

    Real duels had 0.9 to 60 (airline passengers), and folds of 1.5 % of the rows and more.
    """
    rng = np.random.default_rng(7)
    wins = 0
    for _ in range(1_000):
        level = 400.0 + rng.normal(0, 5.0, (folds, 1))
        scores = [level + rng.normal(0, noise * MARGIN.value, (folds, 2)) for _ in range(2)]
        played = duel(scores[0].tolist(), scores[1].tolist(), baseline=900.0, test_share=0.015)
        case = Case(played, FINALISTS, MARGIN)
        wins += case.outcome in (Outcome.LSTM, Outcome.GRU)
    assert wins <= 50


@pytest.mark.parametrize(("margins", "least"), [(4.0, 0.9), (2.0, 0.5)])
def test_a_planted_difference_is_found(margins: float, least: float) -> None:
    """Low noise: a fold's standard deviation is one margin."""
    named = [
        Case(apart(-margins * MARGIN.value, MARGIN.value, seed=seed), FINALISTS, MARGIN).outcome
        for seed in range(100)
    ]
    assert sum(outcome is Outcome.GRU for outcome in named) >= least * 100
    assert Outcome.LSTM not in named
