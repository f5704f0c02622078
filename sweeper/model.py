"""The types of the RF sensor's observations: transmissions and their kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from hw.types import Lasting, SensorName

OVERLOAD = "overload product"  # the service of a line that the receiver makes when it is overdriven
EmissionKind = Literal[
    "analog-video-pal",
    "analog-video-ntsc",
    "steady-carrier",
    "non-wifi-energy",
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

    type_name: ClassVar[str] = "emission"
    sensor: ClassVar[SensorName] = "rf"
    lasting: ClassVar[Lasting] = "looks"

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

    @property
    def subject(self) -> str:
        """Stable key of the transmission in evidence and records."""
        return f"rf:{self.id}"

    @property
    def camera_score(self) -> float:
        """Probability 0…1 that a camera sends this, prior aside."""
        return self.scores.get("camera", 0.0)

    @property
    def level_db(self) -> float | None:
        """Signal-to-noise ratio, dB."""
        return self.snr_db

    @property
    def from_outside(self) -> bool:
        """False for the receiver's own noise, which does not prove that it hears anything."""
        return self.kind != "self-noise"

    def as_record(self) -> dict[str, Any]:
        """Return the line for a sealed record."""
        return self.as_json()

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
