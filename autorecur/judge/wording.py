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
    "declared",
    "difference",
    "duration",
    "number",
    "percent",
    "plain",
    "score",
    "signed_difference",
    "signed_percent",
    "sure",
    "times",
    "with_spread",
    "with_unit",
]

LONGEST = 40
COARSE = 0.01  # of a share: with such a spread, tenths of a per cent are noise
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
    return _minus(f"{value:#.3g}") if value else "0"


def with_unit(value: float, unit: str) -> str:
    """A number and its unit.

    >>> with_unit(41.2, "MW")
    '41.2 MW'
    """
    unit = plain(unit)
    return f"{number(value)} {unit}" if unit else number(value)


def score(metric: Metric, value: float, unit: str, spread: float | None = None) -> str:
    """A score with its unit, and its spread where one is known; of right answers a percentage.

    >>> from autorecur.metrics import METRICS
    >>> score(METRICS["accuracy"], 0.8764, ""), score(METRICS["mae"], 1.5, "kW", 0.0412)
    ('87.6 %', '1.50 ± 0.04 kW')
    """
    times, unit = (100, "%") if metric.ceiling else (1, plain(unit))
    text = f"{times * value:.1f}" if metric.ceiling else number(value)
    if spread is not None:
        text = with_spread(text, times * spread)
    return f"{text} {unit}" if unit else text


def with_spread(score: str, spread: float) -> str:
    """A score and its spread, with as many decimals, unless that would leave nothing of it.

    >>> with_spread("39.2", 0.412), with_spread("39.2", 0.0312), with_spread("1,230", 3.4)
    ('39.2 ± 0.4', '39.2 ± 0.03', '1,230 ± 3')
    """
    if not re.fullmatch(r"[<>−]?[\d,]+(\.\d+)?", score) or 0 < spread < 1e-4:
        return f"{score} ± {number(spread)}"
    decimals = len(score.partition(".")[2])
    text = f"{spread:,.{decimals}f}"
    if not text.strip("0."):
        text = f"{spread:.1g}"
    return f"{score} ± {text}"


def difference(metric: Metric, value: float, unit: str, spread: float = 0.0) -> str:
    """A difference of scores without its sign; of shares of right answers in points.

    `spread` is the difference's own: see `percent`.

    >>> from autorecur.metrics import METRICS
    >>> difference(METRICS["accuracy"], -0.005, ""), difference(METRICS["mae"], -1.5, "kW")
    ('0.5 points', '1.50 kW')
    >>> difference(METRICS["accuracy"], 0.0212, "", spread=0.011)
    '2 points'
    """
    if not metric.ceiling:
        return with_unit(abs(value), unit)
    text = _hundredths(value, spread)
    return f"{text} point{'' if text.removeprefix(LESS) == '1' else 's'}"


def signed_difference(metric: Metric, value: float, unit: str, spread: float = 0.0) -> str:
    """A difference of scores with its sign.

    >>> from autorecur.metrics import METRICS
    >>> signed_difference(METRICS["mae"], -1.5, "kW")
    '−1.50 kW'
    """
    if not metric.ceiling:
        return f"{'−' if value < 0 else '+'}{with_unit(abs(value), unit)}"
    text = _signed(value, spread)
    return f"{text} points"


def percent(fraction: float, spread: float = 0.0) -> str:
    """A share as a percentage: one decimal at most, and none where its spread is 1 % or more.

    >>> percent(0.042), percent(0.01), percent(0.25), percent(0.0002)
    ('4.2 %', '1 %', '25 %', 'less than 0.1 %')
    >>> percent(0.042, spread=0.012), percent(0.004, spread=0.012)
    ('4 %', 'less than 1 %')
    """
    return f"{_hundredths(fraction, spread)} %"


def signed_percent(fraction: float, spread: float = 0.0) -> str:
    """A share with its sign.

    >>> signed_percent(-0.03), signed_percent(0.021), signed_percent(-0.004, spread=0.012)
    ('−3.0 %', '+2.1 %', '0 %')
    """
    return f"{_signed(fraction, spread)} %"


LESS = "less than "


def _hundredths(share: float, spread: float) -> str:
    """Hundredths without their sign; what would be rounded to nothing is said to be less."""
    step = 1 if not spread < COARSE else 0.1
    if 0 < 100 * abs(share) <= step / 2:
        return f"{LESS}{step:g}"
    return _rounded(share, spread).removesuffix(".0")


def _signed(share: float, spread: float) -> str:
    text = _rounded(share, spread)
    return f"{'−' if share < 0 else '+'}{text}" if text.strip("0.") else "0"


def _rounded(share: float, spread: float) -> str:
    size = 100 * abs(share)
    if size < 9.95 and spread < COARSE:
        return f"{size:.1f}"
    return f"{size:,.0f}" if math.isfinite(size) else "unknown"


def declared(share: float) -> str:
    """Hundredths of what was declared before the run, with all of their decimals.

    >>> declared(0.01), declared(0.0025), declared(0.07)
    ('1', '0.25', '7')
    """
    return f"{100 * share:.6g}"


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
