"""Several records become one page or one Markdown text: verdicts, scores and costs side by side.

Scores are put beside each other only where they answer the same question: the same table, roles and
horizon, by the same metric. Of different questions the skill can be compared: the share of the best
baseline's error that a network avoids.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from autorecur.metrics import sign
from autorecur.record import Record
from autorecur.report import words
from autorecur.report.document import harmless, headlined
from autorecur.report.facts import (
    amount,
    answer,
    best_baseline,
    between,
    columns,
    gap,
    in_points,
    margin,
    metric_arrow,
    score_label,
    spread,
    spread_told,
    target,
)
from autorecur.report.parts import Row, Table

__all__ = ["FEWEST", "Beside", "beside", "skill"]

FEWEST = 2


@dataclass(frozen=True)
class Beside:
    """What is shown of several runs; a view only arranges it."""

    page_id: str
    title: str
    lead: str
    sentences: tuple[tuple[str, str, str], ...]  # of each run: its name, its symbol, its verdict
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    footer: str


def beside(records: Sequence[Record]) -> Beside:
    """Records, in the order given, side by side."""
    made = [harmless(record) for record in records]
    names = _names(made)
    same = len({_question(record) for record in made}) == 1
    return Beside(
        page_id="r" + "-".join(record.run["id"] for record in made),
        title=_title(made, same),
        lead=_lead(made, names, same),
        sentences=tuple(
            (name, record.verdict["symbol"], record.verdict["sentence"])
            for name, record in zip(names, made, strict=True)
        ),
        tables=(_verdicts(made, names, same), _scores(made, names, same), _costs(made, names)),
        notes=_notes(same),
        footer="Every number is in the record.json of its run.",
    )


def skill(record: Record) -> float | None:
    """The share of the best baseline's error on the holdout that the network avoids; 1 is all.

    Of a share of right answers the error is what is missing to all. None where there is no network,
    no baseline, or no error to avoid.
    """
    best, score = best_baseline(record, "holdout"), record.score["holdout"]
    if best is None or score is None:
        return None
    error, reference = score, best[1]
    if in_points(record):
        error, reference = 1 - score, 1 - reference
    return 1 - error / reference if reference > 0 else None


def _question(record: Record) -> str:
    """What was asked of which rows: where all of it is the same, scores can be compared."""
    data = record.data
    asked = ("fingerprint", "kind", "target", "roles", "horizon", "tokens", "split")
    parts = {name: data.get(name) for name in asked}
    return json.dumps([parts, record.metric["name"]], sort_keys=True)


def _names(records: Sequence[Record]) -> list[str]:
    """The run's folder; where two have the same, with their ids; a run given twice is numbered."""
    folders = [words.cut(record.run["name"], words.NAME_LIMIT) for record in records]
    names = [
        f"{folder} ({record.run['id']})" if folders.count(folder) > 1 else folder
        for folder, record in zip(folders, records, strict=True)
    ]
    return [
        f"{name}, no. {names[: at + 1].count(name)}" if names.count(name) > 1 else name
        for at, name in enumerate(names)
    ]


def _title(records: Sequence[Record], same: bool) -> str:
    runs = words.plural(len(records), "run")
    if same:
        return f"{runs} of {_asked(records[0])}"
    tables = {record.data["fingerprint"] for record in records}
    if len(tables) == 1:
        return f"{runs} that ask {records[0].data['name']} different questions"
    return f"{runs} of {words.plural(len(tables), 'table')}"


def _asked(record: Record) -> str:
    """The table, and what of it was foretold."""
    named = target(record)
    about = f" → {words.cut(named, words.NAME_LIMIT)}" if named else ""
    return f"{record.data['name']}{about}"


def _lead(records: Sequence[Record], names: Sequence[str], same: bool) -> str:
    """Which network did best, as far as that can be said."""
    if not same:
        return (
            "Scores of different questions cannot be compared. What can is the skill: the share of "
            "the best baseline's error on the holdout that the network avoids."
        )
    best = min(records, key=_rank)
    if best.score["holdout"] is None:
        return "None of them has a network that was scored on the holdout."
    network = best.model["title"] if best.model else "network"
    text = (
        f"The best network on the holdout is the {network} of {names[records.index(best)]}: "
        f"{metric_arrow(best)} {amount(best, best.score['holdout'])}, one score."
    )
    told = spread_told(best, best.model["cell"]) if best.model else ""
    if not told:
        return text
    near = sum(_near(best, other) for other in records if other is not best)
    also = f"; {words.plural(near, 'other run')} came as near as that" if near else ""
    return f"{text} {told[:1].upper()}{told[1:]}{also}."


def _near(best: Record, other: Record) -> bool:
    """Whether the other's score on the holdout is no further off than chance moves the best."""
    found = spread(best, best.model["cell"]) if best.model else None
    again = other.run["id"] == best.run["id"]
    if found is None or other.score["holdout"] is None or again:
        return False
    return bool(abs(other.score["holdout"] - best.score["holdout"]) <= found)


def _notes(same: bool) -> tuple[str, ...]:
    if not same:
        return ()
    return (
        "The holdout is the same rows in each run. Whoever chooses among runs by it has chosen "
        "with it: the chosen one's score is a little too good.",
    )


def _verdicts(records: Sequence[Record], names: Sequence[str], same: bool) -> Table:
    rows = []
    for name, record in zip(names, records, strict=True):
        verdict = record.verdict
        chances, evidence = verdict["probability"], verdict["evidence"]
        parts = ("lstm_better", "equivalent", "gru_better")
        cells = (
            name,
            *(() if same else (_asked(record),)),
            f"{verdict['symbol']} {headlined(verdict['sentence'])[0]}",
            *(words.sure(chances[part]) if chances else words.MISSING for part in parts),
            margin(record),
            f"{evidence['folds']} × {evidence['seeds']}",
        )
        rows.append(Row(cells))
    labels = ("verdict", "#LSTM better", "#equal", "#GRU better", "#margin", "#folds × seeds")
    head = ("",) if same else ("", "table")
    return Table("What each run says", columns(*head, *labels), tuple(rows))


def _scores(records: Sequence[Record], names: Sequence[str], same: bool) -> Table:
    """The best score first where the question is the same, else the most skilled."""
    rows = []
    for name, record in zip(names, records, strict=True):
        best, won = best_baseline(record, "holdout"), skill(record)
        cells = (
            name,
            record.model["title"] if record.model else words.MISSING,
            score_label(record),
            amount(record, record.score["holdout"]),
            _spread(record),
            best[0] if best else words.MISSING,
            amount(record, best[1]) if best else words.MISSING,
            words.percent(won),
        )
        cell = record.model["cell"] if record.model else ""
        unskilled = math.inf if won is None else -won
        rows.append((_rank(record) if same else unskilled, Row(cells, cell)))
    rows.sort(key=lambda pair: pair[0])
    labels = ("", "network", "metric", "#holdout", "#± in the duel", "best baseline")
    return Table(
        "Scores on the holdout",
        columns(*labels, "#its score", "#skill"),
        tuple(row for _, row in rows),
        note=(
            "Best first; one score each. ±: how far the network's score of one fold varied between "
            "seeds or, of one seed, between folds. Skill: the share of the best baseline's error "
            "that the network avoids; below nought it has more."
        ),
    )


def _spread(record: Record) -> str:
    found = spread(record, record.model["cell"]) if record.model else None
    return words.MISSING if found is None else f"{gap(record, found)}, {between(record)}"


def _rank(record: Record) -> float:
    """By the score on the holdout; lower is better, and what has no score comes last."""
    score = record.score["holdout"]
    return math.inf if score is None else sign(record.metric["better"]) * score


def _costs(records: Sequence[Record], names: Sequence[str]) -> Table:
    rows = []
    for name, record in zip(names, records, strict=True):
        model, budget = record.model, record.budget
        cells = (
            name,
            budget["text"],
            words.duration(budget["spent_seconds"]),
            words.count(budget["trainings"]),
            words.count(model["parameters"]) if model else words.MISSING,
            words.size(model["bytes"]) if model else words.MISSING,
            words.milliseconds(model["latency_ms"]["p50"]) if model else words.MISSING,
            str(record.environment["seed"]),
            record.run["version"],
        )
        rows.append(Row(cells))
    given = {answer(record) for record in records}
    each = given.pop() if len(given) == 1 else "prediction"
    labels = ("", "budget", "#spent", "#trainings", "#weights", "#file", f"#a {each}", "#seed")
    return Table("What each cost", columns(*labels, "autorecur"), tuple(rows))
