"""The sections of what was found: the difference (1), also by series (1a), and how far back the
networks look (8).
"""

from __future__ import annotations

from autorecur.metrics import sign
from autorecur.record import Record
from autorecur.report import plotted, words
from autorecur.report.facts import columns, score_label, section
from autorecur.report.parts import Plot, Row, Section, Table
from autorecur.report.plots.lines import Points

__all__ = ["difference", "memory", "panel"]


ROWS = 200  # of a long table


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
    if len(info.folds) > plotted.FOLDS:
        reading += f" The first {plotted.FOLDS} of {len(info.folds)} folds have a row."
    return section(
        "1",
        "Is the difference real?",
        finding,
        plots=(Plot(info, _areas(info), label, reading),),
        tables=(_belief(record, info), *pairs),
    )


def _areas(info: plotted.PosteriorInfo) -> str:
    """What lies on which side of the band, in words."""
    if info.probability is None:
        mean, unit = words.number(info.mean, signed=True), info.unit
        return f"The mean of the differences is {mean} {unit}, too few to say how sure that is."
    lstm, equal, gru = (words.sure(part) for part in info.probability)
    return (
        f"Of the area {gru} lies on the GRU's side of the band, {equal} within it, and {lstm} on "
        "the LSTM's side."
    )


def _belief(record: Record, info: plotted.PosteriorInfo) -> Table:
    """The curve in numbers."""
    difference = record.verdict["difference"]
    metric, unit = record.metric["name"], words.cut(info.unit, 40)
    scored = (
        (f"Mean of GRU − LSTM [{unit}]", difference["mean"], True),
        ("95 % interval from", difference["low"], True),
        ("95 % interval to", difference["high"], True),
        ("Scale", difference["scale"], False),
        ("Margin", record.verdict["margin"]["value"], False),
    )
    rows = [(name, words.score(value, metric, signed=signed)) for name, value, signed in scored]
    rows.append(("Degrees of freedom", words.number(info.degrees, 2)))
    if info.probability is not None:
        names = (
            "LSTM better by more than the margin",
            "equal within it",
            "GRU better by more than it",
        )
        sure = map(words.sure, info.probability)
        rows += [(f"Probability: {name}", part) for name, part in zip(names, sure, strict=True)]
    return Table(
        "The curve in numbers: Student's t distribution",
        columns("What", "#Value"),
        tuple(map(Row, rows)),
        folded=True,
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
    return f"{text} {words.sure(parts[likeliest])} of the belief is that {likeliest}."


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
    pairs = len(record.duel)
    caption = f"The {words.plural(pairs, 'pair')}: {score_label(record)}"
    note = f"The first {ROWS} of {pairs}; the rest is in record.json." if pairs > ROWS else ""
    return (Table(caption, labels, rows, folded=True, note=note),)


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
                words.sure(each["probability"]),
            ),
            each["cell"],
        )
        for each in found["series"]
    )
    labels = columns("Series", "Wants", "#Error lower by", "#Sure")
    tables = (Table("The clearest of them", labels, rows),) if rows else ()
    heading = "Which series want which cell?"
    return section("1a", heading, finding, reading=reading, tables=tables)


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
    plot = Plot(info, _nearest(info), label, reading)
    tables = (_memory_table(info),)
    return section("8", "How far back does it look?", finding, plots=(plot,), tables=tables)


def _nearest(info: plotted.MemoryInfo) -> str:
    """What the left end of each line says."""
    told = [
        f"{words.share(shares[0])} of what moves the {name}" for name, _, shares, _ in info.lines
    ]
    return f"The nearest of the {info.unit} alone holds {' and '.join(told)}."


def _memory_table(info: plotted.MemoryInfo) -> Table:
    """Each distance: its own share, which is drawn, and the share of all up to it."""
    longest = max(len(shares) for _, _, shares, _ in info.lines)
    rows = tuple(
        Row(
            (
                str(far),
                *(
                    text
                    for _, _, shares, _ in info.lines
                    for text in (_at(shares, far), words.share(_within(shares, far)))
                ),
            )
        )
        for far in range(1, min(longest, ROWS) + 1)
    )
    heads = (f"#{name}{part}" for name, *_ in info.lines for part in ("", ", up to there"))
    labels = columns(f"#{info.unit.capitalize()} back", *heads)
    left = f"The {longest - ROWS} farther ones are in record.json." if longest > ROWS else ""
    return Table("Share of the sensitivity by distance", labels, rows, folded=True, note=left)


def _at(shares: Points, far: int) -> str:
    """The share of one distance, to three digits: most are small."""
    share = shares[far - 1] if far <= len(shares) else None
    return words.MISSING if share is None else f"{words.number(100 * share)} %"


def _within(shares: Points, far: int) -> float:
    return min(1.0, sum(share or 0.0 for share in shares[:far]))
