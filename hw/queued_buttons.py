"""Buttons that are pressed in a browser or on a phone: any thread may press, the run polls them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Literal, get_args

from hw.types import ButtonPress

ButtonName = Literal["up", "down", "ok", "back"]
BUTTONS: tuple[ButtonName, ...] = get_args(ButtonName)
PRESSES_MOST = 16  # that wait for the loop, which takes them ten times a second


class QueuedButtons:
    """A bounded queue of presses; where more than ``most`` wait, the oldest is dropped."""

    def __init__(self, *, most: int = PRESSES_MOST) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[tuple[ButtonName, bool]] = deque(maxlen=most)
        self._t_ns = 0

    def look_at(self, t_ns: int) -> None:
        """Set the session time of the picture that the next presses answer."""
        self._t_ns = t_ns

    def press(self, button: ButtonName, *, long: bool) -> None:
        """Press a button, or hold it."""
        with self._lock:
            self._waiting.append((button, long))

    def poll(self) -> Sequence[ButtonPress]:
        """Return the presses since the last time, at the time of the picture that they answered."""
        with self._lock:
            taken = tuple(self._waiting)
            self._waiting.clear()
        return tuple(ButtonPress(t_ns=self._t_ns, button=name, long=long) for name, long in taken)
