"""The options of the commands: what each may hold, and which belong together.

A reader of an option returns its value, or says in one sentence what is wrong with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from autorecur.data.kinds import KINDS

__all__ = [
    "DEEPEST",
    "WIDEST",
    "coverage",
    "debug",
    "ladder",
    "of_the_table",
    "of_training",
    "settings",
    "share",
    "steps",
]

DEEPEST, WIDEST = 8, 4096

Command = TypeVar("Command", bound=Callable[..., Any])


def share(text: str) -> float:
    """A share of one.

    >>> share("1%"), share("0.01")
    (0.01, 0.01)
    """
    bare = text.strip()
    try:
        number = float(bare.removesuffix("%")) / (100 if bare.endswith("%") else 1)
    except ValueError:
        number = math.nan
    if not 0 <= number < 1:
        raise click.BadParameter(f"{text!r} is no share: write it as 1% or as 0.01")
    return number


def coverage(text: str) -> float:
    """The share of true values that an interval should hold.

    >>> coverage("90%"), coverage("0.9")
    (0.9, 0.9)
    """
    held = share(text)
    if held == 0:
        raise click.BadParameter(f"{text!r} is no share: write it as 90% or as 0.9")
    return held


def ends(text: str, most: int) -> tuple[int, int]:
    """The ends of LOW:HIGH; one number is both.

    >>> ends("1:3", most=8), ends("2", most=8)
    ((1, 3), (2, 2))
    """
    low, colon, high = text.partition(":")
    try:
        first, last = int(low), int(high if colon else low)
    except ValueError:
        first, last = 0, 0
    if not 1 <= first <= last <= most:
        raise click.BadParameter(
            f"{text!r} is no range: write LOW:HIGH or one number, from 1 to {most}"
        )
    return first, last


def depths(text: str) -> tuple[int, ...]:
    """Every depth of a range.

    >>> depths("1:3")
    (1, 2, 3)
    """
    return steps(*ends(text, DEEPEST))


def widths(text: str) -> tuple[int, ...]:
    """Both ends and the powers of two between them.

    >>> widths("8:100")
    (8, 16, 32, 64, 100)
    """
    return ladder(*ends(text, WIDEST))


def steps(low: int, high: int) -> tuple[int, ...]:
    """Every number from `low` to `high`.

    >>> steps(1, 3)
    (1, 2, 3)
    """
    return tuple(range(low, high + 1))


def ladder(low: int, high: int) -> tuple[int, ...]:
    """The ends and the powers of two between them: equal steps in what a width does.

    >>> ladder(8, 8)
    (8,)
    """
    powers = {2**exponent for exponent in range(high.bit_length())}
    return tuple(sorted({low, high} | {power for power in powers if low < power < high}))


def cells(text: str) -> tuple[str, ...]:
    """Names of cells; which ones there are is for the space to say.

    >>> cells("LSTM, gru")
    ('lstm', 'gru')
    """
    return tuple(dict.fromkeys(part.strip().lower() for part in text.split(",")))


def workers(text: str) -> int | str:
    """A number of processes, or "auto"."""
    if text == "auto":
        return text
    if not text.isdecimal() or int(text) < 1:
        raise click.BadParameter(f"{text!r} is no number of processes: use 1, 2, … or auto")
    return int(text)


# `main` looks for it among the arguments, so that it also counts where reading them failed.
debug = click.option(
    "--debug", is_flag=True, expose_value=False, help="Show the traceback of an error."
)


def _of_limits() -> tuple[Callable[[Command], Command], ...]:
    """What the network may have."""
    return (
        click.option(
            "--max-parameters",
            type=click.IntRange(min=1),
            metavar="N",
            help="Weights that the network may have.",
        ),
        click.option(
            "--max-latency",
            type=click.FloatRange(min=0, min_open=True),
            metavar="MS",
            help="Milliseconds that one forecast may take.",
        ),
        click.option(
            "--max-bytes",
            type=click.IntRange(min=1),
            metavar="N",
            help="Size that the saved network may have.",
        ),
    )


def of_the_table(command: Command) -> Command:
    """The table, and the options that say what is in it."""
    file = click.Path(path_type=Path)
    options = (
        click.argument("table", type=file),
        click.option(
            "--target", metavar="COL", multiple=True, help="What to foretell; repeatable."
        ),
        click.option("--time", metavar="COL", help="The column of time stamps."),
        click.option(
            "--series", metavar="COL", help="Which series, or sequence, a row belongs to."
        ),
        click.option("--text", metavar="COL", help="The column of texts."),
        click.option(
            "--horizon",
            type=click.IntRange(min=0),
            metavar="N",
            help="How many steps ahead; 0 labels the present row.",
        ),
        click.option(
            "--task",
            type=click.Choice(["auto", *KINDS]),
            metavar="KIND",
            default="auto",
            show_default=True,
            help=f"{', '.join(KINDS)}.",
        ),
        click.option("--known", metavar="COL", multiple=True, help="Known in advance; repeatable."),
        click.option(
            "--static", metavar="COL", multiple=True, help="One value a series; repeatable."
        ),
        click.option("--split", metavar="COL", help="Divides the rows: test…, valid…, the rest."),
        click.option("--drop", metavar="COL", multiple=True, help="Left out; repeatable."),
        click.option(
            "--vectors", type=file, metavar="FILE", help="Word vectors, as GloVe has them."
        ),
        click.option("--budget", default="10min", show_default=True, help="10min, 40trainings …"),
        click.option(
            "--cells",
            type=cells,
            metavar="lstm,gru",
            help="Which cells compete; with rnn among them, a plain one is measured beside.",
        ),
        click.option("--depth", type=depths, metavar="1:3", help="Recurrent layers."),
        click.option("--width", type=widths, metavar="8:256", help="Units a layer."),
        click.option("--metric", default="auto", show_default=True, help="What is compared."),
        *_of_limits(),
    )
    for option in reversed(options):
        command = option(command)
    return command


def settings(given: dict[str, Any]) -> dict[str, Any]:
    """The library's arguments from the options of `of_the_table`."""
    target, space = given.pop("target"), {}
    for name in ("cells", "depth", "width"):
        if choices := given.pop(name):
            space[name] = choices
    given["target"] = target[0] if len(target) == 1 else list(target) or None
    limits = {
        "parameters": given.pop("max_parameters"),
        "bytes": given.pop("max_bytes"),
        "latency_ms": given.pop("max_latency"),
    }
    return given | {"space": space or None, "limits": limits}


def of_training(command: Command) -> Command:
    """The options of every command that trains."""
    for option in (
        debug,
        click.option("--strict", is_flag=True, help="Exit with 3 when no cell is clearly right."),
        click.option("--quiet", is_flag=True, help="Print the verdict's sentence only."),
        click.option("--json", "as_json", is_flag=True, help="Print the record instead."),
        click.option(
            "--seed", type=click.IntRange(min=0), metavar="N", default=1, show_default=True
        ),
        click.option("--workers", type=workers, metavar="N", default="auto", show_default=True),
        click.option(
            "--engine",
            metavar="jax|tensorflow",
            default="auto",
            show_default=True,
            help="What trains the networks; auto is jax.",
        ),
    ):
        command = option(command)
    return command
