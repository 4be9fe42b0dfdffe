"""Markdown and terminal text: goldens for each outcome, harmless names, the doors of the package.

Write the goldens anew with `AUTORECUR_WRITE_GOLDENS=1 pytest tests/report/test_views.py` (those of
comparisons with `test_beside.py`), then read the diff.
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
from autorecur.report import markdown, words
from autorecur.report.document import document

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
    assert " id=" not in page  # one run may be shown in two cells
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
def test_hostile_classes_and_texts_make_no_markup(kind: str) -> None:
    """One without end; all else that is hostile is in every string of `test_hostile` at once."""
    hostile = tokens(report.render(of_kind(kind, HOSTILE["long"]), ".md"))
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
    assert "| LSTM 2 × 64 | 40.9 ± 0.4 | 41.6 |" in report.render(record(), ".md")


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_mark_stands_beside_a_name_and_not_beside_a_number(outcome: str) -> None:
    rows = [line for line in report.render(record(outcome), ".md").splitlines() if "◀ |" in line]
    assert rows
    for row in rows:
        name, *others = row.strip("| ").split(" | ")
        assert name.endswith(" ◀") and "◀" not in "".join(others)


def test_code_keeps_its_fence() -> None:
    made = record()
    made = replace(made, run={**made.run, "command": "autorecur fit ```` x"})
    assert "`````text\nautorecur fit ```` x\n`````" in report.render(made, ".md")


# ---- terminal


ISSUES = tuple(
    {"code": f"AR10{at}", "level": "issue", "sentence": 9 * "It is so. ", "remedy": "Mend it."}
    for at in range(1, 4)
)


def letters(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("name", [*OUTCOMES, *KINDS])
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_terminal_text_fits_and_loses_neither_a_word_nor_its_end(name: str, width: int) -> None:
    made = of_kind(name) if name in KINDS else record(name)
    for each in (made, replace(made, checks=ISSUES)):
        text = report.terminal(each, width=width)
        lines = text.splitlines()
        assert len(lines) <= 25
        assert all(cell_len(line) <= width for line in lines)
        assert lines[0].startswith(each.verdict["symbol"])
        assert lines[-2].startswith("  Saved    ") and lines[-1].startswith("  Next     ")
        if width >= 60:
            doc = document(each)
            said = letters("".join(lines)).removeprefix(doc.symbol)
            assert said.startswith(letters(doc.headline + doc.lead + doc.second))
            assert f"  Checks   {'⚠' if doc.worries else ''}" in text and doc.checked in text


@pytest.mark.parametrize("name", [*OUTCOMES, *KINDS])
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_score_of_a_network_stands_without_its_spread(name: str, width: int) -> None:
    made = of_kind(name) if name in KINDS else record(name)
    lines = report.terminal(made, width=width).splitlines()
    networks = [row for row in document(made).finalists.rows if row.cell]
    dueled = [row for row in networks if "±" in row.cells[1]]
    assert len(dueled) == (0 if name == "INCOMPLETE" else 2)
    for row in networks:
        (line,) = [line for line in lines if line.startswith(f"  {row.cells[0]} ")]
        assert row.cells[1] in line or row.cells[1] == "–"


def test_one_seed_has_a_spread_between_folds_and_it_is_said() -> None:
    made = of_kind("one seed")
    assert made.finalists[0]["spread"] is None
    assert "6 folds × 1 seed, margin 1 %, ± between folds" in report.terminal(made)
    assert "; ±: between folds, of one seed;" in document(made).finalists.note


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_spread_between_seeds_is_said_to_be_of_one_fold(width: int) -> None:
    for made in (record(), of_kind("nowcast")):
        told = " ".join(report.terminal(made, width=width).split())
        assert "seeds, margin" in told and ", ± between seeds of a fold" in told
        note = document(made).finalists.note
        assert "; ±: between seeds, of one fold's score;" in note


@pytest.mark.parametrize("name", [*OUTCOMES, *KINDS])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_remedy_of_a_worry_is_whole_and_no_size_is_broken(name: str, width: int) -> None:
    made = of_kind(name) if name in KINDS else record(name)
    lines = report.terminal(made, width=width).splitlines()
    assert "Give it a longer budget." in " ".join(" ".join(lines).split())
    assert not any(re.search(r"(^\s*[×%]|×$)", line) for line in lines)
    assert "\u00a0" not in "".join(lines)


def test_of_a_long_worry_the_sentence_is_cut_and_not_what_to_do() -> None:
    long = {**ISSUES[0], "sentence": 50 * "It is so. ", "remedy": "Mend it, and then try again."}
    told = report.terminal(replace(record(), checks=(long,))).partition("  Checks   ")[2]
    lines = [line.strip() for line in told.splitlines()[:5]]
    assert lines[2].endswith(" …") and lines[3:] == ["Mend it, and then try again.", "1 issue"]


def test_names_have_the_room_that_is_left() -> None:
    wide, narrow = (report.terminal(of_kind("many classes"), width=at) for at in (120, 40))
    assert "vs TF-IDF + logistic regression" in wide
    assert "  TF-IDF + logistic regression " in report.terminal(of_kind("many classes"))
    assert "  TF-IDF + logistic r…" in narrow


@pytest.mark.parametrize("seconds", [0.2, 59.4, 59.6, 141.8, 581.2, 3_599.6])
def test_a_time_is_the_same_on_a_clock_and_in_words(seconds: float) -> None:
    made = record()
    ledger = ({**made.budget["ledger"][0], "stage": "search", "seconds": seconds},)
    text = report.terminal(replace(made, budget={**made.budget, "ledger": ledger}))
    shown = re.search(r"search (?:(\d+):)?(\d+):(\d+)", text)
    assert shown is not None
    hours, minutes, rest = (int(part or 0) for part in shown.groups())
    assert 3_600 * hours + 60 * minutes + rest == round(seconds)
    assert words.duration(seconds) == words.duration(round(seconds)) or seconds < 10


def test_without_a_network_the_last_line_says_so() -> None:
    made = replace(record("INCOMPLETE"), model=None, finalists=())
    assert report.terminal(made, width=60).splitlines()[-1].startswith("  Saved    runs/load")


def test_a_sentence_of_any_length_leaves_the_rest_its_room() -> None:
    made = record("BASELINE_WINS")
    long = replace(made, verdict={**made.verdict, "sentence": "Use: " + "many words " * 400})
    lines = report.terminal(long, width=60).splitlines()
    assert len(lines) == 25 and any(line.endswith(" …") for line in lines)
    assert lines[-1].startswith("  Next     ") and any("GRU 2 × 64" in line for line in lines)


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


@pytest.mark.parametrize("width", [64, 80, 100])
def test_a_terminal_cuts_no_command(width: int) -> None:
    made = record()
    folder = "/srv/somebody's runs/" + "x" * 90
    made = replace(made, run={**made.run, "name": folder})
    last = report.terminal(made, width=width).splitlines()[-1]
    assert last.split("Next     ")[1] == "autorecur predict RUN new.csv   (RUN: that folder)"
    short = replace(made, run={**made.run, "name": "runs/energy"})
    assert report.terminal(short, width=width).endswith("autorecur predict runs/energy new.csv\n")


def test_an_interrupted_run_says_so_at_its_end() -> None:
    made = record()
    ended = replace(made, budget={**made.budget, "ended_by": "interrupt"})
    said = "           interrupted, and judged from what there was by then\n"
    assert said in report.terminal(ended) and said not in report.terminal(made)


@pytest.mark.parametrize("width", [60, 80])
def test_wide_letters_are_counted_as_wide(width: int) -> None:
    for name in ("電力" * 30, "電力" * 6):
        made = record("BASELINE_WINS", name=name)
        lines = report.terminal(made, width=width).splitlines()
        assert len(lines) <= 25 and all(cell_len(line) <= width for line in lines)
        assert lines[-1].startswith("  Next     ")
    doc = document(made)
    said = letters("".join(lines)).removeprefix(doc.symbol)
    assert said.startswith(letters(doc.headline + doc.lead + doc.second))


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


def test_rendering_needs_no_network_library(tmp_path: Path) -> None:
    for outcome in ("GRU", "LSTM"):
        record(outcome).write(tmp_path / outcome)
    code = (
        "import sys; from autorecur import report; from autorecur.record import read; "
        f"made = [read({str(tmp_path)!r} + '/' + name) for name in ('GRU', 'LSTM')]; "
        "[report.render(made[0], suffix) for suffix in ('.html', '.md', '.json')]; "
        "report.terminal(made[0], colour=True); report.notebook(made[0]); "
        "[report.compare(made, suffix) for suffix in ('.html', '.md')]; "
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
