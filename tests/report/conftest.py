"""What the tests of the report share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import pytest

from autorecur.report import figures


@pytest.fixture(scope="session", autouse=True)
def every_figure_is_drawn_once() -> Iterator[None]:
    """The pages of a few records are asked for again and again, in one test after another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "draw", lru_cache(maxsize=2000)(figures.draw.__wrapped__))
        yield
