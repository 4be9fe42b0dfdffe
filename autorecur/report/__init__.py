"""A Record becomes something to read: a page, Markdown, JSON or terminal text.

::

    Record ──document──▶ Document ──html──▶ one self-contained page: no script, no network
                                 ──markdown──▶ for pull requests and for programs that read
                                 ──terminal──▶ at most 25 lines of 80 columns

Every view shows the same Document, so they cannot disagree; nothing is computed in a template. The
user's own strings (column names, file names) pass one door, `document.harmless`, and each view
escapes them again. The same record gives the same bytes. Keras is never imported here.
"""

from __future__ import annotations

from pathlib import Path

from autorecur.errors import SettingError
from autorecur.record import Record, write_text
from autorecur.report import html, markdown
from autorecur.report import terminal as _terminal
from autorecur.report.document import document

__all__ = ["SUFFIXES", "render", "terminal", "write"]

SUFFIXES = (".html", ".md", ".json")


def render(record: Record, suffix: str) -> str:
    """The report as text: `suffix` is ".html", ".md" or ".json"."""
    if suffix == ".html":
        return html.render(document(record))
    if suffix == ".md":
        return markdown.render(document(record))
    if suffix == ".json":
        return record.to_json()
    raise SettingError(
        f"a report ends in {', '.join(SUFFIXES)}, not in {suffix!r:.40}: choose one of them"
    )


def terminal(record: Record, width: int = 80, colour: bool = False) -> str:
    """The verdict and the finalists as terminal text, at most 25 lines, none wider than `width`."""
    return _terminal.render(record, width, colour)


def write(record: Record, path: str | Path) -> Path:
    """Write the report that the suffix of `path` asks for, whole or not at all."""
    path = Path(path)
    write_text(path, render(record, path.suffix.lower()))
    return path
