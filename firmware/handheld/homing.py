"""Homing on the handheld: follows the signal level of one device while a person walks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from firmware.handheld.screen.view_model import devices_in_order
from firmware.handheld.screen.views import FindingView, HomingView
from firmware.sensor import Observation
from wifiscan.homing import Homing


class HomingFollower:
    """Feeds the level of one device into the homing statistics, each time it was received anew."""

    def __init__(self, *, address: str, name: str) -> None:
        self.address = address
        self._name = name
        self._homing = Homing(address)
        self._heard_ns = -1
        self._best_dbm: float | None = None

    def update(self, observations: Sequence[Observation], *, t_ns: int) -> HomingView:
        """Take in the current observations.

        Parameters
        ----------
        observations : sequence of Observation
            The tables of all sensors.
        t_ns : int
            Session time in ns.

        Returns
        -------
        HomingView
            The content of the homing page, levels in dBm.
        """
        levels: list[float] = []
        for device in devices_in_order(observations):
            fresh = device.last_ns > self._heard_ns and device.rssi_dbm is not None
            if fresh and device.subject == self.address and device.rssi_dbm is not None:
                levels.append(device.rssi_dbm)
                self._heard_ns = device.last_ns
        self._homing.add(t_ns, levels)
        reading = self._homing.reading(t_ns)
        if reading.level_dbm is not None:
            self._best_dbm = max(reading.level_dbm, self._best_dbm or reading.level_dbm)
        return HomingView(
            name=self._name,
            level_dbm=reading.level_dbm,
            best_dbm=self._best_dbm,
            history_dbm=tuple(self._homing.history_dbm),
            trend=reading.trend,
        )


def subject_of_finding(
    observations: Sequence[Observation],
    findings: Sequence[FindingView],
    names: Sequence[str],
    marked: Collection[str] = (),
) -> str | None:
    """Return the subject of the device that the first finding names, None where it names no device."""
    subjects = {finding.subject for finding in findings}
    pairs = zip(devices_in_order(observations, marked), names, strict=False)
    return next((d.subject for d, name in pairs if subjects & {d.subject, name}), None)


def subject_of_row(observations: Sequence[Observation], row: int, marked: Collection[str] = ()) -> str | None:
    """Return the subject of the device in that row of the devices page, None where there is none."""
    devices = devices_in_order(observations, marked)
    return devices[row].subject if 0 <= row < len(devices) else None


def follower_of(observations: Sequence[Observation], subject: str | None) -> HomingFollower | None:
    """Return a follower of the device of that subject, None where it is not among the devices."""
    for device in devices_in_order(observations):
        if device.subject == subject:
            return HomingFollower(address=device.subject, name=device.called or device.subject)
    return None
