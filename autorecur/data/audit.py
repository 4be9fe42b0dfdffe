"""What a user should know about a table before believing a score on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Finding
from autorecur.data.read import shown

__all__ = ["findings", "level_of"]

SAMPLE_ROWS = 100_000
COPY = 0.999999  # correlation from which a covariate is the target in other units
MANY_FILLED = 0.05
MOST_FILLED = 0.30


def findings(
    values: NDArray[np.float32],
    observed: NDArray[np.bool_],
    channels: tuple[str, ...],
    absent: int = 0,
) -> tuple[Finding, ...]:
    """Constant or filled targets, and covariates that repeat a target; the targets come first.

    `absent` time steps had no row at all, which is said elsewhere.

    >>> findings(np.ones((9, 1), np.float32), np.ones((9, 1), bool), ("y",))[0].code
    'AR108'
    """
    found: list[Finding] = []
    for place in range(observed.shape[1]):
        found += _constant(values[:, place], channels[place])
        found += _filled(observed[:, place], channels[place], absent)
        found += _copies(values, observed, channels, place)
    return tuple(found)


def _constant(target: NDArray[np.float32], name: str) -> list[Finding]:
    if not len(target) or target.min() != target.max():
        return []
    return [
        Finding(
            "AR108",
            "issue",
            f"The target {shown(name)} has one value only, {target[0]:g}.",
            "There is nothing to learn: check the column, or choose another target.",
        )
    ]


def level_of(share: float) -> str:
    """How much a share of filled-in values matters.

    >>> level_of(0.4)
    'issue'
    """
    return "issue" if share > MOST_FILLED else "tip" if share > MANY_FILLED else "note"


def _filled(observed: NDArray[np.bool_], name: str, absent: int) -> list[Finding]:
    missing = int((~observed).sum())
    if missing <= absent:
        return []
    share = missing / len(observed)
    level = level_of(share)
    shown_share = f"{share:.1%}" if share >= 0.001 else "under 0.1%"
    return [
        Finding(
            "AR108",
            level,
            f"{missing:,} of {len(observed):,} values of {shown(name)} ({shown_share}) were "
            "missing and took the last known one; they are not scored.",
            "" if level == "note" else "Fill the gaps from the source, or use a coarser step.",
        )
    ]


def _copies(
    values: NDArray[np.float32],
    observed: NDArray[np.bool_],
    channels: tuple[str, ...],
    place: int,
) -> list[Finding]:
    stride = max(1, len(values) // SAMPLE_ROWS)
    rows = slice(None, None, stride)
    real = observed[rows, place]
    target = _standardised(values[rows, place][real])
    if target is None:
        return []
    found = []
    for other in range(observed.shape[1], len(channels)):
        covariate = _standardised(values[rows, other][real])
        if covariate is not None and abs(float(np.mean(target * covariate))) > COPY:
            found.append(
                Finding(
                    "AR107",
                    "issue",
                    f"The column {shown(channels[other])} repeats the target "
                    f"{shown(channels[place])}: their correlation in the same row is 1.",
                    f"Leave it out with --drop {channels[other]}: it tells nothing new.",
                )
            )
    return found


def _standardised(values: NDArray[np.float32]) -> NDArray[np.float64] | None:
    exact = values.astype(np.float64)
    spread = float(exact.std()) if len(exact) > 2 else 0.0
    return (exact - exact.mean()) / spread if spread > 0 else None
