"""The same record gives the same bytes in every process; and a page is small, and soon there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from report.sample import OUTCOMES
from report.sample_kinds import KINDS
from report.worst import worst

HASHED = """
import hashlib, json
from autorecur import report
from report.sample import OUTCOMES, record
from report.sample_kinds import KINDS, of_kind
records = {**{name: record(name) for name in OUTCOMES}, **{name: of_kind(name) for name in KINDS}}
texts = {f"{name}{suffix}": report.render(made, suffix)
         for name, made in records.items() for suffix in (".html", ".md", ".json")}
for name, made in records.items():
    texts[f"{name} terminal"] = report.terminal(made, colour=True)
    texts |= {f"{name} {mime}": text for mime, text in report.notebook(made).items()}
texts |= {f"beside{suffix}": report.compare(list(records.values()), suffix)
          for suffix in (".html", ".md")}
print(json.dumps({name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}))
"""
DRAWN = """
import os, sys, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from pathlib import Path
from autorecur import report
from autorecur.record import read
report.write(read(sys.argv[1]), sys.argv[2], expanded=True)
print(time.process_time())
"""
SECONDS, BYTES = 5.0, 1_000_000


def begun(code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **environment},
    )


def ended(process: subprocess.Popen[str]) -> Any:
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return json.loads(out)


def test_two_processes_with_other_hashes_give_the_same_bytes() -> None:
    both = [begun(HASHED, PYTHONHASHSEED=seed) for seed in ("1", "2")]
    one, other = map(ended, both)
    assert one == other
    assert len(one) == (3 + 1 + 3) * len((*OUTCOMES, *KINDS)) + 2
    assert len(set(one.values())) > len(one) - 10, "and they are of something"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="it takes Linux to keep to a core")
@pytest.mark.parametrize("kind", ["forecast", "classes"])
@pytest.mark.parametrize("trials", [200, 400])
def test_the_largest_page_is_drawn_on_one_core_in_five_seconds(
    kind: str, trials: int, tmp_path: Path
) -> None:
    """From the file to the page, imports included: in seconds of that core, whoever else has it."""
    worst(kind, trials).write(tmp_path)
    seconds = ended(begun(DRAWN, str(tmp_path / "record.json"), str(tmp_path / "page.html")))
    assert seconds < SECONDS
    assert (tmp_path / "page.html").stat().st_size < BYTES
