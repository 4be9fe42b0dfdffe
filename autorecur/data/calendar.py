"""The time axis: its frequency, its regular grid, its season, and its cycles as known features.

Everything here is a function of time stamps, or of rows that certainly train; which cycles are used
is decided once, for the schema, so that a later and shorter table gets the same features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.tseries.frequencies import to_offset

from autorecur.errors import DataError

__all__ = ["Grid", "calendar", "cycles_for", "extend", "frequency_of", "grid_for", "season_of"]

Stamps = pd.DatetimeIndex | pd.RangeIndex
DAY_SECONDS = 86_400
MICROSECONDS = 1_000_000
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
SEASON_ROWS = 20_000  # rows that a season is looked for in
LONGEST_SEASON = 1_000  # steps, where no calendar proposes one
MOST_PEAKS = 8  # of an autocorrelation, tried as seasons


@dataclass(frozen=True, eq=False)
class Grid:
    """Regular time stamps, and where the given rows stand among them."""

    times: Stamps
    positions: NDArray[np.int64] | None  # None when the rows are the grid
    moved: int  # stamps that were off the grid and went to the nearest point


def _microseconds(stamps: pd.DatetimeIndex) -> NDArray[np.int64]:
    return cast("NDArray[np.int64]", stamps.as_unit("us").asi8)


def _commonest(values: NDArray[np.int64]) -> int:
    distinct, counts = np.unique(values, return_counts=True)
    return int(distinct[np.argmax(counts)])


def _step_seconds(frequency: str) -> float:
    """The length of one step; of a calendar step, its mean."""
    start = pd.Timestamp("2000-01-01")
    offset = to_offset(frequency)
    many = pd.date_range(start, periods=49, freq=offset)
    return float((many[-1] - many[0]).total_seconds() / 48)


def _monthly(frequency: str) -> bool:
    head = frequency.split("-")[0].lstrip("0123456789")
    return head in ("MS", "ME", "QS", "QE", "YS", "YE")


def frequency_of(stamps: pd.DatetimeIndex) -> str:
    """The pandas alias of the commonest step between sorted time stamps.

    >>> frequency_of(pd.date_range("2020-01-31", periods=20, freq="ME"))
    'ME'
    >>> frequency_of(pd.date_range("2020-01-01", periods=20, freq="30min"))
    '30min'
    """
    gaps = np.diff(_microseconds(stamps))
    step = _commonest(gaps)
    day = DAY_SECONDS * MICROSECONDS
    if step >= 28 * day:
        calendar_step = _frequency_in_months(stamps, float((gaps == step).mean()))
        if calendar_step:
            return calendar_step
    if step == day and len(stamps) >= 10 and int(stamps.day_of_week.max()) < 5:
        return "B"
    if step % (7 * day) == 0:
        weekday = WEEKDAYS[_commonest(np.asarray(stamps.day_of_week, dtype=np.int64))]
        weeks = step // (7 * day)
        return f"{weeks if weeks > 1 else ''}W-{weekday}"
    if step % day == 0:
        return f"{step // day if step > day else ''}D"
    return str(to_offset(pd.Timedelta(step, unit="us")).freqstr)


def _frequency_in_months(stamps: pd.DatetimeIndex, modal_share: float) -> str | None:
    """Months, quarters or years, when the stamps are such; None when the step is so many days."""
    months = np.asarray(stamps.year * 12 + stamps.month - 1, dtype=np.int64)
    apart = np.diff(months)
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


def grid_for(stamps: pd.DatetimeIndex, frequency: str, what: str, expected: bool) -> Grid:
    """The regular grid under sorted, distinct time stamps.

    `expected` says that `frequency` comes from a schema and not from these stamps: then a table
    with another step is refused as such.
    """
    offset = to_offset(frequency)
    if _monthly(frequency):
        stamps = _to_month_edge(stamps, frequency)
    seconds = _step_seconds(frequency)
    micro = _microseconds(stamps)
    # Four of five business days are a day apart, whatever their mean distance is.
    usual = DAY_SECONDS if frequency == "B" else seconds
    _refuse_other_step(stamps, np.diff(micro) / (usual * MICROSECONDS), frequency, what, expected)
    start = stamps[0] if offset.is_on_offset(stamps[0]) else offset.rollback(stamps[0])
    count = len(stamps)
    plain = pd.date_range(start, periods=count, freq=offset)
    if plain[-1] == stamps[-1] and bool((plain == stamps).all()):
        return Grid(plain.as_unit("us"), None, 0)
    steps = round((micro[-1] - micro[0]) / (seconds * MICROSECONDS))
    if steps > 4 * count + (10_000 if expected else 1_000):
        raise DataError(
            f"{what} has {count:,} time stamps over {steps:,} steps of {frequency}: most would be "
            "filled in; bring the rows to a regular step, or cut the longest gap out"
        )
    # Two steps more than the mean length says: calendar steps vary. What lies beyond is cut again.
    times = pd.date_range(start, periods=steps + 3, freq=offset).as_unit("us")
    points = times.asi8
    after = np.clip(np.searchsorted(points, micro), 1, len(points) - 1)
    nearer = micro - points[after - 1] <= points[after] - micro
    positions = np.where(nearer, after - 1, after).astype(np.int64)
    moved = int((points[positions] != micro).sum())
    return Grid(times[: positions[-1] + 1], positions, moved)


def _to_month_edge(stamps: pd.DatetimeIndex, frequency: str) -> pd.DatetimeIndex:
    """Stamps anywhere in a month stand for that month."""
    start = stamps.to_period("M").to_timestamp().as_unit("us")
    if "E" not in frequency.split("-")[0]:
        return start
    return (start + pd.offsets.MonthEnd(0)).as_unit("us")


def _refuse_other_step(
    stamps: pd.DatetimeIndex,
    gaps: NDArray[np.float64],
    frequency: str,
    what: str,
    expected: bool,
) -> None:
    if not len(gaps):
        return
    usual = float(((gaps > 0.85) & (gaps < 1.15)).mean())
    if expected:
        fits = gaps[0] > 0.85 if len(gaps) == 1 else usual >= 0.3
        if not fits:
            found = pd.Timedelta(float(np.median(np.diff(_microseconds(stamps)))), unit="us")
            raise DataError(
                f"{what} has steps of {found}, and the network was trained on {frequency}: "
                "bring the table to that step"
            )
    elif usual < 0.3:
        raise DataError(
            f"{what} has irregular time stamps: only {usual:.0%} of the steps are near the "
            f"commonest, {frequency}; bring the rows to a regular step"
        )


def extend(times: Stamps, frequency: str | None, steps: int) -> Stamps:
    """The `steps` stamps after the last one.

    >>> list(extend(pd.RangeIndex(0, 6, 2), None, 2))
    [6, 8]
    """
    if isinstance(times, pd.RangeIndex) or frequency is None:
        index = cast("pd.RangeIndex", times)
        return pd.RangeIndex(index.stop, index.stop + steps * index.step, index.step)
    return pd.date_range(times[-1], periods=steps + 1, freq=to_offset(frequency))[1:].as_unit("us")


def cycles_for(times: Stamps, frequency: str | None, season: int, counted: bool) -> tuple[str, ...]:
    """The calendar cycles that steps of `frequency` pass through at least twice within `times`.

    Rows without a calendar know their phase only from a column that counts them (`counted`): the
    row number alone is no phase, for a later table may begin anywhere.
    """
    if isinstance(times, pd.RangeIndex) or frequency is None:
        return ("season",) if season > 1 and counted and _by_one(times) else ()
    step = _step_seconds(frequency) / DAY_SECONDS
    days = (times[-1] - times[0]).total_seconds() / DAY_SECONDS + step
    wanted = (("hour of day", 0, 1, 1.0), ("day of week", 0, 7, 7.0), ("day of year", 0, 27, 365.0))
    fitting = [name for name, low, high, _ in wanted if low <= step < high]
    lengths = {name: length for name, *_, length in wanted}
    chosen = [name for name in fitting if days >= 2 * lengths[name] - 1]
    if 27 <= step < 300 and days >= 2 * 365 - 1:
        chosen.append("month of year")
    return tuple(chosen)


def _by_one(times: Stamps) -> bool:
    return isinstance(times, pd.RangeIndex) and times.step == 1


def calendar(times: Stamps, cycles: tuple[str, ...], season: int = 1) -> NDArray[np.float32]:
    """Sine and cosine of each cycle's phase, [rows, 2 × cycles].

    >>> calendar(pd.date_range("2020-01-01", periods=1, freq="h"), ("hour of day",))
    array([[0., 1.]], dtype=float32)
    """
    features = np.empty((len(times), 2 * len(cycles)), dtype=np.float32)
    for place, cycle in enumerate(cycles):
        angle = np.float32(2 * np.pi) * _phase(times, cycle, season)
        np.sin(angle, out=features[:, 2 * place])
        np.cos(angle, out=features[:, 2 * place + 1])
    return features


def _phase(times: Stamps, cycle: str, season: int) -> NDArray[np.float32]:
    """Where in the cycle each stamp lies, 0 to 1."""
    if isinstance(times, pd.RangeIndex):
        return ((np.asarray(times) % season) / season).astype(np.float32)
    day = DAY_SECONDS * MICROSECONDS
    micro = _microseconds(times)
    of_day = np.divide((micro % day).astype(np.float32), np.float32(day), dtype=np.float32)
    if cycle == "hour of day":
        return of_day
    if cycle == "day of week":  # 1970-01-01 was a Thursday
        weekday = ((micro // day + 3) % 7).astype(np.float32)
        return np.divide(weekday + of_day, np.float32(7), dtype=np.float32)
    if cycle == "day of year":
        days = np.asarray(times.day_of_year - 1, dtype=np.float32) + of_day
        return np.divide(days, np.float32(365.25), dtype=np.float32)
    months = np.asarray(times.month - 1, dtype=np.float32)
    return np.divide(months, np.float32(12), dtype=np.float32)


def season_of(target: NDArray[np.float32], frequency: str | None) -> tuple[int, str]:
    """The season in steps, 1 for none, and the sentence that says why.

    `target` holds training rows only. The shortest calendar period that its autocorrelation
    confirms wins. Without a calendar the autocorrelation proposes one as well; then it must do
    more, for the best of many periods looks good in noise too.
    """
    series = np.asarray(target[-SEASON_ROWS:], dtype=np.float64)
    flat = len(series) < 8 or float(np.ptp(series)) == 0.0
    candidates = _proposed(series, flat) if frequency is None else _calendar_periods(frequency)
    tried: list[str] = []
    for period in candidates:
        if flat or len(series) < 2.5 * period:
            tried.append(f"{period} (too few rows to see)")
            continue
        strength, spread = _strength(series, period)
        if frequency is None:
            halves = np.array_split(series, 2)
            chance = 4 / np.sqrt(len(series) - 2 * period)  # of pairs a period apart
            sure = strength > max(0.3, 2 * spread, chance) and all(
                _strength(half, period)[0] > 0.3 for half in halves if len(half) >= 2.5 * period
            )
        else:
            sure = strength > max(0.15, 2 * spread)
        if sure:
            return period, (
                f"Season {period} steps: the autocorrelation at that lag is {strength:.2f} "
                "after removing the trend."
            )
        tried.append(f"{period} (autocorrelation {strength:.2f})")
    if not tried or frequency is None:
        return 1, "No season: no period stands out in the autocorrelation."
    return 1, f"No season: the training rows do not confirm {', '.join(tried)}."


def _calendar_periods(frequency: str) -> list[int]:
    if frequency == "B":
        return [5]
    seconds = _step_seconds(frequency)
    if _monthly(frequency):
        steps = round(365.25 * DAY_SECONDS / seconds)
        return [steps] if steps > 1 else []
    if seconds > 6 * DAY_SECONDS:
        return [round(364 * DAY_SECONDS / seconds)] if seconds < 100 * DAY_SECONDS else []
    if seconds >= DAY_SECONDS:
        return [period for period in (round(7 * DAY_SECONDS / seconds),) if period > 1]
    lengths = (DAY_SECONDS, 7 * DAY_SECONDS) if seconds >= 60 else (3600, DAY_SECONDS)
    return [round(length / seconds) for length in lengths if length % seconds == 0]


def _autocorrelation(series: NDArray[np.float64], lags: int) -> NDArray[np.float64]:
    centred = series - series.mean()
    size = 1 << int(2 * len(series) - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    products = np.fft.irfft(spectrum * np.conj(spectrum), size)[: lags + 1]
    return products / products[0] if products[0] > 0 else np.zeros(lags + 1)


def _without_mean(series: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """The series less its moving mean over one period; half a period is lost at each end."""
    sums = np.cumsum(np.concatenate([[0.0], series]))
    mean = (sums[period:] - sums[:-period]) / period
    if period % 2 == 0:
        mean = (mean[1:] + mean[:-1]) / 2
    half = period // 2
    return cast("NDArray[np.float64]", series[half : half + len(mean)] - mean)


def _strength(series: NDArray[np.float64], period: int) -> tuple[float, float]:
    """Autocorrelation at `period` without the moving mean, and its standard error."""
    rest = _without_mean(series, period)
    acf = _autocorrelation(rest, period)
    scale = len(rest) / max(len(rest) - period, 1)  # the estimate is biased towards 0 at long lags
    spread = float(np.sqrt((1 + 2 * np.sum(np.square(acf[1:period]))) / len(rest)))
    return float(acf[period] * scale), spread


def _proposed(series: NDArray[np.float64], flat: bool) -> list[int]:
    """The period that repeats best, or the shortest near it, for its multiples repeat as well.

    Peaks of two autocorrelations are tried: of the differences, where a trend is gone, and of the
    values themselves, where noise is smaller.
    """
    lags = min(int(len(series) / 2.5), LONGEST_SEASON)
    if flat or lags < 4:
        return []
    inner = np.arange(2, lags)
    tried: set[int] = set()
    for form in (np.diff(series), series):
        acf = _autocorrelation(form, lags)
        peaks = inner[(acf[inner] > acf[inner - 1]) & (acf[inner] >= acf[inner + 1])]
        tried.update(peaks[np.argsort(-acf[peaks], kind="stable")][:MOST_PEAKS].tolist())
    strengths = {period: _strength(series, period)[0] for period in tried}
    best = max(strengths.values(), default=0.0)
    if best <= 0:
        return []
    first = min(period for period, strength in strengths.items() if strength >= 0.9 * best)
    return [_sharpened(series, first)]


def _sharpened(series: NDArray[np.float64], period: int) -> int:
    """The period near `period` whose first multiples correlate best: they tell 24 from 25."""
    rest = _without_mean(series, period)
    reach = max(1, period // 8)
    acf = _autocorrelation(rest, max(len(rest) // 2, period + reach))
    near = range(max(2, period - reach), period + reach + 1)
    multiples = max(1, min(4, (len(acf) - 1) // (period + reach)))
    return max(near, key=lambda each: float(acf[each * np.arange(1, multiples + 1)].sum()))
