"""Names that Keras gives by itself, the same in every process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["numbered_anew"]


@contextmanager
def numbered_anew() -> Iterator[None]:
    """What Keras names in here is numbered as if nothing had been built before.

    A worker has built other networks before this one, and how many depends on which worker was
    faster: without this the same network would have other names in its file, and other bytes. Keras
    counts where only its own code reaches; `clear_session`, the public way, would take the user's
    settings along where the executor is the user's own process.
    """
    from keras.src.backend.common import global_state

    kept = global_state.get_global_attribute("object_name_uids")
    global_state.set_global_attribute("object_name_uids", defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute("object_name_uids", kept)
