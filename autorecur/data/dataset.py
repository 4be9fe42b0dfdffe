"""Dataset: a table that was understood; valid or not at all.

One flat block of rows serves every kind. `values` holds the numeric channels of all series one
after the other, in original units, with gaps already filled; `codes` holds categories and tokens;
`offsets` says where each series begins. An *example* is one integer, a row or a series (see
`kinds`), so a window is two integers and is never materialised here: the trainings gather it from
the resident block.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data.kinds import Kind, kind_named

__all__ = ["Column", "Dataset", "Examples", "Finding", "Fold", "Schema", "Split"]

Examples = NDArray[np.int64]


@dataclass(frozen=True)
class Column:
    """One column of the user's table: its role, and why it has it."""

    name: str
    role: str  # target | time | series | past | known | static | text | split | dropped
    dtype: str  # numeric | categorical | time | text
    reason: str
    values: tuple[str, ...] = ()  # a categorical column's categories; a label's classes, in order


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
    horizon: int  # steps ahead; 0 where the truth is a label
    frequency: (
        str | None
    )  # a pandas offset alias ("h", "W-SAT"), or None when rows are only counted
    season: int  # steps in one seasonal period; 1 when there is none
    reasons: tuple[str, ...]  # what was inferred and from what, a sentence each
    cycles: tuple[str, ...] = ()  # calendar cycles given to the network as known features
    time_format: str | None = None  # how times are written; a short table may leave it open
    tokens: str | None = None  # of texts: "word" or "character"

    def names(self, role: str) -> tuple[str, ...]:
        """The columns that have `role`, in the table's order."""
        return tuple(column.name for column in self.columns if column.role == role)

    def with_role(self, role: str, dtype: str) -> tuple[Column, ...]:
        """The columns that have `role` and `dtype`, in the table's order."""
        return tuple(c for c in self.columns if c.role == role and c.dtype == dtype)

    @property
    def traits(self) -> Kind:
        """The traits of the kind."""
        return kind_named(self.kind)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the columns of `Dataset.values`: forecast targets first, then covariates."""
        numeric = tuple(column.name for column in self.with_role("past", "numeric"))
        return numeric if self.traits.labelled else self.names("target") + numeric

    @property
    def categories(self) -> tuple[Column, ...]:
        """The columns of `Dataset.codes`."""
        return self.with_role("past", "categorical")

    @property
    def classes(self) -> tuple[str, ...]:
        """The label's classes, in the order of their codes; empty where the target is a number."""
        targets = [column for column in self.columns if column.role == "target"]
        return targets[0].values if targets else ()

    @property
    def time(self) -> str | None:
        return next(iter(self.names("time")), None)

    @property
    def series(self) -> str | None:
        return next(iter(self.names("series")), None)

    @property
    def unit(self) -> str:
        """The target's own name: a table seldom says more about its unit. Of several there is none.

        What they are counted in differs, or nobody says that it does not.
        """
        targets = self.names("target")
        return targets[0] if len(targets) == 1 else ""


@dataclass(frozen=True)
class Fold:
    """Examples to train on, to stop early by, and to score.

    `fit_until` bounds what scalers may see: of series i the rows from its first up to
    `fit_until[i]`, which is not included. No truth of `train` lies at or after the first truth of
    `test`. `test_share` counts what the parts are cut from, rows or whole series or documents, and
    not the examples: neighbouring windows share most of their rows, and not all are scored.
    """

    name: str
    train: Examples
    validation: Examples
    test: Examples
    fit_until: NDArray[np.int64]  # [series]
    test_share: float = 0.0  # tested, of what is trained on or tested


@dataclass(frozen=True)
class Split:
    """Three kinds of data, never mixed: to search on, to compare on, and to measure once."""

    selection: Fold  # its test part is empty: candidates are ranked on `validation`
    duel: tuple[Fold, ...]
    holdout: Fold
    sentence: str  # how the rows were divided, in words
    bounds: tuple[tuple[str, int, int], ...]  # (part, first, one past the last) for the diagram
    drawn: bool = False  # whether whole series were drawn into folds, without an order in time


def _no_numbers() -> NDArray[np.float32]:
    return np.empty((0, 0), np.float32)


def _no_codes() -> NDArray[np.int32]:
    return np.empty((0, 0), np.int32)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table that was understood; the readers of `data/` build and validate it. Frozen."""

    name: str
    schema: Schema
    values: NDArray[np.float32]  # [rows, channels], original units, no gaps
    observed: NDArray[np.bool_]  # [rows, targets]: False where a target was filled in; not scored
    known: NDArray[np.float32]  # [rows, k]: what is known in advance, calendar features included
    offsets: NDArray[np.int64]  # [series + 1]: rows of series i are offsets[i]:offsets[i + 1]
    times: pd.DatetimeIndex | pd.RangeIndex  # of the rows
    split: Split
    fingerprint: str  # SHA-256 of what was read
    findings: tuple[Finding, ...] = ()
    source: dict[str, Any] = field(default_factory=dict)  # rows and columns as read
    codes: NDArray[np.int32] = field(
        default_factory=_no_codes
    )  # [rows, categories]; 0 is unknown or missing
    static: NDArray[np.float32] = field(default_factory=_no_numbers)  # [series, s]
    labels: NDArray[np.float32] = field(
        default_factory=_no_numbers
    )  # [rows or series, 1]; NaN where missing
    series: tuple[str, ...] = ()  # names of the series
    vocabulary: tuple[str, ...] = ()  # of texts: token of code i + 2 (0 pads, 1 is unknown)
    excerpts: tuple[str, ...] = ()  # of texts: how each document of the holdout's test begins
    vectors: NDArray[np.float32] = field(
        default_factory=_no_numbers
    )  # [codes, width]: what an embedding starts with

    @property
    def rows(self) -> int:
        return int(self.values.shape[0])

    @property
    def kind(self) -> Kind:
        return self.schema.traits

    @property
    def targets(self) -> int:
        """How many values are foretold of a step."""
        return len(self.schema.names("target"))

    @property
    def horizon(self) -> int:
        """Steps foretold of an example; a label is one."""
        return max(1, self.schema.horizon)

    @property
    def code_sizes(self) -> tuple[int, ...]:
        """How many codes each column of `codes` can hold, the unknown one included."""
        if self.kind.text:
            return (len(self.vocabulary) + 2,)
        return tuple(len(column.values) + 1 for column in self.schema.categories)

    def first_rows(self, examples: Examples) -> NDArray[np.int64]:
        """The first row of each example's series."""
        return self.offsets[self.series_of(examples)]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Rows of each series, [series]."""
        return np.diff(self.offsets)

    @cached_property
    def longest_lookback(self) -> int:
        """The longest window worth having: what half of the validation examples can look at."""
        if self.kind.by_series:
            return int(self.lengths.max())
        validation = self.split.selection.validation
        return max(1, int(np.median(validation - self.first_rows(validation))))

    def fit_values(self, fold: Fold) -> NDArray[np.float32]:
        """The rows that scalers may see; a view where there is one series."""
        if len(fold.fit_until) == 1:
            return self.values[: fold.fit_until[0]]
        keep = np.arange(self.rows) < np.repeat(fold.fit_until, self.lengths)
        return self.values[keep]

    def scales(self, fold: Fold) -> NDArray[np.float32]:
        """[series, targets]: the mean error of seasonal naive within each series' training rows.

        The scale of MASE (Hyndman and Koehler 2006); that of all series where one has too few rows.
        """
        season = max(1, self.schema.season)
        scales = np.full((len(self.offsets) - 1, self.targets), np.nan)
        for series, (start, end) in enumerate(zip(self.offsets[:-1], fold.fit_until, strict=True)):
            rows = self.values[start:end, : self.targets].astype(np.float64)
            if len(rows) > season:
                scales[series] = np.abs(rows[season:] - rows[:-season]).mean(axis=0)
        scales[~(scales > 0)] = np.nan
        usual = np.nanmedian(scales) if np.isfinite(scales).any() else 1.0
        return np.where(np.isnan(scales), usual, scales).astype(np.float32)

    def series_of(self, examples: Examples) -> NDArray[np.int64]:
        """The series that each example belongs to."""
        if self.kind.by_series:
            return examples
        return np.searchsorted(self.offsets, examples, side="right").astype(np.int64) - 1

    def actuals(self, examples: Examples) -> NDArray[np.float32]:
        """The truth, [examples, horizon, targets]; NaN where it is missing or was filled in."""
        if self.kind.labelled:
            return self.labels[examples][:, None, :]
        rows = examples[:, None] + np.arange(self.horizon)
        truth = self.values[rows, : self.targets].copy()
        truth[~self.observed[rows]] = np.nan
        return truth
