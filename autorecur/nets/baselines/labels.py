"""Baselines of labels, whatever they are read from: prior, linear model, boosted trees.

A family (`rows`, `summaries`, `documents`) says how examples become inputs; the rest is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from autorecur.data.dataset import Dataset, Examples, Fold
from autorecur.data.scoring import score, watched
from autorecur.metrics import Metric
from autorecur.nets.baselines.trees import grown, grown_classes
from autorecur.nets.baselines.windows import Array, Forecaster, thin

__all__ = ["Inputs", "Labelled", "boosting", "labelled", "linear", "prior"]

MOST_VALUES, FEWEST_EXAMPLES = 4_000_000, 500  # of one design matrix
DENSE_PATH = {"maxiter": 150, "gtol": 1e-5, "ftol": 1e-7}  # from one strength to the next
MOST_ROUNDS = 100  # of a sparse ridge
SPARSE_PATH = {"maxiter": 60, "gtol": 1e-5, "ftol": 2e-5}
MOST_BOOSTED = 200  # columns
LEAST_SHARE = 1e-6  # of a class that training did not hold
FAR = 4.0  # deviations: no outlier decides a line alone
DENSE_STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)  # scikit-learn's C
SPARSE_STRENGTHS = (2.0, 8.0, 32.0)
PENALTIES = (0.001, 0.01, 0.1, 1.0, 10.0)  # of a ridge, times what its columns weigh

Inputs = Callable[[Examples], Any]  # an array or a sparse matrix, [examples, columns]
Rows = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Labelled:
    """The examples of a fold that have a label, thinned."""

    dataset: Dataset
    fold: Fold
    metric: Metric
    train: Examples
    validation: Examples

    @property
    def classes(self) -> int:
        """How many classes there are; none where the label is a number."""
        return len(self.dataset.schema.classes)

    def truth(self, examples: Examples) -> NDArray[Any]:
        """Numbers, or classes' numbers."""
        dtype = np.int64 if self.classes else np.float64
        labels: NDArray[Any] = self.dataset.labels[examples, 0].astype(dtype)
        return labels

    def better(self, one: Array, other: Array | None) -> bool:
        """Whether `one` tells the validation examples better than `other`; the loss breaks ties."""
        if other is None:
            return True
        mine, theirs = self._scored(one), self._scored(other)
        gain = self.metric.gain(mine[0], theirs[0])
        return gain > 0 or (gain == 0 and mine[1] < theirs[1])

    def _scored(self, told: Array) -> tuple[float, float]:
        of = (self.metric, self.dataset, self.fold, self.validation, told)
        return score(*of), watched(*of)

    def best(self, tried: Iterable[Forecaster]) -> Forecaster:
        """The forecaster that tells the validation examples best."""
        kept: Forecaster | None = None
        told: Array | None = None
        for forecaster in tried:
            found = forecaster(self.validation)
            if self.better(found, told):
                kept, told = forecaster, found
        assert kept is not None
        return kept


def labelled(dataset: Dataset, fold: Fold, metric: Metric, most: int) -> Labelled:
    """The labelled examples of `fold`, at most `most` to train on.

    Without a validation part a tenth of training serves: the last where rows are in time order.
    """

    def told(examples: Examples) -> Examples:
        there: Examples = examples[~np.isnan(dataset.labels[examples, 0])]
        return there

    train, validation = told(fold.train), told(fold.validation)
    if not len(validation) and len(train) > 1:
        tenth = np.arange(len(train)) % 10 == 9
        if dataset.kind.folds == "rolling" or not tenth.any():
            tenth = np.arange(len(train)) >= len(train) - max(1, len(train) // 10)
        train, validation = train[~tenth], train[tenth]
    return Labelled(dataset, fold, metric, thin(train, most), thin(validation, most // 4))


# --- without inputs ------------------------------------------------------------------------------


def prior(task: Labelled) -> Forecaster:
    """The training labels' shares by class; of numbers the mean, or for absolute errors median."""
    truth = task.truth(task.train)
    if task.classes:
        counts = np.bincount(truth, minlength=task.classes) + 1e-3
        usual = counts / counts.sum()
    elif not len(truth):
        usual = np.zeros(1)
    elif task.metric.loss == "mean_absolute_error":
        usual = np.array([np.median(truth)])
    else:
        usual = np.array([truth.mean()])
    return lambda examples: np.tile(usual.astype(np.float32), (len(examples), 1, 1))


# --- linear --------------------------------------------------------------------------------------


def linear(task: Labelled, inputs: Inputs) -> Forecaster:
    """Logistic regression or ridge, as strongly held back as validation asks for."""
    train = _manageable(task, inputs)
    seen, truth = inputs(train), task.truth(train)
    if not _tells(task, seen, truth):
        return prior(task)
    prepare = (lambda found: found) if sparse.issparse(seen) else _standardised(seen)
    seen, held = prepare(seen), prepare(inputs(task.validation))

    def prepared(examples: Examples) -> Any:
        return held if examples is task.validation else prepare(inputs(examples))

    lines = _logistic(task, seen, truth) if task.classes else _ridge(seen, truth)
    return task.best(_forecaster(task, prepared, line) for line in lines)


def _manageable(task: Labelled, inputs: Inputs) -> Examples:
    """Fewer training examples where each has thousands of columns."""
    first = inputs(task.train[:1])
    if sparse.issparse(first) or not len(task.train):
        return task.train
    return thin(task.train, max(FEWEST_EXAMPLES, MOST_VALUES // max(1, first.shape[1])))


def _tells(task: Labelled, seen: Any, truth: NDArray[Any]) -> bool:
    """Whether there is anything to learn from, to learn, and to choose by."""
    return bool(seen.shape[1] and len(task.validation) and len(np.unique(truth)) > 1)


def _forecaster(task: Labelled, inputs: Inputs, line: Callable[[Any], Rows]) -> Forecaster:
    def forecast(examples: Examples) -> Array:
        if not len(examples):
            return np.empty((0, 1, max(1, task.classes)), np.float32)
        told: Array = line(inputs(examples))[:, None, :].astype(np.float32)
        return told

    return forecast


def _standardised(seen: Array) -> Callable[[Array], Rows]:
    centre, spread = seen.mean(axis=0, dtype=np.float64), seen.std(axis=0, dtype=np.float64)
    spread[spread <= 1e-6 * (1 + np.abs(centre))] = 1.0

    def prepare(found: Array) -> Rows:
        scaled: Rows = ((found - centre) / spread).clip(-FAR, FAR)
        return scaled

    return prepare


def _weights(task: Labelled, truth: NDArray[np.int64]) -> Rows:
    """How much each example counts: alike, unless the metric counts classes alike."""
    if task.metric.name != "macro_f1":
        return np.ones(len(truth))
    counts = np.bincount(truth, minlength=task.classes)
    return len(truth) / (np.count_nonzero(counts) * counts[truth])


def _logistic(
    task: Labelled, seen: Any, truth: NDArray[np.int64]
) -> Iterable[Callable[[Any], Rows]]:
    """Softmax regressions along a path of strengths, each from where the last one ended."""
    count, columns = seen.shape
    there, codes = np.unique(truth, return_inverse=True)  # a class may be absent from training
    weights = _weights(task, truth)[:, None] / count
    aim = np.eye(len(there))[codes]
    thinly = sparse.issparse(seen)
    turned = seen.T.tocsr() if thinly else seen.T
    at = np.zeros((columns + 1, len(there)))
    at[-1] = np.log(aim.mean(axis=0))
    for strength in SPARSE_STRENGTHS if thinly else DENSE_STRENGTHS:
        held_back = 1.0 / (strength * count)

        def loss(flat: Rows, held_back: float = held_back) -> tuple[float, Rows]:
            where = flat.reshape(columns + 1, -1)
            told = _softmax(seen @ where[:-1] + where[-1])
            off = (told - aim) * weights
            slope = np.vstack([turned @ off + held_back * where[:-1], off.sum(axis=0)])
            own = np.maximum(told[np.arange(count), codes], 1e-300)
            size = held_back / 2 * float(np.square(where[:-1]).sum())
            return size - float((np.log(own) * weights[:, 0]).sum()), slope.ravel()

        found = minimize(
            loss,
            at.ravel(),
            jac=True,
            method="L-BFGS-B",
            options=SPARSE_PATH if thinly else DENSE_PATH,
        )
        at = found.x.reshape(columns + 1, -1)
        yield _softmax_line(at, there, task.classes)


def _softmax_line(at: Rows, there: NDArray[np.int64], classes: int) -> Callable[[Any], Rows]:
    def line(found: Any) -> Rows:
        out = np.full((found.shape[0], classes), LEAST_SHARE)
        out[:, there] = _softmax(found @ at[:-1] + at[-1])
        shares: Rows = out / out.sum(axis=1, keepdims=True)
        return shares

    return line


def _softmax(scores: Rows) -> Rows:
    sizes = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Rows = sizes / sizes.sum(axis=1, keepdims=True)
    return shares


def _ridge(seen: Any, truth: Rows) -> Iterable[Callable[[Any], Rows]]:
    from sklearn.linear_model import Ridge

    thinly = sparse.issparse(seen)
    # The columns of a dense matrix are standardised; of a sparse one the rows' sizes are alike.
    weight = seen.multiply(seen).sum() / len(truth) if thinly else len(truth)
    for penalty in PENALTIES:
        solver = {"solver": "sparse_cg", "tol": 1e-2, "max_iter": MOST_ROUNDS} if thinly else {}
        model = Ridge(alpha=penalty * weight, **solver)
        yield _ridge_line(model.fit(seen, truth))


def _ridge_line(model: Any) -> Callable[[Any], Rows]:
    return lambda found: model.predict(found)[:, None]


# --- boosting ------------------------------------------------------------------------------------


def boosting(task: Labelled, inputs: Inputs) -> Forecaster:
    """Boosted trees on the same inputs."""
    train = _manageable(task, inputs)
    seen, truth = inputs(train), task.truth(train)
    if not _tells(task, seen, truth):
        return prior(task)
    columns = _telling(seen, truth, task.classes)
    taught = seen[:, columns], truth
    held = inputs(task.validation)[:, columns], task.truth(task.validation)
    if task.classes:
        model = grown_classes(taught, _weights(task, truth), held, task.classes)
    else:
        model = grown(taught, held, task.metric.loss == "mean_squared_error")

    def line(found: Any) -> Rows:
        if not task.classes:
            return model.numbers(found)[:, None]
        out = np.full((found.shape[0], task.classes), LEAST_SHARE)
        out[:, model.model.classes_] = model.shares(found)
        shares: Rows = out / out.sum(axis=1, keepdims=True)
        return shares

    return _forecaster(task, lambda examples: inputs(examples)[:, columns], line)


def _telling(seen: Array, truth: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """The columns that go with the truth most closely, where there are many."""
    if seen.shape[1] <= MOST_BOOSTED:
        return np.arange(seen.shape[1])
    aims = np.eye(classes)[truth] if classes else truth[:, None]
    strength = np.abs(_standardised(seen)(seen).T @ (aims - aims.mean(axis=0))).max(axis=1)
    return np.sort(np.argsort(-strength, kind="stable")[:MOST_BOOSTED])
