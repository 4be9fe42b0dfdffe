"""Writes co2_weekly.csv from the copy of the series that statsmodels ships.

Run by hand, once: `pip install statsmodels==0.15.0 && python data/make_co2_weekly.py`. autorecur
itself never needs statsmodels.
"""

from __future__ import annotations

import csv
from pathlib import Path

import statsmodels.datasets.co2 as source

ORIGIN = Path(source.__file__).with_name("co2.csv")
TARGET = Path(__file__).with_name("co2_weekly.csv")


def main() -> None:
    """Give the dates their ISO form; the figures are copied as they stand, digit by digit."""
    with (
        ORIGIN.open(newline="", encoding="utf-8") as before,
        TARGET.open("w", newline="", encoding="utf-8") as after,
    ):
        writer = csv.writer(after, lineterminator="\n")
        writer.writerow(["date", "co2"])
        rows = 0
        for row in csv.DictReader(before):
            day = row["date"]
            writer.writerow([f"{day[:4]}-{day[4:6]}-{day[6:]}", row["co2"]])
            rows += 1
    print(f"{TARGET.name}: {rows} rows")


if __name__ == "__main__":
    main()
