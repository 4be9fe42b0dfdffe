"""What a Document is made of: frozen, plain, and already in words; a view only arranges it."""

from __future__ import annotations

from dataclasses import dataclass, field

from autorecur.report.plotted import Info

__all__ = [
    "Bar",
    "Box",
    "Column",
    "Document",
    "Plot",
    "Row",
    "Section",
    "Segment",
    "Table",
    "Track",
]


@dataclass(frozen=True)
class Column:
    """A table's column; numbers stand right, words left."""

    label: str
    numeric: bool = False


@dataclass(frozen=True)
class Row:
    """Cells as text. The first one names the row; `cell` (lstm, gru or nothing) gives it a mark."""

    cells: tuple[str, ...]
    cell: str = ""
    marked: bool = False  # the chosen one


@dataclass(frozen=True)
class Table:
    """Rows under a caption; a folded one is opened by the reader."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    folded: bool = False
    note: str = ""


@dataclass(frozen=True)
class Plot:
    """One drawn figure: what to draw, what it says, and how to read it."""

    info: Info
    finding: str
    label: str  # for those who hear the page
    reading: str
    summary: str = ""  # of one that is folded, what it is


@dataclass(frozen=True)
class Segment:
    """A piece of a bar, in parts of the whole track (0 to 1)."""

    label: str
    start: float
    length: float
    text: str  # its amount
    kind: str  # lstm | gru | plain | rest | gap
    beyond: float = 0.0  # of its length, at its end: past the limit


@dataclass(frozen=True)
class Bar:
    """One bar that is split in pieces which fill it."""

    label: str
    segments: tuple[Segment, ...]
    legend: tuple[Segment, ...]


@dataclass(frozen=True)
class Track:
    """A waterfall: a row a piece, each beginning where the one before ended; `limit` is a line."""

    label: str
    segments: tuple[Segment, ...]
    limit: float | None
    limit_text: str


@dataclass(frozen=True)
class Box:
    """One value of the first screen."""

    label: str
    value: str
    lines: tuple[str, ...]
    cell: str = ""


@dataclass(frozen=True)
class Section:
    """A question, its answer in words, and what the answer stands on."""

    number: str
    anchor: str
    heading: str
    finding: str
    plots: tuple[Plot, ...] = ()
    bar: Bar | None = None
    track: Track | None = None
    reading: str = ""
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    code: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """The report, before it becomes a page, Markdown or terminal text."""

    run_id: str
    title: str  # the whole sentence
    subtitle: str  # table, target, moment
    symbol: str
    outcome: str
    headline: str  # what to do
    lead: str  # and why
    second: str
    cost: str
    bar: Bar | None
    boxes: tuple[Box, ...]
    use: tuple[str, ...]
    worries: tuple[tuple[str, str, str], ...]  # (code, sentence, remedy) of every issue
    checked: str  # how many checks ended how
    reasons: tuple[str, ...]
    finalists: Table
    sections: tuple[Section, ...] = field(default=())
    footer: str = ""
