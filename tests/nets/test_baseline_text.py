"""Baselines of documents, and of running text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tables

from autorecur.data.dataset import Dataset
from autorecur.data.scoring import score
from autorecur.metrics import METRICS
from autorecur.nets import baseline

WORDS, CHARACTERS = "TF-IDF words + linear", "TF-IDF characters + linear"
BITS = METRICS["bits"]


def scores(made: Dataset, metric: str) -> dict[str, float]:
    fold = made.split.holdout
    fitted = baseline.fit(made, fold, METRICS[metric])
    return {
        each.name: score(METRICS[metric], made, fold, fold.test, each.forecast(fold.test))
        for each in fitted
    }


def parts(count: int, seed: int = 0) -> list[np.ndarray]:
    """60 % to train, 16 % to choose, the rest to test; sorted."""
    order = np.random.default_rng(seed).permutation(count)
    cut = np.split(order, [round(0.6 * count), round(0.76 * count)])
    return [np.sort(part) for part in cut]


def letters(rng: np.random.Generator, count: int, alphabet: str = "abcdefgh") -> str:
    return "".join(rng.choice(list(alphabet), count))


def documents(count: int = 400) -> list[str]:
    rng = np.random.default_rng(0)
    return [" ".join(letters(rng, 3) for _ in range(rng.integers(4, 12))) for _ in range(count)]


def test_a_word_gives_the_class_away() -> None:
    texts = documents()
    names = ["yes" if number % 3 else "no" for number in range(400)]
    told = [
        f"{text} {'indeed' if n == 'yes' else 'never'}"
        for text, n in zip(texts, names, strict=True)
    ]
    found = scores(tables.texts(told, names, *parts(400)), "accuracy")
    assert list(found) == ["majority", WORDS, CHARACTERS]
    assert found[WORDS] > 0.97
    assert found[CHARACTERS] > 0.9
    assert found["majority"] < 0.75


def test_the_order_of_two_words_counts() -> None:
    texts = documents()
    names = [str(number % 2) for number in range(400)]
    told = [
        f"{text} {'up down' if n == '1' else 'down up'}"
        for text, n in zip(texts, names, strict=True)
    ]
    found = scores(tables.texts(told, names, *parts(400)), "accuracy")
    assert found[WORDS] > 0.9
    assert found[CHARACTERS] < 0.7  # which look inside words alone


def test_the_ending_of_words_never_seen_before() -> None:
    rng = np.random.default_rng(0)
    names = [str(number % 2) for number in range(600)]
    told = [letters(rng, 6) + ("ness" if name == "1" else "ing") for name in names]
    train, validation, test = parts(600)
    made = tables.texts(told, names, train, validation, test)
    # As a reader does: the vocabulary holds the words of all documents outside the holdout only, so
    # the test part's are unknown. By character the ending is there.
    assert scores(made, "accuracy")[WORDS] < 0.7
    by_letter = tables.texts(told, names, train, validation, test, tokens="character")
    found = scores(by_letter, "accuracy")
    assert list(found) == ["majority", CHARACTERS]
    assert found[CHARACTERS] == 1


def test_the_ends_of_a_string_count() -> None:
    rng = np.random.default_rng(0)
    names = [str(number % 2) for number in range(600)]
    told = [f"{'xy' if name == '1' else 'yx'}{letters(rng, 8, 'abxy')}" for name in names]
    made = tables.texts(told, names, *parts(600), tokens="character")
    assert scores(made, "accuracy")[CHARACTERS] > 0.9


def test_a_number_may_be_the_length() -> None:
    texts = documents()
    made = tables.texts(texts, [float(len(text.split())) for text in texts], *parts(400))
    found = scores(made, "rmse")
    assert list(found) == ["mean", WORDS, CHARACTERS]
    assert found[WORDS] < 0.6 * found["mean"]


def test_capitals_and_digits_count() -> None:
    texts = documents()
    told = [text.upper() if n % 2 else f"{text} {n}" for n, text in enumerate(texts)]
    found = scores(tables.texts(told, ["a", "b"] * 200, *parts(400)), "accuracy")
    assert min(found[WORDS], found[CHARACTERS]) > 0.97


def test_empty_and_endless_documents() -> None:
    texts = ["", "🙂", "سلام", "word " * 20_000, *documents(196)]
    names = [str(number % 2) for number in range(200)]
    made = tables.texts(texts, names, *parts(200))
    everything = np.arange(200)
    for each in baseline.fit(made, made.split.holdout, METRICS["accuracy"]):
        shares = each.forecast(everything)
        assert shares.shape == (200, 1, 2)
        np.testing.assert_allclose(shares.sum(axis=2), 1, rtol=1e-5)
        assert each.forecast(everything[:0]).shape == (0, 1, 2)


def test_a_document_is_told_the_same_alone_and_in_company() -> None:
    texts = documents()
    names = [str(len(text) % 2) for text in texts]
    made = tables.texts(texts, names, *parts(400))
    test = made.split.holdout.test
    for each in baseline.fit(made, made.split.holdout, METRICS["accuracy"]):
        whole = each.forecast(test)
        np.testing.assert_allclose(each.forecast(test[::-1])[::-1], whole, atol=1e-6)
        np.testing.assert_allclose(each.forecast(test[5:6]), whole[5:6], atol=1e-6)


def test_nothing_but_unknown_words() -> None:
    made = tables.texts(documents(), ["a", "b"] * 200, *parts(400))
    unknown = replace(made, codes=np.ones_like(made.codes))
    found = scores(unknown, "accuracy")
    assert found[CHARACTERS] == found["majority"]


@pytest.mark.parametrize(
    ("name", "published", "least"), [("trec6.csv", True, 0.88), ("sms_spam.csv", False, 0.98)]
)
def test_real_texts(
    name: str, published: bool, least: float, shared_table: Callable[[str], Path]
) -> None:
    table = pd.read_csv(shared_table(name), keep_default_na=False)
    if published:
        given = table["split"].to_numpy()
        shown = np.random.default_rng(0).permutation(np.flatnonzero(given == "train"))
        fifth = len(shown) // 5
        cut = [np.sort(shown[fifth:]), np.sort(shown[:fifth]), np.flatnonzero(given == "test")]
    else:
        cut = parts(len(table))
    made = tables.texts(list(table["text"]), list(table["label"].astype(str)), *cut)
    assert scores(made, "accuracy")[WORDS] >= least


# --- running text --------------------------------------------------------------------------------


def test_a_text_that_repeats_itself_costs_next_to_nothing() -> None:
    found = scores(tables.language("abcab " * 800, 3600, steps=16), "bits")
    assert list(found) == ["unigram", "3-gram", "5-gram"]
    assert found["unigram"] > 1.9
    # After "ab" comes a "c" or a blank: one bit, at two places of six.
    assert found["3-gram"] == pytest.approx(1 / 3, abs=0.02)
    assert found["5-gram"] < 0.05


def test_noise_is_worth_its_entropy() -> None:
    text = letters(np.random.default_rng(0), 40_000)
    found = scores(tables.language(text, 36_000), "bits")
    assert found["unigram"] == pytest.approx(3, abs=0.01)
    assert 2.99 <= found["5-gram"] < 3.4


def test_words_are_foretold_by_word() -> None:
    text = "the cat sat on the mat and the dog sat on the rug " * 100
    found = scores(tables.language(text, 1000, steps=8, tokens="word"), "bits")
    assert list(found) == ["unigram", "2-gram", "3-gram"]
    assert found["3-gram"] < found["2-gram"] < found["unigram"]


def test_the_probabilities_of_all_next_tokens_add_up_to_one() -> None:
    text = letters(np.random.default_rng(0), 3_000, "aaabbc ") + "a" * 40
    made = tables.language(text, 2_000, steps=4)
    fold, place = made.split.holdout, np.array([2_400])
    for number in range(len(baseline.fit(made, fold, BITS))):
        total = np.zeros(4)
        for token in range(1, made.code_sizes[0]):
            codes = made.codes.copy()
            # The last of the four is foretold from what truly came before it.
            codes[place + 4] = token
            other = replace(made, codes=codes)
            total += np.exp(-baseline.fit(other, fold, BITS)[number].forecast(place)[0, :, 0])
        assert total[3] == pytest.approx(1, abs=1e-6)


def test_counts_are_those_of_training() -> None:
    """The 3-gram of a small text, written out: Witten and Bell, three orders."""
    text = "abracadabra arbadacarba abra"
    made = tables.language(text, 24, steps=2)
    nothing = np.empty(0, np.int64)  # to choose by
    fold = replace(made.split.holdout, validation=nothing, fit_until=np.array([24]))
    told = baseline.fit(made, fold, BITS)[1].forecast(np.array([24]))[0, :, 0]
    seen = text[:24]
    kinds = len(set(seen)) + 1  # and the unknown one

    def chance(context: str, token: str) -> float:
        if not context:
            grams, shorter = Counter(seen), 1 / kinds
        else:
            length = len(context) + 1
            grams = Counter(seen[i : i + length] for i in range(len(seen) - length + 1))
            shorter = chance(context[1:], token)
        here = {gram: count for gram, count in grams.items() if gram.startswith(context)}
        if not here:
            return shorter
        counts = grams[context + token] + len(here) * shorter
        return counts / (sum(here.values()) + len(here))

    expected = [-np.log(chance(text[place - 2 : place], text[place])) for place in (25, 26)]
    np.testing.assert_allclose(told, expected, rtol=1e-5)


def test_tokens_that_training_did_not_hold_are_one() -> None:
    made = tables.language("abcd" * 600, 2_000, steps=8)
    rare = replace(made, vocabulary=(*made.vocabulary, "é", "ü"))
    one, other = rare.codes.copy(), rare.codes.copy()
    one[2_203], other[2_203] = 1, len(made.vocabulary) + 3
    fold, place = made.split.holdout, np.array([2_200])
    for first, second in zip(
        baseline.fit(replace(rare, codes=one), fold, BITS),
        baseline.fit(replace(rare, codes=other), fold, BITS),
        strict=True,
    ):
        told = first.forecast(place)
        assert np.isfinite(told).all()
        np.testing.assert_array_equal(told, second.forecast(place))


def test_no_later_token_is_looked_at() -> None:
    text = letters(np.random.default_rng(0), 4_000)
    made = tables.language(text, 3_000, steps=16)
    fold, place = made.split.holdout, np.array([3_200])
    codes = made.codes.copy()
    codes[3_211:] = 2
    other = replace(made, codes=codes)
    for ours, theirs in zip(
        baseline.fit(made, fold, BITS), baseline.fit(other, fold, BITS), strict=True
    ):
        np.testing.assert_array_equal(ours.forecast(place)[:, :10], theirs.forecast(place)[:, :10])


def test_tiny_shakespeare(shared_table: Callable[[str], Path]) -> None:
    text = shared_table("tiny_shakespeare.txt").read_text(encoding="utf-8")
    made = tables.language(text, round(0.9 * len(text)))
    found = scores(made, "bits")
    assert found["5-gram"] < 2.9 < found["3-gram"] < 3.2 < found["unigram"]
