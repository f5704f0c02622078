"""A child that walks through an inspection step by step, and waits after each one to be killed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from firmware.inspection.record_writer import KeepJob, RecordWriter, ResolveJob
from firmware.inspection.state import Begin, InspectionState, Keep, Moment, Resolve, Word
from firmware.inspection.state_machine import InspectionMachine, tell
from firmware.inspection.visit_records import VisitFindings
from firmware.records.save_scan import span_until_now
from firmware.settings.settings import Settings, load_settings
from firmware.verdict.model import Alarm, Level, WeighedSubject
from tests.firmware.inspection.presser import NOW, PLAN, SNAPSHOT

SUBJECT = WeighedSubject(
    sensor="wifi", subject="9c:a5:25:3f:7e:11", word="finding", nats=4.0,
    reason="reason.wifi.streaming_plain",
    params={"name": "9c:a5:25:3f:7e:11", "mbps": 1.6, "seconds": 30.0},
)  # fmt: skip
GLINT = replace(SUBJECT, sensor="lens", subject="lens:3", reason="reason.lens.lens", params={"poses": 5})
FIRST = Alarm(level=Level.CHECK, t_ns=7, probability=0.2, rule="rule.one_sign", subjects=(SUBJECT,))
SECOND = Alarm(level=Level.LIKELY_CAMERA, t_ns=9, probability=0.9, rule="rule.two", subjects=(GLINT,))


class Walk:
    """The machine and the writer of one inspection, driven word by word."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.writer = RecordWriter(folder, settings=settings, kit="sim:x", simulated=True, threaded=False)
        self.machine, self.state = InspectionMachine({}), InspectionState(plans=(PLAN,))
        self.alarm: Alarm | None = None

    def press(self, *words: Word) -> None:
        """Press, and carry out the effects as the controller does."""
        for word in words:
            level = "" if self.alarm is None else self.alarm.level.value
            now: Moment = replace(NOW, alarm=level, kept=self.alarm, level=level or NOW.level)
            self.state, effects = self.machine.press(self.state, word, now)
            for effect in effects:
                if isinstance(effect, Keep):
                    self.writer.submit(KeepJob(keep=effect, findings=self._findings()))
                    self.alarm = None
                elif isinstance(effect, Resolve):
                    self.writer.submit(ResolveJob(resolve=effect))
                elif not isinstance(effect, Begin):
                    self.writer.submit(effect)  # type: ignore[arg-type]
            self.hear()

    def hear(self) -> None:
        """Take in the replies of the writer."""
        for told in self.writer.take():
            self.state = tell(self.state, told).state

    def show(self, alarm: Alarm) -> None:
        """Let the open place show an alarm."""
        self.alarm = alarm
        self.press("moment")

    def _findings(self) -> VisitFindings:
        verdict = SNAPSHOT.verdict
        if self.alarm is not None:
            verdict = replace(verdict, level=self.alarm.level, alarm=self.alarm)
        return VisitFindings(snapshot=replace(SNAPSHOT, verdict=verdict), span=span_until_now(20.0))


def steps(walk: Walk) -> Iterator[str]:
    """Yield the name of each step after it was done."""
    walk.press("ok", "ok")
    yield "corridor begun"
    walk.press("ok")
    yield "cubicle 1 begun"
    walk.show(FIRST)
    yield "cubicle 1 shows an alarm"
    walk.press("ok_held", "ok", "down", "ok")
    yield "cubicle 1 left early"
    answer = Resolve(record=walk.state.done[1].record, resolution="harmless", reason="our router")
    walk.writer.submit(ResolveJob(resolve=answer))
    walk.hear()
    yield "its alarm answered"
    walk.show(SECOND)
    yield "cubicle 2 shows an alarm"
    walk.press("ok_held", "ok", "ok")
    yield "cubicle 2 left"


STEPS = (
    "corridor begun", "cubicle 1 begun", "cubicle 1 shows an alarm", "cubicle 1 left early",
    "its alarm answered", "cubicle 2 shows an alarm", "cubicle 2 left",
)  # fmt: skip


def main(folder: Path) -> None:
    """Do the steps, one for each line that is read."""
    walk = Walk(folder, load_settings(overrides=(f"records.folder={folder}",)))
    with walk.writer:
        for step in steps(walk):
            sys.stdout.write(step + "\n")
            sys.stdout.flush()
            sys.stdin.readline()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
