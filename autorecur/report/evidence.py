"""The sections that say what was found: the difference (1), the forecasts (7a)."""

from __future__ import annotations

from autorecur.record import Record
from autorecur.report import plotted, words
from autorecur.report.facts import columns, kind_of, score_label, section
from autorecur.report.parts import Plot, Row, Section, Table
from autorecur.report.scores import holdout_finding, score_table

__all__ = ["difference", "forecasts"]


ROWS = 200  # of a long table


def difference(record: Record) -> Section:
    """Whether the difference is real (1)."""
    info = plotted.posterior_info(record)
    pairs = _pairs(record)
    if info is None:
        finding = "No paired scores, so nothing can be said about the difference."
        if record.duel:
            finding = "Too few complete pairs for a statement about the difference."
        return section("1", "Is the difference real?", finding, tables=pairs)
    finding = _difference_finding(record)
    label = f"Density of the difference GRU minus LSTM with the margin around zero. {finding}"
    reading = (
        "The band is the difference that does not matter to you (the margin). The area "
        "left of it speaks "
        f"for the {'GRU' if info.better == 'lower' else 'LSTM'}, the area right of it "
        "for the other. Below: one row a "
        "fold, a stroke for each seed, the mark their mean. Only the means count as evidence."
    )
    return section(
        "1",
        "Is the difference real?",
        finding,
        plots=(Plot(info, finding, label, reading),),
        tables=pairs,
    )


def _difference_finding(record: Record) -> str:
    evidence, probability = record.verdict["evidence"], record.verdict["probability"]
    flip = 1 if record.metric["better"] == "lower" else -1
    found = [flip * pair["difference"] for pair in record.duel if pair["difference"] is not None]
    wins = {"GRU": sum(d < 0 for d in found), "LSTM": sum(d > 0 for d in found)}
    ahead = max(wins, key=lambda cell: wins[cell])
    text = f"The {ahead} was better in {wins[ahead]} of {words.plural(len(found), 'pair')}"
    text += (
        f" ({words.plural(evidence['folds'], 'fold')} × {words.plural(evidence['seeds'], 'seed')})."
    )
    ties = len(found) - sum(wins.values())
    if ties:
        text += f" {ties} {'was a tie' if ties == 1 else 'were ties'}."
    if probability is None:
        return text
    parts = {
        "the LSTM is better by more than the margin": probability["lstm_better"],
        "the two are equal within the margin": probability["equivalent"],
        "the GRU is better by more than the margin": probability["gru_better"],
    }
    likeliest = max(parts, key=lambda name: parts[name])
    return f"{text} {words.share(parts[likeliest])} of the belief is that {likeliest}."


def _pairs(record: Record) -> tuple[Table, ...]:
    if not record.duel:
        return ()
    metric = record.metric["name"]
    rows = tuple(
        Row(
            (
                pair["fold"],
                str(pair["seed"]),
                words.score(pair["lstm"], metric),
                words.score(pair["gru"], metric),
                words.score(pair["difference"], metric, signed=True),
                words.duration(pair["lstm_seconds"]),
                words.duration(pair["gru_seconds"]),
            )
        )
        for pair in record.duel[:ROWS]
    )
    labels = columns(
        "Fold", "#Seed", "#LSTM", "#GRU", "#GRU − LSTM", "#LSTM trained", "#GRU trained"
    )
    caption = f"The {words.plural(len(record.duel), 'pair')}: {score_label(record)}"
    return (Table(caption, labels, rows, folded=True),)


def forecasts(record: Record) -> Section | None:
    """How good the forecasts are (7a), on the holdout; only of later values of a series."""
    if kind_of(record).window != "before":
        return None
    table = score_table(record)
    info, steps = plotted.forecast_info(record), plotted.steps_info(record)
    if table is None and info is None:
        return None
    finding = holdout_finding(record)
    plots: list[Plot] = []
    if info is not None:
        first, last = (words.moment(info.times[at]) for at in (info.window[0], info.window[1] - 1))
        worst = (
            f"In its worst window, {first} to {last}, it was off by "
            f"{words.number(info.worst_error)} {info.unit} on average."
        )
        label = (
            f"Actual values and forecasts over the holdout, and the worst window enlarged. {worst}"
        )
        reading = (
            "Each forecast was made at the beginning of its window, from earlier rows "
            "only. The grey band marks the worst window."
        )
        if info.band:
            reading += f" The shade should hold {words.share(info.band_share)} of what happens."
        plots.append(Plot(info, worst, label, reading))
    if steps is not None:
        said = _steps_finding(steps)
        plots.append(
            Plot(
                steps,
                said,
                f"Mean absolute error by step of the horizon. {said}",
                (
                    "How the error grows with the distance; where the lines cross, another "
                    "method is the better one."
                ),
            )
        )
    return section(
        "7a",
        "How good are its forecasts?",
        finding,
        plots=tuple(plots),
        tables=tuple(t for t in (table, _band_table(record), _step_table(steps)) if t),
    )


def _steps_finding(info: plotted.StepsInfo) -> str:
    name, _, values = info.lines[0]
    numbers = [value for value in values if value is not None]
    if not numbers:
        return "No step of the horizon could be scored."
    return (
        f"The error of the {name} goes from {words.number(numbers[0])} at the first step to "
        f"{words.number(numbers[-1])} at step {len(values)} [{info.unit}]."
    )


def _band_table(record: Record) -> Table | None:
    """Whether the bands hold what they should."""
    bands = plotted.held(record)
    if not bands:
        return None
    unit = words.cut(record.figures["forecast"]["unit"], 40)
    rows = tuple(
        Row((words.share(share), words.share(held), words.number(width)))
        for share, held, width in bands
    )
    labels = columns("#Should hold", "#Held", "#Mean width")
    note = (
        "Split conformal: as wide as errors on the validation rows were, step by step. A band "
        "keeps its promise where the errors to come are like those."
    )
    caption = f"Bands around the forecasts, on the holdout as drawn [{unit}]"
    return Table(caption, labels, rows, note=note)


def _step_table(info: plotted.StepsInfo | None) -> Table | None:
    if info is None:
        return None
    labels = columns("#Step", *(f"#{name}" for name, _, _ in info.lines))
    rows = tuple(
        Row((str(at + 1), *(words.number(values[at]) for _, _, values in info.lines)))
        for at in range(min(len(info.lines[0][2]), ROWS))
    )
    return Table(f"Mean absolute error by step [{info.unit}]", labels, rows, folded=True)
