"""Batches: every example its turn, the same for both cells, and little padding in most of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from autorecur.nets.batches import batches


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(1, 70),
    batch=st.integers(1, 20),
    seed=st.integers(0, 2**32 - 1),
    cut=st.integers(1, 29),
)
def test_batches(size: int, batch: int, seed: int, cut: int) -> None:
    examples = np.arange(100, 100 + size)
    drawn = batches(examples, batch, seed, first_step=0, steps=30)
    assert drawn.shape == (30, batch)
    flat = drawn.ravel()
    for epoch in range(len(flat) // size):  # every example once an epoch
        assert sorted(flat[epoch * size : (epoch + 1) * size]) == examples.tolist()
    resumed = batches(examples, batch, seed, first_step=cut, steps=30 - cut)
    np.testing.assert_array_equal(resumed, drawn[cut:])


def test_the_order_of_examples_follows_from_the_seed_and_changes_each_epoch() -> None:
    examples = np.arange(64)
    one, other = (batches(examples, 16, seed, 0, 8) for seed in (1, 2))
    assert not np.array_equal(one, other)
    assert not np.array_equal(one[:4], one[4:])
    assert not np.array_equal(one[:4].ravel(), examples)


def test_examples_of_little_padding_share_batches() -> None:
    examples, short = np.arange(103), np.arange(103) % 4 != 0
    drawn = batches(examples, 8, seed=3, first_step=0, steps=24, short=short)
    for epoch in drawn.reshape(2, 12, 8):
        assert len(np.unique(epoch)) == 96  # none twice; seven wait for the next epoch
        mixed = [len(set(short[batch])) for batch in epoch]
        assert sorted(mixed)[:-1] == [1] * 11
        kinds = [bool(short[batch[0]]) for batch in epoch]
        assert kinds != sorted(kinds) and kinds != sorted(kinds, reverse=True)
    assert set(drawn[:12].ravel()) != set(drawn[12:].ravel())
    resumed = batches(examples, 8, seed=3, first_step=9, steps=15, short=short)
    np.testing.assert_array_equal(resumed, drawn[9:])


def test_too_few_examples_for_two_batches_are_not_sorted_by_length() -> None:
    examples, short = np.arange(6), np.arange(6) < 3
    drawn = batches(examples, 8, seed=1, first_step=0, steps=3, short=short)
    np.testing.assert_array_equal(drawn, batches(examples, 8, seed=1, first_step=0, steps=3))
