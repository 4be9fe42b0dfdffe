"""Made the records of this folder, each by the autorecur of the commit that README.md names.

With that commit's folder in PYTHONPATH, beside `co2_weekly.csv`:
`python make.py forecast text-classification incomplete`. The files here are never made anew: a
record of today is no old one.
"""

from __future__ import annotations

import csv
import json
import random
import sys
from pathlib import Path
from typing import Any

import autorecur

SETTINGS: dict[str, Any] = {"seed": 7, "workers": 1, "space": {"depth": (1,), "width": (8, 16)}}
WEEKLY = {"data": "co2_weekly.csv", "target": "co2", "time": "date", "horizon": 13}
ASKED: dict[str, dict[str, Any]] = {
    "first-forecast": {**WEEKLY, "budget": "12trainings"},
    "forecast": {**WEEKLY, "budget": "12trainings"},
    "text-classification": {
        "data": "reviews.csv", "target": "label", "text": "review", "budget": "12trainings",
    },
    "incomplete": {**WEEKLY, "budget": "4trainings"},
}  # fmt: skip


def reviews(path: Path) -> None:
    """240 documents of a dozen words, one or two of which say what their label is."""
    rng = random.Random(7)
    sides = {
        "good": ("fine", "lovely", "quick", "bright", "kind"),
        "bad": ("poor", "slow", "broken", "dull", "rude"),
    }
    rest = ("the", "room", "was", "and", "we", "food", "had", "a", "very", "bed", "with")
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["review", "label"])
        for _ in range(240):
            label = rng.choice(list(sides))
            words = rng.choices(rest, k=rng.randint(4, 10)) + rng.choices(sides[label])
            if rng.random() < 0.1:
                words.append(rng.choice([*sides["good"], *sides["bad"]]))
            rng.shuffle(words)
            out.writerow([" ".join(words), label])


def main(names: list[str]) -> None:
    reviews(Path("reviews.csv"))
    for name in names:
        run = autorecur.fit(**ASKED[name], **SETTINGS, out=f"runs/{name}")
        whole = json.loads((run.folder / "record.json").read_text(encoding="utf-8"))
        text = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        Path(f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
