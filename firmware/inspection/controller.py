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

from firmware.inspection.record_writer import Job, KeepJob
from firmware.inspection.resume_point import progress_of
from firmware.inspection.state import (
    Begin,
    Effect,
    InspectionState,
    Keep,
    Leave,
    Moment,
    StartRow,
    Word,
    WriterReply,
)
from firmware.inspection.state_machine import (
    InspectionMachine,
    Transition,
    close_walk,
    finish_personal,
    start_rows,
    tell,
)
from firmware.inspection.visit_records import VisitFindings, new_walk_id
from firmware.records.save_scan import span_until_now
from firmware.verdict.commands import BeginInspection, EndInspection, EngineCommand
from firmware.verdict.engine import Snapshot
from firmware.verdict.minimum import Minimum, minimum_for
from hw.types import ButtonPress

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
WORKING = frozenset({"corridor", "cubicle", "thin"})


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
        walk: InspectionState,
        clerk: TakesJobs,
        *,
        new_id: Callable[[], str] = new_walk_id,
    ) -> None:
        self.walk = walk
        self.machine = machine
        self.now = Moment()
        self._clerk, self._new_id = clerk, new_id
        self._todo: deque[Effect] = deque()
        self._held: deque[ButtonPress] = deque(maxlen=HELD_MOST)
        self._ending = False
        self._ended_of: int | None = None  # the inspection after whose end the next one is awaited
        self._asked: deque[EngineCommand] = deque()

    @property
    def busy(self) -> bool:
        """True while one place is being closed and the next one begun; presses wait meanwhile."""
        return self._ending or self._ended_of is not None

    def begin(self, row: StartRow) -> None:
        """Begin as if this row of the first page had been chosen."""
        self.walk = replace(self.walk, stage="start", selected=start_rows(self.walk).index(row))
        self._take(self.machine.press(self.walk, "ok", replace(self.now, fresh_id=self._new_id())))

    def press(self, button: ButtonPress) -> bool:
        """Act on a press on one of the inspection's own pages; return True to show the readout."""
        if self.busy:
            self._held.append(button)
            return False
        word = WORDS.get((button.button, button.long))
        if word is None:
            return False
        return self._take(self.machine.press(self.walk, word, replace(self.now, fresh_id=self._new_id())))

    def command(self, item: MenuWord) -> None:
        """Carry out a menu entry."""
        if item == "finish":
            ended = finish_personal if self.walk.stage == "personal" else lambda walk, _: close_walk(walk)
            self._take(ended(self.walk, self.now))
        elif item == "rooms":
            self.walk = replace(self.walk, stage="room", selected=self.walk.room)
        else:
            paused = progress_of(self.walk) if self.walk.stage in WORKING else self.walk.resume
            self.walk = replace(self.walk, stage="start", selected=0, resume=paused)

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
        for told in self._clerk.take():
            self._take(tell(self.walk, told))
        if self._ended_of is not None and snapshot.inspection != self._ended_of:
            self._ended_of = None
        self.now = Moment(
            coverage={s.name: None if s.state == "missing" else s.coverage for s in snapshot.sensors},
            level=snapshot.verdict.level.value,
            elapsed_s=snapshot.elapsed_s,
            scanning=snapshot.phase == "scanning",
        )
        if self._ending and snapshot.phase == "finished":
            self._close(snapshot, screen)
        if not self.busy and self.now.scanning:
            self._take(self.machine.press(self.walk, "moment", self.now))

    def _take(self, step: Transition) -> bool:
        """Apply a transition; ask the engine first for what its effects need."""
        self.walk = step.walk
        self._todo.extend(e for e in step.effects if not isinstance(e, Leave))
        if not self._ending and any(isinstance(e, Keep | Begin) for e in self._todo):
            self._ending = True
            self._asked.append(EndInspection())
        if not self._ending:
            self._hand_over(None)
        return any(isinstance(e, Leave) for e in step.effects)

    def _close(self, snapshot: Snapshot, screen: Callable[[], bytes]) -> None:
        """Hand over the record of the closed place with the last snapshot, and begin the next place."""
        keeping = any(isinstance(e, Keep) for e in self._todo)
        found = VisitFindings(
            snapshot=snapshot,
            span=span_until_now(snapshot.elapsed_s),
            screen=screen() if keeping else b"",
        )
        begin = any(isinstance(e, Begin) for e in self._todo)
        self._ending = False
        self._hand_over(found)
        if begin:
            self._ended_of = snapshot.inspection
            self._asked.append(BeginInspection(place=_place_name(self.walk), minimum=_minimum_of(self.walk)))

    def _hand_over(self, found: VisitFindings | None) -> None:
        while self._todo:
            effect = self._todo.popleft()
            if isinstance(effect, Keep):
                if found is not None:
                    self._clerk.submit(KeepJob(keep=effect, findings=found))
            elif not isinstance(effect, Begin | Leave):
                self._clerk.submit(effect)


def _place_name(walk: InspectionState) -> str:
    """Return the name of the place that is inspected next; outside a cubicle it is the stage."""
    return f"{walk.room_plan.name}/{walk.cubicle_name}" if walk.stage == "cubicle" else walk.stage


def _minimum_of(walk: InspectionState) -> Minimum:
    """Return what the place that is inspected next needs before NOTHING FOUND may be said of it."""
    if walk.stage == "cubicle":
        return walk.plan.minimum.applied()
    if walk.stage == "corridor":
        return walk.plan.minimum.applied("corridor")
    return minimum_for("hotel_room" if walk.stage == "personal" else "unknown")
