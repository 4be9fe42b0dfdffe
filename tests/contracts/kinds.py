"""One small generated table for each kind, and how it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

ROWS = 420


@dataclass(frozen=True)
class Example:
    """A table that holds the truth, and what is said of it."""

    kind: str
    table: pd.DataFrame
    asked: dict[str, Any]
    truth: str | None  # the label's column; None where the truth is a later row, or the next token


def forecast() -> Example:
    rng = np.random.default_rng(1)
    steps = np.arange(ROWS)
    table = pd.DataFrame({"day": pd.date_range("2021-01-01", periods=ROWS)})
    table["sales"] = 50 + 0.05 * steps + 8 * np.sin(steps / 7 * 2 * np.pi) + rng.normal(0, 1, ROWS)
    table["price"] = 5 + rng.normal(0, 0.2, ROWS)
    return Example("forecast", table, {"target": "sales", "time": "day", "horizon": 3}, None)


def panel() -> Example:
    rng = np.random.default_rng(2)
    parts = []
    for number, name in enumerate(["ann", "bob", "cy"]):
        rows = 200 + 20 * number
        steps = np.arange(rows)
        holiday = (steps % 11 == 0).astype(int)
        level = 10.0 ** (2 * number)
        shape = 5 + np.sin(steps / 7 * 2 * np.pi) + 2 * holiday + rng.normal(0, 0.2, rows)
        parts.append(
            pd.DataFrame(
                {
                    "shop": name,
                    "day": pd.date_range("2021-01-01", periods=rows),
                    "sales": level * shape,
                    "holiday": holiday,
                    "size": float(number),
                }
            )
        )
    asked = {
        "target": "sales",
        "time": "day",
        "series": "shop",
        "known": ["holiday"],
        "static": ["size"],
        "horizon": 2,
    }
    return Example("forecast", pd.concat(parts, ignore_index=True), asked, None)


def nowcast() -> Example:
    rng, rows = np.random.default_rng(3), 2 * ROWS
    light = rng.normal(0, 1, rows)
    busy = np.convolve(light, np.ones(3) / 3, "full")[:rows] + rng.normal(0, 0.1, rows) > 0
    table = pd.DataFrame({"time": pd.date_range("2021-01-01", periods=rows, freq="h")})
    table["light"], table["noise"] = light, rng.normal(0, 1, rows)
    table["room"] = np.where(busy, "busy", "empty")
    asked = {"target": "room", "time": "time", "horizon": 0}
    return Example("nowcast", table, asked, "room")


def _sequences(label: Callable[[int, np.random.Generator], Any], kind: str) -> Example:
    rng = np.random.default_rng(4)
    parts = []
    for number in range(90):
        steps = np.arange(int(rng.integers(6, 14)))
        pace = 0.5 + (number % 3)
        wave = np.sin(pace * steps) + rng.normal(0, 0.1, len(steps))
        parts.append(
            pd.DataFrame(
                {
                    "who": f"s{number}",
                    "t": steps,
                    "x": wave,
                    "y": rng.normal(0, 1, len(steps)),
                    "label": label(number % 3, rng),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    asked = {"target": "label", "series": "who", "time": "t", "task": kind}
    return Example(kind, table, asked, "label")


def sequence_classification() -> Example:
    return _sequences(lambda pace, rng: ["slow", "fair", "fast"][pace], "sequence-classification")


def sequence_regression() -> Example:
    return _sequences(lambda pace, rng: 10.0 * pace + rng.normal(), "sequence-regression")


def _texts(kind: str) -> Example:
    rng = np.random.default_rng(5)
    good, bad = ["fine", "great", "lovely", "warm"], ["poor", "awful", "cold", "broken"]
    filler = ["the", "room", "was", "and", "staff", "were", "on", "day", "we", "stayed"]
    rows = []
    for number in range(400):
        mood = number % 2
        words = [*rng.choice(filler, 6), rng.choice(bad if mood else good), *rng.choice(filler, 3)]
        words[3] = "<i>" if number % 7 == 0 else words[3]
        told = mood ^ (number % 25 == 0)  # a label that no network can get right, now and then
        label = (
            ("bad" if told else "good") if kind.endswith("cation") else 3.0 * mood + rng.normal()
        )
        rows.append((" ".join(words) + f" {number}", label))
    table = pd.DataFrame(rows, columns=["review", "mood"])
    return Example(kind, table, {"target": "mood", "text": "review", "task": kind}, "mood")


def text_classification() -> Example:
    return _texts("text-classification")


def text_regression() -> Example:
    return _texts("text-regression")


def language_model() -> Example:
    rng = np.random.default_rng(6)
    lines = [" ".join(rng.choice(["ba", "bo", "la", "lo", "di"], 8)) for _ in range(400)]
    table = pd.DataFrame({"line": lines})
    return Example("language-model", table, {"text": "line", "task": "language-model"}, None)


EXAMPLES: dict[str, Callable[[], Example]] = {
    "forecast": forecast,
    "panel": panel,
    "nowcast": nowcast,
    "sequence-classification": sequence_classification,
    "sequence-regression": sequence_regression,
    "text-classification": text_classification,
    "text-regression": text_regression,
    "language-model": language_model,
}
