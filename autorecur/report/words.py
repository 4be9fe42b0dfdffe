"""Numbers and names as every view writes them: three digits, a real minus sign, harmless text."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from autorecur.judge import wording
from autorecur.metrics import METRICS

__all__ = [
    "COMMAND_LIMIT",
    "MISSING",
    "NAME_LIMIT",
    "SHARES",
    "clean",
    "clock",
    "count",
    "cut",
    "duration",
    "harmless",
    "joined",
    "listed",
    "metric_name",
    "milliseconds",
    "moment",
    "number",
    "percent",
    "plural",
    "points",
    "score",
    "scored",
    "share",
    "size",
    "sure",
]

MISSING = "–"
NAME_LIMIT = 160
SENTENCE_LIMIT = 1000
COMMAND_LIMIT = 20_000  # a command that is cut does not work: no real one is so long
# Keys of the record whose strings are whole sentences; every other string is a name.
SENTENCES = frozenset(
    {
        *("sentence", "second", "cost", "reasons", "would_change", "remedy", "reason", "lacks"),
        "evidence",  # of a claim
    }
)
LIMITS = {"command": COMMAND_LIMIT} | dict.fromkeys(SENTENCES, SENTENCE_LIMIT)
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_METRICS = {
    **{name: metric.title for name, metric in METRICS.items()},
    "mae_standardised": "MAE, standardised",
    "mse_standardised": "MSE, standardised",
}
# Shares of right answers: shown in per cent, and their differences in points of it.
SHARES = frozenset({"accuracy", "macro_f1"})


def number(value: float | None, digits: int = 3, signed: bool = False) -> str:
    """`value` to three significant digits.

    >>> number(39.187), number(-0.04), number(1234567), number(4.2, signed=True), number(None)
    ('39.2', '−0.0400', '1,230,000', '+4.20', '–')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    rounded = float(f"{value:.{digits - 1}e}")
    if rounded == 0:
        return "0"
    exponent = math.floor(math.log10(abs(rounded)))
    sign = "−" if rounded < 0 else "+" if signed else ""
    if -4 <= exponent < 7:
        text = f"{abs(rounded):,.{max(0, digits - 1 - exponent)}f}"
        return sign + text
    mantissa = abs(rounded) / 10.0**exponent
    return f"{sign}{mantissa:.{digits - 1}f} × 10{str(exponent).translate(_SUPERSCRIPT)}"


def score(value: float | None, metric: str, digits: int = 3, signed: bool = False) -> str:
    """A score, or a difference of two, without its unit; a share of right answers in per cent.

    >>> score(39.187, "mae"), score(0.8761, "accuracy"), score(0.9999, "accuracy")
    ('39.2', '87.6', '>99.9')
    >>> score(-0.0123, "macro_f1", signed=True)
    '−1.2'
    """
    if metric not in SHARES or value is None or not math.isfinite(value):
        return number(value, digits, signed)
    text = f"{abs(100 * value):.1f}"
    if not text.strip("0."):
        return "<0.1" if value > 0 and not signed else "0"
    if text == "100.0":
        return ">99.9" if value < 1 and not signed else "100"
    return f"{'−' if value < 0 else '+' if signed else ''}{text}"


def scored(value: float | None, spread: float | None, metric: str) -> str:
    """A score and its spread, where one is known, without their unit.

    >>> scored(39.187, 0.412, "mae"), scored(0.973, 0.004, "accuracy"), scored(39.2, None, "mae")
    ('39.2 ± 0.4', '97.3 ± 0.4', '39.2')
    """
    text = score(value, metric)
    if text == MISSING or spread is None or not math.isfinite(spread):
        return text
    return wording.with_spread(text, 100 * spread if metric in SHARES else spread)


def points(value: float | None, signed: bool = False) -> str:
    """A difference of two shares of right answers.

    >>> points(0.01), points(0.005), points(-0.02, signed=True)
    ('1 point', '0.5 points', '−2.0 points')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    text = score(value, "accuracy", signed=True)
    text = text if signed else text.removeprefix("+").removesuffix(".0")
    return f"{text} {'point' if text == '1' else 'points'}"


def percent(fraction: float | None) -> str:
    """A relative difference, signed.

    >>> percent(-0.0418), percent(0.254)
    ('−4.2 %', '+25 %')
    """
    if fraction is None or not math.isfinite(fraction):
        return MISSING
    value = 100 * fraction
    text = f"{abs(value):.1f}" if abs(value) < 9.95 else f"{abs(value):,.0f}"
    if not text.strip("0."):
        return "0 %"
    return f"{'−' if value < 0 else '+'}{text} %"


def sure(probability: float | None) -> str:
    """A probability, cut as the verdict's sentence cuts it: no threshold seems passed that is not.

    >>> sure(0.946), sure(0.97), sure(0.0003), sure(0.9996)
    ('94 %', '97 %', '<1 %', '>99 %')
    """
    if probability is None or not math.isfinite(probability):
        return MISSING
    return wording.sure(probability).replace("more than ", ">").replace("less than ", "<")


def share(part: float | None) -> str:
    """A part of a whole; never a false 0 or 100.

    >>> share(0.97), share(0.0003), share(0.9996), share(1)
    ('97 %', '<1 %', '>99 %', '100 %')
    """
    if part is None or not math.isfinite(part):
        return MISSING
    if 0 < part < 0.005:
        return "<1 %"
    if 0.995 <= part < 1:
        return ">99 %"
    return f"{100 * part:.0f} %"


def duration(seconds: float | None) -> str:
    """A time for people.

    >>> duration(0.41), duration(41), duration(581.2), duration(3725)
    ('0.41 s', '41 s', '9 min 41 s', '1 h 2 min')
    """
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    if seconds < 0.995:
        return f"{seconds:.2f} s" if seconds >= 0.005 else "0 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(round(whole / 60), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def clock(seconds: float) -> str:
    """A time as a clock shows it, rounded as `duration` rounds it.

    >>> clock(581.2), clock(141.8), duration(141.8), clock(3725)
    ('9:41', '2:22', '2 min 22 s', '1:02:05')
    """
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def count(value: float | None) -> str:
    """How many, short.

    >>> count(812), count(9612), count(38400), count(1.25e6)
    ('812', '9.6 k', '38 k', '1.2 M')
    """
    return _scaled(value, 1000, ("", " k", " M", " G", " T"))


def size(value: float | None) -> str:
    """How many bytes, short.

    >>> size(412_000)
    '412 kB'
    """
    return _scaled(value, 1000, (" B", " kB", " MB", " GB", " TB"))


def _scaled(value: float | None, step: int, suffixes: tuple[str, ...]) -> str:
    if value is None or not math.isfinite(value):
        return MISSING
    at = 0
    while abs(value) >= step - 0.5 and at < len(suffixes) - 1:
        value, at = value / step, at + 1
    decimals = 1 if at and abs(value) < 9.95 else 0
    return f"{value:.{decimals}f}{suffixes[at]}"


def milliseconds(value: float | None) -> str:
    """
    >>> milliseconds(0.812)
    '0.81 ms'
    """
    return MISSING if value is None else f"{number(value, 2)} ms"


def moment(text: str | None) -> str:
    """An ISO time to the minute.

    >>> moment("2026-11-22T12:40:07+00:00")
    '2026-11-22 12:40'
    """
    return MISSING if not text else text[:16].replace("T", " ")


def plural(value: int, noun: str) -> str:
    """
    >>> plural(1, "issue"), plural(2, "issue")
    ('1 issue', '2 issues')
    """
    return f"{value} {noun}" if value == 1 else f"{value} {noun}s"


def joined(names: str | Sequence[str]) -> str:
    """
    >>> joined("load"), joined(("load", "price"))
    ('load', 'load, price')
    """
    return names if isinstance(names, str) else ", ".join(names)


def listed(parts: Sequence[str]) -> str:
    """
    >>> listed(("a",)), listed(("a", "b", "c"))
    ('a', 'a, b and c')
    """
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def metric_name(name: str) -> str:
    """
    >>> metric_name("mae"), metric_name("smape"), metric_name("macro_f1")
    ('MAE', 'sMAPE', 'macro F1')
    """
    return _METRICS.get(name, name.upper())


def cut(text: str, limit: int) -> str:
    """
    >>> cut("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= limit else text[: max(0, limit - 1)] + "…"


def clean(text: str, limit: int = NAME_LIMIT) -> str:
    """One line of visible characters, at most `limit` of them.

    Control and direction characters (an escape that recolours the terminal, a mark that turns the
    line round) are shown as their code points.

    >>> clean("a\\nb\\x1b[31m\\u202ec")
    'a b⟨1B⟩[31m⟨202E⟩c'
    """
    kept = text[: limit + 1]
    if not kept.isprintable():
        kept = "".join(_visible(character) for character in kept)
    return cut(kept, limit)


def _visible(character: str) -> str:
    if character in "\n\r\t\v\f\u2028\u2029":
        return " "
    kind = unicodedata.category(character)
    # Cc control, Cf direction and zero width, Cs lone surrogates, Co and Cn no character at all.
    return f"⟨{ord(character):X}⟩" if kind in {"Cc", "Cf", "Cs", "Co", "Cn"} else character


def harmless(value: Any, key: str = "") -> Any:
    """`value` with every string in it cleaned, keys of mappings too.

    >>> harmless({"name": "a\\tb", "rows": (1, 2)})
    {'name': 'a b', 'rows': (1, 2)}
    """
    if isinstance(value, str):
        return clean(value, LIMITS.get(key, NAME_LIMIT))
    if isinstance(value, Mapping):
        return {clean(name): harmless(item, name) for name, item in value.items()}
    if isinstance(value, tuple):
        return tuple(harmless(item, key) for item in value)
    return value
