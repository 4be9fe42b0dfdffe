"""Markdown and terminal text: goldens for each outcome, harmless names, the doors of the package.

Write the goldens anew with `AUTORECUR_WRITE_GOLDENS=1 pytest tests/report/test_views.py`, then read
the diff.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from report.sample import OUTCOMES, record
from report.sample_kinds import KINDS, of_kind
from report.test_html import HOSTILE
from rich.cells import cell_len

from autorecur import report
from autorecur.errors import SettingError
from autorecur.record import from_json
from autorecur.report import markdown

GOLDENS = Path(__file__).resolve().parent.parent / "goldens"
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def golden(name: str, text: str) -> None:
    path = GOLDENS / name
    if os.environ.get("AUTORECUR_WRITE_GOLDENS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_markdown_of_each_outcome(outcome: str) -> None:
    golden(f"report-{outcome}.md", report.render(record(outcome), ".md"))


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_terminal_text_of_each_outcome(outcome: str) -> None:
    golden(f"report-{outcome}.txt", report.terminal(record(outcome)))


@pytest.mark.parametrize("kind", KINDS)
def test_both_views_of_each_kind(kind: str) -> None:
    made = of_kind(kind)
    golden(f"kind-{kind.replace(' ', '-')}.md", report.render(made, ".md"))
    golden(f"kind-{kind.replace(' ', '-')}.txt", report.terminal(made))


# ---- a notebook's cell


@pytest.mark.parametrize("name", [*OUTCOMES, *KINDS])
def test_a_notebook_shows_the_first_screen(name: str) -> None:
    made = of_kind(name) if name in KINDS else record(name)
    told = report.notebook(made)
    assert made.verdict["sentence"] in told["text/plain"]
    assert report.render(made, ".md").startswith(told["text/markdown"].rstrip("\n"))
    page = told["text/html"]
    assert len(page.encode()) < 30_000
    assert "<script" not in page and "http" not in page and "onerror=" not in page
    sheet = page.partition("<style>")[2].partition("</style>")[0]
    assert all(line.startswith(".autorecur ") for line in sheet.split("\n") if line)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_in_a_notebook(name: str) -> None:
    hostile, harmless = (
        report.notebook(record(name=each))["text/html"] for each in (HOSTILE[name], "harmless")
    )
    assert re.findall(r"<(\w+)", hostile) == re.findall(r"<(\w+)", harmless)


# ---- Markdown


def tokens(text: str) -> Counter[str]:
    """How many elements of each kind a reader of GitHub's dialect makes of the text."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    found: Counter[str] = Counter()
    for token in reader.parse(text):
        found.update([token.type])
        found.update(child.type for child in token.children or [])
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_make_no_markup(name: str) -> None:
    hostile = tokens(report.render(record(name=HOSTILE[name]), ".md"))
    harmless = tokens(report.render(record(name="harmless"), ".md"))
    for count in (hostile, harmless):
        del count["softbreak"]
        for kind in ("text", "text_special"):  # one text may be several, parted by escapes
            del count[kind]
    assert hostile == harmless


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["script", "markdown", "control", "long"])
def test_hostile_classes_and_texts_make_no_markup(kind: str, name: str) -> None:
    hostile = tokens(report.render(of_kind(kind, HOSTILE[name]), ".md"))
    harmless = tokens(report.render(of_kind(kind, "harmless"), ".md"))
    for count in (hostile, harmless):
        for token in ("softbreak", "text", "text_special"):
            del count[token]
    assert hostile == harmless


def test_markdown_begins_with_the_sentence_and_has_no_images() -> None:
    text = report.render(record(), ".md")
    assert text.startswith("# ● Use a GRU with 2 layers of 64 units.\n\nIts error")
    assert "![" not in text and "<svg" not in text and "\n\n\n" not in text
    assert text.count("\n## ") == 16


@pytest.mark.parametrize(
    "raw", ["# a", "- a", "+ a", "12. a", "---", "===", "    a", "> a", "39.2", "+2.5 %", "#1"]
)
def test_a_paragraph_stays_a_paragraph_and_reads_the_same(raw: str) -> None:
    parsed = MarkdownIt("commonmark").render(markdown.text(raw))
    assert parsed == f"<p>{raw.strip().replace('>', '&gt;')}</p>\n"


def test_numbers_are_written_as_they_are() -> None:
    assert "| GRU 2 × 64 | 39.2 | 0.40 | 39.9 |" in report.render(record(), ".md")


def test_code_keeps_its_fence() -> None:
    made = record()
    made = replace(made, run={**made.run, "command": "autorecur fit ```` x"})
    assert "`````text\nautorecur fit ```` x\n`````" in report.render(made, ".md")


# ---- terminal


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_terminal_text_fits(outcome: str, width: int) -> None:
    lines = report.terminal(record(outcome), width=width).splitlines()
    assert len(lines) <= 25
    assert all(cell_len(line) <= width for line in lines)
    assert lines[0].startswith(record(outcome).verdict["symbol"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_terminal_text_of_each_kind_fits(kind: str, width: int) -> None:
    lines = report.terminal(of_kind(kind), width=width).splitlines()
    assert len(lines) <= 25
    assert all(cell_len(line) <= width for line in lines)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_colour_changes_no_letter(outcome: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    plain, coloured = (
        report.terminal(record(outcome)),
        report.terminal(record(outcome), colour=True),
    )
    assert "\x1b" not in plain and "\x1b[" in coloured
    bare = [line.rstrip() for line in ESCAPES.sub("", coloured).splitlines()]
    assert bare == plain.splitlines()


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("colour", [False, True])
def test_hostile_names_move_no_cursor(name: str, colour: bool) -> None:
    text = ESCAPES.sub("", report.terminal(record(name=HOSTILE[name]), colour=colour))
    lines = text.split("\n")
    assert len(lines) <= 26
    assert all(line.isprintable() and cell_len(line) <= 80 for line in lines)


def test_wide_letters_are_counted_as_wide() -> None:
    text = report.terminal(record(name="電力" * 30))
    assert all(cell_len(line) <= 80 for line in text.splitlines())


# ---- the package's doors


def test_render_knows_three_suffixes() -> None:
    made = record()
    assert from_json(report.render(made, ".json")) == made
    assert json.loads(report.render(made, ".json"))["schema_version"] == 1
    with pytest.raises(SettingError, match=r"\.html, \.md, \.json, not in '\.pdf'"):
        report.render(made, ".pdf")


def test_write_goes_by_suffix_and_leaves_nothing_behind_on_refusal(tmp_path: Path) -> None:
    made = record()
    for name in ("a.html", "b.MD", "deep/c.json"):
        path = report.write(made, tmp_path / name)
        assert path.read_text(encoding="utf-8") == report.render(made, path.suffix.lower())
    with pytest.raises(SettingError):
        report.write(made, tmp_path / "new" / "d.pdf")
    assert sorted(os.listdir(tmp_path)) == ["a.html", "b.MD", "deep"]


def test_rendering_needs_no_network_library() -> None:
    code = (
        "import sys; from report.sample import record; from autorecur import report; "
        "[report.render(record(), suffix) for suffix in ('.html', '.md', '.json')]; "
        "report.terminal(record(), colour=True); report.notebook(record()); "
        "[report.compare([record(), record('LSTM')], suffix) for suffix in ('.html', '.md')]; "
        "heavy = {'tensorflow', 'keras', 'jax', 'sklearn', 'pandas', 'matplotlib.pyplot'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr


def test_importing_the_report_draws_nothing_in() -> None:
    code = "import sys, autorecur.report; assert not {'matplotlib', 'keras'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
