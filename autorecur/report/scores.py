"""How good the saved network is on the holdout: the sentence, and every score in a table."""

from __future__ import annotations

from autorecur.metrics import METRICS
from autorecur.record import Record
from autorecur.report import words
from autorecur.report.facts import (
    CELLS,
    amount,
    answer,
    best_baseline,
    columns,
    compared,
    gap,
    metric_title,
    output,
    spread_told,
    target,
    targets,
)
from autorecur.report.parts import Row, Table

__all__ = ["holdout_finding", "score_table"]

# Metrics in the order in which they are read.
ORDER = (
    *("accuracy", "macro_f1", "log_loss", "bits", "perplexity", "mae", "rmse", "mse", "mase"),
    *("smape", "mae_standardised", "mse_standardised"),
)
UNIT = 24  # characters of one, over a column
NOTES = {
    "numbers": "MASE is relative to the seasonal naive error of the training rows.",
    "labels": "",
    "classes": (
        "Accuracy: the share of right answers. Macro F1: every class counts the same, rare or "
        "not. Log loss: what the probabilities are worth, sureness of wrong answers included."
    ),
    "tokens": (
        "Bits: what it costs to write the text down with these probabilities. Perplexity: between "
        "how many equally likely ones the choice seems to be, in the mean."
    ),
}


def holdout_finding(record: Record) -> str:
    """What the saved network scores on the holdout, and beside what."""
    score = record.score
    if record.model is None or score["holdout"] is None:
        return f"No {answer(record)}s were scored on the holdout."
    text = (
        f"On the holdout, which nothing was chosen by, the {record.model['title']} has "
        f"{_named(record, score['holdout'])}"
    )
    best = best_baseline(record, "holdout")
    if best is not None and best[1]:
        against = compared(record, score["holdout"], best[1], best[0])
        text += f", {against} ({amount(record, best[1])})"
    if score["optimism"] is not None:
        text += (
            f". In the search, which chose it from {score['tried']} candidates, it had "
            f"{amount(record, score['validation'])}, {_optimism(record, score['optimism'])}"
        )
    return text + "."


def _optimism(record: Record, optimism: float) -> str:
    """How much better the network looked when it was chosen."""
    if not optimism:
        return "as much as on the holdout"
    side = "better" if optimism > 0 else "worse"
    return f"{gap(record, optimism)} {side} than on the holdout"


def _named(record: Record, value: float) -> str:
    """A score and what it is: MAE 39.2 MW, 2.36 bits per character."""
    title = metric_title(record)
    if record.metric["name"] == "bits":
        return f"{words.score(value, 'bits')} {title}"
    return f"{title} {amount(record, value)}"


def score_table(record: Record) -> Table | None:
    """Every score on the holdout of the model, the other finalist and the baselines."""
    detail = record.score["detail"]
    names = [name for name in ("model", *CELLS) if name in detail]
    names += [name for name in detail if name not in names]
    found = dict.fromkeys(metric for name in names for metric in detail[name])
    metrics = [m for m in found if any(detail[name].get(m) is not None for name in names)]
    if not metrics:
        return None
    metrics.sort(key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    titles = {row["cell"]: row["title"] for row in record.finalists}
    rows = []
    for name in names:
        title, cell = titles.get(name, name), name if name in CELLS else ""
        if name == "model" and record.model is not None:
            title, cell = record.model["title"], record.model["cell"]
        scores = tuple(words.score(detail[name].get(metric), metric) for metric in metrics)
        rows.append(Row((title, *scores), cell, name == _recommended(record)))
    labels = columns("", *(f"#{_heading(record, name)}" for name in metrics))
    kind = output(record)
    note = NOTES["labels" if kind == "numbers" and "mase" not in metrics else kind]
    if len(targets(record)) > 1:
        note += f" Over all {len(targets(record))} targets."
    told = spread_told(record, record.model["cell"]) if record.model else ""
    known = f"; of {metric_title(record)} it is known that {told}" if told else ""
    note = f"{note} One score each{known}.".lstrip()
    return Table("Every score on the holdout", labels, tuple(rows), note=note)


def _recommended(record: Record) -> str:
    """The name in the details of what is recommended: the model, or a baseline."""
    verdict = record.verdict
    return str(verdict["winner"]) if verdict["outcome"] == "BASELINE_WINS" else "model"


def _heading(record: Record, name: str) -> str:
    """A metric, the way that is better, and its unit."""
    title, metric = metric_title(record, name), METRICS.get(name)
    if metric is None:
        return f"{title} ↓"  # standardised: it has no unit
    if name in words.SHARES:
        return f"{title} ↑ [%]"
    own = METRICS.get(record.metric["name"])
    named = record.metric["unit"] if own and own.unit == "target" else target(record)
    if len(targets(record)) > 1:
        named = ""  # errors of several have no unit in common
    unit = "" if name == "bits" else metric.unit_of(words.cut(named, UNIT))
    return f"{title} {'↓' if metric.better == 'lower' else '↑'}{f' [{unit}]' if unit else ''}"
