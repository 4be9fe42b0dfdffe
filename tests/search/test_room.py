"""Memory that a machine has and a container has not is no room for workers."""

from __future__ import annotations

import resource
from pathlib import Path
from types import SimpleNamespace

import pytest

from autorecur.search import room

GB = 1_000_000_000


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of 64 GB, 40 of them free, without control groups."""
    memory = SimpleNamespace(total=64 * GB, available=40 * GB)
    monkeypatch.setattr(room.psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(room, "CGROUPS", tmp_path)
    monkeypatch.setattr(room, "OWN_CGROUP", tmp_path / "own")
    monkeypatch.setattr(resource, "getrlimit", lambda which: (resource.RLIM_INFINITY,) * 2)
    return tmp_path


def group(folder: Path, names: tuple[str, str, str], limit: str, used: int, cached: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 1\n{names[2]} {cached}\n")


def test_a_machine_of_its_own(machine: Path) -> None:
    assert room.available_bytes() == 40 * GB
    assert room.workers_in_memory() == 30
    assert room.growth_bytes(2) == room.MOST_GROWTH
    assert room.growth_bytes(16) == 2 * GB


@pytest.mark.parametrize("version", [1, 2])
def test_a_container(version: int, machine: Path) -> None:
    names = room._NAMES[version]
    root = machine / "memory" if version == 1 else machine
    (machine / "own").write_text("3:cpu:/x\n5:memory:/a/b\n" if version == 1 else "0::/a/b\n")
    group(root / "a" / "b", names, "max", 2 * GB, 0)
    assert room.available_bytes() == 40 * GB
    group(root / "a", names, str(4 * GB), 2 * GB, GB)  # the one around it counts too
    assert room.available_bytes() == 3 * GB
    assert room.workers_in_memory() == 2
    assert room.growth_bytes(2) == GB
    group(root / "a" / "b", names, str(2 * GB), 2 * GB, 0)
    assert room.available_bytes() == 0
    assert room.workers_in_memory() == 1
    assert room.growth_bytes(2) == room.LEAST_GROWTH


def test_a_limit_on_each_process_leaves_room_to_grow(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit, growth in ((12 * GB, 5 * GB), (3 * GB, room.LEAST_GROWTH), (GB, room.LEAST_GROWTH)):
        monkeypatch.setattr(resource, "getrlimit", lambda which, limit=limit: (limit, limit))
        assert room.growth_bytes(2) == growth
        assert room.workers_in_memory() == 30  # each has that much for itself
