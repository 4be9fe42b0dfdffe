"""What fewer data make of both cells: curves with a planted shift, and without one."""

from __future__ import annotations

import numpy as np
import pytest

from autorecur.judge.folklore import folklore
from autorecur.judge.learning import SHARES, LearningCurve, half_width, learning_curve
from autorecur.metrics import METRICS, Metric
from autorecur.nets.shape import Shape

ALL = (*SHARES, 1.0)


def curve(
    lead: dict[float, float], noise: float = 0.005, folds: int = 4, metric: Metric = METRICS["mae"]
) -> LearningCurve | None:
    """Errors that fall with the data, the GRU's lower by the share `lead` at each share."""
    rng = np.random.default_rng(2)
    scores: dict[float, dict[str, dict[str, float]]] = {}
    for share in ALL:
        scores[share] = {}
        for fold in range(folds):
            lstm = 2.0 - np.log2(8 * share) / 4 + 0.2 * fold
            gru = lstm * (1 - lead[share] + rng.normal(0, noise))
            if metric.ceiling:
                lstm, gru = 1 - lstm / 10, 1 - gru / 10
            scores[share][f"fold {fold}"] = {"lstm": lstm, "gru": gru}
    return learning_curve(scores, metric, test_share=0.1)


def claim(found: LearningCurve | None) -> tuple[str, str]:
    shape = Shape(channels=1, targets=1, known=0, horizon=1, season=1)
    claims = folklore([], {}, shape, METRICS["mae"], {}, found)
    (told,) = [each for each in claims if each.claim == "A GRU is better on few data"]
    return told.answer, told.evidence


@pytest.mark.parametrize("metric", ["mae", "accuracy"])
def test_a_lead_that_shrinks_with_the_data_is_found(metric: str) -> None:
    lead = dict(zip(ALL, (0.12, 0.07, 0.02, -0.03), strict=True))
    found = curve(lead, metric=METRICS[metric])
    assert found is not None and found.settled and found.folds == 4
    assert [point.share for point in found.points] == list(ALL)
    assert found.lead_on_least == pytest.approx(0.12, abs=0.02)
    assert found.shift == pytest.approx(-0.05, abs=0.01)
    assert found.crosses == pytest.approx(2 ** (-1 + 0.4), abs=0.1)
    answer, evidence = claim(found)
    assert answer == "confirmed"
    assert "With 12 % of the data the GRU is 1" in evidence and "they cross at" in evidence


def test_a_lead_that_grows_with_the_data_refutes_it() -> None:
    assert claim(curve(dict(zip(ALL, (-0.1, -0.05, 0.0, 0.05), strict=True))))[0] == "refuted"


def test_noise_settles_nothing() -> None:
    found = curve(dict.fromkeys(ALL, 0.0), noise=0.05)
    assert found is not None and not found.settled
    assert claim(found)[0] == "not decidable here"


def test_too_few_folds_are_no_curve() -> None:
    assert curve(dict.fromkeys(ALL, 0.1), folds=2) is None
    assert claim(None)[0] == "not decidable here"
    scores = {share: {"a": {"lstm": 1.0, "gru": 1.0}} for share in ALL}
    assert learning_curve(scores, METRICS["mae"], 0.1) is None


def test_a_lead_on_few_data_that_may_be_chance_refutes_nothing() -> None:
    """The lead shrinks for sure, and whether there is one at the least share is not known."""
    found = curve(dict(zip(ALL, (0.004, -0.05, -0.1, -0.15), strict=True)), noise=0.01)
    assert found is not None and found.settled and found.shift < 0
    assert abs(found.lead_on_least) < found.lead_half_width
    assert claim(found)[0] == "not decidable here"


def test_folds_that_share_rows_say_less() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert half_width(values, 0.125) / half_width(values) == pytest.approx(
        np.sqrt((1 / 4 + 1 / 7) / (1 / 4))
    )
