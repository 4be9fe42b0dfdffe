"""The section on what the verdict hangs on (2): variations, other ways to be fair, other tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autorecur.record import Record
from autorecur.report import undone, words
from autorecur.report.facts import CELLS, columns, gap_label, metric_arrow, section
from autorecur.report.parts import Plot, Row, Section, Table
from autorecur.report.plots.variations import VariationsInfo, said, variations_info

__all__ = ["variations"]

MOST_NAMED = 3  # variations, in a finding
AGAIN = (
    "These are the same scores, judged again with one thing settled otherwise; only for what is at "
    "equal width, parameters or seconds was more trained. A verdict that hangs on one fold or on "
    "the margin is a weak one."
)
SETTLED = {"lstm": "LSTM", "gru": "GRU", "equivalent": "equally good", None: "undecided"}
OTHERWISE = {
    "lstm": "the LSTM would be the better one",
    "gru": "the GRU would be the better one",
    "equivalent": "the two would be equally good",
    None: "it would be undecided",
}


def variations(record: Record) -> Section | None:
    """Whether the verdict would change (2), had something been settled otherwise."""
    found = record.verdict.get("variations", ())
    if not found:
        return None
    asked = record.verdict.get("crosschecks", ())
    others = [each for each in found if not each["same"]]
    finding = f"The verdict is the same in all {len(found)} variations."
    if others:
        named = "; ".join(f"{each['name']}: {_said(each)}" for each in others[:MOST_NAMED])
        more = f"; and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        part = f"{len(others)} of {len(found)} variations"
        finding = f"It would be another in {part} ({named}{more})."
    finding += _fair_otherwise(record)
    against = [each["name"] for each in asked if each["agrees"] is False]
    if against:
        verb = "points" if len(against) == 1 else "point"
        finding += f" The other way {verb}: {words.joined(against)}."
    info = variations_info(record)
    tables = (_variations(record, info), *_otherwise_fair(record), *_crosschecked(asked))
    return section(
        "2",
        "Would the verdict change?",
        finding,
        plots=() if info is None else (_plot(info),),
        reading="" if info else AGAIN,
        paragraphs=undone.regimes(record),
        tables=tables,
    )


def _fair_otherwise(record: Record) -> str:
    """What other ways to be fair say that the verdict does not."""
    settled, apart = _settled(record), dict[str | None, list[str]]()
    for each in record.verdict.get("regimes", ()):
        if each["settled"] != settled:
            apart.setdefault(each["settled"], []).append(each["name"])
    told = "; ".join(f"at {words.listed(at)} {OTHERWISE[said]}" for said, at in apart.items())
    return f" {told[0].upper()}{told[1:]}." if told else ""


def _settled(record: Record) -> str | None:
    """What the duel settles between the two cells: where a baseline wins, as the judge has it."""
    verdict = record.verdict
    chances, difference = verdict["probability"], verdict["difference"]
    decide = verdict["thresholds"]["decide"]
    if verdict["outcome"] != "BASELINE_WINS":
        said = verdict["outcome"].lower()
        return said if said in SETTLED else None
    if chances is None or difference is None:
        return None
    if chances["equivalent"] >= decide:
        return "equivalent"
    if difference["low"] <= 0 <= difference["high"]:
        return None
    return next((cell for cell in CELLS if chances[f"{cell}_better"] >= decide), None)


def _plot(info: VariationsInfo) -> Plot:
    """The differences over one another."""
    finding = _range(info)
    low, high = ("GRU", "LSTM") if info.better == "lower" else ("LSTM", "GRU")
    reading = (
        f"The band is the margin; left of it the {low} is better, right of it the {high}. A mark "
        "has the shape of the verdict that its row leads to, which stands beside it, bold where it "
        "is another than that of this run. Lines are 95 % intervals, strokes another margin. "
        f"{AGAIN}"
    )
    label = f"The difference GRU minus LSTM in each variation, with the margin. {finding}"
    return Plot(info, finding, label, reading)


def _range(info: VariationsInfo) -> str:
    """Between what the difference moves, and whether it leaves its side of nought."""
    means = [row.mean for row in info.rows if row.mean is not None]
    low, high = (words.number(end, signed=True) for end in (min(means), max(means)))
    text = f"The difference moves between {low} and {high} {words.cut(info.unit, 40)}"
    if min(means) < 0 < max(means):
        return f"{text}, and changes its side."
    return f"{text}, always on the same side of nought."


def _variations(record: Record, info: VariationsInfo | None) -> Table:
    """Every variation, with the difference where it can be placed."""
    rows = tuple(
        Row((each["name"], _said(each), "the same" if each["same"] else "another"))
        for each in record.verdict["variations"]
    )
    if info is None:
        labels = columns("Settled otherwise", "Verdict", "Is")
        return Table("Each variation", labels, rows)
    unit = words.cut(info.unit, 40)
    is_same = {True: "the same", False: "another"}
    rows = tuple(
        Row(
            (
                row.name,
                words.number(row.mean, signed=True),
                said(row.outcome, row.cell),
                is_same[row.same],
            )
        )
        for row in info.rows
        if row.same is not None
    )
    labels = columns("Settled otherwise", f"#GRU − LSTM [{unit}]", "Verdict", "Is")
    return Table("Each variation", labels, rows)


def _otherwise_fair(record: Record) -> tuple[Table, ...]:
    """The same duel in other ways to be fair."""
    found = record.verdict.get("regimes", ())
    if not found:
        return ()
    metric = record.metric["name"]
    rows = tuple(
        Row(
            (
                each["name"],
                each["lstm"],
                each["gru"],
                str(each["folds"]),
                words.score(each["mean"], metric, signed=True),
                *(words.score(each[end], metric, signed=True) for end in ("low", "high")),
                SETTLED[each["settled"]],
            )
        )
        for each in found
    )
    labels = columns("At", "LSTM", "GRU", "#Folds", f"#{gap_label(record)}", "#From", "#To", "Says")
    note = (
        f"In {metric_arrow(record)}; from … to: the 95 % interval of the difference. The finalist "
        "that led the search meets its own settings in the other cell: with as many units, as many "
        "weights, or as many seconds of training. The verdict is of each cell at its own best."
    )
    return (Table("Other ways to be fair", labels, rows, note=note),)


def _crosschecked(asked: Sequence[Mapping[str, Any]]) -> tuple[Table, ...]:
    """Other tests of the same question, beside the verdict."""
    if not asked:
        return ()
    agrees = {True: "yes", False: "no", None: "–"}
    rows = tuple(
        Row(
            (
                each["name"],
                str(each["of"]),
                words.sure(1 - each["gru_better"]),
                words.sure(each["gru_better"]),
                agrees[each["agrees"]],
            )
        )
        for each in asked
    )
    labels = columns("Asked by", "#Of", "#LSTM better", "#GRU better", "Agrees")
    note = "Better at all, by however little. The verdict does not rest on these."
    return (Table("The same question, asked in other ways", labels, rows, note=note),)


def _said(variation: Mapping[str, Any]) -> str:
    return said(variation["outcome"], variation["cell"])
