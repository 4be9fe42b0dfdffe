"""How good the forecasts are, on the holdout (7a); only of later values of a series."""

from __future__ import annotations

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.facts import columns, kind_of, section, target, targets
from autorecur.report.parts import Plot, Row, Section, Table
from autorecur.report.plots.foretold import (
    ONE,
    ForecastInfo,
    StepsInfo,
    forecast_info,
    held,
    steps_info,
)
from autorecur.report.scores import holdout_finding, score_table

__all__ = ["forecasts"]

ROWS = 200  # of a long table
UNIT = 40


def forecasts(record: Record) -> Section | None:
    """How good the forecasts are (7a)."""
    if kind_of(record).window != "before":
        return None
    table = score_table(record)
    info, steps = forecast_info(record), steps_info(record)
    if table is None and info is None:
        return None
    plots = tuple(
        plot
        for plot in (_over_time(info) if info else None, _by_step(steps) if steps else None)
        if plot
    )
    return section(
        "7a",
        "How good are its forecasts?",
        holdout_finding(record),
        plots=plots,
        tables=tuple(
            t for t in (table, _band_table(record), _window(info), _step_table(steps)) if t
        ),
    )


def _over_time(info: ForecastInfo) -> Plot:
    first, last = (words.moment(info.times[at]) for at in (info.window[0], info.window[1] - 1))
    of = "" if info.drawn.startswith(ONE) else "the worst of "
    worst = (
        f"In {of}{info.drawn}, {first} to {last}, it was off by "
        f"{words.number(info.worst_error)} {words.cut(info.unit, UNIT)} on average."
    )
    label = f"Actual values and forecasts over the holdout, and the worst window enlarged. {worst}"
    reading = (
        "Each forecast was made at the beginning of its window, from earlier rows only; the next "
        "window begins where it ends. The grey band marks the worst window."
    )
    shares = [words.share(share) for share, _ in info.bands]
    if len(shares) > 1:
        reading += f" The darker shade should hold {shares[1]} of what happens, both {shares[0]}."
    elif shares:
        reading += f" The shade should hold {shares[0]} of what happens."
    return Plot(info, worst, label, reading)


def _by_step(info: StepsInfo) -> Plot:
    name, _, values = info.lines[0]
    numbers = [value for value in values if value is not None]
    said = "No step of the horizon could be scored."
    if numbers:
        said = (
            f"The error of the {name} goes from {words.number(numbers[0])} at the first step to "
            f"{words.number(numbers[-1])} at step {len(values)} [{words.cut(info.unit, UNIT)}]."
        )
    reading = (
        f"The mean over {_windows(info)}: how the error grows with the distance. Where the lines "
        "cross, another method is the better one."
    )
    if info.scaled:
        reading += " Each error is in seasonal naive errors of its own series: all weigh the same."
    elif info.scaled is not None:
        reading += " Errors of large series weigh most: they are not in the scale of each series."
    label = f"Mean absolute error by step of the horizon. {said}"
    return Plot(info, said, label, reading)


def _windows(info: StepsInfo) -> str:
    if info.examples is None:
        return "the windows drawn above"
    return f"all {info.examples:,} windows of the holdout, overlapping ones too"


def _band_table(record: Record) -> Table | None:
    """Whether the bands hold what they should."""
    bands = held(record)
    if not bands:
        return None
    data = record.figures.get("forecast")
    unit = words.cut(data["unit"] if data else target(record), UNIT)
    rows = tuple(
        Row((words.share(share), words.share(found), words.number(width)))
        for share, found, width, _ in bands
    )
    labels = columns("#Should hold", "#Held", "#Mean width")
    note = (
        "Split conformal: as wide as errors on the validation rows were, step by step. A band "
        "keeps its promise where the errors to come are like those."
    )
    if len(targets(record)) > 1:
        note += f" What was held is of all targets, the width of “{unit}”."
    of = bands[0][3]
    where = "as drawn" if of is None else f"{of:,} values"
    caption = f"Bands around the forecasts, on the holdout, {where} [{unit}]"
    return Table(caption, labels, rows, note=note)


def _window(info: ForecastInfo | None) -> Table | None:
    """The worst window in numbers: what was, and what each line of the figure says."""
    if info is None:
        return None
    first, last = info.window
    rows = []
    for at in range(first, min(last, first + ROWS)):
        moment = words.moment(info.times[at]) if at < len(info.times) else str(at)
        drawn = (info.actual, *(values for _, _, values in info.lines))
        halves = (half for _, half in info.bands)
        rows.append(Row((moment, *(words.number(values[at]) for values in (*drawn, *halves)))))
    bands = (f"#Half of the {words.share(share)} band" for share, _ in info.bands)
    heads = ("Time", "#Actual", *(f"#{name}" for name, _, _ in info.lines), *bands)
    note = "Every forecast of the saved network is in predictions.csv."
    if last - first > ROWS:
        note = f"The first {ROWS} of {last - first} steps. {note}"
    caption = f"The worst window in numbers [{words.cut(info.unit, UNIT)}]"
    return Table(caption, columns(*heads), tuple(rows), folded=True, note=note)


def _step_table(info: StepsInfo | None) -> Table | None:
    if info is None:
        return None
    labels = columns("#Step", *(f"#{name}" for name, _, _ in info.lines))
    horizon = len(info.lines[0][2])
    rows = tuple(
        Row((str(at + 1), *(words.number(values[at]) for _, _, values in info.lines)))
        for at in range(min(horizon, ROWS))
    )
    caption = f"Mean absolute error by step, {_windows(info)} [{words.cut(info.unit, UNIT)}]"
    note = ""
    if horizon > ROWS:
        note = f"The first {ROWS} of {horizon} steps; the rest is in record.json."
    return Table(caption, labels, rows, folded=True, note=note)
