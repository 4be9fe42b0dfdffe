"""A Document becomes terminal text: the verdict, the finalists, what it cost; at most 25 lines.

It fits by design: what may give way is left out until it does, and the sentences have the room that
is left. The verdict comes first, and what was saved and what to do next come last, always.
"""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console
from rich.text import Text

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.document import document, harmless
from autorecur.report.facts import between, margin
from autorecur.report.parts import Document, Row, Table

__all__ = ["LINES", "render"]

LINES = 25
NARROWEST = 40
BASELINES = 2  # of the finalists' table: the best ones; all of them are in the report
# Columns of the finalists' table by how soon they give way when the terminal is narrow; then what
# compares a score with the best baseline's. A score keeps its spread: they share a cell.
GIVE_WAY = ("training", "a forecast", "a prediction", "weights")
AGAINST = "vs "
HOLDOUT = "holdout"
INTERRUPTED = "interrupt"  # what ended a run that the user ended
PLUS_MINUS = " ± "
CAP = 20  # characters of a column, unless there is room for more
WORRY_LINES = 4
NO_BREAK = "\u00a0"
# What gives way when the lines are too many, the first one first; the rest stays.
STAGES, SECOND_WORRY, SECOND_BASELINE, COUNTED, WHOLE_WORRY, WORRY = (
    "seconds by stage",
    "second worry",
    "second baseline",
    "folds and margin",
    "more than one line of a worry",
    "worry",
)
STYLES = {"lstm": "blue", "gru": "yellow", "": ""}

Piece = tuple[str, str]  # text and its style
Line = tuple[Piece, ...]
Without = Sequence[str]  # what has given way


def render(record: Record, width: int = 80, colour: bool = False) -> str:
    """The report of `record` as lines none wider than `width`."""
    width = max(NARROWEST, width)
    lines = [_cut(line, width) for line in _lines(document(record), harmless(record), width)]
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


def _lines(doc: Document, record: Record, width: int) -> list[Line]:
    head = _wrapped(doc.headline, width - 2)
    body = _wrapped(" ".join(filter(None, (doc.lead, doc.second))), width - 2)
    without: list[str] = []
    for next_one in (STAGES, SECOND_WORRY, SECOND_BASELINE, COUNTED, WHOLE_WORRY, WORRY, ""):
        under = list(_under(doc, record, width, without))
        if len(head) + len(body) + len(under) <= LINES:
            break
        without.append(next_one)
    room = LINES - len(under)  # only a sentence that no judge makes has more
    head = _shortened(head, max(1, room - len(body), room // 2), width - 2)
    body = _shortened(body, room - len(head), width - 2)
    symbols = [f"{doc.symbol} ", *("  " for _ in head)]
    return [
        *(((symbol, "bold"), (line, "bold")) for symbol, line in zip(symbols, head, strict=False)),
        *(((f"  {line}", ""),) for line in body),
        *under,
    ]


def _under(doc: Document, record: Record, width: int, without: Without) -> Iterator[Line]:
    """Everything under the sentences."""
    yield ()
    if doc.finalists.rows:
        yield from _finalists(doc.finalists, width, without)
        yield ()
    yield from _facts(doc, record, width, without)
    yield from _checks(doc, width, without)
    yield ()
    kept, label = "record.json, report.html", ("  Saved    ", "dim")
    if doc.use:
        file = record.model["file"] if record.model else ""
        yield (label, (f"{record.run['name']}  ({file}, {kept})", ""))
        yield (("  Next     ", "dim"), (_next(doc, record, width - len("  Next     ")), ""))
    else:
        yield (label, (f"{record.run['name']}  ({kept}; no network)", ""))


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines none wider than `width`; only a word that is wider than one is broken.

    A size, a number of seeds and a percentage stay together.

    >>> _wrapped("as good as the best GRU (2 × 64: 87.6 %)", 26)
    ['as good as the best GRU', '(2 × 64: 87.6 %)']
    """
    lines: list[str] = []
    bound = re.sub(r" × (?=\d)", f"{NO_BREAK}×{NO_BREAK}", " ".join(text.split()))
    for word in re.sub(r"(?<=\d) (?=[×%])", NO_BREAK, bound).split(" "):
        for piece in chop_cells(word, width) if cell_len(word) > width else (word,):
            if lines and cell_len(lines[-1]) + 1 + cell_len(piece) <= width:
                lines[-1] += f" {piece}"
            else:
                lines.append(piece)
    return [line.replace(NO_BREAK, " ") for line in lines]


def _shortened(lines: list[str], most: int, width: int) -> list[str]:
    """At most `most` lines; the last one ends in … when there was more."""
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while cell_len(last) > width - 2:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip()} …"] if most > 0 else []


def _facts(doc: Document, record: Record, width: int, without: Without) -> Iterator[Line]:
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
        if varied := between(record):
            said += f", ± between {varied}{' of a fold' if varied == 'seeds' else ''}"
        line = (*pieces[:-1], (f"   {said}", "dim"))
        if sum(cell_len(text) for text, _ in line) > width:
            yield tuple(pieces[:-1])
            told = _wrapped(said, width - 2) if COUNTED not in without else []
            yield from (((f"  {each}", "dim"),) for each in told)
        else:
            yield line
    ledger = sorted(record.budget["ledger"], key=lambda entry: -entry["seconds"])
    parts = [f"{entry['stage']} {words.clock(entry['seconds'])}" for entry in ledger[:3]]
    if len(ledger) > 3:
        parts.append(f"other {words.clock(sum(entry['seconds'] for entry in ledger[3:]))}")
    spent = doc.cost.removeprefix("Spent ").removesuffix(".")
    yield (("  Budget   ", "dim"), (spent, ""))
    if STAGES not in without:
        yield (("           ", ""), (" · ".join(parts), "dim"))
    if record.budget["ended_by"] == INTERRUPTED:
        yield (("           ", ""), ("interrupted, and judged from what there was by then", ""))


def _next(doc: Document, record: Record, room: int) -> str:
    """The command to go on with; one that does not fit is not cut, but names the folder RUN."""
    command = doc.use[0]
    if cell_len(command) <= room:
        return command
    return command.replace(shlex.quote(record.run["name"]), "RUN", 1) + "   (RUN: that folder)"


def _checks(doc: Document, width: int, without: Without) -> Iterator[Line]:
    label, worries = "  Checks   ", [name for name in (WORRY, SECOND_WORRY) if name not in without]
    most = 1 if WHOLE_WORRY in without else WORRY_LINES
    for code, sentence, remedy in doc.worries[: len(worries)]:
        for line in _worry(f"⚠ {code} {sentence}", remedy, width - len(label), most):
            yield ((label, "dim"), (line, "yellow"))
            label = " " * len(label)
    yield ((label, "dim"), (doc.checked, ""))


def _worry(sentence: str, remedy: str, width: int, most: int) -> list[str]:
    """A check and what to do, in `most` lines at most: it is the sentence that is cut first."""
    whole = _wrapped(f"{sentence} {remedy}", width)
    if len(whole) <= most:
        return whole
    advice = _wrapped(remedy, width)
    told = _shortened(_wrapped(sentence, width), max(1, most - len(advice)), width)
    return [*told, *_shortened(advice, most - len(told), width)]


# ---- the finalists' table


def _finalists(table: Table, width: int, without: Without) -> Iterator[Line]:
    rows = _aligned(_chosen_rows(table.rows, BASELINES - (SECOND_BASELINE in without)))
    names = [column.label for column in table.columns]
    empty = {
        at for at in range(1, len(names)) if all(row.cells[at] == words.MISSING for row in rows)
    }
    shown = [
        at
        for at, name in enumerate(names)
        if at not in empty and (not name.endswith(HOLDOUT) or 1 in empty)
    ]
    for name in (*GIVE_WAY, *(name for name in names if name.startswith(AGAINST))):
        if _width(table, rows, shown) <= width:
            break
        shown = [at for at in shown if names[at] != name]
    widths = [_column_width(table, rows, at) for at in shown]
    spare = width - _width(table, rows, shown)
    for place, at in enumerate(shown):  # names come first
        more = min(max(0, spare), _column_width(table, rows, at, width) - widths[place])
        widths[place], spare = widths[place] + more, spare - more
    heads = ["Finalist", *(names[at] for at in shown[1:])]
    yield (("  " + _joined(heads, widths), "dim"),)
    for row in rows:
        style = STYLES[row.cell] + (" bold" if row.marked else "")
        text = "  " + _joined([row.cells[at] for at in shown], widths)
        yield ((text, style.strip()), ("  ◀" if row.marked else "", "bold"))


def _aligned(rows: Sequence[Row]) -> list[Row]:
    """The rows, with the ± of a column under each other."""
    columns = []
    for column in zip(*(row.cells for row in rows), strict=True):
        tails = [cell.partition(PLUS_MINUS)[2] for cell in column]
        wide = max(map(len, tails)) + len(PLUS_MINUS) if any(tails) else 0
        pads = (wide - len(f"{PLUS_MINUS}{tail}" if tail else "") for tail in tails)
        columns.append([cell + " " * pad for cell, pad in zip(column, pads, strict=True)])
    cells = zip(*columns, strict=True)
    return [replace(row, cells=tuple(each)) for row, each in zip(rows, cells, strict=True)]


def _chosen_rows(rows: Sequence[Row], most: int) -> list[Row]:
    """The networks, and the best baselines: rows come best first."""
    baselines = [row for row in rows if not row.cell]
    kept = baselines[:most] + [row for row in baselines[most:] if row.marked]
    return [row for row in rows if row.cell or row in kept]


def _column_width(table: Table, rows: Sequence[Row], at: int, most: int = CAP) -> int:
    label = "Finalist" if at == 0 else table.columns[at].label
    return min(most, max(cell_len(text) for text in (label, *(row.cells[at] for row in rows))))


def _width(table: Table, rows: Sequence[Row], shown: Sequence[int]) -> int:
    return 2 + sum(_column_width(table, rows, at) + 2 for at in shown) + 1


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    parts = []
    for at, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        text = _cell(cell, width)
        space = " " * (width - cell_len(text))
        parts.append(text + space if at == 0 else space + text)
    return "  ".join(parts)


def _cell(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


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
