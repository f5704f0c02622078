"""The type of one piece of evidence for or against a hidden camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hw.types import SensorName


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence of one subject for (or against) a hidden camera.

    ``log_lr`` is in nats for the best-fitting kind of camera; ``log_lr_by_kind`` gives it for each kind the
    fusion knows. ``reason`` is a message key that, with ``params``, makes one sentence in any language.
    ``headroom_nats`` is what the score said beyond its cap: the room-level correction eats this first.
    """

    sensor: SensorName
    subject: str
    log_lr: float
    log_lr_by_kind: Mapping[str, float]
    reason: str  # a key of firmware.verdict.evidence.reasons
    params: Mapping[str, str | float | int] = field(default_factory=dict)
    confirmed: bool = False  # physically confirmed: a lens over many poses, or a video picture
    last_ns: int = 0
    headroom_nats: float = 0.0
    sign: str = ""  # the row of the table that let it speak
    raw_nats: float = 0.0  # logit of the sensor's own score, before anything was made of it
    bears_name: bool = False  # an identity was seen in a name, not only in an address or a number
