"""Errors of the RF sense.

::

    SweeperError            what, why, what to do
    ├── BadSamples          (ValueError)  samples that cannot be what a receiver gives
    ├── BadBands            (ValueError)  a band table with a mistake in it
    └── BadProfile          (ValueError)  a self-noise profile or reference that cannot be used
"""

from __future__ import annotations


class SweeperError(Exception):
    """Root of what can go wrong in the RF sense."""

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}. {self.hint}" if self.hint else self.what


class BadSamples(SweeperError, ValueError):
    """Samples of the wrong type, shape or content. ``reason`` is the word under which they are counted."""

    def __init__(self, what: str, *, reason: str, hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.reason = reason


class BadBands(SweeperError, ValueError):
    """A band table that contradicts itself."""


class BadProfile(SweeperError, ValueError):
    """A self-noise profile or a reference sweep that cannot be used."""
