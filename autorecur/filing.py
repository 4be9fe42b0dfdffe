"""A story on disk: the predictions, the record and the report of a run."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from autorecur.assemble import holdout_detail, record_of
from autorecur.exhibits import figures, predictions
from autorecur.output import write_csv
from autorecur.questions import beats_plain, crosschecked
from autorecur.record import Record
from autorecur.report import write as write_report
from autorecur.run import PREDICTIONS_FILE, REPORT_FILE
from autorecur.story import Story

__all__ = ["rehearsed", "written"]

TURN_SECONDS = 2e-4


def written(story: Story, folder: Path) -> Record:
    """Into `folder`. The page is drawn once to learn what that costs, then for good."""
    with _short_turns():
        story = _detailed(story)
        with tempfile.TemporaryDirectory() as scratch:
            write_report(record_of(story), Path(scratch) / REPORT_FILE)
        return _filed(story, folder)


def rehearsed(story: Story) -> None:
    """Where nobody looks, for what it takes."""
    with _short_turns(), tempfile.TemporaryDirectory() as scratch:
        _filed(_detailed(story), Path(scratch))


@contextmanager
def _short_turns() -> Iterator[None]:
    """While it is written a page asks hundreds of times for its turn of the interpreter.

    Beside a baseline that is being fitted, Python would make it wait for 5 ms each time.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _filed(story: Story, folder: Path) -> Record:
    """The record, the report and the predictions, in `folder`."""
    write_csv(predictions(story), folder / PREDICTIONS_FILE)
    record = record_of(story)
    record.write(folder)
    write_report(record, folder / REPORT_FILE)
    return record


def _detailed(story: Story) -> Story:
    """With what only the report tells."""
    return replace(
        story,
        details=holdout_detail(story),
        crosschecks=crosschecked(story),
        beats_plain=beats_plain(story),
        figures=figures(story),
    )
