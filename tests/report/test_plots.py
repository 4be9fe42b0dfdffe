"""The figures of the search, as data: what is in them, what is not, and what is never compared."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import Any

import pytest
from report.sample import OUTCOMES, record
from report.sample_kinds import of_kind

from autorecur.record import Record
from autorecur.report import figures
from autorecur.report.plots.curves import LINES, curves_info, spaced
from autorecur.report.plots.fidelity import FIDELITIES, fidelity
from autorecur.report.plots.price import PriceInfo, price_info
from autorecur.report.plots.spent import spent_info
from autorecur.report.plots.timeline import MOST, TimelineInfo, timeline_info
from autorecur.report.plots.tried import TriedInfo, size_name, tried_info
from autorecur.report.plots.variations import JUDGED, variations_info


def trial(made: Record, **values: Any) -> dict[str, Any]:
    """A trial like the record's first, but for `values`; depth and width are its candidate's."""
    first = dict(made.trials[0])
    sizes = {name: values.pop(name) for name in ("depth", "width") if name in values}
    cell = values.get("cell", first["cell"])
    return {**first, **values, "candidate": {**first["candidate"], **sizes, "cell": cell}}


def of_trials(*trials: dict[str, Any]) -> Record:
    return replace(record(), trials=trials)


# ---- when trainings ran


def ran(begin: float, end: float, **more: Any) -> dict[str, Any]:
    asked = {"stage": "search", "cell": "gru", "title": "GRU 1 × 8", "seed": 1}
    times = {"ended_seconds": end, "seconds": end - begin}
    return {**asked, "status": "finished", **times, **more}


def when(*rows: dict[str, Any], workers: int = 2) -> TimelineInfo | None:
    made = record()
    return timeline_info(
        replace(
            made,
            budget={**made.budget, "timeline": rows},
            environment={**made.environment, "workers": workers},
        )
    )


def test_trainings_that_follow_each_other_share_a_lane() -> None:
    info = when(ran(0, 4), ran(0, 6), ran(3.9, 8), ran(6.1, 9), ran(9, 10))
    assert info is not None and info.lanes == 2
    assert [(each.begin, each.lane) for each in info.ran] == [
        (0, 0), (0, 1), (4, 0), (pytest.approx(6.1), 1), (9, 1),
    ]  # fmt: skip
    assert info.busy == pytest.approx((4 + 6 + 4 + 2.9 + 1) / 20)


def test_a_plain_network_is_drawn_too_and_told_apart() -> None:
    info = when(ran(0, 4), ran(4, 5, cell="rnn", title="SimpleRNN 1 × 8", stage="refit"))
    assert info is not None and [each.cell for each in info.ran] == ["gru", "rnn"]
    drawn = {
        cell: figures.draw(replace(info, ran=info.ran[at : at + 1]))
        for at, cell in enumerate(("gru", "rnn"))
    }
    assert "var(--gru)" in drawn["gru"] and "var(--baseline)" not in drawn["gru"]
    assert "var(--baseline)" in drawn["rnn"] and "var(--gru)" not in drawn["rnn"]


def test_no_more_lanes_are_drawn_than_there_are_workers() -> None:
    info = when(ran(0, 4), ran(1, 6), ran(2, 8), workers=1)
    assert info is not None and info.lanes == 1
    assert "worker 1" in figures.draw(info)  # a single row has room, with the names around it
    assert [(each.begin, each.end) for each in info.ran] == [(0, 4), (4, 6), (6, 8)]


def test_of_many_trainings_the_longest_are_drawn() -> None:
    info = when(*(ran(at, at + 0.5 + at / 1000) for at in range(300)))
    assert info is not None and info.of == 300 and len(info.ran) == MOST
    assert min(each.begin for each in info.ran) == 300 - MOST


def test_an_older_record_does_not_tell_when_trainings_ran() -> None:
    made = record()
    older = {name: value for name, value in made.budget.items() if name != "timeline"}
    assert timeline_info(replace(made, budget=older)) is None and when() is None
    info = timeline_info(made)
    assert info is not None and [name for name, _ in info.stages] == ["search", "duel", "refit"]
    assert sum(each.came_to_nothing for each in info.ran) == 2


# ---- learning curves


def test_curves_show_the_highest_rungs_and_the_median_of_the_rest() -> None:
    made = record(trials=100)
    info = curves_info(made)
    assert info is not None
    assert sum(len(panel.curves) for panel in info.panels) == LINES
    curves = [each for each in made.trials if len(each["curve"]) > 1]
    assert info.hidden == len(curves) - LINES
    assert [panel.rung for panel in info.panels] == [0, 1, 2]
    assert all(curve.promoted for curve in info.panels[2].curves)
    low = info.panels[0]
    shown = {curve.points[-1][1] for curve in low.curves}
    hidden = [each["curve"] for each in curves if each["rung"] == 0]
    hidden = [curve for curve in hidden if curve[-1] not in shown]
    assert low.hidden == len(hidden) > 10
    assert low.median[0] == (1, pytest.approx(median(curve[0] for curve in hidden)))


def test_nothing_is_hidden_where_all_have_room() -> None:
    info = curves_info(record())
    assert info is not None and info.hidden == 0
    assert all(panel.median == () for panel in info.panels)


def test_a_candidate_that_is_met_again_higher_up_was_promoted() -> None:
    made = record()
    low = trial(made, rung=0, top=False, curve=(3.0, 2.0))
    high = trial(made, rung=1, top=False, curve=(2.0, 1.0))
    info = curves_info(of_trials(low, high))
    assert info is not None
    assert [panel.curves[0].promoted for panel in info.panels] == [True, False]


def test_a_long_curve_keeps_its_ends_and_its_evaluations() -> None:
    points = spaced([float(at) for at in range(500)])
    assert len(points) == 60
    assert points[0] == (1, 0.0) and points[-1] == (500, 499.0)
    assert all(number == value + 1 for number, value in points if value is not None)


# ---- what accuracy costs


def priced(made: Record) -> PriceInfo:
    info = price_info(made)
    assert info is not None
    return info


def test_only_full_trainings_have_a_price() -> None:
    made = record(trials=100)
    full = [each for each in made.trials if each["top"] and each["score"] is not None]
    info = priced(made)
    assert sorted(point.score for point in info.tried) == sorted(each["score"] for each in full)
    lowest = min(each["score"] for each in made.trials if each["score"] is not None)
    cheat = trial(made, top=False, rung=1, score=lowest / 2, seconds=0.1, pair=999)
    assert priced(replace(made, trials=(*made.trials, cheat))).tried == info.tried


def test_a_price_counts_the_rungs_below() -> None:
    made = record()
    steps = [
        trial(made, pair=5, rung=rung, top=rung == 2, seconds=seconds, score=40.0, cell=cell)
        for cell, factor in (("lstm", 1), ("gru", 2))
        for rung, seconds in enumerate((1.0 * factor, 3.0 * factor, 9.0 * factor))
    ]
    points = {point.cell: point.seconds for point in priced(of_trials(*steps)).tried}
    assert points == {"lstm": 13.0, "gru": 26.0}
    alone = trial(made, pair=None, rung=2, top=True, seconds=9.0)
    assert [point.seconds for point in priced(of_trials(alone)).tried] == [9.0]


@pytest.mark.parametrize(
    ("better", "front"), [("lower", ["a", "c", "e"]), ("higher", ["a", "b", "d"])]
)
def test_the_front_is_what_no_quicker_one_is_as_good_as(better: str, front: list[str]) -> None:
    made = replace(record(), metric={**record().metric, "better": better})
    told = (
        ("a", 1.0, 50.0),
        ("b", 2.0, 51.0),
        ("c", 3.0, 45.0),
        ("d", 4.0, 52.0),
        ("e", 5.0, 40.0),
    )
    trials = [
        trial(made, pair=at, rung=2, top=True, seconds=seconds, score=score, width=at + 1)
        for at, (_, seconds, score) in enumerate(told)
    ]
    info = priced(replace(made, trials=tuple(trials)))
    assert [told[int(point.title.split()[-1]) - 1][0] for point in info.front] == front


def test_equal_scores_at_an_equal_price_are_one_member_of_the_front() -> None:
    made = record()
    twins = [trial(made, pair=at, rung=2, top=True, seconds=5.0, score=40.0) for at in (1, 2)]
    assert len(priced(of_trials(*twins)).front) == 1


def test_one_point_of_each_panel_is_the_chosen_one() -> None:
    info = priced(record(trials=60))
    for points in (info.tried, info.finalists):
        assert [point.title for point in points if point.chosen] == ["GRU 2 × 64"]
    assert [point.spread for point in info.finalists] == pytest.approx([0.4, 0.4], abs=0.15)
    assert info.baselines[0] == ("seasonal naive", 52.6)


def test_finalists_and_baselines_share_their_rows() -> None:
    without = priced(record("INCOMPLETE"))
    assert without.where == "holdout"
    assert without.finalists[0].score == 39.9
    assert without.baselines[0][1] == pytest.approx(53.2)
    assert priced(record()).where == "duel"


def test_shares_are_priced_in_per_cent() -> None:
    info = priced(of_kind("sequence-classification"))
    assert info.label == "accuracy [%]"
    assert all(50 < point.score < 100 for point in (*info.tried, *info.finalists))
    assert info.baselines[0][0] == "random kernels"


def test_without_a_full_training_and_a_finalist_nothing_has_a_price() -> None:
    made = record()
    none = tuple({**each, "top": False} for each in made.trials)
    assert price_info(replace(made, trials=none, finalists=())) is None
    left = price_info(replace(made, trials=none))
    assert left is not None and left.tried == () and "<svg" in figures.draw(left)


@pytest.mark.parametrize("score", [0.0, -3.0, 1e-12, 1e12, 1e200])
@pytest.mark.parametrize("seconds", [1e-3, 1.0, 9e4])
def test_any_score_at_any_price_can_be_drawn(score: float, seconds: float) -> None:
    made = record()
    few = [
        trial(made, pair=at, rung=2, top=True, seconds=seconds * (at + 1), score=score * at)
        for at in range(3)
    ]
    info = priced(replace(of_trials(*few), finalists=(), baselines=()))
    assert len(info.tried) == 3 and info.finalists == ()
    for changed in (info, replace(info, tried=info.tried[:1], finalists=info.tried[1:])):
        assert "nan" not in figures.draw(changed).lower()


# ---- what the search trained for


def test_the_search_is_split_without_remainder() -> None:
    made = of_kind("text-classification")
    info = spent_info(made)
    assert info is not None
    assert info.seconds == pytest.approx(sum(each["seconds"] for each in made.trials))
    assert sum(part.trainings for part in info.parts) == len(made.trials) - 1, "one was skipped"
    assert [part.fidelity for part in info.parts[::2]] == list(FIDELITIES)
    assert [part.cell for part in info.parts[:2]] == ["lstm", "gru"]
    assert spent_info(replace(made, trials=())) is None


@pytest.mark.parametrize("rung", [0, 1, 2])
def test_a_top_rung_is_full_whatever_its_number(rung: int) -> None:
    assert fidelity({"top": True, "rung": rung}) == "full"
    assert fidelity({"top": False, "rung": rung}) != "full"


# ---- what was tried


def tried(made: Record) -> TriedInfo:
    info = tried_info(made)
    assert info is not None
    return info


def test_a_size_shows_the_best_of_its_highest_fidelity() -> None:
    made = record()
    info = tried(
        of_trials(
            trial(made, depth=1, width=8, rung=0, top=False, score=30.0),
            trial(made, depth=1, width=8, rung=2, top=True, score=45.0, parameters=7),
            trial(made, depth=1, width=8, rung=2, top=True, score=50.0),
            trial(made, depth=2, width=8, rung=2, top=True, score=40.0),
            trial(made, depth=2, width=16, rung=1, top=False, score=20.0),
            trial(made, depth=2, width=16, rung=1, top=False, score=None, status="diverged"),
            trial(made, depth=1, width=16, rung=0, top=False, score=None, status="skipped"),
        )
    )
    assert (info.depths, info.widths) == (("1", "2"), ("8", "16"))
    small, deep, wide = info.sizes
    assert (small.fidelity, small.score, small.parameters, small.trainings) == ("full", 45.0, 7, 3)
    assert (small.shade, deep.shade, wide.shade) == (0.0, 1.0, None)
    assert [size.best for size in info.sizes] == [False, True, False]
    assert (wide.fidelity, wide.score) == ("middle rung", 20.0)


def test_a_failed_full_training_hides_no_score() -> None:
    made = record()
    info = tried(
        of_trials(
            trial(made, width=8, rung=1, top=False, score=41.0),
            trial(made, width=8, rung=2, top=True, score=None, status="diverged"),
            trial(made, width=16, rung=2, top=True, score=None, status="diverged"),
        )
    )
    assert [(size.fidelity, size.score) for size in info.sizes] == [
        ("middle rung", 41.0),
        ("full", None),
    ]
    assert all(size.shade is None and not size.best for size in info.sizes)
    assert "<svg" in figures.draw(info)


def test_both_cells_share_one_scale() -> None:
    sizes = [size for size in tried(record(trials=100)).sizes if size.shade is not None]
    ordered = sorted(sizes, key=lambda size: size.score or 0.0)
    shades = [size.shade for size in ordered]
    assert shades == sorted(shades, reverse=True) and shades[0] == 1.0 and shades[-1] == 0.0
    assert sum(size.best for size in sizes) == 2 and {size.cell for size in sizes} == {
        "lstm",
        "gru",
    }
    upwards = tried(of_kind("sequence-classification")).sizes
    best = max((s for s in upwards if s.shade is not None), key=lambda size: size.score or 0.0)
    assert best.shade == 1.0 and best.best


@pytest.mark.parametrize("widths", [1, 2, 6, 7, 10, 11, 40])
def test_a_grid_of_any_width_holds_every_size(widths: int) -> None:
    made = record()
    trials = [
        trial(made, cell=cell, depth=1 + at % 2, width=8 + at, rung=2, top=True, score=40.0 + at)
        for at in range(widths)
        for cell in ("lstm", "gru")
    ]
    info = tried_info(of_trials(*trials))
    if widths == 1:
        assert info is None, "one size makes no map"
        return
    assert info is not None
    assert len(info.widths) == min(widths, 10)
    assert sum(size.trainings for size in info.sizes) == 2 * widths
    assert info.widths[0].startswith("8") and info.widths[-1].endswith(str(7 + widths))
    assert size_name(info, info.sizes[0]).startswith("GRU 1 × 8")
    assert "<svg" in figures.draw(info)


# ---- variations


def test_the_difference_of_a_variation_is_that_of_what_is_left() -> None:
    made = record()
    other = {"name": "by RMSE", "outcome": "GRU", "cell": "gru", "same": True}
    asked = [*made.verdict["variations"], other]
    made = replace(made, verdict={**made.verdict, "variations": asked})
    info = variations_info(made)
    assert info is not None
    rows = {row.name: row for row in info.rows}
    assert rows[JUDGED].mean == made.verdict["difference"]["mean"]
    assert rows[JUDGED].ends == (
        made.verdict["difference"]["low"],
        made.verdict["difference"]["high"],
    )
    folds: dict[str, list[float]] = {}
    for pair in made.duel:
        folds.setdefault(pair["fold"], []).append(pair["difference"])
    means = {fold: sum(values) / len(values) for fold, values in folds.items()}
    left = [mean for fold, mean in means.items() if fold != "fold 3"]
    assert rows["without fold 3"].mean == pytest.approx(sum(left) / len(left))
    firsts = [values[0] for values in folds.values()]
    assert rows["one seed a fold"].mean == pytest.approx(sum(firsts) / len(firsts))
    assert rows["by RMSE"].mean is None
    assert rows["twice the margin"].margin == 2 * info.margin == 4 * rows["half the margin"].margin
    assert rows["twice the margin"].mean == rows[JUDGED].mean
    for each in made.verdict["regimes"]:
        settled = {None: "UNDECIDED", "equivalent": "EQUIVALENT"}
        outcome = settled.get(each["settled"], str(each["settled"]).upper())
        assert rows[f"at {each['name']}"].outcome == outcome
    assert rows["at equal width"].same is None


def test_folds_count_once_however_many_seeds_they_have() -> None:
    made = record()
    uneven = tuple(pair for pair in made.duel if pair["fold"] != "fold 1" or pair["seed"] == 7)
    info = variations_info(replace(made, duel=uneven))
    assert info is not None
    row = next(row for row in info.rows if row.name == "without fold 2")
    means = [
        sum(d) / len(d)
        for fold in {pair["fold"] for pair in uneven} - {"fold 2"}
        if (d := [pair["difference"] for pair in uneven if pair["fold"] == fold])
    ]
    assert row.mean == pytest.approx(sum(means) / len(means))


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_verdict_has_a_mark(outcome: str) -> None:
    made = record(outcome)
    info = variations_info(made)
    if outcome == "INCOMPLETE":
        assert info is None
        return
    assert info is not None
    others = [
        replace(info.rows[1], outcome=each, cell="lstm" if each == "LEANING" else None)
        for each in OUTCOMES
    ]
    for changed in (
        replace(info, rows=(*info.rows, *others)),
        replace(info, margin=0.0, base=None, rows=tuple(replace(r, margin=0.0) for r in info.rows)),
        replace(info, rows=tuple(replace(row, mean=0.0, ends=None) for row in info.rows)),
    ):
        assert "<svg" in figures.draw(changed)


def test_points_of_accuracy_are_points_in_variations_too() -> None:
    made = of_kind("sequence-classification")
    info = variations_info(made)
    assert info is not None and (info.unit, info.base) == ("points", None)
    assert info.margin == pytest.approx(0.5)
    folds: dict[str, list[float]] = {}
    for pair in made.duel:
        folds.setdefault(pair["fold"], []).append(100 * pair["difference"])
    means = [sum(values) / len(values) for values in folds.values()]
    rows = {row.name: row.mean for row in info.rows}
    assert rows["twice the margin"] == pytest.approx(sum(means) / len(means))
    assert all(mean is None or min(means) <= mean <= max(means) for mean in rows.values())
