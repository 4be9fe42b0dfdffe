"""Every figure has a finding of its own, and a table in its section that holds its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from report.sample import OUTCOMES, record
from report.sample_kinds import KINDS, of_kind

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.certainty import RECALLS
from autorecur.report.document import document
from autorecur.report.evidence import ROWS
from autorecur.report.parts import Plot, Row, Section, Table
from autorecur.report.plots.binned import Bins, TargetPart, TargetsInfo
from autorecur.report.plots.curves import CurvesInfo, Spaced
from autorecur.report.plots.foretold import ForecastInfo, StepsInfo
from autorecur.report.plots.leftover import ResidualsInfo
from autorecur.report.plots.price import PriceInfo
from autorecur.report.plots.spent import SpentInfo
from autorecur.report.plots.sure import CalibrationInfo, PrecisionInfo, precision_at
from autorecur.report.plots.timeline import TimelineInfo
from autorecur.report.plots.tried import TriedInfo, score_text, size_name
from autorecur.report.plots.variations import JUDGED, VariationsInfo
from autorecur.report.plotted import (
    ClassesInfo,
    MemoryInfo,
    PosteriorInfo,
    ScatterInfo,
)

Cells = tuple[str | None, ...]  # None where a row says nothing of the figure in that column


def scored(value: float | None, share: bool, signed: bool = False) -> str:
    """What a figure draws, in points or per cent where it is a share, as a table writes it."""
    if share and value is not None:
        return words.score(value / 100, "accuracy", signed=signed)
    return words.number(value, signed=signed)


def pairs(info: PosteriorInfo) -> list[Cells]:
    share = info.unit == "points"
    return [(fold, scored(value, share, True)) for fold, found in info.folds for value in found]


def judged(info: VariationsInfo) -> list[Cells]:
    asked = [row for row in info.rows if row.same is not None]
    return [(row.name, words.number(row.mean, signed=True)) for row in asked]


def fair(info: VariationsInfo) -> list[Cells]:
    """The other ways to be fair, with the ends of their lines."""
    share = info.unit == "points"
    return [
        (
            row.name.removeprefix("at "),
            *(scored(each, share, True) for each in (row.mean, *row.ends)),
        )
        for row in info.rows
        if row.same is None and row.ends is not None
    ]


def prices(info: PriceInfo) -> list[Cells]:
    networks = [
        (point.title, words.duration(point.seconds), words.number(point.score))
        for point in (*info.tried, *info.finalists)
    ]
    lines = [(name, None, words.number(score)) for name, score in info.baselines]
    return networks + (lines if info.finalists else [])


def bars(info: SpentInfo) -> list[Cells]:
    return [(words.duration(part.seconds), str(part.trainings)) for part in info.parts]


def runs(info: TimelineInfo) -> list[Cells]:
    return [
        (words.clock(each.begin), words.duration(each.seconds), each.title, str(each.seed))
        for each in info.ran
    ]


def squares(info: TriedInfo) -> list[Cells]:
    return [(size_name(info, size), score_text(info, size), size.fidelity) for size in info.sizes]


def lines(info: CurvesInfo) -> list[Cells]:
    drawn = [
        (None, str(panel.rung), *ends(curve.points, info.label))
        for panel in reversed(info.panels)
        for curve in panel.curves
    ]
    rest = [panel for panel in info.panels if panel.hidden]
    return drawn + [
        (f"median of {panel.hidden} more", str(panel.rung), *ends(panel.median, info.label))
        for panel in rest
    ]


def ends(points: Spaced, label: str) -> Cells:
    """The first, the best and the last score of a line, and how many it has."""
    values = [value for _, value in points if value is not None]
    assert len(points) < 60, "a longer line is thinned, and its best score may not be drawn"
    share = any(name in label for name in ("accuracy", "macro F1"))
    best = max(values) if "↑" in label else min(values)
    told = (scored(value, share) for value in (values[0], best, values[-1]))
    return (*told, str(len(values)))


def window(info: ForecastInfo) -> list[Cells]:
    first, last = info.window
    return [
        (words.moment(info.times[at]), words.number(info.actual[at]),
         *(words.number(values[at]) for _, _, values in info.lines),
         *(words.number(half[at]) for _, half in info.bands))
        for at in range(first, min(last, first + ROWS))
    ]  # fmt: skip


def steps(info: StepsInfo) -> list[Cells]:
    count = min(ROWS, len(info.lines[0][2]))
    return [(*(words.number(values[at]) for _, _, values in info.lines),) for at in range(count)]


def distances(info: MemoryInfo) -> list[Cells]:
    longest = max(len(shares) for _, _, shares, _ in info.lines)
    return [
        tuple(f"{words.number(100 * (shares[at] or 0.0))} %" for _, _, shares, _ in info.lines)
        for at in range(min(ROWS, longest))
    ]


def counts(info: ClassesInfo, matrix: Sequence[Sequence[int]]) -> list[Cells]:
    return [(name, *map(str, row)) for name, row in zip(info.labels, matrix, strict=True)]


def recalls(info: PrecisionInfo) -> list[Cells]:
    return [
        (curve.label, words.score(curve.average_precision, "accuracy"),
         *(words.score(precision_at(curve, recall), "accuracy") for recall in RECALLS))
        for curve in info.curves
    ]  # fmt: skip


def sureness(info: CalibrationInfo) -> list[Cells]:
    return [
        (f"{part.count:,}", *(words.score(share, "accuracy") for share in (part.sure, part.right)))
        for part in info.bins
    ]


def heights(bins: Bins) -> list[Cells]:
    """From, to and how many; the first and the last one reach further than any edge."""
    edges = [*map(words.number, bins.edges)]
    within = list(zip(edges, edges[1:], map(count, bins.counts), strict=False))
    below = [(words.MISSING, edges[0], count(bins.below))] if bins.below else []
    above = [(edges[-1], words.MISSING, count(bins.above))] if bins.above else []
    return [*below, *within, *above]


def count(number: int) -> str:
    return f"{number:,}"


def values(part: TargetPart) -> list[Cells]:
    if part.bins is not None:
        return heights(part.bins)
    return [(label, f"{count:,}") for label, count in part.classes]


def correlations(info: ResidualsInfo) -> list[Cells]:
    found = info.lags.correlations if info.lags else ()
    return [(str(at), words.number(each, signed=True)) for at, each in enumerate(found, 1)]


NUMBERS: dict[type, Callable[[Any], list[Cells]]] = {
    PosteriorInfo: pairs,
    PriceInfo: prices,
    SpentInfo: bars,
    TimelineInfo: runs,
    TriedInfo: squares,
    CurvesInfo: lines,
    ForecastInfo: window,
    StepsInfo: steps,
    MemoryInfo: distances,
    PrecisionInfo: recalls,
    CalibrationInfo: sureness,
}


def numbers(info: Any) -> list[list[Cells]]:
    """What the tables of a figure hold, a list a table; most figures have one."""
    if isinstance(info, TargetsInfo):
        return [values(part) for part in info.parts]
    if isinstance(info, ResidualsInfo):
        return [heights(info.bins), *([correlations(info)] if info.lags else [])]
    if isinstance(info, VariationsInfo):
        return [each for each in (judged(info), fair(info)) if each]
    if isinstance(info, ClassesInfo):
        drawn = [info.matrix, *([info.baseline] if info.baseline and info.both else [])]
        return [counts(info, matrix) for matrix in drawn]
    return [NUMBERS[type(info)](info)]


def holds(table: Table, expected: list[Cells]) -> bool:
    """Whether the table has a row for each mark, in order, and a column for each of its numbers."""
    return places(table, expected) is not None


def places(table: Table, expected: list[Cells]) -> list[int] | None:
    """The columns in which the numbers stand."""
    if len(table.rows) != len(expected):
        return None
    written = list(zip(*(row.cells for row in table.rows), strict=True))
    alike = [
        {
            at
            for at, cells in enumerate(written)
            if all(part in (None, cell) for part, cell in zip(parts, cells, strict=True))
        }
        for parts in zip(*expected, strict=True)
    ]
    return distinct(alike, [])


def distinct(alike: list[set[int]], taken: list[int]) -> list[int] | None:
    """A column of its own for each, of those that read like it."""
    if len(taken) == len(alike):
        return taken
    tried = (distinct(alike, [*taken, at]) for at in alike[len(taken)] - set(taken))
    return next((found for found in tried if found is not None), None)


def counted(section: Section, points: int, label: str) -> bool:
    """Points too many for rows are counted, all of them, in parts of the scale."""
    return any(
        table.columns[-1].label == label and sum(int(row.cells[-1]) for row in table.rows) == points
        for table in section.tables
    )


def shown(made: Record) -> Iterator[tuple[Section, Plot]]:
    for section in document(made).sections:
        yield from ((section, plot) for plot in section.plots)


def made_for(name: str) -> Record:
    if name in KINDS:
        return of_kind(name)
    return record(name) if name in OUTCOMES else record(trials=int(name))


@pytest.mark.parametrize("name", [*OUTCOMES, *KINDS, "6", "200"])
def test_a_figures_numbers_stand_in_a_table_of_its_section(name: str) -> None:
    found = list(shown(made_for(name)))
    for section, plot in found:
        where = f"{section.number} {type(plot.info).__name__}"
        if isinstance(plot.info, ScatterInfo):
            assert counted(section, len(plot.info.actual), "Examples"), where
            continue
        if isinstance(plot.info, ResidualsInfo):
            assert counted(section, len(plot.info.points), "Points"), where
        for expected in numbers(plot.info):
            assert expected, where
            assert any(holds(table, expected) for table in section.tables), where
    assert len(found) >= 4


@pytest.mark.parametrize("name", ["60", "200", *KINDS])
def test_a_table_of_other_numbers_is_told_from_the_figures(name: str) -> None:
    """One row less, or one wrong number in any row, and the table is not the figure's."""
    for section, plot in shown(made_for(name)):
        if isinstance(plot.info, ScatterInfo):
            continue
        for expected in numbers(plot.info):
            table = next(table for table in section.tables if holds(table, expected))
            assert not holds(replace(table, rows=table.rows[1:]), expected)
            columns = places(table, expected) or []
            for at, parts in enumerate(expected):
                for part, column in zip(parts, columns, strict=True):
                    wrong = garbled(table, at, column)
                    assert part is None or not holds(wrong, expected), (section.number, part)


def garbled(table: Table, at: int, column: int) -> Table:
    """The table with another number in one cell."""
    cells = list(table.rows[at].cells)
    cells[column] += "1"
    return replace(table, rows=(*table.rows[:at], Row(tuple(cells)), *table.rows[at + 1 :]))


@pytest.mark.parametrize("name", [*OUTCOMES, *KINDS])
def test_a_caption_is_a_finding_of_its_own(name: str) -> None:
    for section, plot in shown(made_for(name)):
        assert plot.finding.endswith("."), section.number
        assert plot.finding != section.finding, section.number
        assert plot.reading.endswith(".") and len(plot.label) > 40, section.number


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_curve_of_belief_stands_in_numbers(name: str) -> None:
    made = record(name)
    (first, *_) = document(made).sections
    if made.verdict["difference"] is None:
        assert first.plots == ()
        return
    values = dict(row.cells for row in first.tables[0].rows)
    difference = made.verdict["difference"]
    assert values["Mean of GRU − LSTM [MW]"] == words.number(difference["mean"], signed=True)
    for end, name in (("low", "95 % interval from"), ("high", "95 % interval to")):
        assert values[name] == words.number(difference[end], signed=True)
    drawn = next(plot.info for _, plot in shown(made) if isinstance(plot.info, VariationsInfo))
    assert drawn.rows[0].name == JUDGED
    assert drawn.rows[0].ends == (difference["low"], difference["high"])
    assert drawn.rows[0].mean == difference["mean"]
    bar = document(made).bar
    assert bar is not None
    parts = [segment.text for segment in bar.segments]  # LSTM better, equal, GRU better
    assert [part for name, part in values.items() if name.startswith("Probability: ")] == parts
    lstm, equal, gru = parts
    assert first.plots[0].finding == (
        f"Of the area {gru} lies on the GRU's side of the band, {equal} within it, and {lstm} on "
        "the LSTM's side."
    )
