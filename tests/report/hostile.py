"""A record whose every string is another: what the user, or whoever sent the file, could write.

Which strings are the package's own is read off the schema: those of a closed list or of a fixed
form. All others are replaced, each by one of its own, so that what was equal stays equal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from autorecur.record import Record
from autorecur.report import __file__ as report_file

__all__ = ["CONTROL", "MARKUP", "rewritten"]

# Each as long as the other where it is shown, so that one plain page is the measure of both.
MARKUP = (
    "</script></style><img src=x onerror=alert(1)>\"'><!--{{7*7}}{%raw%} $\\frac{ "
    'id="x" url(#y) href="#z" #0a0b01 <svg onload="x()" &lt;i&gt;& '
)
CONTROL = (
    "|a|`b`|[c](javascript:d)|**e** ~~f~~ www.g.example http://h.example\x00\x1b[2J\x1b]0;t\x07"
    "\x9b2J\x7f\u202e\u2066\u200f\r\n# h\n- i\n> j \u2028\ud800"
)
SCHEMA = json.loads((Path(report_file).parent / "record.schema.json").read_text(encoding="utf-8"))
CELLS = ("lstm", "gru", "rnn")
# A metric is looked up by its name; so are the metrics' values in a detail, and a column's role.
OWN = ("metric.name",)
OWN_KEYS = ("data.roles", "score.detail.*", "budget.cells", "figures.memory")


def rewritten(record: Record, change: Callable[[str], str]) -> Record:
    """The record with every string that is not the package's own given to `change`."""
    rules = SCHEMA["properties"]
    return Record(
        **{
            section.name: _rewritten(
                getattr(record, section.name), rules[section.name], section.name, change
            )
            for section in fields(Record)
        }
    )


def _rewritten(value: Any, rule: Any, where: str, change: Callable[[str], str]) -> Any:
    rule = rule if isinstance(rule, dict) else {}
    if "$ref" in rule:
        rule = SCHEMA["$defs"][rule["$ref"].rpartition("/")[2]]
    if isinstance(value, str):
        own = value in CELLS or where in OWN or {"enum", "pattern", "const"} & rule.keys()
        return value if own else change(value)
    if isinstance(value, Mapping):
        known, others = rule.get("properties", {}), rule.get("additionalProperties")
        made = {}
        for key, item in value.items():
            inside = f"{where}.{key if key in known else '*'}"
            own = key in known or key in CELLS or where in OWN_KEYS
            name = key if own else change(key)
            made[name] = _rewritten(item, known.get(key, others), inside, change)
        return made
    if isinstance(value, tuple):
        rule = next((other for other in rule.get("anyOf", ()) if "items" in other), rule)
        return tuple(_rewritten(item, rule.get("items"), where, change) for item in value)
    return value
