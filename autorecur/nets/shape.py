"""What of a Dataset fixes a network's inputs and outputs, and the scaling of what goes in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autorecur.data.dataset import Dataset, Fold

__all__ = ["Scaler", "Shape"]

PIECE = 1 << 16  # rows
SHORT_SERIES = 75  # percent of the training series that the shorter padding has to hold
SHORT_ENOUGH = 0.5  # of the longer padding: below it, the second form repays its compiling


@dataclass(frozen=True)
class Shape:
    """What of a Dataset fixes a network's inputs and outputs; see `data.kinds` for the traits."""

    channels: int  # numeric columns; in a forecast the targets come first
    targets: int  # values foretold of a step
    known: int  # features known in advance, calendar included
    horizon: int  # steps foretold; a label is one
    season: int
    window: str = "before"
    output: str = "numbers"
    codes: tuple[int, ...] = ()  # how many codes each categorical column holds
    static: int = 0
    classes: int = 0
    panel: bool = False  # several series, whose channels keep their units
    short: int = 0  # rows that most whole series fit in; 0 where windows have one length

    @classmethod
    def of(cls, dataset: Dataset) -> Shape:
        kind = dataset.kind
        classes = len(dataset.schema.classes)
        return cls(
            channels=dataset.values.shape[1],
            targets=dataset.targets,
            known=dataset.known.shape[1],
            horizon=dataset.horizon,
            season=dataset.schema.season,
            window=kind.window,
            output="classes" if classes else kind.output,
            codes=dataset.code_sizes,
            static=dataset.static.shape[1],
            classes=classes or (dataset.code_sizes[0] if kind.output == "tokens" else 0),
            panel=kind.window == "before" and len(dataset.offsets) > 2,
            short=_short(dataset) if kind.by_series else 0,
        )

    @property
    def outputs(self) -> int:
        """Values that a network gives for a step: the targets, or a score for each class."""
        return self.classes or self.targets


def _short(dataset: Dataset) -> int:
    """A second padded length, where it saves enough to be worth compiling."""
    lengths = dataset.lengths[dataset.split.selection.train]
    short, most = np.percentile(lengths, (SHORT_SERIES, 99))
    return int(short) if short <= SHORT_ENOUGH * most else 0


@dataclass(frozen=True, eq=False)
class Scaler:
    """Mean and deviation of inputs and targets, of training rows; a constant is only centred."""

    mean: NDArray[np.float32]  # [channels + known]
    deviation: NDArray[np.float32]
    target_mean: NDArray[np.float32]  # [targets]
    target_deviation: NDArray[np.float32]
    static_mean: NDArray[np.float32]  # [static]
    static_deviation: NDArray[np.float32]

    @classmethod
    def fit(cls, dataset: Dataset, fold: Fold) -> Scaler:
        """From what `fold` trains on.

        A panel's series may differ by powers of ten, and a new one may come at prediction: there
        the channels keep their units, and every window is scaled by itself inside the network.
        """
        channels = dataset.values.shape[1]
        mean, deviation = moments(dataset.fit_values(fold))
        if dataset.kind.window == "before" and len(fold.fit_until) > 1:
            mean, deviation = np.zeros_like(mean), np.ones_like(deviation)
        # What is known in advance is no secret of the future, and its rows need no bound.
        known_mean, known_deviation = moments(dataset.known)
        if dataset.kind.labelled:
            target_mean, target_deviation = _label_moments(dataset, fold)
        else:
            target_mean = mean[: dataset.targets]
            target_deviation = deviation[: dataset.targets]
        return cls(
            np.concatenate([mean[:channels], known_mean]),
            np.concatenate([deviation[:channels], known_deviation]),
            target_mean,
            target_deviation,
            *moments(_static_seen(dataset, fold)),
        )

    def scale(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows [n, channels + known], standardised."""
        return (values - self.mean) / self.deviation

    def scale_static(self, static: NDArray[np.float32]) -> NDArray[np.float32]:
        """[series, static], standardised."""
        return (static - self.static_mean) / self.static_deviation

    def scale_targets(self, truth: NDArray[np.float32]) -> NDArray[np.float32]:
        """Truths [..., targets], standardised."""
        return (truth - self.target_mean) / self.target_deviation

    def restore(self, forecast: NDArray[np.float32]) -> NDArray[np.float32]:
        """Forecasts [..., targets], in original units again."""
        return forecast * self.target_deviation + self.target_mean


def moments(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and deviation of the columns of `values`; the deviation of a constant is given as one.

    >>> mean, deviation = moments(np.array([[1.0, 5.0], [3.0, 5.0]], dtype="float32"))
    >>> mean.tolist(), deviation.tolist()
    ([2.0, 5.0], [1.0, 1.0])
    """
    if not values.size:
        return np.zeros(values.shape[1], np.float32), np.ones(values.shape[1], np.float32)
    mean = values.mean(axis=0, dtype=np.float64)
    # In pieces: a long table is never copied to double precision as a whole.
    pieces = (values[at : at + PIECE] for at in range(0, len(values), PIECE))
    squares = sum(np.square(piece - mean).sum(axis=0) for piece in pieces)
    deviation = np.sqrt(squares / len(values))
    deviation = np.where(deviation > 1e-7 * (1.0 + np.abs(mean)), deviation, 1.0)
    return mean.astype(np.float32), deviation.astype(np.float32)


def _static_seen(dataset: Dataset, fold: Fold) -> NDArray[np.float32]:
    """What is fixed of those series that have a row to train on, [series, static]."""
    trained = fold.fit_until > dataset.offsets[:-1]
    return dataset.static[trained] if dataset.static.size else dataset.static


def _label_moments(dataset: Dataset, fold: Fold) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of the training examples' labels; classes are left as they are."""
    if dataset.schema.classes:
        return np.zeros(1, np.float32), np.ones(1, np.float32)
    labels = dataset.labels[fold.train]
    return moments(labels[~np.isnan(labels).any(axis=1)])
