"""N-grams of tokens, interpolated: what a text costs, token by token.

What a context leaves open goes to the shorter ones, in one of two ways. Witten and Bell (1991): the
more different tokens have followed it, the more. Ney, Essen and Kneser (1994): a fixed part of each
count. Characters cost less under the first, words under the second; validation says which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset, Examples, Fold
from autorecur.nets.baselines.windows import Array, Forecaster

__all__ = ["Grams", "orders"]

Index = NDArray[np.int64]
Rows = NDArray[np.float64]

UNKNOWN = 1
MOST_STRETCHES = 256  # of validation
MOST_TOKENS = 4_000_000  # of the training text, its latest


def orders(dataset: Dataset) -> tuple[int, ...]:
    """The lengths of n-grams worth having: characters repeat more than words do."""
    return (1, 3, 5) if dataset.schema.tokens == "character" else (1, 2, 3)


@dataclass(frozen=True)
class _Order:
    """N-grams of one length: each is a context, by number, and the token that follows it."""

    keys: Index  # context × tokens + token, sorted
    counts: Index
    totals: Index  # [contexts]: tokens that followed
    kinds: Index  # [contexts]: different tokens that followed
    discount: float

    def places(self, context: Index, token: Index, tokens: int) -> Index:
        """The number of each n-gram, −1 where training did not hold it."""
        wanted = context * tokens + token
        found = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where((context >= 0) & (self.keys[found] == wanted), found, -1)


Kept = Callable[[_Order, Index, Index, Index], tuple[Rows, Rows]]


@dataclass
class Grams:
    """Counts of one fold's training text; longer n-grams are counted when they are asked for."""

    dataset: Dataset
    fold: Fold
    tokens: int = 0
    _seen: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))
    _orders: list[_Order] = field(default_factory=list)
    _text: Index = field(default_factory=lambda: np.empty(0, np.int64))
    _contexts: Index = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        end = int(self.fold.fit_until[0])
        text = self.dataset.codes[max(0, end - MOST_TOKENS) : end, 0].astype(np.int64)
        self.tokens = self.dataset.code_sizes[0]
        self._seen = np.zeros(self.tokens, bool)
        self._seen[text] = True
        self._text, self._contexts = text, np.zeros(len(text), np.int64)

    def forecaster(self, order: int) -> Forecaster:
        """Minus the logarithm of each next token's probability, by n-grams of up to `order`."""
        while len(self._orders) < order:
            self._lengthen()
        shown = self.fold.validation[:MOST_STRETCHES]
        costs = [
            float(self._nats(shown, order, kept).mean()) if len(shown) and order > 1 else 0.0
            for kept in (_by_kinds, _by_discount)
        ]
        chosen = _by_discount if costs[1] < costs[0] else _by_kinds
        return lambda examples: self._nats(examples, order, chosen)

    def _lengthen(self) -> None:
        """Count n-grams one token longer than the longest so far."""
        length = len(self._orders)
        token = self._text[length:]
        keys, numbers, counts = np.unique(
            self._contexts[: len(token)] * self.tokens + token,
            return_inverse=True,
            return_counts=True,
        )
        contexts = keys // self.tokens
        size = int(contexts[-1]) + 1 if len(keys) else 1
        once, twice = int((counts == 1).sum()), int((counts == 2).sum())
        discount = once / max(1, once + 2 * twice)
        self._orders.append(
            _Order(
                keys,
                counts,
                np.bincount(contexts, counts, size).astype(np.int64),
                np.bincount(contexts, minlength=size),
                float(np.clip(discount, 0.05, 0.95)),
            )
        )
        self._contexts = numbers.astype(np.int64)

    def _nats(self, examples: Examples, order: int, kept: Kept) -> Array:
        steps = self.dataset.horizon
        rows = examples[:, None] + np.arange(1, steps + 1)
        codes = self.dataset.codes[:, 0]

        def token(back: int) -> Index:
            """The token `back` rows earlier; −1 before the text begins."""
            found = codes[np.maximum(rows - back, 0)].astype(np.int64)
            return np.where(rows >= back, np.where(self._seen[found], found, UNKNOWN), -1)

        aims = token(0)
        chance = np.full(rows.shape, 1.0 / max(1, self.tokens - 1))  # padding is no token
        for length in range(1, order + 1):
            # The number of the context: that of its first token, then of its first two …
            context = np.zeros(rows.shape, np.int64)
            for place, back in enumerate(range(length - 1, 0, -1)):
                told = token(back)
                context = np.where(told >= 0, context, -1)
                context = self._orders[place].places(context, told, self.tokens)
            chance = self._mixed(self._orders[length - 1], context, aims, chance, kept)
        nats: Array = -np.log(chance)[:, :, None].astype(np.float32)
        return nats

    def _mixed(
        self, order: _Order, context: Index, token: Index, shorter: Rows, kept: Kept
    ) -> Rows:
        """What the longer n-grams say, and for what they leave open, the shorter ones."""
        known = (context >= 0) & (context < len(order.totals))
        place = np.where(known, context, 0)
        totals = np.where(known, order.totals[place], 0)
        found = order.places(np.where(known, context, -1), token, self.tokens)
        counts = np.where(found >= 0, order.counts[found], 0)
        told, left = kept(order, counts, totals, order.kinds[place])
        return np.where(totals > 0, told + left * shorter, shorter)


def _by_kinds(order: _Order, counts: Index, totals: Index, kinds: Index) -> tuple[Rows, Rows]:
    """The share of a token, and what is left for all; Witten and Bell."""
    whole = np.maximum(totals + kinds, 1)
    return counts / whole, kinds / whole


def _by_discount(order: _Order, counts: Index, totals: Index, kinds: Index) -> tuple[Rows, Rows]:
    """The share of a token, and what is left for all; absolute discounting."""
    whole = np.maximum(totals, 1)
    return np.maximum(counts - order.discount, 0.0) / whole, order.discount * kinds / whole
