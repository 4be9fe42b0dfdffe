"""What a metric and its differences are called, with the way that is better and the unit."""

from __future__ import annotations

from autorecur.record import Record
from autorecur.report import words

__all__ = ["gap_label", "in_points", "metric_arrow", "metric_title", "score_label"]


def in_points(record: Record) -> bool:
    """Whether scores are shares of right answers, and their differences points."""
    return record.metric["name"] in words.SHARES


def metric_title(record: Record, name: str = "") -> str:
    """The name of a metric, the record's own unless told."""
    name = name or record.metric["name"]
    if name == "bits" and record.data["tokens"]:
        return f"bits per {record.data['tokens']}"
    return words.metric_name(name)


def metric_arrow(record: Record) -> str:
    """The metric, and the way that is better."""
    return f"{metric_title(record)} {'↓' if record.metric['better'] == 'lower' else '↑'}"


def score_label(record: Record) -> str:
    """The metric, the way that is better, and its unit."""
    metric = record.metric
    unit = "%" if in_points(record) else metric["unit"]
    named = not unit or metric["name"] == "bits"  # its name says its unit
    return f"{metric_arrow(record)}{'' if named else f' [{unit}]'}"


# Of scores that have no spread beside them, and why.
ONE_TRAINING = "Each is one training, scored once on the selection rows; its luck is not known."


def gap_label(record: Record) -> str:
    """The difference of the two cells, and its unit."""
    unit = "points" if in_points(record) else record.metric["unit"]
    return f"GRU − LSTM{f' [{unit}]' if unit else ''}"
