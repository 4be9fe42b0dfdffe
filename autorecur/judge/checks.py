"""Coded findings about a run: what should worry the reader, what was looked at and is fine.

Codes are stable. A check that cannot be made says "not applicable" and why; silence never passes
for a good result. Inputs are plain, so that a record can be checked again without a network.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autorecur.data.audit import RARE
from autorecur.judge.check import LEVELS, Check, Facts
from autorecur.judge.comparison import Comparison
from autorecur.judge.fitted import refitted
from autorecur.judge.outcome import DECIDE
from autorecur.judge.posterior import posterior
from autorecur.judge.verdict import FEWEST_FOLDS, Outcome, Verdict
from autorecur.judge.wording import count, difference, duration, percent, plain, score, sure
from autorecur.metrics import sign
from autorecur.nets.order import Status

__all__ = ["checks"]

UNEQUAL = 0.10  # compute that differs by more is not a fair comparison
STILL_IMPROVING = 0.001  # of the score: a smaller last step is a plateau
NOT_BEGUN = frozenset(status.name.lower() for status in Status if not status.begun)
FEWEST_CHOICES = 3  # with one or two choices every candidate is on an edge
NOT_LOOKED = "It was not looked for."


def checks(comparison: Comparison, verdict: Verdict, facts: Facts) -> tuple[Check, ...]:
    """Every check that is known so far, by code."""
    made = [
        _baseline(comparison, verdict),
        _edge(verdict, facts),
        _improving(comparison, verdict, facts),
        _seeds(comparison, verdict),
        _compute(comparison, facts),
        *_data(facts),
        *refitted(verdict, comparison.metric, facts),
        _cut_short(comparison, facts),
        _failed(facts),
        *_limits(facts),
        *_baselines_failed(facts),
    ]
    return tuple(sorted(made, key=lambda check: check.code))


def _baseline(comparison: Comparison, verdict: Verdict) -> Check:
    best = comparison.best_baseline()
    if best is None or verdict.outcome is Outcome.INCOMPLETE:
        return Check("AR101", "not applicable", "No duel with a baseline was completed.")
    name, reached = best
    text = f"{name} ({score(comparison.metric, reached, verdict.margin.unit)})"
    if verdict.outcome is Outcome.BASELINE_WINS:
        return Check(
            "AR101",
            "issue",
            f"Neither cell beats the best baseline, {text}, by more than the margin.",
            "Use the baseline, or give a longer budget or more informative columns.",
        )
    chance = _beaten(comparison, name)
    if chance < DECIDE:
        return Check(
            "AR101",
            "tip",
            f"The best baseline, {text}, is beaten on average, but that a cell is better is only "
            f"{sure(chance)} sure: on few examples chance may do as much.",
            "Give more rows, or a longer budget for more folds.",
        )
    return Check(
        "AR101", "passed", f"The best baseline, {text}, is beaten by more than the margin."
    )


def _beaten(comparison: Comparison, name: str) -> float:
    """How sure it is, by the folds, that the better finalist is better than the baseline `name`."""
    places = [comparison.folds.index(fold) for fold in comparison.scored]
    bar = np.array([comparison.baselines[name][place] for place in places], dtype=np.float64)
    order = sign(comparison.metric.better)
    beliefs = (
        posterior(order * (bar - comparison.means(cell)), comparison.test_share, 0.0)
        for cell in ("lstm", "gru")
    )
    return max(beliefs, key=lambda belief: belief.mean).above(0.0)


def _edge(verdict: Verdict, facts: Facts) -> Check:
    candidate = facts.candidates.get(verdict.recommended or "")
    if not candidate or not facts.choices:
        return Check("AR102", "not applicable", "No candidate and space to compare.")
    at_edge = []
    for name, values in facts.choices.items():
        if name not in candidate or any(isinstance(value, str) for value in values):
            continue
        side = _side(name, float(candidate[name]), [float(value) for value in values])
        if side:
            at_edge.append(f"{name.replace('_', ' ')} {candidate[name]:g} is the {side} allowed")
    if not at_edge:
        return Check("AR102", "passed", "The chosen candidate lies inside the space.")
    return Check(
        "AR102",
        "tip",
        f"The chosen candidate lies on the edge of the space: {', '.join(at_edge)}.",
        "Widen the space there and run again: the best may lie beyond.",
    )


def _side(name: str, value: float, values: list[float]) -> str:
    """Which end of its choices a value is at, unless that end cannot be moved (one layer)."""
    low, high = min(values), max(values)
    if name == "learning_rate":  # a range: an end is its outer tenth, in powers
        if not 0 < low < high or value <= 0:
            return ""
        place = math.log(value / low) / math.log(high / low)
        return "smallest" if place < 0.1 else "largest" if place > 0.9 else ""
    if len(set(values)) < FEWEST_CHOICES or name == "batch":
        return ""
    if value >= high:
        return "largest"
    natural = {"dropout": 0.0, "weight_decay": 0.0, "depth": 1.0}
    return "smallest" if value <= low and low != natural.get(name) else ""


def _improving(comparison: Comparison, verdict: Verdict, facts: Facts) -> Check:
    curves = {cell: list(curve) for cell, curve in facts.curves.items() if len(curve) > 1}
    if not curves:
        return Check("AR103", "not applicable", "No finalist has a curve of two epochs or more.")
    lower = comparison.metric.better == "lower"
    rising = []
    for cell, curve in sorted(curves.items()):
        before = min(curve[:-1]) if lower else max(curve[:-1])
        gain = comparison.metric.gain(curve[-1], before)
        if math.isfinite(gain) and gain > STILL_IMPROVING * abs(before):
            rising.append(cell)
    if not rising:
        return Check("AR103", "passed", "No finalist was still improving at its last epoch.")
    who = " and the ".join(cell.upper() for cell in rising)
    return Check(
        "AR103",
        "issue" if verdict.recommended in rising else "tip",
        f"The {who} {'was' if len(rising) == 1 else 'were'} still improving at the last epoch.",
        "Give a longer budget.",
    )


def _seeds(comparison: Comparison, verdict: Verdict) -> Check:
    spreads = [comparison.spread(cell) for cell in ("lstm", "gru")]
    known = [spread for spread in spreads if spread is not None]
    if verdict.difference is None or not known:
        return Check("AR105", "not applicable", "No fold was trained with two seeds or more.")
    spread, size, unit = max(known), abs(verdict.difference.mean), verdict.margin.unit
    of_seed, of_cell = (difference(comparison.metric, value, unit) for value in (spread, size))
    text = f"({of_seed} against {of_cell})"
    if spread <= size:
        return Check(
            "AR105", "passed", f"The seed moves the score by less than the cell does {text}."
        )
    return Check(
        "AR105",
        "tip",
        f"The seed alone moves the score by more than the cell does {text}.",
        "Do not read much into a single training: the verdict's are averages over seeds and folds.",
    )


def _compute(comparison: Comparison, facts: Facts) -> Check:
    """Over the whole run where the ledger is given, otherwise over the duel's pairs."""
    if {"lstm", "gru"} <= set(facts.cells):
        seconds = {cell: float(facts.cells[cell]["seconds"]) for cell in ("lstm", "gru")}
        where = "the run"
    else:
        seconds = {cell: comparison.seconds(cell) for cell in ("lstm", "gru")}
        where = "the duel"
    if min(seconds.values()) <= 0:
        return Check("AR106", "not applicable", "Only one cell, or none, was trained.")
    spent = f"(LSTM {duration(seconds['lstm'])}, GRU {duration(seconds['gru'])} over {where})"
    share = max(seconds.values()) / min(seconds.values()) - 1
    if share <= UNEQUAL:
        return Check("AR106", "passed", f"Both cells had the same training seconds {spent}.")
    more = max(seconds, key=lambda cell: seconds[cell]).upper()
    return Check(
        "AR106",
        "tip",
        f"The {more} had {percent(share)} more training seconds {spent}.",
        "Read the difference with that in mind; a longer budget evens it out.",
    )


def _data(facts: Facts) -> list[Check]:
    found = [
        Check(finding.code, _level(finding.level), finding.sentence, finding.remedy)
        for finding in facts.findings
    ]
    told = {check.code for check in found}
    return found + [check for check in _unfound(facts.output) if check.code not in told]


def _unfound(output: str) -> list[Check]:
    """What is said of the data where nothing was found."""
    away = Check("AR107", "passed", "Nothing was found that gives the target away.")
    rare = Check("AR109", "not applicable", "The target has no classes.")
    if output == "tokens":
        away = Check("AR107", "not applicable", "A running text is its own target.")
    if output == "classes":
        few = f"Every class has {RARE} training members or more."
        rare = Check("AR109", "passed", few)
    if not output:
        away, rare = (Check(code, "not applicable", NOT_LOOKED) for code in ("AR107", "AR109"))
    even = Check("AR108", "passed", "No gaps, duplicates or constant target were found.")
    return [away, even, rare]


def _level(level: str) -> str:
    """A note on the data is a tip here: the reader should know, and need not act."""
    return level if level in LEVELS else "tip"


def _cut_short(comparison: Comparison, facts: Facts) -> Check:
    scored, begun = len(comparison.complete), len(comparison.pairs)
    if not begun:
        return Check(
            "AR113", "issue", "No duel was run.", "Give a longer budget, or a smaller space."
        )
    if facts.ended_early:
        done = f"The comparison was clear after {count(scored, 'pair')}: no more were needed."
        return Check("AR113", "passed", done)
    planned = max(facts.planned_pairs or 0, begun)
    if scored >= planned:
        return Check("AR113", "passed", f"All {count(planned, 'pair')} of the duel were scored.")
    ending = f" The run ended by: {plain(facts.ended_by)}." if facts.ended_by else ""
    folds = len(comparison.scored)
    return Check(
        "AR113",
        "issue" if folds < FEWEST_FOLDS else "tip",
        f"{scored} of {count(planned, 'pair')} of the duel were scored, on {folds} of "
        f"{count(len(comparison.folds), 'held-out fold')}.{ending}",
        "Give a longer budget, or a smaller space.",
    )


def _failed(facts: Facts) -> Check:
    if not facts.trials:
        return Check("AR114", "not applicable", "No trial was run.")
    begun = [trial for trial in facts.trials if trial.get("status") not in NOT_BEGUN]
    never = [trial for trial in facts.trials if trial.get("status") in NOT_BEGUN]
    were = "was" if len(never) == 1 else "were"
    also = f" {len(never):,} more {were} never begun: {_by_status(never)}." if never else ""
    if not begun:
        return Check("AR114", "not applicable", f"No trial was begun: {_by_status(never)}.")
    bad = [trial for trial in begun if trial.get("score") is None]
    if not bad:
        said = f"All {count(len(begun), 'trial')} left a score.{also}"
        return Check("AR114", "passed", said)
    return Check(
        "AR114",
        "issue" if len(bad) > len(begun) / 2 else "tip",
        f"{len(bad)} of {count(len(begun), 'trial')} failed: {_by_status(bad)}.{also}",
        "See the trials' sentences in the record.",
    )


def _by_status(trials: Sequence[Mapping[str, Any]]) -> str:
    kinds = Counter(str(trial.get("status")) for trial in trials)
    return ", ".join(f"{many} × {plain(kind)}" for kind, many in kinds.most_common())


def _limits(facts: Facts) -> list[Check]:
    """Whether there is a network within the limits; nothing where none were set."""
    if not facts.limits:
        return []
    limits, beyond = plain(facts.limits), count(len(facts.beyond), "candidate")
    if not facts.beyond:
        return [Check("AR115", "passed", f"All that was trained keeps the limits: {limits}.")]
    last = f"{plain(facts.beyond[-1])}."
    if facts.candidates:
        said = f"{beyond} broke the limits ({limits}) and could not be chosen, the last one: {last}"
        return [Check("AR115", "tip", said)]
    return [
        Check(
            "AR115",
            "issue",
            f"No network keeps the limits: {limits}. The last of {beyond} tried: {last}",
            "Raise the limit, or allow smaller networks.",
        )
    ]


def _baselines_failed(facts: Facts) -> list[Check]:
    if not facts.baselines_failed:
        return []
    told = "; ".join(f"{name} failed {why}" for name, why in facts.baselines_failed.items())
    return [
        Check(
            "AR120",
            "tip",
            f"What failed is left out of the baselines: {told}.",
            "The bar that the networks must clear may be too low.",
        )
    ]
