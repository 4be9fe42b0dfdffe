"""Records of runs of long ago, real ones, are read, shown and compared for ever."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from report import sample

import autorecur
from autorecur import cli, report
from autorecur.errors import RunError
from autorecur.record import Record, from_json, read
from autorecur.report import words
from autorecur.report.document import document
from autorecur.schema import fault

RECORDS = Path(__file__).parent / "records"
SCHEMA = Path(report.__file__).parent / "record.schema.json"
# A changed record is no old one.
DIGESTS = {
    "first-forecast": "27e4377aab60b9b38380e3655b716302a1623ccb5df0dad77aa1ee63d844a3db",
    "forecast": "00245334e258f26072047c5eabf93117a8a370ea36584eb87180bd41b65ab363",
    "incomplete": "df7ee45dd4887b9bcf71c0ccc9b7dc62a5775f99c33420abbbfc36d59fb509ff",
    "text-classification": "ab7a2167bd356300f104abb91178682f3915a0bb28bf16e6e9c47a5c2e73dad1",
}
# What the report says that it cannot tell, of each.
UNTOLD = {
    "first-forecast": "what the verdict hangs on, other ways to be fair, other tests of the same "
    "question, what of the folklore holds, whether more data would help, how far back the networks "
    "look, what is left in the residuals and how the target is spread",
    "forecast": "what is left in the residuals and how the target is spread",
    "incomplete": "what is left in the residuals and how the target is spread",
    "text-classification": "how sure the classes are and how the target is spread",
}
NAMES = sorted(DIGESTS)


def text_of(name: str) -> str:
    return (RECORDS / f"{name}.json").read_text(encoding="utf-8")


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def old(name: str) -> Record:
    return read(RECORDS / f"{name}.json")


def test_every_file_of_the_folder_is_held() -> None:
    assert sorted(path.stem for path in RECORDS.glob("*.json")) == NAMES


def test_it_is_as_it_was_written(name: str) -> None:
    assert sha256(text_of(name).encode()).hexdigest() == DIGESTS[name]
    assert json.loads(text_of(name))["schema_version"] == 1


def test_it_loads_as_a_run(name: str, tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(text_of(name), encoding="utf-8")
    run = autorecur.load(tmp_path)
    whole = json.loads(text_of(name))
    assert str(run.verdict) == whole["verdict"]["sentence"]
    assert run.schema.names("target") or run.schema.names("text")
    assert run.record.trials[0]["curve"] == tuple(whole["trials"][0]["curve"])


def test_every_view_shows_it(old: Record, name: str, tmp_path: Path) -> None:
    html, markdown = (report.render(old, suffix) for suffix in (".html", ".md"))
    first = words.clean(old.verdict["sentence"], 40).rstrip("…")
    for text in (html, markdown, report.terminal(old), report.notebook(old)["text/html"]):
        assert first[:20] in text
    for text in (html, markdown):
        assert f"It does not tell {UNTOLD[name]}." in text
    assert len(document(old).sections) >= 10
    written = report.write(old, tmp_path / "again.json")
    assert read(written) == old, "and what it was filled with is written with it"


def test_commands_show_and_compare_it_beside_a_record_of_today(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample.record().write(tmp_path / "today")
    file = str(RECORDS / f"{name}.json")
    assert cli.main(["show", file]) == 0
    assert capsys.readouterr().err == ""
    for to in ("beside.md", "beside.html"):
        assert cli.main(["compare", file, str(tmp_path / "today"), "--to", str(tmp_path / to)]) == 0
        beside = (tmp_path / to).read_text(encoding="utf-8")
        assert "runs/load" in beside and json.loads(text_of(name))["run"]["name"] in beside
    assert capsys.readouterr().err == ""


def test_a_record_of_today_is_told_whole_and_held_to_all_of_the_schema() -> None:
    made = sample.record()
    assert "An earlier autorecur" not in report.render(made, ".md")
    whole = json.loads(made.to_json())
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    validator.validate(whole)
    first = json.loads(text_of("first-forecast"))
    assert not validator.is_valid(first) and fault(first) == "data has no 'classes'"
    validator.validate(json.loads(read(RECORDS / "first-forecast.json").to_json()))


def without(whole: dict[str, Any], *path: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(whole))
    place = made
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return made


@pytest.mark.parametrize("key", ["classes", "series", "tokens", "vocabulary"])
def test_half_of_what_came_together_is_damage_and_is_refused(key: str) -> None:
    whole = json.loads(sample.record().to_json())
    with pytest.raises(RunError, match=f"data has no '{key}'"):
        from_json(json.dumps(without(whole, "data", key)))
    with pytest.raises(RunError, match="model has no 'pooling'"):
        from_json(json.dumps(without(whole, "model", "pooling")))


def test_a_version_that_is_not_known_is_refused_in_one_sentence(name: str) -> None:
    newer = text_of(name).replace('"schema_version":1', '"schema_version":2')
    with pytest.raises(RunError) as caught:
        from_json(newer)
    assert "install a newer autorecur" in str(caught.value) and "\n" not in str(caught.value)
