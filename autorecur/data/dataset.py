"""Dataset: a table that was understood; valid or not at all.

One flat block of rows serves every kind. `values` holds the numeric channels of all series one
after the other, in original units, with gaps already filled; `offsets` says where each series
begins. An *example* is one integer, the row of its first target step, so a window is two integers
and is never materialised here: the trainings gather it from the resident block.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Column", "Dataset", "Examples", "Finding", "Fold", "Schema", "Split"]

Examples = NDArray[np.int64]


@dataclass(frozen=True)
class Column:
    """One column of the user's table: its role, and why it has it."""

    name: str
    role: str  # target | time | series | past | known | static | text | split | dropped
    dtype: str  # numeric | categorical | time | text
    reason: str


@dataclass(frozen=True)
class Finding:
    """Something about the table that the user should know: `level` is issue, tip or note."""

    code: str
    level: str
    sentence: str
    remedy: str = ""


@dataclass(frozen=True)
class Schema:
    """What was understood of the table; all that prediction needs to read another one like it."""

    kind: str
    columns: tuple[Column, ...]
    horizon: int
    # A pandas offset alias ("h", "MS", "W-SAT"), or None where rows are only counted.
    frequency: str | None
    season: int  # steps in one seasonal period; 1 when there is none
    reasons: tuple[str, ...]  # what was inferred and from what, a sentence each
    cycles: tuple[str, ...] = ()  # calendar cycles given to the network as known features
    time_format: str | None = None  # how times are written; a short table may leave it open

    def names(self, role: str) -> tuple[str, ...]:
        """The columns that have `role`, in the table's order."""
        return tuple(column.name for column in self.columns if column.role == role)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the columns of `Dataset.values`: targets first, then past covariates."""
        return self.names("target") + self.names("past")

    @property
    def time(self) -> str | None:
        return next(iter(self.names("time")), None)

    @property
    def unit(self) -> str:
        """The target's own name: a table seldom says more about its unit."""
        return self.names("target")[0]


@dataclass(frozen=True)
class Fold:
    """Examples to train on, to stop early by, and to score; `fit_rows` bounds what scalers may see.

    No target row of `train` or `validation` lies at or after the first target row of `test`.
    """

    name: str
    train: Examples
    validation: Examples
    test: Examples
    fit_rows: int  # scalers see rows [0, fit_rows) only


@dataclass(frozen=True)
class Split:
    """Data never mixed: where candidates compete, are compared, and are measured once."""

    selection: Fold  # its test part is empty: candidates are ranked on `validation`
    duel: tuple[Fold, ...]
    holdout: Fold
    sentence: str  # how the rows were divided, in words
    # (part, first row, one past the last row), for the split diagram
    bounds: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table that was understood. Built and validated by `data.series.dataset`, then frozen."""

    name: str
    schema: Schema
    values: NDArray[np.float32]  # [rows, channels], original units, no gaps
    observed: NDArray[np.bool_]  # [rows, targets]: False where filled in, so not scored
    known: NDArray[np.float32]  # [rows + horizon, k]: calendar, `horizon` rows past the end
    offsets: NDArray[np.int64]  # [series + 1]: rows of series i are offsets[i]:offsets[i + 1]
    times: pd.DatetimeIndex | pd.RangeIndex  # of the rows
    split: Split
    fingerprint: str  # SHA-256 of what was read
    findings: tuple[Finding, ...] = ()
    source: dict[str, Any] = field(default_factory=dict)  # as read, before any repair

    @property
    def rows(self) -> int:
        return int(self.values.shape[0])

    @property
    def targets(self) -> int:
        """How many of the channels are targets; they come first."""
        return len(self.schema.names("target"))

    @property
    def horizon(self) -> int:
        return self.schema.horizon

    @cached_property
    def longest_lookback(self) -> int:
        """The longest window that the first validation example has whole rows for."""
        return int(self.split.selection.validation[0])

    def actuals(self, examples: Examples) -> NDArray[np.float32]:
        """The true values, [examples, horizon, targets]; NaN where a value was filled in."""
        rows = examples[:, None] + np.arange(self.horizon)
        truth = self.values[rows, : self.targets].copy()
        truth[~self.observed[rows]] = np.nan
        return truth
