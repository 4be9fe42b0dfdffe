"""A Record becomes something to read: a page, Markdown, JSON or terminal text.

::

    Record ──document──▶ Document ──html──▶ one self-contained page: no script, no network
                                 ──markdown──▶ for pull requests and for programs that read
                                 ──terminal──▶ at most 25 lines of 80 columns
                                 ──notebook──▶ the first screen, beside whatever else is there
    Records ──beside──▶ several runs side by side, as a page or as Markdown

Every view shows the same Document, so they cannot disagree; nothing is computed in a template. The
user's own strings (column names, file names) pass one door, `document.harmless`, and each view
escapes them again. The same record gives the same bytes. Keras is never imported here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autorecur.errors import SettingError
from autorecur.record import Record, write_text
from autorecur.report import figures, html, markdown
from autorecur.report import terminal as _terminal
from autorecur.report.beside import FEWEST
from autorecur.report.beside import beside as _beside
from autorecur.report.document import document
from autorecur.report.parts import Document

__all__ = ["SUFFIXES", "compare", "notebook", "render", "terminal", "write"]

SUFFIXES = (".html", ".md", ".json")
FIGURES = "figures"  # beside report.md


def render(record: Record, suffix: str, expanded: bool = False) -> str:
    """The report as text: `suffix` is ".html", ".md" or ".json"; `expanded` folds nothing away."""
    if suffix == ".html":
        return html.render(document(record), expanded)
    if suffix == ".md":
        return markdown.render(document(record))
    if suffix == ".json":
        return record.to_json()
    raise _unknown(suffix, SUFFIXES)


def compare(records: Sequence[Record], suffix: str) -> str:
    """Several runs side by side; `suffix` is ".html" or ".md"."""
    if len(records) < FEWEST:
        raise SettingError(f"{len(records)} run cannot be compared: give two or more")
    if suffix == ".html":
        return html.beside(_beside(records))
    if suffix == ".md":
        return markdown.beside(_beside(records))
    raise _unknown(suffix, SUFFIXES[:2])


def _unknown(suffix: str, known: Sequence[str]) -> SettingError:
    return SettingError(
        f"a report ends in {', '.join(known)}, not in {suffix!r:.40}: choose one of them"
    )


def notebook(record: Record) -> dict[str, str]:
    """The first screen by MIME type: HTML without scripts, Markdown, and the sentence."""
    made = document(record)
    return {
        "text/plain": f"{made.symbol} {made.title}",
        "text/markdown": markdown.first_screen(made),
        "text/html": html.notebook(made),
    }


def terminal(record: Record, width: int = 80, colour: bool = False) -> str:
    """The verdict and the finalists as terminal text, at most 25 lines, none wider than `width`."""
    return _terminal.render(record, width, colour)


def _illustrated(made: Document, folder: Path) -> Path:
    """Markdown with its figures as files."""
    pictures = {}
    for section in made.sections:
        for number, plot in enumerate(section.plots, 1):
            name = f"{FIGURES}/{section.number}-{number}.svg"
            drawn = figures.file(plot.info, plot.label, html.theme())
            write_text(folder / name, drawn)
            pictures[id(plot)] = name
    path = folder / "report.md"
    write_text(path, markdown.render(made, pictures))
    return path


def write(record: Record, path: str | Path, expanded: bool = False) -> Path:
    """Write the report that the suffix of `path` asks for, whole or not at all.

    A folder that is there gets `report.md` and its figures beside it.
    """
    path = Path(path)
    if path.is_dir():
        return _illustrated(document(record), path)
    write_text(path, render(record, path.suffix.lower(), expanded))
    return path
