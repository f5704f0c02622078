"""The clock, faults and end that all recorded devices share."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from hw import errors
from hw.closing import Closing
from hw.errors import BadRecording, DeviceLost, EndOfRecording, HwError, Reason
from hw.protocols import Clock
from hw.replay.jsonl import LONGEST_SESSION_NS, read_lines, whole
from hw.replay.session import Parts
from hw.types import DeviceHealth, DeviceInfo

NS_PER_HOUR = 3600e9
FAULTS_FILE = "faults.jsonl"
FAULTS: Mapping[str, type[HwError]] = {
    kind.__name__: kind
    for kind in (
        errors.DeviceLost,
        errors.DeviceMissing,
        errors.DeviceBusy,
        errors.DeviceDenied,
        errors.MissingComponent,
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFault:
    """An error that the device raised when it was recorded, and how many good reads came before it."""

    after: int
    t_ns: int
    error: str
    what: str
    hint: str = ""
    reason: str = ""

    def raised(self) -> HwError:
        """Return the recorded error, to be raised again."""
        reason = Reason(self.reason) if self.reason in set(Reason) else None
        return FAULTS.get(self.error, DeviceLost)(self.what, hint=self.hint, reason=reason)


class RecordedDevice(Closing):
    """A device that plays a recording. ``dropped`` counts what the recording holds and could not be given."""

    def __init__(
        self,
        *,
        role: str,
        parts: Parts,
        clock: Clock,
        dropped: Counter[str] | None = None,
        detail: str = "",
    ) -> None:
        self.dropped: Counter[str] = Counter() if dropped is None else dropped
        self._info = DeviceInfo(role=role, backend="replay", name=parts.name, detail=detail)
        self._clock = clock
        self._faults = deque(read_faults(parts.root, role) if parts.session else ())
        self._warning = parts.warning
        self._reads = 0
        self._ended = False
        self._closed = False

    def resume(self) -> Self:
        """Skip the errors that have passed: a device that failed is not played from its start again."""
        past = [fault for fault in self._faults if fault.t_ns < self._clock.now_ns()]
        for _ in past:
            self._faults.popleft()
        with suppress(EndOfRecording):
            while past and self._position() < past[-1].after:
                self._skip()
        return self

    def _position(self) -> int:
        """Return how many recorded reads have been given."""
        return self._reads

    def _skip(self) -> None:
        """Pass over one recorded read."""
        raise self._end()

    def info(self) -> DeviceInfo:
        """Return the name of the recording as a device."""
        return self._info

    def health(self) -> DeviceHealth:
        """Return whether there is more to read, and how much was left out."""
        numbers = MappingProxyType({k: float(v) for k, v in sorted(self.dropped.items())})
        reason = Reason.FINISHED if self._ended else ""
        return DeviceHealth(ok=True, reason=reason, hint=self._warning, numbers=numbers)

    def close(self) -> None:
        """Close the files; may be called twice."""
        self._closed = True

    def _begin(self) -> None:
        """Raise what the next read has to raise instead of giving something."""
        if self._closed:
            raise DeviceLost(f"{self._info.name} is closed")
        if self._faults and self._faults[0].after <= self._position():
            fault = self._faults.popleft()
            self._clock.sleep_until(fault.t_ns)
            raise fault.raised()

    def _given(self, until_ns: int) -> None:
        """Take note of a read that lasted until ``until_ns``."""
        self._reads += 1
        if until_ns > LONGEST_SESSION_NS:
            self._ended = True
            raise BadRecording(
                f"{self._info.name} says that it lasted {until_ns / NS_PER_HOUR:.0f} hours",
                hint=f"Its times are damaged: {LONGEST_SESSION_NS / NS_PER_HOUR:.0f} hours are the most.",
            )
        self._clock.sleep_until(until_ns)

    def _end(self) -> EndOfRecording:
        """Return what to raise when there is nothing left."""
        self._ended = True
        return EndOfRecording(f"The recording {self._info.name} is over")


def read_faults(root: Path, role: str) -> tuple[ReplayFault, ...]:
    """Return the faults of a role that were recorded in a session folder, in order."""
    path = root / FAULTS_FILE
    if not path.is_file():
        return ()
    entries = (e for e in read_lines(path, Counter()) if e.get("role") == role)
    return tuple(fault for fault in map(_fault, entries) if fault is not None)


def _fault(entry: Mapping[str, Any]) -> ReplayFault | None:
    after, t_ns = whole(entry, "after"), whole(entry, "t_ns", most=LONGEST_SESSION_NS)
    if after is None or t_ns is None:
        return None
    words = {name: str(entry.get(name, "")) for name in ("error", "what", "hint", "reason")}
    return ReplayFault(after=after, t_ns=t_ns, **words)
