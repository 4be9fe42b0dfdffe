"""Orders to real workers: whatever becomes of one, the others go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import chores
import pytest

from autorecur.nets.candidate import Candidate
from autorecur.nets.order import Fit, Order, Status
from autorecur.nets.train import train
from autorecur.search import dispatch
from autorecur.search.budget import Budget, Meter
from autorecur.search.dispatch import Dispatcher
from autorecur.search.events import Event
from autorecur.search.journal import Journal
from autorecur.search.replay import Replay
from autorecur.search.workers import WorkerPool

TINY = Candidate("gru", width=4, lookback=8, batch=16)
STEP_WORK = 1_000.0


class Bench:
    """A dispatcher and everything that it tells."""

    def __init__(self, executor: Executor, folder: Path, arrays: str) -> None:
        self.folder, self.arrays = folder, arrays
        self.events: list[Event] = []
        self.fits: dict[str, Fit] = {}
        self.meter = Meter(Budget.parse("10min"))
        self.dispatcher = Dispatcher(
            executor=executor,
            workers=2,
            meter=self.meter,
            journal=Journal(folder / "journal.jsonl"),
            listener=self.events.append,
            metric="mae",
        )

    def order(self, name: str, cell: str = "gru", **more: Any) -> Order:
        settings = {
            "arrays": self.arrays,
            "candidate": TINY.with_cell(cell),
            "fold": "selection",
            "seed": 1,
            "steps": 20,
            "metric": "mae",
            "step_work": STEP_WORK,
            "deadline": time.monotonic() + 120,
            "model": str(self.folder / f"{name}.keras"),
        }
        return Order(id=name, **{**settings, **more})

    def run(self, *orders: Order, done: Callable[[Order, Fit], None] | None = None) -> None:
        waiting = list(orders)

        def finished(order: Order, fit: Fit) -> None:
            assert fit.order == order.id
            self.fits[order.id] = fit
            if done:
                done(order, fit)

        self.dispatcher.run(
            lambda: waiting.pop(0) if waiting else None, finished, lambda order: order.seed
        )

    def lines(self, event: str) -> list[dict[str, Any]]:
        journal = Journal.read(self.folder / "journal.jsonl")
        return [line for line in journal if line["event"] == event]


@pytest.fixture
def benches(tmp_path: Path, seasonal: Any) -> Iterator[Callable[[Executor], Bench]]:
    made: list[Bench] = []

    def bench_with(executor: Executor) -> Bench:
        made.append(Bench(executor, tmp_path, seasonal.folder))
        return made[-1]

    yield bench_with
    for bench in made:
        bench.dispatcher.journal.close()


@pytest.fixture
def bench(workers: WorkerPool, benches: Callable[[Executor], Bench]) -> Bench:
    return benches(workers)


def test_orders_are_carried_out_and_accounted_for(bench: Bench) -> None:
    orders = [bench.order(f"{cell} {n}", cell, seed=n) for n in (1, 2) for cell in ("lstm", "gru")]
    bench.run(*orders)
    assert {fit.status for fit in bench.fits.values()} == {Status.FINISHED}
    assert all(Path(str(fit.model)).is_file() for fit in bench.fits.values())

    assert bench.meter.trainings == 4
    assert bench.meter.multiply_adds == 4 * 20 * STEP_WORK
    assert bench.dispatcher.cell_trainings == {"lstm": 2, "gru": 2}
    for cell, seconds in bench.dispatcher.cell_seconds.items():
        own = [fit for name, fit in bench.fits.items() if name.startswith(cell)]
        worked = sum(fit.ledger["steps"] + fit.ledger["validation"] for fit in own)
        assert seconds == pytest.approx(worked)  # compiling is nobody's gain
        assert 0 < worked < sum(fit.seconds for fit in own)

    assert {line["order"] for line in bench.lines("start")} == set(bench.fits)
    for line in bench.lines("training"):
        fit = bench.fits[line["order"]]
        assert (line["status"], line["score"]) == ("FINISHED", fit.score)
        assert (line["curve"], line["steps"]) == (list(fit.curve), 20)
        assert line["candidate"]["width"] == 4 and line["stage"] == "search"
        assert line["ledger"] == fit.ledger
        assert sum(line["ledger"].values()) == pytest.approx(fit.seconds, rel=0.05)
    trainings = [event for event in bench.events if event.kind == "training"]
    assert [event.done for event in trainings] == [1, 2, 3, 4]
    assert {event.kind for event in bench.events} - {"step"} == {"start", "training"}
    assert sorted((event.rung, event.seed) for event in trainings) == [
        (seed, seed) for seed in (1, 1, 2, 2)
    ]


def test_the_listener_hears_what_is_under_way(bench: Bench) -> None:
    """Not what waits in line: of two workers no more than two are told."""
    orders = [bench.order(f"{cell} {n}", cell, seed=n) for n in (1, 2) for cell in ("lstm", "gru")]
    bench.run(*orders)
    assert max(len(event.under_way) for event in bench.events) == 2
    begun = {(each.title, each.seed) for event in bench.events for each in event.under_way}
    assert begun == {(order.candidate.title, order.seed) for order in orders}
    for event in bench.events:
        assert all(0 <= each.since_seconds <= event.seconds for each in event.under_way)
        assert all(each.rung == each.seed for each in event.under_way)
        if event.kind == "training":
            over = (event.title, event.seed)
            assert over not in {(each.title, each.seed) for each in event.under_way}
    assert bench.events[-1].under_way == ()


def test_the_listener_hears_how_far_a_training_is(bench: Bench) -> None:
    slow = replace(TINY, width=96, learning_rate=1e-5)
    bench.run(bench.order("long", candidate=slow, steps=1_500))
    pulses = [
        each.pulse
        for event in bench.events
        if event.kind == "step"
        for each in event.under_way
        if each.pulse is not None
    ]
    steps = [pulse.steps for pulse in pulses]
    assert len(set(steps)) > 2 and steps == sorted(steps) and max(steps) <= 1_500
    assert {(pulse.order, pulse.of_steps) for pulse in pulses} == {("long", 1_500)}
    assert pulses[-1].scores and set(pulses[-1].scores) <= set(bench.fits["long"].curve)
    assert not list(Path(bench.arrays).glob("heart-*"))


def test_it_is_noted_which_training_ran_when(bench: Bench) -> None:
    begin = bench.meter.spent_seconds
    bench.run(*[bench.order(f"{n}", cell, seed=n) for n, cell in enumerate(("lstm", "gru"))])
    told = bench.dispatcher.timeline
    assert sorted((each.cell, each.seed, each.status) for each in told) == [
        ("gru", 1, "finished"),
        ("lstm", 0, "finished"),
    ]
    for each in told:
        assert each.seconds == bench.fits[str(each.seed)].seconds
        assert begin <= each.ended_seconds - each.seconds
        assert each.ended_seconds <= bench.meter.spent_seconds


def test_a_worker_gives_what_the_parent_would_give(bench: Bench) -> None:
    order = bench.order("one", model=None, steps=50, seed=9)
    bench.run(order)
    assert bench.fits["one"].curve == pytest.approx(train(order).curve, rel=1e-5)


def test_a_finished_training_may_unlock_the_next(bench: Bench) -> None:
    waiting = [bench.order("first")]
    begun: list[str] = []

    def next_order() -> Order | None:
        return waiting.pop() if waiting else None

    def done(order: Order, fit: Fit) -> None:
        begun.append(order.id)
        if order.id == "first":
            waiting.append(bench.order("second"))

    bench.dispatcher.run(next_order, done)
    assert begun == ["first", "second"]


def test_what_the_parent_does_meanwhile_keeps_no_worker_waiting(bench: Bench) -> None:
    waiting = [bench.order(name, steps=400) for name in ("one", "two", "three")]
    begun: list[tuple[int, int]] = []  # orders that are still to come, and trainings that ended

    bench.dispatcher.run(
        lambda: waiting.pop() if waiting else None,
        lambda order, fit: None,
        meanwhile=lambda: begun.append((len(waiting), len(bench.lines("training")))),
    )
    # Both workers are busy then, be it with the last two; with a worker free it is not done.
    assert begun and {left + ended for left, ended in begun} == {1}


def test_companions_are_carried_out_side_by_side(bench: Bench) -> None:
    rates = {"slow": 0.002, "fast": 0.02}
    orders = [
        bench.order(f"{cell} {name} {seed}", cell, seed=seed)
        for seed in (1, 2)
        for name in rates
        for cell in ("lstm", "gru")
    ]
    orders = [
        replace(o, candidate=replace(o.candidate, learning_rate=rates[o.id.split()[1]]))
        for o in orders
    ]
    bench.dispatcher.members = 3
    bench.run(*orders)
    assert set(bench.fits) == {order.id for order in orders}
    for order in orders:
        fit, alone = bench.fits[order.id], train(order)
        assert fit.status is Status.FINISHED
        assert fit.score == pytest.approx(alone.score, rel=1e-4)
    begun = [line["order"] for line in bench.lines("start")]
    first = begun[:3]
    assert len({name.split()[0] for name in first}) == 1, first
    assert sorted(begun) == sorted(bench.fits)


def test_a_population_that_fails_is_tried_again_in_smaller_ones(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "train_together", chores.room_for_two)
    orders = [bench.order(f"gru {seed}", seed=seed) for seed in range(8)]
    bench.dispatcher.members = 8
    bench.run(*orders)
    assert {fit.status for fit in bench.fits.values()} == {Status.FINISHED}
    assert set(bench.fits) == {order.id for order in orders}
    assert bench.dispatcher.members == 2
    assert bench.meter.trainings == len(bench.lines("training")) == 8


def test_what_was_drawn_ahead_is_not_begun_too_late(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "train_together", chores.take_all_the_time)
    bench.dispatcher.members, bench.dispatcher.workers = 2, 1
    deadline = time.monotonic() + 2
    orders = [
        bench.order(f"{cell} {seed}", cell, seed=seed, deadline=deadline)
        for cell in ("gru", "lstm")
        for seed in (1, 2)
    ]
    bench.run(*orders)
    assert {fit.status for fit in bench.fits.values()} == {Status.DEADLINE}
    assert set(bench.fits) == {"gru 1", "gru 2"} == {x["order"] for x in bench.lines("start")}
    assert bench.meter.trainings == 2


def test_what_trains_is_told(bench: Bench) -> None:
    bench.run(bench.order("one"))
    assert bench.dispatcher.engine == "jax"
    assert bench.dispatcher.device is not None
    assert bench.dispatcher.device.startswith("CPU") == (bench.dispatcher.members == 1)


def test_a_hanging_training_is_ended_and_the_others_go_on(
    bench: Bench, workers: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "train_together", chores.hang_or_train)
    monkeypatch.setattr(dispatch, "GRACE_SECONDS", 0.3)
    hanging = bench.order("hanging", deadline=time.monotonic() + 1.5)
    others = [bench.order(f"other {number}") for number in range(3)]
    begin = time.monotonic()
    bench.run(hanging, *others)
    fit = bench.fits["hanging"]
    assert (fit.status, fit.score) == (Status.KILLED, None)
    assert fit.sentence == "its worker did not answer and was ended"
    assert {bench.fits[order.id].status for order in others} == {Status.FINISHED}
    assert time.monotonic() - begin < 30
    pid = int(Path(str(hanging.model)).read_text())
    assert pid not in workers.process_ids()
    assert bench.meter.trainings == 4
    (line,) = [line for line in bench.lines("training") if line["order"] == "hanging"]
    assert (line["status"], line["score"], line["curve"]) == ("KILLED", None, [])
    # What its worker spent on it is lost, and no waiting; a resumed run knows of it too.
    used = bench.dispatcher.uses["search"]
    assert 0.5 < used["lost"] < 30 and used["lost"] == pytest.approx(line["lost"])
    assert used["steps"] > 0
    assert sum(line["lost"] for line in bench.lines("training")) == line["lost"]
    before = Replay(bench.lines("training")).uses
    assert before == pytest.approx(dict(used))


def test_the_longest_time_ends_a_training_that_hangs_without_a_deadline(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "train_together", chores.hang_or_train)
    monkeypatch.setattr(dispatch, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(dispatch, "START_SECONDS", 0.7)
    begin = time.monotonic()
    bench.run(bench.order("hanging", deadline=float("inf"), longest_seconds=0.5))
    assert bench.fits["hanging"].status is Status.KILLED
    assert 1.2 < time.monotonic() - begin < 20


def test_an_exception_and_a_death_come_back_as_failed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "train_together", chores.hang_or_train)
    names = ("raising", "dying", "fine", "also fine")
    bench.run(*[bench.order(name) for name in names])
    raised, died = bench.fits["raising"], bench.fits["dying"]
    assert raised.status is died.status is Status.FAILED
    assert raised.sentence.startswith("failed (ValueError: a reason of two lines xxx")
    assert len(raised.sentence) < 250 and "\n" not in raised.sentence
    assert died.sentence.startswith("failed (TerminatedWorkerError: ")
    assert {bench.fits[name].status for name in names[2:]} == {Status.FINISHED}
    assert bench.meter.trainings == 4
    statuses = {line["order"]: line["status"] for line in bench.lines("training")}
    assert statuses == {
        "raising": "FAILED", "dying": "FAILED", "fine": "FINISHED", "also fine": "FINISHED"
    }  # fmt: skip
    statuses = {event.status for event in bench.events if event.kind == "training"}
    assert statuses == {"failed", "finished"}


def test_a_real_exception_of_a_training(bench: Bench) -> None:
    bench.run(replace(bench.order("lost"), fold="no such fold"), bench.order("fine"))
    assert bench.fits["lost"].status is Status.FAILED
    assert bench.fits["fine"].status is Status.FINISHED


def test_an_interruption_ends_what_flies(
    bench: Bench, workers: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "train_together", chores.hang_or_train)
    hanging = bench.order("hanging")

    def interrupt(order: Order, fit: Fit) -> None:
        while not Path(str(hanging.model)).is_file() or not Path(str(hanging.model)).read_text():
            time.sleep(0.05)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.run(hanging, bench.order("fine"), done=interrupt)
    assert bench.dispatcher.uses["search"]["lost"] > 0
    pid = int(Path(str(hanging.model)).read_text())
    end = time.monotonic() + 10
    while pid in workers.process_ids() and time.monotonic() < end:
        time.sleep(0.05)
    assert pid not in workers.process_ids()


def test_any_other_executor_will_do(benches: Callable[[Executor], Bench]) -> None:
    with ThreadPoolExecutor(1) as threads:
        bench = benches(threads)
        bench.run(bench.order("one"), replace(bench.order("lost"), fold="no such fold"))
    assert bench.fits["one"].status is Status.FINISHED
    assert bench.fits["lost"].status is Status.FAILED


class Idle(Executor):
    """An executor of the user's that begins with nothing, or never ends what it began."""

    def __init__(self, begins: bool) -> None:
        self.begins = begins

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.begins:
            future.set_running_or_notify_cancel()
        return future


@pytest.mark.parametrize("begins", [False, True])
def test_an_executor_that_cannot_kill_holds_nobody_up(
    begins: bool, benches: Callable[[Executor], Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "GRACE_SECONDS", 0.0)
    bench = benches(Idle(begins))
    begin = time.monotonic()
    bench.run(*[bench.order(name, deadline=begin + 0.3) for name in ("one", "two", "three")])
    assert {fit.status for fit in bench.fits.values()} == {Status.KILLED}
    assert set(bench.fits) == {"one", "two"}  # the third was too late to begin
    assert bench.meter.trainings == 2
    assert time.monotonic() - begin < 5


class Deaf(Idle):
    """Our own pool, where a worker that was killed is never heard of again."""

    def kill(self, future: Future[Any]) -> None:
        """Nothing comes of it."""


def test_a_worker_that_cannot_be_ended_is_waited_for_no_longer(
    benches: Callable[[Executor], Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "GRACE_SECONDS", 0.0)
    bench = benches(Deaf(begins=True))
    begin = time.monotonic()
    bench.run(bench.order("one", deadline=begin + 0.3))
    assert bench.fits["one"].status is Status.KILLED
    assert 2.0 < time.monotonic() - begin < 6


class Refusing(Executor):
    """Takes nothing any more, as one whose processes cannot be started."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        raise OSError("Cannot allocate memory")


def test_an_executor_that_breaks_on_the_way_costs_what_it_was_given(
    benches: Callable[[Executor], Bench],
) -> None:
    bench = benches(Refusing())
    with pytest.raises(OSError, match="Cannot allocate"):  # it has never taken anything
        bench.run(bench.order("one"))
    bench.dispatcher.engine = "jax"
    bench.run(bench.order("two"))
    assert bench.fits["two"].status is Status.FAILED
    assert "OSError: Cannot allocate memory" in bench.fits["two"].sentence


def test_the_first_training_of_all_may_take_most_of_the_time(bench: Bench) -> None:
    """How long a worker's start takes is not known before one has answered."""
    now = time.monotonic()
    order = bench.order("one", deadline=now + 100, longest_seconds=1.0)
    assert bench.dispatcher._latest([order], {}) - now == pytest.approx(60, abs=2)
    bench.run(bench.order("two"))
    assert bench.dispatcher._latest([order], {}) - time.monotonic() == pytest.approx(31, abs=2)


def test_a_word_to_the_listener(bench: Bench) -> None:
    bench.dispatcher.stage = "duel"
    bench.meter.budget = Budget.parse("12trainings")
    bench.dispatcher.tell("stage", "the duel")
    (event,) = bench.events
    assert (event.kind, event.text, event.stage, event.expected) == (
        "stage",
        "the duel",
        "duel",
        12,
    )
    assert event.limit_seconds is None and event.seconds == pytest.approx(0, abs=30)


def test_the_journal_is_told_the_time_while_trainings_go_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is killed in a long training is charged for it when it is resumed."""
    monkeypatch.setattr(dispatch, "BEAT_SECONDS", 0.0)
    slow = replace(TINY, width=96, learning_rate=1e-5)
    bench.run(bench.order("one", candidate=slow, steps=600))
    (begun,), (ended,) = bench.lines("start"), bench.lines("training")
    beats = [line["at_seconds"] for line in bench.lines("beat")]
    assert beats == sorted(beats) and begun["at_seconds"] <= beats[0] < ended["at_seconds"]
    journal = list(Journal.read(bench.folder / "journal.jsonl"))
    untold = journal[: next(at for at, line in enumerate(journal) if line["event"] == "training")]
    assert Replay(untold).spent_seconds == untold[-1]["at_seconds"] >= beats[0]
