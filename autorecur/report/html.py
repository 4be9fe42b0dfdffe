"""A Document becomes one self-contained page. The only file that knows jinja2.

Everything is escaped; the only markup let through is what this package made itself: its style
sheet and its figures. A policy in the page forbids scripts and every request, so that even a failed
escape is harmless.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from autorecur.report import figures
from autorecur.report.parts import Document, Plot

__all__ = ["render"]

TEMPLATES = Path(__file__).parent / "templates"


def render(document: Document) -> str:
    """The page."""
    drawings = {
        id(plot): Markup(figures.svg(plot.info, f"{document.run_id}-", plot.label))
        for section in document.sections
        for plot in section.plots
    }

    def drawn(plot: Plot) -> Markup:
        return drawings[id(plot)]

    page = _environment().get_template("page.html.j2")
    return page.render(doc=document, drawn=drawn, style=_style()) + "\n"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=1)
def _style() -> Markup:
    return Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))
