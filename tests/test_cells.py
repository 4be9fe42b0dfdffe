"""The progress in a notebook: a real kernel runs the cell, and its messages are looked at."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from autorecur.cells import in_notebook

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 180.0

FIT = """
import autorecur, warnings
run = autorecur.fit({table!r}, target="co2", time="date", horizon=13, budget="4trainings",
                    seed=1, workers=1, out={out!r})
run
"""


# A disk that takes a third of a second for a megabyte.
SLOW_READ = """
import time
from autorecur.data import watched
real, usual = watched._Counted.readinto, watched.EVERY_SECONDS
def slow(self, buffer):
    time.sleep(0.3)
    return real(self, buffer)
watched._Counted.readinto, watched.EVERY_SECONDS = slow, 0.6
try:
    autorecur.fit({table!r}, target="nowhere", budget="4trainings", workers=1)
except autorecur.AutorecurError as error:
    print(error)
finally:
    watched._Counted.readinto, watched.EVERY_SECONDS = real, usual
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[BlockingKernelClient]:
    manager = KernelManager()
    manager.kernel_spec.argv[0] = sys.executable
    manager.start_kernel(cwd=str(ROOT))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE_SECONDS)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def told(kernel: BlockingKernelClient, code: str) -> list[dict[str, Any]]:
    """What the cell sends to the page, in order; fails where it raises."""
    asked, found = kernel.execute(code), []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        message = kernel.get_iopub_msg(timeout=deadline - time.monotonic())
        if message["parent_header"].get("msg_id") != asked:
            continue
        content = message["content"]
        assert message["msg_type"] != "error", "\n".join(content["traceback"])
        if message["msg_type"] == "status" and content["execution_state"] == "idle":
            return found
        found.append({"type": message["msg_type"], **content})


def test_a_run_shows_its_progress_and_then_its_first_screen(
    kernel: BlockingKernelClient, tmp_path: Path
) -> None:
    table = ROOT / "data" / "co2_weekly.csv"
    messages = told(kernel, FIT.format(table=str(table), out=str(tmp_path / "run")))
    shown = [each for each in messages if each["type"] == "display_data"]
    updates = [each for each in messages if each["type"] == "update_display_data"]
    assert len(shown) == 1, "one place below the cell, updated"
    assert "reading" in shown[0]["data"]["text/plain"]
    assert {each["transient"]["display_id"] for each in updates} == {
        shown[0]["transient"]["display_id"]
    }
    last = updates[-1]["data"]
    assert "training" in last["text/plain"] and "MAE" in last["text/plain"]
    assert last["text/plain"].startswith("co2_weekly → co2   report   training 4 of about 4")
    under_way = [
        re.search(r"^now      (LSTM|GRU) \d × \d+ seed \d+  \d:\d\d", each, re.M)
        for each in (update["data"]["text/plain"] for update in updates)
    ]
    assert {found[1] for found in under_way if found} == {"LSTM", "GRU"}
    assert last["text/html"].startswith("<pre>") and "<script" not in last["text/html"]
    assert all(len(each["data"]["text/plain"].splitlines()) <= 5 for each in updates)
    (result,) = (each["data"] for each in messages if each["type"] == "execute_result")
    assert 'class="autorecur"' in result["text/html"]
    assert result["text/markdown"].startswith("# ")
    assert "<" not in result["text/plain"]


# The second event comes close after the first, and none after that.
BURST = """
import threading, time
from autorecur.cells import CellProgress
from autorecur.search.events import Event
with CellProgress() as listen:
    listen(Event("stage", 0.0, 60.0, stage="search"))
    listen(Event("stage", 0.01, 60.0, stage="duel"))
    time.sleep(1.6)
    moving = threading.active_count()
    listen(Event("note", 1.6, 60.0, text="the last word"))
print(moving - threading.active_count())
"""


def test_what_comes_close_after_another_is_seen_and_the_clock_moves(
    kernel: BlockingKernelClient,
) -> None:
    """Without a further event: before, a stage stayed hidden until the next training was over."""
    messages = told(kernel, BURST)
    shown = [each["data"]["text/plain"] for each in messages if "data" in each]
    assert shown[0].startswith("search") and shown[1].startswith("duel")
    spent = [text.split("  ends by")[0][-13:] for text in shown]
    assert spent[0] == " 0:00 of 1:00" and " 0:01 of 1:00" in spent
    assert "the last word" in shown[-1] and not any("last word" in each for each in shown[:-1])
    assert len(shown) == len(set(shown)), "drawn where it is another than before, and only then"
    assert len(shown) <= 6
    assert messages[-1]["text"] == "1\n", "the thread that draws ends with the run"
    places = {each["transient"]["display_id"] for each in messages if "data" in each}
    assert len(places) == 1


def test_a_long_read_is_seen_in_the_cell(kernel: BlockingKernelClient, tmp_path: Path) -> None:
    table = tmp_path / "wide.csv"
    table.write_text("ds,load\n" + "2020-01-01,1.5\n" * 400_000)
    messages = told(kernel, "import autorecur" + SLOW_READ.format(table=str(table)))
    shown = [each["data"]["text/plain"] for each in messages if "data" in each]
    for doing in ("looked through", "read"):
        assert any(re.search(rf"note +wide\.csv: \d of 6 MB {doing}$", text) for text in shown)
    assert "nowhere" in messages[-1]["text"]


def test_what_the_user_gave_takes_the_place_of_the_display(kernel: BlockingKernelClient) -> None:
    code = """
import autorecur
heard = []
try:
    autorecur.fit("nowhere.csv", budget="4trainings", workers=1, listener=heard.append)
except autorecur.AutorecurError as error:
    print(error, len(heard))
"""
    messages = told(kernel, code)
    quiet = ("status", "execute_input")
    assert [each["type"] for each in messages if each["type"] not in quiet] == ["stream"]
    assert "nowhere.csv" in messages[-1]["text"]


def test_neither_a_script_nor_an_ipython_in_a_terminal_is_a_notebook() -> None:
    assert not in_notebook()
    code = "from autorecur.cells import in_notebook; print('notebook', in_notebook())"
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert "notebook False" in done.stdout
