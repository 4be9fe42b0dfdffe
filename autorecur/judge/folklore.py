"""What every page on "LSTM vs GRU" claims, held against what this run has measured.

Trials are the evidence, for they were trained anyway: both cells of a pair have the same settings,
seed and data, so pairs tell of the cells, and networks drawn at random tell of their settings.
A claim that is not settled with 95 % is "not decidable here", and says what evidence there was.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from autorecur.judge.comparison import Finalist
from autorecur.judge.learning import DOUBT, LearningCurve, half_width
from autorecur.judge.matches import (
    FEWEST,
    LEAST_SHARE,
    ROUNDED,
    Match,
    Network,
    common_length,
    matches_of,
    network_key,
    networks_of,
    rates_of,
)
from autorecur.judge.outcome import TIMERS
from autorecur.judge.wording import count, number, percent, signed_percent, sure, times
from autorecur.metrics import Metric, sign
from autorecur.nets.candidate import CELLS, REFERENCE_CELL
from autorecur.nets.cost import parameters
from autorecur.nets.shape import Shape
from autorecur.search.trial import Trial

__all__ = ["ANSWERS", "Claim", "folklore"]

ANSWERS = ("confirmed", "refuted", "not decidable here")
YES, NO, OPEN = ANSWERS
FEWEST_RATIOS = 3  # networks that a mean ratio needs
ALIKE = 0.02  # a cost that is nearer than this is the same


@dataclass(frozen=True)
class Claim:
    """One line of folklore, what this run says of it, and why."""

    claim: str
    answer: str  # of ANSWERS
    evidence: str


def folklore(
    trials: Sequence[Trial],
    finalists: Mapping[str, Finalist],
    shape: Shape,
    metric: Metric,
    holdout: Mapping[str, float | None],
    learning: LearningCurve | None = None,
    beats_plain: Mapping[str, float] | None = None,
    reaches: Mapping[str, int] | None = None,
    spreads: Mapping[str, float] | None = None,
) -> tuple[Claim, ...]:
    """Every claim, in the order in which they are told.

    `finalists` are priced as refitted; `holdout` has the score by cell, that of a plain recurrent
    network ("rnn") too where one was trained; `beats_plain` how sure it is that a cell is better
    than that; `reaches` how many steps each finalist looks back (see `nets.memory`); `spreads` by
    how much a cell's score differs from one training to the next, as the duel has measured it.
    """
    matches = matches_of(trials, sign(metric.better))
    compared, steps, share = common_length(matches)
    networks, far_enough = networks_of(compared, steps), partial(_far_enough, share)
    return (
        _smaller(finalists, trials, shape),
        _ratio("A GRU trains faster", "seconds a step", matches, _seconds_a_step),
        _ratio("A GRU is as good sooner", "seconds to the same error", matches, _seconds_to),
        _ratio("A GRU needs fewer epochs", "steps to the same error", matches, _steps_to),
        _predicts(finalists, matches),
        far_enough(_far_back(networks, reaches or {})),
        _few_data(learning),
        _plain(holdout, beats_plain or {}, metric, spreads or {}),
        far_enough(_attention(networks)),
        far_enough(_grows("Deeper is better", "depth", networks)),
        far_enough(_grows("Wider is better", "width", networks)),
        far_enough(_rate(rates_of(compared, steps))),
    )


def _far_enough(share: float, claim: Claim) -> Claim:
    """How far networks were trained that a claim rests on; after too little it is open."""
    if claim.answer == OPEN or share >= 1.0:
        return claim
    told = f"{claim.evidence} All after {percent(share)} of a full training"
    if share >= LEAST_SHARE - ROUNDED:
        return replace(claim, evidence=f"{told}.")
    return Claim(claim.claim, OPEN, f"{told}: that is too early to tell.")


# ---- claims on what the cells cost


def _smaller(finalists: Mapping[str, Finalist], trials: Sequence[Trial], shape: Shape) -> Claim:
    claim = "A GRU has fewer weights"
    trained = [trial.candidate for trial in trials if trial.cost is not None]
    if not trained:
        return Claim(claim, OPEN, "No network was trained.")
    lead = finalists.get("gru") or next(iter(finalists.values()), None)
    same = [c for c in trained if lead and (c.depth, c.width) == (lead.depth, lead.width)]
    candidate = (same or trained)[0]
    gru, lstm = (parameters(candidate.with_cell(cell), shape) for cell in ("gru", "lstm"))
    return Claim(
        claim,
        YES if gru < lstm else NO,
        f"Of equal width, {candidate.depth} × {candidate.width}: {gru:,} against {lstm:,}, "
        f"{percent(1 - gru / lstm)} fewer.",
    )


def _ratio(
    claim: str, what: str, matches: Sequence[Match], value: Callable[[Match, str], float | None]
) -> Claim:
    """GRU to LSTM, a mean ratio over networks, with its 95 % interval."""
    found: dict[Any, list[float]] = {}
    for match in matches:
        gru, lstm = value(match, "gru"), value(match, "lstm")
        if gru and lstm:
            found.setdefault(network_key(match), []).append(math.log(gru / lstm))
    logs = np.array([np.mean(each) for each in found.values()])
    networks = count(len(logs), "network")
    if len(logs) < FEWEST_RATIOS:
        return Claim(claim, OPEN, f"Measured with {networks} only: no ratio comes of that.")
    mean, half = float(logs.mean()), half_width(logs)
    low, middle, high = (math.exp(mean + half * side) for side in (-1, 0, 1))
    answer = _settled(high < 1 - ALIKE, low > 1 - ALIKE)
    return Claim(
        claim,
        answer,
        f"{what.capitalize()}, GRU to LSTM with the same settings: {number(middle)} × "
        f"({number(low)} to {number(high)}), over {networks}.",
    )


def _settled(yes: bool, no: bool) -> str:
    return YES if yes else NO if no else OPEN


def _beyond(chance: bool, holds: bool) -> str:
    """Where the evidence is beyond `chance`, which way it points."""
    return _settled(chance and holds, chance and not holds)


def _seconds_a_step(match: Match, cell: str) -> float | None:
    return match[cell].seconds_a_step


def _steps_to(match: Match, cell: str) -> float | None:
    """Steps until the error that both cells reach."""
    return match[cell].steps_to(max(min(each.errors) for each in match.values()))


def _seconds_to(match: Match, cell: str) -> float | None:
    steps, each = _steps_to(match, cell), match[cell].seconds_a_step
    return steps * each if steps and each else None


def _predicts(finalists: Mapping[str, Finalist], matches: Sequence[Match]) -> Claim:
    """Of equal settings where both cells of pairs were timed; else as the finalists are."""
    claim = "A GRU predicts faster and is smaller"
    found: dict[Any, list[tuple[float, float]]] = {}
    for match in matches:
        if ratios := _cost_ratios(match):
            found.setdefault(network_key(match), []).append(ratios)
    if len(found) >= FEWEST_RATIOS:
        logs = np.log([np.mean(each, axis=0) for each in found.values()])
        (time, size), half = np.exp(logs.mean(axis=0)), half_width(logs[:, 0])
        told = f"With the same settings, over {count(len(logs), 'network')}"
        quicker = time * math.exp(half) < 1 - TIMERS
        slower = time * math.exp(-half) > 1 - TIMERS
    elif set(finalists) != set(CELLS):
        return Claim(claim, OPEN, "Only one cell has a finalist.")
    else:
        gru, lstm = finalists["gru"], finalists["lstm"]
        if not (gru.latency_ms and lstm.latency_ms):
            return Claim(claim, OPEN, "The finalists' latency was not measured.")
        time, size = gru.latency_ms / lstm.latency_ms, gru.bytes / max(1, lstm.bytes)
        alike = (gru.depth, gru.width) == (lstm.depth, lstm.width)
        told = f"The finalists, {gru.title} and {lstm.title}, "
        told += "timed once each" if alike else "of different sizes and timed once each"
        quicker, slower = time < 1 - TIMERS, time > 1 - TIMERS
    answer = _settled(quicker and size < 1 - ALIKE, slower and size > 1 - ALIKE)
    text = f"{told}: {times(time)} the time of a forecast, {times(size)} the bytes."
    return Claim(claim, answer, text)


def _cost_ratios(match: Match) -> tuple[float, float] | None:
    """GRU to LSTM, of a forecast's time and of bytes; None where one was not timed."""
    gru, lstm = (match[cell].trial.cost for cell in ("gru", "lstm"))
    if not (gru and lstm and gru.latency and lstm.latency):
        return None
    return gru.latency.p50 / max(lstm.latency.p50, 1e-9), gru.bytes / max(1, lstm.bytes)


# ---- claims on what makes a network good


def _far_back(networks: Sequence[Network], reaches: Mapping[str, int]) -> Claim:
    claim = "An LSTM is better where it must look far back"
    lookbacks = [network.candidate.lookback for network in networks]
    ahead = [_lstm_ahead(network) for network in networks]
    told = _correlated(claim, lookbacks, ahead, "length of the window and the LSTM's lead")
    if set(reaches) != set(CELLS):
        return told
    steps = count(reaches["lstm"], "step")
    looked = f"The LSTM looks {steps} back and the GRU {reaches['gru']:,}, by input gradients."
    return replace(told, evidence=f"{told.evidence} {looked}")


def _lstm_ahead(network: Network) -> float:
    """By which share the LSTM's error is the lower one; of the rates that suit each best."""
    lstm, gru = (float(network.errors[:, place].min()) for place in range(len(CELLS)))
    return (gru - lstm) / max(abs(gru), abs(lstm), 1e-12)


def _grows(claim: str, field: str, networks: Sequence[Network]) -> Claim:
    sizes = [getattr(network.candidate, field) for network in networks]
    return _correlated(claim, sizes, [-each.best for each in networks], f"{field} and quality")


def _correlated(claim: str, sizes: Sequence[float], gains: Sequence[float], what: str) -> Claim:
    """By Kendall's rank correlation, whose test asks nothing of how errors are spread."""
    networks = count(len(sizes), "network")
    if len(set(sizes)) < 2:
        return Claim(claim, OPEN, f"Nothing to compare by: {networks}, all alike in this.")
    if len(sizes) < FEWEST:
        return Claim(claim, OPEN, f"Too few to tell: {networks}.")
    from scipy import stats  # a third of a second, which no other command should wait for

    found = stats.kendalltau(sizes, gains)
    if not math.isfinite(found.pvalue):
        return Claim(claim, OPEN, f"All {networks} came to the same error.")
    answer = _beyond(found.pvalue < DOUBT, found.statistic > 0)
    sign = "−" if found.statistic < 0 else "+"
    return Claim(
        claim,
        answer,
        f"Rank correlation of {what}: {sign}{abs(found.statistic):.2f} over {networks} "
        f"(by chance alone as far from nought: {percent(found.pvalue)}).",
    )


def _attention(networks: Sequence[Network]) -> Claim:
    claim = "Attention on top helps"
    by = {
        kind: [n.best for n in networks if n.candidate.pooling == kind]
        for kind in ("attention", "last")
    }
    had = f"{len(by['attention'])} with attention, {len(by['last'])} with the last state"
    if min(map(len, by.values())) < FEWEST_RATIOS:
        return Claim(claim, OPEN, f"Too few networks to tell: {had}.")
    from scipy import stats

    found = stats.mannwhitneyu(by["attention"], by["last"])
    below = float(np.mean([a < b for a in by["attention"] for b in by["last"]]))
    answer = _beyond(found.pvalue < DOUBT, below > 0.5)
    return Claim(
        claim,
        answer,
        f"Of networks, {had}, the one with attention is the better in {percent(below)} of the "
        f"matches (by chance alone as far from half: {percent(float(found.pvalue))}).",
    )


def _rate(tried: Sequence[Sequence[Network]]) -> Claim:
    """Two rates with one cell against two cells with one rate: as many numbers on either side.

    `tried`: of each network those pairs that differ in the rate alone, the errors of each set.
    """
    claim = "The learning rate matters more than the cell"
    of_rates = [_moved(sets, axis=0) for sets in tried]
    of_cells = [_moved(sets, axis=1) for sets in tried]
    more = sum(rate > cell for rate, cell in zip(of_rates, of_cells, strict=True))
    networks_ = count(len(tried), "network")
    if len(tried) < FEWEST:
        return Claim(claim, OPEN, f"Too few to tell: {networks_} had rates that alone differ.")
    from scipy import stats

    chance = float(stats.binomtest(more, len(tried)).pvalue)
    answer = _beyond(chance < DOUBT, more > len(tried) / 2)
    ratio = float(np.mean(of_rates)) / max(1e-12, float(np.mean(of_cells)))
    return Claim(
        claim,
        answer,
        f"Another rate moved the error {times(ratio)} as far as the other cell did; further with "
        f"{more} of {networks_}.",
    )


def _moved(sets: Sequence[Network], axis: int) -> float:
    """By how much errors differ from one rate to the next (0), or from cell to cell (1)."""
    return float(np.mean([np.abs(np.diff(each.errors, axis=axis)).mean() for each in sets]))


def _few_data(curve: LearningCurve | None) -> Claim:
    claim = "A GRU is better on few data"
    if curve is None:
        return Claim(claim, OPEN, "No networks were trained on a part of the data only.")
    lead, half = curve.lead_on_least, curve.lead_half_width
    grows, shrinks = (curve.settled and curve.shift * side > 0 for side in (1, -1))
    answer = _settled(lead > half and shrinks, lead < -half or grows)
    least = curve.points[0].share
    side = "ahead of" if lead > 0 else "behind"
    text = (
        f"With {percent(least)} of the data the GRU is {percent(lead)} (± {percent(half)}) {side} "
        f"the LSTM; each doubling moves that by {signed_percent(curve.shift)} "
        f"(± {percent(curve.shift_half_width)}), over {count(curve.folds, 'fold')}"
    )
    crossing = f"; they cross at {percent(curve.crosses)}" if curve.crosses else ""
    return Claim(claim, answer, f"{text}{crossing}.")


def _plain(
    holdout: Mapping[str, float | None],
    beats_plain: Mapping[str, float],
    metric: Metric,
    spreads: Mapping[str, float],
) -> Claim:
    """By one training each: examples tell nothing of what another seed would have made of it."""
    claim = "Both beat a plain recurrent network"
    reference = holdout.get(REFERENCE_CELL)
    if reference is None:
        return Claim(claim, OPEN, "None was trained; --cells lstm,gru,rnn trains one.")
    scores = {cell: score for cell in CELLS if (score := holdout.get(cell)) is not None}
    if len(scores) < len(CELLS) or set(beats_plain) != set(CELLS):
        return Claim(claim, OPEN, "The holdout says too little of one of them.")
    gains = {cell: metric.gain(score, reference) for cell, score in scores.items()}
    told = " and ".join(
        f"the {cell.upper()} is {number(abs(gain))} {'better' if gain > 0 else 'worse'} "
        f"({sure(beats_plain[cell])} sure that it is better)"
        for cell, gain in gains.items()
    )
    text = f"On the holdout, one training each, beside SimpleRNN {told}"
    if set(spreads) != set(CELLS):
        return Claim(claim, OPEN, f"{text}; how much a training differs from the next is unknown.")
    better = [c for c in CELLS if beats_plain[c] >= 1 - DOUBT and gains[c] > spreads[c]]
    worse = [c for c in CELLS if beats_plain[c] <= DOUBT and -gains[c] > spreads[c]]
    moved = number(max(spreads.values()))
    text += f"; in the duel a score differs by {moved} from one training to the next."
    return Claim(claim, _settled(len(better) == len(CELLS), bool(worse)), text)
