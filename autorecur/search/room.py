"""What memory there is: for so many workers, and for so much that one of them may grow by.

A container has less than its machine, and a user's limit on a process may be less than either.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]

__all__ = ["available_bytes", "growth_bytes", "workers_in_memory"]

# Measured: 0.4e9 when it is warm, 0.7e9 when it has trained both cells of the sound default; and
# large networks take more.
WORKER_BYTES = 1.3e9
ADDRESS_BYTES = 2.0e9  # … of address space, most of it never touched: a limit on that counts it
MOST_GROWTH, LEAST_GROWTH = 6e9, 5e8  # a new worker costs seconds
SHARE = 0.5  # of the memory, and of what a limit leaves: the rest is for what a training takes
CGROUPS, OWN_CGROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
# By version: the limit, what is used of it, and what of that is no more than cached files.
_NAMES = {
    2: ("memory.max", "memory.current", "inactive_file"),
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


def workers_in_memory() -> int:
    """How many workers there is room for, by what is free now."""
    return max(1, int(available_bytes() / WORKER_BYTES))


def available_bytes() -> float:
    """What may still be used, by the machine and by the limits that this process is under."""
    left = (limit - used for limit, used in _limits())
    return float(max(0.0, min([psutil.virtual_memory().available, *left])))


def growth_bytes(workers: int) -> float:
    """How much each of so many workers may grow by, until it is replaced by a fresh one."""
    whole = min([psutil.virtual_memory().total, *(limit for limit, _ in _limits())])
    most = min(MOST_GROWTH, SHARE * whole / workers)
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        most = min(most, SHARE * (limit - ADDRESS_BYTES))
    return float(max(LEAST_GROWTH, most))


def _limits() -> Iterator[tuple[float, float]]:
    """Of each control group that this process is in: its limit, and what is used of it."""
    try:
        lines = OWN_CGROUP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        version = 1 if controllers else 2
        if controllers and "memory" not in controllers.split(","):
            continue
        root = CGROUPS / "memory" if version == 1 else CGROUPS
        folder = root / path.lstrip("/")
        for each in (folder, *folder.parents):
            if each.is_relative_to(root) and (found := _limit(each, *_NAMES[version])):
                yield found


def _limit(folder: Path, limit: str, used: str, cached: str) -> tuple[float, float] | None:
    """None where there is none, or where it cannot be read."""
    try:
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        most, now = (int((folder / name).read_text()) for name in (limit, used))
        return float(most), float(now - int(stat.get(cached, 0)))
    except (OSError, ValueError):  # "max", or no such file
        return None
