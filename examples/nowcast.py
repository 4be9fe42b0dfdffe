"""Is somebody in the room, from this and the earlier minutes of its sensors?

    python examples/nowcast.py [BUDGET]

Makes its own table: two sensors that follow the people in the room with a delay; writes
runs/nowcast.
"""

import sys

import numpy as np
import pandas as pd

import autorecur

BUDGET = sys.argv[1] if len(sys.argv) > 1 else "1min"

rng = np.random.default_rng(7)
inside = np.repeat(rng.random(60) < 0.5, rng.integers(10, 40, 60))
light = np.where(inside, 450, 40) + rng.normal(0, 150, len(inside))
gas = pd.Series(400 + 500 * inside).ewm(halflife=8).mean() + rng.normal(0, 30, len(inside))
table = pd.DataFrame(
    {
        "minute": pd.date_range("2024-03-04", periods=len(inside), freq="min"),
        "light": light.round(),
        "co2": gas.round(),
        "room": np.where(inside, "occupied", "empty"),
    }
)

run = autorecur.fit(
    table, target="room", time="minute", horizon=0, budget=BUDGET, seed=7, out="runs/nowcast"
)
print(run.verdict)

# A label for every minute, and how sure of it; the last ten.
print(run.predict(table.drop(columns="room")).tail(10))
