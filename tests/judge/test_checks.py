from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from duels import ACCURACY, FINALISTS, MARGIN, apart, duel

from autorecur.data.dataset import Finding
from autorecur.judge import check as check_module
from autorecur.judge.check import LEVELS, Check, Facts, Refitted
from autorecur.judge.checks import checks
from autorecur.judge.comparison import Comparison
from autorecur.judge.verdict import decide

GRU_WINS = apart(-4.0, 0.1)
CHOICES = {
    "depth": (1, 1, 2, 3),
    "width": (8, 16, 32, 64),
    "lookback": (24, 48),
    "learning_rate": (1e-3, 2e-2),
    "dropout": (0.0, 0.1, 0.2),
    "normalisation": ("none", "last", "difference"),
}
INSIDE = {
    "cell": "gru",
    "depth": 1,
    "width": 32,
    "lookback": 24,
    "learning_rate": 4e-3,
    "dropout": 0.0,
    "normalisation": "none",
}


def check(code: str, comparison: Comparison = GRU_WINS, **facts: Any) -> Check:
    """The one check with `code`."""
    verdict = decide(comparison, FINALISTS, MARGIN, "3min", 171.0, 31)
    (found,) = [each for each in checks(comparison, verdict, Facts(**facts)) if each.code == code]
    return found


def candidate(**fields: Any) -> dict[str, Any]:
    return {"gru": INSIDE | fields}


def test_without_facts_nothing_is_claimed() -> None:
    comparison = duel([], [])
    verdict = decide(comparison, FINALISTS, MARGIN, "3min", 171.0, 0)
    made = checks(comparison, verdict, Facts())
    assert [each.code for each in made] == sorted(each.code for each in made)
    assert {each.code: each.level for each in made} == {
        "AR101": "not applicable",
        "AR102": "not applicable",
        "AR103": "not applicable",
        "AR104": "not applicable",
        "AR105": "not applicable",
        "AR106": "not applicable",
        "AR107": "not applicable",
        "AR108": "passed",
        "AR109": "not applicable",
        "AR110": "not applicable",
        "AR111": "not applicable",
        "AR112": "not applicable",
        "AR113": "issue",
        "AR114": "not applicable",
    }
    assert all(each.level in LEVELS and each.sentence.endswith(".") for each in made)


def test_a_warning_comes_with_its_remedy() -> None:
    beaten = replace(GRU_WINS, baselines={"drift": (1.0,) * 8})
    for code, comparison in (("AR101", beaten), ("AR113", duel([], []))):
        found = check(code, comparison)
        assert found.level == "issue" and found.remedy
    assert check("AR101").level == "passed"
    assert "drift (1.00 MW)" in check("AR101", beaten).sentence


@pytest.mark.parametrize("metric", ["mae", "accuracy"])
def test_a_baseline_that_is_beaten_by_luck_is_not_called_beaten(metric: str) -> None:
    """The same gain on average: on every fold, and on half of them."""
    steady, lucky = [0.60] * 8, [0.80, 0.40, 0.80, 0.40, 0.80, 0.40, 0.80, 0.41]
    for scores, level in ((steady, "passed"), (lucky, "tip")):
        if metric == "accuracy":
            shares = [[100 * x] for x in scores]
            compared = duel(shares, shares, 50.0, ACCURACY)
        else:
            errors = [[100 * (1 - x)] for x in scores]
            compared = duel(errors, errors, baseline=50.0)
        found = check("AR101", compared)
        assert found.level == level
        assert ("% sure" in found.sentence) == (level == "tip") == bool(found.remedy)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ""),
        ({"width": 64}, "width 64 is the largest allowed"),
        ({"width": 8}, "width 8 is the smallest allowed"),
        ({"depth": 3}, "depth 3 is the largest allowed"),
        ({"lookback": 48}, ""),  # of two choices either is an edge
        ({"learning_rate": 0.0195}, "learning rate 0.0195 is the largest allowed"),
        ({"learning_rate": 0.00101}, "learning rate 0.00101 is the smallest allowed"),
        ({"dropout": 0.2}, "dropout 0.2 is the largest allowed"),
    ],
)
def test_edge(fields: dict[str, Any], words: str) -> None:
    found = check("AR102", candidates=candidate(**fields), choices=CHOICES)
    assert found.level == ("tip" if words else "passed")
    assert words in found.sentence


@pytest.mark.parametrize(
    ("curves", "level", "words"),
    [
        ({"gru": [3.0, 2.0, 1.0], "lstm": [3.0, 1.0, 2.0]}, "issue", "The GRU was still"),
        ({"gru": [3.0, 1.0, 2.0], "lstm": [3.0, 2.0, 1.0]}, "tip", "The LSTM was still"),
        ({"gru": [3.0, 2.0], "lstm": [3.0, 2.0]}, "issue", "The GRU and the LSTM were still"),
        ({"gru": [3.0, 1.0, 0.9999], "lstm": [3.0, 1.0, 1.0]}, "passed", "No finalist"),
        ({"gru": [3.0]}, "not applicable", "two epochs"),
        ({"gru": [3.0, float("nan")]}, "passed", "No finalist"),
    ],
)
def test_still_improving(curves: dict[str, list[float]], level: str, words: str) -> None:
    found = check("AR103", curves=curves)
    assert found.level == level
    assert words in found.sentence


def test_seeds() -> None:
    assert check("AR105").level == "passed"
    assert check("AR105", apart(0.0, 3.0)).level == "tip"
    assert check("AR105", apart(-4.0, 0.1, seeds=1)).level == "not applicable"


def test_compute_of_the_run_counts_where_it_is_known() -> None:
    assert check("AR106").level == "passed"
    cells = {"lstm": {"seconds": 60.0, "trainings": 9}, "gru": {"seconds": 90.0, "trainings": 9}}
    found = check("AR106", cells=cells)
    assert found.level == "tip"
    assert found.sentence == (
        "The GRU had 50 % more training seconds (LSTM 1 min, GRU 1 min 30 s over the run)."
    )
    slow = duel([[40.0]] * 5, [[39.0]] * 5, seconds=(5.0, 6.0))
    assert check("AR106", slow).level == "tip"


def test_findings_of_the_data_are_passed_on() -> None:
    assert check("AR108").level == "passed"
    found = check("AR108", findings=[Finding("AR108", "note", "Two gaps were filled.", "Nothing.")])
    assert found == Check("AR108", "tip", "Two gaps were filled.", "Nothing.")


@pytest.mark.parametrize(
    ("output", "away", "rare"),
    [
        ("numbers", "passed", "not applicable"),
        ("classes", "passed", "passed"),
        ("tokens", "not applicable", "not applicable"),
    ],
)
def test_of_data_with_nothing_to_find_that_is_said(output: str, away: str, rare: str) -> None:
    assert check("AR107", output=output).level == away
    assert check("AR109", output=output).level == rare
    found = [Finding("AR107", "issue", "It repeats it.", "Drop it."), Finding("AR109", "tip", "b.")]
    for finding in found:
        told = check(finding.code, output=output, findings=found)  # one of each code, no default
        assert (told.level, told.sentence) == (finding.level, finding.sentence)


def test_every_code_has_one_meaning() -> None:
    """Each that the package gives is listed, once, and nothing else is."""
    listed = re.findall(r"AR\d{3}", check_module.__doc__ or "")
    package = Path(check_module.__file__).parents[1]
    given = {
        code
        for path in package.rglob("*.py")
        for code in re.findall(r'"(AR\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert len(listed) == len(set(listed)) and set(listed) == given
    limits = {path.name for path in package.rglob("*.py") if '"AR115"' in path.read_text("utf-8")}
    assert limits == {"checks.py"}  # of the limits alone


@pytest.mark.parametrize(
    ("folds", "planned", "level"), [(8, 16, "passed"), (8, 24, "tip"), (3, 16, "issue")]
)
def test_cut_short(folds: int, planned: int, level: str) -> None:
    comparison = duel([[40.0, 40.1]] * folds, [[39.0, 39.1]] * folds)
    found = check("AR113", comparison, planned_pairs=planned, ended_by="time")
    assert found.level == level
    assert ("The run ended by: time." in found.sentence) == (level != "passed")


def test_a_duel_that_was_not_begun_on_every_fold_was_cut_short() -> None:
    """Of folds that no pair was begun on the comparison has no pairs: the plan tells of them."""
    whole = duel([[40.0]] * 8, [[39.0]] * 8)
    begun = replace(whole, pairs=whole.pairs[:4])
    found = check("AR113", begun, planned_pairs=8)
    assert found.level == "tip"
    assert "4 of 8 pairs of the duel were scored, on 4 of 8 held-out folds" in found.sentence
    assert check("AR113", begun, planned_pairs=4).level == "passed"  # all that was paid for
    more = duel([[40.0, 40.1]] * 8, [[39.0, 39.1]] * 8)  # seeds beyond the plan are welcome …
    assert check("AR113", more, planned_pairs=8).sentence.startswith("All 16 pairs")
    lost = duel([[40.0, None], *[[40.0, 40.1]] * 7], [[39.0, 39.1]] * 8)  # … and if lost, told
    assert check("AR113", lost, planned_pairs=8).sentence.startswith("15 of 16 pairs")


def test_a_duel_that_was_clear_was_not_cut_short() -> None:
    lost = duel([[40.0, None], *[[40.0, 40.1]] * 7], [[39.0, 39.1]] * 8)
    found = check("AR113", lost, planned_pairs=8, ended_by="a clear comparison", ended_early=True)
    assert (found.level, found.sentence) == (
        "passed",
        "The comparison was clear after 15 pairs: no more were needed.",
    )


def test_failed_trials_are_counted_by_reason() -> None:
    good = {"score": 1.0, "status": "FINISHED"}
    bad = [{"score": None, "status": status} for status in ("DIVERGED", "KILLED", "DIVERGED")]
    assert check("AR114", trials=[good]).level == "passed"
    found = check("AR114", trials=[good] * 4 + bad)
    assert (found.level, found.sentence) == (
        "tip",
        "3 of 7 trials failed: 2 × DIVERGED, 1 × KILLED.",
    )
    assert check("AR114", trials=[good, *bad]).level == "issue"


def test_what_was_never_begun_has_not_failed() -> None:
    good = {"score": 1.0, "status": "finished"}
    never = [{"score": None, "status": status} for status in ("skipped", "beyond", "beyond")]
    found = check("AR114", trials=[good, *never])
    assert (found.level, found.sentence) == (
        "passed",
        "All 1 trial left a score. 3 more were never begun: 2 × beyond, 1 × skipped.",
    )
    failed = check("AR114", trials=[good, good, {"score": None, "status": "diverged"}, never[0]])
    assert failed.sentence == (
        "1 of 3 trials failed: 1 × diverged. 1 more was never begun: 1 × skipped."
    )
    assert check("AR114", trials=never).level == "not applicable"


def fitted(code: str, **fields: Any) -> Check:
    return check(code, refits={"gru": Refitted(**({"lookback": 96} | fields))})


def test_a_window_much_longer_than_the_memory_is_told() -> None:
    assert fitted("AR112", reach=19) == Check(
        "AR112",
        "tip",
        "90 % of what moves the GRU lies within 19 of its 96 rows: the window is much longer than "
        "its memory.",
        "A window of 24 would probably do, and train faster.",
    )
    assert fitted("AR112", reach=19, lookback=48).level == "passed"
    assert fitted("AR112").level == "not applicable"


def test_learning_by_heart_is_told() -> None:
    found = fitted("AR104", train_score=10.0, score=40.0)
    assert found.level == "tip" and "75 % lower on rows that it was trained on" in found.sentence
    none = fitted("AR104", train_score=0.0, score=40.0).sentence
    assert none.startswith("The GRU makes next to no error on rows that it was trained on")
    assert fitted("AR104", train_score=30.0, score=40.0).level == "passed"
    assert fitted("AR104", train_score=50.0, score=40.0).level == "passed"
    assert fitted("AR104", score=40.0).level == "not applicable"


def test_what_residuals_still_tell() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=400)
    walk = np.convolve(noise, 0.8 ** np.arange(20))[:400]
    assert fitted("AR110", residuals=noise).level == "passed"
    found = fitted("AR110", residuals=walk)
    assert found.level == "tip" and "1 step before (correlation 0." in found.sentence
    long = rng.normal(size=40_000)
    slight = long + 0.05 * np.roll(long, 1)  # beyond chance, and of no use
    assert fitted("AR110", residuals=slight).level == "passed"
    assert fitted("AR110", residuals=noise[:20]).level == "not applicable"
    assert fitted("AR110", residuals=[1.0] * 50).level == "not applicable"


def test_bands_that_hold_too_little_are_told() -> None:
    held = {0.5: (0.47, 400), 0.9: (0.71, 400)}
    found = fitted("AR111", held=held)
    assert found.level == "tip"
    assert "should hold 90 % of what happens held 71 % of the holdout" in found.sentence
    assert fitted("AR111", held={0.9: (0.86, 400)}).level == "passed"
    assert fitted("AR111", held={0.9: (0.6, 4)}).level == "passed"  # chance may do that
    assert fitted("AR111").level == "not applicable"
