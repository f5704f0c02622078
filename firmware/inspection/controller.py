"""Runs the effects that the state machine of an inspection requests, in order.

::

    press ─► machine ─► effects:  Keep, Begin ─► EndInspection ─► last snapshot ─► record ─► BeginInspection
                                  the rest ─► record writer, after the records before it
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, Protocol

from firmware.inspection.leaving import finish, keep_alarm, stage_left
from firmware.inspection.record_writer import Job, KeepJob, ResolveJob
from firmware.inspection.resume_point import progress_of
from firmware.inspection.state import (
    Begin,
    Effect,
    InspectionState,
    Keep,
    Leave,
    Moment,
    Resolve,
    StartRow,
    Transition,
    Word,
    WriterReply,
)
from firmware.inspection.state_machine import InspectionMachine, start_rows, tell
from firmware.inspection.visit_records import VisitFindings, new_inspection_id
from firmware.records.save_scan import span_until_now
from firmware.verdict.commands import BeginInspection, EndInspection, EngineCommand, ResolveAlarm
from firmware.verdict.engine import Snapshot
from firmware.verdict.minimum import Minimum, minimum_for
from hw.types import ButtonPress, Frame

# Presses that wait while one place is closed and the next one begun: a tenth of a second.
HELD_MOST = 16
WORDS: dict[tuple[str, bool], Word] = {
    ("up", False): "up",
    ("down", False): "down",
    ("ok", False): "ok",
    ("ok", True): "ok_held",
    ("back", False): "back",
}
MenuWord = Literal["finish", "rooms", "start"]  # what a menu asks of an inspection
WORKING = frozenset({"corridor", "cubicle"})


class TakesJobs(Protocol):
    """Interface of a writer of records, such as `RecordWriter`."""

    def submit(self, job: Job) -> None:
        """Hand over a job; never waits."""
        ...

    def take(self) -> Sequence[WriterReply]:
        """Return the replies since the last call."""
        ...


class InspectionController:
    """The inspection or guided scan of one handheld."""

    def __init__(
        self,
        machine: InspectionMachine,
        state: InspectionState,
        writer: TakesJobs,
        *,
        new_id: Callable[[], str] = new_inspection_id,
    ) -> None:
        self.state = state
        self.machine = machine
        self.now = Moment()
        self._writer, self._new_id = writer, new_id
        self._todo: deque[Effect] = deque()
        self._held: deque[ButtonPress] = deque(maxlen=HELD_MOST)
        self._ending = False
        self._ended_of: int | None = None  # the inspection after whose end the next one is awaited
        self._asked: deque[EngineCommand] = deque()
        self._frame: Frame | None = None  # the camera's picture of now; stored only where a person asks

    @property
    def busy(self) -> bool:
        """True while one place is being closed and the next one begun; presses wait meanwhile."""
        return self._ending or self._ended_of is not None

    def begin(self, row: StartRow) -> None:
        """Begin as if this row of the first page had been chosen."""
        self.state = replace(self.state, stage="start", selected=start_rows(self.state).index(row))
        self._take(self.machine.press(self.state, "ok", replace(self.now, fresh_id=self._new_id())))

    def press(self, button: ButtonPress) -> bool:
        """Act on a press on one of the inspection's own pages; return True to show the readout."""
        if self.busy:
            self._held.append(button)
            return False
        word = WORDS.get((button.button, button.long))
        return word is not None and self.answer(word)

    def answer(self, word: Word) -> bool:
        """Act on a word for the inspection; return True to show the readout.

        While one place is closed and the next one begun it is not taken: it was said of the place before.
        """
        if self.busy:
            return False
        return self._take(self.machine.press(self.state, word, replace(self.now, fresh_id=self._new_id())))

    def command(self, item: MenuWord) -> None:
        """Carry out a menu entry."""
        if item == "finish":
            self._take(finish(self.state, self.now))
            return
        at = stage_left(self.state)
        state, effects = keep_alarm(replace(self.state, stage=at), self.now)
        if item == "rooms":
            turned = replace(state, stage="room", selected=state.room)
        else:
            paused = progress_of(state) if at in WORKING else state.resume
            turned = replace(state, stage="start", selected=0, resume=paused, answer=None)
        self._take(Transition(turned, effects))

    def poll(self) -> tuple[EngineCommand, ...]:
        """Return the commands for the engine: the end of one place, the beginning of the next."""
        due = tuple(self._asked)
        self._asked.clear()
        return due

    def released(self) -> tuple[ButtonPress, ...]:
        """Return the presses that had to wait, as soon as nothing holds them back."""
        if self.busy:
            return ()
        held = tuple(self._held)
        self._held.clear()
        return held

    def watch(self, snapshot: Snapshot, screen: Callable[[], bytes]) -> None:
        """Take in a snapshot: replies of the record writer, coverage of the sensors, and the end of a place.

        ``screen`` draws the readout of the place as PNG, for its record.
        """
        for told in self._writer.take():
            self._take(tell(self.state, told))
        if self._ended_of is not None and snapshot.inspection != self._ended_of:
            self._ended_of = None
        self._frame = None if snapshot.views.lens is None else snapshot.views.lens.frame
        self.now = Moment(
            coverage={s.name: None if s.state == "missing" else s.coverage for s in snapshot.sensors},
            level=snapshot.verdict.level.value,
            elapsed_s=snapshot.elapsed_s,
            scanning=snapshot.phase == "scanning",
            short=snapshot.verdict.short_of,
            alarm="" if snapshot.verdict.alarm is None else snapshot.verdict.alarm.level.value,
            resolution="" if snapshot.verdict.alarm is None else snapshot.verdict.alarm.resolution,
            eye=self._frame is not None,
            kept=snapshot.verdict.alarm,
        )
        if self._ending and snapshot.phase == "finished":
            self._close(snapshot, screen)
        if not self.busy and self.now.scanning:
            self._take(self.machine.press(self.state, "moment", self.now))

    def _take(self, step: Transition) -> bool:
        """Apply a transition; ask the engine first for what its effects need."""
        self.state = step.state
        self._todo.extend(e for e in step.effects if not isinstance(e, Leave))
        if not self._ending and any(isinstance(e, Keep | Begin) for e in self._todo):
            self._ending = True
            self._asked.append(EndInspection())
        if not self._ending:
            self._hand_over(None)
        return any(isinstance(e, Leave) for e in step.effects)

    def _close(self, snapshot: Snapshot, screen: Callable[[], bytes]) -> None:
        """Hand over the record of the closed place with the last snapshot, and begin the next place."""
        stores = any(isinstance(e, Keep) for e in self._todo)
        found = VisitFindings(
            snapshot=snapshot,
            span=span_until_now(snapshot.elapsed_s),
            screen=screen() if stores else b"",
        )
        begin = next((e for e in self._todo if isinstance(e, Begin)), None)
        self._ending = False
        self._hand_over(found)
        if begin is not None:
            self._ended_of = snapshot.inspection
            place, minimum = _place_name(self.state), _minimum_of(self.state)
            self._asked.append(BeginInspection(place=place, minimum=minimum, alarm=begin.alarm))

    def _hand_over(self, found: VisitFindings | None) -> None:
        while self._todo:
            effect = self._todo.popleft()
            if isinstance(effect, Keep):
                if found is not None:
                    self._writer.submit(KeepJob(keep=effect, findings=found))
            elif isinstance(effect, Resolve):
                self._resolve(effect)
            elif not isinstance(effect, Begin | Leave):
                self._writer.submit(effect)

    def _resolve(self, effect: Resolve) -> None:
        """Have an answer signed, and tell the engine where it shows the alarm still."""
        frame = self._frame if effect.with_picture else None
        self._writer.submit(ResolveJob(resolve=effect, frame=frame))
        if effect.live:
            self._asked.append(ResolveAlarm(resolution=effect.resolution, reason=effect.reason))


def _place_name(state: InspectionState) -> str:
    """Return the name of the place that is inspected next; outside a cubicle it is the stage."""
    return f"{state.room_plan.name}/{state.cubicle_name}" if state.stage == "cubicle" else state.stage


def _minimum_of(state: InspectionState) -> Minimum:
    """Return what the place that is inspected next needs before NOTHING FOUND may be said of it."""
    if state.stage == "cubicle":
        return state.plan.minimum.applied()
    if state.stage == "corridor":
        return state.plan.minimum.applied("corridor")
    return minimum_for("hotel_room" if state.stage == "personal" else "unknown")
