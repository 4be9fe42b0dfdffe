"""The record: strict JSON both ways, one shape, and one sentence for what cannot be read."""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from report.sample import OUTCOMES, record
from report.sample_kinds import KINDS, of_kind

from autorecur import cli, report
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


def changed(whole: dict[str, Any], *path: str | int, value: Any) -> str:
    """The text of a record with one value in it replaced."""
    made = json.loads(json.dumps(whole))
    place = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(made)


def version_of(text: str) -> str:
    return json.dumps({**WHOLE, "schema_version": "?"}).replace('"?"', text, 1)


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
    "deep within": (
        json.dumps({**WHOLE, "run": {**WHOLE["run"], "more": 0}}).replace(
            '"more": 0', f'"more": {"[" * 600}{"]" * 600}'
        ),
        "nested too deeply",
    ),
    "a number that is no float": (changed(WHOLE, "score", "holdout", value=10**400), "too large"),
    **{
        f"version {version:.12}": (version_of(version), f"its schema_version is {shown}")
        for version, shown in {
            "0": "0",
            "-1": "-1",
            "1.5": "1.5",
            "1.0": "1.0",
            "true": "True",
            "null": "None",
            '"1"': "'1'",
            "[1]": "[1]",
            f"-{'9' * 4_000}": f"-{'9' * 38}…",
        }.items()
    },
    "version of 4,000 digits": (version_of("9" * 4_000), f"schema_version {'9' * 39}… and this"),
    "version of 5,000 digits": (version_of("9" * 5_000), "is not a record"),
    **{
        f"id {at}": (changed(WHOLE, "run", "id", value=name), "12 hexadecimal digits")
        for at, name in enumerate(
            ('"><script>', "", "0F3A9C51D27E", "0f3a9c51d27e\n", "0f3a9c51d27e0", "x" * 100_000)
        )
    },
    "id that is none": (changed(WHOLE, "run", "id", value=7), "run.id is 7, not text"),
    "outcome": (changed(WHOLE, "verdict", "outcome", value="DRAW"), "'DRAW', not one of \"BASE"),
    "kind": (changed(WHOLE, "data", "kind", value="guess"), "data.kind is 'guess', not one of"),
    "target": (changed(WHOLE, "data", "target", value=7), "data.target is 7, which it cannot be"),
    "trial": (changed(WHOLE, "trials", 3, "candidate", value={}), "trials[3].candidate has no"),
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
    assert len(message) < 300 + len(str(tmp_path))


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


def keys(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path to every key within a record, of lists only to the first item's."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield (*path, name)
            yield from keys(item, (*path, name))
    elif isinstance(value, list) and value:
        yield from keys(value[0], (*path, 0))


@pytest.mark.parametrize("name", ["GRU", "many classes", "panel"])
def test_a_record_that_lacks_a_key_is_refused_or_shown(name: str) -> None:
    """Never a page that breaks off: what a view needs is required, and what is not may be gone."""
    whole = json.loads((of_kind(name) if name in KINDS else record(name)).to_json())
    refused = 0
    for path in keys(whole):
        made = json.loads(json.dumps(whole))
        place = made
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]
        try:
            lacking = from_json(json.dumps(made))
        except RunError as error:
            refused += 1
            assert str(path[-1]) in str(error) and "\n" not in str(error)
        else:
            report.render(lacking, ".md")
            report.terminal(lacking)
            report.compare([lacking, lacking], ".md")
    assert refused > 150


@pytest.mark.parametrize("command", ["show", "report", "compare"])
@pytest.mark.parametrize("name", ["id 0", "version -1", "version of 4,000 digits", "trial"])
def test_a_command_refuses_such_a_record_in_one_line(
    command: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "record.json").write_text(BROKEN[name][0], encoding="utf-8")
    assert (
        cli.main([command, str(tmp_path), *([str(tmp_path)] if command == "compare" else [])]) == 2
    )
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and BROKEN[name][1].replace("\\", "") in err
    assert os.listdir(tmp_path) == ["record.json"]
