"""The regular grid under time stamps: its step, its points, and the points after its end.

One path serves a single series and a panel: each series has its own points, all laid end to end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.tseries.frequencies import to_offset

from autorecur.errors import DataError

__all__ = [
    "Grid",
    "Stamps",
    "counted",
    "frequency_of",
    "grid_for",
    "is_monthly",
    "microseconds",
    "step_seconds",
]

Stamps = pd.DatetimeIndex | pd.Index  # time stamps, or whole numbers that count
DAY_SECONDS = 86_400
MICROSECONDS = 1_000_000
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
# Steps that people mean, for stamps that have none of their own.
PLAIN_STEPS = (1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)
REGULAR = 0.3  # share of the steps near the commonest one, below which there is no step
MOST_FILLED = 4  # points for each row, beyond which the table is refused
SPARE_POINTS = 1_000  # that a small table may be filled with all the same

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Grid:
    """Regular stamps, series after series, and where the given rows stand among them."""

    times: Stamps
    positions: Ints | None  # None when the rows are the grid
    moved: int  # stamps that were off the grid and went to a point of it
    offsets: Ints  # points of series i are offsets[i]:offsets[i + 1]
    irregular: bool = False  # whether the step was chosen, because the stamps have none

    def extended(self, frequency: str | None, steps: int, rows: Ints) -> Grid:
        """With `steps` more points after each series' end; `rows` is how many rows each has."""
        series = len(self.offsets) - 1
        length, added = np.diff(self.offsets), steps * np.arange(series + 1, dtype=np.int64)
        offsets = self.offsets + added
        inner = np.arange(self.offsets[-1]) if self.positions is None else self.positions
        shift = np.repeat(added[:-1], rows)
        old = np.arange(self.offsets[-1], dtype=np.int64) + np.repeat(added[:-1], length)
        keys, later = microseconds(self.times), after(self, frequency, steps)
        times = np.empty(offsets[-1], dtype=np.int64)
        times[old] = keys
        fresh = np.ones(len(times), dtype=np.bool_)
        fresh[old] = False
        times[fresh] = later
        return replace(
            self, times=_like(self.times, times), positions=inner + shift, offsets=offsets
        )


def after(grid: Grid, frequency: str | None, steps: int) -> Ints:
    """The `steps` stamps that follow each series' last one, as integers."""
    keys = microseconds(grid.times)
    last = keys[grid.offsets[1:] - 1]
    ahead = np.arange(1, steps + 1, dtype=np.int64)
    if frequency is None:
        step = grid.times.step if isinstance(grid.times, pd.RangeIndex) else _count_step(grid)
        return cast("Ints", (last[:, None] + ahead * step).ravel())
    found, place = np.unique(last, return_inverse=True)
    rows = [
        pd.date_range(pd.Timestamp(key, unit="us"), periods=steps + 1, freq=to_offset(frequency))[
            1:
        ].as_unit("us")
        for key in found.tolist()
    ]
    return np.stack([index.asi8 for index in rows])[place].ravel()


def _count_step(grid: Grid) -> int:
    inner = np.diff(microseconds(grid.times))[_within(grid.offsets)]
    return int(inner[0]) if len(inner) else 1


def microseconds(times: Stamps) -> Ints:
    """Stamps as whole numbers: microseconds since 1970, or the numbers that they are."""
    if isinstance(times, pd.DatetimeIndex):
        return cast("Ints", times.as_unit("us").asi8)
    return np.asarray(times, dtype=np.int64)


def _like(times: Stamps, keys: Ints) -> Stamps:
    """`keys` as an index of the kind of `times`."""
    if isinstance(times, pd.DatetimeIndex):
        return pd.DatetimeIndex(keys.view("datetime64[us]"))
    steps = np.diff(keys)
    if isinstance(times, pd.RangeIndex) and (steps == steps[:1]).all() and len(steps):
        return pd.RangeIndex(int(keys[0]), int(keys[-1]) + int(steps[0]), int(steps[0]))
    return pd.Index(keys)


def _within(offsets: Ints) -> NDArray[np.bool_]:
    """[rows − 1]: whether a step between two rows stays in one series."""
    inside = np.ones(max(int(offsets[-1]) - 1, 0), dtype=np.bool_)
    inside[offsets[1:-1] - 1] = False
    return inside


def _commonest(values: Ints) -> int:
    distinct, counts = np.unique(values, return_counts=True)
    return int(distinct[np.argmax(counts)])


def step_seconds(frequency: str) -> float:
    """The length of one step; of a calendar step, its mean."""
    start = pd.Timestamp("2000-01-01")
    many = pd.date_range(start, periods=49, freq=to_offset(frequency))
    return float((many[-1] - many[0]).total_seconds() / 48)


def is_monthly(frequency: str) -> bool:
    """Whether a step is so many months, quarters or years."""
    head = frequency.split("-")[0].lstrip("0123456789")
    return head in ("MS", "ME", "QS", "QE", "YS", "YE")


def frequency_of(stamps: pd.DatetimeIndex, offsets: Ints | None = None) -> str:
    """The pandas alias of the commonest step between time stamps, sorted within each series.

    >>> frequency_of(pd.date_range("2020-01-31", periods=20, freq="ME"))
    'ME'
    >>> frequency_of(pd.date_range("2020-01-01", periods=20, freq="30min"))
    '30min'
    """
    gaps = np.diff(microseconds(stamps))
    inside = None if offsets is None or len(offsets) == 2 else _within(offsets)
    gaps = gaps if inside is None else gaps[inside]
    gaps = gaps[gaps > 0]
    if not len(gaps):
        raise DataError("every series has one time only: a step takes at least two rows")
    step = _commonest(gaps)
    day = DAY_SECONDS * MICROSECONDS
    if step >= 28 * day:
        calendar_step = _frequency_in_months(stamps, inside, float((gaps == step).mean()))
        if calendar_step:
            return calendar_step
    if float((np.abs(gaps / step - 1) < 0.15).mean()) < REGULAR:
        step = _plain_step(float(np.median(gaps)))
    if step == day and len(stamps) >= 10 and int(stamps.day_of_week.max()) < 5:
        return "B"
    if step % (7 * day) == 0:
        weekday = WEEKDAYS[_commonest(np.asarray(stamps.day_of_week, dtype=np.int64))]
        weeks = step // (7 * day)
        return f"{weeks if weeks > 1 else ''}W-{weekday}"
    if step % day == 0:
        return f"{step // day if step > day else ''}D"
    return str(to_offset(pd.Timedelta(step, unit="us")).freqstr)


def _plain_step(microseconds: float) -> int:
    """A usual step near `microseconds`, for stamps that come at any time."""
    seconds = microseconds / MICROSECONDS
    if seconds < 0.7:
        return max(1, int(microseconds))
    days = max(1, round(seconds / DAY_SECONDS)) * DAY_SECONDS
    usual = min((*PLAIN_STEPS, days), key=lambda step: abs(np.log(step / seconds)))
    return int(usual) * MICROSECONDS


def _frequency_in_months(
    stamps: pd.DatetimeIndex, inside: NDArray[np.bool_] | None, modal_share: float
) -> str | None:
    """Months, quarters or years, when the stamps are such; None when the step is so many days."""
    months = np.asarray(stamps.year * 12 + stamps.month - 1, dtype=np.int64)
    apart = np.diff(months)
    apart = apart if inside is None else apart[inside]
    same_day = bool((stamps.day == stamps.day[0]).all())
    at_end = bool(stamps.is_month_end.all())
    if not (same_day or at_end) and (modal_share > 0.9 or int(apart.min()) < 1):
        return None
    count = _commonest(apart)
    edge = "E" if at_end else "S"
    anchor = _commonest(months % 12)
    if count % 12 == 0:
        return f"{count // 12 if count > 12 else ''}Y{edge}-{MONTHS[anchor]}"
    if count == 3:
        # pandas names a quarter by its first (QS) or last (QE) month within the year's first cycle
        return f"Q{edge}-{MONTHS[anchor % 3 if edge == 'S' else 9 + anchor % 3]}"
    return f"{count if count > 1 else ''}M{edge}"


def grid_for(
    stamps: pd.DatetimeIndex,
    frequency: str,
    what: str,
    expected: bool,
    offsets: Ints | None = None,
) -> Grid:
    """The regular grid under time stamps that are sorted and distinct within each series.

    `expected` says that `frequency` comes from a schema and not from these stamps: then a table
    with another step is refused as such.
    """
    offsets = np.array([0, len(stamps)], dtype=np.int64) if offsets is None else offsets
    if is_monthly(frequency):
        stamps = _to_month_edge(stamps, frequency)
    keys = microseconds(stamps)
    # Four of five business days are a day apart, whatever their mean distance is.
    usual = DAY_SECONDS if frequency == "B" else step_seconds(frequency)
    gaps = np.diff(keys)[_within(offsets)]
    irregular = _no_step_of_its_own(gaps, usual * MICROSECONDS, frequency, what, expected)
    if is_monthly(frequency) or frequency == "B":
        points, ordinals = _calendar_points(stamps, keys, frequency)
        first = ordinals[offsets[:-1]]
    else:
        points, first = None, np.zeros(len(offsets) - 1, dtype=np.int64)
        step = round(step_seconds(frequency) * MICROSECONDS)
        starts = _on_weekday(keys[offsets[:-1]], frequency)
        ordinals = _nearest(keys, _by_row(starts, offsets), step, irregular)
    lengths = ordinals[offsets[1:] - 1] - first + 1
    total = int(lengths.sum())
    if total > MOST_FILLED * len(keys) + SPARE_POINTS * (10 if expected else 1):
        raise DataError(
            f"{what} has {len(keys):,} time stamps over {total:,} steps of {frequency}: most would "
            "be filled in; bring the rows to a regular step, or cut the longest gap out"
        )
    begins = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    ordinals += _by_row(begins[:-1] - first, offsets)
    inner = np.arange(total, dtype=np.int64) - _by_row(begins[:-1] - first, begins)
    times = points[inner] if points is not None else _by_row(starts, begins) + inner * step
    moved = int((times[ordinals] != keys).sum())
    plain = total == len(keys) and bool((np.diff(ordinals) == 1).all())
    return Grid(
        pd.DatetimeIndex(times.view("datetime64[us]")),
        None if plain else ordinals,
        moved,
        begins,
        irregular,
    )


def _by_row(by_series: Ints, offsets: Ints) -> Ints:
    """A series' value for each of its rows; one value serves all where there is one series."""
    return by_series if len(by_series) == 1 else np.repeat(by_series, np.diff(offsets))


def _nearest(keys: Ints, starts: Ints, step: int, irregular: bool) -> Ints:
    """The point of each stamp; stamps without a step go to the next one, never back in time."""
    apart = keys - starts
    return -((-apart) // step) if irregular else (2 * apart + step - 1) // (2 * step)


def _on_weekday(starts: Ints, frequency: str) -> Ints:
    if "W-" not in frequency:
        return starts
    stamps = pd.DatetimeIndex(starts.view("datetime64[us]"))
    offset = to_offset(frequency)
    if (
        bool(np.asarray([offset.is_on_offset(stamp) for stamp in stamps[:1]]).all())
        and (stamps.day_of_week == stamps.day_of_week[0]).all()
    ):
        return starts
    back = [s if offset.is_on_offset(s) else offset.rollback(s) for s in stamps]
    return microseconds(pd.DatetimeIndex(back))


def _calendar_points(stamps: pd.DatetimeIndex, keys: Ints, frequency: str) -> tuple[Ints, Ints]:
    """Points of a calendar step under all stamps, and the nearest point of each stamp."""
    offset = to_offset(frequency)
    low, high = stamps.min(), stamps.max()
    start = low if offset.is_on_offset(low) else offset.rollback(low)
    reach = pd.Timedelta(3 * step_seconds(frequency), unit="s")
    points = microseconds(pd.date_range(start, high + reach, freq=offset))
    later = np.clip(np.searchsorted(points, keys), 1, len(points) - 1)
    nearer = keys - points[later - 1] <= points[later] - keys
    return points, np.where(nearer, later - 1, later).astype(np.int64)


def _to_month_edge(stamps: pd.DatetimeIndex, frequency: str) -> pd.DatetimeIndex:
    """Stamps anywhere in a month stand for that month."""
    start = stamps.to_period("M").to_timestamp().as_unit("us")
    if "E" not in frequency.split("-")[0]:
        return start
    return (start + pd.offsets.MonthEnd(0)).as_unit("us")


def _no_step_of_its_own(
    gaps: Ints, usual: float, frequency: str, what: str, expected: bool
) -> bool:
    """Whether the stamps come at any time; refuses those that have another step."""
    if not len(gaps):
        return False
    ratios = gaps / usual
    near = float(((ratios > 0.85) & (ratios < 1.15)).mean())
    if near >= REGULAR or (len(gaps) == 1 and ratios[0] > 0.85):
        return False
    typical = float(np.median(gaps))
    own = float((np.abs(gaps / max(_commonest(gaps), 1) - 1) < 0.15).mean())
    if not expected or (own < REGULAR and 1 / 3 < typical / usual < 3):
        return True
    raise DataError(
        f"{what} has steps of {pd.Timedelta(typical, unit='us')}, and the network was trained on "
        f"{frequency}: bring the table to that step"
    )


def counted(stamps: Ints, offsets: Ints, name: str) -> Grid:
    """The regular grid under whole numbers that count, sorted and distinct within each series."""
    inside = np.diff(stamps)[_within(offsets)]
    step = int(np.bincount(np.minimum(inside, 10_000)).argmax()) if len(inside) else 1
    starts = stamps[offsets[:-1]]
    apart = stamps - _by_row(starts, offsets)
    off = np.flatnonzero(apart % step)
    if len(off):
        raise DataError(
            f"the time column {name} counts in steps of {step}, and {int(stamps[off[0]])} is "
            "between two: bring it to a regular step"
        )
    ordinals = apart // step
    lengths = ordinals[offsets[1:] - 1] + 1
    total = int(lengths.sum())
    if total > MOST_FILLED * len(stamps) + SPARE_POINTS:
        raise DataError(
            f"the time column {name} has {len(stamps):,} values over {total:,} steps: most would "
            "be filled in; bring it to a regular step"
        )
    begins = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    positions = None if total == len(stamps) else ordinals + _by_row(begins[:-1], offsets)
    if len(starts) == 1:
        first = int(starts[0])
        times: Stamps = pd.RangeIndex(first, first + total * step, step)
    else:
        inner = np.arange(total, dtype=np.int64) - _by_row(begins[:-1], begins)
        times = pd.Index(_by_row(starts, begins) + inner * step)
    return Grid(times, positions, 0, begins)
