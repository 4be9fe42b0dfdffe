"""Every string of a record is hostile, in every view of every outcome and kind."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest
from report.hostile import CONTROL, MARKUP, rewritten
from report.sample import OUTCOMES, record
from report.sample_kinds import KINDS, of_kind
from report.test_html import HOSTILE, Page
from report.test_views import ESCAPES, tokens

from autorecur import report
from autorecur.cells import CellProgress
from autorecur.record import Record, from_json
from autorecur.report import words
from autorecur.search.events import Event

# What no view may hold as it stands, whatever it was given.
RAW = ("<img", "</script", "<!--{{")


@lru_cache(maxsize=64)
def made(name: str, text: str) -> Record:
    """The record of that outcome or kind, with `text` before each of its strings."""
    base = of_kind(name) if name in KINDS else record(name)
    return rewritten(base, lambda old: f"{text}{old}")


def plain(text: str) -> str:
    """Letters alone, as many as a view shows of `text`: where a text is cut depends on no sign."""
    return "n" * len(words.clean(text, 1000))


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    return [text for item in value for text in strings(item)] if isinstance(value, tuple) else []


def spaced(text: str) -> bool:
    """Nothing in it moves a cursor or turns a line round; a page has line ends and spaces."""
    return all(sign.isprintable() or sign in "\n\N{NO-BREAK SPACE}" for sign in text)


def elements(page: str) -> tuple[Counter[str], list[list[str]]]:
    found = Page(page)
    return found.counts, [sorted(attributes) for _, attributes in found.elements]


def markup(text: str) -> Counter[str]:
    """The elements of a Markdown text, without those that only part a text."""
    count = tokens(text)
    for token in ("softbreak", "text", "text_special"):
        del count[token]
    return count


def test_hardly_a_string_is_left_as_it_was() -> None:
    assert plain(MARKUP) == plain(CONTROL)
    for name in (*OUTCOMES, *KINDS):
        found = strings(vars(made(name, MARKUP)))
        kept = {text for text in found if not text.startswith(MARKUP)}
        assert len(found) > 150
        assert all(re.fullmatch(r"[\w -]{1,24}", text) for text in kept), kept
        assert from_json(made(name, MARKUP).to_json()) == made(name, MARKUP)


@pytest.mark.parametrize("name", [*OUTCOMES, *KINDS])
@pytest.mark.parametrize("text", [MARKUP, CONTROL], ids=["markup", "control"])
def test_a_page_of_hostile_strings_has_the_elements_of_a_plain_one(name: str, text: str) -> None:
    hostile, other = made(name, text), made(name, plain(text))
    for expanded in (False, True):
        page = report.render(hostile, ".html", expanded)
        assert elements(page) == elements(report.render(other, ".html", expanded))
        assert spaced(page)
        assert not [raw for raw in RAW if raw in page]
    ours, theirs = report.notebook(hostile), report.notebook(other)
    assert elements(ours["text/html"]) == elements(theirs["text/html"])
    assert not [raw for raw in RAW if raw in ours["text/html"]]
    assert spaced(ours["text/html"]) and spaced(ours["text/plain"])
    assert markup(ours["text/markdown"]) == markup(theirs["text/markdown"])


@pytest.mark.parametrize("name", [*OUTCOMES, *KINDS])
@pytest.mark.parametrize("text", [MARKUP, CONTROL], ids=["markup", "control"])
def test_texts_of_hostile_strings_have_the_markup_of_plain_ones(name: str, text: str) -> None:
    hostile, other = made(name, text), made(name, plain(text))
    shown = report.render(hostile, ".md")
    assert markup(shown) == markup(report.render(other, ".md"))
    assert spaced(shown)
    fenced = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", shown)
    assert not [raw for raw in RAW if raw in fenced]
    for colour in (False, True):
        for width in (60, 80, 100):
            told = report.terminal(hostile, width=width, colour=colour)
            assert spaced(ESCAPES.sub("", told))
            assert len(told.splitlines()) <= 25


@pytest.mark.parametrize("text", [MARKUP, CONTROL], ids=["markup", "control"])
def test_hostile_runs_side_by_side_have_the_elements_of_plain_ones(text: str) -> None:
    def runs(given: str) -> list[Record]:
        return [made(name, given) for name in (*OUTCOMES, *KINDS)]

    page = report.compare(runs(text), ".html")
    assert elements(page) == elements(report.compare(runs(plain(text)), ".html"))
    assert spaced(page) and not [raw for raw in RAW if raw in page]
    shown = report.compare(runs(text), ".md")
    assert markup(shown) == markup(report.compare(runs(plain(text)), ".md"))
    assert spaced(shown) and not [raw for raw in RAW if raw in shown]


def test_an_id_of_another_form_is_text_in_a_figure() -> None:
    """A file with one is refused; a record made in Python is not."""
    base = record()
    hostile = replace(base, run={**base.run, "id": '"><script>alert(1)</script>'})
    page = report.render(hostile, ".html")
    assert "<script" not in page
    assert elements(page)[0] == elements(report.render(base, ".html"))[0]


@pytest.mark.parametrize("name", [*HOSTILE])
def test_progress_in_a_notebook_shows_a_hostile_note_as_text(name: str) -> None:
    shown = CellProgress(clock=lambda: 0.0)
    for event in (
        Event("stage", 0.0, stage=HOSTILE[name], text=HOSTILE[name]),
        Event("training", 1.0, title=HOSTILE[name], status=HOSTILE[name], metric=HOSTILE[name],
              score=1.0, best={HOSTILE[name]: 1.0}, text=HOSTILE[name]),
        Event("note", 2.0, text=HOSTILE[name]),
    ):  # fmt: skip
        shown._moving.take(event)
    shown._draw()  # where no notebook is, its text is there all the same
    told = shown._repr_mimebundle_()
    assert told["text/plain"]
    assert elements(told["text/html"])[0] == Counter({"pre": 1})
    assert all(len(line) < 80 for line in told["text/plain"].splitlines())
    assert len(told["text/plain"].splitlines()) <= 5
    assert spaced(told["text/plain"]) and spaced(told["text/html"])
