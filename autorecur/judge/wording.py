"""Numbers, durations and the user's own names as they stand in a sentence."""

from __future__ import annotations

import math
import re
import unicodedata

from autorecur.metrics import Metric
from autorecur.search.budget import Budget

__all__ = [
    "budget",
    "budget_times",
    "count",
    "difference",
    "duration",
    "number",
    "percent",
    "plain",
    "score",
    "signed_percent",
    "sure",
    "times",
    "with_unit",
]

LONGEST = 40
DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str, longest: int = LONGEST) -> str:
    """A name of the user's on one line: no control or direction marks, and cut.

    >>> plain("load\\n[MW]"), plain("x" * 99, 4)
    ('load [MW]', 'xxx…')
    """
    kept = "".join(
        " " if character in DIRECTIONS or unicodedata.category(character) in _BREAKS else character
        for character in text[: longest * 4]
    )
    line = " ".join(kept.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


_BREAKS = frozenset(("Cc", "Cs", "Zl", "Zp"))


def number(value: float) -> str:
    """Three digits, at most one decimal from ten upwards.

    >>> number(41.27), number(0.16649), number(12345.6), number(1.0)
    ('41.3', '0.166', '12,346', '1.00')
    """
    size = abs(value)
    if not math.isfinite(value):
        return "unknown"
    if 0 < size < 1e-4 or size >= 1e9:
        return _minus(f"{value:.2e}")
    if size >= 99.95:
        return _minus(f"{value:,.0f}")
    if size >= 9.995:
        return _minus(f"{value:.1f}")
    if size >= 0.9995:
        return _minus(f"{value:.2f}")
    return _minus(f"{value:.3g}")


def with_unit(value: float, unit: str) -> str:
    """A number and its unit.

    >>> with_unit(41.2, "MW")
    '41.2 MW'
    """
    unit = plain(unit)
    return f"{number(value)} {unit}" if unit else number(value)


def score(metric: Metric, value: float, unit: str) -> str:
    """A score with its unit; a share of right answers as a percentage.

    >>> from autorecur.metrics import METRICS
    >>> score(METRICS["accuracy"], 0.8764, ""), score(METRICS["mae"], 1.5, "kW")
    ('87.6 %', '1.50 kW')
    """
    return f"{100 * value:.1f} %" if metric.ceiling else with_unit(value, unit)


def difference(metric: Metric, value: float, unit: str) -> str:
    """A difference of scores without its sign; of shares of right answers in points.

    >>> from autorecur.metrics import METRICS
    >>> difference(METRICS["accuracy"], -0.005, ""), difference(METRICS["mae"], -1.5, "kW")
    ('0.5 points', '1.50 kW')
    """
    if not metric.ceiling:
        return with_unit(abs(value), unit)
    points = f"{100 * abs(value):.1f}".removesuffix(".0")
    return f"{points} point{'' if points == '1' else 's'}"


def percent(fraction: float) -> str:
    """A share as a percentage with at most one decimal.

    >>> percent(0.042), percent(0.01), percent(0.25), percent(0.0002)
    ('4.2 %', '1 %', '25 %', 'less than 0.1 %')
    """
    size = abs(fraction) * 100
    if 0 < size < 0.05:
        return "less than 0.1 %"
    text = f"{size:.1f}".removesuffix(".0") if size < 9.95 else f"{size:,.0f}"
    return f"{text} %"


def signed_percent(fraction: float) -> str:
    """A share with its sign.

    >>> signed_percent(-0.03), signed_percent(0.021)
    ('−3 %', '+2.1 %')
    """
    size = abs(fraction) * 100
    text = f"{size:.1f}".removesuffix(".0") if size < 9.95 else f"{size:,.0f}"
    return f"{'−' if fraction < 0 and text != '0' else '+'}{text} %"


def sure(probability: float) -> str:
    """A probability in whole per cent, cut and never rounded up, so that no threshold seems passed.

    >>> sure(0.949), sure(0.9996), sure(0.003)
    ('94 %', 'more than 99 %', 'less than 1 %')
    """
    whole = math.floor(probability * 100 + 1e-9)
    if probability > 0.99:
        return "more than 99 %"
    return f"{whole} %" if whole >= 1 else "less than 1 %"


def times(ratio: float) -> str:
    """A ratio.

    >>> times(1.314), times(24.2)
    ('1.3 ×', '24 ×')
    """
    return f"{ratio:.1f} ×" if ratio < 9.95 else f"{ratio:,.0f} ×"


def count(how_many: int, thing: str) -> str:
    """A count with its noun.

    >>> count(1, "training"), count(31, "training")
    ('1 training', '31 trainings')
    """
    return f"{how_many:,} {thing}{'' if how_many == 1 else 's'}"


def duration(seconds: float) -> str:
    """Seconds as a person says them.

    >>> duration(171.4), duration(180), duration(0.4), duration(3900)
    ('2 min 51 s', '3 min', 'less than 1 s', '1 h 5 min')
    """
    whole = round(seconds)
    if whole < 1:
        return "less than 1 s"
    if whole < 60:
        return f"{whole} s"
    big, small, names = (
        (*divmod(whole, 60), ("min", "s"))
        if whole < 3600
        else (*divmod(round(whole / 60), 60), ("h", "min"))
    )
    return f"{big} {names[0]} {small} {names[1]}" if small else f"{big} {names[0]}"


def budget(text: str) -> str:
    """A budget as the user gave it, with a space before its unit.

    >>> budget("10min"), budget("2e14flop"), budget("1h30min")
    ('10 min', '2e14 flop', '1h30min')
    """
    found = re.fullmatch(r"\s*(\d[\d.]*(?:e[+-]?\d+)?)\s*([a-zA-Z]+)\s*", text)
    return f"{found[1]} {found[2]}" if found else plain(text)


def budget_times(text: str, ratio: float) -> str:
    """A budget so many times as large, as coarse as an estimate deserves.

    >>> budget_times("10min", 2.43), budget_times("40trainings", 1.6), budget_times("2e14flop", 2)
    ('25 min', '64 trainings', '4e+14 flop')
    >>> budget_times("1h, 40trainings", 3)
    '3.0 × this one'
    """
    given = Budget.parse(text)
    limits = (given.seconds, given.trainings, given.multiply_adds)
    if sum(limit is not None for limit in limits) != 1:
        return f"{times(ratio)} this one"
    if given.seconds is not None:
        seconds = given.seconds * ratio
        step = 10 if seconds < 90 else 60 if seconds < 5400 else 3600
        return duration(math.ceil(seconds / step) * step)
    if given.trainings is not None:
        return count(math.ceil(given.trainings * ratio), "training")
    return f"{(given.multiply_adds or 0.0) * ratio:.1g} flop"


def _minus(text: str) -> str:
    return text.replace("-", "−") if text.startswith("-") else text
