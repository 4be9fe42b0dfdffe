"""What is shown is decided in the Document: findings, boxes, tables and harmless strings."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import Any

import pytest
from report.sample import OUTCOMES, record
from report.sample_kinds import KINDS, of_kind

from autorecur import report
from autorecur.metrics import METRICS
from autorecur.record import Record
from autorecur.report.document import document, harmless
from autorecur.report.parts import Section


def section(made: Record, number: str) -> Section:
    return next(found for found in document(made).sections if found.number == number)


def changed(made: Record, name: str, **values: Any) -> Record:
    return replace(made, **{name: {**getattr(made, name), **values}})


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_first_screen_says_what_the_record_says(outcome: str) -> None:
    made = record(outcome)
    doc = document(made)
    assert doc.title == made.verdict["sentence"]
    assert doc.headline.rstrip(".") in doc.title
    assert doc.symbol == made.verdict["symbol"]
    assert doc.cost == made.verdict["cost"]
    assert len(doc.boxes) == 4
    assert (doc.bar is None) == (outcome == "INCOMPLETE")


@pytest.mark.parametrize("name", [*OUTCOMES, *KINDS])
def test_the_sample_says_what_the_judge_would(name: str) -> None:
    made = of_kind(name) if name in KINDS else record(name)
    verdict = made.verdict
    assert name in KINDS or verdict["outcome"] == name
    assert made.model is not None and verdict["recommended"] == made.model["cell"]
    doc = document(made)
    assert len(doc.headline) <= 120 and doc.lead
    assert f"{doc.headline.removesuffix('.')}: {doc.lead}".lower() == verdict["sentence"].lower()


def test_the_bar_and_the_sentence_are_as_sure_as_each_other() -> None:
    made = of_kind("numeric nowcast")
    assert 0.945 < made.verdict["probability"]["gru_better"] < 0.95
    doc = document(made)
    assert doc.bar is not None and doc.bar.segments[-1].text == "94 %"
    assert "94 % sure" in doc.headline and "94 % of the belief" in section(made, "1").finding


@pytest.mark.parametrize(
    ("fraction", "said"), [(0.005, "0.5 %"), (0.0025, "0.25 %"), (0.015, "1.5 %"), (0.025, "2.5 %")]
)
def test_a_small_margin_does_not_vanish(fraction: float, said: str) -> None:
    made = changed(record(), "verdict", margin={**record().verdict["margin"], "fraction": fraction})
    assert f"({said} of the best baseline error)" in section(made, "12").paragraphs[2]
    assert f"margin {said}" in report.terminal(made)
    points = {**of_kind("nowcast").verdict["margin"], "value": fraction / 2}
    facts = section(changed(of_kind("nowcast"), "verdict", margin=points), "11").tables[0].rows
    assert dict(row.cells for row in facts)["Margin"] == f"{50 * fraction:g} points"


def test_without_a_comparison_a_margin_is_no_amount_and_nothing_is_believed() -> None:
    made = record("INCOMPLETE")
    assert made.verdict["margin"]["value"] == 0
    facts = dict(row.cells for row in section(made, "11").tables[0].rows)
    assert facts["Margin"] == "1 % of the best baseline error"
    told = " ".join(section(made, "12").paragraphs)
    assert "declared before the run, is 1 % of the best baseline error. A difference" in told
    assert "posterior" not in told and "wins" not in told
    whole = " ".join(section(record(), "12").paragraphs)
    assert "posterior" in whole and "0.526 MW (1 % of the best baseline error)" in whole


def test_no_difference_is_for_neither() -> None:
    for made in (record(), of_kind("nowcast")):
        none = {**made.verdict["difference"], "mean": 0.0, "fraction": 0.0}
        lines = document(changed(made, "verdict", difference=none)).boxes[1].lines
        assert lines[1].endswith("for neither")


def test_a_long_table_says_that_it_is_cut() -> None:
    made = record()
    pairs = tuple({**made.duel[0], "seed": seed} for seed in range(201))
    table = section(replace(made, duel=pairs), "1").tables[1]
    assert table.caption.startswith("The 201 pairs") and len(table.rows) == 200
    assert table.note == "The first 200 of 201; the rest is in record.json."
    errors = [1.0] * 300
    steps = {"examples": 9, "model": errors, "other": errors, "baseline": errors}
    far = changed(made, "figures", forecast={**made.figures["forecast"], "steps": steps})
    table = section(far, "7a").tables[-1]
    assert table.note == "The first 200 of 300 steps; the rest is in record.json."
    assert section(made, "7a").tables[-1].note == section(made, "1").tables[1].note == ""


def test_without_a_duel_nothing_is_said_of_its_folds() -> None:
    table = document(record("INCOMPLETE")).finalists
    assert "folds" not in table.note and "holdout" in table.note
    assert table.note.endswith("◀ what was saved.")
    assert document(record()).finalists.note.endswith("◀ what is recommended.")
    other = changed(record(), "verdict", recommended="lstm")
    assert document(other).finalists.note.endswith("◀ what was saved.")


@pytest.mark.parametrize(
    ("outcome", "mark", "finding", "use"),
    [
        ("GRU", "is recommended", "The GRU 2 × 64 is the one to use of the two;", "recommended"),
        ("LEANING", "is recommended", "The GRU 2 × 64 is probably the one to use", "probably, of"),
        ("UNDECIDED", "was saved", "The GRU 2 × 64 is ahead so far; the other", "ahead so far"),
        ("BASELINE_WINS", "is recommended", "Neither of the two is recommended; the GRU", "saved"),
    ],
)
def test_no_more_is_recommended_than_the_outcome_does(
    outcome: str, mark: str, finding: str, use: str
) -> None:
    made = record(outcome)
    assert document(made).finalists.note.endswith(f"◀ what {mark}.")
    found = section(made, "2b")
    assert found.finding.startswith(finding)
    rows = {row.cells[0]: row.cells for row in found.tables[0].rows}
    assert rows["use"][3] == "–" and rows["use"][4].startswith(use)


def test_two_finalists_that_were_not_compared_are_not_recommended() -> None:
    made = record("INCOMPLETE")
    both = (*made.finalists, {**record().finalists[1], "score": None, "spread": None})
    found = section(replace(made, finalists=both), "2b")
    assert found.finding == "The two could not be compared; the GRU 2 × 64 is saved."
    assert found.tables[0].rows[-1].cells[3:] == ("–", "saved")


def test_sizes_of_the_finalists_are_called_what_they_are() -> None:
    found = section(record(), "2b").tables[0]
    rows = {row.cells[0]: row.cells[3:] for row in found.rows}
    assert rows["weights"] == ("51 k, 203 kB", "38 k, 154 kB") and "memory" not in rows
    assert rows["state"] == ("256 numbers", "128 numbers")
    assert section(of_kind("text-regression"), "2b").tables[0].rows[3].cells[4] == "256 numbers"
    assert "performance is that of the duel" in found.note


@pytest.mark.parametrize("outcome", ["GRU", "LSTM", "BASELINE_WINS"])
def test_every_table_marks_the_same_one(outcome: str) -> None:
    made = record(outcome)
    marked = [row.cells[0] for row in document(made).finalists.rows if row.marked]
    assert [row.cells[0] for row in section(made, "7a").tables[0].rows if row.marked] == marked


def test_every_score_has_its_metric_the_better_way_and_its_unit() -> None:
    made = record()
    heads = [column.label for column in section(made, "7a").tables[0].columns]
    assert heads[1:6] == [
        "MAE ↓ [MW]", "RMSE ↓ [MW]", "MSE ↓ [MW²]", "MASE ↓ [×]", "sMAPE ↓ [%]"]  # fmt: skip
    assert "± 0.40 MW" in section(made, "7a").tables[0].note
    regimes = section(made, "2").tables[1]
    assert regimes.columns[4].label == "GRU − LSTM [MW]" and "In MAE ↓" in regimes.note
    points = section(of_kind("nowcast"), "2").tables[1]
    assert points.columns[4].label == "GRU − LSTM [points]"
    goes = "MAE ↓ goes from 43.0 to 40.9 MW (LSTM) and from 42.1 to 41.2 MW (GRU)"
    assert goes in section(made, "6a").finding and "−2.0 % (± 1.4 %" in section(made, "6a").finding
    measured = {row.cells[0]: row.cells for row in section(made, "2b").tables[0].rows}
    assert measured["performance"][-1] == "MAE ↓ 39.2 ± 0.4 MW"
    assert document(made).boxes[0].label == "MAE ↓ on the holdout"
    texts = [column.label for column in section(of_kind("language-model"), "7e").tables[0].columns]
    assert texts[1:] == ["bits per character ↓", "perplexity ↓"]


@pytest.mark.parametrize(
    ("optimism", "said"), [(1.5, "1.5 MW better"), (-0.5, "0.50 MW worse"), (0.0, "as much as")]
)
def test_the_optimism_of_the_search_is_printed(optimism: float, said: str) -> None:
    made = changed(record(), "score", optimism=optimism)
    assert f"it had 38.4 MW, {said}" in section(made, "7a").finding


def test_what_was_never_trained_counts_as_no_training() -> None:
    made = record()
    trials = [dict(trial) for trial in made.trials]
    for at, status in ((0, "skipped"), (1, "skipped"), (2, "beyond")):
        trials[at] |= {"status": status, "score": None, "curve": ()}
    said = section(replace(made, trials=tuple(trials)), "5").finding
    assert said.startswith("21 trainings of 20 candidates: 10 with LSTM cells and 11 with GRU")
    assert "2 more were skipped for want of time. 1 more was left out, as no smaller" in said


def test_sections_are_questions_with_findings_and_unique_anchors() -> None:
    sections = document(record()).sections
    assert [found.number for found in sections] == [
        *("1", "2", "2a", "2b", "3", "4", "5", "6", "6a"),
        *("7a", "7b", "8", "9", "10", "11", "12"),
    ]
    assert len({found.anchor for found in sections}) == len(sections)
    for found in sections:
        assert found.heading.endswith("?")
        assert found.finding.endswith(".")


ANSWERS = {
    "sequence-classification": ("7c", "What does it confuse?"),
    "text-classification": ("7c", "What does it confuse?"),
    "many classes": ("7c", "What does it confuse?"),
    "nowcast": ("7c", "What does it confuse?"),
    "text-regression": ("7d", "How far off is it?"),
    "language-model": ("7e", "How well does it foretell the next character?"),
    "panel": ("7a", "How good are its forecasts?"),
    "sequence-regression": ("7d", "How far off is it?"),
    "numeric nowcast": ("7d", "How far off is it?"),
    "several targets": ("7a", "How good are its forecasts?"),
    "one seed": ("7a", "How good are its forecasts?"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_own_answer_and_no_other(kind: str) -> None:
    sections = document(of_kind(kind)).sections
    expected = [ANSWERS[kind]]
    if kind in ("text-regression", "panel"):
        expected = sorted([*expected, ("7b", "Is anything left in the residuals?")])
    assert [(s.number, s.heading) for s in sections if s.number.startswith("7")] == expected
    for found in sections:
        assert found.heading.endswith("?") and found.finding.endswith(".")


def test_accuracy_is_in_per_cent_and_its_differences_in_points() -> None:
    doc = document(of_kind("sequence-classification"))
    score, difference = doc.boxes[:2]
    assert (score.label, score.value) == ("accuracy ↑ on the holdout", "97.3 %")
    assert score.lines[1] == "in the duel ± 0.4 points between seeds, of one fold's score"
    assert score.lines[2:] == ("random kernels 96.2 %", "1.1 points better")
    assert difference.value.endswith(" points") and difference.lines[1] == "for the GRU"
    assert doc.finalists.columns[1].label == "accuracy ↑ [%]"
    assert [row.cells[1] for row in doc.finalists.rows] == [
        "97.3 ± 0.4", "96.2", "95.1 ± 0.4", "92.1", "11.0"]  # fmt: skip
    assert doc.finalists.rows[0].cells[3] == "+1.1 points"
    margin = dict(row.cells for row in section(of_kind("nowcast"), "11").tables[0].rows)["Margin"]
    assert margin == "0.5 points"


def test_bits_and_scaled_errors_carry_their_unit() -> None:
    bits, scaled = document(of_kind("language-model")), document(of_kind("panel"))
    assert (bits.boxes[0].label, bits.boxes[0].value) == (
        "bits per character ↓ on the holdout", "2.36 bits")  # fmt: skip
    assert "has 2.36 bits per character, 6.3 % better than 5-gram" in section(
        of_kind("language-model"), "7e").finding  # fmt: skip
    assert bits.use[0].startswith("autorecur generate ")
    assert (scaled.boxes[0].label, scaled.boxes[0].value) == ("MASE ↓ on the holdout", "1.02 ×")
    assert "1 % of the best baseline error" in section(of_kind("panel"), "12").paragraphs[2]


def ways(**settled: str | None) -> list[dict[str, Any]]:
    """Other ways to be fair, and what each settles."""
    regime = record().verdict["regimes"][0]
    return [
        {**regime, "name": name.replace("_", " "), "settled": each}
        for name, each in settled.items()
    ]


def test_other_ways_to_be_fair_are_told_where_they_say_otherwise() -> None:
    apart = ways(equal_width=None, equal_parameters="lstm", equal_seconds=None)
    assert section(changed(record(), "verdict", regimes=apart), "2").finding.endswith(
        " At equal width and equal seconds it would be undecided; at equal parameters the LSTM "
        "would be the better one."
    )
    alike = {"GRU": "gru", "LSTM": "lstm", "EQUIVALENT": "equivalent", "LEANING": None,
             "UNDECIDED": None, "BASELINE_WINS": None}  # fmt: skip
    for outcome, settled in alike.items():
        same = changed(record(outcome), "verdict", regimes=ways(equal_width=settled))
        assert "equal width" not in section(same, "2").finding, outcome
    made = changed(record("LEANING"), "verdict", regimes=ways(equal_width="equivalent"))
    assert "At equal width the two would be equally good." in section(made, "2").finding
    clear = {"probability": record().verdict["probability"], "regimes": ways(equal_width="gru")}
    beaten = changed(record("BASELINE_WINS"), "verdict", **clear)
    assert "equal width the GRU would be" in section(beaten, "2").finding
    clear["difference"] = record().verdict["difference"]
    beaten = changed(record("BASELINE_WINS"), "verdict", **clear)
    assert "equal width" not in section(beaten, "2").finding


def test_a_plateau_is_no_gain() -> None:
    made = record()
    flat = tuple({**trial, "curve": (3.0, 2.0, 2.0)} for trial in made.trials)
    assert section(replace(made, trials=flat), "6").finding.startswith("0 of the 4 trainings")


def test_equal_scores_are_no_difference() -> None:
    made = of_kind("nowcast")
    same = [{**row, "holdout": 0.9741} for row in made.baselines]
    doc = document(replace(made, baselines=tuple(same)))
    assert doc.boxes[0].lines[-1] == "as good"


def test_precision_and_recall_are_those_of_the_matrix() -> None:
    table = section(of_kind("nowcast"), "7c").tables[1]
    assert [column.label for column in table.columns] == [
        "Class", "Precision ↑ [%]", "Recall ↑ [%]", "F1 ↑ [%]",
        "Recall of boosting on lags ↑ [%]", "Support"]  # fmt: skip
    assert table.rows[0].cells == ("load", "99.0", "97.5", "98.2", "96.4", "1,235")
    assert table.rows[1].cells == ("occupied", "93.0", "97.2", "95.0", "95.3", "423")


def test_a_class_that_is_never_true_or_never_foretold_has_no_share() -> None:
    made = of_kind("nowcast")
    classes = {"labels": ("a", "b", "c"), "matrix": ((5, 1, 0), (2, 3, 0), (0, 0, 0)),
               "baseline_matrix": None}  # fmt: skip
    shown = replace(made, figures={**made.figures, "classes": classes})
    rows = {row.cells[0]: row.cells[1:] for row in section(shown, "7c").tables[1].rows}
    assert rows["c"] == ("–", "–", "–", "0")
    perfect = {**classes, "matrix": ((5, 0, 0), (0, 3, 0), (0, 0, 0))}
    shown = replace(made, figures={**made.figures, "classes": perfect})
    assert section(shown, "7c").plots[0].finding == "No mistake among 8 examples."


def test_the_worst_errors_are_the_users_own_texts() -> None:
    table = section(of_kind("text-classification"), "7c").tables[2]
    assert table.caption == "The worst errors on the holdout, the surest first"
    assert len(table.rows) == 10 and "(an empty text)" in {row.cells[0] for row in table.rows}
    numbers = section(of_kind("text-regression"), "7d").tables[1]
    assert [column.label for column in numbers.columns] == [
        "Text", "Actual [load]", "Foretold [load]"]  # fmt: skip


def test_a_long_list_of_values_is_cut() -> None:
    table = section(of_kind("nowcast"), "9").tables[1]
    assert table.columns[-1].label == "Values"
    assert table.rows[-1].cells[-1] == "a, b, c, d, e, f, g, h, i, j, k, l … and 4 more"


def test_parts_of_drawn_examples_are_counted_and_not_placed() -> None:
    data = section(of_kind("text-classification"), "9")
    assert data.finding.startswith("5,452 documents of 54,310 words in 2 columns of table.csv.")
    assert [column.label for column in data.tables[-1].columns] == ["Part", "Documents"]
    assert data.bar is not None and data.bar.legend[-1].text == "1,090 documents"
    assert "drawn" in data.reading
    panel = section(of_kind("panel"), "9")
    assert "drawn" not in panel.reading and "of all series" in panel.reading
    assert [column.label for column in panel.tables[-1].columns] == ["Part", "Rows"]
    counted = section(record(), "9").tables[-1].columns
    assert [column.label for column in counted][:3] == ["Part", "First row", "Last row"]


def test_a_skipped_training_is_none_and_options_are_named() -> None:
    tried = section(of_kind("text-classification"), "5")
    assert tried.finding.startswith("23 trainings of 21 candidates: 12 with LSTM cells and 11 with")
    assert "1 more was skipped for want of time." in tried.finding
    labels = [column.label for column in tried.tables[0].columns]
    assert "Options" in labels and "Normalisation" not in labels
    at = labels.index("Options")
    assert tried.tables[0].rows[0].cells[at] == "max pooling, both directions, embedding 64"
    assert "Options" not in [column.label for column in section(record(), "5").tables[0].columns]


def test_the_recommended_one_is_marked_and_only_that() -> None:
    for outcome, expected in [("GRU", "GRU 2 × 64"), ("LSTM", "LSTM 2 × 64"),
                              ("BASELINE_WINS", "seasonal naive")]:  # fmt: skip
        rows = document(record(outcome)).finalists.rows
        assert [row.cells[0] for row in rows if row.marked] == [expected]


def test_finalists_and_baselines_stand_best_first_in_either_direction() -> None:
    rows = document(record()).finalists.rows
    assert [row.cells[0] for row in rows][:3] == ["GRU 2 × 64", "LSTM 2 × 64", "seasonal naive"]
    upwards = document(changed(record(), "metric", better="higher")).finalists.rows
    assert upwards[0].cells[0] == "drift"
    assert [row.cells[0] for row in upwards][-1] == "GRU 2 × 64"


def test_without_a_duel_the_holdout_ranks() -> None:
    doc = document(record("INCOMPLETE"))
    assert doc.finalists.rows[0].cells[0] == "GRU 2 × 64"
    assert "holdout" in doc.finalists.columns[2].label and "MAE" in doc.finalists.columns[2].label
    assert doc.finalists.rows[0].cells[3] == "−25 %"


def test_the_ledger_adds_up_and_the_bars_fill_the_limit() -> None:
    made = record()
    budget = section(made, "4")
    assert budget.track is not None
    ends = [segment.start + segment.length for segment in budget.track.segments]
    starts = [segment.start for segment in budget.track.segments]
    assert starts[1:] == pytest.approx(ends[:-1])
    assert ends[-1] == pytest.approx(1.0)
    assert budget.track.segments[-1].kind == "rest"
    assert budget.tables[0].rows[-1].cells[3] == "100 %"


def test_what_went_past_the_limit_is_shown_as_such() -> None:
    made = changed(record(), "budget", limit_seconds=400.0)
    budget = section(made, "4")
    assert budget.track is not None and budget.track.limit is not None
    assert budget.track.limit < 0.7
    pieces = {piece.label: piece for piece in budget.track.segments}
    assert [name for name in pieces if pieces[name].beyond] == ["duel", "refit", "report"]
    duel, report = pieces["duel"], pieces["report"]
    assert duel.start + duel.length - duel.beyond == pytest.approx(budget.track.limit)
    assert report.beyond == report.length
    past = sum(piece.beyond for piece in budget.track.segments) * made.budget["spent_seconds"]
    assert past == pytest.approx(made.budget["spent_seconds"] - 400)
    assert "It went 3 min 1 s past the limit." in budget.finding
    assert "rest" not in {piece.kind for piece in budget.track.segments}


@pytest.mark.parametrize(
    ("ended_by", "reason"),
    [
        ("time", "19 s were left over: the search had used up its time"),
        ("a clear comparison", "19 s were left over: the comparison was clear"),
        ("what nobody foresaw", "19 s were left over: it was ended by what nobody foresaw."),
    ],
)
def test_what_was_left_is_said_with_its_reason(ended_by: str, reason: str) -> None:
    assert reason in section(changed(record(), "budget", ended_by=ended_by), "4").finding
    counted = changed(record(), "budget", limit_seconds=None, ended_by="trainings")
    assert "It ended because the trainings were used up." in section(counted, "4").finding


def test_what_the_workers_did_is_shown_where_the_record_knows_it() -> None:
    uses = {"compile": 10.0, "steps": 60.0, "validation": 20.0, "other": 5.0, "waiting": 5.0}
    idle = dict.fromkeys(uses, 0.0) | {"waiting": 9.0}
    stages = [{"stage": "reading", **idle}, {"stage": "search", **uses}]
    budget = section(changed(record(), "budget", workers=stages), "4")
    (table,) = [table for table in budget.tables if "workers" in table.caption]
    assert [row.cells[0] for row in table.rows] == ["search", "together"]
    assert table.rows[0].cells[1:] == ("1 min", "20 s", "10 s", "5.0 s", "5.0 s")
    assert table.rows[1].cells[5] == "14 s"
    lost = [{**stages[0], "start-up": 4.0, "lost": 0.0}, {**stages[1], "lost": 60.0}]
    budget = section(changed(record(), "budget", workers=lost), "4")
    (table,) = [table for table in budget.tables if "workers" in table.caption]
    assert [column.label for column in table.columns][-3:] == ["Starting", "On failures", "Waiting"]
    assert table.rows[0].cells[-3:] == ("4.0 s", "0 s", "9.0 s")
    assert table.rows[2].cells[-3:] == ("4.0 s", "1 min", "14 s")
    assert not [table for table in section(record(), "4").tables if "workers" in table.caption]


def test_the_limits_of_the_model_are_among_what_it_was_made_with() -> None:
    limits = {"parameters": 500, "bytes": None, "latency_ms": None, "text": "at most 500 weights"}
    made = section(changed(record(), "budget", limits=limits), "11")
    assert ("Limits", "at most 500 weights") in [row.cells for row in made.tables[0].rows]
    plain = section(record(), "11").tables[0].rows
    assert "Limits" not in [row.cells[0] for row in plain]


def test_a_command_is_not_cut_and_what_it_lacks_is_said() -> None:
    columns = " ".join(f"--known 'column {at} of a very wide table'" for at in range(200))
    long = f"autorecur fit table.csv {columns} --seed 7"
    assert len(long) > 5_000
    again = section(changed(record(), "run", command=long), "11")
    assert again.code == (long,) and "cut" not in again.finding
    again = section(changed(record(), "run", command="x" * 30_000), "11")
    assert "It is cut here; record.json has the whole of it." in again.finding
    lacks = ("the table, a DataFrame, for which TABLE stands", "the oracle", "the executor")
    made = changed(changed(record(), "run", lacks=lacks), "budget", limit_seconds=None)
    said = section(made, "11").finding
    assert "the same question makes the same record again" in said
    assert said.endswith("it lacks the table, a DataFrame, for which TABLE stands, the oracle and "
                         "the executor.")  # fmt: skip
    assert "lacks" not in section(record(), "11").finding


def test_the_lines_to_use_a_run_hold_its_whole_folder() -> None:
    folder = "/home/somebody/" + "a rather long folder/" * 12 + "energy"
    made = replace(record(), run={**record().run, "name": folder})
    use = document(made).use
    assert shlex.split(use[0]) == ["autorecur", "predict", folder, "new.csv"]
    assert use[1] == f"autorecur.load({folder!r}).predict(table)"
    assert use[2] == f"keras.models.load_model({folder + '/model.keras'!r})"
    facts = dict(row.cells for row in section(made, "11").tables[0].rows)
    assert "…" in facts["Run"] and len(facts["Run"]) < 220


def test_a_budget_in_trainings_has_no_limit_line() -> None:
    made = changed(record(), "budget", limit_seconds=None, text="40trainings")
    budget = section(made, "4")
    assert budget.track is not None and budget.track.limit is None
    assert "of 40trainings" in document(made).boxes[2].lines
    assert "same record again" in section(made, "11").finding


def test_trials_are_ranked_within_rungs_and_capped() -> None:
    tried = section(record(trials=260), "5")
    assert [len(table.rows) for table in tried.tables][:2] == [10, 200]
    assert tried.tables[1].folded and "60 trainings" in tried.tables[1].note
    rungs = [int(row.cells[1].split()[0]) for row in tried.tables[1].rows]
    assert rungs == sorted(rungs, reverse=True)
    assert "diverged" in tried.finding


def test_the_difference_names_the_side_that_the_metric_favours() -> None:
    assert document(record()).boxes[1].lines[1] == "−3.2 % of the best baseline error, for the GRU"
    upwards = changed(record(), "metric", better="higher")
    assert "for the LSTM" in document(upwards).boxes[1].lines[1]
    assert section(record(), "1").finding.startswith("The GRU was better in")
    assert section(upwards, "1").finding.startswith("The LSTM was better in")


def test_the_split_keeps_its_gaps_and_joins_its_duel_folds() -> None:
    made = record()
    parts = [{"part": f"duel {at}", "first": 14_000 + 200 * at, "last": 14_150 + 200 * at,
              "begin": None, "end": None} for at in range(4)]  # fmt: skip
    parts.insert(0, {"part": "train", "first": 0, "last": 13_000, "begin": None, "end": None})
    bar = section(changed(made, "data", split={"sentence": "So.", "parts": parts}), "9").bar
    assert bar is not None
    assert [entry.label for entry in bar.legend] == ["train", "duel 0 … duel 3"]
    assert sum(segment.kind == "gap" for segment in bar.segments) == 4


def test_no_score_is_negative_and_nothing_is_not_a_number() -> None:
    for outcome in OUTCOMES:
        for row in document(record(outcome)).finalists.rows:
            assert not row.cells[1].startswith(("-", "−"))
            assert not any("nan" in cell or "None" in cell for cell in row.cells)


@pytest.mark.parametrize("name", ["model", "difference", "forecast"])
def test_what_is_missing_is_said_and_does_not_break(name: str) -> None:
    made = record()
    if name == "model":
        made = replace(made, model=None, finalists=(), figures={"forecast": None})
        assert document(made).use == ()
        assert "No forecasts" in section(made, "7a").finding
    elif name == "difference":
        made = changed(made, "verdict", difference=None, probability=None)
        assert section(made, "1").plots == ()
        assert document(made).boxes[1].value == "–"
    else:
        made = replace(made, figures={})
        assert section(made, "7a").plots == ()


def test_every_string_of_the_record_is_cut_and_visible() -> None:
    made = record(name="a\x1b[31m\u202eb" + "x" * 10_000)

    def strings(value: Any) -> Any:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for key, item in value.items():
                yield key
                yield from strings(item)
        elif isinstance(value, tuple):
            for item in value:
                yield from strings(item)

    cleaned = harmless(made)
    # What is cut does not work as a command: these two have limits that no real one comes near.
    commands = {cleaned.run["name"]: 4096, cleaned.run["command"]: 20_000}
    found = list(strings(vars(cleaned)))
    assert len(found) > 500
    assert all(text.isprintable() for text in found)
    assert all(len(text) <= commands.get(text, 1000) for text in found)
    assert any("⟨1B⟩[31m⟨202E⟩b" in text for text in found)


def test_a_network_is_marked_as_chosen_only_where_one_is_recommended() -> None:
    for outcome, marked in (("GRU", ["GRU 2 × 64"]), ("BASELINE_WINS", [])):
        front, points = section(record(outcome), "3").tables
        assert [row.cells[0] for row in front.rows if row.marked] == marked
        assert [row.cells[0] for row in points.rows if row.marked] == 2 * marked
        assert "saved network is the GRU 2 × 64" in section(record(outcome), "3").plots[0].finding


def test_what_is_far_from_the_networks_is_in_the_table_alone() -> None:
    points = section(record(), "3").tables[1].rows
    assert [row.cells[0] for row in points][-2:] == ["naive", "drift"]
    assert (
        section(record("INCOMPLETE"), "3").plots[0].finding.startswith("On the holdout the saved")
    )


def test_trials_of_older_records_have_no_weights_and_are_shown() -> None:
    made = record()
    older = [{k: v for k, v in trial.items() if k != "parameters"} for trial in made.trials]
    table = section(replace(made, trials=tuple(older)), "5").tables[-1]
    assert {row.cells[3] for row in table.rows} == {"–"}
    assert "–" not in {row.cells[3] for row in section(made, "5").tables[-1].rows}


# Of a table of scores: what says how sure they are, or that nothing more is known of them.
SPREADS = ("±", "one score", "one training", " pairs", "95 %", "By chance", "decides no verdict")
TITLES = sorted({metric.title for metric in METRICS.values()}, key=len, reverse=True)


@pytest.mark.parametrize("name", [*OUTCOMES, *KINDS])
def test_every_score_has_its_better_way_its_unit_and_its_spread(name: str) -> None:
    """In every table: a column that is named by a metric, and a table whose caption is."""
    made = record(name) if name in OUTCOMES else of_kind(name)
    shown = document(made)
    tables = [shown.finalists, *(table for part in shown.sections for table in part.tables)]
    scored = 0
    for table in tables:
        told = [table.caption, *(column.label for column in table.columns)]
        named = [text for text in told if re.match(rf"({'|'.join(TITLES)})\b", text)]
        named += [text for text in told if "curves in numbers" in text or " pairs: " in text]
        for label in named:
            scored += 1
            assert re.search(r"[↑↓]", label), label
            unit = "[" in label or "bits" in label or "standardised" in label
            assert unit or "perplexity" in label or not made.metric["unit"], label
        if named or any("↓" in text or "↑" in text for text in told):
            cells = [cell for row in table.rows for cell in row.cells]
            said = " ".join((*told, table.note, *cells)).lower()
            assert any(word.lower() in said for word in SPREADS), table.caption
        for place, column in enumerate(table.columns):
            if "↓" in column.label or "↑" in column.label:
                assert not any(row.cells[place].startswith(("-", "−")) for row in table.rows)
    assert scored >= 4
