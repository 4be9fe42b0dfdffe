"""Running text is divided in its order, into stretches that ask for no token twice."""

from __future__ import annotations

import numpy as np

from autorecur.data.dataset import Fold, Split
from autorecur.data.strata import FOLDS
from autorecur.data.thin import thinned
from autorecur.errors import DataError

__all__ = ["stretches"]

# Shares of the stretches. The last tenth is the usual holdout of such texts.
STREAM = {"holdout": 0.10, "duel": 0.14, "validation": 0.08}
STREAM_MOST = {"selection": 1024, "duel": 512, "validation": 1024, "holdout": 8192}
SHORTEST_STRETCH = 8
BLOCK_STRETCHES = 2  # of a duel block


def stretches(tokens: int, usual: int) -> tuple[Split, int]:
    """Divide running text in its order, and say how many tokens a stretch has.

    A stretch that starts at token o reads o … o + S − 1 and is asked for o + 1 … o + S. Parts are
    cut one token after a stretch's start, so that no token is asked for in two of them.

    >>> split, length = stretches(100_000, 128)
    >>> length, len(split.duel), split.bounds[-1]
    (128, 8, ('holdout', 89985, 100000))
    """
    share = STREAM["duel"] / BLOCK_STRETCHES
    folds = FOLDS[1] if tokens * share / FOLDS[1] >= 2 * SHORTEST_STRETCH else FOLDS[0]
    length = min(usual, int(tokens * share / folds))
    if length < SHORTEST_STRETCH:
        need = int(np.ceil(SHORTEST_STRETCH * FOLDS[0] / share))
        raise DataError(
            f"{tokens} tokens are too few to train on and to measure: at least {need} are needed; "
            "give a longer text"
        )
    whole = (tokens - 1) // length
    holdout = round(STREAM["holdout"] * whole)
    block = max(BLOCK_STRETCHES, round(STREAM["duel"] * whole / folds))
    validation = max(1, round(STREAM["validation"] * whole))
    duel_start = whole - holdout - folds * block
    starts = np.arange(whole, dtype=np.int64) * length

    def fold(name: str, start: int, end: int) -> Fold:
        cut = start - validation
        kept = STREAM_MOST["selection" if name == "selection" else "validation"]
        tests = starts[start:end]
        return Fold(
            name,
            starts[:cut],
            thinned(starts[cut:start], kept),
            thinned(tests, STREAM_MOST.get(name, STREAM_MOST["duel"])),
            np.array([cut * length + 1], dtype=np.int64),
            (end - start) / max(1, end - start + cut),
        )

    edges = [0, duel_start - validation, duel_start]
    edges += [duel_start + k * block for k in range(1, folds + 1)] + [whole]
    names = ["selection train", "selection validation"]
    names += [f"duel {k}" for k in range(1, folds + 1)] + ["holdout"]
    rows = [0, *(edge * length + 1 for edge in edges[1:-1]), tokens]
    split = Split(
        selection=fold("selection", duel_start, duel_start),
        duel=tuple(
            fold(name, start, start + block)
            for name, start in zip(names[2:-1], edges[2:-2], strict=True)
        ),
        holdout=fold("holdout", whole - holdout, whole),
        sentence=(
            f"{tokens:,} tokens in their order, in stretches of {length}: "
            f"{rows[1]:,} to train and {rows[2] - rows[1]:,} to choose candidates by, {folds} duel "
            f"folds of {block * length:,}, and the last {tokens - rows[-2]:,} held out."
        ),
        bounds=tuple(zip(names, rows[:-1], rows[1:], strict=True)),
    )
    return split, length
