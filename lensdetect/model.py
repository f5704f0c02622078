"""Types of the optical sensor's observations: glints, their sightings, and the view of a scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from hw.types import Frame, Lasting, SensorName
from lensdetect.guidance import GuidanceKey

SIGHTINGS_RECORDED = 8  # of a glint's path that a record keeps
GlintLabel = Literal["lens", "reflector", "specular", "lamp", "unsure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The place of a glint in one frame (``frame`` is the ``seq`` of the ring frame)."""

    frame: int
    x_px: float
    y_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Glint:
    """One answer to the light, followed over the poses of the hand.

    ``score`` is the probability that it is a lens; ``features`` the numbers behind label and score.
    ``x_px, y_px`` is the latest sighting. Old sightings are thinned, so the list stays bounded.
    """

    type_name: ClassVar[str] = "glint"
    sensor: ClassVar[SensorName] = "lens"
    lasting: ClassVar[Lasting] = "none"  # a place in a moving picture
    level_db: ClassVar[float | None] = None
    from_outside: ClassVar[bool] = True

    id: int
    x_px: float
    y_px: float
    label: GlintLabel
    score: float
    poses: int
    first_frame: int
    last_frame: int
    first_ns: int
    last_ns: int
    sightings: tuple[Sighting, ...]
    features: Mapping[str, float] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """Stable key of the glint in evidence and records."""
        return f"lens:{self.id}"

    @property
    def camera_score(self) -> float:
        """Probability 0…1 that it is a lens, prior aside."""
        return self.score

    def as_record(self) -> dict[str, Any]:
        """Return the line for a sealed record, with the last sightings only."""
        line = self.as_json()
        return line | {"sightings": line["sightings"][-SIGHTINGS_RECORDED:]}

    def as_json(self) -> dict[str, Any]:
        """Return the ``glint`` line of the JSON-lines contract."""
        return {
            "type": "glint",
            "id": self.id,
            "x_px": self.x_px,
            "y_px": self.y_px,
            "label": self.label,
            "score": self.score,
            "poses": self.poses,
            "first_frame": self.first_frame,
            "last_frame": self.last_frame,
            "first_ns": self.first_ns,
            "last_ns": self.last_ns,
            "features": dict(self.features),
            "sightings": [{"frame": s.frame, "x_px": s.x_px, "y_px": s.y_px} for s in self.sightings],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LensView:
    """The view of a scan: the latest ring picture, what was seen in it, and what to do."""

    frame: Frame | None
    glints: tuple[Glint, ...]
    reasons: dict[int, str]  # message keys by glint id
    guidance: GuidanceKey
    coverage_map: NDArray[np.uint8]  # number of view angles (0…3) a cell
    distance_m: float | None = None  # to the wall, by how the two lights shade it
