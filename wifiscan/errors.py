"""Errors of the radio sense.

::

    WifiScanError               what, why, what to do
    ├── BadSignatures           (ValueError)       the rule file or the model file has mistakes
    └── LanRefused              (PermissionError)  an active look-up that was not asked for, or not allowed
"""

from __future__ import annotations

from enum import StrEnum


class DropReason(StrEnum):
    """Why, in one word that a screen can translate."""

    BAD_FILE = "bad_file"
    NOT_ASKED = "not_asked"


class WifiScanError(Exception):
    """Root of what can go wrong here; bad frames are counted, never raised."""

    reason: DropReason = DropReason.BAD_FILE

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(f"{what}. {hint}" if hint else what)
        self.what = what
        self.hint = hint


class BadSignatures(WifiScanError, ValueError):
    """A file of rules or weights with mistakes; all of them are named at once."""


class LanRefused(WifiScanError, PermissionError):
    """Something would have been sent that nobody asked for."""

    reason = DropReason.NOT_ASKED
