"""Several runs side by side: scores where the question is the same, skill where it is not."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from report.sample import OUTCOMES, record
from report.sample_kinds import KINDS, of_kind
from report.test_html import HOSTILE, Page
from report.test_views import golden, tokens

from autorecur import report
from autorecur.errors import SettingError
from autorecur.record import Record
from autorecur.report.beside import beside, skill


def named(made: Record, name: str, holdout: float | None = None) -> Record:
    """The same run in another folder, perhaps with another score."""
    run = {**made.run, "name": name, "id": f"{sum(map(ord, name)):012x}"}
    score = made.score if holdout is None else {**made.score, "holdout": holdout}
    return replace(made, run=run, score=score)


def test_of_the_same_question_the_best_network_is_named_and_the_catch_is_told() -> None:
    made = [named(record(), "one", 40.0), named(record("LSTM"), "two", 30.0)]
    told = beside(made)
    assert told.title == "2 runs of energy.csv → load"
    assert told.lead == (
        "The best network on the holdout is the LSTM 2 × 64 of two: MAE ↓ 30.0 MW, one score. In "
        "the duel the seed alone moves one fold's score by ± 0.40 MW."
    )
    scores = {row.cells[0]: row.cells[4] for row in told.tables[1].rows}
    assert scores["two"] == "0.40 MW, seeds"
    assert [row.cells[0] for row in told.tables[1].rows] == ["two", "one"]  # best first
    assert "a little too good" in told.notes[0]


def test_runs_as_near_as_chance_moves_them_are_counted() -> None:
    made = [named(record(), name, score) for name, score in (("a", 40.0), ("b", 40.1), ("c", 41.0))]
    lead = beside(made).lead
    assert lead.endswith("by ± 0.40 MW; 1 other run came as near as that.")
    alone = beside([named(of_kind("one seed"), name) for name in ("a", "b")]).lead
    assert "In the duel, of one seed, folds' scores vary by ± 0.012 load" in alone


def test_of_different_questions_only_skill_is_compared() -> None:
    texts = of_kind("text-classification")
    made = [record(), replace(texts, data={**texts.data, "fingerprint": 64 * "f"})]
    told = beside(made)
    assert told.title == "2 runs of 2 tables"
    assert "cannot be compared" in told.lead and not told.notes
    best = max(skill(each) or -1.0 for each in made)
    assert told.tables[1].rows[0].cells[-1] == f"+{best:.0%}".replace("%", " %")


@pytest.mark.parametrize("what", ["metric", "target", "roles", "horizon", "kind", "split"])
def test_the_same_table_asked_otherwise_is_another_question(what: str) -> None:
    made = record()
    if what == "metric":
        other = replace(made, metric={**made.metric, "name": "rmse"})
    elif what == "kind":
        other = replace(made, data={**made.data, "kind": "nowcast"})
    else:
        other = replace(made, data={**made.data, what: {"time": ("another",)}})
    told = beside([made, other])
    assert "different questions" in told.title and "cannot be compared" in told.lead


@pytest.mark.parametrize(
    ("metric", "better", "score", "baseline", "expected"),
    [
        ("mae", "lower", 3.0, 4.0, 0.25),
        ("mae", "lower", 5.0, 4.0, -0.25),
        ("accuracy", "higher", 0.95, 0.9, 0.5),  # half of what is missing to all
        ("accuracy", "higher", 0.95, 1.0, None),
        ("mae", "lower", 1.0, 0.0, None),
        ("mae", "lower", None, 4.0, None),
    ],
)
def test_skill_is_the_share_of_the_baselines_error_avoided(
    metric: str, better: str, score: float | None, baseline: float, expected: float | None
) -> None:
    made = replace(
        record(),
        metric={"name": metric, "better": better, "unit": ""},
        score={**record().score, "holdout": score},
        baselines=({"name": "naive", "duel": baseline, "holdout": baseline, "seconds": 0.1},),
    )
    assert skill(made) == (None if expected is None else pytest.approx(expected))


def test_of_the_same_question_the_best_score_is_first_whatever_its_baselines() -> None:
    best = replace(named(record(), "best", 10.0), baselines=())  # there is no skill without one
    told = beside([named(record(), "other", 40.0), best])
    assert "of best" in told.lead
    assert [row.cells[0] for row in told.tables[1].rows] == ["best", "other"]


def test_a_hostile_symbol_is_text() -> None:
    made = record()
    hostile = replace(made, verdict={**made.verdict, "symbol": "<img src=x>"})
    assert "<img" not in report.compare([made, hostile], ".md")
    assert "<img" not in report.compare([made, hostile], ".html")
    assert not any("<img" in text for text in report.notebook(hostile).values() if "<p" in text)
    assert "<img" not in report.notebook(hostile)["text/markdown"]


def test_runs_of_the_same_name_are_told_apart() -> None:
    one, two = record(), replace(record(), run={**record().run, "id": "a1b2c3d4e5f6"})
    names = [name for name, _, _ in beside([one, two]).sentences]
    assert len(set(names)) == 2 and all(one.run["name"] in name for name in names)


def test_a_run_that_is_given_twice_has_two_names_and_is_no_other_run() -> None:
    told = beside([record(), record(), named(record(), "two", 40.0)])
    names = [name for name, _, _ in told.sentences]
    assert names == ["runs/load (0f3a9c51d27e), no. 1", "runs/load (0f3a9c51d27e), no. 2", "two"]
    assert told.lead.endswith("; 1 other run came as near as that.")


def test_the_same_question_in_markdown() -> None:
    made = [named(record(), "runs/ten"), named(record("LSTM"), "runs/twenty", 39.6)]
    golden("compare-same.md", report.compare([*made, record("UNDECIDED")], ".md"))


def test_different_questions_in_markdown() -> None:
    texts = of_kind("text-classification")
    other = replace(texts, data={**texts.data, "fingerprint": 64 * "f"})
    golden("compare-different.md", report.compare([record(), named(other, "runs/texts")], ".md"))


@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_every_outcome_and_kind_can_stand_beside_every_other(suffix: str) -> None:
    made = [*map(record, OUTCOMES), *map(of_kind, KINDS)]
    text = report.compare(made, suffix)
    assert text == report.compare(made, suffix)
    for each in made:
        assert each.run["name"] in text
    assert "nan" not in text.lower().split() and "None" not in text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_and_nothing_else(name: str) -> None:
    def pair(given: str) -> list[Record]:
        return [record(name=given), named(record("LSTM", given), given)]

    hostile, harmless = (Page(report.compare(pair(g), ".html")) for g in (HOSTILE[name], "other"))
    assert hostile.counts == harmless.counts
    counts = [tokens(report.compare(pair(g), ".md")) for g in (HOSTILE[name], "other")]
    for count in counts:
        for token in ("softbreak", "text", "text_special"):
            del count[token]
    assert counts[0] == counts[1]


def test_the_page_asks_for_nothing_and_is_labelled() -> None:
    text = report.compare([record(), of_kind("language-model")], ".html")
    assert not re.search(r"<script|https?://|@import|javascript:|<link|<base", text.lower())
    found = Page(text)
    assert found.counts["h1"] == 1 and found.counts["table"] == found.counts["caption"] == 3
    assert all(cell.get("scope") in ("row", "col") for cell in found.all("th"))
    targets = {href[1:] for link in found.all("a") if (href := link["href"])}
    assert targets <= {attributes.get("id") for _, attributes in found.elements}


def test_one_run_is_none_to_compare_and_json_is_no_view() -> None:
    with pytest.raises(SettingError, match="give two or more"):
        report.compare([record()], ".md")
    with pytest.raises(SettingError, match=r"ends in \.html, \.md, not in '\.json'"):
        report.compare([record(), record()], ".json")
