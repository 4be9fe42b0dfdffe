"""Check: one coded finding about a run. Facts: what it is made from.

Of a run and its table:

=====  ========================================  =====  =========================================
AR101  a baseline that is not beaten             AR110  residuals that still tell
AR102  the edge of the space                     AR111  bands that hold too little
AR103  a finalist that was still improving       AR112  a window much longer than the memory
AR104  rows learnt by heart                      AR113  a duel that was cut short
AR105  a seed that moves more than the cell      AR114  trials that failed
AR106  cells with unequal compute                AR115  the limits on the model
AR107  what gives the answer away                AR116  a target that drifts
AR108  gaps, repeats, a constant target          AR117  series that end before the others
AR109  classes with few members           AR120  baselines that failed
=====  ========================================  =====  =========================================

Of a table that a saved run reads: AR118, what training did not see; AR119, how it was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autorecur.data.dataset import Finding

__all__ = ["LEVELS", "Check", "Facts", "Refitted"]

LEVELS = ("issue", "tip", "passed", "not applicable")


@dataclass(frozen=True)
class Check:
    """One finding: `level` is issue, tip, passed or not applicable."""

    code: str
    level: str
    sentence: str
    remedy: str = ""


@dataclass(frozen=True)
class Refitted:
    """What is known of a finalist that was trained on all before the holdout."""

    lookback: int
    train_score: float | None = None  # on examples that it was trained on
    score: float | None = None  # on validation ones
    residuals: Sequence[float] = ()  # one step ahead, over the holdout, step by step
    begins: Sequence[int] = ()  # places in them where another series begins
    held: Mapping[float, tuple[float, int]] = field(default_factory=dict)  # by band: share, of
    reach: int | None = None  # rows that hold most of its sensitivity


@dataclass(frozen=True)
class Facts:
    """What is known of a run beside its verdict; what is left out makes its check "not applicable".

    `curves` and `candidates` are by cell and belong to the finalists: validation score by epoch,
    and the candidate's fields. `choices` gives per field what could be drawn, a (low, high) range
    for the learning rate. `trials` carry "score" and "status"; `cells` "seconds" and "trainings".
    """

    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    candidates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    choices: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    trials: Sequence[Mapping[str, Any]] = ()
    cells: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    output: str = ""  # what is foretold: "numbers", "classes" or "tokens"
    planned_pairs: int | None = None  # at least; more may be trained where there is time
    ended_by: str = ""
    ended_early: bool = False  # the duel, for the comparison was clear
    refits: Mapping[str, Refitted] = field(default_factory=dict)
    limits: str = ""  # on the model, in words
    baselines_failed: Mapping[str, str] = field(default_factory=dict)  # by name, where and why
    beyond: Sequence[str] = ()  # each candidate that was found to break them, and how
