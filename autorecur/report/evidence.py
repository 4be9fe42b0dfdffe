"""The sections that say what was found: the difference (1), the forecasts (7a)."""

from __future__ import annotations

from autorecur.record import Record
from autorecur.report import plotted, words
from autorecur.report.facts import CELLS, best_baseline, columns, compared, score_label, section
from autorecur.report.parts import Plot, Row, Section, Table

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
    rows = tuple(
        Row(
            (
                pair["fold"],
                str(pair["seed"]),
                words.number(pair["lstm"]),
                words.number(pair["gru"]),
                words.number(pair["difference"], signed=True),
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
    """How good the forecasts are (7a), on the holdout."""
    table = _detail(record)
    info, steps = plotted.forecast_info(record), plotted.steps_info(record)
    if table is None and info is None:
        return None
    finding = _forecast_finding(record)
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
            "only. The band marks the worst window."
        )
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
        tables=tuple(t for t in (table, _step_table(steps)) if t),
    )


def _forecast_finding(record: Record) -> str:
    score = record.score
    best = best_baseline(record, "holdout")
    if record.model is None or score["holdout"] is None:
        return "No forecasts were scored on the holdout."
    unit = f" {record.metric['unit']}" if record.metric["unit"] else ""
    text = (
        f"On the holdout, which nothing was chosen by, the {record.model['title']} has "
        f"{words.metric_name(record.metric['name'])} {words.number(score['holdout'])}{unit}"
    )
    if best is not None and best[1]:
        text += (
            f", {compared(record, score['holdout'], best[1])} than {best[0]} "
            f"({words.number(best[1])}{unit})"
        )
    if score["optimism"] is not None:
        text += (
            f". In the search, which chose it from {score['tried']} candidates, it had "
            f"{words.number(score['validation'])}{unit}"
        )
    return text + "."


def _steps_finding(info: plotted.StepsInfo) -> str:
    name, _, values = info.lines[0]
    numbers = [value for value in values if value is not None]
    if not numbers:
        return "No step of the horizon could be scored."
    return (
        f"The error of the {name} goes from {words.number(numbers[0])} at the first step to "
        f"{words.number(numbers[-1])} at step {len(values)} [{info.unit}]."
    )


def _step_table(info: plotted.StepsInfo | None) -> Table | None:
    if info is None:
        return None
    labels = columns("#Step", *(f"#{name}" for name, _, _ in info.lines))
    rows = tuple(
        Row((str(at + 1), *(words.number(values[at]) for _, _, values in info.lines)))
        for at in range(min(len(info.lines[0][2]), ROWS))
    )
    return Table(f"Mean absolute error by step [{info.unit}]", labels, rows, folded=True)


def _detail(record: Record) -> Table | None:
    detail = record.score["detail"]
    names = [name for name in ("model", *CELLS) if name in detail]
    names += [name for name in detail if name not in names]
    metrics = list(dict.fromkeys(metric for name in names for metric in detail[name]))
    if not names or not metrics:
        return None
    order = ("mae", "rmse", "mse", "mase", "smape", "mae_standardised", "mse_standardised")
    metrics.sort(
        key=lambda metric: (order.index(metric) if metric in order else len(order), metric)
    )
    titles = {row["cell"]: row["title"] for row in record.finalists}
    rows = []
    for name in names:
        title, cell = titles.get(name, name), name if name in CELLS else ""
        if name == "model" and record.model is not None:
            title, cell = record.model["title"], record.model["cell"]
        scores = tuple(words.number(detail[name].get(metric)) for metric in metrics)
        rows.append(Row((title, *scores), cell, name == "model"))
    labels = columns("", *(f"#{words.metric_name(metric)}" for metric in metrics))
    note = (
        "MAE and RMSE in the target's unit, MSE in its square, sMAPE in per cent; MASE is "
        "relative to the seasonal naive error of the training rows."
    )
    return Table("Every score on the holdout; lower is better", labels, tuple(rows), note=note)
