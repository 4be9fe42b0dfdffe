"""Our oracle under KerasTuner's protocol, and KerasTuner's own oracles under our conductor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras_tuner
import pytest

from autorecur.nets.candidate import Candidate, Space
from autorecur.search.oracle import Conductor, PairOracle, hyperparameters
from autorecur.search.rungs import Draw, Placement

SPACE = Space(lookback=(12, 24))
FIRST = Candidate("lstm", width=32, lookback=24)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, so that whatever is written there is seen."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scores_of(draw: Draw, fails: bool = False) -> dict[str, float | None]:
    if fails:
        return {"lstm": None, "gru": None}
    candidate = draw.candidate
    return {"lstm": candidate.learning_rate, "gru": candidate.width + draw.placement.rung}


def searched(seed: int, many: int, fails: bool = False) -> list[Draw]:
    """So many pairs, one after the other; the sound default is trained before a conductor is."""
    conductor = Conductor(PairOracle(SPACE, FIRST, seed), SPACE, "lower")
    default = Draw(Placement(0, 0), True, 1.0, FIRST)
    conductor.tell(default, scores_of(default, fails))
    draws = []
    for _ in range(many):
        draw = conductor.next()
        assert draw is not None
        draws.append(draw)
        conductor.tell(draw, scores_of(draw, fails))
    return draws


def test_kerastuners_own_protocol() -> None:
    oracle = PairOracle(SPACE, FIRST, seed=0)
    trial = oracle.create_trial("tuner")
    assert trial.status == "RUNNING"
    assert {**trial.hyperparameters.values, "cell": "lstm"} == vars(FIRST)
    assert oracle.create_trial("tuner") is trial  # a tuner has one trial at a time
    others = [oracle.create_trial(f"tuner {number}") for number in range(3)]
    assert all(other.status == "IDLE" for other in others)
    assert list(oracle.placements.values()) == [(Placement(0, 0), True)]


def test_seed_nought_is_a_seed_like_any_other() -> None:
    assert searched(0, 20) == searched(0, 20)
    assert searched(0, 20) != searched(1, 20)
    assert PairOracle(SPACE, FIRST, seed=0).seed == PairOracle(SPACE, FIRST, seed=0).seed != 0


def test_no_pair_is_drawn_twice() -> None:
    draws = searched(3, 120)
    places = [draw.placement for draw in draws]
    assert len(set(places)) == len(places) and Placement(0, 0) not in places
    first_rungs = [draw for draw in draws if draw.placement.rung == 0]
    keys = [draw.candidate.pair_key for draw in first_rungs]
    assert len(set(keys)) == len(keys) and FIRST.pair_key not in keys


def test_the_default_and_every_network_after_it_are_tried_with_several_settings() -> None:
    oracle = PairOracle(Space(), Candidate("lstm", dropout=0.1), seed=5)
    pairs = [oracle.pair(number) for number in range(13)]
    programs = [pair.program_key for pair in pairs]
    shared = [programs[:4], programs[4:7], programs[7:10], programs[10:13]]
    assert [len(set(each)) for each in shared] == [1, 1, 1, 1]
    assert len(set(programs)) == 4
    assert len({(pair.program_key, pair.learning_rate) for pair in pairs}) == len(pairs)


def test_side_by_side_a_network_is_tried_with_a_whole_brackets_settings() -> None:
    conductor = Conductor(PairOracle(SPACE, FIRST, 5), SPACE, "lower")
    default = Draw(Placement(0, 0), True, 1.0, FIRST)
    conductor.tell(default, scores_of(default))
    first_rungs: list[Candidate] = []
    while len(first_rungs) < 21:
        draw = conductor.next(side_by_side=True)
        assert draw is not None
        conductor.tell(draw, scores_of(draw))
        if draw.placement.rung == 0:
            first_rungs.append(draw.candidate)
    programs = [candidate.program_key for candidate in first_rungs]
    assert [len(set(programs[a:b])) for a, b in ((0, 3), (3, 12), (12, 21))] == [1, 1, 1]
    assert len(set(programs)) == 3


def test_a_pair_stays_itself_from_rung_to_rung() -> None:
    draws = searched(3, 60)
    by_pair: dict[int, set[Candidate]] = {}
    for draw in draws:
        by_pair.setdefault(draw.placement.pair, set()).add(draw.candidate)
    assert all(len(candidates) == 1 for candidates in by_pair.values())
    assert {draw.fraction for draw in draws} == {1 / 9, 1 / 3, 1.0}
    assert {draw.top for draw in draws if draw.fraction == 1.0} == {True}
    assert {draw.top for draw in draws if draw.fraction < 1.0} == {False}


def test_it_waits_for_a_rung() -> None:
    conductor = Conductor(PairOracle(SPACE, FIRST, 1), SPACE, "lower")
    assert conductor.next() is None  # the default runs; pairs are compared with nothing before
    conductor.tell(Draw(Placement(0, 0), True, 1.0, FIRST), {"lstm": 1.0, "gru": 2.0})
    three = [conductor.next() for _ in range(3)]
    assert all(draw is not None for draw in three) and conductor.next() is None
    for draw in three[::-1]:
        assert draw is not None
        assert conductor.next() is None
        conductor.tell(draw, scores_of(draw))
    fourth = conductor.next()
    assert fourth is not None and fourth.placement.rung == 1 and fourth.top


def test_a_bracket_for_which_too_little_is_allowed_goes_on_with_what_it_has() -> None:
    oracle = PairOracle(
        SPACE, FIRST, 3, allowed=lambda candidate, before: sum(map(bool, oracle.pairs)) < 7
    )
    conductor = Conductor(oracle, SPACE, "lower")
    default = Draw(Placement(0, 0), True, 1.0, FIRST)
    conductor.tell(default, scores_of(default))
    draws = []
    while (draw := conductor.next()) is not None:
        draws.append(draw)
        conductor.tell(draw, scores_of(draw))
    rungs = [draw.placement.rung for draw in draws]
    assert rungs == [0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 2]
    assert [draw.placement.pair for draw in draws[4:7]] == [4, 5, 6]
    assert conductor.next() is None


def test_what_an_oracle_is_asked_of_a_pair_begins_with_its_bracket() -> None:
    asked: set[int] = set()

    def allowed(candidate: Candidate, before: int) -> bool:
        asked.add(before)
        return True

    oracle = PairOracle(SPACE, FIRST, 3, allowed=allowed)
    for number in range(14):
        oracle.pair(number)
    assert asked == {1, 4, 13}


def test_hyperbands_trials_go_as_far_as_it_says_and_on_from_their_checkpoint() -> None:
    oracle = keras_tuner.oracles.HyperbandOracle(
        objective=keras_tuner.Objective("score", "min"),
        hyperparameters=hyperparameters(SPACE),
        max_epochs=9,
        factor=3,
        seed=1,
    )
    conductor = Conductor(oracle, SPACE, "lower")
    draws: list[Draw] = []
    while (draw := conductor.next()) is not None and len(draws) < 13:
        draws.append(draw)
        conductor.tell(draw, scores_of(draw))
    assert [round(9 * draw.fraction) for draw in draws] == [1] * 9 + [3] * 3 + [9]
    assert [draw.top for draw in draws] == [False] * 12 + [True]
    later = [draw for draw in draws if draw.placement.rung]
    first = {draw.placement.pair: draw.candidate for draw in draws if not draw.placement.rung}
    assert len(later) == 4 and all(first[d.placement.pair] == d.candidate for d in later)


def test_failing_pairs_do_not_end_the_search() -> None:
    draws = searched(2, 25, fails=True)
    assert {draw.placement.rung for draw in draws} == {0}


def test_the_oracle_learns_the_better_cell_by_its_natural_sign() -> None:
    for better, learnt in (("lower", 2.0), ("higher", 5.0)):
        oracle = PairOracle(SPACE, FIRST, 1, better)
        conductor = Conductor(oracle, SPACE, better)
        conductor.tell(Draw(Placement(0, 0), True, 1.0, FIRST), {"lstm": 5.0, "gru": 2.0})
        (trial,) = oracle.trials.values()
        assert (trial.score, trial.status) == (learnt, "COMPLETED")


def test_nothing_is_printed_and_nothing_is_written(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    searched(1, 15)
    searched(1, 15, fails=True)
    assert capfd.readouterr() == ("", "")
    assert list(folder.iterdir()) == []


def foreign(name: str, many: int, objective: str = "score") -> keras_tuner.Oracle:
    kind = getattr(keras_tuner.oracles, name)
    return kind(
        objective=keras_tuner.Objective(objective, "min"),
        max_trials=many,
        seed=1,
        hyperparameters=hyperparameters(SPACE),
    )


@pytest.mark.parametrize("name", ["RandomSearchOracle", "GridSearchOracle"])
@pytest.mark.parametrize("objective", ["score", "val_loss"])
def test_another_oracle_in_place_of_ours(
    name: str, objective: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    oracle = foreign(name, 12, objective)
    conductor = Conductor(oracle, SPACE, "lower")
    default = Draw(Placement(0, 0), True, 1.0, FIRST)
    conductor.tell(default, scores_of(default))  # it never hears of our default
    assert len(oracle.trials) == 0
    draws = []
    while (draw := conductor.next()) is not None:
        draws.append(draw)
        failing = len(draws) % 6 < 4  # four in a row, which KerasTuner would end its search for
        conductor.tell(draw, scores_of(draw, fails=failing))
    assert len(draws) == 12 == len({draw.placement for draw in draws})
    assert default.placement not in {draw.placement for draw in draws}
    assert all(draw.top and draw.fraction == 1.0 for draw in draws)
    assert all(draw.candidate.lookback in SPACE.lookback for draw in draws)
    assert all(1e-3 <= draw.candidate.learning_rate <= 2e-2 for draw in draws)
    ended = [trial.status for trial in oracle.trials.values()]
    assert ended.count("FAILED") == 8 and ended.count("COMPLETED") == 4
    assert capfd.readouterr() == ("", "") and list(folder.iterdir()) == []


def test_one_choice_of_everything_can_be_declared() -> None:
    narrow = replace(SPACE, learning_rate=(0.01, 0.01), width=(8,), normalisation=("last",))
    conductor = Conductor(PairOracle(narrow, FIRST, 1), narrow, "lower")
    conductor.tell(Draw(Placement(0, 0), True, 1.0, FIRST), {"lstm": 1.0, "gru": 1.0})
    draw = conductor.next()
    assert draw is not None and draw.candidate.learning_rate == 0.01


def test_where_settings_have_one_choice_the_networks_differ() -> None:
    one_rate = replace(SPACE, learning_rate=(0.01, 0.01), dropout=(0.0,))
    first = Candidate("lstm", width=32, lookback=24, learning_rate=0.01)
    oracle = PairOracle(one_rate, first, 1)
    pairs = [oracle.pair(number) for number in range(30)]
    assert None not in pairs
    assert len({pair.pair_key for pair in pairs if pair}) == len(pairs)


def test_a_space_that_is_used_up_ends_the_search_and_nothing_is_trained_twice() -> None:
    tiny = replace(
        SPACE,
        depth=(1,),
        width=(8, 16),
        lookback=(24,),
        batch=(64,),
        learning_rate=(0.01, 0.01),
        dropout=(0.0,),
        normalisation=("last",),
    )
    first = Candidate("lstm", width=8, lookback=24, learning_rate=0.01)
    conductor = Conductor(PairOracle(tiny, first, 1), tiny, "lower")
    default = Draw(Placement(0, 0), True, 1.0, first)
    conductor.tell(default, scores_of(default))
    draws = []
    while (draw := conductor.next()) is not None:
        draws.append(draw)
        conductor.tell(draw, scores_of(draw))
    assert [draw.placement for draw in draws] == [Placement(1, 0), Placement(1, 1)]
    assert {draw.candidate.width for draw in draws} == {16}


class Repeating(keras_tuner.oracles.RandomSearchOracle):  # type: ignore[misc]
    """A user's oracle that does not look at what it proposed before."""

    widths = (8, 16, 8, 8, 32, 16)

    def populate_space(self, trial_id: str) -> dict[str, object]:
        place = len(self.trials)
        if place == len(self.widths):
            return {"status": "STOPPED"}
        values = {**vars(FIRST), "width": self.widths[place]}
        del values["cell"]
        return {"status": "RUNNING", "values": values}


def test_what_another_oracle_proposes_again_is_told_and_not_trained() -> None:
    oracle = Repeating(objective=keras_tuner.Objective("score", "min"), max_trials=9)
    conductor = Conductor(oracle, SPACE, "lower")
    conductor.tell(Draw(Placement(0, 0), True, 1.0, FIRST), {"lstm": 0.5, "gru": 0.4})
    eight = conductor.next()
    assert eight is not None
    conductor.tell(eight, {"lstm": 3.0, "gru": 2.0})
    sixteen = conductor.next()  # is still being trained when it is proposed again
    assert sixteen is not None and conductor.next() is None
    assert [eight.candidate.width, sixteen.candidate.width] == [8, 16]
    conductor.tell(sixteen, {"lstm": None, "gru": 1.0})
    # The 32 is our sound default, whose scores are known too.
    assert [trial.score for trial in oracle.trials.values()] == [2.0, 1.0, 2.0, 2.0, 0.4, 1.0]
    assert {trial.status for trial in oracle.trials.values()} == {"COMPLETED"}


def test_a_resumed_search_goes_on_with_what_it_drew() -> None:
    before = {1: Candidate("gru", width=128), 5: Candidate("gru", width=16, learning_rate=0.004)}
    oracle = PairOracle(SPACE, FIRST, 3, drawn_before=before.get)
    pairs = [oracle.pair(number) for number in range(7)]
    assert [pairs[1], pairs[5]] == [one.with_cell("lstm") for one in before.values()]
    assert None not in pairs and len({pair.pair_key for pair in pairs if pair}) == 7
