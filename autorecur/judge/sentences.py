"""The sentences of a verdict, one function an outcome; each takes a `Case`.

How many decimals they hold: one measured difference may have one, and only where its spread
supports it; the two ends of an interval count as one difference. Scores that are compared are one
comparison, with three digits each. The margin stands as it was declared.
"""

from __future__ import annotations

from collections.abc import Iterable

from autorecur.judge.outcome import (
    DECIDE,
    FEWEST_FOLDS,
    MOST_SEEDS,
    SEEDS_IN_TIME,
    Case,
    Outcome,
)
from autorecur.judge.phrases import (
    a_network,
    ahead,
    base,
    compute,
    cost,
    gap,
    margin_text,
    named,
    noun,
    or_else,
    other_model,
    scored,
    sentence,
    signed,
    size,
)
from autorecur.judge.posterior import settling_size
from autorecur.judge.regimes import Regime, flips
from autorecur.judge.wording import (
    budget,
    budget_times,
    count,
    percent,
    score,
    signed_percent,
    sure,
)
from autorecur.nets.candidate import other_cell
from autorecur.search.budget import Budget

__all__ = ["evidence", "first", "otherwise_fair", "reasons", "second", "would_change"]

ANOTHER = "The verdict would be another"


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
    """Under BASELINE_WINS, which cell would be the better one; and a model that is another one."""
    if case.outcome in (Outcome.LSTM, Outcome.GRU, Outcome.EQUIVALENT, Outcome.LEANING):
        return sentence(other_model(case)) if case.kept else None
    if case.outcome is not Outcome.BASELINE_WINS:
        return None  # the first sentence has named the model
    belief, better = case.belief, case.recommended
    if better is None:
        return None
    if case.settled(DECIDE) == "equivalent":
        model = other_model(case) or f"the {named(case, better)} is saved as the model"
        return (
            f"Of the two cells neither is better by more than {margin_text(case)} "
            f"({sure(belief.equivalent)} sure); {model}."
        )
    chance = belief.lstm_better if better == "lstm" else belief.gru_better
    verb = "is the better one" if case.settled(DECIDE) else "is the better one so far"
    return (
        f"Of the two cells the {named(case, better)} {verb} ({sure(chance)} sure that it is by "
        f"more than {margin_text(case)}){or_else(case, ', and is saved as the model')}."
    )


def evidence(case: Case) -> str:
    """How many folds and seeds the comparison rests on."""
    seeds = case.comparison.seeds
    folds = count(len(case.comparison.scored), "held-out fold")
    return f"{folds} × {count(seeds, 'seed')}"


def reasons(case: Case) -> tuple[str, ...]:
    """What the outcome rests on, a sentence each."""
    comparison = case.comparison
    said = []
    if comparison.scored:
        said.append(_scores(case))
        wins = sum(comparison.metric.gain(score, 0.0) > 0 for score in comparison.differences)
        ties = sum(score == 0 for score in comparison.differences)
        said.append(
            f"The GRU was better on {wins} of {count(len(comparison.scored), 'held-out fold')}, "
            f"the LSTM on {len(comparison.scored) - wins - ties}."
        )
    if case.outcome is not Outcome.INCOMPLETE:
        belief = case.belief
        said.append(
            f"Beyond {margin_text(case)}: LSTM better {sure(belief.lstm_better)}, "
            f"GRU better {sure(belief.gru_better)}; within it {sure(belief.equivalent)}."
        )
        if comparison.baselines and case.baseline is None:
            said.append(
                "No baseline was scored on all of these folds, so whether a network is worth it "
                "was not judged."
            )
    if case.outcome is Outcome.EQUIVALENT and case.recommended and case.cheaper:
        said.append(f"The {named(case, case.recommended)} is the cheaper one: {cost(case)}.")
    if comparison.left_out:
        were = "was" if comparison.left_out == 1 else "were"
        pairs = count(len(comparison.pairs), "pair")
        said.append(
            f"{comparison.left_out} of {pairs} lacked a score, or the end of the time cut one of "
            f"the two short, and {were} left out."
        )
    if comparison.failing:
        said.append(_failures(case, comparison.failing))
    return tuple(said)


def _failures(case: Case, cell: str) -> str:
    """Of a cell that failed where the other did not: how often, and that it is no winner then."""
    comparison, other = case.comparison, other_cell(cell)
    folds = count(len(comparison.folds), "held-out fold")
    told = (
        f"The {cell.upper()} failed on {len(comparison.failures(cell))} of {folds} where the "
        f"{other.upper()} has a score"
    )
    if often := len(comparison.failures(other)):
        told += f", the {other.upper()} on {often} the other way round"
    if case.belief.settled(DECIDE) != case.settled(DECIDE):
        told += "; so what it came to on the others settles nothing for it"
    return f"{told}."


def otherwise_fair(case: Case, met: Iterable[Regime]) -> tuple[str, ...]:
    """Of each regime that settles it otherwise, what it says; of one finalist's settings alone."""
    return tuple(
        f"At {each.name}, both with the settings of the finalist that led the search ({each.lstm} "
        f"against {each.gru}, {count(each.folds, 'held-out fold')}), "
        + (
            "the two would be equally good."
            if each.settled == "equivalent"
            else f"the {str(each.settled).upper()} would be the better one."
        )
        for each in met
        if flips(case, each)
    )


def would_change(case: Case, budget_text: str) -> str | None:
    """What would lead to another outcome, as a sentence that stands by itself."""
    if case.outcome is Outcome.INCOMPLETE:
        return (
            "A longer budget, or a smaller space, would change that: both cells have to be scored "
            f"on at least {FEWEST_FOLDS} held-out folds."
        )
    if case.outcome is Outcome.BASELINE_WINS and case.baseline:
        lower = case.comparison.metric.better == "lower"
        bar = case.baseline[1] + (-case.margin.value if lower else case.margin.value)
        return (
            f"{ANOTHER} if a recurrent network came {'below' if lower else 'above'} "
            f"{scored(case, bar)}, which is {case.baseline[0]} with {margin_text(case)} "
            f"{'taken off' if lower else 'added'}."
        )
    if case.outcome in (Outcome.LSTM, Outcome.GRU):
        belief = case.belief
        limit = max(belief.quantile(1 - DECIDE), -belief.quantile(DECIDE), 0.0)
        if case.baseline:  # with a larger one no network beats the best baseline by enough
            limit = min(limit, case.gain_over_baseline)
        return f"{ANOTHER} with a margin above {_amount(case, limit)}; up to there it holds."
    if case.outcome is Outcome.EQUIVALENT:
        least = _amount(case, case.belief.smallest_margin(DECIDE))
        return f"{ANOTHER} with a margin below {least}; down to there it holds."
    return f"{_settling(case, budget_text)}."


def _incomplete(case: Case) -> str:
    missing = [cell.upper() for cell in ("lstm", "gru") if cell not in case.finalists]
    saved = case.recommended
    if saved is None:
        return "No comparison was possible: neither cell has a finalist."
    model = other_model(case) or f"the {named(case, saved)} is saved as the model"
    if missing:
        return f"No comparison was possible: the {missing[0]} has no finalist. {sentence(model)}"
    done, planned = len(case.comparison.scored), len(case.comparison.folds)
    return (
        f"No comparison was possible: {done} of {count(planned, 'held-out fold')} "
        f"{'was' if done == 1 else 'were'} scored for both cells, and {FEWEST_FOLDS} are needed. "
        f"{sentence(model)}"
    )


def _baseline_wins(case: Case) -> str:
    assert case.baseline is not None
    name, score = case.baseline
    better = case.gain_over_baseline < -case.margin.value
    finalists = [
        f"the best {cell.upper()} ({size(case.finalists[cell])}: {scored(case, case.mean(cell))})"
        for cell in sorted(("gru", "lstm"), key=lambda cell: cell != case.ahead)
    ]
    return (
        f"Use no recurrent network here yet: {name} is {'better' if better else 'as good'} "
        f"({case.comparison.metric.title} {scored(case, score)}) {'than' if better else 'as'} "
        f"{finalists[0]} and {finalists[1]}, on {evidence(case)} (margin {margin_text(case)})."
    )


def _winner(case: Case) -> str:
    cell = case.likelier
    chance = case.belief.lstm_better if cell == "lstm" else case.belief.gru_better
    return (
        f"Use {a_network(case.finalists[cell])}: its {noun(case)} on {evidence(case)} is "
        f"{ahead(case, cell)} {compute(case, cell)} "
        f"({sure(chance)} sure that it is more than your {margin_text(case)} margin)."
    )


def _equivalent(case: Case) -> str:
    chosen = case.recommended
    assert chosen is not None
    because = cost(case) if case.cheaper else "they cost the same, and it is ahead by a hair"
    return (
        f"LSTM and GRU are equally good here ({sure(case.belief.equivalent)} sure, within "
        f"{margin_text(case)}), so use {a_network(case.finalists[chosen])}: {because}. Judged on "
        f"{evidence(case)}."
    )


def _leaning(case: Case, budget_text: str) -> str:
    cell = case.likelier
    chance = case.belief.lstm_better if cell == "lstm" else case.belief.gru_better
    return (
        f"Probably {a_network(case.finalists[cell])} ({sure(chance)} sure that it is better by "
        f"more than your {margin_text(case)} margin): its {noun(case)} is {ahead(case, cell)} so "
        f"far, on {evidence(case)}. {_settling(case, budget_text)}."
    )


def _undecided(case: Case, budget_text: str) -> str:
    low, high = case.belief.low, case.belief.high
    reference = case.reference
    if reference is None or case.comparison.metric.ceiling:
        span = f"{signed(case, low)} and {signed(case, high)}"
    else:
        spread = case.belief.scale / reference
        ends = (signed_percent(end / reference, spread) for end in (low, high))
        span = f"{' and '.join(ends)}{base(case)}"
    saved = case.recommended
    assert saved is not None
    return (
        f"Not decided within {budget(budget_text)}: on {evidence(case)} the GRU's {noun(case)} "
        f"minus the LSTM's lies between {span} (margin {margin_text(case)}). "
        f"The {named(case, saved)} is the better of the two so far"
        f"{or_else(case, ' and is saved as the model')}."
    )


def _settling(case: Case, budget_text: str) -> str:
    """What budget would settle it, were the scores to go on as they are."""
    comparison = case.comparison
    if (failing := comparison.failing) and case.belief.settled(DECIDE) != case.settled(DECIDE):
        hard = count(len(comparison.failures(failing)), "held-out fold")
        return (
            f"More budget would not settle it while the {failing.upper()} fails on {hard} where "
            f"the {other_cell(failing).upper()} does not"
        )
    differences = [
        [pair.difference for pair in comparison.complete if pair.fold == fold]
        for fold in comparison.scored
    ]
    settled_by = settling_size(
        differences,  # type: ignore[arg-type]
        comparison.test_share,
        case.margin.value,
        DECIDE,
        most_folds=len(comparison.folds),
        most_seeds=MOST_SEEDS if Budget.parse(budget_text).seconds is None else SEEDS_IN_TIME,
    )
    if settled_by is not None:
        folds, seeds = settled_by
        more = budget_times(budget_text, folds * seeds / len(comparison.complete))
        needed = f"{count(folds, 'fold')} × {count(seeds, 'seed')}"
        return f"If the difference stays as it is, a budget of {more} ({needed}) should settle it"
    if all(len(seeds) == 1 for seeds in differences):
        return (
            "With a longer budget every fold is scored with more seeds: how many would settle it "
            "is not known after one"
        )
    wide = _amount(case, case.belief.smallest_margin(DECIDE))
    return (
        "More budget alone would hardly settle it, as the scores stand, and more rows might: "
        f"the cells differ by less than {wide} ({sure(DECIDE)} sure)"
    )


def _scores(case: Case) -> str:
    comparison, unit = case.comparison, case.margin.unit
    metric, spreads = comparison.metric, {c: comparison.spread(c) for c in ("lstm", "gru")}
    between = "seeds, of one fold's score"
    if None in spreads.values() and len(comparison.scored) > 1:
        spreads = {cell: float(comparison.means(cell).std(ddof=1)) for cell in spreads}
        between = "folds"
    parts = [
        f"{cell.upper()} {score(metric, case.mean(cell), unit, spread)}"
        for cell, spread in spreads.items()
    ]
    if case.baseline:
        parts.append(f"{case.baseline[0]} {scored(case, case.baseline[1])}")
    told = "" if None in spreads.values() else f" (± between {between})"
    arrow = "↓" if metric.better == "lower" else "↑"
    return f"{metric.title} {arrow}, mean of {evidence(case)}{told}: {', '.join(parts)}."


def _amount(case: Case, value: float) -> str:
    reference = case.reference
    if reference and not case.comparison.metric.ceiling:
        return percent(value / reference)
    return gap(case, value)
