"""What a user may rely on: the names, and that they cost nothing until used."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import autorecur

ROOT = Path(__file__).resolve().parent.parent
ENGINES = {"jax", "keras", "keras_tuner", "tensorflow"}
HEAVY = ENGINES | {"matplotlib", "numpy", "pandas", "scipy", "sklearn"}

# These layers read, search, judge and report; only the trainings behind them need an engine.
LIGHT_FOLDERS = ("data", "search", "judge", "report")
LIGHT_MODULES = ("errors", "metrics", "tables", "record", "progress", "cli")
LIGHT_BUT = {"autorecur.search.oracle"}  # it is a Keras Tuner oracle


def light() -> list[str]:
    package = ROOT / "autorecur"
    names = [f"autorecur.{name}" for name in LIGHT_MODULES if (package / f"{name}.py").exists()]
    for folder in LIGHT_FOLDERS:
        names += [f"autorecur.{folder}.{path.stem}" for path in (package / folder).glob("*.py")]
    return sorted({name.removesuffix(".__init__") for name in names} - LIGHT_BUT)


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh process holds after `code`."""
    code += "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_all_is_sorted_and_resolves() -> None:
    assert autorecur.__all__ == ["AutorecurError", "Run", "__version__", "fit", "load"]
    assert autorecur.__all__ == sorted(autorecur.__all__)
    for name in autorecur.__all__:
        assert getattr(autorecur, name) is not None
    assert set(autorecur.__all__) <= set(dir(autorecur))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'predict_everything'"):
        autorecur.predict_everything  # noqa: B018  # looking it up is the test


def test_importing_autorecur_loads_nothing_heavy() -> None:
    loaded = loaded_by("import autorecur")
    assert "autorecur" in loaded
    assert not loaded & (HEAVY | {"click", "rich"})


@pytest.mark.parametrize("module", light())
def test_a_light_module_loads_no_engine(module: str) -> None:
    assert not loaded_by(f"import {module}") & ENGINES


def test_fit_takes_what_is_promised() -> None:
    parameters = inspect.signature(autorecur.fit).parameters
    positional = [name for name, one in parameters.items() if one.kind is one.POSITIONAL_OR_KEYWORD]
    assert positional == ["data", "target"]
    defaults = {
        "time": None,
        "series": None,
        "text": None,
        "horizon": None,
        "task": "auto",
        "known": (),
        "static": (),
        "split": None,
        "drop": (),
        "vectors": None,
        "budget": "10min",
        "space": None,
        "metric": "auto",
        "margin": 0.01,
        "seed": 1,
        "workers": "auto",
        "out": None,
        "listener": None,
    }
    assert {name: parameters[name].default for name in defaults} == defaults


def test_the_package_is_typed() -> None:
    assert (ROOT / "autorecur" / "py.typed").is_file()


def test_the_version_is_the_installed_one() -> None:
    assert importlib.metadata.version("autorecur") == autorecur.__version__
