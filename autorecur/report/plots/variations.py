"""The difference as it was judged, and in every variation of the verdict that can be placed.

A record tells of a variation what the verdict would be. Where one only leaves out pairs of the duel
or takes another margin, its difference is a mean over what is left, as the judge takes it: over the
seeds of a fold first, then over the folds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autorecur.record import Record
from autorecur.report import words

__all__ = ["Variation", "VariationsInfo", "said", "variations_info"]

FACTORS = {"half the margin": 0.5, "twice the margin": 2.0}
ONE_SEED = "one seed a fold"
JUDGED = "as it was judged"

SAID = {
    "BASELINE_WINS": "no recurrent network",
    "LSTM": "LSTM",
    "GRU": "GRU",
    "EQUIVALENT": "equally good",
    "LEANING": "probably the {cell}",
    "UNDECIDED": "undecided",
    "INCOMPLETE": "too little to judge",
}
SETTLED = {"lstm": "LSTM", "gru": "GRU", "equivalent": "EQUIVALENT", None: "UNDECIDED"}


@dataclass(frozen=True)
class Variation:
    """One row: what was settled otherwise, the verdict then, and the difference GRU − LSTM."""

    name: str
    outcome: str
    cell: str | None
    same: bool | None  # as the verdict; None where another question was asked
    mean: float | None  # None where it is of another metric
    margin: float
    ends: tuple[float, float] | None = None  # of the 95 % interval, where the record has it


@dataclass(frozen=True)
class VariationsInfo:
    """Rows from the verdict itself down."""

    rows: tuple[Variation, ...]
    margin: float
    unit: str
    base: float | None  # what 100 % means on the second line of the axis …
    base_of: str  # … and whose error that is
    better: str


def said(outcome: str, cell: str | None) -> str:
    """
    >>> said("LEANING", "gru")
    'probably the GRU'
    """
    return SAID[outcome].format(cell=(cell or "").upper())


def variations_info(record: Record) -> VariationsInfo | None:
    """The rows; None without a difference or without a variation."""
    verdict = record.verdict
    difference, found = verdict["difference"], verdict.get("variations", ())
    if difference is None or not found:
        return None
    times = 100.0 if record.metric["name"] in words.SHARES else 1.0
    value, fraction = verdict["margin"]["value"] or 0.0, verdict["margin"]["fraction"]
    margin = times * value
    named = verdict["winner"] if verdict["winner"] in ("lstm", "gru") else None
    ends = (times * difference["low"], times * difference["high"])
    mean = times * difference["mean"]
    rows = [Variation(JUDGED, verdict["outcome"], named, True, mean, margin, ends)]
    for each in verdict.get("regimes", ()):
        if each["mean"] is not None and each["low"] is not None and each["high"] is not None:
            ends = (times * each["low"], times * each["high"])
            outcome = SETTLED[each["settled"]]
            name = f"at {each['name']}"
            rows.append(Variation(name, outcome, None, None, times * each["mean"], margin, ends))
    for each in found:
        left = _difference(record, each["name"])
        rows.append(
            Variation(
                name=each["name"],
                outcome=each["outcome"],
                cell=each["cell"],
                same=each["same"],
                mean=None if left is None else times * left,
                margin=margin * FACTORS.get(each["name"], 1.0),
            )
        )
    share = times != 1.0
    return VariationsInfo(
        rows=tuple(rows),
        margin=margin,
        unit="points" if share else difference["unit"],
        base=value / fraction if value and fraction and not share else None,
        base_of=verdict["margin"]["of"],
        better=record.metric["better"],
    )


def _difference(record: Record, name: str) -> float | None:
    """The mean difference of that variation; None where its scores are not in the record."""
    if name in FACTORS:
        return float(record.verdict["difference"]["mean"])
    folds: dict[str, list[Mapping[str, Any]]] = {}
    for pair in record.duel:
        if pair["difference"] is not None:
            folds.setdefault(pair["fold"], []).append(pair)
    if name == ONE_SEED:
        firsts = (min(pairs, key=lambda pair: pair["seed"]) for pairs in folds.values())
        return _mean([pair["difference"] for pair in firsts])
    left = {fold: pairs for fold, pairs in folds.items() if name != f"without {fold}"}
    if len(left) == len(folds):
        return None
    return _mean([_mean([pair["difference"] for pair in of]) or 0.0 for of in left.values()])


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
