"""Between the thumb, the engine and the clerk: what the machine asks for is done here, in order.

::

    press ─► machine ─► effects:  Keep, Begin ─► "end" to the engine ─► its last word ─► record ─► "again"
                                  the rest ─► clerk, after the records before it
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from firmware.handheld.screen.inspection_views import InspectionView
from firmware.handheld.screen.views import MenuItem, Page
from firmware.inspection.inspection_view import PAGE_OF, menu_of, view_of
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
from firmware.sensor import Observation
from firmware.verdict.engine import Snapshot
from hw.types import ButtonPress
from lensdetect.model import LensView

HELD_MOST = 16  # presses that wait while one place is closed and the next one begun: a tenth of a second
WORDS: dict[tuple[str, bool], Word] = {
    ("up", False): "up",
    ("down", False): "down",
    ("ok", False): "ok",
    ("ok", True): "ok_held",
    ("back", False): "back",
}
WORKING = frozenset({"corridor", "cubicle", "thin"})


class TakesJobs(Protocol):
    """Whoever keeps records; the clerk does."""

    def submit(self, job: Job) -> None:
        """Hand over a job; never waits."""
        ...

    def take(self) -> Sequence[WriterReply]:
        """Return what was done since the last time."""
        ...


class InspectionController:
    """One handheld's walk."""

    def __init__(
        self,
        machine: InspectionMachine,
        walk: InspectionState,
        clerk: TakesJobs,
        *,
        new_id: Callable[[], str] = new_walk_id,
    ) -> None:
        self.walk = walk
        self._machine, self._clerk, self._new_id = machine, clerk, new_id
        self._now = Moment()
        self._todo: deque[Effect] = deque()
        self._held: deque[ButtonPress] = deque(maxlen=HELD_MOST)
        self._ending = False
        self._ended_of: int | None = None  # the inspection after whose end the next one is awaited
        self._asked: deque[ButtonPress] = deque()

    @property
    def page(self) -> Page:
        """The page of this stage."""
        return PAGE_OF[self.walk.stage]

    @property
    def menu(self) -> tuple[MenuItem, ...]:
        """What the menu offers at this stage."""
        return menu_of(self.walk)

    @property
    def busy(self) -> bool:
        """True while one place is closed and the next one begun: presses wait for that."""
        return self._ending or self._ended_of is not None

    def begin(self, row: StartRow) -> None:
        """Begin as if this row of the first page had been chosen."""
        self.walk = replace(self.walk, stage="start", selected=start_rows(self.walk).index(row))
        self._take(self._machine.press(self.walk, "ok", replace(self._now, fresh_id=self._new_id())))

    def press(self, button: ButtonPress) -> bool:
        """Act on a press on one of the walk's own pages; return True to show the readout."""
        if self.busy:
            self._held.append(button)
            return False
        word = WORDS.get((button.button, button.long))
        if word is None:
            return False
        return self._take(self._machine.press(self.walk, word, replace(self._now, fresh_id=self._new_id())))

    def command(self, item: MenuItem) -> None:
        """Do what the menu asks for."""
        if item == "finish":
            ended = finish_personal if self.walk.stage == "personal" else lambda walk, _: close_walk(walk)
            self._take(ended(self.walk, self._now))
        elif item == "rooms":
            self.walk = replace(self.walk, stage="room", selected=self.walk.room)
        else:
            paused = progress_of(self.walk) if self.walk.stage in WORKING else self.walk.resume
            self.walk = replace(self.walk, stage="start", selected=0, resume=paused)

    def poll(self) -> tuple[ButtonPress, ...]:
        """Return the presses for the engine: the end of one place, the beginning of the next."""
        due = tuple(self._asked)
        self._asked.clear()
        return due

    def released(self) -> tuple[ButtonPress, ...]:
        """Return the presses that had to wait, once there is nothing to wait for."""
        if self.busy:
            return ()
        held = tuple(self._held)
        self._held.clear()
        return held

    def watch(
        self,
        snapshot: Snapshot,
        seen: Sequence[Observation],
        screen: Callable[[], bytes],
        eye: LensView | None = None,
    ) -> None:
        """Take in a moment: what the clerk said, what the senses cover, and the end of a place."""
        for told in self._clerk.take():
            self._take(tell(self.walk, told))
        if self._ended_of is not None and snapshot.inspection != self._ended_of:
            self._ended_of = None
        self._now = Moment(
            coverage={s.name: None if s.state == "missing" else s.coverage for s in snapshot.sensors},
            level=snapshot.verdict.level.value,
            elapsed_s=snapshot.elapsed_s,
            scanning=snapshot.phase == "scanning",
        )
        if self._ending and snapshot.phase == "finished":
            self._close(snapshot, seen, screen, eye)
        if not self.busy and self._now.scanning:
            self._take(self._machine.press(self.walk, "moment", self._now))

    def view(self, snapshot: Snapshot) -> InspectionView:
        """Return what this stage's page shows."""
        return view_of(self.walk, self._now, snapshot.verdict, self._machine)

    def _take(self, step: Transition) -> bool:
        """Go where the step leads; ask the engine for what it has to do first."""
        self.walk = step.walk
        self._todo.extend(e for e in step.effects if not isinstance(e, Leave))
        if not self._ending and any(isinstance(e, Keep | Begin) for e in self._todo):
            self._ending = True
            self._asked.append(ButtonPress(t_ns=0, button="back", long=True))
        if not self._ending:
            self._hand_over(None)
        return any(isinstance(e, Leave) for e in step.effects)

    def _close(
        self,
        snapshot: Snapshot,
        seen: Sequence[Observation],
        screen: Callable[[], bytes],
        eye: LensView | None,
    ) -> None:
        """The place is closed: hand over its record with the engine's last word, and begin the next one."""
        keeping = any(isinstance(e, Keep) for e in self._todo)
        found = VisitFindings(
            snapshot=snapshot,
            observations=tuple(seen),
            span=span_until_now(snapshot.elapsed_s),
            screen=screen() if keeping else b"",
            eye=eye,
        )
        begin = any(isinstance(e, Begin) for e in self._todo)
        self._ending = False
        self._hand_over(found)
        if begin:
            self._ended_of = snapshot.inspection
            self._asked.append(ButtonPress(t_ns=0, button="ok", long=True))

    def _hand_over(self, found: VisitFindings | None) -> None:
        while self._todo:
            effect = self._todo.popleft()
            if isinstance(effect, Keep):
                if found is not None:
                    self._clerk.submit(KeepJob(keep=effect, findings=found))
            elif not isinstance(effect, Begin | Leave):
                self._clerk.submit(effect)
