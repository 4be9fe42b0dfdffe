"""The page: self-contained, harmless whatever the columns are called, and usable by everyone."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from report.sample import OUTCOMES, record
from report.sample_kinds import KINDS, of_kind

from autorecur import report
from autorecur.record import Record

HOSTILE = {
    "script": "</script><script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "formula": r"$\frac{",
    "template": "{{ 7 * 7 }}{% raw %}",
    "style": "</style><b>",
    "comment": "<!-- --!> ]]>",
    "spreadsheet": "=cmd|'/C calc'!A0",
    "markdown": "|a|`b`|[c](javascript:d)|**e** www.f.example",
    "direction": "abc\u202etxt.exe\u2066\u200f",
    "control": "a\x00b\x1b[2Jc\nd\te\r\u2028f",
    "placeholder": 'id="x" url(#y) #0a0b01 <svg ',
    "long": "long " * 2_000,
    "long word": "w" * 10_000,
    "surrogate": "broken \udce9 name",
}
VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """Elements, attributes and text of a page; asserts that tags nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def counts(self) -> Counter[str]:
        return Counter(tag for tag, _ in self.elements)


def page(made: Record) -> Page:
    return Page(report.render(made, ".html"))


@pytest.mark.parametrize("name", [*OUTCOMES, *KINDS])
def test_the_page_asks_for_nothing_and_runs_nothing(name: str) -> None:
    text = report.render(of_kind(name) if name in KINDS else record(name), ".html")
    assert text.startswith("<!DOCTYPE html>")
    for forbidden in ("<script", "http://", "https://", "@import", "javascript:", "<link", "<base"):
        assert forbidden not in text.lower()
    found = Page(text)
    for tag, attributes in found.elements:
        assert not any(name.startswith("on") or name == "src" for name in attributes), tag
        href = attributes.get("href") or attributes.get("xlink:href")
        assert href is None or href.startswith("#")
    policy = [meta["content"] for meta in found.all("meta") if meta.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


@pytest.mark.parametrize("name", [*OUTCOMES, *KINDS])
def test_structure_and_labels(name: str) -> None:
    made = of_kind(name) if name in KINDS else record(name)
    found = page(made)
    assert found.all("html")[0]["lang"] == "en"
    assert made.verdict["sentence"] in found.text
    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(found.all("table")) == found.counts["caption"] > 5
    assert all(cell.get("scope") in ("row", "col") for cell in found.all("th"))
    assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in found.all("svg"))
    assert found.counts["figure"] == found.counts["figcaption"]
    text = report.render(made, ".html")
    captions = re.findall(r'<figcaption class="finding"><bdi>(.*?)</bdi></figcaption>', text)
    assert len(captions) == found.counts["svg"] and all(captions), "each figure says its finding"
    assert all(text.count(f"<bdi>{caption}</bdi>") == 1 for caption in captions), "and says it once"
    assert found.counts["svg"] >= 4
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    targets = {href[1:] for link in found.all("a") if (href := link["href"])}
    assert targets <= set(ids)
    assert found.all("a")[0]["class"] == "skip"


def test_only_what_lies_past_the_limit_is_hatched_and_it_is_said() -> None:
    made = record()
    found = page(replace(made, budget={**made.budget, "limit_seconds": 400.0}))
    track = next(each for each in found.all("div") if each.get("class") == "track")
    label = track["aria-label"] or ""
    assert "search 6 min 20 s, duel 2 min 22 s (past the limit), refit" in label
    classes = Counter(each.get("class") for each in found.all("span"))
    assert (classes["piece plain"], classes["piece over"]) == (6, 3)
    within = Counter(each.get("class") for each in page(made).all("span"))
    assert within["piece over"] == 0 and within["piece rest"] == 1


def test_two_runs_share_a_page_without_sharing_ids() -> None:
    other = record("LSTM", seed=8)
    other = replace(other, run={**other.run, "id": "a1b2c3d4e5f6"})
    found = [
        {attributes["id"] for _, attributes in page(made).elements if "id" in attributes}
        for made in (record(), other)
    ]
    assert found[0] and found[1] and not found[0] & found[1]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_and_nothing_else(name: str) -> None:
    harmless, hostile = page(record(name="harmless")), page(record(name=HOSTILE[name]))
    assert hostile.counts == harmless.counts
    attributes = [sorted(a) for _, a in hostile.elements]
    assert attributes == [sorted(a) for _, a in harmless.elements]


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_classes_and_texts_are_text_and_nothing_else(kind: str) -> None:
    """One without end; all else that is hostile is in every string of `test_hostile` at once."""
    harmless, hostile = page(of_kind(kind, "harmless")), page(of_kind(kind, HOSTILE["long word"]))
    assert hostile.counts == harmless.counts


def test_a_hostile_name_can_be_read() -> None:
    found = page(record(name=HOSTILE["script"]))
    assert HOSTILE["script"] in found.text
    assert "⟨202E⟩txt.exe" in page(record(name=HOSTILE["direction"])).text
    assert "⟨1B⟩[2Jc d e" in page(record(name=HOSTILE["control"])).text
    assert (
        HOSTILE["formula"] in found.text
        or HOSTILE["formula"] in page(record(name=HOSTILE["formula"])).text
    )


def test_the_same_record_gives_the_same_bytes() -> None:
    assert report.render(record(), ".html") == report.render(record(), ".html")


def test_size_and_speed_with_two_hundred_trials() -> None:
    from autorecur.report import figures

    made = record(trials=200)
    figures.draw.cache_clear()
    begin = time.perf_counter()
    text = report.render(made, ".html")
    assert time.perf_counter() - begin < 5.0
    assert len(text.encode()) < 1_000_000
    again = time.perf_counter()
    assert report.render(made, ".html") == text
    assert time.perf_counter() - again < 1.0, "figures are drawn once"


def test_the_style_sheet_is_small_and_knows_both_themes_and_paper() -> None:
    text = report.render(record(), ".html")
    style = text[text.index("<style>") : text.index("</style>")]
    assert len(style) < 12_000
    for rule in ("prefers-color-scheme: dark", "@media print", "color-scheme: light dark"):
        assert rule in style


def test_no_line_begins_with_a_per_cent_sign() -> None:
    page = report.render(record("EQUIVALENT"), ".html")
    body = page[page.index("<body") :]
    text = re.sub(r"<svg.*?</svg>|<style.*?</style>", "", body, flags=re.DOTALL)
    assert "97\N{NO-BREAK SPACE}% sure" in text
    assert not re.search(r"\d %", re.sub(r"<[^>]*>", "", text))
