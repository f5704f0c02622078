"""Types of the verdict: its level, its contributions, the arithmetic behind it, and the alarm it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal

from firmware.verdict.advice import Advice
from firmware.verdict.evidence.likelihoods import Kind
from hw.types import SENSOR_NAMES, SensorName


class Level(StrEnum):
    """The four verdict words, weakest claim first."""

    INCONCLUSIVE = "inconclusive"
    NOTHING_FOUND = "nothing_found"
    CHECK = "check"
    LIKELY_CAMERA = "likely_camera"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """The contribution of one subject, or of one sensor's silence, to the verdict: nats and a reason."""

    sensor: SensorName
    subject: str
    log_lr: float
    reason: str  # message key
    params: Mapping[str, str | float | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """One row of the arithmetic: a kind, its weight, each sensor's likelihood ratio, and the product."""

    kind: Kind
    weight: float
    lr: Mapping[SensorName, float]
    product: float  # weight · Π lr · agreed; the products add up to exp(log_lr) of the verdict
    agreed: float = 1.0  # what is taken off where several sensors speak for this kind

    def as_json(self) -> dict[str, Any]:
        """Return the row for the ``arithmetic`` of the verdict line."""
        plain = {"kind": self.kind, "weight": self.weight, "lr": dict(self.lr), "product": self.product}
        return plain if self.agreed == 1.0 else plain | {"agreed": self.agreed}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """The gap of one sensor to the minimum: it is missing, it failed, or a part (0…1) or time (s) lacks.

    ``unsettled``: something that might well be a camera was heard and could not be judged yet.
    """

    sensor: SensorName
    what: Literal["missing", "failed", "part", "time", "unsettled"]
    part: str = ""
    reached: float = 0.0
    needed: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the shortfall for the ``short_of`` of the verdict line."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedSubject:
    """The class of one thing: ``finding`` weighs at least the sign of CHECK, ``noted`` less."""

    sensor: SensorName
    subject: str
    word: Literal["finding", "noted"]
    nats: float
    reason: str
    params: Mapping[str, str | float | int]

    def as_json(self) -> dict[str, Any]:
        """Return the row for the ``subjects`` of the verdict line."""
        return asdict(self) | {"params": dict(self.params)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """The strongest alarm that a place has shown: it is kept until a person resolves it."""

    level: Level
    t_ns: int
    probability: float
    rule: str
    subjects: tuple[WeighedSubject, ...]
    resolution: Literal["", "harmless", "found", "unclear"] = ""
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the alarm for the ``alarm`` of the verdict line."""
        return asdict(self) | {"level": self.level.value, "subjects": [s.as_json() for s in self.subjects]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict on one place: how likely a hidden camera is, and how much of the scan says so.

    ``share_caught`` is the share of camera kinds (weighted) that this scan would have caught, had one been
    there. ``coverage`` is None for a sensor that is missing. ``blind_to`` are the kinds that no sensor of
    this scan could have caught, as message keys. ``log_lr`` is the contributions' sum plus ``agreement``:
    what sensors add (or take) by speaking of the same kinds. ``rule`` is the row of the level table that
    spoke, ``failed`` the sensors whose device should be checked. ``scope`` are the sensors that the minimum
    asks for, ``short_of`` what they lack of it; ``subjects`` is the one classification of things; ``alarm``
    is the strongest alarm that was shown here, below which ``level`` does not fall (``live_level`` may).
    """

    level: Level
    probability: float
    prior: float
    log_lr: float
    share_caught: float
    coverage: Mapping[SensorName, float | None]
    contributions: tuple[Contribution, ...]
    blind_to: tuple[str, ...] = ()
    advice: Advice = field(default_factory=Advice)
    rule: str = ""
    failed: tuple[SensorName, ...] = ()
    agreement: float = 0.0
    arithmetic: tuple[KindRow, ...] = field(default=())
    scope: tuple[SensorName, ...] = SENSOR_NAMES
    short_of: tuple[Shortfall, ...] = ()
    subjects: tuple[WeighedSubject, ...] = ()
    alarm: Alarm | None = None
    live_level: Level | None = None  # None where it is the level

    @property
    def number_fits(self) -> bool:
        """True unless the number contradicts the word: an alarm beside a number below the prior."""
        return self.level not in {Level.CHECK, Level.LIKELY_CAMERA} or self.probability >= self.prior

    @property
    def findings(self) -> frozenset[str]:
        """The subjects that are findings, now or in the alarm that is kept."""
        kept = () if self.alarm is None else self.alarm.subjects
        return frozenset(s.subject for s in (*self.subjects, *kept) if s.word == "finding")

    def as_json(self) -> dict[str, Any]:
        """Return the ``verdict`` line of the JSON-lines contract."""
        return {
            "type": "verdict",
            "level": self.level.value,
            "probability": self.probability,
            "prior": self.prior,
            "log_lr": self.log_lr,
            "share_caught": self.share_caught,
            "coverage": {name: self.coverage.get(name) for name in SENSOR_NAMES},
            "contributions": [
                {"sensor": c.sensor, "subject": c.subject, "log_lr": c.log_lr, "reason": c.reason}
                | {"params": dict(c.params)}
                for c in self.contributions
            ],
            "blind_to": list(self.blind_to),
            "next_step": self.advice.step,
            "next_gain": self.advice.gain,
            "rule": self.rule,
            "failed": list(self.failed),
            "agreement": self.agreement,
            "arithmetic": [row.as_json() for row in self.arithmetic],
            "scope": list(self.scope),
            "short_of": [s.as_json() for s in self.short_of],
            "subjects": [s.as_json() for s in self.subjects],
            "alarm": None if self.alarm is None else self.alarm.as_json(),
            "live_level": None if self.live_level is None else self.live_level.value,
        }
