"""How good the answers are that are no forecasts: classes (7c), labels (7d), language (7e)."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from autorecur.record import Record
from autorecur.report import plotted, words
from autorecur.report.certainty import certain, certain_tables
from autorecur.report.facts import columns, kind_of, output, section, target
from autorecur.report.parts import Plot, Row, Section, Table
from autorecur.report.scores import holdout_finding, score_table

__all__ = ["confusion", "labels", "language"]

CLASSES = 50  # rows of the table by class
FIFTHS = 5
EMPTY = "(an empty text)"


def confusion(record: Record) -> Section | None:
    """What it confuses (7c): of labels that are classes."""
    if output(record) != "classes":
        return None
    info = plotted.classes_info(record)
    plots: tuple[Plot, ...] = ()
    if info is not None:
        said = _mistake(info)
        label = f"Confusion matrix of the {info.name} on the holdout. {said}"
        reading = (
            "A row is a true class, a column what it was taken for; a cell holds how many and "
            "their share of the row. The diagonal is right, everything beside it a mistake."
        )
        if info.joined:
            reading += f" The {info.joined} rarest classes share the last row and column."
        plots = (Plot(info, said, label, reading),)
    tables = (score_table(record), _by_class(record), _worst(record), *_counts(info))
    return section(
        "7c",
        "What does it confuse?",
        holdout_finding(record),
        plots=(*plots, *certain(record)),
        tables=(*(table for table in tables if table), *certain_tables(record)),
    )


def _mistake(info: plotted.ClassesInfo) -> str:
    """The most frequent mistake, in words."""
    rows = sum(map(sum, info.matrix))
    wrong = [
        (count, -true, -told)
        for true, row in enumerate(info.matrix)
        for told, count in enumerate(row)
        if true != told and count
    ]
    if not wrong:
        return f"No mistake among {words.plural(rows, 'example')}."
    count, true, told = max(wrong)
    of = sum(info.matrix[-true])
    return (
        f"The most frequent mistake: {count:,} of {of:,} "
        f"{_quoted(info.labels[-true])} ({words.share(count / of)}) "
        f"{'was' if count == 1 else 'were'} taken for "
        f"{_quoted(info.labels[-told])}."
    )


def _quoted(name: str) -> str:
    return f"“{words.cut(name, 60)}”"


def _by_class(record: Record) -> Table | None:
    """Precision, recall and support of every class; the most frequent first."""
    data = record.figures.get("classes")
    if not data or not data["labels"]:
        return None
    matrix, other = data["matrix"], data["baseline_matrix"]
    order = sorted(range(len(matrix)), key=lambda code: (-sum(matrix[code]), code))
    rows = []
    for code in order[:CLASSES]:
        precision, recall = _precision(matrix, code), _recall(matrix, code)
        both = (precision or 0.0) + (recall or 0.0)
        f1 = None if recall is None else 2 * (precision or 0.0) * recall / both if both else 0.0
        cells = [
            data["labels"][code],
            *(words.score(v, "accuracy") for v in (precision, recall, f1)),
        ]
        if other:
            cells.append(words.score(_recall(other, code), "accuracy"))
        rows.append(Row((*cells, f"{sum(matrix[code]):,}")))
    named = data.get("baseline_name") or "the baseline"
    heads = ["Class", "#Precision ↑ [%]", "#Recall ↑ [%]", "#F1 ↑ [%]"]
    if other:
        heads.append(f"#Recall of {named} ↑ [%]")
    note = (
        "Precision: how many of those that were given this class have it. Recall: how many of "
        "those that have it were given it. Support: how many have it. One score each, of so many."
    )
    if len(order) > CLASSES:
        note += f" {len(order) - CLASSES} rarer classes are in record.json."
    labels = columns(*heads, "#Support")
    return Table("By class, on the holdout", labels, tuple(rows), folded=len(rows) > 12, note=note)


def _recall(matrix: Sequence[Sequence[int]], code: int) -> float | None:
    of = sum(matrix[code])
    return matrix[code][code] / of if of else None


def _precision(matrix: Sequence[Sequence[int]], code: int) -> float | None:
    of = sum(row[code] for row in matrix)
    return matrix[code][code] / of if of else None


def _counts(info: plotted.ClassesInfo | None) -> tuple[Table, ...]:
    """The matrix in numbers; the baseline's too, where it is drawn."""
    if info is None:
        return ()
    table = _matrix(info, info.matrix, "The confusion matrix in numbers")
    if info.baseline is None or not info.both:
        return (table,)
    name = words.cut(info.baseline_name, 60)
    return table, _matrix(info, info.baseline, f"The confusion matrix of {name} in numbers")


def _matrix(info: plotted.ClassesInfo, matrix: Sequence[Sequence[int]], caption: str) -> Table:
    rows = tuple(
        Row((name, *map(str, counts))) for name, counts in zip(info.labels, matrix, strict=True)
    )
    labels = columns("True class", *(f"#{name}" for name in info.labels))
    return Table(caption, labels, rows, folded=True)


def _worst(record: Record) -> Table | None:
    """The worst errors, as the user's own texts."""
    worst = record.figures.get("worst")
    if not worst:
        return None
    sure = any(error["probability"] is not None for error in worst)
    rows = tuple(
        Row(
            (
                error["text"].strip() or EMPTY,
                _told(error["actual"]),
                _told(error["foretold"]),
                *((words.sure(error["probability"]),) if sure else ()),
            )
        )
        for error in worst
    )
    told = ["Actual", "Foretold"]
    if not record.data["classes"]:
        unit = words.cut(target(record), 40)
        told = [f"#{head} [{unit}]" for head in told]
    heads = ["Text", *told, *(["#How sure"] if sure else [])]
    caption = "The worst errors on the holdout"
    return Table(f"{caption}, the surest first" if sure else caption, columns(*heads), rows)


def _told(value: Any) -> str:
    return value if isinstance(value, str) else words.number(value)


def labels(record: Record) -> Section | None:
    """How far off it is (7d): of labels that are numbers."""
    if output(record) != "numbers" or not kind_of(record).labelled:
        return None
    info = plotted.scatter_info(record)
    plots: tuple[Plot, ...] = ()
    if info is not None:
        said = _distance(info)
        reading = (
            "A point is an example of the holdout. On the line, what was foretold is what was; "
            f"above it too much was foretold, below it too little.{_some(info)}"
        )
        label = f"Foretold beside actual values of the holdout. {said}"
        plots = (Plot(info, said, label, reading),)
    tables = (score_table(record), _worst(record), _fifths(info))
    return section(
        "7d",
        "How far off is it?",
        holdout_finding(record),
        plots=plots,
        tables=tuple(table for table in tables if table),
    )


def _errors(info: plotted.ScatterInfo) -> list[float]:
    return [abs(a - f) for a, f in zip(info.actual, info.foretold, strict=True)]


def _some(info: plotted.ScatterInfo) -> str:
    """How many of how many examples are drawn, where not all are."""
    drawn = len(info.actual)
    if info.of is None or info.of == drawn:
        return ""
    return f" Of {info.of:,} examples {drawn} are drawn, the worst one among them."


def _distance(info: plotted.ScatterInfo) -> str:
    """How far off it is, of all examples; an older record tells only those that are drawn."""
    errors = _errors(info)
    counted = f"{words.plural(len(errors), 'example')} drawn"
    middle, worst = median(errors), max(errors)
    if info.of is not None and info.median_error is not None and info.worst_error is not None:
        counted = f"{info.of:,} {'example' if info.of == 1 else 'examples'}"
        middle, worst = info.median_error, info.worst_error
    return (
        f"Half of {counted} are off by {words.number(middle)} or less, the worst one by "
        f"{words.number(worst)} [{words.cut(info.unit, 40)}]."
    )


def _fifths(info: plotted.ScatterInfo | None) -> Table | None:
    """The points in numbers: where along the target the errors are."""
    if info is None:
        return None
    pairs = sorted(zip(info.actual, info.foretold, strict=True))
    parts = min(FIFTHS, len(pairs))
    rows = []
    for part in range(parts):
        some = pairs[part * len(pairs) // parts : (part + 1) * len(pairs) // parts]
        actual, foretold = ([pair[at] for pair in some] for at in (0, 1))
        error = sum(abs(a - f) for a, f in some) / len(some)
        bias = (sum(foretold) - sum(actual)) / len(some)
        rows.append(
            Row(
                (
                    f"{words.number(actual[0])} … {words.number(actual[-1])}",
                    words.number(sum(foretold) / len(some)),
                    words.number(error),
                    words.number(bias, signed=True),
                    str(len(some)),
                )
            )
        )
    heads = (
        "Actual",
        "#Mean foretold",
        "#Mean absolute error",
        "#Too much or too little",
        "#Examples",
    )
    unit = words.cut(info.unit, 40)
    caption = f"The points drawn in numbers, by size of the actual value [{unit}]"
    return Table(caption, columns(*heads), tuple(rows), folded=True)


def language(record: Record) -> Section | None:
    """How well it foretells the next token (7e)."""
    if output(record) != "tokens":
        return None
    table = score_table(record)
    heading = f"How well does it foretell the next {record.data['tokens'] or 'token'}?"
    return section("7e", heading, holdout_finding(record), tables=(table,) if table else ())
