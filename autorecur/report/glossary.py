"""The report's own words, one plain sentence each: those that occur in it, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from autorecur.record import Record
from autorecur.report.facts import columns
from autorecur.report.parts import Row, Section, Table

__all__ = ["glossary"]

WORDS = {
    "accuracy": "The share of answers that are right.",
    "autocorrelation": "How values go together with those so many steps before.",
    "average precision": "The mean of the precision over all recalls; 100 % is perfect.",
    "bands around the forecasts": "Ranges that should hold a given share of what happens.",
    "baseline": "A simple method that a network has to beat to be worth its trouble.",
    "belief": "How likely each size of the difference is, after what was measured; the posterior.",
    "bits": "What it costs to write a token down with the probabilities that were foretold.",
    "budget": "The time, trainings or multiply-adds that the run was allowed.",
    "calibration error": "How far apart, in the mean, sureness and the share of right answers are.",
    "candidate": "One network that was considered: a cell and all its settings.",
    "cell": "The kind of recurrent unit that a network is made of: LSTM or GRU.",
    "depth": "How many recurrent layers lie on top of each other.",
    "duel": "The comparison: both finalists trained on the same folds with the same seeds.",
    "evaluation": "One look at the validation rows during a training.",
    "finalist": "The best candidate of a cell, which meets the other cell's in the duel.",
    "fold": "Rows that are held out once: trained without, and then scored.",
    "GRU": "Gated recurrent unit: a cell with two gates and one state.",
    "holdout": "Rows that nothing was trained on or chosen by; they are scored at the very end.",
    "horizon": "How many steps ahead are forecast.",
    "learning rate": "How large the steps of a training are.",
    "log loss": "What the probabilities are worth; sure and wrong answers cost most.",
    "lookback": "How many rows before its answer a network sees: its window.",
    "LSTM": "Long short-term memory: a cell with three gates and two states.",
    "macro F1": "Precision and recall in one number, every class counting the same.",
    "MAE": "Mean absolute error: by how much an answer is off, on average.",
    "margin": "A difference that was declared, before the run, to be too small to matter.",
    "MASE": "The error in units of the seasonal naive error on the training rows.",
    "MSE": "Mean squared error: large errors count far more than small ones.",
    "multiply-add": "One product and one sum, the unit that a network's work is counted in.",
    "pair": "The same candidate with LSTM and with GRU cells, or two such scores on one fold.",
    "panel": "Many series of one kind in one table.",
    "perplexity": "Between how many equally likely tokens the choice seems to be.",
    "posterior": "What is believed after the measurement: a probability for each difference.",
    "precision": "Of those that were given a class, the share that has it.",
    "recall": "Of those that have a class, the share that was given it.",
    "residual": "What was, less what was foretold.",
    "RMSE": "Root of the mean squared error: an error on which large ones weigh more.",
    "rung": "A stage of the search: fewer candidates than before, each trained for longer.",
    "season": "How many steps it takes until a pattern comes again.",
    "seed": "The number that chance starts from: another seed, another training.",
    "sensitivity": "By how much an answer moves when an input does.",
    "skill": "The share of a baseline's error that a network saves.",
    "sMAPE": "The error in per cent of the mean size of what was and what was foretold.",
    "split conformal": "Bands as wide as the errors on rows that were not trained on.",
    "support": "How many examples have a class.",
    "token": "The piece that a text is read in: a word or a character.",
    "validation": "Rows that choose among candidates, and when a training stops.",
    "weights": "The numbers that a training sets; how many there are is a network's size.",
    "width": "How many units a recurrent layer has.",
}
BASELINES = {
    "naive": "Foretells the last known value.",
    "seasonal naive": "Foretells the value of one season before.",
    "seasonally adjusted naive": "Foretells the last known value, moved by the season's usual "
    "course.",
    "drift": "Goes on along the line from the first known value to the last one.",
    "exponential smoothing": "Foretells level, trend and season, older values counting ever less.",
    "ridge": "A straight-line formula of its inputs whose factors are kept small.",
    "logistic regression": "A straight-line formula of its inputs that gives probabilities.",
    "boosting": "Many small decision trees, each of which mends what those before it left.",
    "gradient boosting": "Many small decision trees, each of which mends what those before it "
    "left.",
    "TF-IDF": "Counts of words or of character groups, the rare ones weighing more.",
    "prior": "Gives every class the share that it has in the training rows.",
    "majority": "Always gives the most frequent class, with the shares of all as probabilities.",
    "median": "Always foretells the middle value of the training rows.",
    "mean": "Always foretells the mean of the training rows.",
    "unigram": "Knows how frequent each token is, and nothing of what stands before it.",
    "-gram": "Knows which tokens followed the same few tokens in the training text.",
}


def glossary(record: Record, sections: Iterable[Section]) -> Table:
    """The words that these sections use, and the baselines of this run."""
    text = "\n".join(string for section in sections for string in _strings(section))
    rows = [Row((word, said)) for word, said in WORDS.items() if _occurs(word, text)]
    rows += [
        Row((name, said))
        for name in {row["name"]: None for row in record.baselines}
        if (said := _baseline(name))
    ]
    rows.sort(key=lambda row: (row.cells[0].lower(), row.cells[0]))
    labels = columns("Word", "What it means")
    return Table("The words of this report", labels, tuple(rows), folded=True)


def _strings(section: Section) -> Iterator[str]:
    """What the report itself says in a section; the cells of most tables are the user's.

    Not its heading: “What does accuracy cost?” is asked of errors too.
    """
    yield from (section.finding, section.reading, *section.paragraphs)
    for plot in section.plots:
        yield from (plot.finding, plot.reading)
    for table in section.tables:
        yield from (table.caption, table.note, *(column.label for column in table.columns))
        if table.columns[0].label == "What":  # facts, which the report names
            yield from (row.cells[0] for row in table.rows)


def _occurs(word: str, text: str) -> bool:
    """
    >>> _occurs("rung", "Two Rungs were climbed."), _occurs("rung", "They were strung.")
    (True, False)
    """
    return re.search(rf"(?<!\w){re.escape(word)}s?(?!\w)", text, re.IGNORECASE) is not None


def _baseline(name: str) -> str:
    """What a baseline does: by its whole name, or the longest part of one that is known.

    >>> _baseline("boosting on lags")
    'Many small decision trees, each of which mends what those before it left.'
    """
    parts = [part for part in BASELINES if part in name]
    known = BASELINES.get(name) or (BASELINES[max(parts, key=len)] if parts else "")
    return known
