"""Hands pictures from the run to the browser's threads, and presses back: all that both threads share."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image

from firmware.i18n.catalog import Language
from firmware.verdict.engine import Snapshot
from hw.queued_buttons import ButtonName, QueuedButtons
from hw.types import ButtonPress


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFrame:
    """One picture for the browser. ``level`` and ``lang`` are for people who hear the page."""

    number: int
    png: bytes
    width_px: int
    height_px: int
    level: str
    lang: Language


class FrameBroker:
    """The last picture, numbered, and the waiting presses. Every method may be called from any thread."""

    def __init__(self, lang: Language) -> None:
        self._lang: Callable[[], Language] = lambda: lang
        self._changed = threading.Condition()
        self._buttons = QueuedButtons()
        self._picture: tuple[Image.Image, bytes, str, Language] | None = None
        self._frame: ShownFrame | None = None
        self._number = 0
        self._over = False

    def follow(self, lang: Callable[[], Language]) -> None:
        """Ask ``lang`` for the language at every picture: a press on the handheld may change it."""
        self._lang = lang

    def show(self, picture: Image.Image, snapshot: Snapshot) -> None:
        """Take the current picture; one that is the same as before is not published again."""
        pixels, lang = picture.tobytes(), self._lang()
        with self._changed:
            self._buttons.look_at(snapshot.t_ns)
            if self._picture is not None and self._picture[1] == pixels:
                return
            self._picture = (picture, pixels, snapshot.verdict.level.value, lang)
            self._frame = None
            self._number += 1
            self._changed.notify_all()

    def press(self, button: ButtonName, *, long: bool) -> None:
        """Queue a press from the page; where too many wait, the oldest is dropped."""
        self._buttons.press(button, long=long)

    def poll(self) -> Sequence[ButtonPress]:
        """Return the presses since the last time, at the time of the picture that they answered."""
        return self._buttons.poll()

    def wait(self, seen: int, timeout_s: float) -> ShownFrame | None:
        """Return the newest frame as soon as it is another than ``seen``; None if none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._number > seen, timeout_s)
            return self._latest() if self._number > seen else None

    def latest(self) -> ShownFrame | None:
        """Return the newest frame."""
        with self._changed:
            return self._latest()

    def end(self) -> None:
        """Wake every waiting thread, for the last time."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    @property
    def over(self) -> bool:
        """True once the run has ended."""
        return self._over

    def _latest(self) -> ShownFrame | None:
        """Return the newest frame, made when somebody first asks for it."""
        if self._picture is None:
            return None
        if self._frame is None:
            picture, _, level, lang = self._picture
            file = io.BytesIO()
            picture.save(file, "PNG", compress_level=1)
            self._frame = ShownFrame(
                number=self._number,
                png=file.getvalue(),
                width_px=picture.width,
                height_px=picture.height,
                level=level,
                lang=lang,
            )
        return self._frame
