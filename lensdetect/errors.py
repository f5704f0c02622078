"""Errors of the optical sense. Bad pictures are counted with a reason, never raised.

::

    LensError                what, why, what to do
    ├── BadConditions        (ValueError)  a calibration refused: the reason says what was wrong
    ├── BadCalibration       (ValueError)  a stored calibration that cannot be read
    ├── BadModel             (ValueError)  weights of the score that do not fit the program
    └── UnsafeLight          (ValueError)  lights stronger than an eye may look into
"""

from __future__ import annotations


class LensError(Exception):
    """Root of what can go wrong in the optical sense."""

    def __init__(self, what: str, *, reason: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what, self.reason, self.hint = what, reason, hint

    def __str__(self) -> str:
        return f"{self.what}. {self.hint}" if self.hint else self.what


class BadConditions(LensError, ValueError):
    """A calibration was refused, because what was measured cannot be trusted."""


class BadCalibration(LensError, ValueError):
    """A stored calibration cannot be read."""


class BadModel(LensError, ValueError):
    """The weights of the score do not fit the program."""


class UnsafeLight(LensError, ValueError):
    """The lights are stronger than an eye may look into: they are never switched on."""
