"""Budget: what may be spent. Meter: what is spent, by an injected clock.

A budget in seconds covers everything from the call to the written report. The meter sets the shares
of the duel, the refit and the report aside before the search starts, so that the end is a promise.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from autorecur.errors import BudgetError, SettingError

__all__ = ["SHORTEST_SECONDS", "Budget", "LedgerEntry", "Meter", "Shares", "divide_trainings"]

DUEL_SHARE = 0.4  # of a budget in trainings, where that is more than a verdict needs at least
SHORTEST_SECONDS = 15.0  # workers start, warm up and train one pair in no less
_UNITS = {"s": 1.0, "sec": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}
_AMOUNT = r"([0-9]+(?:\.[0-9]+)?(?:e[0-9]+)?)"
_HELP = (
    "use a time such as 90s, 10min or 2h, a number of trainings such as 40trainings, or 2e14flop"
)


@dataclass(frozen=True)
class Budget:
    """What may be spent: seconds, trainings, multiply-adds; of several, the first reached ends it.

    >>> Budget.parse("2min").seconds
    120.0
    >>> Budget.parse("40trainings").trainings
    40
    >>> Budget.parse("1h, 2e14flop").multiply_adds
    200000000000000.0
    """

    text: str
    seconds: float | None = None
    trainings: int | None = None
    multiply_adds: float | None = None

    @property
    def by_time_alone(self) -> bool:
        """Whether nothing is counted, so that how fast a machine is decides what is trained."""
        return self.trainings is None and self.multiply_adds is None

    @classmethod
    def parse(cls, text: str) -> Budget:
        """From text; `SettingError` if it cannot be read, `BudgetError` if it is too small."""
        limit: float | None = None
        trainings, multiply_adds = None, None
        for part in re.split(r"[,+]", str(text)):
            part = part.strip().lower()
            for amount, unit in _amounts(part, str(text)):
                if unit in _UNITS:
                    limit = (limit or 0.0) + amount * _UNITS[unit]
                elif unit in ("trainings", "training"):
                    trainings = int(amount)
                else:
                    multiply_adds = amount
        if limit is not None and limit < SHORTEST_SECONDS:
            raise BudgetError(
                f"a budget of {_cut(text)} is shorter than start-up can be: "
                f"give at least {SHORTEST_SECONDS:.0f}s"
            )
        if trainings is not None and trainings < 4:
            raise BudgetError(
                f"a budget of {_cut(text)} cannot train one pair and its refits: "
                "give at least 4trainings"
            )
        if multiply_adds is not None and multiply_adds < 1:
            raise BudgetError(
                f"a budget of {_cut(text)} cannot train anything: give at least 1flop"
            )
        return cls(" ".join(str(text).split()), limit, trainings, multiply_adds)


def _amounts(part: str, text: str) -> list[tuple[float, str]]:
    """Amounts with their units in one part, as in "1h 30min"."""
    pattern = rf"{_AMOUNT}\s*(trainings?|flops?|sec|min|s|m|h)(?![a-z])"
    rest = re.sub(pattern, "", part).strip()
    amounts = [(float(amount), unit) for amount, unit in re.findall(pattern, part)]
    if rest or not amounts or any(amount == float("inf") for amount, _ in amounts):
        raise SettingError(f"the budget {_cut(text)!r} cannot be read: {_HELP}")
    return amounts


def _cut(text: object) -> str:
    return str(text)[:40]


@dataclass(frozen=True)
class LedgerEntry:
    """Where a stretch of the parent's time went."""

    stage: str
    seconds: float
    trainings: int
    planned_seconds: float | None


@dataclass(frozen=True)
class Shares:
    """Seconds since the start by which each stage must have ended; infinite without a limit."""

    search: float = float("inf")
    duel: float = float("inf")
    refit: float = float("inf")
    report: float = float("inf")

    @classmethod
    def of(cls, limit: float | None, reserve: float = 0.0) -> Shares:
        """How a limit is divided.

        The report needs a fixed few seconds; of the rest the duel gets two fifths, since a verdict
        needs at least eight full trainings, and the refit of the two finalists an eighth.
        """
        if limit is None:
            return cls()
        report = min(3.0 + 0.015 * limit, 20.0) + reserve
        rest = limit - report
        return cls(0.48 * rest, 0.87 * rest, rest, limit - 0.3)


def divide_trainings(
    trainings: int | None, cells: int, fewest_folds: int, most_rounds: int
) -> tuple[int | None, int | None]:
    """How many trainings of a budget go to the search and to the duel; the refit takes one a cell.

    The duel gets at least one round on the fewest folds that make a verdict, and at most two fifths
    of what is left where that is more.

    >>> divide_trainings(40, cells=2, fewest_folds=4, most_rounds=24)
    (24, 14)
    """
    if trainings is None:
        return None, None
    left = trainings - 2 * cells  # one pair must be searched, and one refitted
    rounds = max(fewest_folds, min(most_rounds, int(DUEL_SHARE * left) // cells))
    duel = max(0, min(rounds, left // cells)) * cells
    return trainings - cells - duel, duel


class Meter:
    """What is spent. `clock` gives seconds; `started` is its reading when the user asked."""

    def __init__(
        self,
        budget: Budget,
        clock: Callable[[], float] = time.monotonic,
        started: float | None = None,
    ) -> None:
        self.budget, self.clock = budget, clock
        self.started = clock() if started is None else started
        self.shares = Shares.of(budget.seconds)
        self._reserve = 0.0
        self.trainings = 0
        self.multiply_adds = 0.0
        self._entries: list[LedgerEntry] = []
        self._stage, self._since, self._trainings_before = "start-up", self.started, 0
        self._planned: float | None = None

    @property
    def spent_seconds(self) -> float:
        return self.clock() - self.started

    def left(self, share: str) -> float:
        """Seconds until the stage called `share` must have ended; never negative."""
        return max(0.0, float(getattr(self.shares, share)) - self.spent_seconds)

    def deadline(self, share: str) -> float:
        """The clock's reading by which the stage called `share` must have ended."""
        return self.started + float(getattr(self.shares, share))

    def resume(self, spent_seconds: float) -> None:
        """Charge what a run had spent before it was ended: every stage must end so much sooner."""
        if spent_seconds > 0:
            self.started -= spent_seconds
            self._entries.append(LedgerEntry("before", spent_seconds, 0, None))

    def reserve(self, seconds: float) -> None:
        """Set so many more seconds aside for the report."""
        self._reserve = seconds
        self.shares = Shares.of(self.budget.seconds, seconds)

    def expect_duel(self, seconds: float) -> None:
        """A duel is now known to take about so long: what it will not need, the search gets."""
        duel = self.shares.duel
        if duel < float("inf"):
            least = Shares.of(self.budget.seconds, self._reserve).search
            search = max(least, duel - seconds)
            self.shares = replace(self.shares, search=min(search, duel))

    def expect_refit(self, seconds: float) -> None:
        """The refit is now known to take about so long: what it will not need goes to the duel."""
        refit = self.shares.refit
        if refit < float("inf"):
            duel = max(self.shares.duel, refit - seconds)
            self.shares = replace(self.shares, duel=min(duel, refit))

    def expect_report(self, seconds: float) -> None:
        """The report is now known to take about so long: the stages before it get the rest."""
        report, refit = self.shares.report, self.shares.refit
        if report < float("inf"):
            refit = max(refit, report - seconds)
            self.shares = replace(self.shares, refit=min(refit, report))

    def charge(self, trainings: int, multiply_adds: float) -> None:
        """Trainings done, and their multiply-adds."""
        self.trainings += trainings
        self.multiply_adds += multiply_adds

    def enter(self, stage: str) -> None:
        """From now on time goes to `stage`: stages follow each other without a gap."""
        self._close()
        planned = self.left(stage) if hasattr(self.shares, stage) else float("inf")
        self._stage, self._planned = stage, planned if planned < float("inf") else None

    def _close(self) -> None:
        now = self.clock()
        self._entries.append(
            LedgerEntry(
                self._stage,
                now - self._since,
                self.trainings - self._trainings_before,
                self._planned,
            )
        )
        self._since, self._trainings_before = now, self.trainings

    def ledger(self) -> tuple[LedgerEntry, ...]:
        """Every stage so far, the present one up to now; their seconds sum to the time spent."""
        self._close()
        entries: dict[str, LedgerEntry] = {}
        for entry in self._entries:
            if before := entries.get(entry.stage):
                entry = LedgerEntry(
                    entry.stage,
                    before.seconds + entry.seconds,
                    before.trainings + entry.trainings,
                    before.planned_seconds,
                )
            entries[entry.stage] = entry
        self._entries = list(entries.values())
        return tuple(self._entries)
