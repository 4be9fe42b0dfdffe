"""Is a sentence praise or blame? Words in order matter: "not exactly good" is no praise.

    python examples/texts.py [BUDGET]

Makes its own table of sentences; writes runs/texts.
"""

import sys

import numpy as np
import pandas as pd

import autorecur

BUDGET = sys.argv[1] if len(sys.argv) > 1 else "1min"

rng = np.random.default_rng(7)
NOUNS = ("soup", "room", "film", "service", "song", "view")
GOOD, BAD = ("good", "lovely", "great", "fine"), ("bad", "awful", "poor", "dull")
SURE = ("exactly", "to my mind", "for once", "what I would call")


def sentence() -> tuple[str, str]:
    likes, turned = rng.random() < 0.5, rng.random() < 0.5
    word = rng.choice(GOOD if likes else BAD)
    said = f"The {rng.choice(NOUNS)} was {'not' if turned else 'just'} {rng.choice(SURE)} {word}."
    return said, "praise" if likes != turned else "blame"


table = pd.DataFrame([sentence() for _ in range(400)], columns=["said", "meant"])

run = autorecur.fit(table, target="meant", text="said", budget=BUDGET, seed=7, out="runs/texts")
print(run.verdict)
print(run.predict(pd.DataFrame({"said": ["The song was not for once dull.", "A bad, bad view"]})))
