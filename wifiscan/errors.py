"""Errors of the radio sensors.

::

    WifiScanError (AnsimError)  what, why, what to do
    ├── BadSignatures           (ValueError)       the rule file or the model file has mistakes
    └── LanRefused              (PermissionError)  an active look-up that was not asked for, or not allowed
"""

from __future__ import annotations

from enum import StrEnum

from hw.errors import AnsimError


class DropReason(StrEnum):
    """Reasons for leaving a frame out, in one word that a screen can translate."""

    BAD_FILE = "bad_file"
    NOT_ASKED = "not_asked"


class WifiScanError(AnsimError):
    """Root of what can go wrong here; bad frames are counted, never raised."""

    reason: DropReason = DropReason.BAD_FILE


class BadSignatures(WifiScanError, ValueError):
    """A file of rules or weights with mistakes; all of them are named at once."""


class LanRefused(WifiScanError, PermissionError):
    """Something would have been sent that nobody asked for."""

    reason = DropReason.NOT_ASKED
