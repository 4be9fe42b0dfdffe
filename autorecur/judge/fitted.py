"""Checks on the chosen network, trained on all before the holdout (AR104, AR110 to AR112)."""

from __future__ import annotations

import math

from autorecur.judge.check import Check, Facts, Refitted
from autorecur.judge.residuals import autocorrelation
from autorecur.judge.verdict import Verdict
from autorecur.judge.wording import count, number, percent
from autorecur.metrics import Metric

__all__ = ["refitted"]

GAP = 0.5  # of the error: a network that is so much better on what it has seen learns by heart
ALL = 0.99
SLACK = 0.05  # of coverage, beside what chance alone may do
LONG_WINDOW = 3  # times the memory: a longer one is wasted


def refitted(verdict: Verdict, metric: Metric, facts: Facts) -> list[Check]:
    """The checks on the cell that is recommended."""
    cell = verdict.recommended or ""
    fit = facts.refits.get(cell)
    if fit is None:
        codes = ("AR104", "AR110", "AR111", "AR112")
        return [Check(code, "not applicable", "No finalist was trained anew.") for code in codes]
    name = cell.upper()
    return [_gap(name, fit, metric), _residuals(name, fit), _bands(fit), _window(name, fit)]


def _gap(name: str, fit: Refitted, metric: Metric) -> Check:
    seen, unseen = fit.train_score, fit.score
    if seen is None or unseen is None:
        return Check("AR104", "not applicable", "The score on training rows is not known.")
    # Of shares of right answers, what is wrong is compared.
    errors = [1.0 - each if metric.ceiling else abs(each) for each in (seen, unseen)]
    gap = 1.0 - errors[0] / errors[1] if errors[1] > 0 else 0.0
    if metric.gain(seen, unseen) <= 0 or gap < GAP:
        return Check("AR104", "passed", f"The {name} is not much better on rows that it has seen.")
    less = f"'s error is {percent(gap)} lower" if gap < ALL else " makes next to no error"
    return Check(
        "AR104",
        "tip",
        f"The {name}{less} on rows that it was trained on: it learns them by heart.",
        "Give more rows, or allow more dropout, weight decay or smaller networks.",
    )


def _residuals(name: str, fit: Refitted) -> Check:
    found = autocorrelation(fit.residuals, fit.begins)
    if found is None:
        return Check("AR110", "not applicable", "There are no residuals one step after the other.")
    if not found.is_left:
        return Check("AR110", "passed", f"Little is left in the {name}'s residuals to foretell.")
    lag, correlation = found.strongest
    return Check(
        "AR110",
        "tip",
        f"The {name}'s errors one step ahead go together with those {count(lag, 'step')} before "
        f"(correlation {number(correlation)}): something is left to foretell.",
        "Give a longer budget, a longer window, or columns that tell more.",
    )


def _bands(fit: Refitted) -> Check:
    if not fit.held:
        return Check("AR111", "not applicable", "No bands were made.")
    missed = [
        (share, found)
        for share, (found, of) in sorted(fit.held.items())
        if found < share - SLACK - 2 * math.sqrt(share * (1 - share) / max(1, of))
    ]
    if not missed:
        return Check("AR111", "passed", "The bands hold what they should on the holdout.")
    share, found = max(missed, key=lambda each: each[0] - each[1])
    return Check(
        "AR111",
        "tip",
        f"The band that should hold {percent(share)} of what happens held {percent(found)} of the "
        "holdout: errors have grown since the rows that it was made from.",
        "Read the bands as too narrow; newer rows would widen them.",
    )


def _window(name: str, fit: Refitted) -> Check:
    """Whether the network is shown much more of the past than it looks at."""
    if not fit.reach:
        return Check("AR112", "not applicable", "How far back the network looks was not measured.")
    text = f"90 % of what moves the {name} lies within {fit.reach} of its {fit.lookback} rows"
    if fit.reach * LONG_WINDOW > fit.lookback:
        return Check("AR112", "passed", f"{text}.")
    return Check(
        "AR112",
        "tip",
        f"{text}: the window is much longer than its memory.",
        f"A window of {_round_window(fit.reach)} would probably do, and train faster.",
    )


def _round_window(reach: int) -> int:
    """A quarter more than was reached, to a number that one would choose.

    >>> _round_window(3), _round_window(19)
    (4, 24)
    """
    wanted = math.ceil(1.25 * reach)
    return wanted if wanted < 10 else 4 * math.ceil(wanted / 4)
