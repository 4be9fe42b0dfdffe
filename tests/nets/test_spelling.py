import numpy as np

from autorecur.nets.spelling import SPREAD, spelled

WORDS = ("invent", "invented", "inventor", "bird", "ab", "地图", "地图册", "x" * 100)


def likeness(vectors, one, other):
    one, other = (vectors[2 + WORDS.index(word)] for word in (one, other))
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)


def test_words_of_one_stem_begin_alike_and_others_do_not():
    vectors = spelled(WORDS, 2048, 1)
    assert likeness(vectors, "invented", "inventor") > 0.35
    assert likeness(vectors, "地图", "地图册") > 0.2
    assert abs(likeness(vectors, "invented", "bird")) < 0.3
    assert likeness(vectors, "invented", "inventor") < 0.95  # two words all the same


def test_every_word_has_a_vector_of_one_size_and_padding_has_none():
    vectors = spelled(WORDS, 48, 3)
    assert vectors.shape == (2 + len(WORDS), 48) and vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors[0], 0.0)
    np.testing.assert_allclose(np.square(vectors[2:]).mean(axis=1), SPREAD**2, rtol=1e-4)
    assert 0.5 * SPREAD < vectors[1].std() < 2 * SPREAD


def test_the_seed_alone_decides():
    np.testing.assert_array_equal(spelled(WORDS, 8, 1), spelled(tuple(list(WORDS)), 8, 1))
    assert np.abs(spelled(WORDS, 8, 1) - spelled(WORDS, 8, 2)).max() > 0.1
    assert spelled((), 8, 1).shape == (2, 8)
