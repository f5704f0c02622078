"""Errors of the RF sensor.

::

    SweeperError (AnsimError) what, why, what to do
    ├── BadSamples          (ValueError)  samples that cannot be what a receiver gives
    ├── BadBands            (ValueError)  a band table with a mistake in it
    ├── OutOfReach          (ValueError)  ranges that the receiver does not tune to
    └── BadProfile          (ValueError)  a self-noise profile or reference that cannot be used
"""

from __future__ import annotations

from hw.errors import AnsimError


class SweeperError(AnsimError):
    """Root of what can go wrong in the RF sensor."""


class BadSamples(SweeperError, ValueError):
    """Samples of the wrong type, shape or content. ``reason`` is the word under which they are counted."""

    def __init__(self, what: str, *, reason: str, hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.reason = reason


class BadBands(SweeperError, ValueError):
    """A band table that contradicts itself."""


class OutOfReach(SweeperError, ValueError):
    """Frequencies were asked for to which this receiver does not tune."""


class BadProfile(SweeperError, ValueError):
    """A self-noise profile or a reference sweep that cannot be used."""
