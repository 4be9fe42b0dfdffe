"""How good the saved network is on the holdout: the sentence, and every score in a table."""

from __future__ import annotations

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.facts import (
    CELLS,
    amount,
    answer,
    best_baseline,
    columns,
    compared,
    metric_title,
    output,
    targets,
)
from autorecur.report.parts import Row, Table

__all__ = ["holdout_finding", "score_table"]

# Metrics in the order in which they are read, and how each one stands over its column.
HEADINGS = {
    "accuracy": "accuracy ↑ [%]",
    "macro_f1": "macro F1 ↑ [%]",
    "log_loss": "log loss ↓ [nats]",
    "bits": "{} ↓",
    "perplexity": "perplexity ↓",
    "mae": "{}",
    "rmse": "{}",
    "mse": "{}",
    "mase": "{}",
    "smape": "{}",
    "mae_standardised": "{}",
    "mse_standardised": "{}",
}
NOTES = {
    "numbers": (
        "MAE and RMSE in the target's unit, MSE in its square, sMAPE in per cent; MASE is "
        "relative to the seasonal naive error of the training rows."
    ),
    "labels": "MAE and RMSE in the target's unit, MSE in its square, sMAPE in per cent.",
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
            f"{amount(record, score['validation'])}"
        )
    return text + "."


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
    order = list(HEADINGS)
    metrics.sort(key=lambda name: (order.index(name) if name in order else len(order), name))
    titles = {row["cell"]: row["title"] for row in record.finalists}
    rows = []
    for name in names:
        title, cell = titles.get(name, name), name if name in CELLS else ""
        if name == "model" and record.model is not None:
            title, cell = record.model["title"], record.model["cell"]
        scores = tuple(words.score(detail[name].get(metric), metric) for metric in metrics)
        rows.append(Row((title, *scores), cell, name == "model"))
    heads = (HEADINGS.get(name, "{}").format(metric_title(record, name)) for name in metrics)
    labels = columns("", *(f"#{head}" for head in heads))
    kind = output(record)
    caption = f"Every score on the holdout{'' if kind == 'classes' else '; lower is better'}"
    note = NOTES["labels" if kind == "numbers" and "mase" not in metrics else kind]
    if len(targets(record)) > 1:
        note += f" Over all {len(targets(record))} targets."
    return Table(caption, labels, tuple(rows), note=note)
