"""Says of each thing behind an alarm where it is, as far as its sensor can tell, and keeps it with the alarm.

A glint has a direction in the camera's picture, a sender a frequency, a device a channel and a level: the
nearer, the louder. Nothing here is a distance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from firmware.sensor import Observation, Views, devices_in, emissions_in, glints_in
from firmware.verdict.levels import ALARMS
from firmware.verdict.model import Verdict
from hw.types import SensorName

MIDDLE_SHARE = 0.08  # of the picture's size around its middle, in which no direction is worth saying
HOURS = 12
DEGREES_AN_HOUR = 30.0
SIDES = (
    "up", "up_right", "up_right", "right", "down_right", "down_right",
    "down", "down_left", "down_left", "left", "up_left", "up_left",
)  # fmt: skip
Param = str | float | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where one thing was when it was last heard or seen.

    ``x`` and ``y`` are shares 0…1 of the picture's width and height, ``hour`` the direction from its middle
    on a clock face (0: the middle itself). What a sensor cannot tell is None.
    """

    sensor: SensorName
    subject: str
    name: str = ""  # from the air
    channel_mhz: float | None = None
    level_dbm: float | None = None
    center_hz: float | None = None
    bandwidth_hz: float | None = None
    has_picture: bool = False  # a video picture was folded out of it
    x: float | None = None
    y: float | None = None
    hour: int | None = None
    width_px: int | None = None  # of the picture
    height_px: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for the ``whereabouts`` of the verdict line, without what is not known."""
        return {k: v for k, v in asdict(self).items() if v is not None and v != ""}


class WhereaboutsLog:
    """Keeps the last whereabouts of everything behind one place's alarm, also after it fell silent."""

    def __init__(self) -> None:
        self._known: dict[tuple[SensorName, str], Whereabouts] = {}

    def note(
        self, verdict: Verdict, observations: Sequence[Observation], views: Views
    ) -> tuple[Whereabouts, ...]:
        """Take in what is heard now, and return the whereabouts of an alarm's findings, strongest first."""
        if verdict.level not in ALARMS and verdict.alarm is None:
            return ()
        wanted = _named(verdict)
        there = [o for o in observations if o.subject in verdict.findings]
        self._known |= {(w.sensor, w.subject): w for w in locate(there, views)}
        return tuple(
            self._known.get((sensor, subject), Whereabouts(sensor=sensor, subject=subject))
            for sensor, subject in wanted
        )


def _named(verdict: Verdict) -> list[tuple[SensorName, str]]:
    kept = () if verdict.alarm is None else verdict.alarm.subjects
    rows = {(s.sensor, s.subject): s.nats for s in (*kept, *verdict.subjects) if s.word == "finding"}
    return sorted(rows, key=lambda name: (-rows[name], name))


def locate(observations: Iterable[Observation], views: Views) -> tuple[Whereabouts, ...]:
    """Return where things are.

    Parameters
    ----------
    observations : iterable of Observation
        The things that are asked for.
    views : Views
        Gives the size of the camera's picture, px, and says which senders have a video picture.
    """
    seen = list(observations)
    frame = None if views.lens is None else views.lens.frame
    size_px = None if frame is None else frame.pixels.shape
    found = [
        Whereabouts(
            sensor=d.sensor,
            subject=d.subject,
            name=d.called or "",
            channel_mhz=d.channel_mhz,
            level_dbm=d.rssi_dbm,
        )
        for d in devices_in(seen)
    ]
    found += [
        Whereabouts(
            sensor=e.sensor,
            subject=e.subject,
            name=e.channel or "",
            center_hz=e.center_hz,
            bandwidth_hz=e.bandwidth_hz,
            has_picture=e.id in views.pictures,
        )
        for e in emissions_in(seen)
    ]
    for glint in glints_in(seen):
        if size_px is None:
            found.append(Whereabouts(sensor=glint.sensor, subject=glint.subject))
            continue
        x, y = glint.x_px / size_px[1], glint.y_px / size_px[0]
        found.append(
            Whereabouts(
                sensor=glint.sensor,
                subject=glint.subject,
                x=x,
                y=y,
                hour=clock_hour(x, y),
                width_px=size_px[1],
                height_px=size_px[0],
            )
        )
    return tuple(found)


def clock_hour(x: float, y: float) -> int:
    """Return the direction of a point of the picture on a clock face.

    Parameters
    ----------
    x, y : float
        Shares 0…1 of the picture's width and height, from its upper left corner.

    Returns
    -------
    int
        1…12 from the middle of the picture, 12 upwards and 3 to the right; 0 in the middle itself.
    """
    right, up = x - 0.5, 0.5 - y
    if math.hypot(right, up) < MIDDLE_SHARE:
        return 0
    hour = round(math.degrees(math.atan2(right, up)) / DEGREES_AN_HOUR) % HOURS
    return hour or HOURS


def where_sentence(where: Whereabouts) -> tuple[str, dict[str, Param]]:
    """Return the sentence of where a thing is and how to come nearer to it.

    Parameters
    ----------
    where : Whereabouts
        Where it was last heard or seen.

    Returns
    -------
    key : str
        Message key.
    params : dict
        The parameters of the sentence.
    """
    if where.sensor == "lens":
        return _of_glint(where)
    if where.sensor == "rf":
        if where.center_hz is None:
            return "where.rf.lost", {}
        key = "where.rf.picture" if where.has_picture else "where.rf.spectrum"
        return key, {"center_hz": where.center_hz, "bandwidth_hz": where.bandwidth_hz or 0.0}
    if where.level_dbm is None:
        return "where.device.lost", {}
    params: dict[str, Param] = {"name": where.name or where.subject, "level": where.level_dbm}
    if where.channel_mhz is None:
        return "where.device", params
    return "where.device.channel", params | {"channel_mhz": where.channel_mhz}


def _of_glint(where: Whereabouts) -> tuple[str, dict[str, Param]]:
    if where.hour is None:
        return "where.lens.lost", {}
    if where.hour == 0:
        return "where.lens.middle", {}
    return "where.lens", {"hour": where.hour, "side": f"where.side.{SIDES[where.hour % HOURS]}"}
