"""How sure a network is of its classes, and rightly so: figures and tables of 7c."""

from __future__ import annotations

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.facts import columns
from autorecur.report.parts import Plot, Row, Table
from autorecur.report.plots.sure import (
    CalibrationInfo,
    PrecisionInfo,
    calibration_info,
    precision_at,
    precision_info,
)

__all__ = ["certain", "certain_tables"]

RECALLS = (0.25, 0.5, 0.75, 0.9)
NAME = 60  # characters of a class's name in a sentence


def certain(record: Record) -> tuple[Plot, ...]:
    """The figures; nothing where the record does not tell."""
    precision, calibration = precision_info(record), calibration_info(record)
    found = (precision and _recalled(precision), calibration and _calibrated(calibration))
    return tuple(plot for plot in found if plot)


def certain_tables(record: Record) -> tuple[Table, ...]:
    """Their numbers."""
    precision, calibration = precision_info(record), calibration_info(record)
    found = (precision and _precision_table(precision), calibration and _bins_table(calibration))
    return tuple(table for table in found if table)


def _recalled(info: PrecisionInfo) -> Plot:
    best, worst = (
        choose(info.curves, key=lambda curve: curve.average_precision) for choose in (max, min)
    )
    said = f"{_quoted(worst.label)} has {_precise(worst.average_precision)} of average precision."
    if best is not worst:
        said = (
            f"Easiest to tell from the others is {_quoted(best.label)} (average precision "
            f"{_precise(best.average_precision)}), hardest {_quoted(worst.label)} "
            f"({_precise(worst.average_precision)})."
        )
    reading = (
        "A class against all others, the answers taken by how sure they are: how much of the class "
        "is found (recall), and how many of those answers are right (precision). Over each stands "
        "its average precision; the dotted line is what giving this class to all would have."
    )
    if info.left_out:
        rarer = "One rarer class is" if info.left_out == 1 else f"{info.left_out} rarer classes are"
        reading += f" {rarer} left out."
    label = f"Precision by recall of the {info.name} on the holdout. {said}"
    return Plot(info, said, label, reading)


def _calibrated(info: CalibrationInfo) -> Plot:
    count = sum(each.count for each in info.bins)
    sure = sum(each.count * each.sure for each in info.bins) / count
    right = sum(each.count * each.right for each in info.bins) / count
    said = (
        f"On average it is {_precise(sure)} sure and {_precise(right)} right; how sure an answer "
        f"is, is off by {words.points(info.error)} (expected calibration error)."
    )
    reading = (
        "On the line, answers that are so sure are as often right; below it the network is too "
        "sure, above it not sure enough. A stroke is where the share may lie by chance, 95 times "
        "of 100; the bars count the answers."
    )
    label = f"Right answers of the {info.name} by how sure they are. {said}"
    return Plot(info, said, label, reading)


def _precise(share: float) -> str:
    return f"{words.score(share, 'accuracy')} %"


def _quoted(name: str) -> str:
    return f"“{words.cut(name, NAME)}”"


def _precision_table(info: PrecisionInfo) -> Table:
    rows = tuple(
        Row(
            (
                curve.label,
                words.score(curve.average_precision, "accuracy"),
                *(words.score(precision_at(curve, recall), "accuracy") for recall in RECALLS),
                words.score(curve.share, "accuracy"),
                f"{curve.support:,}",
            )
        )
        for curve in info.curves
    )
    at = (f"#At recall {words.share(recall)}" for recall in RECALLS)
    labels = columns("Class", "#Average precision ↑ [%]", *at, "#Given to all", "#Support")
    caption = "Precision by recall in numbers [%]"
    note = "Given to all: the precision of whoever gives this class to every example. "
    note += "One score each."
    return Table(caption, labels, rows, folded=True, note=note)


def _bins_table(info: CalibrationInfo) -> Table:
    rows = tuple(
        Row(
            (
                f"{words.share(each.low)} to {words.share(each.high)}",
                f"{each.count:,}",
                words.score(each.sure, "accuracy"),
                words.score(each.right, "accuracy"),
                " to ".join(words.score(end, "accuracy") for end in each.ends),
            )
        )
        for each in info.bins
    )
    labels = columns("Sure", "#How many", "#Mean sureness [%]", "#Right [%]", "#By chance [%]")
    return Table("How sure, and how right, in numbers", labels, rows, folded=True)
