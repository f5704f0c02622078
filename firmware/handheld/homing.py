"""Homing on the handheld: follows one device, transmission or glint while a person walks.

A device and a transmission have a level, the nearer the louder. A glint has none: it has a direction in the
camera's picture. Where there is no live value, the page says why and what to do.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from firmware.handheld.screen.view_model import devices_in_order, hint_of
from firmware.handheld.screen.views import FindingView, HomingView
from firmware.i18n.catalog import Language, Sentence
from firmware.sensor import Observation, devices_in, emissions_in, glints_in
from firmware.verdict.engine import Snapshot
from firmware.verdict.whereabouts import Whereabouts, locate, where_sentence
from hw.types import SensorName
from wifiscan.homing import LOST_S, Homing, HomingReading

# A sweep comes back to a frequency once a round: it is lost after two rounds without it.
ROUNDS_LOST = 2
ROUND_S = 30.0  # of a sweep that has not said yet how long its round takes
NUMBERED: frozenset[SensorName] = frozenset({"rf", "lens"})  # whose subjects are numbered anew at each start
NS_PER_S = 1e9
HZ_PER_MHZ = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The thing that is followed. ``starts``: how often its sensor had been made anew when it was chosen."""

    sensor: SensorName
    subject: str
    name: str
    starts: int = 0


class HomingFollower:
    """Feeds the level of one target into the homing statistics, each time it was received anew."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._homing = Homing(target.subject)
        self._heard_ns = -1
        self._best: float | None = None

    def update(self, snapshot: Snapshot, *, lang: Language) -> HomingView:
        """Take in the current observations.

        Parameters
        ----------
        snapshot : Snapshot
            The moment that is shown.
        lang : Language
            Of the screen; a hint is named only where the catalogue has it.

        Returns
        -------
        HomingView
            The content of the homing page, levels in dBm or, for a transmission, dB over the noise.
        """
        t_ns = snapshot.t_ns
        self._homing.lost_s = LOST_S if self.target.sensor != "rf" else ROUNDS_LOST * _round_s(snapshot)
        seen = None if self._is_renumbered(snapshot) else self._seen(snapshot.observations)
        levels: list[float] = []
        if seen is not None and seen.level_db is not None and self._is_fresh(seen, t_ns):
            levels.append(seen.level_db)
            self._heard_ns = seen.last_ns
        self._homing.add(t_ns, levels)
        reading = self._homing.reading(t_ns)
        if reading.level_dbm is not None:
            self._best = reading.level_dbm if self._best is None else max(reading.level_dbm, self._best)
        return HomingView(
            name=self.target.name,
            level=reading.level_dbm,
            best=self._best,
            history=tuple(self._homing.history_dbm),
            trend=reading.trend,
            unit="db" if self.target.sensor == "rf" else "dbm",
            sensor=self.target.sensor,
            notices=self._notices(snapshot, reading, seen, lang),
        )

    def _seen(self, observations: Sequence[Observation]) -> Observation | None:
        wanted = (self.target.sensor, self.target.subject)
        return max(
            (o for o in observations if (o.sensor, o.subject) == wanted),
            key=lambda o: o.last_ns,
            default=None,
        )

    def _is_fresh(self, seen: Observation, t_ns: int) -> bool:
        return seen.last_ns > self._heard_ns and t_ns - seen.last_ns <= self._homing.lost_s * NS_PER_S

    def _is_renumbered(self, snapshot: Snapshot) -> bool:
        """Say whether the number of the target may mean another thing now."""
        work = snapshot.at_work.get(self.target.sensor)
        return self.target.sensor in NUMBERED and work is not None and work.starts != self.target.starts

    def _notices(
        self, snapshot: Snapshot, reading: HomingReading, seen: Observation | None, lang: Language
    ) -> tuple[Sentence, ...]:
        work = snapshot.at_work.get(self.target.sensor)
        if work is not None and work.state == "over":
            return (Sentence(key="homing.over"),)
        if work is not None and work.state == "away":
            hint = hint_of(work.reason, is_gone=True, lang=lang)
            return (Sentence(key="homing.away"), Sentence(key=hint))
        if self._is_renumbered(snapshot):
            return (Sentence(key="homing.chosen_before"),)
        unwell = "" if work is None else hint_of(work.reason, is_gone=False, lang=lang)
        trouble = (Sentence(key=unwell),) if unwell else ()
        if self.target.sensor == "lens":
            return (*trouble, self._direction(snapshot, seen))
        if reading.trend in {"lost", "searching"}:
            return (*trouble, Sentence(key="homing.not_heard"))
        if self.target.sensor == "rf":
            return (*trouble, Sentence(key="homing.each_round", params={"seconds": _round_s(snapshot)}))
        return trouble

    def _direction(self, snapshot: Snapshot, seen: Observation | None) -> Sentence:
        """Return where in the camera's picture a glint is now; it has no level to follow."""
        fresh = seen is not None and self._age_ns(snapshot, seen) <= LOST_S * NS_PER_S
        there = locate([seen], snapshot.views) if fresh and seen is not None else ()
        where = there[0] if there else Whereabouts(sensor="lens", subject=self.target.subject)
        key, params = where_sentence(where)
        return Sentence(key=key, params=params)

    @staticmethod
    def _age_ns(snapshot: Snapshot, seen: Observation) -> int:
        return snapshot.t_ns - seen.last_ns


def _round_s(snapshot: Snapshot) -> float:
    sweep = snapshot.views.sweep
    return ROUND_S if sweep is None or sweep.plan.round_s <= 0 else sweep.plan.round_s


def subject_of_row(observations: Sequence[Observation], row: int, marked: Collection[str] = ()) -> str | None:
    """Return the subject of the device in that row of the devices page, None where there is none."""
    devices = devices_in_order(observations, marked)
    return devices[row].subject if 0 <= row < len(devices) else None


def subject_of_finding(findings: Sequence[FindingView], row: int) -> str | None:
    """Return the subject of that finding, None where there is none."""
    return findings[row].key or None if 0 <= row < len(findings) else None


def follower_of(snapshot: Snapshot, subject: str | None) -> HomingFollower | None:
    """Return a follower of that subject: heard now, or a finding of an alarm that fell silent; else None."""
    target = _target(snapshot, subject) if subject else None
    return None if target is None else HomingFollower(target)


def _target(snapshot: Snapshot, subject: str) -> Target | None:
    seen: list[tuple[SensorName, str, str]] = [
        *((d.sensor, d.subject, d.called or d.subject) for d in devices_in(snapshot.observations)),
        *(
            (e.sensor, e.subject, f"{e.center_hz / HZ_PER_MHZ:.1f} MHz")
            for e in emissions_in(snapshot.observations)
        ),
        *((g.sensor, g.subject, f"#{g.id}") for g in glints_in(snapshot.observations)),
        *((w.sensor, w.subject, w.name or w.subject) for w in snapshot.whereabouts),
        *((e.sensor, e.subject, e.subject) for e in snapshot.findings),
    ]
    found = next((one for one in seen if one[1] == subject), None)
    if found is None:
        return None
    work = snapshot.at_work.get(found[0])
    return Target(sensor=found[0], subject=subject, name=found[2], starts=0 if work is None else work.starts)
