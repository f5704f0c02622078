"""Stores records on a thread of its own, so that the inspection never waits for the disk.

::

    submit(job) ─► bounded queue ─► thread "records": RecordStore, progress file ──────┬─► take() ─► replies
                                     what cannot be stored waits, and is tried again   │
                                     before every new job                              │
                                          └► bounded queue ─► thread "paper": export ──┘
                                             in a process of its own, with a time limit

Records are stored one after the other, so that the saved progress is never ahead of them. Reports are drawn
on a second thread: however long one takes, the next record does not wait for it.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware.errors import FirmwareError
from firmware.inspection.checkpoint import load_progress, save_progress
from firmware.inspection.state import (
    AlarmSigned,
    AskReference,
    CorridorKnown,
    Export,
    Keep,
    NotStored,
    Recalled,
    RecordStored,
    ReportExported,
    Resolve,
    Save,
    WriterReply,
)
from firmware.inspection.visit_records import (
    VisitFindings,
    export_site,
    file_visit,
    photo_of,
    reference_of,
    store_site,
    visited,
    what_came_of,
)
from firmware.log import get_logger
from firmware.records.begun import sign_left
from firmware.records.compare.site_knowledge import SiteAllowlist
from firmware.records.custody.errors import (
    ExportTimedOut,
    KeySealed,
    RecordsError,
    StoreBusy,
    StoreFull,
    StoreUnwritable,
)
from firmware.records.database import DATABASE_FILE
from firmware.records.events import Event
from firmware.records.resolve_alarm import AlarmAnswer, NoAlarmToResolve, resolve_alarm
from firmware.records.store import RecordStore
from firmware.settings.settings import Settings
from hw.types import Frame

# Jobs of an inspection that is faster than its disk; more are refused. Records alone may still wait then:
# findings cannot be asked for again, progress and references can.
JOBS_MOST, RECORDS_BEYOND = 256, 64
WAITING_MOST = 64  # records that wait for room on the disk
PAPERS_MOST = 16  # reports that wait for the one that is being drawn
CLOSE_WAIT_S = 20.0  # for each thread; an export takes seconds on a small computer
log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Look for an interrupted inspection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepJob:
    """A record to store, with the findings of the sensors."""

    keep: Keep
    findings: VisitFindings


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveJob:
    """An answer to an alarm, with the camera's picture where a person wanted it."""

    resolve: Resolve
    frame: Frame | None = None


Job = KeepJob | ResolveJob | Save | AskReference | Export | Recall


class RecordWriter:
    """Does the jobs of the inspection in order; with ``threaded=False`` each one at once."""

    def __init__(
        self, folder: Path, *, settings: Settings, kit: str, simulated: bool, threaded: bool = True
    ) -> None:
        self.folder = folder
        self.knowledge = SiteAllowlist()
        self._settings, self._kit, self._simulated = settings, kit, simulated
        self._threaded = threaded
        self._jobs: queue.Queue[Job | None] = queue.Queue(JOBS_MOST + RECORDS_BEYOND)
        self._told: deque[WriterReply] = deque(maxlen=JOBS_MOST + RECORDS_BEYOND)
        self._waiting: deque[KeepJob] = deque()
        self._answers: deque[ResolveJob] = deque(maxlen=WAITING_MOST)  # to alarms of records that wait
        self._open_place = ""  # the record that a place which was begun will have
        self._started = False
        self._papers: queue.Queue[str | None] = queue.Queue(PAPERS_MOST)
        self._thread = threading.Thread(target=self._run, name="ansim-records", daemon=True)
        self._paper_thread = threading.Thread(target=self._run_paper, name="ansim-paper", daemon=True)

    def __enter__(self) -> Self:
        if self._threaded:
            self._thread.start()
            self._paper_thread.start()
        self.submit(Recall())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Finish what was handed over, within a bounded time; may be called twice."""
        if self._threaded and self._thread.is_alive():
            with suppress(queue.Full):
                self._jobs.put(None, timeout=1.0)
            self._thread.join(CLOSE_WAIT_S)
            with suppress(queue.Full):
                self._papers.put_nowait(None)
            self._paper_thread.join(CLOSE_WAIT_S)

    def submit(self, job: Job) -> None:
        """Hand over a job; never waits."""
        if not self._threaded:
            self._do(job)
            return
        try:
            if self._jobs.qsize() >= JOBS_MOST and not isinstance(job, KeepJob):
                raise queue.Full
            self._jobs.put_nowait(job)
        except queue.Full:
            log.error("too many jobs wait for the disk", job=type(job).__name__)
            if isinstance(job, KeepJob):
                self._told.append(NotStored(record=job.keep.record, trouble="walk.store.busy"))

    def take(self) -> Sequence[WriterReply]:
        """Return the replies since the last call."""
        said = []
        while self._told:
            said.append(self._told.popleft())
        return said

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._do(job)

    def _run_paper(self) -> None:
        while (name := self._papers.get()) is not None:
            self._draw(name)

    def _do(self, job: Job) -> None:
        """Do one job; a failure is reported and never ends the thread."""
        doing: dict[type[Job], Callable[[], None]] = {
            KeepJob: lambda: self._keep(job) if isinstance(job, KeepJob) else None,
            ResolveJob: lambda: self._resolve(job) if isinstance(job, ResolveJob) else None,
            Save: lambda: self._save(job) if isinstance(job, Save) else None,
            AskReference: lambda: self._refer(job) if isinstance(job, AskReference) else None,
            Export: lambda: self._export(job) if isinstance(job, Export) else None,
            Recall: self._recall,
        }
        try:
            doing[type(job)]()
        except (FirmwareError, OSError) as error:
            log.warning("not done", job=type(job).__name__, what=str(error))
        except Exception:  # a bug here must not end the inspection
            log.exception("a job of the records failed", job=type(job).__name__)

    def _keep(self, job: KeepJob) -> None:
        self._waiting.append(job)
        if len(self._waiting) > WAITING_MOST:
            lost = self._waiting.popleft()
            log.error("a record is lost: the disk took none for too long", record=lost.keep.record)
        self._store_waiting()

    def _store_waiting(self) -> None:
        for job in tuple(self._waiting):
            try:
                with RecordStore(self.folder, config=self._settings.records) as store:
                    filed = file_visit(
                        store, job.keep, job.findings, settings=self._settings, kit=self._kit,
                        simulated=self._simulated,
                    )  # fmt: skip
                    told = visited(store, filed)
            except (FirmwareError, OSError) as error:
                log.warning("not stored", record=job.keep.record, what=str(error))
                self._told.append(NotStored(record=job.keep.record, trouble=trouble_key(error)))
                return
            except Exception as error:  # a bug with one record must not hold up the others
                log.exception("not stored", record=job.keep.record)
                self._told.append(NotStored(record=job.keep.record, trouble=trouble_key(error)))
                continue
            if job.keep.record == self._open_place:
                self._open_place = ""
            self._waiting = deque(one for one in self._waiting if one is not job)
            self._told.append(RecordStored(visited=told))

    def _resolve(self, job: ResolveJob) -> None:
        """Sign an answer to an alarm; one of a record that still waits for the disk is signed after it."""
        self._answers.append(job)
        self._store_waiting()
        waiting = {one.keep.record for one in self._waiting}
        for one in [a for a in self._answers if a.resolve.record not in waiting]:
            self._answers.remove(one)
            self._sign(one)

    def _sign(self, job: ResolveJob) -> None:
        asked = job.resolve
        picture = None if job.frame is None else photo_of(job.frame)
        answer = AlarmAnswer(
            record=asked.record, resolution=asked.resolution, reason=asked.reason, picture=picture
        )
        trouble = ""
        try:
            with RecordStore(self.folder, config=self._settings.records) as store:
                resolve_alarm(store, answer)
        except (FirmwareError, OSError) as error:
            log.warning("an answer to an alarm is not signed", record=asked.record, what=str(error))
            trouble = trouble_key(error)
        self._told.append(AlarmSigned(record=asked.record, resolution=asked.resolution, trouble=trouble))

    def _save(self, job: Save) -> None:
        save_progress(self.folder, job.progress)
        self._note_places(job)

    def _note_places(self, job: Save) -> None:
        """Sign that a place was begun, and that the one before was left without a record."""
        at = job.progress
        here = "" if at is None or at.behind else f"{at.walk}-{at.visit:03d}"
        if here == self._open_place:
            return
        events = [Event(event="abandoned", record=self._open_place)] if self._open_place else []
        if here:
            events += [] if self._started else [Event(event="started")]
            events.append(Event(event="begun", record=here))
        self._open_place, self._started = here, self._started or bool(here)
        if events:
            with RecordStore(self.folder, config=self._settings.records) as store:
                for event in events:
                    store.note(event)

    def _refer(self, job: AskReference) -> None:
        with RecordStore(self.folder, config=self._settings.records) as store:
            self._told.append(CorridorKnown(reference=reference_of(store, job.site, self._settings)))
            self.knowledge.enter(job.site, store)

    def _recall(self) -> None:
        self._let_old_go()
        progress = load_progress(self.folder)
        if progress is None:
            return
        with suppress(RecordsError), RecordStore(self.folder, config=self._settings.records) as store:
            progress = what_came_of(store, progress)
        self._told.append(Recalled(progress=progress))

    def _let_old_go(self) -> None:
        """Remove what is over its time, also on a unit with which nothing is inspected any more."""
        if not (self.folder / DATABASE_FILE).is_file():
            return
        try:
            with RecordStore(self.folder, config=self._settings.records) as store:
                store.apply_retention()
                left = sign_left(store)
            if left:
                log.warning("scans were cut before they had a result", records=left)
        except (FirmwareError, OSError) as error:
            log.warning("what is old could not be removed", what=str(error))

    def _export(self, job: Export) -> None:
        """Store the record of the site, and leave its report to the other thread."""
        self._store_waiting()
        try:
            with RecordStore(self.folder, config=self._settings.records) as store:
                name = store_site(store, job, settings=self._settings, kit=self._kit)
        except Exception as error:
            log.exception("not exported", what=str(error))
            self._told.append(ReportExported(name="", trouble=trouble_key(error)))
            return
        if not self._threaded:
            self._draw(name)
            return
        try:
            self._papers.put_nowait(name)
        except queue.Full:
            self._told.append(ReportExported(name="", trouble="walk.store.slow"))

    def _draw(self, name: str) -> None:
        """Draw one report; a failure is reported and never ends the thread."""
        try:
            path = export_site(self.folder, name, settings=self._settings)
            self._told.append(ReportExported(name=path.name))
        except ModuleNotFoundError:
            self._told.append(ReportExported(name="", trouble="walk.export.missing"))
        except Exception as error:
            log.exception("not exported", what=str(error))
            self._told.append(ReportExported(name="", trouble=trouble_key(error)))


def trouble_key(error: Exception) -> str:
    """Return the message key of an error of the store."""
    for kind, key in (
        (KeySealed, "walk.store.sealed"),
        (StoreFull, "walk.store.full"),
        (StoreUnwritable, "walk.store.read_only"),
        (StoreBusy, "walk.store.busy"),
        (ExportTimedOut, "walk.store.slow"),
        (NoAlarmToResolve, "resolve.no_alarm_here"),
    ):
        if isinstance(error, kind):
            return key
    return "walk.store.trouble"
