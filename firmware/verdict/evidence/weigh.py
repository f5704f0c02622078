"""The one door into evidence: any observation in, evidence or None out."""

from __future__ import annotations

from typing import assert_never

from firmware.sensor import Observation
from firmware.verdict.evidence.lens import weigh_glint
from firmware.verdict.evidence.likelihoods import Likelihoods
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.evidence.proximity import LevelSpan
from firmware.verdict.evidence.rf import weigh_emission
from firmware.verdict.evidence.wifi import weigh_access_point, weigh_ble, weigh_station
from lensdetect.model import Glint
from sweeper.model import Emission
from wifiscan.model import AccessPoint, BleDevice, Station


def weigh(observation: Observation, table: Likelihoods, heard: LevelSpan | None = None) -> Evidence | None:
    """Weigh one observation; None where it can never be a candidate. ``heard``: its levels so far."""
    match observation:
        case Emission():
            return weigh_emission(observation, table)
        case Station():
            return weigh_station(observation, table, heard)
        case AccessPoint():
            return weigh_access_point(observation, table, heard)
        case BleDevice():
            return weigh_ble(observation, table)
        case Glint():
            return weigh_glint(observation, table)
        case _:
            assert_never(observation)


def level_of(observation: Observation) -> float | None:
    """Return the level (dBm) by which a device is near or far; None for what has none."""
    return observation.rssi_dbm if isinstance(observation, Station | AccessPoint) else None


def key_of(observation: Observation) -> tuple[str, str]:
    """Return what makes an observation the same thing as an earlier one: its type and its own name."""
    match observation:
        case Emission():
            return "emission", observation.id
        case Station():
            return "station", observation.mac
        case AccessPoint():
            return "access_point", observation.bssid
        case BleDevice():
            return "ble", observation.address
        case Glint():
            return "glint", str(observation.id)
        case _:
            assert_never(observation)
