"""A Document becomes terminal text: the verdict, the finalists, what it cost; at most 25 lines."""

from __future__ import annotations

import io
import shlex
import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.document import document, harmless
from autorecur.report.facts import margin
from autorecur.report.parts import Document, Row, Table

__all__ = ["LINES", "render"]

LINES = 25
NARROWEST = 40
BASELINES = 2  # of the finalists' table: the best ones; all of them are in the report
# Columns of the finalists' table by how soon they give way when the terminal is narrow.
GIVE_WAY = ("training", "± seeds", "a forecast", "a prediction", "weights")
HOLDOUT = "holdout"
INTERRUPTED = "interrupt"  # what ended a run that the user ended
STYLES = {"lstm": "blue", "gru": "yellow", "": ""}

Piece = tuple[str, str]  # text and its style
Line = tuple[Piece, ...]


def render(record: Record, width: int = 80, colour: bool = False) -> str:
    """The report of `record` as lines none wider than `width`."""
    width = max(NARROWEST, width)
    lines = [_cut(line, width) for line in _lines(document(record), harmless(record), width)][
        :LINES
    ]
    if not colour:
        return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        force_terminal=True,
        color_system="standard",
        width=width + 1,
        highlight=False,
        emoji=False,
        no_color=False,
        legacy_windows=False,
    )
    for line in lines:
        console.print(Text.assemble(*line), no_wrap=True, overflow="ignore", crop=False)
    return buffer.getvalue()


def _lines(doc: Document, record: Record, width: int) -> Iterator[Line]:
    for at, line in enumerate(_wrapped(doc.headline, width - 2, 3)):
        yield ((f"{doc.symbol} " if at == 0 else "  ", "bold"), (line, "bold"))
    for line in _wrapped(" ".join(filter(None, (doc.lead, doc.second))), width - 2, 5):
        yield ((f"  {line}", ""),)
    yield ()
    if doc.finalists.rows:
        yield from _finalists(doc.finalists, width)
        yield ()
    yield from _facts(doc, record, width)
    yield from _checks(doc, width)
    yield ()
    if doc.use:
        yield (
            ("  Saved    ", "dim"),
            (
                (
                    f"{record.run['name']}  "
                    f"({record.model['file'] if record.model else ''}, record.json, "
                    "report.html)"
                ),
                "",
            ),
        )
        yield (("  Next     ", "dim"), (_next(doc, record, width - len("  Next     ")), ""))
    else:
        yield (
            ("  Saved    ", "dim"),
            (f"{record.run['name']}  (record.json, report.html; no network)", ""),
        )


def _wrapped(text: str, width: int, most: int) -> list[str]:
    """At most `most` lines; the last one ends in … when there was more."""
    if not text:
        return []
    return textwrap.wrap(text, width, max_lines=most, placeholder=" …")


def _facts(doc: Document, record: Record, width: int) -> Iterator[Line]:
    evidence = record.verdict["evidence"]
    if doc.bar:
        pieces: list[Piece] = [("  ", "")]
        for segment in doc.bar.segments:
            pieces += [
                (f"{segment.label} {segment.text}", STYLES.get(segment.kind, "")),
                ("  ·  ", "dim"),
            ]
        counted = (
            f"{words.plural(evidence['folds'], 'fold')} × {words.plural(evidence['seeds'], 'seed')}"
        )
        said = f"{counted}, margin {margin(record)}"
        line = (*pieces[:-1], (f"   {said}", "dim"))
        if sum(cell_len(text) for text, _ in line) > width:
            yield tuple(pieces[:-1])
            line = ((f"  {said}", "dim"),)
        yield line
    ledger = sorted(record.budget["ledger"], key=lambda entry: -entry["seconds"])
    parts = [f"{entry['stage']} {words.clock(entry['seconds'])}" for entry in ledger[:3]]
    if len(ledger) > 3:
        parts.append(f"other {words.clock(sum(entry['seconds'] for entry in ledger[3:]))}")
    spent = doc.cost.removeprefix("Spent ").removesuffix(".")
    yield (("  Budget   ", "dim"), (spent, ""))
    yield (("           ", ""), (" · ".join(parts), "dim"))
    if record.budget["ended_by"] == INTERRUPTED:
        yield (("           ", ""), ("interrupted, and judged from what there was by then", ""))


def _next(doc: Document, record: Record, room: int) -> str:
    """The command to go on with; one that does not fit is not cut, but names the folder RUN."""
    command = doc.use[0]
    if cell_len(command) <= room:
        return command
    return command.replace(shlex.quote(record.run["name"]), "RUN", 1) + "   (RUN: that folder)"


def _checks(doc: Document, width: int) -> Iterator[Line]:
    label = "  Checks   "
    for code, sentence, remedy in doc.worries[:2]:
        yield (
            (label, "dim"),
            (words.cut(f"⚠ {code} {sentence} {remedy}".rstrip(), width - len(label)), "yellow"),
        )
        label = " " * len(label)
    yield ((label, "dim"), (doc.checked, ""))


# ---- the finalists' table


def _finalists(table: Table, width: int) -> Iterator[Line]:
    rows = _chosen_rows(table.rows)
    names = [column.label for column in table.columns]
    empty = {
        at for at in range(1, len(names)) if all(row.cells[at] == words.MISSING for row in rows)
    }
    shown = [
        at
        for at, name in enumerate(names)
        if at not in empty and (not name.endswith(HOLDOUT) or 1 in empty)
    ]
    for name in GIVE_WAY:
        if _width(table, rows, shown) <= width:
            break
        shown = [at for at in shown if names[at] != name]
    widths = [_column_width(table, rows, at) for at in shown]
    heads = ["Finalist", *(names[at] for at in shown[1:])]
    yield (("  " + _joined(heads, widths), "dim"),)
    for row in rows:
        style = STYLES[row.cell] + (" bold" if row.marked else "")
        text = "  " + _joined([row.cells[at] for at in shown], widths)
        yield ((text, style.strip()), ("  ◀" if row.marked else "", "bold"))


def _chosen_rows(rows: Sequence[Row]) -> list[Row]:
    """The networks, and the best baselines: rows come best first."""
    baselines = [row for row in rows if not row.cell]
    kept = baselines[:BASELINES] + [row for row in baselines[BASELINES:] if row.marked]
    return [row for row in rows if row.cell or row in kept]


def _column_width(table: Table, rows: Sequence[Row], at: int) -> int:
    label = "Finalist" if at == 0 else table.columns[at].label
    return min(20, max(cell_len(text) for text in (label, *(row.cells[at] for row in rows))))


def _width(table: Table, rows: Sequence[Row], shown: Sequence[int]) -> int:
    return 2 + sum(_column_width(table, rows, at) + 2 for at in shown) + 1


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    parts = []
    for at, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        text = cell if cell_len(cell) <= width else set_cell_size(cell, width - 1) + "…"
        space = " " * (width - cell_len(text))
        parts.append(text + space if at == 0 else space + text)
    return "  ".join(parts)


def _cut(line: Line, width: int) -> Line:
    """The line without what does not fit; a last resort, for names as long as the screen."""
    kept: list[Piece] = []
    for text, style in line:
        if cell_len(text) > width:
            kept.append(
                (set_cell_size(text, max(0, width - 1)).rstrip() + "…" if width > 0 else "", style)
            )
            return tuple(kept)
        kept.append((text, style))
        width -= cell_len(text)
    return tuple(kept)
