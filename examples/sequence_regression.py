"""How fast does it swing? One number a sequence.

    python examples/sequence_regression.py [BUDGET]

Makes its own table: damped oscillations in noise, their frequency unknown; writes runs/swings.
"""

import sys

import numpy as np
import pandas as pd

import autorecur

BUDGET = sys.argv[1] if len(sys.argv) > 1 else "1min"

rng = np.random.default_rng(7)
parts = []
for number in range(160):
    steps = np.arange(int(rng.integers(25, 41)))
    hertz = rng.uniform(0.5, 4.0)
    swing = np.exp(-steps / 40) * np.sin(2 * np.pi * hertz * steps / 25 + rng.uniform(0, 6))
    signal = (swing + rng.normal(0, 0.2, len(steps))).round(3)
    parts.append(
        pd.DataFrame({"swing": f"s{number:03d}", "signal": signal, "hertz": round(hertz, 3)})
    )
table = pd.concat(parts, ignore_index=True)

run = autorecur.fit(
    table, target="hertz", series="swing", task="sequence-regression", budget=BUDGET, seed=7,
    out="runs/swings",
)  # fmt: skip
print(run.verdict)
print(run.predict(table.drop(columns="hertz")).head(10))
