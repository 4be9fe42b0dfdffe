"""The run folder: where a run is begun, or found again to go on with."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from autorecur.errors import AutorecurError, RunError
from autorecur.search.journal import INTERRUPT, Journal, plain

__all__ = [
    "ARRAYS",
    "JOURNAL_FILE",
    "checked",
    "ended",
    "finished",
    "latest",
    "made",
    "opened",
    "past",
]

JOURNAL_FILE = "journal.jsonl"
ARRAYS = "arrays"  # in the run folder, while it runs
# What a file system says that is full, read-only, or not this user's.
REFUSALS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}


def checked(out: str | Path | None) -> Path | None:
    """The folder asked for; refused where it holds something already."""
    if out is None:
        return None
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{str(folder)!r} is a file: name a folder for the run")
    if folder.is_dir() and any(folder.iterdir()):
        raise RunError(f"{str(folder)!r} is not empty: name a new folder, or remove it first")
    return folder


def made(wanted: Path | None, name: str) -> Path:
    """A new folder: the one wanted, or the first free one for a table called `name`."""
    folder = wanted
    if folder is None:
        folder = next(path for path in _usual(name) if not path.exists())
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"{str(folder)!r} cannot be made: {error.strerror}; choose another"
        ) from None
    return folder


def latest(name: str) -> Path:
    """The last run folder of a table called `name`, where none was named."""
    there = list(takewhile(Path.exists, _usual(name)))
    return there[-1] if there else next(_usual(name))


def _usual(name: str) -> Iterator[Path]:
    """The run folders of a table called `name`, where none is named."""
    stem = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name)[:60]
    yield (home := Path("runs") / (stem or "run"))
    for number in count(2):
        yield home.with_name(f"{home.name}-{number}")


@contextmanager
def opened(folder: Path) -> Iterator[Journal]:
    """The journal of a run that works in `folder`.

    What the file system refuses, full or read-only, is one sentence; what was written before stays,
    for the run that resumes it.
    """
    try:
        journal = Journal(folder / JOURNAL_FILE)
        try:
            yield journal
        finally:
            journal.close()
            shutil.rmtree(folder / ARRAYS, ignore_errors=True)
    except OSError as error:
        if isinstance(error, AutorecurError) or not _refused(error):
            raise
        reason = error.strerror or str(error)
        raise RunError(
            f"the run folder {str(folder)!r} cannot be written ({reason:.80}): mend that and go on "
            "with resume, or name another folder"
        ) from error


def ended(folder: Path, journal: Journal, at_seconds: float, why: str) -> None:
    """A run came to its end; unless somebody interrupted it, nobody needs its checkpoints."""
    journal.write("end", {"at_seconds": at_seconds, "why": why})
    if why != INTERRUPT:
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)


def _refused(error: OSError) -> bool:
    """Whether the file system refused to write; NumPy and HDF5 put that in words alone."""
    said = str(error)
    return error.errno in REFUSALS or (
        error.errno is None and ("written" in said or "write" in said)
    )


def finished(events: Sequence[Mapping[str, Any]], budget: str) -> bool:
    """Whether a run came to its end with a budget by itself, and no other was tried since."""
    beginnings = [event for event in events if event["event"] in ("begin", "resume")]
    over = bool(events) and events[-1]["event"] == "end" and events[-1].get("why") != INTERRUPT
    return over and beginnings[-1]["budget"] == budget


def past(folder: Path, beginning: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The events of the run in `folder`, which must have begun as this one does."""
    where, way = repr(str(folder)), "give the same again, or another run folder"
    try:
        events = list(Journal.read(folder / JOURNAL_FILE))
    except (OSError, ValueError):
        raise RunError(f"there is no run to resume in {where}: begin one, without resume") from None
    if not events:
        return []  # ended before its first word: nothing is lost by beginning
    wanted = json.loads(json.dumps(beginning, default=plain))
    if (its := events[0].get("fingerprint")) != wanted["fingerprint"]:
        raise RunError(
            f"the run in {where} is of other data: its fingerprint is {its}, and that of this "
            f"table is {wanted['fingerprint']}; {way}"
        )
    for name in sorted((wanted.keys() & events[0].keys()) - {"budget", "started"}):
        if (before := events[0][name]) != wanted[name]:
            raise RunError(
                f"the run in {where} was begun with another {name}: {before!r:.80}, and now it is "
                f"{wanted[name]!r:.80}; {way}"
            )
    return events
