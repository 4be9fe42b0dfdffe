"""Every figure has a finding of its own, and a table in its section that holds its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from autorecur.report.plots.curves import CurvesInfo
from autorecur.report.plots.foretold import ForecastInfo, StepsInfo
from autorecur.report.plots.leftover import ResidualsInfo
from autorecur.report.plots.price import PriceInfo
from autorecur.report.plots.spent import SpentInfo
from autorecur.report.plots.sure import CalibrationInfo, PrecisionInfo, precision_at
from autorecur.report.plots.tried import TriedInfo, score_text, size_name
from autorecur.report.plots.variations import VariationsInfo
from autorecur.report.plotted import (
    ClassesInfo,
    MemoryInfo,
    PosteriorInfo,
    ScatterInfo,
)

Cells = tuple[str, ...]


def pairs(info: PosteriorInfo) -> list[Cells]:
    return [(fold,) for fold, values in info.folds for _ in values]


def judged(info: VariationsInfo) -> list[Cells]:
    asked = [row for row in info.rows if row.same is not None]
    return [(row.name, words.number(row.mean, signed=True)) for row in asked]


def prices(info: PriceInfo) -> list[Cells]:
    networks = [
        (point.title, words.duration(point.seconds), words.number(point.score))
        for point in (*info.tried, *info.finalists)
    ]
    lines = [(name, words.number(score)) for name, score in info.baselines]
    return networks + (lines if info.finalists else [])


def bars(info: SpentInfo) -> list[Cells]:
    return [(words.duration(part.seconds), str(part.trainings)) for part in info.parts]


def squares(info: TriedInfo) -> list[Cells]:
    return [(size_name(info, size), score_text(info, size), size.fidelity) for size in info.sizes]


def lines(info: CurvesInfo) -> list[Cells]:
    drawn = [
        (str(panel.rung), str(curve.points[-1][0]))
        for panel in reversed(info.panels)
        for curve in panel.curves
    ]
    rest = [panel for panel in info.panels if panel.hidden]
    return drawn + [(str(panel.rung), f"median of {panel.hidden} more") for panel in rest]


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


def counts(info: ClassesInfo) -> list[Cells]:
    return [(name, *map(str, row)) for name, row in zip(info.labels, info.matrix, strict=True)]


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
    within = list(zip(map(words.number, bins.edges), map(str, bins.counts), strict=False))
    below = [(words.number(bins.edges[0]), str(bins.below))] if bins.below else []
    above = [(words.number(bins.edges[-1]), str(bins.above))] if bins.above else []
    return [*below, *within, *above]


def values(part: TargetPart) -> list[Cells]:
    if part.bins is not None:
        return heights(part.bins)
    return [(label, f"{count:,}") for label, count in part.classes]


def correlations(info: ResidualsInfo) -> list[Cells]:
    found = info.lags.correlations if info.lags else ()
    return [(str(at), words.number(each, signed=True)) for at, each in enumerate(found, 1)]


NUMBERS: dict[type, Callable[[Any], list[Cells]]] = {
    PosteriorInfo: pairs,
    VariationsInfo: judged,
    PriceInfo: prices,
    SpentInfo: bars,
    TriedInfo: squares,
    CurvesInfo: lines,
    ForecastInfo: window,
    StepsInfo: steps,
    MemoryInfo: distances,
    ClassesInfo: counts,
    PrecisionInfo: recalls,
    CalibrationInfo: sureness,
}


def numbers(info: Any) -> list[list[Cells]]:
    """What the tables of a figure hold, a list a table; most figures have one."""
    if isinstance(info, TargetsInfo):
        return [values(part) for part in info.parts]
    if isinstance(info, ResidualsInfo):
        return [heights(info.bins), *([correlations(info)] if info.lags else [])]
    return [NUMBERS[type(info)](info)]


def holds(table: Table, expected: list[Cells]) -> bool:
    """Whether the table has a row for each mark, in order, with its numbers in it."""
    return len(table.rows) == len(expected) and all(
        set(parts) <= set(row.cells) for row, parts in zip(table.rows, expected, strict=True)
    )


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


def test_a_table_of_other_numbers_is_told_from_the_figures() -> None:
    for section, plot in shown(record(trials=60)):
        for expected in numbers(plot.info):
            table = next(table for table in section.tables if holds(table, expected))
            garbled = Row((words.MISSING,) * len(table.columns))
            assert not holds(replace(table, rows=table.rows[1:]), expected)
            assert not holds(replace(table, rows=(*table.rows[:-1], garbled)), expected)


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
    assert values["Mean of GRU − LSTM [MW]"] == words.number(
        made.verdict["difference"]["mean"], signed=True
    )
    bar = document(made).bar
    assert bar is not None
    parts = [segment.text for segment in bar.segments]  # LSTM better, equal, GRU better
    assert [part for name, part in values.items() if name.startswith("Probability: ")] == parts
    lstm, equal, gru = parts
    assert first.plots[0].finding == (
        f"Of the area {gru} lies on the GRU's side of the band, {equal} within it, and {lstm} on "
        "the LSTM's side."
    )
