"""Keeps the strongest alarm of a place: the word does not fall until a person resolves it.

The number of the verdict may fall; the level stays at the alarm's, its rule becomes ``rule.kept``, and
``live_level`` says what the sensors alone would say now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from firmware.sensor import Observation, Views
from firmware.verdict.advice import Advice
from firmware.verdict.levels import ALARMS, RANK
from firmware.verdict.model import Alarm, Level, Verdict
from firmware.verdict.whereabouts import Whereabouts, WhereaboutsLog

SUBJECTS_MOST = 64  # of one place's alarm
NUMBERED = frozenset({"rf", "lens"})  # sensors that number their subjects anew at each start
Resolution = Literal["harmless", "found", "unclear"]


class AlarmLatch:
    """Keeps the strongest alarm of one place; every place has a latch of its own.

    ``before`` is the alarm that the place had shown when the power failed.
    """

    def __init__(self, before: Alarm | None = None) -> None:
        self.alarm = None if before is None else _carried_over(before)
        self._where = WhereaboutsLog()

    def hold(self, verdict: Verdict, t_ns: int) -> Verdict:
        """Return the verdict with the alarm that is kept; a stronger one, or a louder one, replaces it.

        Parameters
        ----------
        verdict : Verdict
            What the sensors say now.
        t_ns : int
            Session time, ns.
        """
        if verdict.level in ALARMS and self._is_stronger(verdict):
            self.alarm = _alarm_of(verdict, t_ns, before=self.alarm)
        if self.alarm is None:
            return verdict
        self._add_subjects(verdict)
        if self.alarm.resolution == "harmless" or RANK[verdict.level] >= RANK[self.alarm.level]:
            return replace(verdict, alarm=self.alarm)
        return replace(
            verdict,
            level=self.alarm.level,
            live_level=verdict.level,
            rule="rule.kept",
            advice=Advice.of("next.look" if self.alarm.level is Level.CHECK else "next.police"),
            alarm=self.alarm,
        )

    def locate(
        self, verdict: Verdict, observations: Sequence[Observation], views: Views
    ) -> tuple[Whereabouts, ...]:
        """Return where the findings of an alarm are, or were when they were last heard or seen."""
        return self._where.note(verdict, observations, views)

    def resolve(self, resolution: Resolution, reason: str) -> bool:
        """Resolve the alarm; harmless needs a reason. Return whether there was one to resolve."""
        if self.alarm is None or (resolution == "harmless" and not reason.strip()):
            return False
        self.alarm = replace(self.alarm, resolution=resolution, reason=reason.strip())
        return True

    def _add_subjects(self, verdict: Verdict) -> None:
        """Add the findings that came later than the alarm: none of them is forgotten either."""
        if self.alarm is None or self.alarm.resolution == "harmless":
            return
        known = {s.subject for s in self.alarm.subjects}
        fresh = tuple(s for s in verdict.subjects if s.word == "finding" and s.subject not in known)
        if fresh:
            self.alarm = replace(self.alarm, subjects=(*self.alarm.subjects, *fresh)[:SUBJECTS_MOST])

    def _is_stronger(self, verdict: Verdict) -> bool:
        kept = self.alarm
        if kept is None:
            return True
        fresh = {s.subject for s in verdict.subjects if s.word == "finding"} - {
            s.subject for s in kept.subjects
        }
        if kept.resolution == "harmless":
            return bool(fresh) or RANK[verdict.level] > RANK[kept.level]
        more = (RANK[verdict.level], verdict.probability) > (RANK[kept.level], kept.probability)
        return more and kept.resolution == ""


def _carried_over(alarm: Alarm) -> Alarm:
    """Return an alarm for the run after the one that showed it, in which numbers mean other things."""
    subjects = tuple(
        replace(s, subject=f"{s.subject}.before")
        if s.sensor in NUMBERED and s.subject[-7:] != ".before"
        else s
        for s in alarm.subjects
    )
    return replace(alarm, t_ns=0, subjects=subjects)


def _alarm_of(verdict: Verdict, t_ns: int, *, before: Alarm | None) -> Alarm:
    now = tuple(s for s in verdict.subjects if s.word == "finding")
    names = {s.subject for s in now}
    earlier = () if before is None else tuple(s for s in before.subjects if s.subject not in names)
    return Alarm(
        level=verdict.level,
        t_ns=t_ns,
        probability=verdict.probability,
        rule=verdict.rule,
        subjects=(*now, *earlier)[:SUBJECTS_MOST],
    )
