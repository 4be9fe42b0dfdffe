"""A Document becomes Markdown: the sentence, then tables; for pull requests and for programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from autorecur.report.beside import Beside
from autorecur.report.parts import Bar, Document, Row, Section, Table, Track

__all__ = ["beside", "first_screen", "render"]

NO_PICTURES: Mapping[int, str] = MappingProxyType({})


def render(document: Document, pictures: Mapping[int, str] = NO_PICTURES) -> str:
    """The whole report; blocks are parted by one empty line.

    `pictures` names the file of each figure that has one, by the `id` of its `Plot`.
    """
    return _joined((*_first(document), *_rest(document, pictures)))


def first_screen(document: Document) -> str:
    """What to do and why, up to the finalists."""
    return _joined(_first(document))


def beside(document: Beside) -> str:
    """Several runs, side by side."""
    return _joined(
        (
            f"# {text(document.title)}",
            text(document.lead),
            *map(text, document.notes),
            *map(_table, document.tables),
            "\n".join(
                f"- **{text(name)}** {text(symbol)} {text(sentence)}"
                for name, symbol, sentence in document.sentences
            ),
            f"*{text(document.footer)}*",
        )
    )


def _joined(blocks: Iterable[str]) -> str:
    return "\n\n".join(block for block in blocks if block) + "\n"


def _first(document: Document) -> Iterator[str]:
    yield f"# {text(document.symbol)} {text(document.headline)}"
    yield text(document.lead)
    yield text(document.second)
    yield text(document.cost)
    if document.bar:
        yield " · ".join(f"{piece.label} **{text(piece.text)}**" for piece in document.bar.segments)
    yield f"*{text(document.subtitle)}*"
    yield _bullets(document.reasons)
    yield _table(document.finalists)


def _rest(document: Document, pictures: Mapping[int, str]) -> Iterator[str]:
    yield _facts(document)
    if document.use:
        yield "Use it:\n\n" + _code(document.use)
    yield f"Checks: {text(document.checked)}."
    yield _bullets(
        tuple(f"{code}: {said} {remedy}".strip() for code, said, remedy in document.worries)
    )
    for section in document.sections:
        yield from _section(section, pictures)
    yield f"*{text(document.footer)}*"


def _facts(document: Document) -> str:
    rows = [
        f"- **{text(box.label)}** {text(box.value)} ({text('; '.join(box.lines))})"
        for box in document.boxes
    ]
    return "\n".join(rows)


def _section(section: Section, pictures: Mapping[int, str]) -> Iterator[str]:
    yield f"## {section.number} {text(section.heading)}"
    yield text(section.finding)
    if section.track:
        yield _waterfall(section.track)
    if section.bar:
        yield _split(section.bar)
    for plot in section.plots:
        yield text(plot.finding)
        if picture := pictures.get(id(plot)):
            yield f"![{text(plot.label)}]({picture})"
    yield from (text(paragraph) for paragraph in section.paragraphs)
    yield _bullets(section.points)
    if section.code:
        yield _code(section.code)
    for table in section.tables:
        yield _table(table)


def _split(bar: Bar) -> str:
    return " → ".join(f"{text(piece.label)} ({text(piece.text)})" for piece in bar.legend)


def _waterfall(track: Track) -> str:
    bars = []
    for piece in track.segments:
        mark = "." if piece.kind == "rest" else "#"
        length, beyond = max(1, round(40 * piece.length)), round(40 * piece.beyond)
        bar = " " * round(40 * piece.start) + mark * (length - beyond) + "/" * beyond
        bars.append(f"{piece.label[:18]:<18} {bar} {piece.text}")
    return _code(tuple(bars))


def _table(table: Table) -> str:
    if not table.rows:
        return ""
    head = "| " + " | ".join(text(column.label) or " " for column in table.columns) + " |"
    rule = "|" + "|".join("---:" if column.numeric else "---" for column in table.columns) + "|"
    rows = ["| " + " | ".join(_cells(row)) + " |" for row in table.rows]
    parts = [f"**{text(table.caption)}**", "\n".join([head, rule, *rows]), text(table.note)]
    return "\n\n".join(part for part in parts if part)


def _cells(row: Row) -> tuple[str, ...]:
    """The cells; it is the row that is marked, and so its name, as on the page."""
    name, *others = map(text, row.cells)
    return (f"{name} ◀" if row.marked else name, *others)


def _bullets(lines: tuple[str, ...]) -> str:
    return "\n".join(f"- {text(line)}" for line in lines)


def _code(lines: tuple[str, ...]) -> str:
    """A block of code inside a fence that is longer than any run of ticks in it."""
    body = "\n".join(lines)
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{body}\n{fence}"


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def text(raw: str) -> str:
    """`raw` as Markdown that shows exactly it: no markup, no table cell ends, no links.

    >>> text("a|b *c* <i> snake_case [x](y)")
    'a\\\\|b \\\\*c\\\\* &lt;i&gt; snake_case \\\\[x\\\\](y)'
    """
    line = " ".join(raw.split())
    line = re.sub(r"[&<>]", lambda match: _ENTITIES[match[0]], line)
    line = re.sub(r"([\\`*\[\]|~$])", r"\\\1", line)
    line = re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", line)
    line = re.sub(r"(?i)\b(https?|ftp|mailto)(:)|\b(www)(\.)", _unlinked, line)
    line = line.replace("@", "&#64;")
    return _STARTS.sub(_unstarted, line)


# What would begin a heading, a list or a rule at the beginning of a line.
_STARTS = re.compile(r"^(?:#{1,6}(?=\s|$)|[+-](?=\s|$)|[=-]+$|\d+[.)](?=\s|$))")


def _unlinked(match: re.Match[str]) -> str:
    return f"{match[1]}&#58;" if match[1] else f"{match[3]}&#46;"


def _unstarted(match: re.Match[str]) -> str:
    found = match[0]
    return f"{found[:-1]}\\{found[-1]}" if found[0].isdigit() else f"\\{found}"
