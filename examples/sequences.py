"""Does its pitch rise or fall? One label a sequence, sequences of unequal length.

    python examples/sequences.py [BUDGET]

Makes its own table: chirps in noise, alike but for the order of their steps; writes
runs/sequences.
"""

import sys

import numpy as np
import pandas as pd

import autorecur

BUDGET = sys.argv[1] if len(sys.argv) > 1 else "1min"

rng = np.random.default_rng(7)
parts = []
for number in range(160):
    steps = np.linspace(0, 1, int(rng.integers(20, 41)))
    rises = rng.random() < 0.5
    turns = steps + 3 * steps**2 if rises else 7 * steps - 3 * steps**2
    phase = 2 * np.pi * turns + rng.uniform(0, 6)
    both = np.array([np.sin(phase), np.cos(phase)]) + rng.normal(0, 0.4, (2, len(steps)))
    wave = {"wave": f"w{number:03d}", "left": both[0].round(3), "right": both[1].round(3)}
    parts.append(pd.DataFrame(wave | {"label": "rises" if rises else "falls"}))
table = pd.concat(parts, ignore_index=True)

run = autorecur.fit(
    table, target="label", series="wave", task="sequence-classification", budget=BUDGET, seed=7,
    out="runs/sequences",
)  # fmt: skip
print(run.verdict)
print(run.predict(table.drop(columns="label")).head(10))
