"""The record: strict JSON both ways, one shape, and one sentence for what cannot be read."""

from __future__ import annotations

import json
import math
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from report.sample import OUTCOMES, record
from report.sample_kinds import KINDS, of_kind

from autorecur.errors import MissingFile, RunError
from autorecur.record import Record, from_json, plain, read, write_text

SCHEMA = Path(__file__).resolve().parent.parent / "autorecur" / "report" / "record.schema.json"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def refuse(name: str) -> None:
    raise AssertionError(f"{name} is not strict JSON")


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_is_valid_and_comes_back_equal(
    outcome: str, validator: jsonschema.Draft202012Validator
) -> None:
    made = record(outcome)
    text = made.to_json()
    validator.validate(json.loads(text, parse_constant=refuse))
    assert from_json(text) == made
    assert from_json(text).to_json() == text


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_valid_and_comes_back_equal(
    kind: str, validator: jsonschema.Draft202012Validator
) -> None:
    made = of_kind(kind)
    text = made.to_json()
    validator.validate(json.loads(text, parse_constant=refuse))
    assert from_json(text) == made


def test_keys_are_sorted_and_the_schema_is_named() -> None:
    whole = json.loads(record().to_json())
    assert list(whole) == sorted(whole)
    assert list(whole["verdict"]) == sorted(whole["verdict"])
    assert (whole["$schema"], whole["schema_version"]) == ("record.schema.json", 1)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdict", "outcome"), "DRAW"),
        (("verdict", "probability", "gru_better"), 1.2),
        (("run", "id"), "not hexadecimal"),
        (("budget", "spent_seconds"), -1.0),
        (("metric", "better"), "bigger"),
        (("data", "unheard_of"), 1),
        (("trials", 0, "candidate", "units"), 64),
        (("checks", 0, "level"), "fatal"),
        (("figures", "forecast", "actual", 0), "much"),
        (("data", "kind"), "clustering"),
        (("data", "tokens"), "syllable"),
        (("data", "classes"), None),
        (("data", "series"), -1),
        (("data", "columns_read", 0, "values"), [1]),
        (("trials", 0, "candidate", "pooling"), None),
        (("model", "bidirectional"), "yes"),
        (("model", "bands"), [{"share": 1.0, "half_widths": [[1.0]]}]),
        (("figures", "classes"), {"labels": ["a"], "matrix": [[1.5]], "baseline_matrix": None}),
        (("figures", "scatter"), {"actual": [1.0]}),
        (("figures", "worst"), [{"text": "a", "actual": "b", "foretold": "c", "probability": 2}]),
    ],
)
def test_the_schema_bites(
    path: tuple[str | int, ...], value: Any, validator: jsonschema.Draft202012Validator
) -> None:
    whole = json.loads(record().to_json())
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not validator.is_valid(whole)


@pytest.mark.parametrize("section", sorted(set(json.loads(record().to_json())) - {"$schema"}))
def test_no_section_may_be_missing(
    section: str, validator: jsonschema.Draft202012Validator
) -> None:
    whole = json.loads(record().to_json())
    del whole[section]
    assert not validator.is_valid(whole)
    with pytest.raises(RunError, match=section):
        from_json(json.dumps(whole))


def test_numbers_that_json_lacks_become_null() -> None:
    made = replace(
        record(), score={"validation": math.nan, "holdout": -math.inf, "optimism": np.float32(0.5)}
    )
    assert made.score == {"validation": None, "holdout": None, "optimism": 0.5}
    assert json.loads(made.to_json(), parse_constant=refuse)["score"]["validation"] is None


def test_what_is_not_plain_is_made_plain_or_refused() -> None:
    assert plain({1: np.arange(2), "b": [np.bool_(True)]}) == {"1": (0, 1), "b": (True,)}
    assert plain("broken \ud800 name") == "broken \\ud800 name"
    with pytest.raises(TypeError, match=r"value\.when is a set"):
        plain({"when": {1, 2}})


def test_a_record_is_written_whole_and_readable_by_others(tmp_path: Path) -> None:
    made = record()
    path = made.write(tmp_path / "run")
    assert path == tmp_path / "run" / "record.json"
    assert read(path) == read(tmp_path / "run") == made
    assert os.listdir(path.parent) == ["record.json"]
    if os.name == "posix":
        umask = os.umask(0)
        os.umask(umask)
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new \ud800")
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["report.md"]


WHOLE = json.loads(record().to_json())
BROKEN = {
    "empty": ("", "is not a record"),
    "no json": ("{'a': 1}", "is not a record"),
    "half": (json.dumps(WHOLE)[:500], "is not a record"),
    "not a number": ('{"schema_version": NaN}', "NaN is not JSON"),
    "a list": ("[1, 2]", "no schema_version"),
    "another file": ('{"name": "something else"}', "no schema_version"),
    "newer": (json.dumps({**WHOLE, "schema_version": 2}), "install a newer autorecur"),
    "odd version": (json.dumps({**WHOLE, "schema_version": "one"}), "schema_version is 'one'"),
    "unknown section": (json.dumps({**WHOLE, "extra": 1}), "unknown 'extra'"),
    "rows of another kind": (json.dumps({**WHOLE, "trials": [1]}), "'trials' is not a list"),
    "section of another kind": (json.dumps({**WHOLE, "verdict": "GRU"}), "'verdict' is not an"),
    "deep": ("[" * 100_000, "is not a record"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_said_in_one_sentence(name: str, tmp_path: Path) -> None:
    text, expected = BROKEN[name]
    (tmp_path / "record.json").write_text(text, encoding="utf-8")
    with pytest.raises(RunError) as caught:
        read(tmp_path)
    message = str(caught.value)
    assert expected in message
    assert "record.json" in message
    assert "\n" not in message


def test_a_missing_record_and_a_binary_one(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="give a run folder"):
        read(tmp_path / "nowhere")
    (tmp_path / "record.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RunError, match="not UTF-8"):
        read(tmp_path)


def test_a_record_without_a_network_is_still_a_record(
    validator: jsonschema.Draft202012Validator,
) -> None:
    made = replace(record("INCOMPLETE"), model=None, finalists=())
    validator.validate(json.loads(made.to_json()))
    assert from_json(made.to_json()) == made
    assert isinstance(made, Record)
