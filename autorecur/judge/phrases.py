"""Parts of sentences on a `Case`: cells, scores, differences and costs, as a verdict names them."""

from __future__ import annotations

from autorecur.judge.comparison import Finalist
from autorecur.judge.outcome import Case
from autorecur.judge.wording import (
    count,
    declared,
    difference,
    percent,
    score,
    signed_difference,
    times,
)

__all__ = [
    "a_network",
    "ahead",
    "base",
    "compute",
    "cost",
    "gap",
    "margin_text",
    "named",
    "noun",
    "or_else",
    "other_model",
    "scored",
    "sentence",
    "signed",
    "size",
]

FAIR = 1.1  # training seconds within 10 % of each other count as equal compute
WHOLE = 1.0  # as the spread of a difference: whole per cents, for what is a side remark


def ahead(case: Case, cell: str) -> str:
    """How far `cell` is ahead of the other, as a share of the other's score."""
    other = "gru" if cell == "lstm" else "lstm"
    mine, its = case.mean(cell), case.mean(other)
    side, spread = "lower" if mine < its else "higher", case.belief.scale
    if its and not case.comparison.metric.ceiling:
        by = percent((mine - its) / its, spread / abs(its))
    else:
        by = difference(case.comparison.metric, mine - its, case.margin.unit, spread)
    return f"{by} {side} than the best {other.upper()}'s"


def compute(case: Case, cell: str) -> str:
    """The training seconds of `cell`, beside the other's."""
    mine = case.comparison.seconds(cell)
    other = case.comparison.seconds("gru" if cell == "lstm" else "lstm")
    if mine <= 0 or other <= 0 or 1 / FAIR <= mine / other <= FAIR:
        return "at equal training compute"
    ratio = mine / other
    if ratio >= 1.95:
        return f"with about {ratio:,.0f} × the training seconds"
    return f"with {percent(ratio - 1, WHOLE)} {'more' if ratio > 1 else 'fewer'} training seconds"


def cost(case: Case) -> str:
    """What the recommended cell costs, compared with the other."""
    chosen = case.recommended
    assert chosen is not None
    mine = case.finalists[chosen]
    other = case.finalists["gru" if chosen == "lstm" else "lstm"]
    good: list[str] = []
    bad: list[str] = []
    share = 1 - mine.parameters / max(other.parameters, 1)
    if abs(share) >= 0.005:
        (good if share > 0 else bad).append(
            f"{percent(share, WHOLE)} {'fewer' if share > 0 else 'more'} weights"
        )
    if mine.latency_ms and other.latency_ms:
        ratio = other.latency_ms / mine.latency_ms
        if ratio >= 1.05:
            good.append(f"{times(ratio)} faster")
        elif ratio <= 1 / 1.05:
            bad.append(f"{times(1 / ratio)} slower")
    text = " and ".join(good) or "it is cheaper on the whole"
    return f"{text}, though {' and '.join(bad)}" if bad else text


def or_else(case: Case, usually: str) -> str:
    """The end of a sentence on the recommended cell: that it is the model, or what else is."""
    return f"; {other_model(case)}" if case.kept else usually


def other_model(case: Case) -> str:
    """What is saved in place of the recommended finalist; nothing where that is."""
    kept = case.kept
    if kept is None:
        return ""
    if not kept.title:
        return f"no model is saved: {kept.reason}"
    return f"as the refit is missing, {kept.what}, {kept.title}, is saved as the model"


def sentence(text: str) -> str:
    """`text` as a sentence of its own."""
    return f"{text[:1].upper()}{text[1:]}."


def margin_text(case: Case) -> str:
    """The margin, with every decimal that it was declared with."""
    margin = case.margin
    if margin.fraction is not None:
        return f"{declared(margin.fraction)} %"
    if case.comparison.metric.ceiling:
        points = declared(margin.value)
        return f"{points} point{'' if points == '1' else 's'}"
    return gap(case, margin.value)


def scored(case: Case, value: float) -> str:
    """A score and its unit."""
    return score(case.comparison.metric, value, case.margin.unit)


def gap(case: Case, value: float) -> str:
    """A difference of scores and its unit, without its sign."""
    return difference(case.comparison.metric, value, case.margin.unit)


def signed(case: Case, value: float) -> str:
    """One end of the interval of the difference."""
    metric, spread = case.comparison.metric, case.belief.scale
    return signed_difference(metric, value, case.margin.unit, spread)


def base(case: Case) -> str:
    """What per cents are of, where the margin says it."""
    if case.margin.fraction is None or not case.margin.value:
        return ""
    return f" of the {case.margin.of}"


def noun(case: Case) -> str:
    """What a cell has less or more of."""
    return "error" if case.comparison.metric.better == "lower" else case.comparison.metric.name


def size(finalist: Finalist) -> str:
    """Depth and width, as in the title."""
    return finalist.title.removeprefix(f"{finalist.cell.upper()} ")


def named(case: Case, cell: str) -> str:
    """A cell and the size of its finalist."""
    return f"{cell.upper()} ({size(case.finalists[cell])})"


def a_network(finalist: Finalist) -> str:
    """A finalist as one says what to use."""
    name = f"{'an' if finalist.cell == 'lstm' else 'a'} {finalist.cell.upper()}"
    if finalist.depth is None or finalist.width is None:
        return f"{name} of {size(finalist)}"
    return f"{name} with {count(finalist.depth, 'layer')} of {count(finalist.width, 'unit')}"
