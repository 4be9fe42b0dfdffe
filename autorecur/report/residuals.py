"""Whether anything is left in the residuals (7b); of targets that are numbers."""

from __future__ import annotations

from statistics import fmean, pstdev

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.facts import columns, kind_of, section, targets
from autorecur.report.parts import Plot, Row, Section, Table
from autorecur.report.plots.leftover import Lags, ResidualsInfo, residuals_info
from autorecur.report.targets import bins_table

__all__ = ["residuals"]

OF_USE = 0.2  # a correlation: `judge.residuals.LEFT`, whose module draws in what a page needs not
LEANING = 0.2  # of their spread, from which the mean of residuals is no trifle
FIFTHS = 5
UNIT = 40


def residuals(record: Record) -> Section | None:
    """What is left after what was foretold (7b)."""
    info = residuals_info(record)
    if info is None:
        return None
    finding = f"{_spread(info)} {_left(info.lags)}".rstrip()
    label = f"Residuals on the holdout. {finding}"
    plot = Plot(info, _reach(info), label, _reading(record, info))
    unit = words.cut(info.unit, UNIT)
    tables = (
        bins_table(f"The residuals in numbers [{unit}]", info.bins),
        _lags_table(info.lags),
        _fifths(info),
    )
    return section(
        "7b",
        "Is anything left in the residuals?",
        finding,
        plots=(plot,),
        tables=tuple(table for table in tables if table),
    )


def _spread(info: ResidualsInfo) -> str:
    """Where they lie, and to which side they lean."""
    _, low, _, high, _ = info.quartiles
    unit = words.cut(info.unit, UNIT)
    text = (
        f"Half of {info.count:,} {'residual' if info.count == 1 else 'residuals'} lie between "
        f"{words.number(low)} and {words.number(high)} [{unit}]"
    )
    if abs(info.mean) <= LEANING * info.spread:
        return f"{text}, and they lean to neither side (mean {words.number(info.mean)})."
    side = "little" if info.mean > 0 else "much"
    return f"{text}; on average too {side} was foretold, by {words.number(abs(info.mean))}."


def _reach(info: ResidualsInfo) -> str:
    """How far they go at most."""
    low, *_, high = info.quartiles
    return (
        f"They reach from {words.number(low)} to {words.number(high)} "
        f"[{words.cut(info.unit, UNIT)}], with a spread of {words.number(info.spread)}."
    )


def _left(lags: Lags | None) -> str:
    """What the check AR110 says, in the same numbers."""
    if lags is None:
        return ""
    step, correlation = lags.strongest
    those = f"those {words.plural(step, 'step')} before"
    found = (
        f"(correlation {words.number(correlation)}; by chance alone ±{words.number(lags.bound, 2)})"
    )
    if lags.is_left:
        return f"They go together with {those} {found}: something is left to foretell."
    if abs(correlation) <= lags.bound:
        return f"Little is left to foretell: they go together most with {those} {found}."
    if abs(correlation) < OF_USE:
        return (
            f"Little is left to foretell: they go together with {those} by more than chance mostly "
            f"makes, and by too little to be of use, which begins at {OF_USE:g} {found}."
        )
    return f"They go together most with {those} {found}; one of so many steps may, by chance."


def _reading(record: Record, info: ResidualsInfo) -> str:
    first = ", one step ahead" if kind_of(record).window == "before" else ""
    text = (
        f"A residual is what was less what was foretold{first}: right of nought, or above it, too "
        "little was foretold."
    )
    names = targets(record)
    if len(names) > 1:
        text += f" It is that of “{words.cut(names[0], UNIT)}”, one of {len(names)} targets."
    if info.lags is not None:
        text += (
            " Beside the counts, the correlation with residuals so many steps before; within the "
            "band it may be chance."
        )
    if len(info.points) < info.count:
        text += (
            f" Of {info.count:,} residuals {len(info.points)} are drawn as points, the largest "
            "among them; the rest counts all."
        )
    return f"{text} A funnel says that large values are harder to foretell."


def _lags_table(lags: Lags | None) -> Table | None:
    if lags is None:
        return None
    rows = tuple(
        Row(
            (
                str(at + 1),
                words.number(each, signed=True),
                "yes" if abs(each) <= lags.bound else "no",
            )
        )
        for at, each in enumerate(lags.correlations)
    )
    labels = columns("#Steps before", "#Correlation", "May be chance")
    note = f"By chance alone it stays within ±{words.number(lags.bound)} 95 times of 100."
    caption = "How residuals go together with those before"
    return Table(caption, labels, rows, folded=True, note=note)


def _fifths(info: ResidualsInfo) -> Table:
    """The points in numbers: where along what was foretold the residuals are."""
    parts = min(FIFTHS, len(info.points))
    rows = []
    for part in range(parts):
        first, last = part * len(info.points) // parts, (part + 1) * len(info.points) // parts
        foretold, apart = zip(*info.points[first:last], strict=True)
        rows.append(
            Row(
                (
                    f"{words.number(foretold[0])} … {words.number(foretold[-1])}",
                    words.number(fmean(apart), signed=True),
                    words.number(pstdev(apart)),
                    str(last - first),
                )
            )
        )
    labels = columns("Foretold", "#Mean residual", "#Spread", "#Points")
    unit = words.cut(info.unit, UNIT)
    caption = f"The points in numbers, by size of what was foretold [{unit}]"
    return Table(caption, labels, tuple(rows), folded=True)
