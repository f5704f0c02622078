"""Errors of the optical sensor. Bad pictures are counted with a reason, never raised.

::

    LensError (AnsimError)   what, why, what to do
    ├── BadConditions        (ValueError)  a calibration refused: the reason says what was wrong
    ├── BadCalibration       (ValueError)  a stored calibration that cannot be read
    └── BadModel             (ValueError)  weights of the score that do not fit the program
"""

from __future__ import annotations

from hw.errors import AnsimError


class LensError(AnsimError):
    """Root of what can go wrong in the optical sensor."""

    def __init__(self, what: str, *, reason: str = "", hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.reason = reason


class BadConditions(LensError, ValueError):
    """A calibration was refused, because what was measured cannot be trusted."""


class BadCalibration(LensError, ValueError):
    """A stored calibration cannot be read."""


class BadModel(LensError, ValueError):
    """The weights of the score do not fit the program."""
