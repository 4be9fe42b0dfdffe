"""A real headless Chromium over its debugging pipe: no driver, no socket, no library."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
# Deque's checker of accessibility, a file of the npm package axe-core; `.ci/run` fetches it.
AXE = os.environ.get("AUTORECUR_AXE")
# What `.ci/run` could have, so that a test which lacks it has to fail.
REQUIRED = frozenset(os.environ.get("AUTORECUR_REQUIRES", "").split())
PATIENCE_SECONDS = 60


def need(name: str, place: str | None, required: frozenset[str] = REQUIRED) -> Path:
    """Where a thing is that a test needs; without it the test skips, or fails where it must be."""
    if place is not None and Path(place).is_file():
        return Path(place)
    said = f"{name} is not installed" if place is None else f"{name} is not at {place}"
    if name in required:
        pytest.fail(f"{said}, and AUTORECUR_REQUIRES asks for it: the page is not proved", False)
    pytest.skip(said)


class Browser:
    """One browser with one tab, a context manager.

    `requests` and `complaints` gather what the pages asked for and complained about.
    """

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM is not None
        inner, self._write = os.pipe()
        self._read, outer = os.pipe()
        # The pipe's ends must be descriptors 3 and 4 in the browser; a shell puts them there, from
        # higher ones that it cannot overwrite on the way.
        to_browser, from_browser = (fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (inner, outer))
        os.close(inner)
        os.close(outer)
        script = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        self._process = subprocess.Popen(
            [
                "bash",
                "-c",
                script,
                "bash",
                CHROMIUM,
                *FLAGS,
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._rest, self._number, self._session = b"", 0, None
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._loaded = False

    def __enter__(self) -> Self:
        targets = self._send("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        attached = self._send("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._send(f"{domain}.enable")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(Exception):
            self._send("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._write)
        os.close(self._read)

    def open(self, path: Path, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Load a file; returns when it has loaded."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self._send("Emulation.setEmulatedMedia", features=[scheme])
        self._loaded = False
        self._send("Page.navigate", url=path.resolve().as_uri())
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._loaded:
            self._receive(deadline)

    def value(self, expression: str) -> Any:
        """What an expression is worth in the page, or what it promises."""
        asked = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        result = self._send("Runtime.evaluate", **asked)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def screenshot(self, whole: bool = False) -> bytes:
        """The window, or the whole page, as PNG."""
        options: dict[str, Any] = {"format": "png"}
        if whole:
            size = self._send("Page.getLayoutMetrics")["cssContentSize"]
            options |= {
                "captureBeyondViewport": True,
                "clip": {
                    "x": 0,
                    "y": 0,
                    "width": size["width"],
                    "height": size["height"],
                    "scale": 1,
                },
            }
        return base64.b64decode(self._send("Page.captureScreenshot", **options)["data"])

    def print_media(self, on: bool) -> None:
        """Show the page as it prints, or as on a screen again."""
        self._send("Emulation.setEmulatedMedia", media="print" if on else "")

    def pdf(self) -> bytes:
        """The page as it prints."""
        return base64.b64decode(self._send("Page.printToPDF", printBackground=False)["data"])

    def _send(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session and not method.startswith(("Target.", "Browser.")):
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self._receive(deadline)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _receive(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            read = os.read(self._read, 1 << 20)
            if not read:
                raise RuntimeError("the browser ended")
            self._rest += read
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, told: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            self.complaints.append(json.dumps(told)[:400])
        elif method == "Page.loadEventFired":
            self._loaded = True


def main(page: str, folder: str) -> None:
    """Take the pictures that a person looks at: 1280 and 390 wide, light, dark, and the print."""
    import tempfile

    with tempfile.TemporaryDirectory() as profile, Browser(Path(profile)) as browser:
        for width in (1280, 390):
            for dark in (False, True):
                browser.open(Path(page), width, 900, dark)
                name = f"{width}-{'dark' if dark else 'light'}.png"
                (Path(folder) / name).write_bytes(browser.screenshot(whole=True))
        (Path(folder) / "print.pdf").write_bytes(browser.pdf())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
