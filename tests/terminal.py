"""A terminal for tests: a command runs on it, and what is on its screen is read."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.cells import cell_len

__all__ = ["Screen", "on_a_terminal"]

PATIENCE_SECONDS = 240.0
# What our displays send: colours, the cursor up, a line erased, the cursor hidden and shown.
SENT = re.compile(r"\x1b\[(?:(?P<up>\d+)A|(?P<erased>2K)|\?25[lh]|[\d;]*m)|(?P<sign>.)", re.DOTALL)


@dataclass
class Screen:
    """Lines as a person sees them in the end, and how far right anything ever stood."""

    width: int
    lines: list[str] = field(default_factory=lambda: [""])
    widest: int = 0
    _row: int = 0
    _column: int = 0

    def take(self, text: str) -> Screen:
        """Show what a command has sent; fails where it sends anything but what is known above."""
        for found in SENT.finditer(text):
            if found["up"]:
                self._row = max(0, self._row - int(found["up"]))
            elif found["erased"]:
                self.lines[self._row] = ""
            elif found["sign"]:
                self._sign(found["sign"])
        return self

    def _sign(self, sign: str) -> None:
        if sign == "\r":
            self._column = 0
        elif sign == "\n":
            self._row += 1
            self.lines += [""] * (self._row + 1 - len(self.lines))
        else:
            assert sign.isprintable(), f"a terminal obeys {sign!r}"
            line = self.lines[self._row].ljust(self._column)
            self.lines[self._row] = line[: self._column] + sign + line[self._column + 1 :]
            self._column += 1
            self.widest = max(self.widest, cell_len(self.lines[self._row]))

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines).strip("\n") + "\n"


def on_a_terminal(
    command: Sequence[str], width: int, folder: Path, **environment: str
) -> tuple[str, int]:
    """What `command` writes, to stdout and stderr, on a terminal of that width; its exit code."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    usual = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    child = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, cwd=folder, start_new_session=True,
        env={**usual, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **environment},
    )  # fmt: skip
    os.close(slave)
    sent = b""
    while True:
        ready, _, _ = select.select([master], [], [], PATIENCE_SECONDS)
        assert ready, "the command hangs"
        try:
            read = os.read(master, 65536)
        except OSError:  # the last one has left the terminal
            break
        if not read:
            break
        sent += read
    code = child.wait(PATIENCE_SECONDS)
    os.close(master)
    return sent.decode(), code


UNWANTED = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
