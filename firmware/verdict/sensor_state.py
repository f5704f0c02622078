"""Keeps the state of one sensor in the engine: its phase, its latest coverage, and its bounded evidence."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from firmware.sensor import Observation, Views
from firmware.settings.sections import EngineConfig
from firmware.verdict.coverage import fade_factor, scale_coverage
from firmware.verdict.evidence.likelihoods import KINDS, Kind, Likelihoods
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.evidence.proximity import LevelSpan, hear
from firmware.verdict.evidence.reasons import KNOWN_REASON
from firmware.verdict.evidence.weigh import key_of, weigh
from firmware.verdict.fusion import SensorReport
from hw.errors import Reason
from hw.types import SENSOR_NAMES, Counts, Coverage, DeviceHealth, SensorName

SensorPhase = Literal["starting", "running", "finished", "lost", "missing"]
Key = tuple[int, str, str]  # epoch, type, name

STATES: Mapping[tuple[SensorPhase, str], SensorPhase] = {
    ("starting", "step"): "running",
    ("starting", "lose"): "lost",
    ("starting", "finish"): "finished",
    ("starting", "miss"): "missing",
    ("running", "step"): "running",
    ("running", "start"): "starting",
    ("running", "lose"): "lost",
    ("running", "finish"): "finished",
    ("lost", "step"): "running",
    ("lost", "start"): "starting",
    ("lost", "finish"): "finished",
    ("finished", "start"): "starting",
    ("missing", "start"): "starting",
    ("missing", "miss"): "missing",
}
KEPT_BY_KIND = 8  # strongest of each kind that go into the fusion; only the best one counts
KEPT_AFTER_PURGE = 0.75  # share of the table kept when it is full, so that purging is rare
UNWELL_BELOW_SHARE = 0.05  # a device that reports trouble and covered less than this has failed
DEAF_FROM_SHARE = 0.25  # a sensor that claims this much and heard nothing at all is deaf
NS_PER_S = 1e9
FOR_EVER_NS = 1 << 62
# A device that lied or hung is believed again once it has worked for so long: longer than its driver takes
# to notice it anew.
HEAL_NS = 3_000_000_000
DOUBTED = frozenset({Reason.FROZEN, Reason.GARBAGE, Reason.STALLED})
# Such a radio says itself that it does not hear: no coverage of before makes up for it.
NOT_HEARING = frozenset({Reason.SILENT, Reason.LATE})
Recognise = Callable[[Observation, Evidence], Evidence]  # what somebody has declared harmless says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorStatus:
    """The status of one sensor. ``reason`` is a message key or a `hw.errors.Reason`, ``hint`` is English."""

    name: SensorName
    state: SensorPhase
    coverage: float | None
    reason: str = ""
    hint: str = ""
    counts: Counts | None = None
    numbers: Mapping[str, float] | None = None
    look: Coverage | None = None  # in parts, as the sensor itself says it


class SensorState:
    """The state of one sensor in the engine."""

    def __init__(
        self,
        name: SensorName,
        config: EngineConfig,
        table: Likelihoods,
        recognise: Recognise | None = None,
    ) -> None:
        self.name = name
        self.state: SensorPhase = "starting"
        self.counts: Counts | None = None
        self.health: DeviceHealth | None = None
        self.table: tuple[Observation, ...] = ()
        self.views = Views()
        self._config = config
        self._table = table
        self._recognise = recognise
        self._known: dict[Key, Evidence] = {}
        self._heard: dict[Key, LevelSpan] = {}
        self._epoch = 0
        self._coverage: Coverage | None = None
        self._looked_ns = 0
        self._at_work_ns = 0  # sensor time in which it really looked
        self._lost_ns: int | None = None
        self._restarted_ns = 0
        self._trouble = ("", "")
        self._evidence: dict[Key, Evidence] = {}
        self._heard_something = False
        self._strongest: tuple[Evidence, ...] | None = ()
        self._stale = False

    def start(self, t_ns: int) -> None:
        """Note that the sensor was opened, opened again, or made anew."""
        self._stale = False
        if self._move("start"):
            self._epoch += 1
            self._looked_ns = max(self._looked_ns, t_ns)
            self._restarted_ns = t_ns

    def step(
        self,
        observations: Sequence[Observation],
        *,
        t_ns: int,
        coverage: Coverage,
        counts: Counts,
        health: DeviceHealth,
        whole: bool = False,
        table: tuple[Observation, ...] | None = None,
        views: Views | None = None,
    ) -> None:
        """Take in one step. A step after the end, or from the place before, changes nothing."""
        if self._stale or not self._move("step"):
            return
        self._coverage, self.counts, self.health = coverage, counts, health
        self._show(table, views)
        if self._lost_ns is None:
            self._at_work_ns += max(0, t_ns - self._looked_ns)
        self._looked_ns = max(self._looked_ns, t_ns)
        if self._healed(t_ns):
            self._lost_ns, self._trouble = None, ("", "")
        if whole:
            self._evidence = {k: e for k, e in self._evidence.items() if k[0] != self._epoch}
            self._known = {k: e for k, e in self._known.items() if k[0] != self._epoch}
            self._strongest = None
        for observation in observations:
            self._take(observation)
        self._heard_something |= self.name != "rf" and counts.read > 0
        self._purge()

    def refresh(self, table: tuple[Observation, ...] | None, views: Views | None) -> None:
        """Take table and views after the inspection's end; evidence and coverage stay."""
        if not self._stale:
            self._show(table, views)

    def _show(self, table: tuple[Observation, ...] | None, views: Views | None) -> None:
        self.table = self.table if table is None else table
        self.views = self.views if views is None else views

    def lose(
        self,
        reason: str,
        hint: str,
        t_ns: int,
        *,
        table: tuple[Observation, ...] | None = None,
        counts: Counts | None = None,
    ) -> None:
        """Note that the device is gone; the first moment of the loss counts."""
        if self._move("lose") and self._lost_ns is None:
            self._lost_ns = t_ns
        self._restarted_ns = t_ns
        if not self._stale:
            self._show(table, None)
            self.counts = self.counts if counts is None else counts
        self._trouble = (reason, hint)

    def _healed(self, t_ns: int) -> bool:
        return self._trouble[0] not in DOUBTED or t_ns - self._restarted_ns >= HEAL_NS

    @property
    def look(self) -> Coverage | None:
        """The coverage that the sensor reports of itself."""
        return self._coverage

    def finish(self, t_ns: int) -> None:
        """Note that its recording is over; what it covered stays covered."""
        if self._move("finish"):
            self._looked_ns = max(self._looked_ns, t_ns)

    def miss(self, reason: str, hint: str) -> None:
        """Note that the sensor is not there at all."""
        if self._move("miss"):
            self._trouble = (reason, hint)

    def watch(self, t_ns: int) -> None:
        """Mark the sensor as stalled where a step takes too long."""
        stalled_ns = self._looked_ns + round(self._config.stall_s * NS_PER_S)
        if self.state == "running" and t_ns > stalled_ns:
            self.lose("status.stalled", "", stalled_ns)

    def unchanged_until_ns(self, t_ns: int) -> int:
        """Return how long time alone changes nothing of it.

        Parameters
        ----------
        t_ns : int
            Session time, ns.

        Returns
        -------
        int
            Session time, ns: ``t_ns`` where a coverage fades, the moment of a stall, else `FOR_EVER_NS`.
        """
        if self._lost_ns is not None:
            is_gone = t_ns >= self._lost_ns + round(self._config.lost_fade_s * NS_PER_S)
            return FOR_EVER_NS if is_gone else t_ns
        if self.state == "running":
            return self._looked_ns + round(self._config.stall_s * NS_PER_S)
        return FOR_EVER_NS

    def close(self, t_ns: int) -> None:
        """End the session: a running sensor has finished, a lost one stays lost."""
        if self.state in {"starting", "running"}:
            self.finish(t_ns)

    def renew(self) -> None:
        """Ignore steps until its next start: until then they are of the place before."""
        self._stale = self.state not in {"missing", "finished"}

    def clear(self, t_ns: int) -> None:
        """Forget everything seen so far: a new inspection begins."""
        self._evidence, self._coverage, self.counts, self._strongest = {}, None, None, ()
        self._known, self._heard = {}, {}
        self.table, self.views = (), Views()
        self._heard_something = False
        self._lost_ns, self._looked_ns, self._at_work_ns = None, t_ns, 0
        if self.state != "missing":  # only its own start brings back what was never there
            self._move("start")
        self._epoch += 1

    def _move(self, word: str) -> bool:
        state = STATES.get((self.state, word))
        if state is None:
            return False
        self.state = state
        return True

    def _take(self, observation: Observation) -> None:
        kind, name = key_of(observation)
        self._heard_something |= self.name == "rf" and observation.from_outside
        key = (self._epoch, kind, name)
        heard = hear(self._heard.get(key), observation.level_db)
        evidence = weigh(observation, self._table, heard)
        self._evidence.pop(key, None)
        self._known.pop(key, None)
        if heard is not None:
            self._heard[key] = heard
        if evidence is not None and self._recognise is not None:
            evidence = self._recognise(observation, evidence)
        if evidence is not None:
            speaking = evidence.reason != KNOWN_REASON
            (self._evidence if speaking else self._known)[key] = evidence
        self._strongest = None

    def _purge(self) -> None:
        most = self._config.subjects_most
        if len(self._evidence) > most:
            rows = sorted(self._evidence.items(), key=lambda row: (-row[1].log_lr, -row[1].last_ns, row[0]))
            self._evidence = dict(rows[: int(most * KEPT_AFTER_PURGE)])
        while len(self._known) > most:
            self._known.pop(next(iter(self._known)))
        if len(self._heard) > 2 * most:
            self._heard = {k: h for k, h in self._heard.items() if k in self._evidence or k in self._known}

    def strongest(self) -> tuple[Evidence, ...]:
        """Return the strongest evidence for each kind, without doubles."""
        if self._strongest is None:
            chosen: dict[Key, Evidence] = {}
            for kind in KINDS:
                speaking = [(k, e) for k, e in self._evidence.items() if kind in e.log_lr_by_kind]
                chosen |= heapq.nsmallest(KEPT_BY_KIND, speaking, key=lambda row: _rank(row, kind))
            self._strongest = tuple(chosen.values())
        return self._strongest

    def report(self, t_ns: int) -> SensorReport:
        """Return the report of this sensor to the fusion at ``t_ns``."""
        coverage, deaf = self._counting(t_ns)
        return SensorReport(
            sensor=self.name,
            coverage=coverage,
            evidence=self.strongest(),
            candidates=len(self._evidence),
            now_ns=self._looked_ns,
            heard=self._heard_something,
            failed=self._failed(),
            deaf=deaf,
            known=tuple(self._known.values()),
            looked_s=self._at_work_ns / NS_PER_S,
        )

    def _counting(self, t_ns: int) -> tuple[Coverage | None, bool]:
        """Return the coverage that counts now, and whether it was deaf."""
        if self.state == "missing":
            return None, False
        coverage = self._coverage or Coverage(sensor=self.name, share=0.0)
        if not self._heard_something:
            return scale_coverage(coverage, 0.0), coverage.share >= DEAF_FROM_SHARE
        if self._lost_ns is None:
            return coverage, False
        left = fade_factor((t_ns - self._lost_ns) / NS_PER_S, fade_s=self._config.lost_fade_s)
        return scale_coverage(coverage, left), False

    def _failed(self) -> bool:
        if self._lost_ns is not None:  # until it has stepped again: opened is not yet working
            return True
        if self.state == "missing" or self.health is None or self.health.ok:
            return False
        share = 0.0 if self._coverage is None else self._coverage.share
        return self.health.reason in NOT_HEARING or share < UNWELL_BELOW_SHARE

    def trouble(self) -> tuple[str, str]:
        """Return the reason and the hint of what is not well with it, both empty if it is well."""
        if self.state == "missing" or self._lost_ns is not None:
            return self._trouble
        if self.health is not None and not self.health.ok:
            return self.health.reason, self.health.hint
        if self._coverage is not None and self._counting(self._looked_ns)[1]:
            return "status.deaf", ""
        return "", ""

    def status(self, coverage: float | None) -> SensorStatus:
        """Return its status beside the coverage that the verdict counts."""
        reason, hint = self.trouble()
        return SensorStatus(
            name=self.name,
            state=self.state,
            coverage=coverage,
            reason=reason,
            hint=hint,
            counts=self.counts,
            numbers=None if self.health is None else self.health.numbers,
            look=self.look,
        )


def _rank(row: tuple[Key, Evidence], kind: Kind) -> tuple[float, int, Key]:
    key, evidence = row
    return -evidence.log_lr_by_kind[kind], -evidence.last_ns, key


def strongest_findings(sensors: Iterable[SensorState], most: int) -> tuple[Evidence, ...]:
    """Return the evidence that speaks for a camera, strongest first.

    Parameters
    ----------
    sensors : iterable of SensorState
        The sensors of the session.
    most : int
        No more findings than these.
    """
    strongest = [e for sensor in sensors for e in sensor.strongest() if e.log_lr > 0]
    strongest.sort(key=lambda e: (-e.log_lr, SENSOR_NAMES.index(e.sensor), e.subject, e.reason))
    return tuple(strongest[:most])


def views_of(sensors: Mapping[SensorName, SensorState]) -> Views:
    """Return the views of all sensors as one: each part from the sensor that makes it."""
    rf, wifi, lens = (sensors[name].views for name in ("rf", "wifi", "lens"))
    devices = tuple(device for name in SENSOR_NAMES for device in sensors[name].views.devices)
    return replace(rf, lens=lens.lens, unreadable=wifi.unreadable, devices=devices)
