"""An interrupt ends the block that may be ended, wherever in it the signal comes."""

from __future__ import annotations

import gc
import signal
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from autorecur.interrupts import Interrupts


def _wait(seconds: float = 2.0) -> None:
    """Python's own waiting, which the handler of a signal may end."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)


def _signalled(number: signal.Signals) -> None:
    """Its handler runs before this returns, not at some later step of whoever called."""
    signal.raise_signal(number)
    for _ in range(1000):
        pass


def _in_the_collector() -> None:
    def callback(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            gc.callbacks.remove(callback)
            _signalled(signal.SIGINT)

    gc.callbacks.append(callback)
    gc.collect()


def _in_a_destructor() -> None:
    class Held:
        def __del__(self) -> None:
            _signalled(signal.SIGTERM)

    Held()


def _in_a_weak_reference() -> None:
    class Held:
        pass

    held = Held()
    reference = weakref.ref(held, lambda _: _signalled(signal.SIGINT))
    del held
    assert reference() is None


@pytest.mark.parametrize("where", [_in_the_collector, _in_a_destructor, _in_a_weak_reference])
def test_one_that_python_drops_comes_once_more(
    where: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with Interrupts() as interrupts:
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt), interrupts.taken():
            where()
            _wait()
        assert time.monotonic() - begun < 1.0
        assert interrupts.asked
        time.sleep(0.1)  # and not a third time
    assert capsys.readouterr().err == ""


def test_what_was_dropped_as_its_block_ended_waits_for_the_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Interrupts() as interrupts:
        with interrupts.taken():
            _in_a_destructor()
        _wait(0.1)
        with pytest.raises(KeyboardInterrupt), interrupts.taken():
            pass
    assert capsys.readouterr().err == ""


def test_one_between_two_blocks_waits_and_a_second_one_does_not() -> None:
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        assert interrupts.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_whatever_else_is_dropped_goes_where_it_went(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", seen.append)

    class Broken:
        def __del__(self) -> None:
            raise ValueError("broken")

    with Interrupts() as interrupts:
        with interrupts.taken():
            Broken()
        Broken()
    assert [str(one.exc_value) for one in seen] == ["broken", "broken"]
