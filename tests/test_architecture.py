"""The import rule: a module imports its own folder and what stands above it in the flow.

Every check is a function of a package's sources, so that `test_the_checks_bite` can hand each one a
package that breaks its rule.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "autorecur"

# The flow. A name stands for a module or for a whole folder.
LAYERS = (
    ("errors", "interrupts", "metrics", "tables"),
    ("data",),
    ("nets",),
    ("search",),
    ("judge",),
    ("earlier", "schema", "record"),
    ("report",),
    ("answers", "consult", "run"),
    (
        "region",
        "progress",
        "cells",
        "histogram",
        "leftover",
        "certainty",
        "story",
        "command",
        "foretold",
        "exhibits",
        "questions",
        "outline",
        "folder",
        "expectation",
        "stages",
        "assemble",
        "filing",
        "ending",
        "pipeline",
        "options",
        "output",
        "leaving",
        "cli",
        "__init__",
        "__main__",
    ),
)
# The public face and the commands load the rest when it is asked for: see their docstrings.
# The search loads its oracle, and with it KerasTuner, when the first pair is already being trained.
LAZY_DOORS = ("__init__", "cli", "search.search")

# Each foreign library is named where its job is, and nowhere else.
HOMES = {
    "IPython": ("cells",),
    "click": ("cli", "options"),
    "jax": ("nets",),
    "jinja2": ("report.html",),
    "keras": ("nets", "search.workers", "consult", "run"),
    "keras_tuner": ("search.oracle",),
    "loky": ("search.workers",),
    "markupsafe": ("report.html",),
    "matplotlib": ("report.figures",),
    "psutil": ("search.room",),
    "rich": ("progress", "report.terminal"),
    "scipy": ("judge", "nets.baselines", "nets.spelling"),
    "sklearn": ("certainty", "nets.baseline", "nets.baselines"),
    "tensorflow": ("nets", "run"),
    "threadpoolctl": ("nets.baseline", "search.oracle"),
}
DISTRIBUTIONS = {"keras_tuner": "keras-tuner", "sklearn": "scikit-learn"}
# Part of another library's own interface: jinja2 escapes with it and hands its `Markup` out.
BROUGHT_ALONG = {"markupsafe"}
# There only where the caller runs in it: never asked for elsewhere.
GUESTS = {"IPython"}
# Never imported: it must only be there, because Keras loads a saved model under it.
PRESENT_ONLY = {"tensorflow"}

Sources = Mapping[str, str]  # "data.dataset" -> its text; the package itself is "__init__"


@dataclass(frozen=True)
class Use:
    """One import, or one call that imports."""

    source: str
    target: str  # "autorecur.data.dataset", "numpy" …
    line: int
    name: str | None = None  # of `from target import name`
    in_function: bool = False
    by_call: bool = False

    def __str__(self) -> str:
        return f"{self.source}:{self.line} imports {self.target}"

    @property
    def own(self) -> bool:
        return self.target.split(".")[0] == PACKAGE


def sources_of(root: Path) -> dict[str, str]:
    package = root / PACKAGE
    names = {path: path.relative_to(package).with_suffix("") for path in package.rglob("*.py")}
    return {
        ".".join(name.parts).removesuffix(".__init__"): path.read_text(encoding="utf-8")
        for path, name in names.items()
    }


def uses(sources: Sources) -> Iterator[Use]:
    for source, text in sources.items():
        yield from _uses(source, ast.parse(text), sources, in_function=False)


def _uses(source: str, node: ast.AST, sources: Sources, in_function: bool) -> Iterator[Use]:
    for child in ast.iter_child_nodes(node):
        if source == "__init__" and isinstance(child, ast.If):
            continue  # TYPE_CHECKING names of what __getattr__ gives: the face stands above all
        inside = in_function or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Use(source, alias.name, child.lineno, None, inside)
        elif isinstance(child, ast.ImportFrom):
            base = "." * child.level + (child.module or "")
            for alias in child.names:
                whole = f"{base}.{alias.name}"
                known = whole.removeprefix(f"{PACKAGE}.") in sources
                yield Use(source, whole if known else base, child.lineno, alias.name, inside)
        elif isinstance(child, ast.Call) and _called(child) in ("import_module", "__import__"):
            name = child.args[0] if child.args else None
            target = name.value if isinstance(name, ast.Constant) else f"{PACKAGE}.?"
            yield Use(source, str(target), child.lineno, None, inside, by_call=True)
        yield from _uses(source, child, sources, inside)


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def layer(module: str) -> int:
    top = module.removeprefix(f"{PACKAGE}.").split(".")[0]
    return next((at for at, names in enumerate(LAYERS) if top in names), 0)  # `unplaced` tells


def _face(use: Use) -> bool:
    """The package itself: its lazy names for the commands, its version for everybody."""
    return use.target == PACKAGE and (use.source in LAZY_DOORS or use.name == "__version__")


def within(module: str, homes: tuple[str, ...]) -> bool:
    return any(module == home or module.startswith(f"{home}.") for home in homes)


# --- the rules: each returns what breaks it ------------------------------------------------------


def unplaced(sources: Sources) -> list[str]:
    placed = {name for names in LAYERS for name in names}
    return [module for module in sources if module.split(".")[0] not in placed]


def upward(sources: Sources) -> list[str]:
    return [
        str(use)
        for use in uses(sources)
        if use.own and not use.by_call and not _face(use)
        if use.target == PACKAGE or layer(use.target) > layer(use.source)
    ]


def relative(sources: Sources) -> list[str]:
    return [str(use) for use in uses(sources) if use.target.startswith(".")]


def circular(sources: Sources) -> list[str]:
    graph: dict[str, set[str]] = {module: set() for module in sources}
    for use in uses(sources):
        if use.own and not use.by_call and not _face(use):
            graph[use.source].add(use.target.removeprefix(f"{PACKAGE}."))
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" -> ".join(error.args[1])]
    return []


def hidden(sources: Sources) -> list[str]:
    return [
        str(use)
        for use in uses(sources)
        if use.own and (use.in_function or use.by_call)
        if not (use.by_call and use.source in LAZY_DOORS)
    ]


def homeless(sources: Sources) -> list[str]:
    return [
        str(use)
        for use in uses(sources)
        for library in [use.target.split(".")[0]]
        if library in HOMES and not within(use.source, HOMES[library])
    ]


def unfinished(sources: Sources) -> list[str]:
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
    found = [
        f"{module}: {match}" for module, text in sources.items() for match in words.findall(text)
    ]
    for module, text in sources.items():
        tree = ast.parse(text)
        excused = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and "Protocol" in map(ast.unparse, node.bases)
            for inner in node.body
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and id(node) not in excused:
                body = [ast.unparse(step) for step in node.body]
                if body in (["..."], ["pass"]) and not node.decorator_list:
                    found.append(f"{module}:{node.lineno} {node.name} is empty")
    return found


RULES: tuple[Callable[[Sources], list[str]], ...] = (
    unplaced,
    upward,
    relative,
    circular,
    hidden,
    homeless,
    unfinished,
)

# Small packages, each of which breaks one rule.
BROKEN: list[tuple[Callable[[Sources], list[str]], Sources]] = [
    (unplaced, {"helpers.misc": ""}),
    (upward, {"data.read": "from autorecur.judge import duel", "judge.duel": ""}),
    (upward, {"data.read": "import autorecur"}),
    (upward, {"metrics": "from autorecur import fit"}),
    (relative, {"data.read": "from . import split", "data.split": ""}),
    (
        circular,
        {
            "data.read": "from autorecur.data.split import cut",
            "data.split": "from autorecur.data import read",
        },
    ),
    (hidden, {"run": "def f():\n    from autorecur.report import html", "report.html": ""}),
    (hidden, {"run": "import importlib\nimportlib.import_module('autorecur.pipeline')"}),
    (hidden, {"run": "import importlib\ndef f(name):\n    importlib.import_module(name)"}),
    (hidden, {"cli": "def f():\n    import autorecur.run", "run": ""}),
    (homeless, {"report.markdown": "def f():\n    from matplotlib.figure import Figure"}),
    (homeless, {"judge.verdict": "import keras"}),
    (unfinished, {"run": "# TODO"}),
    (unfinished, {"run": "def export(self): ..."}),
]


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    found = sources_of(ROOT)
    assert {"errors", "cli", "data.dataset", "nets.candidate"} <= found.keys()
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule(
    rule: Callable[[Sources], list[str]], sources: dict[str, str]
) -> None:
    assert rule(sources) == []


@pytest.mark.parametrize(
    ("rule", "package"), BROKEN, ids=lambda part: getattr(part, "__name__", "")
)
def test_the_checks_bite(rule: Callable[[Sources], list[str]], package: Sources) -> None:
    assert len(rule(package)) == 1


def test_what_is_allowed_passes() -> None:
    package = {
        "__init__": "if TYPE_CHECKING:\n    from autorecur.run import Run\nimport_module(name)",
        "cli": "import autorecur\nimport_module('autorecur.report')",
        "run": "from autorecur import __version__\ndef f():\n    import keras",
        "data.read": "from autorecur.data.dataset import Dataset\nimport numpy",
        "data.dataset": "class P(Protocol):\n    def f(self): ...",
        "data": "from autorecur.data.read import read",
    }
    assert {rule.__name__: rule(package) for rule in RULES} == {rule.__name__: [] for rule in RULES}


# --- dependencies: what is imported is declared, what is declared is used, and the comment is true


def declared() -> dict[str, str]:
    """Each runtime dependency and the comment behind it."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    requirements = tomllib.loads(text)["project"]["dependencies"]
    comments = dict(re.findall(r'^    "([a-z0-9-]+)[^"]*", *# (.*)$', text, re.MULTILINE))
    names = [re.split(r"[<>=!~\[; ]", requirement)[0] for requirement in requirements]
    return {name: comments[name] for name in names}


def test_dependencies_are_what_is_imported(sources: dict[str, str]) -> None:
    foreign = {
        use.target.split(".")[0]
        for use in uses(sources)
        if not use.own and use.target.split(".")[0] not in sys.stdlib_module_names
    }
    names = {DISTRIBUTIONS.get(library, library) for library in foreign - BROUGHT_ALONG - GUESTS}
    assert names | PRESENT_ONLY == declared().keys()


def test_each_dependency_says_which_file_needs_it(sources: dict[str, str]) -> None:
    libraries = {name: library for library, name in DISTRIBUTIONS.items()}
    used = list(uses(sources))
    for name, comment in declared().items():
        files = re.findall(r"[a-z_/]+(?:\.py|/)", comment)
        assert files, f"{name}: {comment}"
        for file in files:
            module = file.removesuffix(".py").rstrip("/").replace("/", ".")
            users = {
                use.source for use in used if use.target.split(".")[0] == libraries.get(name, name)
            }
            needed = any(within(user, (module,)) for user in users)
            assert needed or name in PRESENT_ONLY, f"{name} is not used in {file}"
