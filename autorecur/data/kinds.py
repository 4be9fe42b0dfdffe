"""What kinds of task there are, as values: no layer asks for a kind's name, each asks for a trait.

=======================  =======  =======  =======  ========================  ==========
kind                     window   output   example  one example is            folds
=======================  =======  =======  =======  ========================  ==========
forecast                 before   numbers  row      the first step forecast   rolling
nowcast                  upto     either   row      the row that is labelled  rolling
sequence-classification  whole    classes  series   a series                  stratified
sequence-regression      whole    numbers  series   a series                  stratified
text-classification      whole    classes  series   a document                stratified
text-regression          whole    numbers  series   a document                stratified
language-model           stream   tokens   row      a stretch of the text     rolling
=======================  =======  =======  =======  ========================  ==========
"""

from __future__ import annotations

from dataclasses import dataclass

from autorecur.errors import SettingError

__all__ = ["KINDS", "Kind", "kind_named"]


@dataclass(frozen=True)
class Kind:
    """The traits of a kind of task.

    `window`: which rows a network sees for an example. "before": the lookback rows before it;
    "upto": the lookback rows that end with it; "whole": all rows of its series, right padded;
    "stream": the lookback tokens from it on, each of which is to be foretold from those before it.
    """

    name: str
    window: str  # before | upto | whole | stream
    output: str  # numbers | classes | tokens
    folds: str  # rolling | stratified
    text: bool = False  # its channel is made of tokens

    @property
    def by_series(self) -> bool:
        """Whether an example is a whole series, and its label one a series."""
        return self.window == "whole"

    @property
    def labelled(self) -> bool:
        """Whether the truth is a label of its own, and not a later value of a channel."""
        return self.window in ("upto", "whole")


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("forecast", "before", "numbers", "rolling"),
        Kind("nowcast", "upto", "numbers", "rolling"),
        Kind("sequence-classification", "whole", "classes", "stratified"),
        Kind("sequence-regression", "whole", "numbers", "stratified"),
        Kind("text-classification", "whole", "classes", "stratified", text=True),
        Kind("text-regression", "whole", "numbers", "stratified", text=True),
        Kind("language-model", "stream", "tokens", "rolling", text=True),
    )
}


def kind_named(name: str) -> Kind:
    """The kind called `name`.

    >>> kind_named("forecast").window
    'before'
    """
    if name not in KINDS:
        raise SettingError(f"there is no task {name!r}: use one of {', '.join(KINDS)}")
    return KINDS[name]
