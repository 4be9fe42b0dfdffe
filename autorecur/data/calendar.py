"""The calendar: the season of a series, and its cycles as features known in advance.

Everything here is a function of time stamps, or of rows that certainly train; which cycles are used
is decided once, for the schema, so that a later and shorter table gets the same features.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autorecur.data.grid import (
    DAY_SECONDS,
    MICROSECONDS,
    Stamps,
    is_monthly,
    microseconds,
    step_seconds,
)

__all__ = ["calendar", "common_season", "cycles_for", "season_of"]

SEASON_ROWS = 20_000  # rows that a season is looked for in
LONGEST_SEASON = 1_000  # steps, where no calendar proposes one
MOST_PEAKS = 8  # of an autocorrelation, tried as seasons
SEASON_SERIES = 25  # of a panel, asked for their season


def cycles_for(times: Stamps, frequency: str | None, season: int, counted: bool) -> tuple[str, ...]:
    """The calendar cycles that steps of `frequency` pass through at least twice within `times`.

    Rows without a calendar know their phase only from a column that counts them (`counted`): the
    row number alone is no phase, for a later table may begin anywhere. In a panel even that says
    nothing: each series counts from its own beginning.
    """
    if not isinstance(times, pd.DatetimeIndex) or frequency is None:
        return ("season",) if season > 1 and counted and _by_one(times) else ()
    step = step_seconds(frequency) / DAY_SECONDS
    days = (times.max() - times.min()).total_seconds() / DAY_SECONDS + step
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
    if not isinstance(times, pd.DatetimeIndex):
        return ((np.asarray(times) % season) / season).astype(np.float32)
    day = DAY_SECONDS * MICROSECONDS
    micro = microseconds(times)
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


def common_season(targets: Sequence[NDArray[np.float32]], frequency: str | None) -> tuple[int, str]:
    """The season that most series of a panel have, and the sentence that says why."""
    if len(targets) == 1:
        return season_of(targets[0], frequency)
    asked = sorted(targets, key=len)[-4 * SEASON_SERIES :]
    asked = asked[:: max(1, len(asked) // SEASON_SERIES)]
    found = [season_of(target, frequency)[0] for target in asked]
    periods, counts = np.unique(found, return_counts=True)
    best = int(np.argmax(np.where(periods > 1, counts, 0)))
    period, count = int(periods[best]), int(counts[best])
    if period > 1 and 2 * count > len(found):
        return period, f"Season {period} steps: found in {count} of {len(found)} series looked at."
    return 1, f"No season: no period stands out in most of the {len(found)} series looked at."


def _calendar_periods(frequency: str) -> list[int]:
    if frequency == "B":
        return [5]
    seconds = step_seconds(frequency)
    if is_monthly(frequency):
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
