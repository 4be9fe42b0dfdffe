"""Realistic records of the other kinds: whole, and valid against the schema."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from report import sample, sample_numbers
from report.sample_built import Scores, built, data_of, of_bits, of_classes, of_numbers

from autorecur.certainty import certainty
from autorecur.foretold import scattered
from autorecur.histogram import histogram, quartiles
from autorecur.leftover import Leftover, residuals
from autorecur.record import Record

SPEECH = ("oh", "no", "yes", "left", "right", "stop", "go", "up", "down")
QUESTIONS = ("DESCRIPTION", "ENTITY", "ABBREVIATION", "HUMAN", "LOCATION", "NUMBER")
LANGUAGES = tuple(f"language {at}" for at in range(1, 19))


def of_kind(kind: str, name: str = "load") -> Record:
    """A record of that kind; `name` is the user's own string, everywhere one can appear."""
    return _MAKERS[kind](name)


def _confused(labels: tuple[str, ...], each: int, right: float, seed: int) -> list[list[int]]:
    """A confusion matrix whose classes are the rarer the later; neighbours are confused most."""
    rng = random.Random(seed)
    matrix = []
    for row in range(len(labels)):
        counts = [0] * len(labels)
        for _ in range(max(2, each // (1 + row // 2))):
            told = row if rng.random() < right else (row + rng.choice((-1, 1, 2))) % len(labels)
            counts[told] += 1
        matrix.append(counts)
    return matrix


def _told(name: str, labels: tuple[str, ...], matrix: list[list[int]], of: int) -> dict[str, Any]:
    """How sure the answers of a confusion matrix are, and the classes of the whole table."""
    rng, truth, shares = np.random.default_rng(len(labels)), [], []
    for true, row in enumerate(matrix):
        for answer, count in enumerate(row):
            for _ in range(count):
                truth.append(true)
                shares.append(_given(rng, true, answer, len(labels)))
    support = [sum(row) * of // len(truth) for row in matrix]
    order = sorted(range(len(labels)), key=lambda code: (-support[code], code))[:20]
    classes = [{"label": labels[code], "count": support[code]} for code in order]
    counted = sum(support)
    return {
        "certainty": certainty(labels, np.array(truth), np.array(shares)),
        "targets": [
            {
                "name": name,
                "of": of,
                "missing": of - counted,
                "counted": counted,
                "classes": classes,
                "histogram": None,
                "quartiles": None,
            }
        ],
    }


def _given(rng: np.random.Generator, true: int, answer: int, classes: int) -> Any:
    """Probabilities of which `answer` has the most, and the true class the most of what is left."""
    least = 1.0 / classes
    sure = least + (1.0 - least) * rng.beta(*((6, 1.2) if true == answer else (3, 3)))
    rest = np.sort(rng.dirichlet(np.ones(classes - 1)))[::-1] * (1.0 - sure)
    if rest[0] >= sure:
        rest[:] = (1.0 - sure) / (classes - 1)
    others = sorted((code for code in range(classes) if code != answer), key=lambda c: c != true)
    shares = np.empty(classes)
    shares[answer], shares[others] = sure, rest
    return shares


def _accuracy(lstm: float, gru: float, **baselines: float) -> Scores:
    named = {name.replace("_", " "): value for name, value in baselines.items()}
    return Scores("accuracy", "higher", "", lstm, gru, named, 0.0115, of_classes)


def _speech(name: str) -> Record:
    labels = (name, *SPEECH[1:])
    matrix = _confused(labels, 24, 0.95, 3)
    figures = {
        "forecast": None,
        "scatter": None,
        "worst": None,
        **_told(name, labels, matrix, 270),
        "classes": {
            "labels": labels,
            "matrix": matrix,
            "baseline_matrix": _confused(labels, 24, 0.88, 4),
        },
    }
    return built(
        _accuracy(0.951, 0.973, random_kernels=0.962, summaries_plus_logistic=0.921, prior=0.11),
        data_of(
            "sequence-classification",
            name,
            [
                ("speaker", "series", "text", []),
                (name, "target", "categorical", list(labels)),
                ("mfcc 1", "past", "numeric", []),
                ("mfcc 2", "past", "numeric", []),
            ],
            rows=4_274,
            examples=270,
            classes=labels,
            split="270 sequences by label: 174 in 6 duel folds, 42 to choose by, 54 held out.",
        ),
        figures,
        pooling="mean",
        bidirectional=True,
        residual=True,
    )


def _texts(name: str) -> Record:
    labels = (name, *QUESTIONS[1:])
    rng = random.Random(5)
    worst = [
        {
            "text": text,
            "actual": labels[at % 6],
            "foretold": labels[(at + 1) % 6],
            "probability": 0.99 - 0.03 * at - 0.01 * rng.random(),
        }
        for at, text in enumerate(
            [
                f"What is the abbreviation of {name} ?"[:160],
                "Who was Abraham Lincoln ?",
                "What do you call a group of geese ?",
                "What 's the oldest capital city in the "
                "Americas , and how many people lived there when it was the largest of all ?",
                "CNN is the abbreviation for what ?",
                "",
                "😀 how 많은 people ?",
                "Where 's Waldo ?",
                "How far ?",
                "What is it ?",
            ]
        )
    ]
    matrix = _confused(labels, 138, 0.9, 6)
    figures = {
        "forecast": None,
        "scatter": None,
        "worst": worst,
        **_told(name, labels, matrix, 5_452),
        "classes": {
            "labels": labels,
            "matrix": matrix,
            "baseline_matrix": _confused(labels, 138, 0.88, 7),
            "baseline_name": "TF-IDF + logistic regression",
        },
    }
    scores = _accuracy(0.874, 0.876, words_plus_characters=0.896, prior=0.188)
    return built(
        replace(scores, baselines={"TF-IDF + logistic regression": 0.896, "prior": 0.188}),
        data_of(
            "text-classification",
            name,
            [("question", "text", "text", []), (name, "target", "categorical", list(labels))],
            rows=54_310,
            examples=5_452,
            classes=labels,
            tokens="word",
            vocabulary=8_412,
            split="5,452 documents by label: 3,489 in 8 duel folds, 872 to choose by, 1,091 held "
            "out; identical documents are in the same part.",
        ),
        figures,
        pooling="max",
        bidirectional=True,
        embedding=64,
    )


def _languages(name: str) -> Record:
    labels = (name, *LANGUAGES[1:])
    record = _texts("kind")
    matrix = _confused(labels, 60, 0.8, 8)
    figures = {
        **dict.fromkeys(sample.FIGURES),
        "classes": {"labels": labels, "matrix": matrix, "baseline_matrix": None},
        **_told(name, labels, matrix, 5_452),
    }
    return replace(record, figures=figures, data={**record.data, "classes": labels, "target": name})


def _nowcast_classes(name: str) -> Record:
    labels = (name, "occupied")
    matrix = [[1204, 31], [12, 411]]
    figures = {
        "forecast": None,
        "scatter": None,
        "worst": None,
        **_told(name, labels, matrix, 20_560),
        "classes": {
            "labels": labels,
            "matrix": matrix,
            "baseline_matrix": [[1190, 45], [20, 403]],
            "baseline_name": "boosting on lags",
        },
    }
    return built(
        _accuracy(0.9738, 0.9741, boosting_on_lags=0.961, majority=0.745),
        data_of(
            "nowcast",
            name,
            [
                ("date", "time", "time", []),
                (name, "target", "categorical", list(labels)),
                ("light", "past", "numeric", []),
                ("room", "past", "categorical", list("abcdefghijklmnop")),
            ],
            rows=20_560,
            examples=20_560,
            series=1,
            classes=labels,
            season=1440,
            split="20,560 rows in time order.",
        ),
        figures,
    )


def _molecules(name: str) -> Record:
    rng = random.Random(9)
    actual = [rng.gauss(-3, 2.1) for _ in range(226)]
    foretold = [value * 0.9 - 0.3 + rng.gauss(0, 0.7) for value in actual]
    true, told = np.array(actual), np.array(foretold)
    whole = np.random.default_rng(9).normal(-3, 2.1, 1_128)
    errors = sorted(zip(actual, foretold, strict=True), key=lambda pair: -abs(pair[0] - pair[1]))
    worst = [
        {"text": "C1=CC=C(C=C1)" + "C" * at, "actual": a, "foretold": f, "probability": None}
        for at, (a, f) in enumerate(errors[:10])
    ]
    return built(
        Scores(
            "mae",
            "lower",
            name,
            0.71,
            0.68,
            {"TF-IDF + ridge": 0.79, "median": 1.71},
            0.027,
            of_numbers,
        ),
        data_of(
            "text-regression",
            name,
            [("smiles", "text", "text", []), (name, "target", "numeric", [])],
            rows=25_100,
            examples=1_128,
            tokens="character",
            vocabulary=33,
            split="1,128 documents: 722 in 8 duel folds, 180 to choose by, 226 held out.",
        ),
        {
            "forecast": None,
            "classes": None,
            "worst": worst,
            "scatter": scattered(true, told),
            "residuals": residuals(Leftover(true - told, told), name),
            "targets": [
                {
                    "name": name,
                    "of": 1_130,
                    "missing": 2,
                    "counted": 1_128,
                    "classes": None,
                    "histogram": histogram(whole),
                    "quartiles": quartiles(whole),
                }
            ],
        },
        pooling="attention",
        bidirectional=True,
        embedding=32,
    )


def _language(name: str) -> Record:
    return built(
        Scores(
            "bits",
            "lower",
            "bits",
            2.41,
            2.36,
            {"5-gram": 2.52, "3-gram": 3.01, "1-gram": 4.8},
            0.017,
            of_bits,
        ),
        data_of(
            "language-model",
            name,
            [(name, "text", "text", [])],
            rows=1_115_394,
            examples=1_115_394,
            series=1,
            tokens="character",
            vocabulary=63,
            horizon=128,
            split="1,115,394 characters in order: the last 15 % are held out.",
        ),
        {"forecast": None, "classes": None, "scatter": None, "worst": None},
        embedding=32,
    )


def _panel_leftover() -> Leftover:
    """A sample of all windows of all series, so that they do not follow each other."""
    rng = np.random.default_rng(13)
    foretold = rng.gamma(6.0, 1.2, 8_192)
    return Leftover(rng.normal(0.5, 0.2 * foretold), foretold, scaled=True)


def _in_a_panel(forecast: dict[str, Any], rows: int = 48, scale: float = 21.0) -> dict[str, Any]:
    """As much of a forecast as there is of one series; errors by step in the scale of each."""
    first = {
        key: value[:rows] if isinstance(value, list) else value for key, value in forecast.items()
    }
    told = {
        key: [error / scale for error in value]
        for key, value in forecast["steps"].items()
        if isinstance(value, list)
    }
    return first | {"steps": {"examples": 8_192, "scaled": True, **told}}


def _panel(name: str) -> Record:
    rng = random.Random(13)
    drawn = {
        "windows": 2,
        "of_windows": 2,
        "series": name,
        "of_series": 414,
        "target": name,
        "of_targets": 1,
    }
    record = built(
        Scores(
            "mase",
            "lower",
            "×",
            1.021,
            1.02,
            {"ridge on lags": 1.11, "seasonal naive": 1.19},
            0.0057,
            lambda mase: {**of_numbers(210 * mase), "mase": mase},
        ),
        data_of(
            "forecast",
            name,
            [
                ("id", "series", "text", []),
                ("hour", "time", "time", []),
                (name, "target", "numeric", []),
                ("holiday", "known", "categorical", ["no", "yes"]),
            ],
            rows=353_500,
            examples=353_500,
            series=414,
            horizon=24,
            season=24,
            split="414 series, each divided in time order: its last 48 rows are held out.",
        ),
        {
            "forecast": _in_a_panel(sample._forecast(rng, name)) | {"drawn": drawn},
            "classes": None,
            "scatter": None,
            "worst": None,
            "residuals": residuals(_panel_leftover(), name),
            "targets": sample._targets(name),
        },
    )
    panel = {
        "lstm": 12,
        "gru": 31,
        "rest": 371,
        "spread": 0.021,
        "series": [
            {"name": "H7", "cell": "lstm", "better_by": 0.062, "probability": 0.996},
            {"name": name, "cell": "gru", "better_by": 0.084, "probability": 0.999},
        ],
    }
    return replace(
        record,
        model={**(record.model or {}), "bands": []},
        verdict={**record.verdict, "panel": panel},
    )


_MAKERS: dict[str, Callable[[str], Record]] = {
    **sample_numbers.MAKERS,
    "sequence-classification": _speech,
    "text-classification": _texts,
    "many classes": _languages,
    "nowcast": _nowcast_classes,
    "text-regression": _molecules,
    "language-model": _language,
    "panel": _panel,
}
KINDS = tuple(_MAKERS)
