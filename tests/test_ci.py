"""`.ci/browser`: what can be had is required, and what cannot be had is said loudly at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from report import browser

ROOT = Path(__file__).resolve().parent.parent
BROWSER = ROOT / ".ci" / "browser"

SCRIPT = f"""
set -euo pipefail
step() {{ printf '== %s\\n' "$*"; }}
. {BROWSER}
printf 'requires=%s\\naxe=%s\\n' "${{AUTORECUR_REQUIRES-unset}}" "${{AUTORECUR_AXE-unset}}"
printf '!! %s\\n' "${{unproved[@]}}"
"""
# Stand-ins of the registries' clients: each call is noted, and fails where the test says so.
APT = """#!{bash}
echo "apt-get $1" >>"$LOG"
case "$1:$BROKEN" in update:*registry*|install:*registry*|install:*chromium*) exit 100 ;; esac
if [ "$1" = install ]; then printf '#!\\n' >"$BIN/chromium"; chmod +x "$BIN/chromium"; fi
"""
NPM = """#!{bash}
echo "npm $1" >>"$LOG"
case "$1:$BROKEN" in *:*registry*|pack:*axe*) exit 1 ;; esac
if [ "$1" = pack ]; then
    mkdir package && touch package/axe.min.js && tar czf axe-core-1.0.0.tgz package
fi
"""

pytestmark = pytest.mark.skipif(not BROWSER.is_file(), reason="not a checkout")


def told(folder: Path, broken: str = "", ci: str = "true", there: bool = False) -> list[str]:
    """What the script prints where that is broken, and the calls that it made."""
    path = folder / "bin"
    path.mkdir()
    for tool in ("bash", "chmod", "gzip", "mkdir", "sleep", "tail", "tar", "touch"):
        (path / tool).symlink_to(str(shutil.which(tool)))
    bash = shutil.which("bash")
    for name, text in (("apt-get", APT), ("npm", NPM), ("id", "#!{bash}\necho 0\n")):
        (path / name).write_text(text.replace("{bash}", str(bash)))
        (path / name).chmod(0o755)
    if there:
        (path / "chromium").symlink_to(path / "bash")
    done = subprocess.run(
        [str(bash), "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=folder,
        env={"PATH": str(path), "BIN": str(path), "LOG": str(folder / "log"), "BROKEN": broken,
             "work": str(folder), "CI": ci, "RETRY_SECONDS": "0 0"},
    )  # fmt: skip
    calls = (folder / "log").read_text().splitlines()
    return [*done.stdout.splitlines(), *calls]


@pytest.mark.parametrize("there", [False, True])
def test_what_could_be_had_is_required(there: bool, tmp_path: Path) -> None:
    said = told(tmp_path, there=there)
    assert "requires=chromium axe-core" in said
    assert f"axe={tmp_path}/package/axe.min.js" in said
    assert (tmp_path / "package" / "axe.min.js").is_file()
    assert ("apt-get install" in said) != there
    assert [line for line in said if line.startswith("!!")] == ["!! "], "nothing is unproved"


@pytest.mark.parametrize("broken", ["chromium", "axe", "chromium axe"])
def test_what_a_registry_that_answers_does_not_give_is_required_too(
    broken: str, tmp_path: Path
) -> None:
    said = told(tmp_path, broken)
    assert "requires=chromium axe-core" in said, "its tests fail"
    assert ("axe=unset" in said) == ("axe" in broken)
    assert said.count("npm pack") == (3 if "axe" in broken else 1)


def test_registries_that_do_not_answer_fail_nothing_and_are_said(tmp_path: Path) -> None:
    said = told(tmp_path, "registry")
    assert "requires=" in said and "axe=unset" in said
    loud = [line for line in said if line.startswith("!!")]
    assert len(loud) == 2
    assert "no test looked at a page in a browser" in loud[0]
    assert "nothing judged the page's accessibility" in loud[1]
    assert said.count("apt-get update") == said.count("npm view") == 3, "twice more"


def test_on_ones_own_machine_nothing_is_required(tmp_path: Path) -> None:
    assert "requires=unset" in told(tmp_path, ci="")


def test_a_required_thing_that_is_missing_fails_and_another_skips(tmp_path: Path) -> None:
    both = frozenset({"chromium", "axe-core"})
    for place in (None, str(tmp_path / "nowhere")):
        with pytest.raises(pytest.fail.Exception, match=r"axe-core is not .* AUTORECUR_REQUIRES"):
            browser.need("axe-core", place, both)
        with pytest.raises(pytest.skip.Exception, match="axe-core is not "):
            browser.need("axe-core", place, frozenset({"chromium"}))
    (tmp_path / "axe").touch()
    assert browser.need("axe-core", str(tmp_path / "axe"), both) == tmp_path / "axe"


def test_the_run_ends_with_what_it_could_not_prove() -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert ". .ci/browser" in run
    _, found, end = run.split('step "done"')[1].partition('"${unproved[@]}"')
    assert found and "NOT PROVED" in end
    assert end.rstrip().splitlines()[-1].startswith("tail -n 1"), "and the last line is pytest's"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
