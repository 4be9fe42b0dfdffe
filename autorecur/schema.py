"""Whether a record has the shape of `report/record.schema.json`, which ships with the package.

Readers of a record take its keys for granted; so what lacks one is refused here, in one sentence,
and never met in the middle of a page. Only the words that the schema uses are known. Limits on
numbers and keys that are unknown harm no reader and are let through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["fault"]

FILE = Path(__file__).parent / "report" / "record.schema.json"
LONGEST = 1023  # bits of a whole number: beyond them it is no float
KINDS: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
NAMES = {"object": "an object", "array": "a list", "string": "text", "null": "null"}
NAMES |= {"number": "a number", "integer": "a whole number", "boolean": "true or false"}


def fault(record: Mapping[str, Any]) -> str | None:
    """What is wrong with a record as `json.loads` gives it, in a few words; None where nothing.

    >>> fault({"schema_version": 1})
    "it has no '$schema'"
    """
    return next(_faults(record, _schema(), ""), None)


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return schema


def _faults(value: Any, rule: Mapping[str, Any], where: str) -> Iterator[str]:
    if "$ref" in rule:
        rule = _schema()["$defs"][rule["$ref"].rpartition("/")[2]]
    if "anyOf" in rule:
        if all(next(_faults(value, other, where), None) for other in rule["anyOf"]):
            yield f"{where} is {value!r:.60}, which it cannot be"
        return
    kinds = rule.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield f"{where} is {_told(value)}, not {' or '.join(NAMES[kind] for kind in kinds)}"
    elif not _allowed(value, rule):
        yield f"{where} is {value!r:.60}, not {_wanted(rule)}"
    elif isinstance(value, dict):
        yield from _faults_within(value, rule, where)
    elif isinstance(value, list):
        inner = rule.get("items", {})
        for at, item in enumerate(value):
            yield from _faults(item, inner, f"{where}[{at}]")


def _faults_within(value: Mapping[str, Any], rule: Mapping[str, Any], where: str) -> Iterator[str]:
    """Of an object: keys that are missing, and what is wrong with those that are there."""
    for name in rule.get("required", ()):
        if name not in value:
            yield f"{where or 'it'} has no {name!r}"
    known, others = rule.get("properties", {}), rule.get("additionalProperties", {})
    for name, item in value.items():
        inner = known.get(name, others)
        if isinstance(inner, dict):
            yield from _faults(item, inner, f"{where}.{name:.60}" if where else f"{name:.60}")


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, int) and value.bit_length() > LONGEST:
        return False
    return isinstance(value, KINDS[kind])


def _told(value: Any) -> str:
    """A value as a message may show it, whatever its size."""
    if isinstance(value, dict | list):
        return NAMES["object" if isinstance(value, dict) else "array"]
    if isinstance(value, int) and value.bit_length() > LONGEST:
        return "a number too large"
    return f"{value!r:.60}"


def _allowed(value: Any, rule: Mapping[str, Any]) -> bool:
    """Whether it is among the values, or has the form, that the rule names."""
    if "const" in rule:
        return bool(value == rule["const"])
    if "enum" in rule:
        return value in rule["enum"]
    form = rule.get("pattern")
    if form is None or not isinstance(value, str):
        return True
    # Python's $ would let a line end through.
    return re.fullmatch(form.removeprefix("^").removesuffix("$"), value) is not None


def _wanted(rule: Mapping[str, Any]) -> str:
    if "enum" in rule:
        return "one of " + ", ".join(json.dumps(value) for value in rule["enum"])
    return str(rule.get("description") or json.dumps(rule.get("const")))
