"""Record: everything that happened in one run, as strict JSON and back.

Every section is made plain when a Record is built (mappings, tuples, strings, numbers, None; NaN
and infinity become None), so that the record in memory and the one on disk are equal:
`from_json(r.to_json()) == r`. The shape is `report/record.schema.json`. A file with a newer
`schema_version` is refused in one sentence, and so is one that lacks what its version had from the
start; one that was written before its version had it all keeps loading (`earlier`).
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from autorecur.earlier import filled
from autorecur.errors import MissingFile, RunError
from autorecur.schema import fault

__all__ = ["FILE", "SCHEMA", "SCHEMA_VERSION", "Record", "from_json", "read", "write_text"]

FILE = "record.json"
SCHEMA = "record.schema.json"
SCHEMA_VERSION = 1

Section = Mapping[str, Any]
Rows = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Record:
    """The source of every report. Sections and their keys: `report/record.schema.json`."""

    run: Section
    data: Section
    metric: Section
    verdict: Section
    budget: Section
    model: Section | None
    score: Section
    finalists: Rows
    baselines: Rows
    trials: Rows
    duel: Rows
    checks: Rows
    figures: Section
    environment: Section

    def __post_init__(self) -> None:
        for section in fields(self):
            value = plain(getattr(self, section.name), section.name)
            object.__setattr__(self, section.name, value)

    def to_json(self) -> str:
        """Strict JSON: keys sorted, no NaN; the same record gives the same text."""
        sections = {section.name: getattr(self, section.name) for section in fields(self)}
        whole = {"$schema": SCHEMA, "schema_version": SCHEMA_VERSION, **sections}
        text = json.dumps(whole, allow_nan=False, sort_keys=True, indent=1, ensure_ascii=False)
        return text + "\n"

    def write(self, folder: str | Path) -> Path:
        """Write `record.json` into `folder`, whole or not at all."""
        path = Path(folder) / FILE
        write_text(path, self.to_json())
        return path


def plain(value: Any, where: str = "value") -> Any:
    """The JSON value that stands for `value`; sequences become tuples.

    >>> plain({"scores": [1.0, float("nan")]})
    {'scores': (1.0, None)}
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # A lone surrogate (a badly decoded column name) cannot be written as UTF-8.
        return str(value).encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(plain(item, f"{where}[{at}]") for at, item in enumerate(value))
    if hasattr(value, "tolist"):  # numpy arrays and scalars that are no numbers.Real (numpy.bool)
        return plain(value.tolist(), where)
    raise TypeError(f"a record holds plain values only; {where} is a {type(value).__name__}")


def from_json(text: str, source: str = FILE) -> Record:
    """The Record that `text` holds; `source` names it in messages."""
    try:
        whole = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise RunError(f"{source} is not a record: {reason}; run fit again to make one") from None
    if not isinstance(whole, dict) or "schema_version" not in whole:
        raise RunError(f"{source} is not a record: it has no schema_version; give a run folder")
    version = whole.pop("schema_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise RunError(f"{source} is not a record: its schema_version is {_shown(version)}")
    if version > SCHEMA_VERSION:
        raise RunError(
            f"{source} has schema_version {_shown(version)} and this autorecur reads up to "
            f"{SCHEMA_VERSION}: install a newer autorecur"
        )
    schema = whole.pop("$schema", SCHEMA)
    names = [section.name for section in fields(Record)]
    found = [f"no {name!r}" for name in names if name not in whole]
    found += [f"an unknown {name!r:.60}" for name in whole if name not in names]
    if found:
        raise RunError(f"{source} is not a record of version {version}: it has {found[0]}")
    for name in names:
        _check_shape(name, whole[name], source)
    whole = filled(whole)
    if wrong := fault({"$schema": schema, "schema_version": version, **whole}):
        raise RunError(f"{source} is not a record of version {version}: {wrong}")
    try:
        return Record(**whole)
    except RecursionError:
        raise RunError(f"{source} is not a record: it is nested too deeply") from None


def read(path: str | Path) -> Record:
    """The Record of a run folder, or of a record file."""
    path = Path(path)
    file = path / FILE if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MissingFile(f"there is no record at {str(file)!r}: give a run folder") from None
    except UnicodeDecodeError:
        raise RunError(f"{str(file)!r} is not a record: it is not UTF-8 text") from None
    except OSError as error:
        raise RunError(f"{str(file)!r} cannot be read: {error.strerror}") from None
    return from_json(text, repr(str(file)))


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)  # mkstemp's 0600 would hide the report from colleagues
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _shown(version: Any) -> str:
    """A version as a message may show it; a number has any length."""
    text = repr(version)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check_shape(name: str, value: Any, source: str) -> None:
    rows = name in {"finalists", "baselines", "trials", "duel", "checks"}
    if rows:
        good = isinstance(value, list) and all(isinstance(row, dict) for row in value)
    else:
        good = isinstance(value, dict) or (name == "model" and value is None)
    if not good:
        wanted = "a list of objects" if rows else "an object"
        raise RunError(f"{source} is not a record: {name!r} is not {wanted}")
