"""Errors of the top floor.

::

    FirmwareError (AnsimError)   what, why, what to do
    ├── SettingsError  (ValueError)    mistakes in settings, all of them named at once: exit 2
    ├── NoSensors      (RuntimeError)  none of the sensors that were asked for could be opened
    ├── FeedTrouble    (ConnectionError) the feed cannot be served, or nobody serves it
    ├── WindowTrouble  (OSError)       the screen cannot be served to a browser
    ├── BundleTrouble  (OSError)       a support bundle cannot be written
    └── BadKnowledge   (ValueError)    a packaged table contradicts itself: a bug, not the user's
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hw.errors import AnsimError


class FirmwareError(AnsimError):
    """Root of the errors that the top floor reports to people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake in the settings: where it is, why it cannot be, and what to do."""

    key: str
    origin: str  # the file or option that said it
    why: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.key} ({self.origin}): {self.why}" + (f" → {self.hint}" if self.hint else "")


class SettingsError(FirmwareError, ValueError):
    """One or more mistakes in the settings; ``mistakes`` has every one."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        count = f"{len(self.mistakes)} mistake" + ("s" if len(self.mistakes) != 1 else "")
        listed = "".join(f"\n  • {m}" for m in self.mistakes)
        super().__init__(f"{count} in the settings:{listed}", hint="`ansim config show` lists every setting.")

    def __str__(self) -> str:
        return f"{self.what}\n{self.hint}"


class NoSensors(FirmwareError, RuntimeError):
    """None of the sensors that were asked for could be opened."""


class BadKnowledge(FirmwareError, ValueError):
    """A packaged table contradicts itself."""


class FeedTrouble(FirmwareError, ConnectionError):
    """The feed of a running unit cannot be served, or nobody serves it."""


class WindowTrouble(FirmwareError, OSError):
    """The screen cannot be served to a browser of this machine."""


class BundleTrouble(FirmwareError, OSError):
    """A support bundle cannot be written."""
