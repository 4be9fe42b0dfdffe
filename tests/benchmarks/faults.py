"""What goes wrong around a run, done to real ones: kills, a worker that hangs, no room, no memory.

    python tests/benchmarks/faults.py [--budget 45s] [--only "parent killed" …] [--seed 1]

After each, the run must end well and say what happened, or be refused in one sentence, or
`--resume` must end it; and no training that was finished may be trained again, by the journal. The
exit code is 1 where something else came of it. Small file systems are mounted, which wants root;
without it those rows are left out, and said to be. Needs the developers' data sets.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from every_kind import DATASETS, TABLES

LEFT = ("record.json", "report.html", "predictions.csv")
SCORED = ("FINISHED", "STOPPED", "DEADLINE")
PATIENCE = 600.0
NO_NUMBER = """
import sys, autorecur
space = {"learning_rate": (1e30,), "normalisation": ("none",), "linear": (False,)}
autorecur.fit(sys.argv[1], "OT", time="date", horizon=24, budget=sys.argv[2], out=sys.argv[3],
              space=space)
"""


class Started:
    """A run of the command line, in a process of its own."""

    def __init__(self, folder: Path, budget: str, *more: str, **process: Any) -> None:
        file, flags, _ = TABLES["etth1"]
        self.folder = folder
        command = [sys.executable, "-m", "autorecur", "fit", str(DATASETS / file), *flags]
        command += ["--budget", budget, "--seed", "3", "--out", str(folder), *more]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **process
        )

    def workers(self) -> list[int]:
        """The processes that train: those children that this run's journal waits for."""
        found = []
        for each in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, IndexError, ValueError):
                parent = int((each / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.process.pid and b"loky" in (each / "cmdline").read_bytes():
                    found.append(int(each.name))
        return [pid for pid in found if b"popen_loky" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def end(self) -> tuple[int, str]:
        """Its exit code, and the last line that it said."""
        try:
            said = self.process.communicate(timeout=PATIENCE)[1].strip().splitlines()
        except subprocess.TimeoutExpired:
            self.process.kill()
            return -1, f"no end within {PATIENCE:.0f} s"
        return self.process.returncode, said[-1] if said else ""


def lines(folder: Path) -> list[dict[str, Any]]:
    try:
        text = (folder / "journal.jsonl").read_text(encoding="utf-8")
    except OSError:
        return []
    whole = text[: text.rfind("\n") + 1].splitlines()
    return [event for line in whole if (event := json.loads(line))["event"] == "training"]


def again(folder: Path) -> int:
    """How many finished trainings were trained again."""
    asked = Counter(
        (line["order"], json.dumps(line["candidate"]), line["asked_steps"])
        for line in lines(folder)
        if line["status"] in SCORED
    )
    return sum(asked.values()) - len(asked)


def until(count: int, run: Started) -> None:
    """Wait until so many trainings are over."""
    end = time.monotonic() + PATIENCE
    while len(lines(run.folder)) < count and run.process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)


# --- the faults: each does its worst, and returns what the run said -----------------------------


def worker_killed(folder: Path, budget: str) -> tuple[int, str]:
    run = Started(folder, budget)
    until(3, run)
    os.kill(run.workers()[0], signal.SIGKILL)
    return run.end()


def worker_asleep(folder: Path, budget: str) -> tuple[int, str]:
    """Stopped for ever: it neither works nor answers, and is still there."""
    run = Started(folder, budget)
    until(3, run)
    os.kill(run.workers()[0], signal.SIGSTOP)
    return run.end()


def parent_killed_after(seconds: float, workers_too: bool) -> Callable[..., tuple[int, str]]:
    def kill(folder: Path, budget: str) -> tuple[int, str]:
        run = Started(folder, budget)
        time.sleep(seconds)
        doomed = [run.process.pid, *(run.workers() if workers_too else ())]
        for pid in doomed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        run.end()
        return resumed(folder, budget)

    return kill


def resumed(folder: Path, budget: str) -> tuple[int, str]:
    """Where it was killed before it had begun, there is nothing to go on with: begun anew."""
    there = (folder / "journal.jsonl").exists()
    return Started(folder, budget, *(["--resume"] if there else [])).end()


def no_number(folder: Path, budget: str) -> tuple[int, str]:
    file = str(DATASETS / TABLES["etth1"][0])
    done = subprocess.run(
        [sys.executable, "-c", NO_NUMBER, file, budget, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stderr.strip().splitlines()
    return done.returncode, said[-1] if said else ""


def disk_full(folder: Path, budget: str) -> tuple[int, str]:
    with mounted(folder.parent / "small", "size=1400k") as small:
        code, said = Started(small / "run", budget).end()
        subprocess.run(["mount", "-o", "remount,size=200m", str(small)], check=True)
        if code == 2:
            code, then = resumed(small / "run", budget)
            said = f"{said} … resumed: {then}"
        subprocess.run(["cp", "-r", str(small / "run"), str(folder)], check=True)
    return code, said


def folder_read_only(folder: Path, budget: str) -> tuple[int, str]:
    with mounted(folder.parent / "fixed", "size=1m") as fixed:
        subprocess.run(["mount", "-o", "remount,ro", str(fixed)], check=True)
        return Started(fixed / "run", budget).end()


def memory_limited(gigabytes: float) -> Callable[..., tuple[int, str]]:
    def limited(folder: Path, budget: str) -> tuple[int, str]:
        most = int(gigabytes * 2**30)

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_AS, (most, most))

        return Started(folder, budget, preexec_fn=limit).end()

    return limited


@contextmanager
def mounted(place: Path, options: str) -> Iterator[Path]:
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def faults(seed: int, seconds: float) -> dict[str, Callable[..., tuple[int, str]]]:
    draw = random.Random(seed)
    moments = sorted(draw.uniform(1.0, 0.97 * seconds) for _ in range(10))
    killed = {
        f"parent{' and workers' if place % 2 else ''} killed after {moment:.1f} s": (
            parent_killed_after(moment, workers_too=bool(place % 2))
        )
        for place, moment in enumerate(moments)
    }
    return {
        "a worker killed": worker_killed,
        "a worker asleep for ever": worker_asleep,
        **killed,
        "every loss not a number": no_number,
        "disk full": disk_full,
        "folder read-only": folder_read_only,
        "memory limited to 12 GiB": memory_limited(12),
        "memory limited to 3 GiB": memory_limited(3),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=int, default=45, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=[""], help="beginnings of faults' names")
    given = parser.parse_args(arguments)
    if not DATASETS.is_dir():
        print(f"there is no folder {DATASETS}: the developers' data sets are needed")
        return 2
    print("| fault | exit code | ended by | outcome | trained again | trainings | said |")
    print("|---|---|---|---|---|---|---|")
    broken = 0
    for name, fault in faults(given.seed, given.budget).items():
        if not name.startswith(tuple(given.only)):
            continue
        if fault in (disk_full, folder_read_only) and os.geteuid() != 0:
            print(f"| {name} | left out: nothing can be mounted without root |")
            continue
        with tempfile.TemporaryDirectory() as temporary:
            broken += not _row(name, fault, Path(temporary) / "run", f"{given.budget}s")
    print(f"{broken} of these ended otherwise than they should")
    return 1 if broken else 0


def _row(name: str, fault: Callable[..., tuple[int, str]], folder: Path, budget: str) -> bool:
    """Whether it ended as it should; prints what came of it."""
    code, said = fault(folder, budget)
    twice, whole = again(folder), all((folder / each).is_file() for each in LEFT)
    record = json.loads((folder / "record.json").read_text()) if whole else {}
    lost = Counter(
        trial["sentence"] for trial in record.get("trials", ()) if trial["score"] is None
    )
    refused = code == 2 and said.startswith("autorecur: ") and "Traceback" not in said
    said = "; ".join([said, *(f"{times} × {why}" for why, times in lost.items())])
    cells = (
        name,
        code,
        record.get("budget", {}).get("ended_by", "–"),
        record.get("verdict", {}).get("outcome", "–"),
        twice,
        len(lines(folder)),
        said.replace("|", "/")[:300],
    )
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    # Where nothing was trained there is no network, and the record says so.
    model = (folder / "model.keras").is_file() or not any(
        trial["score"] is not None for trial in record.get("trials", ())
    )
    return not twice and (refused or (code == 0 and whole and model))


if __name__ == "__main__":
    sys.exit(main())
