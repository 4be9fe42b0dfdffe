"""What a run did not measure beside its verdict is said, with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from report.sample import record

from autorecur.record import Record
from autorecur.report.document import document


def told(number: str, budget: dict[str, Any] | None = None, **verdict: Any) -> list[str]:
    """What a section says was not measured, of a record with that in its verdict and budget."""
    made, spent = record(), budget or {}
    made = replace(made, verdict=made.verdict | verdict, budget=made.budget | spent)
    return said(made, number)


def said(made: Record, number: str) -> list[str]:
    found = [each for each in document(made).sections if each.number == number]
    told = [text for each in found for text in (each.finding, *each.paragraphs)]
    return [each for each in told if "not measured" in each]


TIMELESS = {"limit_seconds": None, "text": "40trainings"}


@pytest.mark.parametrize(
    ("budget", "why"),
    [
        ({}, "there was no time left for it"),
        ({"ended_by": "interrupt"}, "the run was interrupted"),
        (TIMELESS, "only a budget of time alone has room for it"),
        ({"text": "10min, 40trainings"}, "only a budget of time alone has room for it"),
    ],
)
def test_what_was_not_measured_is_said_with_the_reason(budget: dict[str, Any], why: str) -> None:
    assert told("2", budget, regimes=[]) == [
        "Which cell is better at equal width, equal parameters and equal seconds was not measured "
        f"on enough folds: {why}."
    ]
    data = [f"That was not measured on enough folds: {why}."]
    assert told("6a", budget, learning=None) == data


def test_folds_that_were_drawn_are_not_said_to_come_later() -> None:
    """Of a panel of engines, say, whole series are drawn, though most of its kind go on in time."""
    made = record()
    for drawn in (False, True):
        split = made.data["split"] | ({"drawn": True} if drawn else {})
        (section,) = [
            each
            for each in document(replace(made, data=made.data | {"split": split})).sections
            if each.number == "12"
        ]
        text = " ".join(section.paragraphs)
        assert ("later than all that it was trained on" in text) != drawn
        assert ("whole series that it was not trained on" in text) == drawn


def test_of_what_was_measured_nothing_is_said() -> None:
    assert told("2") == told("6a") == []
    first = record().verdict["regimes"][:1]
    assert "at equal parameters and equal seconds was not" in told("2", regimes=first)[0]


def test_an_older_record_and_one_without_a_verdict_claim_nothing() -> None:
    made = record()
    without = {key: made.verdict[key] for key in made.verdict if key not in ("regimes", "learning")}
    older = replace(made, verdict=without)
    assert said(older, "2") == said(older, "6a") == []
    assert "6a" not in [each.number for each in document(older).sections]
    assert "6a" not in [each.number for each in document(record("INCOMPLETE")).sections]
