"""Sections on residuals, sureness, the target's values and the words: what they say, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from report.sample import record
from report.sample_kinds import KINDS, of_kind

from autorecur.judge.residuals import LEFT
from autorecur.record import Record
from autorecur.report.document import document
from autorecur.report.glossary import BASELINES, WORDS
from autorecur.report.parts import Section, Table
from autorecur.report.plots.sure import Recalled, precision_at
from autorecur.report.residuals import OF_USE


def section(made: Record, number: str) -> Section:
    return next(found for found in document(made).sections if found.number == number)


def changed(made: Record, name: str, **values: Any) -> Record:
    figures = {**made.figures, name: {**made.figures[name], **values}}
    return replace(made, figures=figures)


def table(found: Section, begins: str) -> Table:
    return next(each for each in found.tables if each.caption.startswith(begins))


LATER = ("residuals", "certainty", "targets")
NEW = ("How sure", "Precision by recall", "The residuals", "The values of", "The classes of")


@pytest.mark.parametrize("name", ["GRU", *KINDS])
def test_a_record_of_before_has_no_such_sections_and_says_so_nowhere(name: str) -> None:
    made = of_kind(name) if name in KINDS else record(name)
    figures = {key: value for key, value in made.figures.items() if key not in LATER}
    sections = document(replace(made, figures=figures)).sections
    assert "7b" not in [found.number for found in sections]
    for found in sections:
        assert not any(each.caption.startswith(NEW) for each in found.tables)
    data = next(found for found in sections if found.number == "9")
    assert data.plots == () and "Gaps filled" not in [row.cells[0] for row in data.tables[0].rows]


# ---- 7b


def told(correlations: list[float], is_left: bool) -> dict[str, Any]:
    return {"correlations": correlations, "count": 400, "bound": 0.098, "chance": 0.001,
            "is_left": is_left}  # fmt: skip


def test_what_is_left_is_said_as_the_check_says_it() -> None:
    left = changed(record(), "residuals", autocorrelation=told([0.1, -0.43, 0.02], True))
    assert section(left, "7b").finding.endswith(
        "They go together with those 2 steps before (correlation −0.430; by chance alone "
        "±0.098): something is left to foretell."
    )
    chance = changed(record(), "residuals", autocorrelation=told([0.09, -0.03, 0.02], False))
    assert section(chance, "7b").finding.endswith(
        "Little is left to foretell: they go together most with those 1 step before (correlation "
        "0.0900; by chance alone ±0.098)."
    )
    none = changed(record(), "residuals", autocorrelation=None)
    assert "left to foretell" not in section(none, "7b").finding
    assert len(section(none, "7b").tables) == len(section(left, "7b").tables) - 1


def test_what_is_more_than_chance_and_of_no_use_is_said_to_be_both() -> None:
    assert OF_USE == LEFT
    little = changed(record(), "residuals", autocorrelation=told([0.1, -0.13, 0.02], False))
    assert section(little, "7b").finding.endswith(
        "Little is left to foretell: they go together with those 2 steps before by more than "
        "chance mostly makes, and by too little to be of use, which begins at 0.2 (correlation "
        "−0.130; by chance alone ±0.098)."
    )
    large = changed(record(), "residuals", autocorrelation=told([0.1, -0.23, 0.02], False))
    finding = section(large, "7b").finding
    assert "Little is left" not in finding and finding.endswith("may, by chance.")


def test_residuals_lean_to_the_side_of_their_mean() -> None:
    values = {"mean": 3.0, "spread": 10.0, "quartiles": [-30.0, -4.0, 3.0, 9.0, 30.0]}
    finding = section(changed(record(), "residuals", **values), "7b").finding
    assert finding.startswith(
        "Half of 1,673 residuals lie between −4.00 and 9.00 [load]; on average too little was "
        "foretold, by 3.00."
    )
    finding = section(changed(record(), "residuals", **values | {"mean": -3.0}), "7b").finding
    assert "too much was foretold, by 3.00" in finding
    finding = section(changed(record(), "residuals", **values | {"mean": -1.0}), "7b").finding
    assert "lean to neither side (mean −1.00)" in finding


def test_every_residual_is_counted_once_in_the_table() -> None:
    for made in (record(), of_kind("panel"), of_kind("text-regression")):
        rows = table(section(made, "7b"), "The residuals in numbers").rows
        counted = sum(int(row.cells[2].replace(",", "")) for row in rows)
        assert counted == made.figures["residuals"]["count"]
    assert "[seasonal naive errors]" in section(of_kind("panel"), "7b").finding


def test_points_that_are_a_part_of_all_are_said_to_be() -> None:
    assert "Of 1,673 residuals 250 are drawn" in section(record(), "7b").plots[0].reading
    assert "are drawn" not in section(of_kind("text-regression"), "7b").plots[0].reading


# ---- 7a and 7d: what is drawn


def test_the_windows_that_are_drawn_are_named() -> None:
    drawn = {"windows": 3, "of_windows": 1_200, "series": "north", "of_series": 7,
             "target": "load", "of_targets": 2}  # fmt: skip
    finding = section(changed(record(), "forecast", drawn=drawn), "7a").plots[0].finding
    assert finding.startswith(
        "In the worst of the last 3 of 1,200 adjoining windows of “north”, one of 7 series "
        "(“load”, one of 2 targets), 2017-"
    )
    assert "overlapping ones too" in section(record(), "7a").plots[1].reading
    finding = section(of_kind("panel"), "7a").plots[0].finding
    assert "worst of the 2 adjoining windows of “load”, one of 414 series, 2017" in finding
    one = drawn | {"windows": 1, "of_windows": 1, "series": None, "of_targets": 1}
    finding = section(changed(record(), "forecast", drawn=one), "7a").plots[0].finding
    assert finding.startswith("In the one window, 2017-")
    made = record()
    data = {key: value for key, value in made.figures["forecast"].items() if key != "drawn"}
    older = section(replace(made, figures={"forecast": data}), "7a").plots[0].finding
    assert older.startswith("In the worst of 48 windows of the holdout, 2017-")


def test_the_worst_example_is_that_of_all_and_not_of_those_drawn() -> None:
    made = of_kind("text-regression")
    few = changed(made, "scatter", of=8_192, median_error=0.5, worst_error=7.25)
    (plot,) = section(few, "7d").plots
    assert plot.finding == "Half of 8,192 examples are off by 0.500 or less, the worst one by 7.25 [load]."  # fmt: skip  # noqa: E501
    assert plot.reading.endswith(" Of 8,192 examples 226 are drawn, the worst one among them.")
    points = {key: made.figures["scatter"][key] for key in ("actual", "foretold")}
    older = replace(made, figures={**made.figures, "scatter": points})
    assert section(older, "7d").plots[0].finding.startswith("Half of 226 examples drawn are off by")


# ---- several targets


def test_all_targets_are_named_and_no_unit_where_they_differ() -> None:
    made = record()
    made = replace(made, data={**made.data, "target": ["load", "price"]},
                   metric={**made.metric, "unit": ""})  # fmt: skip
    found = document(made)
    assert "energy.csv → load, price · forecast" in found.subtitle
    assert found.finalists.columns[1].label == "MAE ↓" and found.boxes[0].value == "39.9"
    facts = dict(row.cells for row in section(made, "9").tables[0].rows)
    assert facts["Target"] == "load, price"
    assert "“load”, one of 2 targets" in section(made, "7b").plots[0].reading
    assert " Over all 2 targets." in table(section(made, "7a"), "Every score").note
    assert "of all targets, the width of" in table(section(made, "7a"), "Bands").note


# ---- 7c


def test_the_classes_that_are_easiest_and_hardest_are_named() -> None:
    curves = [
        {
            "label": name,
            "support": 10,
            "average_precision": area,
            "recall": [0.0, 1.0],
            "precision": [1.0, 0.5],
        }
        for name, area in (("a", 0.75), ("b", 0.25), ("c", 0.5))
    ]
    made = changed(of_kind("nowcast"), "certainty", curves=curves, examples=40)
    precision = section(made, "7c").plots[1]
    assert precision.finding == (
        "Easiest to tell from the others is “a” (average precision 75.0 %), hardest “b” (25.0 %)."
    )
    rows = table(section(made, "7c"), "Precision by recall").rows
    assert rows[0].cells == ("a", "75.0", "50.0", "50.0", "50.0", "50.0", "25.0", "10")


def test_sureness_and_rightness_are_means_over_the_bins() -> None:
    bins = [
        {"low": 0.5, "high": 0.6, "count": 30, "sure": 0.55, "right": 0.5},
        {"low": 0.9, "high": 1.0, "count": 10, "sure": 0.95, "right": 0.9},
    ]
    made = changed(of_kind("nowcast"), "certainty", bins=bins, calibration_error=0.05)
    assert section(made, "7c").plots[2].finding == (
        "On average it is 65.0 % sure and 60.0 % right; how sure an answer is, is off by 5 points "
        "(expected calibration error)."
    )
    rows = table(section(made, "7c"), "How sure").rows
    assert rows[0].cells == ("50 % to 60 %", "30", "55.0", "50.0", "33.2 to 66.8")


def test_precision_is_read_at_the_first_answers_that_reach_a_recall() -> None:
    curve = Recalled("a", 4, 0.1, 0.8, (0.0, 0.25, 0.5, 1.0), (1.0, 1.0, 0.75, 0.5))
    assert [precision_at(curve, recall) for recall in (0.2, 0.5, 0.51)] == [1.0, 0.75, 0.5]


# ---- 9


def test_gaps_that_were_filled_are_a_fact() -> None:
    facts = dict(row.cells for row in section(record(), "9").tables[0].rows)
    assert facts["Gaps filled"] == "31 of 17,420 time steps"
    target = {**record().figures["targets"][0], "missing": 0}
    both = [target, {**target, "name": "price", "missing": 1_204}]
    made = replace(record(), figures={**record().figures, "targets": both})
    facts = dict(row.cells for row in section(made, "9").tables[0].rows)
    assert facts["Gaps filled"] == "load: none; price: 1,204 of 17,420 time steps"
    facts = dict(row.cells for row in section(of_kind("nowcast"), "9").tables[0].rows)
    assert "Without a label" in facts and "Gaps filled" not in facts


def test_values_of_the_target_are_told_in_words() -> None:
    target = {**record().figures["targets"][0], "quartiles": [0.0, 1.0, 2.0, 3.0, 9.0]}
    made = replace(record(), figures={**record().figures, "targets": [target]})
    assert section(made, "9").plots[0].finding == (
        "Half of the values of “load” lie between 1.00 and 3.00, all of them between 0 and 9.00."
    )
    classes = [{"label": "yes", "count": 75}, {"label": "no", "count": 20}]
    shown = {**of_kind("nowcast").figures["targets"][0], "counted": 100, "classes": classes}
    made = of_kind("nowcast")
    made = replace(made, figures={**made.figures, "targets": [shown]})
    assert section(made, "9").plots[0].finding == (
        "The most frequent class of “load” is “yes”, 75 (75 %), the rarest of those shown “no”, "
        "20 (20 %)."
    )


# ---- 12


@pytest.mark.parametrize("name", ["GRU", "INCOMPLETE", *KINDS])
def test_only_words_that_occur_are_explained(name: str) -> None:
    made = of_kind(name) if name in KINDS else record(name)
    found = section(made, "12").tables[-1]
    words = [row.cells[0] for row in found.rows]
    assert words == sorted(words, key=str.lower) and len(words) == len(set(words))
    assert {"fold", "holdout", "margin", "rung", "pair", "finalist", "seed"} <= set(words)
    assert ("average precision" in words) is bool(made.data["classes"])
    assert ("residual" in words) is (made.figures.get("residuals") is not None)
    assert ("perplexity" in words) is (name == "language-model")
    assert set(words) & set(BASELINES) <= {row["name"] for row in made.baselines}
    assert all(row.cells[1].endswith(".") for row in found.rows)


def test_each_word_is_one_plain_sentence() -> None:
    for said in (*WORDS.values(), *BASELINES.values()):
        assert said.endswith(".") and said.count(".") == 1 and said[0].isupper()
