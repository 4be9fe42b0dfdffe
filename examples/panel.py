"""One network for the sales of twelve shops, with holidays that are known in advance.

    python examples/panel.py [BUDGET]

Makes its own table: shops of very different size, weekly seasons, holidays; writes runs/panel.
"""

import sys

import numpy as np
import pandas as pd

import autorecur

BUDGET = sys.argv[1] if len(sys.argv) > 1 else "1min"

rng = np.random.default_rng(7)
days = pd.date_range("2023-01-02", periods=300, freq="D")
holiday = (rng.random(len(days)) < 0.05).astype(int)
week = np.array([0.8, 0.8, 0.9, 1.0, 1.3, 1.6, 0.4])[days.dayofweek]
parts = []
for shop in range(12):
    size = 10 ** rng.uniform(1, 4)
    sold = size * week * (1 - 0.6 * holiday) * rng.lognormal(0, 0.1, len(days))
    sales = {"shop": f"shop {shop}", "day": days, "holiday": holiday, "sold": sold.round(1)}
    parts.append(pd.DataFrame(sales))
table = pd.concat(parts, ignore_index=True)

run = autorecur.fit(
    table, target="sold", time="day", series="shop", known=["holiday"], horizon=7, budget=BUDGET,
    seed=7, out="runs/panel",
)  # fmt: skip
print(run.verdict)

# The days to come: their holidays are known, their sales are not. Two shops will do.
coming = table[table["shop"].isin(["shop 0", "shop 1"])].copy()
coming.loc[coming["day"] > days[-8], "sold"] = np.nan
print(run.predict(coming))
