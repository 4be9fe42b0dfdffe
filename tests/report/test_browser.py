"""The page in a real headless Chromium: what it asks for, how wide it is, how it prints."""

from __future__ import annotations

import json
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from report import browser
from report.browser import Browser
from report.sample import record
from report.sample_kinds import KINDS, of_kind
from report.test_html import HOSTILE

from autorecur import report

# Every page that `pages` writes.
PLAIN = ("report", "harmless", "expanded", "beside", "notebook", "kind-long")
KIND_PAGES = tuple(f"kind-{kind}" for kind in KINDS)
HOSTILE_PAGES = tuple(f"hostile-{name}" for name in HOSTILE)
PAGES = (*PLAIN, *KIND_PAGES, *HOSTILE_PAGES)
OPEN = "document.querySelectorAll('details').forEach(d => d.open = true)"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser.need("chromium", browser.CHROMIUM)
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    report.write(record(trials=60), folder / "report.html")
    report.write(record(name="harmless"), folder / "harmless.html")
    for name, text in HOSTILE.items():
        report.write(record(name=text), folder / f"hostile-{name}.html")
    for kind in KINDS:
        report.write(of_kind(kind), folder / f"kind-{kind}.html")
    report.write(of_kind("text-classification", HOSTILE["long word"]), folder / "kind-long.html")
    report.write(record(), folder / "expanded.html", expanded=True)
    runs = [record(), of_kind("text-classification"), record("INCOMPLETE", HOSTILE["long word"])]
    (folder / "beside.html").write_text(report.compare(runs, ".html"), encoding="utf-8")
    # One run may be shown in two cells.
    views = "".join(report.notebook(each)["text/html"] for each in (*runs, runs[0]))
    head = '<meta name="viewport" content="width=device-width"><title>cells</title>'
    # A heading is the notebook's own.
    cells = f"<!DOCTYPE html><html lang=en>{head}<main><h1>Cells</h1>{views}</main></html>"
    (folder / "notebook.html").write_text(cells, encoding="utf-8")
    return folder


def colours(png: bytes) -> tuple[tuple[int, int], tuple[int, int, int]]:
    """Size, and the colour of the first pixel, of an 8-bit PNG."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    assert kind in (2, 6)
    red, green, blue = zlib.decompress(data)[1:4]  # the first byte is the row's filter
    return (width, height), (red, green, blue)


@pytest.mark.parametrize(("dark", "expected"), [(False, (255, 255, 255)), (True, (20, 24, 29))])
def test_it_looks_as_the_reader_prefers(
    chromium: Browser, pages: Path, dark: bool, expected: tuple[int, int, int]
) -> None:
    chromium.open(pages / "report.html", 1280, 900, dark)
    size, corner = colours(chromium.screenshot())
    assert size == (1280, 900)
    assert corner == expected
    ink = chromium.value(
        "getComputedStyle(document.querySelector('.drawing text')).fill.match(/\\d+/g).map(Number)"
    )
    assert (sum(ink[:3]) > 400) == dark, "the figures' text follows the theme"


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_width_scrolls_sideways(chromium: Browser, pages: Path, width: int) -> None:
    names = ["report.html", "hostile-long word.html", "hostile-script.html", "hostile-long.html"]
    names += [f"kind-{kind}.html" for kind in (*KINDS, "long")]
    for name in (*names, "beside.html", "notebook.html"):
        chromium.open(pages / name, width, 800)
        chromium.value(OPEN)
        widest = chromium.value("document.documentElement.scrollWidth")
        assert widest <= width, name


def test_every_page_is_looked_at(pages: Path) -> None:
    assert {path.stem for path in pages.iterdir()} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_leaves_the_page_and_nothing_complains(
    chromium: Browser, pages: Path, name: str
) -> None:
    """Not when it is opened, not when all that is folded is, and not in the dark."""
    page = pages / f"{name}.html"
    chromium.requests.clear()
    chromium.complaints.clear()
    chromium.open(page, dark=name in KIND_PAGES)
    chromium.value(OPEN)
    chromium.screenshot()  # what is drawn late is drawn now
    assert chromium.requests == [page.as_uri()]
    assert chromium.complaints == []
    assert chromium.value("document.scripts.length") == 0


def test_hostile_names_make_no_elements(chromium: Browser, pages: Path) -> None:
    count = "document.querySelectorAll('*').length"
    chromium.open(pages / "harmless.html")
    expected = chromium.value(count)
    chromium.complaints.clear()
    for name in HOSTILE:
        chromium.open(pages / f"hostile-{name}.html")
        assert chromium.value(count) == expected, name
    assert chromium.complaints == []


def test_text_stands_out_from_its_ground_in_both_themes(chromium: Browser, pages: Path) -> None:
    script = """(() => {
      const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(v => v / 255)
        .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const ground = e => { for (; e; e = e.parentElement) {
        const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$/.test(c)) return c; } };
      let least = 99;
      for (const e of document.querySelectorAll('h1, h2, p, dd, dt, td, th, a, li, summary, b')) {
        const s = getComputedStyle(e); const a = light(s.color), g = light(ground(e));
        least = Math.min(least, (Math.max(a, g) + 0.05) / (Math.min(a, g) + 0.05)); }
      return least; })()"""
    for dark in (False, True):
        chromium.open(pages / "report.html", dark=dark)
        assert chromium.value(script) >= 4.5


@pytest.fixture(scope="module")
def axe() -> str:
    return browser.need("axe-core", browser.AXE).read_text(encoding="utf-8")


# What is not seen is not judged: everything that is folded is opened first.
JUDGED = ("report", "beside", "notebook", "hostile-script", "kind-long", *KIND_PAGES)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", JUDGED)
def test_axe_finds_no_violation(
    chromium: Browser, axe: str, pages: Path, name: str, dark: bool
) -> None:
    chromium.open(pages / f"{name}.html", dark=dark)
    chromium.value(OPEN)
    chromium.value(axe + "; 0")
    rules = {"runOnly": ["color-contrast"]} if dark else {}  # nothing else hangs on the theme
    found = chromium.value(
        f"axe.run({json.dumps(rules)}).then(told => [told.passes.length, told.violations.map(each "
        "=> each.id + ': ' + each.help + ' ' + each.nodes.map(node => node.html).slice(0, 3))])"
    )
    assert found[1] == []
    assert found[0] >= (1 if dark else 15), "it has judged something"


def test_expanded_nothing_is_folded(chromium: Browser, pages: Path) -> None:
    """Folded tables do not print: here every one of them has a height on paper."""
    folded = "[...document.querySelectorAll('details')].filter(each => !each.open).length"
    chromium.open(pages / "report.html")
    assert chromium.value(folded) > 0
    chromium.open(pages / "expanded.html")
    chromium.print_media(True)
    try:
        assert chromium.value(folded) == 0
        heights = chromium.value("[...document.querySelectorAll('table')].map(t => t.offsetHeight)")
        assert len(heights) > 5 and min(heights) > 20
    finally:
        chromium.print_media(False)


def test_the_last_table_is_on_paper(chromium: Browser, pages: Path) -> None:
    chromium.open(pages / "expanded.html")
    last = "[...document.querySelectorAll('table')].at(-1).rows"
    rows = chromium.value(f"[...{last}].map(row => row.cells[0].innerText.trim())")
    pdf = PdfReader(BytesIO(chromium.pdf()))
    words = " ".join(page.extract_text() for page in pdf.pages).split()
    text = unicodedata.normalize("NFKC", " ".join(words))  # a printed "fi" is one sign
    assert len(rows) > 5
    for row in rows:
        assert row in text, row


def test_the_views_of_several_runs_share_a_notebook(chromium: Browser, pages: Path) -> None:
    """Their styles reach nothing outside, and there is no id that could be there twice."""
    chromium.open(pages / "notebook.html")
    assert chromium.value("document.querySelectorAll('.autorecur').length") == 4
    assert chromium.value("document.querySelectorAll('[id]').length") == 0
    bars = chromium.value("[...document.querySelectorAll('.sure-bar')].map(b => b.offsetWidth)")
    assert len(bars) == 3 and min(bars) > 100
    assert chromium.value("getComputedStyle(document.body).fontSize") == "16px"


def test_it_prints_to_the_last_section(chromium: Browser, pages: Path) -> None:
    chromium.open(pages / "report.html")
    pdf = chromium.pdf()
    assert pdf.startswith(b"%PDF") and b"/Count" in pdf
    chromium.print_media(True)
    try:
        assert (
            chromium.value("getComputedStyle(document.querySelector('.contents')).display")
            == "none"
        )
        assert (
            chromium.value("getComputedStyle(document.body).backgroundColor")
            == "rgb(255, 255, 255)"
        )
        last = chromium.value("[...document.querySelectorAll('table')].at(-1).offsetHeight")
        assert last > 100
    finally:
        chromium.print_media(False)
