"""Recorded buttons: each press comes again at its session time."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from hw.config import HwConfig
from hw.protocols import Clock
from hw.replay.device import RecordedDevice
from hw.replay.jsonl import read_lines, whole
from hw.replay.session import Parts, open_parts
from hw.types import ButtonPress

BUTTONS: dict[str, Literal["up", "down", "ok", "back"]] = {
    "up": "up",
    "down": "down",
    "ok": "ok",
    "back": "back",
}
MOST_PRESSES = 100_000


class RecordedButtons(RecordedDevice):
    """Gives the recorded presses. After the last one no more come, which is not the end of the run."""

    def __init__(self, *, parts: Parts, clock: Clock) -> None:
        super().__init__(role="buttons", parts=parts, clock=clock)
        self._presses: deque[ButtonPress] = deque()
        for entry in read_lines(parts.buttons[0], self.dropped):
            press = _press(entry)
            if press is None or len(self._presses) >= MOST_PRESSES:
                self.dropped["bad_press"] += 1
            else:
                self._presses.append(press)

    def poll(self) -> Sequence[ButtonPress]:
        """Return the presses whose time has come since the last call."""
        self._begin()
        due: list[ButtonPress] = []
        while self._presses and self._presses[0].t_ns <= self._clock.now_ns():
            due.append(self._presses.popleft())
        return due


def open_buttons(*, target: str, config: HwConfig, clock: Clock) -> RecordedButtons:  # noqa: ARG001 - kit factory
    """Open the recorded buttons of a session."""
    return RecordedButtons(parts=open_parts(target, "buttons"), clock=clock)


def _press(entry: Mapping[str, Any]) -> ButtonPress | None:
    t_ns, button = whole(entry, "t_ns"), BUTTONS.get(str(entry.get("button")))
    if t_ns is None or button is None:
        return None
    return ButtonPress(t_ns=t_ns, button=button, long=entry.get("long") is True)
