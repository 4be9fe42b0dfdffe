"""Which network should forecast the CO2 at Mauna Loa, a quarter of a year ahead?

    python examples/forecast.py [BUDGET]

Runs from a checkout, in a minute unless told otherwise; writes runs/co2 and co2.html.
"""

import sys
from pathlib import Path

import autorecur

TABLE = Path(__file__).resolve().parent.parent / "data" / "co2_weekly.csv"
BUDGET = sys.argv[1] if len(sys.argv) > 1 else "1min"

run = autorecur.fit(
    TABLE, target="co2", time="date", horizon=13, budget=BUDGET, seed=7, out="runs/co2"
)
print(run.verdict)

# The next 13 weeks, in parts per million.
print(run.predict(TABLE))

# How far the forecasts of the past would have been off.
for name, score in run.evaluate(TABLE).scores.items():
    print(f"{name:>20}  {score}")

run.report("co2.html")
