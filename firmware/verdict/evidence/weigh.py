"""Turns any observation into evidence, or into None where it can never be a candidate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from firmware.sensor import Observation
from firmware.verdict.evidence.lens import weigh_glint
from firmware.verdict.evidence.likelihoods import Likelihoods
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.evidence.proximity import LevelSpan
from firmware.verdict.evidence.rf import weigh_emission
from firmware.verdict.evidence.wifi import (
    weigh_access_point,
    weigh_ble,
    weigh_disturbance,
    weigh_station,
)
from lensdetect.model import Glint
from sweeper.model import Emission
from wifiscan.model import AccessPoint, BleDevice, Disturbance, Station

SEEN_IN_NAMES = frozenset({"ssid", "wps", "name"})
Weigher = Callable[[Any, Likelihoods, LevelSpan | None], Evidence | None]
WEIGHERS: Mapping[str, Weigher] = {
    Emission.type_name: lambda emission, table, _: weigh_emission(emission, table),
    Station.type_name: weigh_station,
    AccessPoint.type_name: weigh_access_point,
    BleDevice.type_name: lambda device, table, _: weigh_ble(device, table),
    Disturbance.type_name: lambda disturbance, table, _: weigh_disturbance(disturbance, table),
    Glint.type_name: lambda glint, table, _: weigh_glint(glint, table),
}


def weigh(observation: Observation, table: Likelihoods, heard: LevelSpan | None = None) -> Evidence | None:
    """Return the evidence of an observation for or against a hidden camera.

    Parameters
    ----------
    observation : Observation
    table : Likelihoods
    heard : LevelSpan, optional
        Lowest and highest level (dBm) at which it was heard during this inspection; without it the level of
        now decides whether it is near.

    Returns
    -------
    Evidence or None
        None where it can never be a candidate.
    """
    evidence = WEIGHERS[observation.type_name](observation, table, heard)
    if evidence is None or not _bears_name(observation):
        return evidence
    return replace(evidence, bears_name=True)


def _bears_name(observation: Observation) -> bool:
    """Say whether any of its identities was seen in a name, be it the strongest or not."""
    if not isinstance(observation, Station | AccessPoint | BleDevice):
        return False
    return any(i.seen in SEEN_IN_NAMES for i in observation.identity)


def key_of(observation: Observation) -> tuple[str, str]:
    """Return the key of the thing behind an observation: its type and its subject."""
    return observation.type_name, observation.subject
