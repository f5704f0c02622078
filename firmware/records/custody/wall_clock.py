"""Reads the wall clock, which may jump, and the time since start, which may not; records jumps."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from firmware.records.custody.hash_chain import ClockWord, Stamp

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")  # systemd-timesyncd(8): made at the first success
BOOT_HEX = 16
FROM_NETWORK = "network"
JUMP_NS = 5_000_000_000  # more than time keeping ever corrects by itself in one go (NTP slews below 0.128 s)
NOT_BEFORE_NS = 1_735_689_600_000_000_000  # 2025-01-01: before the first version, so the clock was never set


class WallClock(Protocol):
    """Interface of the clocks that the store needs."""

    def utc_ns(self) -> int:
        """Return the wall's time, UTC, ns."""
        ...

    def up_ns(self) -> int:
        """Return the time since the machine started, ns; it counts through sleep and cannot be set."""
        ...

    def boot(self) -> str:
        """Return a name for this start of the machine."""
        ...

    def trusted(self) -> bool:
        """Say whether the wall's time is known to come from the network; only then may things grow old."""
        ...


@dataclass(frozen=True, slots=True)
class MachineClock:
    """The machine's own clocks."""

    def utc_ns(self) -> int:
        """Return the wall's time."""
        return time.time_ns()

    def up_ns(self) -> int:
        """Return the time since start."""
        return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

    def boot(self) -> str:
        """Return a name for this start of the machine; empty where the system does not tell."""
        try:
            return hashlib.sha256(BOOT_ID.read_bytes()).hexdigest()[:BOOT_HEX]
        except OSError:
            return ""

    def trusted(self) -> bool:
        """Say whether time synchronisation has set the clock since start."""
        return SYNCHRONISED.exists()


def stamp_after(clock: WallClock, last: Mapping[str, Any]) -> Stamp:
    """Return the stamp of an entry made now, after the entry whose header is ``last`` (may be empty)."""
    utc_ns, up_ns, boot = clock.utc_ns(), clock.up_ns(), clock.boot()
    word = judge_clock(utc_ns=utc_ns, up_ns=up_ns, boot=boot, last=last)
    known = clock.trusted()
    return Stamp(
        utc_ns=utc_ns,
        up_ns=up_ns,
        boot=boot,
        clock=word,
        synchronised=known,
        source=FROM_NETWORK if known else "",
    )


def judge_clock(*, utc_ns: int, up_ns: int, boot: str, last: Mapping[str, Any]) -> ClockWord:
    """Say whether the wall clock went on as it should since the last entry.

    Notes
    -----
    Within one start of the machine a jump shows as a difference between the two clocks. Across a start only
    a step back shows: nobody can tell a clock set ahead from a machine that was off for long.
    """
    if utc_ns < NOT_BEFORE_NS:
        return "unset"
    if not last:
        return "steady"
    wall_ns = utc_ns - int(last["utc_ns"])
    same_boot = bool(boot) and boot == last["boot"] and up_ns >= int(last["up_ns"])
    jump_ns = wall_ns - (up_ns - int(last["up_ns"])) if same_boot else min(0, wall_ns)
    if jump_ns < -JUMP_NS:
        return "back"
    return "ahead" if same_boot and jump_ns > JUMP_NS else "steady"
