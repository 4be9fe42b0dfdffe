"""`rungs.py` dressed as a KerasTuner Oracle; any other KerasTuner oracle can take its place.

The one file that names KerasTuner, and so the one that imports Keras into the parent: it is loaded
when a search begins, never before. What KerasTuner does that is kept from leaking out:

- a seed of 0 means "random" to it, so it is given the seed plus one;
- it prints a table a trial, so it is silenced;
- three failed trials in a row end its search, so that limit is lifted: a failed trial is a value;
- it keeps a copy of its state in a project folder, which could be reloaded by another search: the
  journal is the only memory, so nothing is saved there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

import keras_tuner
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # of scikit-learn

from autorecur.nets.candidate import Candidate, Space
from autorecur.search.rungs import (
    FACTOR,
    Draw,
    Placement,
    Scores,
    first_beside,
    fraction,
    ready,
)
from autorecur.search.surrogate import FEWEST, evidence, ordered

__all__ = ["Conductor", "PairOracle", "hyperparameters"]

OBJECTIVE = "score"
ENDLESS = 10**9
MOST_REDRAWS = 256  # at once, of which the best that is new and allowed is taken
MOST_REPEATS = 200  # in a row, of what is known already: then another oracle has nothing new

Columns = Mapping[str, NDArray[Any]]
_Key = tuple[tuple[Any, ...], float]


def hyperparameters(space: Space) -> keras_tuner.HyperParameters:
    """`space` declared to KerasTuner, cell excepted: a pair trains both."""
    declared = keras_tuner.HyperParameters()
    for name in (field.name for field in fields(space)):
        if name not in ("cells", "learning_rate"):
            declared.Choice(name, sorted(set(getattr(space, name))))
    declared.Float("learning_rate", *space.learning_rate, sampling="log")
    return declared


class PairOracle(keras_tuner.Oracle):  # type: ignore[misc]
    """Draws pairs from a Space and halves them over rungs; its trial is a pair on a rung."""

    def __init__(
        self,
        space: Space,
        first: Candidate,
        seed: int,
        better: str = "lower",
        allowed: Callable[[Candidate, int], bool] = lambda candidate, before: True,
        ahead: bool = False,
        drawn_before: Callable[[int], Candidate | None] = lambda pair: None,
        guided: bool = True,
    ) -> None:
        super().__init__(
            objective=keras_tuner.Objective(OBJECTIVE, "min" if better == "lower" else "max"),
            hyperparameters=hyperparameters(space),
            seed=seed + 1,
        )
        _keep_to_itself(self)
        self.space, self.better, self.draw_seed = space, better, seed
        self.allowed = allowed  # by the limits and the time: nothing else is drawn
        self.drawn_before = drawn_before  # of a resumed run: what its journal holds
        self.guided = guided  # by a model of what was seen; otherwise all is drawn at random
        self.ahead = ahead  # whether a worker is given something else, rather than wait for a rung
        self.pairs: list[Candidate | None] = [first]  # None: nothing was found that is allowed
        self.settings = FACTOR  # that a network is tried with, before another one is drawn
        self.placements: dict[str, tuple[Placement, bool]] = {}
        self.finished: dict[Placement, Scores] = {}
        self._never: set[Placement] = set()  # for which nothing allowed was found

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """KerasTuner's question: the values of the next trial, or IDLE while a rung is awaited."""
        started = {placement for placement, _ in self.placements.values()} | self._never
        place = ready(self.finished, started, self.better, self.ahead)
        candidate = None
        while place is not None:
            if (candidate := self.pair(place[0].pair)) is not None:
                break
            if place[0].pair == first_beside(place[0].pair):
                return {"status": "STOPPED"}  # no bracket more
            self._never.add(place[0])
            self.finished[place[0]] = {}  # so that those of its bracket can go on
            place = ready(self.finished, started | self._never, self.better, self.ahead)
        if place is None or candidate is None:
            return {"status": "IDLE"}
        self.placements[trial_id] = place
        values = asdict(candidate)
        del values["cell"]
        return {"status": "RUNNING", "values": values}

    def pair(self, number: int) -> Candidate | None:
        """Candidate `number`, by the seed and what was drawn before; never one of those again.

        None where nothing new is found that is allowed.
        """
        while len(self.pairs) <= number:
            place = len(self.pairs)
            before = self.drawn_before(place)
            again = before and before.with_cell(self.space.pair[0])
            self.pairs.append(again or self._drawn(place))
        return self.pairs[number]

    def _drawn(self, place: int) -> Candidate | None:
        """Learning rate first.

        The first bracket gives the sound default other learning rates, low, middle and high ones.
        The networks after it are whatever promises most, by what those told; each is tried with
        `settings` of them: the learning rate matters most, and a program that is compiled already
        costs nothing to try it with. A third of each bracket is drawn at random, so that no early
        belief keeps the search from anything.
        """
        rng = np.random.default_rng((self.draw_seed, 7, place))
        start, before = first_beside(place), self.pairs[-1]
        fresh = place > FACTOR and (place - FACTOR - 1) % self.settings == 0
        fresh = fresh or before is None or not self.allowed(before, start)
        blind = place <= FACTOR or (place - FACTOR - 1) // FACTOR % FACTOR == FACTOR - 1
        # Where nothing waits for a worker, a bracket is drawn by what the ones before it told.
        until = None if self.ahead else start
        seen = evidence(self.pairs, self.finished, self.better, until)
        scored = {each.pair for each in seen if each.score is not None}
        believed = self.guided and not blind and len(scored) >= FEWEST
        columns: Columns = self.space.columns(rng, MOST_REDRAWS)
        if place <= FACTOR:
            columns = self._rates(columns, place)

        def found(before: Candidate | None) -> Candidate | None:
            table = columns if before is None else _with_settings(columns, before)
            places: Sequence[int] | NDArray[Any] = range(MOST_REDRAWS)
            if believed:
                with threadpool_limits(limits=1):  # the cores are the workers': threads would wait
                    places = ordered(seen, table, self.space, rng)
            return self._unseen((self.space.at(table, int(k)) for k in places), start)

        again = None if fresh or before is None else found(before)
        return again or found(None)

    def _unseen(self, drawn: Iterable[Candidate], start: int) -> Candidate | None:
        """The first that is new and allowed; None where there is none."""
        known = {candidate.pair_key for candidate in self.pairs if candidate is not None}
        new = (each for each in drawn if each.pair_key not in known)
        return next((each for each in new if self.allowed(each, start)), None)

    def _rates(self, columns: Columns, place: int) -> Columns:
        """With learning rates of one third of the range, another one for each of three pairs."""
        low, high = np.log(self.space.learning_rate)
        thirds = np.random.default_rng((self.draw_seed, 7)).permutation(FACTOR)
        part = (np.log(columns["learning_rate"]) - low) / FACTOR
        rates = np.exp(low + part + thirds[place - 1] * (high - low) / FACTOR)
        return {**columns, "learning_rate": rates}


def _with_settings(columns: Columns, network: Candidate) -> Columns:
    """`network` with the settings in `columns`: see `Candidate.with_settings_of`."""
    own = asdict(network)
    made = {name: np.full(len(column), own[name]) for name, column in columns.items()}
    dropout = columns["dropout"]
    varied = (dropout > 0) & (network.dropout > 0)
    made["dropout"] = np.where(varied, dropout, network.dropout)
    return {**made, **{name: columns[name] for name in ("learning_rate", "weight_decay")}}


class Conductor:
    """Asks an oracle for pairs and tells it their scores, through KerasTuner's own protocol.

    The first pair, the sound default, is trained before there is a conductor, while KerasTuner is
    still being imported. Our own oracle counts it as its first trial; any other oracle never hears
    of it, unless it proposes the same. What another oracle proposes again is never trained again:
    it is told the scores that are known, or will be when the first of its kind has ended.
    """

    def __init__(self, oracle: keras_tuner.Oracle, space: Space, better: str) -> None:
        _keep_to_itself(oracle)
        self.oracle, self.space, self.better = oracle, space, better
        self._trials: dict[Placement, list[str]] = {}  # those proposed again stand behind the first
        self._places: dict[_Key, Placement] = {}
        self._told: dict[Placement, Scores] = {}
        self._asked = 0
        if isinstance(oracle, PairOracle):
            self.next()

    def next(self, side_by_side: bool = False) -> Draw | None:
        """The next pair; None where the oracle waits for scores or has nothing left.

        `side_by_side`: whether trainings of one program cost little more than one of them alone;
        then our own oracle tries a network with more settings.
        """
        if side_by_side and isinstance(self.oracle, PairOracle):
            self.oracle.settings = FACTOR**2
            self.oracle.ahead = False  # many are drawn at once: they would be pairs of low rungs
        for _ in range(MOST_REPEATS):
            self._asked += 1
            trial = self.oracle.create_trial(f"pair-{self._asked}")
            if trial.status != "RUNNING":
                return None
            draw = self._draw(trial)
            place = self._places.setdefault(_key(draw), draw.placement)
            self._trials.setdefault(place, []).append(trial.trial_id)
            if place == draw.placement:
                return draw
            if place in self._told:
                self._answer(trial.trial_id, self._told[place])
        return None

    def _draw(self, trial: Any) -> Draw:
        values = trial.hyperparameters.values
        candidate = replace(
            Candidate(self.space.pair[0]),
            **{name: values[name] for name in values if not name.startswith("tuner/")},
        )
        placement, top, share = Placement(self._asked, 0), True, 1.0
        if isinstance(self.oracle, PairOracle):
            placement, top = self.oracle.placements[trial.trial_id]
            share = fraction(placement)
        elif "tuner/epochs" in values:
            placement, top, share = self._by_epochs(values)
        return Draw(placement, top, share, candidate)

    def _by_epochs(self, values: Mapping[str, Any]) -> tuple[Placement, bool, float]:
        """Where KerasTuner's Hyperband puts a trial: how far it goes, and from which checkpoint."""
        share = values["tuner/epochs"] / self.oracle.max_epochs
        places = {name: place for place, names in self._trials.items() for name in names}
        before = places.get(values.get("tuner/trial_id", ""))
        place = Placement(before.pair, before.rung + 1) if before else Placement(self._asked, 0)
        return place, share >= 1.0, share

    def tell(self, draw: Draw, scores: Mapping[str, float | None]) -> None:
        """The scores of a pair, by cell; the oracle learns the better one: no cell is favoured."""
        self._places.setdefault(_key(draw), draw.placement)
        self._told[draw.placement] = dict(scores)
        if isinstance(self.oracle, PairOracle):
            self.oracle.finished[draw.placement] = dict(scores)
        for name in self._trials.get(draw.placement, ()):
            self._answer(name, scores)

    def _answer(self, name: str, scores: Scores) -> None:
        trial = self.oracle.trials[name]
        known = [score for score in scores.values() if score is not None]
        if known:
            best = min(known) if self.better == "lower" else max(known)
            self.oracle.update_trial(trial.trial_id, {self.oracle.objective.name: best})
            trial.status = "COMPLETED"
        else:
            trial.status, trial.message = "FAILED", "no training of the pair has a score"
        self.oracle.end_trial(trial)


def _key(draw: Draw) -> _Key:
    """What makes two trainings of a pair the same, but for the luck of their seeds."""
    return draw.candidate.pair_key, draw.fraction


def _keep_to_itself(oracle: keras_tuner.Oracle) -> None:
    """Nothing printed, nothing saved (outside a Tuner it has no folder), no end after failures."""
    oracle.verbose = 0
    oracle.max_consecutive_failed_trials = ENDLESS
    oracle.save = lambda: None
    oracle._save_trial = lambda trial: None  # the only name that KerasTuner has for it
