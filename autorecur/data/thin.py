"""Fewer examples where more would only take longer."""

from __future__ import annotations

import numpy as np

from autorecur.data.dataset import Examples

__all__ = ["thinned"]


def thinned(examples: Examples, most: int) -> Examples:
    """At most `most` of them, one from each of as many equal stretches.

    The place within a stretch is drawn, from a fixed seed: a constant stride that is a multiple of
    the season would score one hour of the day only. The first example stays.
    """
    if len(examples) > most:
        edges = np.linspace(0, len(examples), most + 1)
        offset = np.random.default_rng(most).random(most)
        offset[0] = 0.0
        places = (edges[:-1] + offset * np.diff(edges)).astype(np.int64)
        examples = examples[np.minimum(places, len(examples) - 1)]
    return np.sort(examples)
