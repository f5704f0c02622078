"""Computes how much of a scan was really done: by sensor, by kind of camera, and as it fades after a loss.

Missing and failed are different things. A sensor that was never there is simply not counted; one that was
there and is lost has its coverage fade to nothing within two seconds, because what it did not see since
then nobody knows; one that ran but heard nothing at all (a receiver without antenna) has not looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from firmware.verdict.evidence.likelihoods import KINDS, Kind, Likelihoods
from firmware.verdict.evidence.score_calibration import along
from hw.types import SENSOR_NAMES, Coverage, SensorName

LOST_FADE_S = 1.5  # a lost sensor is at zero after this; the screen promises two seconds


def fade_factor(lost_for_s: float, *, fade_s: float = LOST_FADE_S) -> float:
    """Return the remaining factor of a coverage after its sensor was lost.

    Parameters
    ----------
    lost_for_s : float
        Time since the loss, s.
    fade_s : float
        Time after which nothing is left, s.

    Returns
    -------
    float
        1…0, falling linearly.
    """
    return min(1.0, max(0.0, 1.0 - lost_for_s / fade_s))


def scale_coverage(coverage: Coverage, factor: float) -> Coverage:
    """Return a coverage with every share multiplied and kept in 0…1.

    Parameters
    ----------
    coverage : Coverage
        Its headline share and its parts.
    factor : float
        What they are multiplied by.

    Returns
    -------
    Coverage
        Shares 0…1.
    """
    return replace(
        coverage,
        share=_share(coverage.share * factor),
        parts={name: _share(part * factor) for name, part in coverage.parts.items()},
    )


def _share(value: float) -> float:
    return min(1.0, max(0.0, value)) if value == value else 0.0  # NaN: nobody looked


def kinds_covered(coverage: Coverage, table: Likelihoods) -> dict[Kind, float]:
    """Return the coverage that speaks of each kind this sensor could catch.

    Parameters
    ----------
    coverage : Coverage
        What the sensor reported.
    table : Likelihoods
        The parts that speak of each kind, and the sensor's ``response``.

    Returns
    -------
    dict of Kind to float
        0…1; kinds out of reach are absent.

    Notes
    -----
    A part that is absent from the report was not looked at; a report without any parts has its headline
    share stand for all of them. ``response`` of the sensor turns the share of its job that was done into the
    share of cameras that this job finds: a radio hears the busy channels first (below 1), a lens needs many
    poses of each spot (above 1).
    """
    response = table.senses[coverage.sensor].response
    return {kind: share**response for kind, share in plain_shares(coverage, table).items()}


def plain_shares(coverage: Coverage, table: Likelihoods) -> dict[Kind, float]:
    """Return the share of the parts that speak of each kind this sensor could catch, as reported.

    Parameters
    ----------
    coverage : Coverage
        What the sensor reported.
    table : Likelihoods
        The weights of the parts for each kind.

    Returns
    -------
    dict of Kind to float
        0…1; kinds out of reach are absent.
    """
    shares: dict[Kind, float] = {}
    for kind in KINDS:
        catch = table.by_catch.get((coverage.sensor, kind))
        if catch is not None and not (catch.extra and catch.parts.keys().isdisjoint(coverage.parts)):
            parts = coverage.parts or dict.fromkeys(catch.parts, coverage.share)
            shares[kind] = _share(sum(w * _share(parts.get(p, 0.0)) for p, w in catch.parts.items()))
    return shares


def caught_by_kind(coverages: Sequence[Coverage], table: Likelihoods) -> dict[Kind, float]:
    """Return, for each kind, the chance that this scan would have caught it.

    Parameters
    ----------
    coverages : sequence of Coverage
        One a sensor.
    table : Likelihoods
        Pd by sensor and kind, and the curve of claims.

    Returns
    -------
    dict of Kind to float
        0…1.

    Notes
    -----
    ``1 − Π_s (1 − c^response·Pd)``, along the curve of what such claims were really worth (``claims`` of the
    table), which may only lower it. It is never above ``1 − Π_s (1 − c)`` with ``c`` the plain share of the
    parts that could have caught this kind: who looked at a tenth cannot claim more than a tenth.
    """
    missed = dict.fromkeys(KINDS, 1.0)
    for coverage in coverages:
        for kind, share in kinds_covered(coverage, table).items():
            missed[kind] *= 1.0 - share * table.by_catch[coverage.sensor, kind].pd
    most = most_by_kind(coverages, table)
    return {
        kind: min(along(table.claims.curve, 1.0 - miss), 1.0 - miss, most[kind])
        for kind, miss in missed.items()
    }


def most_by_kind(coverages: Sequence[Coverage], table: Likelihoods) -> dict[Kind, float]:
    """Return, for each kind, the bound of what may be claimed.

    Parameters
    ----------
    coverages : sequence of Coverage
        One a sensor.
    table : Likelihoods
        The weights of the parts for each kind.

    Returns
    -------
    dict of Kind to float
        ``1 − Π_s (1 − c)``, 0…1.
    """
    missed = dict.fromkeys(KINDS, 1.0)
    for coverage in coverages:
        for kind, share in plain_shares(coverage, table).items():
            missed[kind] *= 1.0 - share
    return {kind: 1.0 - miss for kind, miss in missed.items()}


def share_caught(coverages: Sequence[Coverage], table: Likelihoods) -> float:
    """Return the share of camera kinds, weighted, that this scan would have caught.

    Parameters
    ----------
    coverages : sequence of Coverage
        One a sensor.
    table : Likelihoods
        The weights of the kinds.

    Returns
    -------
    float
        0…1.
    """
    caught = caught_by_kind(coverages, table)
    return sum(weight * caught[kind] for kind, weight in table.weights.items())


def gains_if_full(coverages: Sequence[Coverage], table: Likelihoods) -> dict[SensorName, float]:
    """Return by how much the share caught would rise if one sensor had done its whole job.

    Parameters
    ----------
    coverages : sequence of Coverage
        What each sensor has covered; a missing sensor has none.
    table : Likelihoods

    Returns
    -------
    dict
        For each sensor the rise of `share_caught`, 0…1, with the others as they are.
    """
    now = share_caught(coverages, table)
    gains: dict[SensorName, float] = {}
    for name in SENSOR_NAMES:
        others = [c for c in coverages if c.sensor != name]
        full = Coverage(sensor=name, share=1.0)
        gains[name] = share_caught([*others, full], table) - now
    return gains
