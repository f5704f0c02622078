"""Reads ``likelihoods.toml`` and ``learned.toml``: the numbers behind evidence and fusion, with sources.

The first holds what was set by reasoning, the second what simulated rooms taught; where both speak of the
same thing the second one counts (`with_learned`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from firmware.errors import BadKnowledge
from hw.types import SENSOR_NAMES, SensorName

Kind = Literal["wifi-stream", "wifi-idle", "card", "wired", "analog-low", "analog-high", "cellular"]
KINDS: tuple[Kind, ...] = get_args(Kind)
EVERY_KIND = "*"
WEIGHT_TOLERANCE = 1e-9
Curve = tuple[tuple[float, float], ...]  # (score in nats, what it is worth in nats), rising

Share = Field(ge=0.0, le=1.0)
Nats = Field(ge=0.0, le=20.0)


def _rising(curve: Curve, name: str) -> None:
    if any(a[0] >= b[0] or a[1] > b[1] for a, b in pairwise(curve)):
        raise ValueError(f"the curve of {name} does not rise")


class Sourced(BaseModel):
    """An entry of a table, accepted only with the source it comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))
    source: str = Field(min_length=3)


class KindWeight(Sourced):
    """The share of one kind of camera among hidden cameras."""

    weight: float = Share


class Priors(Sourced):
    """Probability of a hidden camera in a room before anything was looked at."""

    default: float = Field(gt=0.0, lt=1.0)
    hotel: float = Field(gt=0.0, lt=1.0)
    reason: float = Field(gt=0.0, lt=1.0)


class SensorLikelihoods(Sourced):
    """Likelihoods that hold for all evidence of one sensor. The file explains each field."""

    group: str
    pfa: float = Field(ge=0.0, lt=1.0)
    cap_nats: float = Nats
    confirmed_cap_nats: float = Nats
    negatives: int = Field(ge=1)
    confounder_share: float = Share
    confounders_most: float = Field(ge=1.0)
    fresh_s: float = Field(gt=0.0)
    half_life_s: float = Field(gt=0.0)
    response: float = Field(1.0, ge=0.1, le=4.0)


class Catch(Sourced):
    """Probability that a sensor at full coverage catches one kind, and the parts of coverage that count.

    ``extra``: this takes a device that few units have, so that it counts only where its parts are reported.
    """

    sensor: SensorName
    kind: Kind | Literal["*"]
    pd: float = Field(ge=0.0, lt=1.0)
    parts: dict[str, float]
    extra: bool = False


class Sign(Sourced):
    """A named sign: the cap of its evidence, and the kinds of camera that it speaks for.

    ``check_nats`` is how much it must say to be a CHECK by itself; 0 where the level's own figure holds.
    """

    name: str
    sensor: SensorName
    kinds: tuple[Kind | Literal["*"], ...]
    cap_nats: float = Nats
    check_nats: float = Field(0.0, ge=0.0, le=20.0)
    curve: Curve = ()

    @cached_property
    def speaks_for(self) -> tuple[Kind, ...]:
        """Return the kinds, ``*`` written out."""
        return KINDS if EVERY_KIND in self.kinds else tuple(k for k in KINDS if k in self.kinds)


class LearnedSensor(Sourced):
    """Likelihoods of a sensor from simulated rooms: false alarms in a clean room, competing subjects."""

    pfa: float = Field(ge=0.0, lt=1.0)
    confounder_share: float = Share
    response: float = Field(1.0, ge=0.1, le=4.0)


class LearnedCatch(Sourced):
    """The share of cameras of a kind that a sensor at full coverage caught in simulated rooms."""

    sensor: SensorName
    kind: Kind
    pd: float = Field(ge=0.0, lt=1.0)


class LearnedSign(Sourced):
    """The calibration of a sign from simulated rooms: its score in nats, and its cap."""

    name: str
    curve: Curve = Field(min_length=1)
    cap_nats: float = Nats

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _rising(self.curve, self.name)
        return self


class Bench(Sourced):
    """The benchmark from which the numbers were learned: date, version, seed and size."""

    date: str
    version: int
    seed: int
    rooms: int
    cameras: int


class Learned(BaseModel):
    """All numbers learned from simulated rooms. By ``watch`` a test notices that detectors changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: Literal[1]
    bench: Bench
    senses: dict[SensorName, LearnedSensor] = {}
    catches: tuple[LearnedCatch, ...] = ()
    signs: tuple[LearnedSign, ...] = ()
    agreement: Agreement | None = None
    claims: Claims | None = None
    watch: dict[str, dict[str, float]] = {}


class Confirmed(Sourced):
    """Conditions under which a sign counts as physically confirmed."""

    lens_poses: int = Field(ge=1)
    glint_poses: int = Field(ge=1)
    lens_score: float = Share
    picture_score: float = Share


class Proximity(Sourced):
    """Levels at which a device may be in this room; `firmware.verdict.evidence.proximity` uses them."""

    near_dbm: float = Field(ge=-120.0, le=0.0)
    rise_db: float = Field(gt=0.0, le=60.0)
    rise_from_dbm: float = Field(ge=-120.0, le=0.0)


class Agreement(Sourced):
    """The share ``keep`` of a further sensor's nats that counts where it speaks for the same kind."""

    keep: float = Share


class Claims(Sourced):
    """A curve from the claimed share of cameras caught to the share that really is, both 0…1."""

    curve: Curve = Field(min_length=2)

    @model_validator(mode="after")
    def _honest(self) -> Self:
        _rising(self.curve, "the claims")
        if self.curve[0] != (0.0, 0.0) or self.curve[-1][0] != 1.0 or self.curve[-1][1] > 1.0:
            raise ValueError("the curve of the claims goes from (0, 0) to 1")
        return self


class Levels(Sourced):
    """Thresholds of the level table in `firmware.verdict.levels`."""

    check_sense_nats: float = Nats
    check_room_nats: float = Nats
    agree_nats: float = Nats
    confirmed_nats: float = Nats
    likely_room_nats: float = Nats
    confirmed_room_nats: float = Nats
    picture_room_nats: float = Nats
    share_floor: float = Share
    blind_below: float = Share
    hysteresis_nats: float = Nats
    hysteresis_share: float = Share
    hold_s: float = Field(ge=0.0)


class Likelihoods(BaseModel):
    """The whole table of likelihoods, checked for contradictions."""

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))
    version: Literal[1]
    kinds: dict[Kind, KindWeight]
    priors: Priors
    senses: dict[SensorName, SensorLikelihoods]
    catches: tuple[Catch, ...]
    signs: tuple[Sign, ...]
    confirmed: Confirmed
    nearness: Proximity
    agreement: Agreement
    claims: Claims
    levels: Levels

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if set(self.kinds) != set(KINDS) or set(self.senses) != set(SENSOR_NAMES):
            raise ValueError("every kind and every sensor needs its entry")
        total = sum(k.weight for k in self.kinds.values())
        if abs(total - 1.0) > WEIGHT_TOLERANCE:
            raise ValueError(f"the weights of the kinds add up to {total}, not 1")
        if len(self.by_sign) != len(self.signs):
            raise ValueError("a sign is listed twice")
        if any(abs(sum(c.parts.values()) - 1.0) > WEIGHT_TOLERANCE for c in self.catches):
            raise ValueError("the parts of a catch must add up to 1")
        return self

    @cached_property
    def weights(self) -> Mapping[Kind, float]:
        """Share of each kind among hidden cameras, in the order of `KINDS`."""
        return {kind: self.kinds[kind].weight for kind in KINDS}

    @cached_property
    def by_sign(self) -> Mapping[str, Sign]:
        """Signs by name."""
        return {sign.name: sign for sign in self.signs}

    @cached_property
    def by_catch(self) -> Mapping[tuple[SensorName, Kind], Catch]:
        """Catches by sensor and kind; a pair that is absent is out of reach."""
        table: dict[tuple[SensorName, Kind], Catch] = {}
        for catch in self.catches:
            kinds = KINDS if catch.kind == "*" else (catch.kind,)
            table.update({(catch.sensor, kind): catch for kind in kinds})
        return table


def with_learned(table: Likelihoods, learned: Learned) -> Likelihoods:
    """Return the table with the learned numbers in place of the designed ones.

    Raises
    ------
    BadKnowledge
        Something was learned about a sign or a pair that the table does not know.
    """
    raw = table.model_dump()
    for name, part in (("agreement", learned.agreement), ("claims", learned.claims)):
        raw |= {} if part is None else {name: part.model_dump()}
    for name, sensor in learned.senses.items():
        raw["senses"][name] |= sensor.model_dump()
    signs = {sign["name"]: sign for sign in raw["signs"]}
    for taught in learned.signs:
        if taught.name not in signs:
            raise BadKnowledge(f"Something was learned about {taught.name!r}, which no sign is called")
        signs[taught.name] |= taught.model_dump()
    for pair in learned.catches:
        known = table.by_catch.get((pair.sensor, pair.kind))
        if known is None:
            raise BadKnowledge(f"{pair.sensor} was never meant to catch {pair.kind}")
        raw["catches"] = (*raw["catches"], known.model_dump() | pair.model_dump())
    return Likelihoods.model_validate(raw)


def parse_learned(text: str) -> Learned:
    """Read a table of learned numbers. Raises `BadKnowledge` as `parse_likelihoods`."""
    try:
        return Learned.model_validate(tomllib.loads(text))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise BadKnowledge(f"What was learned cannot be used: {error}", hint="Reinstall ansim.") from error


def parse_likelihoods(text: str) -> Likelihoods:
    """Read a table.

    Raises
    ------
    BadKnowledge
        It is not TOML, lacks an entry or a source, or contradicts itself.
    """
    try:
        return Likelihoods.model_validate(tomllib.loads(text))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise BadKnowledge(
            f"The table of likelihoods cannot be used: {error}", hint="Reinstall ansim."
        ) from error


@lru_cache(maxsize=1)
def designed_likelihoods() -> Likelihoods:
    """Return the table that was set by reasoning."""
    return parse_likelihoods(_packaged("likelihoods.toml"))


@lru_cache(maxsize=1)
def packaged_learned() -> Learned:
    """Return the packaged table of learned numbers."""
    return parse_learned(_packaged("learned.toml"))


@lru_cache(maxsize=1)
def packaged_likelihoods() -> Likelihoods:
    """Return the table that comes with ansim: designed, and corrected by what was learned."""
    return with_learned(designed_likelihoods(), packaged_learned())


def _packaged(name: str) -> str:
    return (files("firmware.verdict.evidence") / name).read_text(encoding="utf-8")
