"""Decides the level of a verdict by one table of rules, and keeps the level from flickering.

===============  ==================  ====================================================================
level            rule                requires
===============  ==================  ====================================================================
LIKELY_CAMERA    rule.confirmed      a confirmed lens ≥ ``confirmed_nats`` and the room ≥
                                     ``confirmed_room_nats``; or a synchronised picture ≥ ``confirmed_nats``
                                     and the room not against it (≥ ``picture_room_nats``)
LIKELY_CAMERA    rule.two_senses     two sensors of different groups, each ≥ ``agree_nats`` for the same
                                     kind of camera, and the room ≥ ``likely_room_nats``
CHECK            rule.one_sense      one find ≥ ``check_sense_nats``, or ≥ its sign's own ``check_nats``
CHECK            rule.room           the whole room ≥ ``check_room_nats``
CHECK            rule.named          a device bears a name that says camera (score ≥ ½)
CHECK            rule.disturbed      somebody disturbs the air, so that a camera could hide
INCONCLUSIVE     rule.nothing_heard  no sensor heard anything
INCONCLUSIVE     rule.sensor_failed  a sensor that ran has failed
INCONCLUSIVE     rule.too_little     the scan would have caught less than ``share_floor`` of the kinds
INCONCLUSIVE     rule.not_enough     the minimum of the place is not reached (`firmware.verdict.minimum`)
NOTHING_FOUND    rule.looked         none of the above
===============  ==================  ====================================================================

The first row that holds speaks. A find outranks a failure: a lost sensor must not hide what another found.
A level already reached is kept with thresholds lowered by the hysteresis, and a weaker one takes over from
CHECK or LIKELY_CAMERA only after ``hold_s``. Wi-Fi and Bluetooth are one group: one name, one error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

from firmware.verdict.evidence.likelihoods import KINDS, Kind, Levels
from firmware.verdict.model import Level
from hw.types import SensorName


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """All numbers that a level depends on. ``by_sensor`` holds each sensor's best find in nats by kind."""

    room_nats: float
    by_sensor: Mapping[SensorName, Mapping[Kind, float]]
    groups: Mapping[SensorName, str]
    over_nats: float  # of a find, over what makes its sign a CHECK by itself; -inf without a find
    confirmed_nats: float  # of the strongest confirmed find; -inf without one
    picture_nats: float  # the same for synchronised pictures alone
    share_caught: float
    heard: bool
    failed: bool
    named: bool = False  # a name says that a device is a camera
    disturbed: bool = False  # somebody disturbs the air
    short: bool = False  # the place's minimum is not reached


@dataclass(frozen=True, slots=True)
class LevelRule:
    """One row of the table: ``holds(signs, levels, slack)``; ``slack`` is 0 to enter the level, 1 to stay."""

    level: Level
    key: str
    holds: Callable[[Signs, Levels, float], bool]


def _confirmed(signs: Signs, at: Levels, slack: float) -> bool:
    margin = slack * at.hysteresis_nats
    strong = at.confirmed_nats - margin
    seen = signs.picture_nats >= strong and signs.room_nats >= at.picture_room_nats - margin
    return seen or (signs.confirmed_nats >= strong and signs.room_nats >= at.confirmed_room_nats - margin)


def _two_sensors(signs: Signs, at: Levels, slack: float) -> bool:
    margin = slack * at.hysteresis_nats
    return agreement_nats(signs) >= at.agree_nats - margin and signs.room_nats >= at.likely_room_nats - margin


def _one_sensor(signs: Signs, at: Levels, slack: float) -> bool:
    return signs.over_nats >= -slack * at.hysteresis_nats


def _room(signs: Signs, at: Levels, slack: float) -> bool:
    return signs.room_nats >= at.check_room_nats - slack * at.hysteresis_nats


def _too_little(signs: Signs, at: Levels, slack: float) -> bool:
    return signs.share_caught < at.share_floor + slack * at.hysteresis_share


TABLE: tuple[LevelRule, ...] = (
    LevelRule(Level.LIKELY_CAMERA, "rule.confirmed", _confirmed),
    LevelRule(Level.LIKELY_CAMERA, "rule.two_senses", _two_sensors),
    LevelRule(Level.CHECK, "rule.one_sense", _one_sensor),
    LevelRule(Level.CHECK, "rule.room", _room),
    LevelRule(Level.CHECK, "rule.named", lambda signs, _at, _slack: signs.named),
    LevelRule(Level.CHECK, "rule.disturbed", lambda signs, _at, _slack: signs.disturbed),
    LevelRule(Level.INCONCLUSIVE, "rule.nothing_heard", lambda signs, _at, _slack: not signs.heard),
    LevelRule(Level.INCONCLUSIVE, "rule.sensor_failed", lambda signs, _at, _slack: signs.failed),
    LevelRule(Level.INCONCLUSIVE, "rule.too_little", _too_little),
    LevelRule(Level.INCONCLUSIVE, "rule.not_enough", lambda signs, _at, _slack: signs.short),
    LevelRule(Level.NOTHING_FOUND, "rule.looked", lambda _signs, _at, _slack: True),
)
ALARMS = (Level.CHECK, Level.LIKELY_CAMERA)
RANK = {Level.NOTHING_FOUND: 0, Level.INCONCLUSIVE: 0, Level.CHECK: 1, Level.LIKELY_CAMERA: 2}


def agreement_nats(signs: Signs) -> float:
    """Return the nats of the weaker of the two sensors (of different groups) that agree best on one kind.

    Parameters
    ----------
    signs : Signs
        The best find's nats by kind for each sensor, and the groups.

    Returns
    -------
    float
        Nats; minus infinity without two sensors of different groups.
    """
    best = float("-inf")
    for one, other in combinations(signs.by_sensor, 2):
        if signs.groups[one] != signs.groups[other]:
            pairs = (_weaker(signs.by_sensor[one], signs.by_sensor[other], k) for k in KINDS)
            best = max(best, *pairs)
    return best


def _weaker(one: Mapping[Kind, float], other: Mapping[Kind, float], kind: Kind) -> float:
    return min(one.get(kind, float("-inf")), other.get(kind, float("-inf")))


def first_rule(signs: Signs, at: Levels, *, staying: Level | None = None) -> LevelRule:
    """Return the first row that holds; rows of the present level need less by their slack."""
    for rule in TABLE:
        if rule.holds(signs, at, 1.0 if rule.level is staying else 0.0):
            return rule
    raise AssertionError("the last row always holds")


class LevelKeeper:
    """Keeps the level over time by hysteresis, so that the word does not flicker."""

    def __init__(self, levels: Levels) -> None:
        self._at = levels
        self._rule: LevelRule | None = None
        self._falling_since_ns: int | None = None
        self.settled = False  # the same signs again would say the same

    def update(self, signs: Signs, t_ns: int) -> LevelRule:
        """Return the row that decides the level at ``t_ns``."""
        self.settled = False
        before = self._rule
        staying = None if self._rule is None else self._rule.level
        rule = first_rule(signs, self._at, staying=staying)
        if self._rule is not None and RANK[rule.level] < RANK[self._rule.level]:
            if self._falling_since_ns is None:
                self._falling_since_ns = t_ns
            if t_ns - self._falling_since_ns < self._at.hold_s * 1e9:
                return self._rule
        self._falling_since_ns = None
        self._rule = rule
        self.settled = rule is before
        return rule
