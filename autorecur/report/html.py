"""A Document becomes one self-contained page. The only file that knows jinja2.

Everything is escaped; the only markup let through is what this package made itself: its style
sheet and its figures. A policy in the page forbids scripts and every request, so that even a failed
escape is harmless.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from autorecur.report import figures
from autorecur.report.beside import Beside
from autorecur.report.parts import Document, Plot

__all__ = ["beside", "notebook", "render", "theme"]

TEMPLATES = Path(__file__).parent / "templates"
_PER_CENT = re.compile(r"(?<=\d) (?=%)")


def render(document: Document, expanded: bool = False) -> str:
    """The page; `expanded` opens what a reader would open, for print."""
    drawings = {
        id(plot): Markup(figures.svg(plot.info, str(escape(f"{document.run_id}-")), plot.label))
        for section in document.sections
        for plot in section.plots
    }

    def drawn(plot: Plot) -> Markup:
        return drawings[id(plot)]

    return _filled("page", doc=document, drawn=drawn, style=_style("style"), expanded=expanded)


def notebook(document: Document) -> str:
    """The first screen as a piece of a page that others share: its styles reach nothing else."""
    return _filled("notebook", doc=document, style=_style("notebook"), expanded=False)


def beside(document: Beside) -> str:
    """The page of several runs."""
    return _filled("beside", doc=document, style=_style("style"), expanded=False)


def _filled(template: str, **given: Any) -> str:
    return _environment().get_template(f"{template}.html.j2").render(**given) + "\n"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_bound,
    )


def _bound(value: Any) -> Any:
    """No line begins with a per cent sign; what this package made itself stays as it is."""
    plain = isinstance(value, str) and not isinstance(value, Markup)
    return _PER_CENT.sub("\N{NO-BREAK SPACE}", value) if plain else value


def theme() -> str:
    """What of the page's style sheet says which colours its figures have, light and dark."""
    style = _style("style")
    return " ".join(style[: style.index("* {")].split())


@lru_cache
def _style(name: str) -> Markup:
    return Markup((TEMPLATES / f"{name}.css").read_text(encoding="utf-8"))
