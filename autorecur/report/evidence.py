"""The sections of what was found: the difference (1), what it hangs on (2), and how far back the
networks look (8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autorecur.metrics import sign
from autorecur.record import Record
from autorecur.report import plotted, words
from autorecur.report.facts import columns, score_label, section
from autorecur.report.lines import Points
from autorecur.report.parts import Plot, Row, Section, Table

__all__ = ["difference", "memory", "panel", "variations"]


ROWS = 200  # of a long table
MOST_NAMED = 3  # variations, in a finding


def difference(record: Record) -> Section:
    """Whether the difference is real (1)."""
    info = plotted.posterior_info(record)
    pairs = _pairs(record)
    if info is None:
        finding = "No paired scores, so nothing can be said about the difference."
        if record.duel:
            finding = "Too few complete pairs for a statement about the difference."
        return section("1", "Is the difference real?", finding, tables=pairs)
    finding = _difference_finding(record)
    label = f"Density of the difference GRU minus LSTM with the margin around zero. {finding}"
    reading = (
        "The band is the difference that does not matter to you (the margin). The area "
        "left of it speaks "
        f"for the {'GRU' if info.better == 'lower' else 'LSTM'}, the area right of it "
        "for the other. Below: one row a "
        "fold, a stroke for each seed, the mark their mean. Only the means count as evidence."
    )
    return section(
        "1",
        "Is the difference real?",
        finding,
        plots=(Plot(info, finding, label, reading),),
        tables=pairs,
    )


def _difference_finding(record: Record) -> str:
    evidence, probability = record.verdict["evidence"], record.verdict["probability"]
    flip = sign(record.metric["better"])
    found = [flip * pair["difference"] for pair in record.duel if pair["difference"] is not None]
    wins = {"GRU": sum(d < 0 for d in found), "LSTM": sum(d > 0 for d in found)}
    ahead = max(wins, key=lambda cell: wins[cell])
    text = f"The {ahead} was better in {wins[ahead]} of {words.plural(len(found), 'pair')}"
    text += (
        f" ({words.plural(evidence['folds'], 'fold')} × {words.plural(evidence['seeds'], 'seed')})."
    )
    ties = len(found) - sum(wins.values())
    if ties:
        text += f" {ties} {'was a tie' if ties == 1 else 'were ties'}."
    if probability is None:
        return text
    parts = {
        "the LSTM is better by more than the margin": probability["lstm_better"],
        "the two are equal within the margin": probability["equivalent"],
        "the GRU is better by more than the margin": probability["gru_better"],
    }
    likeliest = max(parts, key=lambda name: parts[name])
    return f"{text} {words.share(parts[likeliest])} of the belief is that {likeliest}."


def _pairs(record: Record) -> tuple[Table, ...]:
    if not record.duel:
        return ()
    metric = record.metric["name"]
    rows = tuple(
        Row(
            (
                pair["fold"],
                str(pair["seed"]),
                words.score(pair["lstm"], metric),
                words.score(pair["gru"], metric),
                words.score(pair["difference"], metric, signed=True),
                words.duration(pair["lstm_seconds"]),
                words.duration(pair["gru_seconds"]),
            )
        )
        for pair in record.duel[:ROWS]
    )
    labels = columns(
        "Fold", "#Seed", "#LSTM", "#GRU", "#GRU − LSTM", "#LSTM trained", "#GRU trained"
    )
    caption = f"The {words.plural(len(record.duel), 'pair')}: {score_label(record)}"
    return (Table(caption, labels, rows, folded=True),)


def panel(record: Record) -> Section | None:
    """Which series of a panel want which cell (1a)."""
    found = record.verdict.get("panel")
    if not found:
        return None
    series = found["lstm"] + found["gru"] + found["rest"]
    finding = (
        f"LSTM for {found['lstm']:,} of {series:,} series, GRU for "
        f"{found['gru']:,}, no difference shown for the rest."
    )
    reading = (
        "Each series is judged in the light of all: what it alone says is drawn towards the mean "
        "of the panel, the more so the noisier it is. One is named where it is 99 % sure that its "
        "cell is better by more than the margin."
    )
    rows = tuple(
        Row(
            (
                each["name"],
                each["cell"].upper(),
                words.percent(each["better_by"]).removeprefix("+"),
                words.share(each["probability"]),
            ),
            each["cell"],
        )
        for each in found["series"]
    )
    labels = columns("Series", "Wants", "#Error lower by", "#Sure")
    tables = (Table("The clearest of them", labels, rows),) if rows else ()
    heading = "Which series want which cell?"
    return section("1a", heading, finding, reading=reading, tables=tables)


SAID = {
    "BASELINE_WINS": "no recurrent network",
    "LSTM": "LSTM",
    "GRU": "GRU",
    "EQUIVALENT": "equally good",
    "LEANING": "probably the {cell}",
    "UNDECIDED": "undecided",
    "INCOMPLETE": "too little to judge",
}


SETTLED = {"lstm": "LSTM", "gru": "GRU", "equivalent": "equally good", None: "undecided"}


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
    rows = tuple(
        Row((each["name"], _said(each), "the same" if each["same"] else "another"))
        for each in found
    )
    reading = (
        "The same scores, judged again with one thing settled otherwise. Nothing was trained for "
        "it. A verdict that hangs on one fold or on the margin is a weak one."
    )
    table = Table("Each variation", columns("Settled otherwise", "Verdict", "Is"), rows)
    against = [each["name"] for each in asked if each["agrees"] is False]
    if against:
        verb = "points" if len(against) == 1 else "point"
        finding += f" The other way {verb}: {words.joined(against)}."
    tables = (table, *_otherwise_fair(record), *_crosschecked(asked))
    return section("2", "Would the verdict change?", finding, reading=reading, tables=tables)


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
    labels = columns("At", "LSTM", "GRU", "#Folds", "#GRU − LSTM", "#From", "#To", "Says")
    note = (
        "The finalist that led the search meets its own settings in the other cell: with as many "
        "units, as many weights, or as many seconds of training. The verdict is of each cell at "
        "its own best."
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
                words.share(1 - each["gru_better"]),
                words.share(each["gru_better"]),
                agrees[each["agrees"]],
            )
        )
        for each in asked
    )
    labels = columns("Asked by", "#Of", "#LSTM better", "#GRU better", "Agrees")
    note = "Better at all, by however little. The verdict does not rest on these."
    return (Table("The same question, asked in other ways", labels, rows, note=note),)


def _said(variation: Mapping[str, Any]) -> str:
    cell = (variation["cell"] or "").upper()
    return SAID[variation["outcome"]].format(cell=cell)


def memory(record: Record) -> Section | None:
    """How far back the finalists look (8)."""
    info = plotted.memory_info(record)
    if info is None:
        return None
    told = [
        f"{words.share(info.most)} of what moves the {name} lies within {reach} of its "
        f"{len(shares)} {info.unit}"
        for name, _, shares, reach in info.lines
    ]
    finding = f"{'; '.join(told)}."
    reading = (
        "By how much a small change so far back would move an answer: the mean size of the "
        "gradient by each row of the window, on the holdout. It is local: a large change may reach "
        "further."
    )
    label = f"Share of the sensitivity by distance. {finding}"
    plot = Plot(info, finding, label, reading)
    tables = (_memory_table(info),)
    return section("8", "How far back does it look?", finding, plots=(plot,), tables=tables)


def _memory_table(info: plotted.MemoryInfo) -> Table:
    """The share of the sensitivity within 1, 2, 4 … rows."""
    longest = max(len(shares) for _, _, shares, _ in info.lines)
    distances = [2**power for power in range(longest.bit_length()) if 2**power < longest]
    rows = tuple(
        Row((str(far), *(words.share(_within(shares, far)) for _, _, shares, _ in info.lines)))
        for far in (*distances, longest)
    )
    labels = columns(f"#{info.unit.capitalize()} back", *(f"#{name}" for name, *_ in info.lines))
    return Table("Share of the sensitivity within so many", labels, rows, folded=True)


def _within(shares: Points, far: int) -> float:
    return min(1.0, sum(share or 0.0 for share in shares[:far]))
