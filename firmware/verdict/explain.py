"""Explains a verdict's number: contributions that add up to it, and the next step.

For one sensor, its finds are taken strongest first; each contributes what it *adds* to the finds before it
(``ln Σ w·max(1, best)`` after, less before), so a second, weaker subject adds little and a repeat nothing.
Silence contributes the rest up to the sensor's own ``ln Σ w·LR_s``. What all sensors together say beyond the
sum of these is the verdict's ``agreement``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from firmware.verdict.coverage import gains_if_full
from firmware.verdict.evidence.likelihoods import Likelihoods
from firmware.verdict.fusion import SensorReport, SensorTerms, room_nats
from firmware.verdict.model import Contribution, Level, Shortfall
from hw.types import SENSOR_NAMES, Coverage, SensorName

FINDS_EXPLAINED = 8  # a sensor; further ones add nothing that a person could use
KNOWN_EXPLAINED = 4  # of a sensor's things that were declared harmless: listed, although they add nothing
SMALLEST_LISTED = 0.005  # nats; what adds less is left out of the list (it stays in the sum, in `agreement`)
SMALLEST_GAIN = 0.02  # of the share caught that is worth another step


def contributions(
    says: Sequence[SensorTerms], reports: Sequence[SensorReport], table: Likelihoods
) -> tuple[Contribution, ...]:
    """Return the contributions of every find and every silence, the weightiest first."""
    shares = {r.sensor: 0.0 if r.coverage is None else r.coverage.share for r in reports}
    every = [c for say in says for c in _of_sensor(say, shares[say.sensor], table)]
    for report in reports:
        known = sorted(report.known, key=lambda e: (-e.raw_nats, e.subject))[:KNOWN_EXPLAINED]
        every += [_contribution(report.sensor, e.subject, 0.0, e.reason, e.params) for e in known]
    order = {name: i for i, name in enumerate(SENSOR_NAMES)}
    return tuple(sorted(every, key=lambda c: (-abs(c.log_lr), order[c.sensor], c.subject, c.reason)))


def own_nats(say: SensorTerms, table: Likelihoods) -> float:
    """Return the log likelihood ratio of the room by one sensor alone.

    Parameters
    ----------
    say : SensorTerms
        Its likelihood ratios by kind.
    table : Likelihoods
        The weights of the kinds.

    Returns
    -------
    float
        ``ln Σ_k w_k · LR_s(k)``, nats.
    """
    return math.log(sum(weight * say.lr[kind] for kind, weight in table.weights.items()))


def _of_sensor(say: SensorTerms, share: float, table: Likelihoods) -> list[Contribution]:
    speaking = [find for find in say.finds if find.strength > 0.0][:FINDS_EXPLAINED]
    listed: list[Contribution] = []
    before = 0.0
    for i, find in enumerate(speaking, start=1):
        after = room_nats(speaking[:i], table)
        e = find.evidence
        listed.append(_contribution(say.sensor, e.subject, after - before, e.reason, e.params))
        before = after
    if share > 0.0:
        key = f"reason.{say.sensor}.nothing_else" if speaking else f"reason.{say.sensor}.nothing"
        rest = own_nats(say, table) - before
        listed.append(_contribution(say.sensor, "", rest, key, {"share": round(share, 4)}))
    return [c for c in listed if abs(c.log_lr) >= SMALLEST_LISTED]


def _contribution(
    sensor: SensorName, subject: str, nats: float, reason: str, params: Mapping[str, str | float | int]
) -> Contribution:
    return Contribution(sensor=sensor, subject=subject, log_lr=nats, reason=reason, params=params)


def next_step(
    level: Level,
    reports: Sequence[SensorReport],
    running: Sequence[SensorName],
    table: Likelihoods,
    *,
    scope: Sequence[SensorName] = SENSOR_NAMES,
) -> tuple[str, float]:
    """Return the next step, and by how much it would raise the share caught.

    Parameters
    ----------
    level : Level
        The verdict's level.
    reports : sequence of SensorReport
        One a sensor.
    running : sequence of SensorName
        The sensors that still look.
    table : Likelihoods
        What each sensor catches of each kind.
    scope : sequence of SensorName
        The sensors that were asked for: nobody is told to connect another one.

    Returns
    -------
    key : str
        Message key.
    gain : float
        Gain of the share caught, 0…1.
    """
    if level is Level.LIKELY_CAMERA:
        return "next.police", 0.0
    if level is Level.CHECK:
        return "next.look", 0.0
    coverages = [r.coverage for r in reports if r.coverage is not None]
    there = {r.sensor for r in reports if r.coverage is not None}
    best, gain = best_gain(coverages, table, among=[n for n in SENSOR_NAMES if n in scope or n in there])
    if any(r.failed or r.deaf for r in reports):
        return "next.reconnect", gain
    if gain < SMALLEST_GAIN:
        return "next.nothing", 0.0
    if best not in there and best != "rf":  # for the radio there is a sentence of its own
        return "next.reconnect", gain
    if best == "rf" and best in there:
        return ("next.wait" if best in running else "next.nothing"), gain
    return f"next.{best}", gain


def best_gain(
    coverages: Sequence[Coverage], table: Likelihoods, *, among: Sequence[SensorName] = SENSOR_NAMES
) -> tuple[SensorName, float]:
    """Return the sensor whose full work would raise the share caught most.

    Parameters
    ----------
    coverages : sequence of Coverage
        One a sensor.
    table : Likelihoods
        What each sensor catches of each kind.
    among : sequence of SensorName
        The sensors to choose from; at least one.

    Returns
    -------
    sensor : SensorName
        The first one where several are equal.
    gain : float
        By how much, 0…1.
    """
    gains = gains_if_full(coverages, table)
    best = max(among, key=lambda name: gains[name])
    return best, gains[best]


def shortfall_sentence(short: Shortfall) -> tuple[str, dict[str, str | float | int]]:
    """Return the sentence of what a sensor lacks of the minimum.

    Parameters
    ----------
    short : Shortfall
        What is lacking.

    Returns
    -------
    key : str
        Message key.
    params : dict
        The parameters of the sentence.
    """
    params: dict[str, str | float | int] = {"sense": f"sense.{short.sensor}"}
    if short.what == "part":
        params |= {"part": f"part.{short.part}"}
    if short.what in {"part", "time"}:
        params |= {"reached": short.reached, "needed": short.needed}
    return f"short.{short.what}", params
