"""What the RF sense says of one transmission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

EmissionKind = Literal[
    "analog-video-pal",
    "analog-video-ntsc",
    "cofdm",
    "cellular-uplink",
    "wideband-local",
    "narrowband-local",
    "known-service",
    "self-noise",
    "unknown",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """One transmission, as tracked over the sweeps so far.

    ``scores`` are named probabilities 0…1 and ``measures`` the numbers (dB, Hz) behind them. ``service``
    names the known service where ``kind`` is ``known-service``; ``channel`` the camera channel it sits on.
    """

    id: str
    center_hz: float
    bandwidth_hz: float
    snr_db: float
    kind: EmissionKind
    scores: Mapping[str, float]
    first_ns: int
    last_ns: int
    hits: int
    service: str | None = None
    channel: str | None = None
    measures: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the ``emission`` line of the JSON-lines contract."""
        return {
            "type": "emission",
            "center_hz": self.center_hz,
            "bandwidth_hz": self.bandwidth_hz,
            "snr_db": self.snr_db,
            "kind": self.kind,
            "service": self.service,
            "channel": self.channel,
            "scores": dict(self.scores),
            "measures": dict(self.measures),
            "first_ns": self.first_ns,
            "last_ns": self.last_ns,
            "hits": self.hits,
        }
