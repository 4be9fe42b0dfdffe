"""The commands. Each one reads its options, calls what the library offers, and prints.

Two rules shape this file. `autorecur --help` answers at once, and `show` and `report` never load
TensorFlow: so nothing heavy is imported here, and the rest of autorecur is reached late, through
its public face (`autorecur.fit`, `autorecur.load`) or through `_own`, the one other lazy door. And
an error of the user's is one line and exit code 2: `main` alone knows what errors look like.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import autorecur
from autorecur import leaving
from autorecur.errors import AutorecurError
from autorecur.options import coverage, debug, of_the_table, of_training, settings, share
from autorecur.output import (
    guard_note,
    guard_sentence,
    printed_json,
    score_lines,
    visible,
    without_nan,
    write_csv,
    writing,
)
from autorecur.tables import bundled

if TYPE_CHECKING:
    from autorecur.data.dataset import Finding
    from autorecur.record import Record
    from autorecur.run import Run

__all__ = ["main"]

_IMPORTED = time.monotonic()

LONGEST_START = 5.0  # seconds from the start of Python to the import of this file; mostly 0.2

EXIT_REPAIR, EXIT_UNCLEAR, EXIT_INTERRUPTED = 2, 3, 130
UNCLEAR = frozenset({"UNDECIDED", "INCOMPLETE", "BASELINE_WINS"})
CHOSEN = "AUTORECUR_BACKEND"  # set where the Keras backend is this process' own choice


def main(args: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; never raises for what the user can repair.

    >>> main(["no-such-command"])
    2
    """
    if args is not None:
        return _run(args, time.monotonic())
    _settle_process()
    return leaving.with_code(_run(sys.argv[1:], _process_started()))


def _run(args: Sequence[str], started: float) -> int:
    try:
        # Without arguments click would answer with exit code 2; a question for help is no mistake.
        code = _group.main(
            list(args) or ["--help"], "autorecur", standalone_mode=False, obj=started
        )
    except (click.Abort, KeyboardInterrupt):
        return _complain("interrupted", EXIT_INTERRUPTED)
    except click.ClickException as error:
        return _complain(error.format_message(), EXIT_REPAIR, "--debug" in args)
    except AutorecurError as error:
        return _complain(str(error), EXIT_REPAIR, "--debug" in args)
    return code if isinstance(code, int) else 0


def _complain(message: str, code: int, debug: bool = False) -> int:
    """Whatever the message quotes, it stays one line, and no escape code reaches the terminal."""
    if debug:
        traceback.print_exc()
    _say(message)
    return code


def _say(message: str) -> None:
    """To stderr, beside what is printed."""
    line = "".join(sign if sign.isprintable() else " " for sign in message)
    click.echo(f"autorecur: {' '.join(line.split())}", err=True)


def _tell(finding: Finding) -> None:
    """Something about the table that stands in the way of no answer."""
    _say(f"{finding.level}: {finding.sentence} {finding.remedy}")


def _process_started() -> float:
    """When this process began, on the clock of `time.monotonic`.

    The budget covers the whole process, and starting Python and importing this file are part of it.
    Linux tells; elsewhere, and where the answer makes no sense, it is the import of this file. So
    it is where the process was a shell before, which did other things first and then became this
    command: `bash -c "pip install . && autorecur demo"`.
    """
    try:
        # Field 22, counted behind the command name, which may itself hold spaces and brackets.
        fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (AttributeError, IndexError, OSError, ValueError):
        return _IMPORTED
    began = time.monotonic() - age
    return began if 0 <= _IMPORTED - began <= LONGEST_START else _IMPORTED


def _settle_process() -> None:
    """Settings of a process that is autorecur's own; a library must not make them for its caller.

    Keras on JAX is ready in 2.6 seconds, on TensorFlow in 5 to 9; both compute the same network,
    but only TensorFlow takes a text as it is (see `_load`). Whoever sets KERAS_BACKEND gets what
    they set.
    """
    if "KERAS_BACKEND" not in os.environ:
        os.environ |= {"KERAS_BACKEND": "jax", CHOSEN: "jax"}
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its notes on absent GPUs are no news
    leaving.prepare()
    # At the end Python looks at every object once more: with a busy neighbour, for a second.
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without "×" still gets its verdict


def _own(module: str) -> Any:
    """One of autorecur's own modules, imported when a command needs it (see the top)."""
    return importlib.import_module(f"autorecur.{module}")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(autorecur.__version__, prog_name="autorecur")
def _group() -> None:
    """LSTM, GRU or neither? Measured on your own table, under your own budget."""


# --- the commands --------------------------------------------------------------------------------


@_group.command()
@of_the_table
@click.option(
    "--margin",
    type=share,
    default="1%",
    show_default=True,
    metavar="SHARE",
    help="Differences below this share of the best baseline's error do not count.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="The run folder.")
@click.option(
    "--resume", is_flag=True, help="Go on with the run in that folder, after whatever ended it."
)
@of_training
@click.pass_obj
def fit(
    started: float,
    /,
    table: Path,
    as_json: bool,
    quiet: bool,
    strict: bool,
    **given: Any,
) -> int:
    """Find out which network suits TABLE.

    Searches, compares LSTM and GRU on fresh folds, and saves the best network and a report.
    """
    return _fit(table, started, as_json, quiet, strict, **settings(given))


@_group.command()
@of_the_table
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--quick", is_flag=True, help="Measure nothing, and so foresee nothing.")
@debug
def plan(table: Path, as_json: bool, quick: bool, **given: Any) -> None:
    """Say what TABLE was understood as, and what would be done.

    Roles, kind, split and findings; and, from some seconds of training the first network of both
    cells, what the budget is expected to buy.
    """
    made = _own("pipeline").plan(table, measure=not quick, **settings(given))
    if as_json:
        click.echo(json.dumps(without_nan(made.as_dict()), indent=2, sort_keys=True))
    else:
        for line in made.lines():
            click.echo(visible(line))


@_group.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs/demo"), metavar="DIR")
@of_training
@click.pass_obj
def demo(
    started: float, /, out: Path, as_json: bool, quiet: bool, strict: bool, **given: Any
) -> int:
    """Run the bundled example: weekly CO2, one minute."""
    settings: dict[str, Any] = {"target": "co2", "time": "date", "horizon": 13, "budget": "1min"}
    table = bundled("co2_weekly")
    return _fit(table, started, as_json, quiet, strict, out=out, **settings, **given)


def _fit(
    table: Path, started: float, as_json: bool, quiet: bool, strict: bool, **settings: Any
) -> int:
    """What `fit` and `demo` have in common: run, print, and say it with the exit code."""
    with _own("progress").listener(quiet=quiet) as listener:
        run = autorecur.fit(table, listener=listener, started=started, **settings)
    interrupted = run.record.budget["ended_by"] == "interrupt"
    if as_json:
        click.echo(printed_json(run.record.to_json()), nl=False)
    elif quiet:
        click.echo(visible(run.verdict))
    else:
        _print(run.record)
    note = guard_note(run.folder / _own("run").PREDICTIONS_FILE)
    if note and note not in listener.told:
        _say(note)
    if interrupted:
        if as_json or quiet:  # what is printed otherwise says it
            _say("interrupted: the verdict is from what there was by then")
        return EXIT_INTERRUPTED
    unclear = run.record.verdict["outcome"] in UNCLEAR
    return EXIT_UNCLEAR if strict and unclear else 0


@_group.command()
@click.argument("run", type=click.Path(path_type=Path))
@debug
def show(run: Path) -> None:
    """Print the verdict and the finalists of RUN."""
    _print(_own("record").read(run))


@_group.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Ends in .html, .md or .json; a folder gets Markdown with its figures as files."
    "  [default: report.html in the run folder]",
)
@click.option("--expanded", is_flag=True, help="Open what the page folds away: for print.")
@debug
def report(run: Path, to: Path | None, expanded: bool) -> None:
    """Write the report of RUN."""
    target = to or run / "report.html"
    record = _own("record").read(run)
    with writing(target):
        written = _own("report").write(record, target, expanded)
    _echo_path(written)


@_group.command()
@click.argument("runs", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Ends in .html or .md.  [default: Markdown on stdout]",
)
@debug
def compare(runs: Sequence[Path], to: Path | None) -> None:
    """Put two or more runs side by side.

    Verdicts, scores and costs; where their data differ, the skill against the baselines.
    """
    records = [_own("record").read(run) for run in runs]
    text = _own("report").compare(records, to.suffix.lower() if to else ".md")
    if to is None:
        click.echo(text, nl=False)
        return
    with writing(to):
        _own("record").write_text(to, text)
    _echo_path(to)


@_group.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE.csv", help="Not to stdout.")
@click.option(
    "--interval", type=coverage, metavar="0.9", help="Add the ends of a band that holds so much."
)
@debug
def predict(run: Path, table: Path, out: Path | None, interval: float | None) -> None:
    """Foretell what TABLE leaves open, as CSV.

    Of a series the steps after its end; where rows, sequences or texts want a label, the label.
    """
    _write_csv(_load(run).predict(table, interval=interval, tell=_tell), out)


@_group.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--prompt", default="", metavar="TEXT", help="How it begins.")
@click.option("--n", type=click.IntRange(min=1), metavar="N", default=200, show_default=True)
@click.option(
    "--temperature",
    type=click.FloatRange(min=0),
    metavar="T",
    default=1.0,
    show_default=True,
    help="Below 1 keeps to the likelier, 0 to the likeliest.",
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", default=1, show_default=True)
@debug
def generate(run: Path, prompt: str, n: int, temperature: float, seed: int) -> None:
    """Let the language model RUN write on.

    Prints the prompt and N more characters or words, whichever the text was learned by.
    """
    click.echo(visible(_load(run).generate(prompt, n, temperature, seed)))


@_group.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--stride", type=click.IntRange(min=1), metavar="N", help="[default: the horizon]")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE.csv", help="The forecasts.")
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")
@debug
def evaluate(run: Path, table: Path, stride: int | None, out: Path | None, as_json: bool) -> None:
    """Score RUN on TABLE, which holds the truth too.

    A series by rolling origin: every forecast is compared with the rows that followed.
    """
    evaluation = _load(run).evaluate(table, stride=stride, tell=_tell)
    if out is not None:
        _write_csv(evaluation.forecasts, out)
    if as_json:
        click.echo(json.dumps(without_nan(evaluation.scores), indent=2, sort_keys=True))
    else:
        for line in score_lines(evaluation.scores):
            click.echo(line)


# --- printing and writing ------------------------------------------------------------------------


def _load(folder: Path) -> Run:
    """The run, whose network is not loaded yet; one that takes texts needs TensorFlow."""
    run = autorecur.load(folder)
    if run.record.data["tokens"] and CHOSEN in os.environ:
        os.environ["KERAS_BACKEND"] = "tensorflow"
    return run


def _echo_path(path: Path) -> None:
    """Where something was written; a folder may be called what a terminal would obey."""
    click.echo(visible(str(path)).replace("\n", " "))


def _write_csv(frame: Any, out: Path | None) -> None:
    """To a file or to stdout; what was changed for a spreadsheet's sake is said."""
    if out is None:
        _say_guarded(write_csv(frame, None))
        return
    with writing(out):
        cells = write_csv(frame, out)
    _say_guarded(cells)


def _say_guarded(cells: int) -> None:
    if cells:
        _say(guard_sentence(cells))


def _print(record: Record) -> None:
    """The terminal report: boxes and colour only where a person looks at it."""
    person = sys.stdout.isatty()
    colour = person and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    width = max(60, min(shutil.get_terminal_size().columns, 100)) if person else 80
    click.echo(_own("report").terminal(record, width, colour).rstrip("\n"), color=colour)
