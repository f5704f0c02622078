"""From evidence and coverage to one verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hw.types import SensorName


class Level(StrEnum):
    """The four verdict words, weakest claim first."""

    INCONCLUSIVE = "inconclusive"
    NOTHING_FOUND = "nothing_found"
    CHECK = "check"
    LIKELY_CAMERA = "likely_camera"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one subject (or one sense's silence) added to the verdict, in nats, and why."""

    sensor: SensorName
    subject: str
    log_lr: float
    reason: str  # message key
    params: Mapping[str, str | float | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The one answer: how likely a hidden camera is, and how much of the job was done to say so.

    ``share_caught`` is the share of camera kinds (weighted) that this scan would have caught, had one been
    there. ``coverage`` is None for a sense that is missing. ``blind_to`` are the kinds that no sense of
    this scan could have caught, as message keys.
    """

    level: Level
    probability: float
    prior: float
    log_lr: float
    share_caught: float
    coverage: Mapping[SensorName, float | None]
    contributions: tuple[Contribution, ...]
    blind_to: tuple[str, ...] = ()
    next_step: str = ""  # message key of what would raise the share caught most

    def as_json(self) -> dict[str, Any]:
        """Return the ``verdict`` line of the JSON-lines contract."""
        return {
            "type": "verdict",
            "level": self.level.value,
            "probability": self.probability,
            "prior": self.prior,
            "log_lr": self.log_lr,
            "share_caught": self.share_caught,
            "coverage": {name: self.coverage.get(name) for name in ("rf", "wifi", "ble", "lens")},
            "contributions": [
                {"sensor": c.sensor, "subject": c.subject, "log_lr": c.log_lr, "reason": c.reason}
                | {"params": dict(c.params)}
                for c in self.contributions
            ],
            "blind_to": list(self.blind_to),
            "next_step": self.next_step,
        }
