"""Figures: `plotted` says what is in one, `draw(info)` makes an SVG of it.

The only folder that knows matplotlib, and it imports it late: a Markdown report needs none of it.
`Figure` objects and never pyplot (no global state); text stays text, so it can be searched and
themed; placeholder colours become CSS variables, so one drawing serves the light and the dark page;
ids carry a prefix, so two reports can share a page. The same info gives the same bytes, and is
drawn once a process.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from autorecur.report.figures.certainty import draw_calibration, draw_precision
from autorecur.report.figures.forecasts import draw_forecast, draw_steps
from autorecur.report.figures.histograms import draw_residuals, draw_targets
from autorecur.report.figures.labels import draw_classes, draw_scatter
from autorecur.report.figures.otherwise import draw_variations
from autorecur.report.figures.series import draw_memory, draw_posterior
from autorecur.report.figures.sizes import draw_tried
from autorecur.report.figures.spending import draw_spent, draw_timeline
from autorecur.report.figures.style import STYLE, THEME
from autorecur.report.figures.trainings import draw_curves, draw_price
from autorecur.report.plots.binned import TargetsInfo
from autorecur.report.plots.curves import CurvesInfo
from autorecur.report.plots.foretold import ForecastInfo, StepsInfo
from autorecur.report.plots.leftover import ResidualsInfo
from autorecur.report.plots.price import PriceInfo
from autorecur.report.plots.spent import SpentInfo
from autorecur.report.plots.sure import CalibrationInfo, PrecisionInfo
from autorecur.report.plots.timeline import TimelineInfo
from autorecur.report.plots.tried import TriedInfo
from autorecur.report.plots.variations import VariationsInfo
from autorecur.report.plotted import (
    ClassesInfo,
    Info,
    MemoryInfo,
    PosteriorInfo,
    ScatterInfo,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw", "file", "svg"]


def svg(info: Info, prefix: str, label: str) -> str:
    """The figure as inline SVG: ids begin with `prefix`, and `label` says it in words."""
    name = type(info).__name__.removesuffix("Info").lower()
    drawn = _TAG.sub(lambda tag: _prefixed(tag[0], f"{prefix}{name}-"), draw(info))
    escaped = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{escaped}" ', 1)


def file(info: Info, label: str, theme: str) -> str:
    """The figure as a file of its own; `theme` is the style sheet that says what colours are."""
    inline = svg(info, "", label)
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    width = re.search(r'viewBox="0 0 ([\d.]+)', inline)
    size = f' width="{float(width[1]):.0f}pt"' if width else ""
    return inline.replace("<svg ", f"<svg {names}{size} ", 1).replace(
        ">", f"><style>{theme} svg {{ background: var(--paper); }}</style>", 1
    )


_FAMILY = re.compile(r" ?font-family: [^;\"]*;")
_TAG = re.compile(r"<[^<>]+>")
_IDS = re.compile(r'( id="|url\(#|href="#)')


def _prefixed(tag: str, prefix: str) -> str:
    return _IDS.sub(lambda match: match[0] + prefix, tag)


DRAWERS: dict[type[Info], Callable[[Any], Figure]] = {
    PosteriorInfo: draw_posterior,
    VariationsInfo: draw_variations,
    PriceInfo: draw_price,
    SpentInfo: draw_spent,
    TimelineInfo: draw_timeline,
    TriedInfo: draw_tried,
    CurvesInfo: draw_curves,
    ForecastInfo: draw_forecast,
    StepsInfo: draw_steps,
    ResidualsInfo: draw_residuals,
    ClassesInfo: draw_classes,
    PrecisionInfo: draw_precision,
    CalibrationInfo: draw_calibration,
    ScatterInfo: draw_scatter,
    MemoryInfo: draw_memory,
    TargetsInfo: draw_targets,
}


@lru_cache(maxsize=32)
def draw(info: Info) -> str:
    """The figure as SVG with CSS variables for colours; drawn once for the same info."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a user's own style is for the user's own figures
        matplotlib.rcParams.update(STYLE)  # type: ignore[arg-type]  # keys are spelt out there
        figure = DRAWERS[type(info)](info)
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", metadata=nothing, transparent=True)
    return _inline(buffer.getvalue())


def _inline(text: str) -> str:
    """matplotlib's document without what HTML does not need, and with the page's colours."""
    text = text[text.index("<svg ") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(:\w+)?="[^"]*"| version="1\.1"', "", text)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    family = re.search(rf"<text style=\"[^\"]*?({_FAMILY.pattern})", text)
    text = _TAG.sub(lambda tag: _themed(tag[0]), text)
    if family:  # once for all texts, not in each
        text = text.replace("<svg ", f'<svg style="{family[1].strip()}" ', 1)
    return text


def _themed(tag: str) -> str:
    if tag.startswith("<svg "):
        # The page decides the width; the view box keeps the shape.
        return re.sub(r' (width|height)="[^"]*"', "", tag)
    tag = _FAMILY.sub("", re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", tag))
    for placeholder, variable in THEME.items():
        tag = tag.replace(placeholder, variable)
    return tag
