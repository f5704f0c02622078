"""Tells systemd that ansim is ready, alive or stopping; outside a service it does nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

US_PER_S = 1e6


class Notifier:
    """Sends notifications to systemd. ``environ`` holds ``NOTIFY_SOCKET`` and ``WATCHDOG_USEC``."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._link: Any = None
        micros = environ.get("WATCHDOG_USEC", "")
        self._watchdog_s = int(micros) / US_PER_S if micros.isascii() and micros.isdigit() else None
        if environ.get("NOTIFY_SOCKET"):
            try:
                self._link = import_module("sdnotify").SystemdNotifier()
            except ImportError:  # the unit then times out and its log says that READY never came
                self._link = None

    @property
    def interval_s(self) -> float | None:
        """Interval at which to call `alive`, s: half the unit's watchdog; None where it has none."""
        return None if self._watchdog_s is None else self._watchdog_s / 2

    def ready(self, status: str = "") -> None:
        """Notify that the start is over; call it once the engine runs, whatever sensors are missing."""
        self._tell(f"READY=1\nSTATUS={_one_line(status)}")

    def alive(self, status: str = "") -> None:
        """Notify that the main loop still runs. Never call it from a thread that would outlive the loop."""
        self._tell(f"WATCHDOG=1\nSTATUS={_one_line(status)}" if status else "WATCHDOG=1")

    def stopping(self) -> None:
        """Notify that the program ends on purpose."""
        self._tell("STOPPING=1")

    def _tell(self, message: str) -> None:
        if self._link is not None:
            self._link.notify(message)


def _one_line(status: str) -> str:
    return " ".join(status.split())
