"""The sentences of a verdict, one function an outcome; each takes a `Case`."""

from __future__ import annotations

from collections.abc import Iterable

from autorecur.judge.comparison import Finalist
from autorecur.judge.outcome import (
    DECIDE,
    FEWEST_FOLDS,
    MOST_SEEDS,
    SEEDS_IN_TIME,
    Case,
    Outcome,
)
from autorecur.judge.posterior import settling_size
from autorecur.judge.regimes import Regime, flips
from autorecur.judge.wording import (
    budget,
    budget_times,
    count,
    difference,
    percent,
    score,
    signed_percent,
    sure,
    times,
)
from autorecur.search.budget import Budget

__all__ = ["evidence", "first", "otherwise_fair", "reasons", "second", "would_change"]

FAIR = 1.1  # training seconds within 10 % of each other count as equal compute


def first(case: Case, budget_text: str) -> str:
    """The sentence that a person acts on.

    The metric's name and unit stand in it, the sizes that were chosen, the margin and the evidence.
    """
    if case.outcome is Outcome.INCOMPLETE:
        return _incomplete(case)
    if case.outcome is Outcome.BASELINE_WINS:
        return _baseline_wins(case)
    if case.outcome in (Outcome.LSTM, Outcome.GRU):
        return _winner(case)
    if case.outcome is Outcome.EQUIVALENT:
        return _equivalent(case)
    told = _leaning if case.outcome is Outcome.LEANING else _undecided
    return told(case, budget_text)


def second(case: Case) -> str | None:
    """Under BASELINE_WINS, which cell would be the better one; otherwise nothing."""
    if case.outcome is not Outcome.BASELINE_WINS:
        return None
    belief, ahead = case.belief, case.recommended
    if ahead is None:
        return None
    if belief.settled(DECIDE) == "equivalent":
        return (
            f"Of the two cells neither is better by more than {_margin(case)} "
            f"({sure(belief.equivalent)} sure); the {_named(case, ahead)} is saved as the model."
        )
    chance = belief.lstm_better if ahead == "lstm" else belief.gru_better
    verb = "is the better one" if belief.settled(DECIDE) else "is the better one so far"
    return (
        f"Of the two cells the {_named(case, ahead)} {verb} ({sure(chance)} sure that it is by "
        f"more than {_margin(case)}), and is saved as the model."
    )


def evidence(case: Case) -> str:
    """How many folds and seeds the comparison rests on."""
    seeds = case.comparison.seeds
    blocks = count(len(case.comparison.scored), "held-out block")
    return f"{blocks} × {count(seeds, 'seed')}"


def reasons(case: Case) -> tuple[str, ...]:
    """What the outcome rests on, a sentence each."""
    comparison = case.comparison
    said = []
    if comparison.scored:
        said.append(_scores(case))
        wins = sum(comparison.metric.gain(score, 0.0) > 0 for score in comparison.differences)
        ties = sum(score == 0 for score in comparison.differences)
        said.append(
            f"The GRU was better on {wins} of {count(len(comparison.scored), 'held-out block')}, "
            f"the LSTM on {len(comparison.scored) - wins - ties}."
        )
    if case.outcome is not Outcome.INCOMPLETE:
        belief = case.belief
        said.append(
            f"Beyond {_margin(case)}: LSTM better {sure(belief.lstm_better)}, "
            f"GRU better {sure(belief.gru_better)}; within it {sure(belief.equivalent)}."
        )
        if comparison.baselines and case.baseline is None:
            said.append(
                "No baseline was scored on all of these blocks, so whether a network is worth it "
                "was not judged."
            )
    if case.outcome is Outcome.EQUIVALENT and case.recommended and case.cheaper:
        said.append(f"The {_named(case, case.recommended)} is the cheaper one: {_cost(case)}.")
    if comparison.left_out:
        were = "was" if comparison.left_out == 1 else "were"
        pairs = count(len(comparison.pairs), "pair")
        said.append(f"{comparison.left_out} of {pairs} lacked a score and {were} left out.")
    return tuple(said)


def otherwise_fair(case: Case, met: Iterable[Regime]) -> tuple[str, ...]:
    """Of each regime that settles it otherwise, what it says."""
    return tuple(
        f"At {each.name} ({each.lstm} against {each.gru}, {count(each.folds, 'held-out block')}) "
        + (
            "the two would be equally good."
            if each.settled == "equivalent"
            else f"the {str(each.settled).upper()} would be the better one."
        )
        for each in met
        if flips(case, each)
    )


def would_change(case: Case, budget_text: str) -> str | None:
    """What would lead to another outcome."""
    if case.outcome is Outcome.INCOMPLETE:
        return (
            "A longer budget, or a smaller space, so that both cells are scored on at least "
            f"{FEWEST_FOLDS} held-out blocks."
        )
    if case.outcome is Outcome.BASELINE_WINS and case.baseline:
        lower = case.comparison.metric.better == "lower"
        bar = case.baseline[1] + (-case.margin.value if lower else case.margin.value)
        return (
            f"A recurrent network {'below' if lower else 'above'} {_score(case, bar)}: "
            f"{case.baseline[0]} with {_margin(case)} {'taken off' if lower else 'added'}."
        )
    if case.outcome in (Outcome.LSTM, Outcome.GRU):
        belief = case.belief
        limit = max(belief.quantile(1 - DECIDE), -belief.quantile(DECIDE), 0.0)
        if case.baseline:  # with a larger one no network beats the best baseline by enough
            limit = min(limit, case.gain_over_baseline)
        return f"A margin above {_amount(case, limit)}; up to there the verdict holds."
    if case.outcome is Outcome.EQUIVALENT:
        least = _amount(case, case.belief.smallest_margin(DECIDE))
        return f"A margin below {least}; down to there it holds."
    return f"{_settling(case, budget_text)}."


def _incomplete(case: Case) -> str:
    missing = [cell.upper() for cell in ("lstm", "gru") if cell not in case.finalists]
    saved = case.recommended
    ending = f" The {_named(case, saved)} is saved as the model." if saved else ""
    if len(missing) == 2:
        return "No comparison was possible: neither cell has a finalist."
    if missing:
        return f"No comparison was possible: the {missing[0]} has no finalist.{ending}"
    scored, planned = len(case.comparison.scored), len(case.comparison.folds)
    return (
        f"No comparison was possible: {scored} of {count(planned, 'held-out block')} "
        f"{'was' if scored == 1 else 'were'} scored for both cells, and {FEWEST_FOLDS} are needed."
        f"{ending}"
    )


def _baseline_wins(case: Case) -> str:
    assert case.baseline is not None
    name, score = case.baseline
    better = case.gain_over_baseline < -case.margin.value
    finalists = [
        f"the best {cell.upper()} ({_size(case.finalists[cell])}: {_score(case, case.mean(cell))})"
        for cell in sorted(("gru", "lstm"), key=lambda cell: cell != case.ahead)
    ]
    return (
        f"Use no recurrent network here yet: {name} is {'better' if better else 'as good'} "
        f"({_metric(case)} {_score(case, score)}) {'than' if better else 'as'} "
        f"{finalists[0]} and {finalists[1]}, on {evidence(case)} (margin {_margin(case)})."
    )


def _winner(case: Case) -> str:
    cell = case.likelier
    chance = case.belief.lstm_better if cell == "lstm" else case.belief.gru_better
    return (
        f"Use {_a(case.finalists[cell])}: its {_noun(case)} on {evidence(case)} is "
        f"{_ahead(case, cell)} {_compute(case, cell)} "
        f"({sure(chance)} sure that it is more than your {_margin(case)} margin)."
    )


def _equivalent(case: Case) -> str:
    chosen = case.recommended
    assert chosen is not None
    because = _cost(case) if case.cheaper else "they cost the same, and it is ahead by a hair"
    return (
        f"LSTM and GRU are equally good here ({sure(case.belief.equivalent)} sure, within "
        f"{_margin(case)}, on {evidence(case)}), so use {_a(case.finalists[chosen])}: {because}."
    )


def _leaning(case: Case, budget_text: str) -> str:
    cell = case.likelier
    chance = case.belief.lstm_better if cell == "lstm" else case.belief.gru_better
    return (
        f"Probably {_a(case.finalists[cell])} ({sure(chance)} sure that it is better by more than "
        f"your {_margin(case)} margin): its {_noun(case)} is {_ahead(case, cell)} so far, "
        f"on {evidence(case)}. {_settling(case, budget_text)}."
    )


def _undecided(case: Case, budget_text: str) -> str:
    low, high = case.belief.low, case.belief.high
    reference = case.reference
    if reference is None or case.comparison.metric.ceiling:
        span = f"{_signed(case, low)} and {_signed(case, high)}"
    else:
        span = (
            f"{signed_percent(low / reference)} and {signed_percent(high / reference)}{_of(case)}"
        )
    saved = case.recommended
    assert saved is not None
    return (
        f"Not decided within {budget(budget_text)}: on {evidence(case)} the GRU's {_noun(case)} "
        f"minus the LSTM's lies between {span} (margin {_margin(case)}). "
        f"The {_named(case, saved)} is the better of the two so far and is saved as the model."
    )


def _settling(case: Case, budget_text: str) -> str:
    """What budget would settle it, were the scores to go on as they are."""
    comparison = case.comparison
    differences = [
        [pair.difference for pair in comparison.complete if pair.fold == fold]
        for fold in comparison.scored
    ]
    size = settling_size(
        differences,  # type: ignore[arg-type]
        comparison.test_share,
        case.margin.value,
        DECIDE,
        most_folds=len(comparison.folds),
        most_seeds=MOST_SEEDS if Budget.parse(budget_text).seconds is None else SEEDS_IN_TIME,
    )
    if size is not None:
        folds, seeds = size
        more = budget_times(budget_text, folds * seeds / len(comparison.complete))
        blocks = f"{count(folds, 'block')} × {count(seeds, 'seed')}"
        return f"If the difference stays as it is, a budget of {more} ({blocks}) should settle it"
    if len(comparison.scored) == len(comparison.folds) and comparison.seeds == 1:
        return (
            "With a longer budget every block is scored with more seeds: how many would settle it "
            "is not known after one"
        )
    wide = _amount(case, case.belief.smallest_margin(DECIDE))
    return (
        "More budget alone would hardly settle it, as the scores stand, and more rows might: "
        f"the cells differ by less than {wide} ({sure(DECIDE)} sure)"
    )


def _scores(case: Case) -> str:
    parts = [f"{cell.upper()} {_score(case, case.mean(cell))}" for cell in ("lstm", "gru")]
    if case.baseline:
        parts.append(f"{case.baseline[0]} {_score(case, case.baseline[1])}")
    return f"{_metric(case)}, mean of {evidence(case)}: {', '.join(parts)}."


def _cost(case: Case) -> str:
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
            f"{percent(share)} {'fewer' if share > 0 else 'more'} weights"
        )
    if mine.latency_ms and other.latency_ms:
        ratio = other.latency_ms / mine.latency_ms
        if ratio >= 1.05:
            good.append(f"{times(ratio)} faster")
        elif ratio <= 1 / 1.05:
            bad.append(f"{times(1 / ratio)} slower")
    text = " and ".join(good) or "it is cheaper on the whole"
    return f"{text}, though {' and '.join(bad)}" if bad else text


def _compute(case: Case, cell: str) -> str:
    mine = case.comparison.seconds(cell)
    other = case.comparison.seconds("gru" if cell == "lstm" else "lstm")
    if mine <= 0 or other <= 0 or 1 / FAIR <= mine / other <= FAIR:
        return "at equal training compute"
    return f"with {times(mine / other)} the training seconds"


def _ahead(case: Case, cell: str) -> str:
    """How far `cell` is ahead of the other, as a share of the other's score."""
    other = "gru" if cell == "lstm" else "lstm"
    mine, its = case.mean(cell), case.mean(other)
    side = "lower" if mine < its else "higher"
    if its and not case.comparison.metric.ceiling:
        gap = percent((mine - its) / its)
    else:
        gap = _difference(case, mine - its)
    return f"{gap} {side} than the best {other.upper()}'s"


def _amount(case: Case, value: float) -> str:
    reference = case.reference
    if reference and not case.comparison.metric.ceiling:
        return percent(value / reference)
    return _difference(case, value)


def _margin(case: Case) -> str:
    if case.margin.fraction is not None:
        return percent(case.margin.fraction)
    return _difference(case, case.margin.value)


def _score(case: Case, value: float) -> str:
    return score(case.comparison.metric, value, case.margin.unit)


def _difference(case: Case, value: float) -> str:
    return difference(case.comparison.metric, value, case.margin.unit)


def _signed(case: Case, value: float) -> str:
    return f"{'−' if value < 0 else '+'}{_difference(case, value)}"


def _of(case: Case) -> str:
    if case.margin.fraction is None or not case.margin.value:
        return ""
    return f" of the {case.margin.of}"


def _metric(case: Case) -> str:
    return case.comparison.metric.title


def _noun(case: Case) -> str:
    return "error" if case.comparison.metric.better == "lower" else case.comparison.metric.name


def _size(finalist: Finalist) -> str:
    return finalist.title.removeprefix(f"{finalist.cell.upper()} ")


def _named(case: Case, cell: str) -> str:
    return f"{cell.upper()} ({_size(case.finalists[cell])})"


def _a(finalist: Finalist) -> str:
    name = f"{'an' if finalist.cell == 'lstm' else 'a'} {finalist.cell.upper()}"
    if finalist.depth is None or finalist.width is None:
        return f"{name} of {_size(finalist)}"
    return f"{name} with {count(finalist.depth, 'layer')} of {count(finalist.width, 'unit')}"
