"""A browser without a driver: Chromium's DevTools protocol over a pair of pipes (--remote-debugging-pipe)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--remote-debugging-pipe",
)  # fmt: skip
WAIT_S = 20.0


class Browser:
    """One page. What is asked of it waits for its answer; events are read over."""

    def __init__(self, speak: int, hear: int) -> None:
        self._speak, self._hear = os.fdopen(speak, "wb", buffering=0), os.fdopen(hear, "rb", buffering=0)
        self._rest, self._number, self._session = b"", 0, ""
        page = self.say("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.say("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]

    def say(self, method: str, **params: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._speak.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = self._hear.read(65536)
            assert more, "the browser has gone"
            self._rest += more
        one, self._rest = self._rest.split(b"\0", 1)
        return json.loads(one)  # type: ignore[no-any-return]

    def open(self, url: str, *, width: int, height: int) -> None:
        self.resize(width, height)
        self.say("Page.navigate", url=url)

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.say("Emulation.setDeviceMetricsOverride", **size)

    def run(self, expression: str) -> Any:
        return self.say("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def until(self, expression: str, *, wait_s: float = WAIT_S) -> None:
        end = time.monotonic() + wait_s
        while not self.run(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.05)

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)

    def key(self, name: str, held_s: float) -> None:
        self.say("Input.dispatchKeyEvent", type="keyDown", key=name)
        time.sleep(held_s)
        self.say("Input.dispatchKeyEvent", type="keyUp", key=name)

    def click(self, button: str, held_s: float) -> None:
        box = (
            f"(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector('[data-button={button}]')"
        )
        x, y = self.run(box + ".getBoundingClientRect())")
        at = {"x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}
        self.say("Input.dispatchMouseEvent", type="mousePressed", **at)
        time.sleep(held_s)
        self.say("Input.dispatchMouseEvent", type="mouseReleased", **at)

    def shot(self, path: Path, *, box: tuple[float, float, float, float] | None = None) -> None:
        clip = {}
        if box is not None:
            clip = {"clip": dict(zip(("x", "y", "width", "height"), box, strict=True)) | {"scale": 1}}
        path.write_bytes(b64decode(self.say("Page.captureScreenshot", format="png", **clip)["data"]))

    def close(self) -> None:
        self._session = ""
        self.say("Browser.close")
        self._speak.close()
        self._hear.close()


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start a browser with an empty profile, and end it."""
    theirs_in, speak = os.pipe()
    hear, theirs_out = os.pipe()
    start = f'exec 3<&{theirs_in} 4>&{theirs_out}; exec "$0" "$@"'
    command = ("bash", "-c", start, str(BROWSER), *FLAGS, f"--user-data-dir={folder}", "about:blank")
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, pass_fds=(theirs_in, theirs_out)) as process:
        os.close(theirs_in)
        os.close(theirs_out)
        opened = Browser(speak, hear)
        try:
            yield opened
        finally:
            opened.close()
            process.wait(WAIT_S)
