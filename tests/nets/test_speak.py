"""What a language model says and expects, by a network that was trained for a moment."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tables

from autorecur.errors import SettingError
from autorecur.nets.build import core
from autorecur.nets.candidate import Candidate
from autorecur.nets.shape import Scaler, Shape
from autorecur.nets.speak import Speaker
from autorecur.nets.whole import whole

TEXT = "abcd" * 60


def speaker_of(tokens: str = "character", text: str = TEXT) -> Speaker:
    """A network whose tokeniser is left out, for that alone would need TensorFlow."""
    dataset = tables.language(text, until=200, steps=8, tokens=tokens)
    shape = Shape.of(dataset)
    network = core(Candidate("gru", width=8, lookback=8, embedding=4), shape, seed=1)
    rng = np.random.default_rng(2)
    network.set_weights([rng.normal(0, 0.5, w.shape) for w in network.get_weights()])
    model: Any = SimpleNamespace(
        layers=[whole(network, shape, Scaler.fit(dataset, dataset.split.holdout), 8)],
        get_layer=lambda name: SimpleNamespace(
            get_vocabulary=lambda: ["", "[UNK]", *dataset.vocabulary]
        ),
    )
    return Speaker(model, dataset.schema)


@pytest.fixture(scope="module")
def speaker() -> Speaker:
    return speaker_of()


def test_the_same_seed_says_the_same(speaker: Speaker) -> None:
    said = speaker.generate("ab", 30, temperature=1.0, seed=3)
    assert said == speaker.generate("ab", 30, temperature=1.0, seed=3)
    assert said.startswith("ab") and len(said) == 32 and set(said) <= set("abcd")
    assert said != speaker.generate("ab", 30, temperature=1.0, seed=4)


def test_without_temperature_the_most_likely_is_said(speaker: Speaker) -> None:
    said = speaker.generate("ab", 20, temperature=0, seed=3)
    assert said == speaker.generate("ab", 20, temperature=0, seed=4)
    codes = speaker.codes(said)
    for end in range(2, 22):  # within a stretch and beyond it
        window = codes[max(0, end - 8) : end]
        given = np.zeros((1, 8, 1), np.int32)
        given[0, : len(window), 0] = window
        shares = np.asarray(speaker.network([given]))[0, len(window) - 1]
        assert codes[end] == 2 + int(shares[2:].argmax())  # never padding, never the unknown


def test_from_nothing_and_nothing_more(speaker: Speaker) -> None:
    assert len(speaker.generate("", 5, temperature=1.0, seed=1)) == 5
    assert speaker.generate("abc", 0, temperature=1.0, seed=1) == "abc"
    assert speaker.generate("xyz", 4, temperature=1.0, seed=1).startswith("xyz")


def test_words_are_said_with_spaces() -> None:
    speaker = speaker_of("word", "so it goes and " * 60)
    said = speaker.generate("so it", 6, temperature=1.0, seed=1).split()
    assert said[:2] == ["so", "it"] and len(said) == 8
    assert set(said) <= {"so", "it", "goes", "and"}


def test_surprise_is_of_the_token_that_came(speaker: Speaker) -> None:
    codes = speaker.codes(TEXT)
    surprise = speaker.surprise(codes, np.array([0, 13]))
    assert surprise.shape == (2, 8, 1)
    for row, start in enumerate((0, 13)):
        shares = np.asarray(speaker.network([codes[None, start : start + 8, None]]))[0]
        expected = -np.log(shares[np.arange(8), codes[start + 1 : start + 9]])
        np.testing.assert_allclose(surprise[row, :, 0], expected, rtol=1e-5)


@pytest.mark.parametrize(("n", "temperature"), [(-1, 1.0), (3, -0.1)])
def test_neither_is_negative(speaker: Speaker, n: int, temperature: float) -> None:
    with pytest.raises(SettingError, match="neither is negative"):
        speaker.generate("ab", n, temperature, seed=1)


def test_the_network_is_a_keras_model(speaker: Speaker) -> None:
    assert isinstance(speaker.network, keras.Model) and speaker.stretch == 8
    assert speaker.vocabulary == tuple("abcd")
