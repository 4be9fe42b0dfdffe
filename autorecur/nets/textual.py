"""A network of tokens with its tokeniser in front: strings in, probabilities and labels out.

Stock layers alone. Keras' text layers need TensorFlow, so this runs in a process of its own whose
Keras runs on it; the tokens that the trainings saw were made to the same rules (see `data.text`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autorecur.data.marks import MARKS
from autorecur.errors import SettingError
from autorecur.nets import store
from autorecur.nets.whole import PADDING

if TYPE_CHECKING:
    import keras

__all__ = ["answers", "vocabulary_bytes", "with_text"]

LAYERS_BYTES = 30_000  # of a file: the layers before and after the network, without their words
UNKNOWN = 1  # the code of a token that is not in the vocabulary


def vocabulary_bytes(vocabulary: Sequence[str]) -> int:
    """About what `with_text` adds to a network's file; nothing where there is no vocabulary."""
    words = sum(len(json.dumps(token)) + 2 for token in vocabulary)  # as Keras writes them
    return LAYERS_BYTES + words if vocabulary else 0


def with_text(
    path: str, vocabulary: Sequence[str], tokens: str, classes: Sequence[str], out: str
) -> str:
    """Put strings before the network in `path`, and class names after it; save it to `out`.

    Input `text` [batch, 1], strings. Output: numbers [batch, 1, targets], or a dictionary of
    `probability` [batch, classes], in the order of `classes`, and `label` [batch], strings.
    """
    import keras
    from keras import ops

    trained = store.load(Path(path))
    if trained.inputs[0].dtype == "string":  # of a run that is resumed after its end
        return path
    lookback = trained.inputs[0].shape[1]  # its codes come first
    words = tokens == "word"
    vectorise = keras.layers.TextVectorization(
        standardize="lower_and_strip_punctuation" if words else None,
        split="whitespace" if words else "character",
        output_sequence_length=lookback,
        vocabulary=list(vocabulary),
        name="tokens",
    )
    text = keras.Input((1,), dtype="string", name="text")
    codes = ops.cast(vectorise(text), "int32")
    # A document without a token was one unknown token to the trainings, and never nothing at all.
    codes = ops.concatenate([ops.maximum(codes[:, :1], UNKNOWN), codes[:, 1:]], axis=1)[:, :, None]
    read = {"codes": ops.where(codes > 0, codes, PADDING)}
    if "static" in (names := [each.name for each in trained.inputs]):
        read["static"] = _marks(text)
    output = trained([read[name] for name in names])
    if classes:
        probability = output[:, 0, :]
        name = keras.layers.StringLookup(
            vocabulary=list(classes), invert=True, num_oov_indices=0, name="label"
        )
        output = {"probability": probability, "label": name(ops.argmax(probability, axis=-1))}
    model = keras.Model(text, output, name=trained.name)
    store.save(model, Path(out))
    return out


def _marks(text: Any) -> Any:
    """What `data.marks` counts in the strings `text` [batch, 1]: [batch, MARKS]."""
    import keras
    from keras import ops

    signs = keras.layers.TextVectorization(
        standardize=None,
        split="character",
        output_mode="count",
        vocabulary=list("".join(MARKS.values())),
        name="signs",
    )
    counts = signs(text)[:, 1:]  # the first is of all other characters
    ends = np.cumsum([len(sort) for sort in MARKS.values()]).tolist()
    sums = [ops.sum(counts[:, first:end], axis=1) for first, end in pairwise([0, *ends])]
    return ops.log1p(ops.cast(ops.stack(sums, axis=1), "float32"))


def answers(model: keras.Model, texts: Sequence[str]) -> NDArray[np.float32]:
    """What a network that reads strings says of `texts`: [n, 1, targets], or [n, 1, classes]."""
    import keras
    import tensorflow as tf

    if keras.backend.backend() != "tensorflow":
        raise SettingError(
            f"Keras runs on {keras.backend.backend()} here, and a network that reads strings needs "
            "TensorFlow: set KERAS_BACKEND=tensorflow before Keras is imported"
        )
    given = []
    for begin in range(0, len(texts), store.BATCH):
        batch = model(tf.constant([[text] for text in texts[begin : begin + store.BATCH]]))
        if isinstance(batch, dict):
            given.append(np.asarray(batch["probability"])[:, None, :])
        else:
            given.append(np.asarray(batch))
    return np.concatenate(given)
