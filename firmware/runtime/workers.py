"""Runs each sensor on a thread of its own, restarts it when it fails, and never blocks the engine.

A worker puts the results of its steps into a bounded `Inbox`; the engine's loop empties it. Opening,
reopening and closing happen on the worker's own thread, so a device that hangs holds up nobody else.

A lost device is opened again here and nowhere else, with back-off. The sensor above it stays: its table, its
coverage and its counts go on where they were, as they do when the recording of that run is replayed. Only a
sensor that crashed is thrown away and made anew.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from firmware.log import get_logger
from firmware.runtime.lockstep import lost_sensor, step_done
from firmware.sensor import Sensor
from firmware.verdict.engine import (
    SensorEvent,
    SensorFinished,
    SensorLost,
    SensorMissing,
    SensorStarted,
    StepDone,
)
from hw.errors import EndOfRecording, HwError
from hw.protocols import Clock
from hw.types import SENSOR_NAMES, SensorName

BACK_OFF_S = (0.5, 1.0, 2.0, 4.0, 8.0)  # between restarts; the last one repeats for ever
# Steps in a row after which a restart counts as healed and the back-off starts anew.
STEADY_STEPS = 20

OpenSensor = Callable[[], Sensor]
ReopenDevices = Callable[[], None]  # opens the devices of the sensor that runs
RenewSensor = Callable[[int], Sensor]  # takes the number of the place, from 0
log = get_logger(__name__)


class Inbox:
    """A bounded queue of events that drops the oldest superseded result first, and counts it.

    At most ``length`` results wait, and as many changes of state (a crash loop makes those). The latest
    result of each sensor always stays. A dropped result loses its changes, so its sensor is asked for its
    whole table next time.
    """

    def __init__(self, length: int) -> None:
        if length < len(SENSOR_NAMES):
            raise ValueError(f"length must hold one result of each sensor, got {length}")
        self._length = length
        self._events: deque[SensorEvent] = deque()
        self._lock = threading.Lock()
        self._filled = threading.Event()
        self._owing: set[SensorName] = set()
        self.dropped: dict[SensorName, int] = dict.fromkeys(SENSOR_NAMES, 0)

    def __len__(self) -> int:
        """Return how many events wait."""
        return len(self._events)

    def put(self, event: SensorEvent) -> None:
        """Add an event; never waits."""
        with self._lock:
            if isinstance(event, StepDone) and event.whole:
                self._owing.discard(event.sensor)
            self._events.append(event)
            alike = [e for e in self._events if isinstance(e, StepDone) == isinstance(event, StepDone)]
            if len(alike) > self._length:
                self._drop(next((e for i, e in enumerate(alike) if _superseded(e, alike[i + 1 :])), alike[0]))
        self._filled.set()

    def _drop(self, event: SensorEvent) -> None:
        self._events.remove(event)
        self.dropped[event.sensor] += 1
        if isinstance(event, StepDone):
            self._owing.add(event.sensor)

    def owes_all(self, sensor: SensorName) -> bool:
        """Return whether results of this sensor were dropped since it last gave its whole table."""
        with self._lock:
            return sensor in self._owing

    def take(self, *, wait_s: float) -> Sequence[SensorEvent]:
        """Return all waiting events; where there is none, wait for the first.

        Parameters
        ----------
        wait_s : float
            Longest wait, in s.

        Returns
        -------
        sequence of SensorEvent
            In the order in which they came; empty where none came in time.
        """
        self._filled.wait(wait_s)
        with self._lock:
            events = tuple(self._events)
            self._events.clear()
            self._filled.clear()
        return events


def _superseded(event: SensorEvent, later: Sequence[SensorEvent]) -> bool:
    return any(e.sensor == event.sensor for e in later)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerHealth:
    """The state of one worker's thread."""

    alive: bool
    steps: int
    restarts: int
    dropped: int


class Worker:
    """Runs one sensor on a thread of its own until it ends or is stopped."""

    def __init__(
        self,
        name: SensorName,
        open_sensor: OpenSensor,
        *,
        clock: Clock,
        inbox: Inbox,
        back_off_s: Sequence[float] = BACK_OFF_S,
        reopen_devices: ReopenDevices | None = None,
        renew_sensor: RenewSensor | None = None,
    ) -> None:
        self.name = name
        self._open = open_sensor
        self._reopen_devices = reopen_devices
        self._renew_sensor = renew_sensor
        self._sensor: Sensor | None = None
        self._next_place: int | None = None
        self._clock = clock
        self._inbox = inbox
        self._back_off_s = tuple(back_off_s)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"ansim-{name}", daemon=True)
        self._steps = self._restarts = self._failures = self._steady = 0
        self._was_open = False
        self._logged: tuple[str, str] | None = None  # reason and words of the loss that the log has

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to stop; returns at once."""
        self._stop.set()

    def renew(self, place: int) -> None:
        """Ask it to begin afresh at another place after the step it is in; returns at once."""
        self._next_place = place

    def join(self, wait_s: float) -> bool:
        """Wait for the end of the thread. A hung device's thread is left behind.

        Parameters
        ----------
        wait_s : float
            Longest wait, in s.

        Returns
        -------
        bool
            True where it has ended.
        """
        if self._thread.ident is not None:
            self._thread.join(wait_s)
        return not self._thread.is_alive()

    def health(self) -> WorkerHealth:
        """Return the state of the thread."""
        return WorkerHealth(
            alive=self._thread.is_alive(),
            steps=self._steps,
            restarts=self._restarts,
            dropped=self._inbox.dropped[self.name],
        )

    def _run(self) -> None:
        try:
            while not self._stop.is_set() and not self._live_once():
                pause_s = self._back_off_s[min(self._failures, len(self._back_off_s) - 1)]
                self._failures += 1
                self._restarts += 1
                self._stop.wait(pause_s)
        finally:
            self._give_up()

    def _live_once(self) -> bool:
        """Open what is not open and step the sensor until something happens; return whether it has ended."""
        try:
            self._open_all()
            self._steady = 0
            self._step_on()
            return True
        except EndOfRecording:
            self._finish(self._sensor)
            return True
        except HwError as error:
            self._tell_lost(error.reason, error.hint, error.what, error)
            if self._reopen_devices is None:
                self._give_up()
            return False
        except Exception as error:  # a bug in one sensor must not end the inspection
            log.exception("sensor crashed", sensor=self.name)
            self._tell_lost("status.crashed", "", repr(error))
            self._give_up()
            return False

    def _open_all(self) -> None:
        """Open the sensor, or only its devices where it is still there: the sensor then goes on."""
        if self._sensor is not None and self._reopen_devices is not None:
            self._reopen_devices()
            return
        self._sensor = self._open()
        self._was_open = True
        self._inbox.put(SensorStarted(sensor=self.name, t_ns=self._clock.now_ns()))

    def _step_on(self) -> None:
        while not self._stop.is_set():
            sensor = self._fresh()
            changed = sensor.step()
            self._steps += 1
            self._steady += 1
            if self._steady >= STEADY_STEPS:
                self._failures = 0
                self._logged = None
            whole = self._inbox.owes_all(self.name)
            seen = None if whole else tuple(changed)
            now_ns = self._clock.now_ns()
            self._inbox.put(step_done(sensor, now_ns, observations=seen, whole=whole))
        sensor = self._fresh()
        sensor.finish()
        self._inbox.put(step_done(sensor, self._clock.now_ns(), whole=True))

    def _fresh(self) -> Sensor:
        """Return the sensor, made anew where another place was entered since its last step."""
        place = self._next_place
        if place is not None and self._renew_sensor is not None:
            self._sensor = self._renew_sensor(place)
            # Only now: where its device was away, the place is still to be entered.
            if self._next_place == place:
                self._next_place = None
            self._inbox.put(SensorStarted(sensor=self.name, t_ns=self._clock.now_ns()))
        if self._sensor is None:
            raise RuntimeError(f"{self.name} was never opened")
        return self._sensor

    def _finish(self, sensor: Sensor | None) -> None:
        now_ns = self._clock.now_ns()
        if sensor is not None:
            self._inbox.put(step_done(sensor, now_ns, whole=True))
        self._inbox.put(SensorFinished(sensor=self.name, t_ns=now_ns))

    def _tell_lost(self, reason: str, hint: str, what: str, error: HwError | None = None) -> None:
        tell = log.debug if self._logged == (reason, what) else log.warning
        tell("sensor lost", sensor=self.name, reason=reason, what=what, restarts=self._restarts)
        self._logged = (reason, what)
        now_ns = self._clock.now_ns()
        lost = None if error is None else self._all_it_found(error, now_ns)
        if lost is not None:
            self._inbox.put(lost)
        elif self._was_open:
            self._inbox.put(SensorLost(sensor=self.name, t_ns=now_ns, reason=reason, hint=hint))
        else:
            self._inbox.put(SensorMissing(sensor=self.name, t_ns=now_ns, reason=reason, hint=hint))

    def _all_it_found(self, error: HwError, t_ns: int) -> SensorLost | None:
        """Return the loss with what the sensor had found; None where it cannot say that any more."""
        try:
            return None if self._sensor is None else lost_sensor(self._sensor, error, t_ns)
        except Exception:  # its tables may be as broken as its device
            log.exception("sensor lost its table", sensor=self.name)
            return None

    def _give_up(self) -> None:
        """Close the sensor and its devices; the next one is made anew."""
        sensor, self._sensor = self._sensor, None
        if sensor is None:
            return
        try:
            sensor.close()
        except Exception:  # it is being given up anyway
            log.exception("sensor did not close", sensor=self.name)


class WorkerPool:
    """All workers of one run. A context manager: leaving it stops every one, within a bounded time."""

    def __init__(
        self,
        openers: Mapping[SensorName, OpenSensor],
        *,
        clock: Clock,
        inbox_length: int,
        stop_wait_s: float,
        back_off_s: Sequence[float] = BACK_OFF_S,
        reopeners: Mapping[SensorName, ReopenDevices] | None = None,
        renewers: Mapping[SensorName, RenewSensor] | None = None,
    ) -> None:
        reopeners, renewers = reopeners or {}, renewers or {}
        self.inbox = Inbox(inbox_length)
        self._stop_wait_s = stop_wait_s
        self.workers = tuple(
            Worker(
                name,
                openers[name],
                clock=clock,
                inbox=self.inbox,
                back_off_s=back_off_s,
                reopen_devices=reopeners.get(name),
                renew_sensor=renewers.get(name),
            )
            for name in SENSOR_NAMES
            if name in openers
        )

    def __enter__(self) -> WorkerPool:
        for worker in self.workers:
            worker.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def renew(self, place: int) -> None:
        """Make every sensor begin afresh at another place; returns at once."""
        for worker in self.workers:
            worker.renew(place)

    def stop(self) -> tuple[SensorName, ...]:
        """Stop every worker; return the names of those that hang and were left behind."""
        for worker in self.workers:
            worker.stop()
        hung = tuple(w.name for w in self.workers if not w.join(self._stop_wait_s))
        if hung:
            log.error("sensors hang and were left behind", sensors=hung)
        return hung

    def alive(self) -> bool:
        """Return whether any sensor still works."""
        return any(worker.health().alive for worker in self.workers)

    def health(self) -> Mapping[SensorName, WorkerHealth]:
        """Return the state of each worker."""
        return {worker.name: worker.health() for worker in self.workers}
