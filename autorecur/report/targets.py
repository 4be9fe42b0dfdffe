"""The values of the target, for the section on the data (9), and counts as tables."""

from __future__ import annotations

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.facts import columns, kind_of
from autorecur.report.parts import Plot, Row, Table
from autorecur.report.plots.binned import Bins, TargetPart, TargetsInfo, targets_info

__all__ = ["bins_table", "counts_tables", "filled", "histogram"]

NAME = 40  # characters of a target's or a class's name in a sentence


def histogram(record: Record) -> tuple[Plot, ...]:
    """The figure of the target's values; nothing where the record does not tell them."""
    info = targets_info(record)
    if info is None:
        return ()
    said = " ".join(_said(part) for part in info.parts)
    reading = "How many values of the target lie where, in the whole table: "
    if info.parts[0].bins is None:
        reading += "a bar is a class, the most frequent one first."
    else:
        reading += "a bar is as high as there are values in its bin."
    if any(part.counted < part.known for part in info.parts):
        reading += f" A sample of {info.parts[0].counted:,} values was counted."
    return (Plot(info, said, f"Values of the target. {said}", reading),)


def _said(part: TargetPart) -> str:
    """What is frequent, in words."""
    name = f"“{words.cut(part.name, NAME)}”"
    if part.bins is None:
        first, last = part.classes[0], part.classes[-1]
        often = f"“{words.cut(first[0], NAME)}”"
        text = f"The most frequent class of {name} is {often}, {_of(first, part)}"
        if last is not first:
            text += f", the rarest{_shown(part)} “{words.cut(last[0], NAME)}”, {_of(last, part)}"
        return f"{text}."
    low, first_quarter, _, last_quarter, high = map(words.number, part.quartiles)
    return (
        f"Half of the values of {name} lie between {first_quarter} and {last_quarter}, all of them "
        f"between {low} and {high}."
    )


def _of(counted: tuple[str, int], part: TargetPart) -> str:
    return f"{counted[1]:,} ({_share(counted[1], part)})"


def _share(count: int, part: TargetPart) -> str:
    return words.share(count / part.counted if part.counted else None)


def _shown(part: TargetPart) -> str:
    """The rarest of those that are shown, where there are more."""
    return "" if sum(count for _, count in part.classes) == part.counted else " of those shown"


def counts_tables(record: Record) -> tuple[Table, ...]:
    """The histogram of each target in numbers."""
    info: TargetsInfo | None = targets_info(record)
    return tuple(_counts_table(part) for part in info.parts) if info else ()


def _counts_table(part: TargetPart) -> Table:
    name = words.cut(part.name, NAME)
    if part.bins is not None:
        return bins_table(f"The values of {name} in numbers", part.bins)
    rows = tuple(Row((label, f"{count:,}", _share(count, part))) for label, count in part.classes)
    labels = columns("Class", "#How many", "#Share")
    return Table(f"The classes of {name} in numbers", labels, rows, folded=True)


def bins_table(caption: str, bins: Bins) -> Table:
    """Counts by bin."""
    rows = [
        Row((words.number(low), words.number(high), f"{count:,}"))
        for low, high, count in zip(bins.edges, bins.edges[1:], bins.counts, strict=False)
    ]
    if bins.below:
        rows.insert(0, Row((words.MISSING, words.number(bins.edges[0]), f"{bins.below:,}")))
    if bins.above:
        rows.append(Row((words.number(bins.edges[-1]), words.MISSING, f"{bins.above:,}")))
    return Table(caption, columns("#From", "#To", "#How many"), tuple(rows), folded=True)


def filled(record: Record) -> tuple[str, str]:
    """How many values of the target are no true ones: a fact's name, and what it is worth."""
    told = record.figures.get("targets") or ()
    if kind_of(record).labelled:
        name, noun = "Without a label", "rows"
        noun = "examples" if kind_of(record).by_series else noun
    else:
        name, noun = "Gaps filled", "time steps"
    counted = [
        (f"{each['name']}: " if len(told) > 1 else "")
        + (f"{each['missing']:,} of {each['of']:,} {noun}" if each["missing"] else "none")
        for each in told
    ]
    return name, "; ".join(counted)
