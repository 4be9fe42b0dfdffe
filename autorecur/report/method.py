"""The sections on how it was done: how to get it again (11), and the method (12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autorecur.record import Record
from autorecur.report import words
from autorecur.report.facts import columns, examples, in_points, kind_of, section
from autorecur.report.facts import margin as margin_text
from autorecur.report.parts import Row, Section, Table

__all__ = ["again", "method"]


def again(record: Record) -> Section:
    """How to get this again (11), and what will not come out the same."""
    environment, run, budget = record.environment, record.run, record.budget
    timed = budget["limit_seconds"] is not None
    lacks = run.get("lacks", ())
    what = "question" if lacks else "command"
    finding = (
        f"With the same data, seed and versions the same {what} makes the same record "
        "again, times aside."
    )
    if timed:
        finding = (
            "The same command asks the same question again, but a budget in time "
            "cannot repeat itself exactly: how many "
            "trainings fit depends on the machine. A budget in trainings does."
        )
    if lacks:
        finding += f" The command below cannot say all of it: it lacks {words.listed(lacks)}."
    if len(run["command"]) == words.COMMAND_LIMIT:
        finding += " It is cut here; record.json has the whole of it."
    verdict = record.verdict
    facts = (
        ("Run", _named(run)),
        ("autorecur", run["version"]),
        ("Seed", str(environment["seed"])),
        ("Budget", f"{budget['text']}; ended by {budget['ended_by']}"),
        *([("Limits", budget["limits"]["text"])] if "limits" in budget else []),
        ("Margin", _margin(record)),
        (
            "Thresholds",
            (
                f"decided from {words.share(verdict['thresholds']['decide'])}, leaning from "
                f"{words.share(verdict['thresholds']['lean'])}"
            ),
        ),
        ("Engine", environment["engine"]),
        ("Device", environment["device"]),
        ("Workers × threads", f"{environment['workers']} × {environment['threads']}"),
        ("Platform", environment["platform"]),
        (
            "Versions",
            ", ".join(
                f"{name} {version}" for name, version in sorted(environment["versions"].items())
            )
            or words.MISSING,
        ),
    )
    table = Table(
        "What it was made with", columns("What", "Value"), tuple(Row(pair) for pair in facts)
    )
    return section(
        "11", "How do I get this again?", finding, code=(run["command"],), tables=(table,)
    )


def _named(run: Mapping[str, Any]) -> str:
    """The run's folder, its id, and when it began."""
    folder = words.cut(run["name"], words.NAME_LIMIT)
    return f"{folder} ({run['id']}), {words.moment(run['started'])}"


def _margin(record: Record) -> str:
    """The margin and what it is a share of.

    Without a comparison the share is all that was declared: of no error it is no amount.
    """
    margin = record.verdict["margin"]
    if in_points(record) or margin["fraction"] is None:
        return margin_text(record)
    share = f"{margin_text(record)} of the {margin['of']}"
    if record.verdict["probability"] is None:
        return share
    return f"{words.number(margin['value'])} {margin['unit']} ({share})"


def method(record: Record) -> Section:
    """How it was found out (12)."""
    thresholds = record.verdict["thresholds"]
    drawn = (
        "Candidates are drawn in pairs: the same depth, width, learning rate, seed and data order, "
        "once with LSTM and once with GRU cells. Each rung trains fewer pairs for longer. A cell's "
        "finalist is its best candidate on the selection rows, at whatever rung: mostly the last, "
        "as going on mostly helps. The best of many scores is a lucky one, so half of what the "
        "same candidate with the other cell lacks to that cell's best is counted against it, up to "
        "what is usual."
    )
    folds = "Each fold is a block of rows later than all that it was trained on."
    if kind_of(record).folds == "stratified":
        folds = (
            f"Each fold holds {examples(record)} that it was not trained on, with the classes in "
            "the shares that they have in the table where there are classes. The search has "
            "trained on these too, alike for both cells, and has scored none of them."
        )
    elif record.data["split"].get("drawn"):
        folds = (
            "Each fold holds whole series that it was not trained on, drawn from all of them. The "
            "search has trained on these too, alike for both cells, and has scored none of them."
        )
    dueled = (
        "The finalists meet in the duel: both are trained on the same fresh folds with the same "
        f"seeds and the same compute. {folds} Seeds are averaged within a fold, because the fold "
        "is the unit of evidence."
    )
    if record.budget["limit_seconds"] and record.budget.get("timeline"):
        dueled += (
            " Where nothing but time is counted, a cell that has had fewer seconds than the other "
            "trains on for the difference, in the search as in the duel."
        )
    if "clear" in thresholds and record.budget["limit_seconds"]:
        dueled += (
            " When every fold has 1, 2, 4, 8 … seeds a look is taken: what is "
            f"{100 * thresholds['clear']:g} % sure by then needs no further ones, and the run may "
            "end early."
        )
    apart = (
        "Selection rows, duel folds and holdout are three different things. The holdout is scored "
        "once, by the refitted winner, the other finalist and the baselines."
    )
    paragraphs = (drawn, dueled, *_decided(record), apart)
    return section(
        "12", "How was this found out?", "The method in half a page.", paragraphs=paragraphs
    )


def _decided(record: Record) -> tuple[str, ...]:
    """What is believed of the difference and what follows from it; nothing of too few pairs."""
    thresholds, evidence = record.verdict["thresholds"], record.verdict["evidence"]
    declared = f"The margin, declared before the run, is {_margin(record)}."
    if record.verdict["probability"] is None:
        return (
            "There were too few pairs to believe anything of the difference GRU − LSTM. "
            f"{declared} A difference within it would not have mattered.",
        )
    decide, lean = words.share(thresholds["decide"]), words.share(thresholds["lean"])
    return (
        "The belief about the difference GRU − LSTM is the posterior of the correlated Bayesian "
        "t-test (Nadeau and Bengio 2003; Benavoli and others 2017). It allows for training rows "
        f"that folds share: here {words.share(evidence['test_share'])} of a fold's rows are "
        f"scored. {declared} A difference within it does not matter.",
        f"A cell wins when at least {decide} of the belief lies beyond the margin on its side and "
        f"the 95 % interval leaves nought out; the two are equally good when {decide} lies within "
        f"the margin; from {lean} on the verdict leans to one side. Where neither finalist beats "
        "the best baseline by more than the margin, no recurrent network is recommended.",
    )
