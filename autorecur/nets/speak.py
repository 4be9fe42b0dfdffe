"""A language model at work: the surprise of a text, and texts of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Schema
from autorecur.data.tokens import encode, tokenise
from autorecur.errors import SettingError

if TYPE_CHECKING:
    import keras

__all__ = ["Speaker"]

PADDING, UNKNOWN = 0, 1


class Speaker:
    """The network behind a saved language model, whose input is tokens and not yet strings."""

    def __init__(self, model: keras.Model, schema: Schema) -> None:
        tokens = model.get_layer("tokens")
        # Keras lists padding and unknown first.
        self.vocabulary = tuple(str(token) for token in tokens.get_vocabulary()[2:])
        self.unit = schema.tokens or "character"
        self.network = next(layer for layer in model.layers if layer.name.startswith("autorecur_"))
        self.stretch = int(self.network.inputs[0].shape[1])

    def codes(self, text: str) -> NDArray[np.int32]:
        """The text's tokens, as numbers."""
        numbers, _ = encode(tokenise([text], self.unit), self.vocabulary)
        return numbers[:, 0]

    def surprise(self, codes: NDArray[np.int32], starts: NDArray[np.int64]) -> NDArray[np.float32]:
        """Minus the log probability of each token of the stretches at `starts`, [n, stretch, 1]."""
        rows = starts[:, None] + np.arange(self.stretch + 1)
        shares = np.asarray(self.network.predict_on_batch([codes[rows[:, :-1]][:, :, None]]))
        given = np.take_along_axis(shares, codes[rows[:, 1:]][:, :, None].astype(np.int64), axis=-1)
        surprise: NDArray[np.float32] = -np.log(np.maximum(given, 1e-12))
        return surprise

    def generate(self, prompt: str, n: int, temperature: float, seed: int) -> str:
        """`prompt` and `n` more tokens, each drawn from what the network expects."""
        if n < 0 or temperature < 0:
            raise SettingError(f"n is {n} and the temperature {temperature}: neither is negative")
        rng = np.random.default_rng(seed)
        said = list(self.codes(prompt))
        for _ in range(n):
            window = said[-self.stretch :] or [UNKNOWN]
            codes = np.full((1, self.stretch, 1), PADDING, np.int32)
            codes[0, : len(window), 0] = window
            shares = np.asarray(self.network([codes]))[0, len(window) - 1].astype(np.float64)
            shares[[PADDING, UNKNOWN]] = 0.0
            said.append(self._drawn(shares, temperature, rng))
        new = [self.vocabulary[code - 2] for code in said[len(said) - n :]] if n else []
        joined = " ".join(new) if self.unit == "word" else "".join(new)
        return prompt + (" " if self.unit == "word" and prompt and joined else "") + joined

    @staticmethod
    def _drawn(shares: NDArray[np.float64], temperature: float, rng: np.random.Generator) -> int:
        if temperature == 0:
            return int(shares.argmax())
        logs = np.log(np.maximum(shares, 1e-12)) / temperature
        weights = np.where(shares > 0, np.exp(logs - logs.max()), 0.0)
        return int(rng.choice(len(shares), p=weights / weights.sum()))
