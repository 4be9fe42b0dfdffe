"""Figures: the data in one is tested as data, and a drawing for what a page needs of it."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest
from report.sample import record
from report.sample_kinds import of_kind

from autorecur import report
from autorecur.record import Record
from autorecur.report import figures, markdown
from autorecur.report.document import document
from autorecur.report.parts import Plot
from autorecur.report.plots.binned import targets_info
from autorecur.report.plots.curves import curves_info
from autorecur.report.plots.foretold import forecast_info, held, steps_info
from autorecur.report.plots.leftover import residuals_info
from autorecur.report.plots.lines import kept
from autorecur.report.plots.price import price_info
from autorecur.report.plots.spent import spent_info
from autorecur.report.plots.sure import calibration_info, precision_info
from autorecur.report.plots.timeline import timeline_info
from autorecur.report.plots.tried import tried_info
from autorecur.report.plots.variations import variations_info
from autorecur.report.plotted import (
    CLASSES,
    Info,
    classes_info,
    density,
    memory_info,
    posterior_info,
    scatter_info,
)


def infos() -> list[Info]:
    made = record()
    makers = (posterior_info, curves_info, forecast_info, steps_info, variations_info, price_info)
    found = [make(made) for make in (*makers, spent_info, timeline_info, tried_info, memory_info)]
    found += [curves_info(record(trials=200)), price_info(of_kind("sequence-classification"))]
    found += [classes_info(of_kind(kind)) for kind in ("nowcast", "many classes")]
    found += [scatter_info(of_kind("text-regression")), forecast_info(of_kind("panel"))]
    found += [residuals_info(each) for each in (made, of_kind("panel"))]
    found += [make(of_kind("many classes")) for make in (precision_info, calibration_info)]
    found += [targets_info(each) for each in (made, of_kind("many classes"))]
    return [info for info in found if info is not None]


def test_the_posterior_is_what_the_judge_left() -> None:
    made = record()
    info, left = posterior_info(made), made.verdict["difference"]
    assert info is not None
    assert (info.mean, info.scale, info.degrees) == (left["mean"], left["scale"], 11)
    assert (info.mean, info.scale) == (pytest.approx(-1.7), pytest.approx(0.557, abs=0.001))
    assert info.base == pytest.approx(52.6)
    assert len(info.folds) == 12 and all(len(values) == 3 for _, values in info.folds)
    assert posterior_info(record("INCOMPLETE")) is None


@pytest.mark.parametrize("of", ["best baseline error", "better network's error"])
def test_per_cent_are_of_what_the_margin_is_a_share_of(of: str) -> None:
    made = record()
    verdict = {**made.verdict, "margin": {**made.verdict["margin"], "of": of}}
    for info in (
        posterior_info(replace(made, verdict=verdict)),
        variations_info(replace(made, verdict=verdict)),
    ):
        assert info is not None and info.base
        assert f"in per cent of the {of}" in figures.draw(info)


def test_the_density_is_a_density() -> None:
    step = 0.01
    area = sum(density(at * step, 0.3, 0.7, 5.0) for at in range(-3000, 3000)) * step
    assert area == pytest.approx(1.0, abs=1e-3)
    left = sum(density(at * step, 0.3, 0.7, 5.0) for at in range(-3000, 30)) * step
    assert left == pytest.approx(0.5, abs=5e-3)


def test_the_worst_window_is_the_one_with_the_largest_error() -> None:
    made = record()
    data = dict(made.figures["forecast"])
    model = list(data["actual"])
    model[48:72] = [value + 100 for value in model[48:72]]
    info = forecast_info(replace(made, figures={"forecast": {**data, "model": model}}))
    assert info is not None
    assert info.window == (48, 72)
    assert info.worst_error == pytest.approx(100)
    assert info.worst[0] < 48 and info.worst[1] > 72


def test_error_by_step_is_a_mean_over_windows() -> None:
    made = record()
    data = dict(made.figures["forecast"])
    model = [value + at % 24 for at, value in enumerate(data["actual"])]
    del data["steps"]  # as in an older record, which tells only what is drawn
    info = steps_info(replace(made, figures={"forecast": {**data, "model": model}}))
    assert info is not None and info.examples is None
    assert info.lines[0][2] == pytest.approx(tuple(range(24)))


def test_error_by_step_is_that_of_all_windows_where_the_record_tells() -> None:
    made = record()
    steps = {"examples": 1_673, "model": [1.0, 2.0, None], "other": None, "baseline": [3.0] * 3}
    data = {**made.figures["forecast"], "steps": steps}
    info = steps_info(replace(made, figures={"forecast": data}))
    assert info is not None and info.examples == 1_673
    assert [(kind, values) for _, kind, values in info.lines] == [
        ("gru", (1.0, 2.0, None)),
        ("baseline", (3.0, 3.0, 3.0)),
    ]
    assert "nan" not in figures.draw(info).lower()


def test_error_by_step_of_a_panel_says_whether_it_is_in_the_scale_of_each_series() -> None:
    made = of_kind("panel")
    info = steps_info(made)
    assert info is not None and info.unit == "seasonal naive errors"
    assert "of its own series: all weigh the same." in by_step(made).reading
    data = made.figures["forecast"]
    older = {key: value for key, value in data["steps"].items() if key != "scaled"}
    made = replace(made, figures={**made.figures, "forecast": {**data, "steps": older}})
    assert "Errors of large series weigh most" in by_step(made).reading
    assert by_step(made).finding.endswith("[MW].")
    assert by_step(record()).reading.endswith("another method is the better one.")


def by_step(made: Record) -> Plot:
    (found,) = [found for found in document(made).sections if found.number == "7a"]
    return found.plots[1]


def test_missing_values_are_left_out_of_errors() -> None:
    made = record()
    data = dict(made.figures["forecast"])
    gappy = [None if at % 5 == 0 else value for at, value in enumerate(data["actual"])]
    changed = replace(made, figures={"forecast": {**data, "actual": gappy}})
    info = forecast_info(changed)
    assert info is not None and math.isfinite(info.worst_error)
    assert "nan" not in figures.draw(info).lower()


def test_shares_of_right_answers_are_drawn_in_per_cent_and_points() -> None:
    made = of_kind("sequence-classification")
    info, curves = posterior_info(made), curves_info(made)
    assert info is not None and curves is not None
    assert info.mean == pytest.approx(100 * made.verdict["difference"]["mean"])
    assert (info.margin, info.unit, info.base) == (pytest.approx(0.5), "points", None)
    assert info.better == "higher" and curves.label == "validation accuracy ↑ [%]"
    points = [p for panel in curves.panels for curve in panel.curves for _, p in curve.points]
    assert all(p is not None and 50 < p < 100 for p in points)
    assert len(curves.panels) == 3, "a training that was skipped has no curve"


def test_a_matrix_keeps_every_example_where_classes_are_joined() -> None:
    made = of_kind("many classes")
    info = classes_info(made)
    assert info is not None
    matrix = made.figures["classes"]["matrix"]
    assert len(info.labels) == len(info.matrix) == CLASSES
    assert info.labels[-1] == "7 others" and info.joined == 7
    assert sum(map(sum, info.matrix)) == sum(map(sum, matrix))
    assert info.matrix[0][0] == matrix[0][0]


def test_points_whose_truth_is_missing_are_left_out() -> None:
    made = of_kind("text-regression")
    scatter = {"actual": [1.0, None, 3.0], "foretold": [2.0, 2.0, None]}
    info = scatter_info(replace(made, figures={"scatter": scatter}))
    assert info is not None
    assert (info.actual, info.foretold, info.of) == ((1.0,), (2.0,), None)


def test_constant_truths_can_be_drawn() -> None:
    made = of_kind("text-regression")
    for actual in ([2.0], [2.0, 2.0]):
        info = scatter_info(replace(made, figures={"scatter": {"actual": actual,
                                                               "foretold": actual}}))  # fmt: skip
        assert info is not None and "nan" not in figures.draw(info).lower()


def test_a_band_is_measured_on_what_happened() -> None:
    made = of_kind("panel")
    assert made.model is not None
    forecast = dict(made.figures["forecast"])
    count = len(forecast["actual"])
    # Off by one in every second step: a band of half a unit holds half of it.
    forecast["model"] = [value + at % 2 for at, value in enumerate(forecast["actual"])]
    bands = [
        {"share": 0.9, "half_widths": [[0.5]] * 24},
        {"share": 0.5, "half_widths": [[2.0]] * 24},
    ]
    changed = replace(made, model={**made.model, "bands": bands}, figures={"forecast": forecast})
    assert held(changed) == ((0.5, 1.0, 4.0, None), (0.9, 0.5, 1.0, None))
    info = forecast_info(changed)
    assert info is not None
    assert info.bands == ((0.9, (0.5,) * count), (0.5, (2.0,) * count))
    whole = [{**bands[0], "held": 0.87, "of": 4_000}]
    told = replace(made, model={**made.model, "bands": whole})
    assert held(told) == ((0.9, 0.87, 1.0, 4_000),)
    assert held(replace(made, model={**made.model, "bands": []})) == ()


def test_a_long_line_keeps_its_extremes() -> None:
    values = [math.sin(at / 50) for at in range(5000)]
    values[3333] = 9.0
    places = kept(values, 400)
    assert len(places) <= 400
    assert 3333 in places


@pytest.mark.parametrize("info", infos(), ids=lambda info: type(info).__name__)
def test_a_drawing_is_labelled_themed_and_self_contained(info: Info) -> None:
    text = figures.svg(info, "r1-", 'a "label" <of> mine & yours')
    tree = ElementTree.fromstring(text.replace("xlink:href", "href"))
    assert tree.get("role") == "img"
    assert tree.get("aria-label") == 'a "label" <of> mine & yours'
    assert tree.get("viewBox") and tree.get("width") is None
    assert "http" not in text and "<metadata" not in text and "<script" not in text
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert ids and len(set(ids)) == len(ids)
    assert all(name is not None and name.startswith("r1-") for name in ids)
    for used in re.findall(r'(?:url\(#|href="#)([^)"]+)', text):
        assert used in ids
    assert "var(--ink)" in text or "var(--muted)" in text
    assert "#0a0b0" not in text
    assert any(node.tag == "text" for node in tree.iter()), "text stays text"


def test_a_figure_is_drawn_once_and_is_the_same_in_another_process() -> None:
    info = infos()[0]
    first = figures.draw(info)
    before = figures.draw.cache_info().misses
    again = posterior_info(record())
    assert again is not None and again is not info
    assert figures.draw(again) is first
    assert figures.draw.cache_info().misses == before
    code = (
        "from report.sample import record; from autorecur.report import figures, plotted; "
        "import sys; sys.stdout.write(figures.draw(plotted.posterior_info(record())))"
    )
    path = ":".join(entry for entry in sys.path if entry)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env={"PYTHONPATH": path, "PYTHONHASHSEED": "5", "HOME": "/nonexistent", "PATH": ""},
        check=True,
    )
    assert done.stdout.decode() == first


def test_the_users_own_style_is_left_alone_and_has_no_say() -> None:
    import matplotlib

    info = infos()[2]
    figures.draw.cache_clear()
    expected = figures.draw(info)
    figures.draw.cache_clear()
    with matplotlib.rc_context({"font.size": 30.0, "axes.grid": True}):
        assert figures.draw(info) == expected
        assert matplotlib.rcParams["font.size"] == 30.0


def test_degenerate_posteriors_are_drawn() -> None:
    info = posterior_info(record())
    assert info is not None
    for changed in (
        replace(info, scale=None, degrees=None),
        replace(info, scale=0.0, mean=0.0, folds=(("one", (0.0,)),), margin=0.0, base=None),
        replace(info, probability=None, folds=()),
        replace(info, mean=1e-9, scale=1e-10, margin=1e-12),
        replace(info, mean=-3e8, scale=1e7),
    ):
        assert "<svg" in figures.draw(changed)


def test_a_folder_gets_markdown_and_its_figures(tmp_path: Path) -> None:
    """Each figure is a file that stands alone, in the colours of the reader's theme."""
    path = report.write(record(), tmp_path)
    assert path == tmp_path / "report.md"
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"^!\[(.+)\]\((figures/[\w-]+\.svg)\)$", text, re.MULTILINE)
    files = {f"figures/{each.name}" for each in (tmp_path / "figures").iterdir()}
    assert len(named) == len(files) > 8 and {name for _, name in named} == files
    for label, name in named:
        root = ElementTree.parse(tmp_path / name).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert markdown.text(str(root.get("aria-label"))) == label
        style = root.find("{http://www.w3.org/2000/svg}style")
        assert style is not None and "prefers-color-scheme: dark" in str(style.text)
    plain = re.sub(r"!\[.+\]\(.+\)\n\n", "", text)
    assert plain == report.render(record(), ".md")
