"""Which cell speaks the better nonsense? The next character of a made-up tongue.

    python examples/language_model.py [BUDGET]

Makes its own text: sentences of words that agree with each other; writes runs/tongue.
"""

import sys
from pathlib import Path

import numpy as np

import autorecur

BUDGET = sys.argv[1] if len(sys.argv) > 1 else "1min"

rng = np.random.default_rng(7)
SINGULAR = (("the cat", "sleeps"), ("a bird", "sings"), ("a child", "runs"))
PLURAL = (("the cats", "sleep"), ("some birds", "sing"), ("children", "run"))
WHERE = ("by the river", "in the old house", "under a tree", "all day long")


def sentence() -> str:
    agreeing = SINGULAR if rng.random() < 0.5 else PLURAL
    (who, _), (_, does) = agreeing[rng.integers(3)], agreeing[rng.integers(3)]
    return f"{who} {does} {rng.choice(WHERE)}."


Path("runs").mkdir(exist_ok=True)
book = Path("runs/tongue.txt")
book.write_text("\n".join(sentence() for _ in range(500)), encoding="utf-8")

run = autorecur.fit(book, task="language-model", budget=BUDGET, seed=7, out="runs/tongue")
print(run.verdict)
print(run.generate("the cat", n=120, temperature=0.7, seed=7))
