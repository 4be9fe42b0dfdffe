"""What is lost where a text is cut into words: its capitals, digits and punctuation.

Words are known in lower case and bare of punctuation, and a number that training did not show is an
unknown word. So a text's signs of each sort are counted before it is cut, and the network has the
counts beside its words: an advertisement shouts and holds telephone numbers, a question asks.
"""

from __future__ import annotations

import string
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["MARKS", "marks_of"]

# All of ASCII; a sort stands for signs that do the same, so that none is too rare to learn from.
MARKS = {
    "capitals": string.ascii_uppercase,
    "digits": string.digits,
    "exclamation marks": "!",
    "question marks": "?",
    "stops": ".,;:",
    "quotes": "\"'`",
    "brackets": "()[]{}<>",
    "other signs": "#$%&*+-/=@\\^_|~",
}


def marks_of(documents: Sequence[str]) -> NDArray[np.float32]:
    """The logarithm of 1 and how many signs of each sort a document has: [documents, MARKS].

    >>> np.expm1(marks_of(["Call 0800 NOW!", ""])).round().tolist()
    [[4.0, 4.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    signs = [each.encode() for each in MARKS.values()]
    counts = np.zeros((len(documents), len(signs)), np.float32)
    for row, document in enumerate(documents):
        # ASCII alone is counted, whose bytes occur in no other character of UTF-8.
        text = document.encode("utf-8", "replace")
        counts[row] = [len(text) - len(text.translate(None, each)) for each in signs]
    return np.log1p(counts)
