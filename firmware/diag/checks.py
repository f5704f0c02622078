"""Self-tests of one unit: is every device there, does it open, does it give what it should?

A check opens a device by itself, asks it for a little, and closes it again; one that fails does not stop
the others. What is not part of the kit (a recording has no screen) is left out, not failed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from hw.clock import ManualClock, SystemClock
from hw.config import HwConfig
from hw.errors import DeviceMissing, EndOfRecording, HwError
from hw.kit import BACKENDS, Eye, open_device, parse_spec
from hw.protocols import BleRadio, Camera, MonitorRadio, Sdr

PROBE_HZ = 98.0e6  # FM broadcast: the one band with something to hear almost everywhere
PROBE_SAMPLES = 262_144
LISTEN_S = 1.0
CLIPPED_SHARE_LIMIT = 0.01  # more than this says that the gain is too high
DARK_LEVEL = 2  # mean grey below this: covered or dead
FREE_BYTES_WARN = 2_000_000_000  # an hour of inspections with pictures


class Result(StrEnum):
    """How a check ended."""

    PASS = "ok"  # noqa: S105 - a result, not a password
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One self-test: what it proves is the message ``check.proves.<name>``."""

    name: str
    result: Result
    detail: str = ""
    remedy: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the line of ``diag check --json``."""
        return {
            "type": "check",
            "name": self.name,
            "result": {"ok": "pass"}.get(self.result.value, self.result.value),
            "detail": self.detail,
            "remedy": self.remedy,
            "numbers": dict(self.numbers),
        }


def run_checks(spec: str, config: HwConfig, *, disk: Path) -> Iterator[Check]:
    """Yield the checks of a kit, one by one as they end."""
    backend = parse_spec(spec)[0]
    for role in BACKENDS[backend]:
        yield _check_device(role, spec, config)
    yield _check_disk(disk)


def _check_device(role: str, spec: str, config: HwConfig) -> Check:
    clock = SystemClock() if parse_spec(spec)[0] == "pi" else ManualClock()
    try:
        device = open_device(role, spec=spec, config=config, clock=clock)
    except DeviceMissing as error:
        return Check(name=role, result=Result.WARN, detail=error.what, remedy=error.hint)
    except HwError as error:
        return Check(name=role, result=Result.FAIL, detail=error.what, remedy=error.hint)
    try:
        return PROBES.get(role, _opened)(device)
    except EndOfRecording as error:
        return Check(name=role, result=Result.WARN, detail=error.what)
    except HwError as error:
        return Check(name=role, result=Result.FAIL, detail=error.what, remedy=error.hint)
    finally:
        for part in device if isinstance(device, Eye) else (device,):
            part.close()


def _opened(device: Any) -> Check:
    info, health = device.info(), device.health()
    result = Result.PASS if health.ok else Result.FAIL
    return Check(name=info.role, result=result, detail=info.name, remedy=health.hint)


def _check_sdr(sdr: Sdr) -> Check:
    sdr.tune(center_hz=PROBE_HZ)
    block = sdr.read(count=PROBE_SAMPLES)
    power = float(np.mean(np.abs(block.samples) ** 2))
    numbers = {"level_dbfs": 10 * float(np.log10(max(power, 1e-12))), "clipped_share": block.clipped_share}
    detail = f"{sdr.info().name}: {numbers['level_dbfs']:.0f} dBFS at {block.center_hz / 1e6:.1f} MHz"
    if power == 0:
        return Check(name="sdr", result=Result.FAIL, detail=detail, remedy="hint.stalled", numbers=numbers)
    loud = block.clipped_share > CLIPPED_SHARE_LIMIT
    remedy = "check.remedy.gain" if loud else ""
    return Check(
        name="sdr", result=Result.WARN if loud else Result.PASS, detail=detail, remedy=remedy, numbers=numbers
    )


def _check_monitor(radio: MonitorRadio) -> Check:
    channels = radio.channels_hz()
    if channels:
        radio.set_channel(center_hz=channels[0])
    batch = radio.read(duration_s=LISTEN_S)
    numbers = {"frames_per_s": len(batch.starts) / LISTEN_S, "channels": float(len(channels))}
    detail = f"{radio.info().name}: {len(batch.starts)} frames in {LISTEN_S:.0f} s, {len(channels)} channels"
    quiet = len(batch.starts) == 0
    return Check(
        name="monitor", result=Result.WARN if quiet else Result.PASS, detail=detail,
        remedy="check.remedy.quiet" if quiet else "", numbers=numbers,
    )  # fmt: skip


def _check_ble(radio: BleRadio) -> Check:
    heard = len(radio.read(duration_s=LISTEN_S).adverts)
    detail = f"{radio.info().name}: {heard} adverts in {LISTEN_S:.0f} s"
    result, remedy = (Result.PASS, "") if heard else (Result.WARN, "check.remedy.quiet")
    return Check(name="ble", result=result, detail=detail, remedy=remedy, numbers={"adverts": float(heard)})


def _check_camera(eye: Eye) -> Check:
    camera: Camera = eye.camera
    first, second = camera.read(), camera.read()
    level = float(second.pixels.mean())
    frozen = first.pixels.shape == second.pixels.shape and bool(np.array_equal(first.pixels, second.pixels))
    numbers = {"mean_level": level, "frame_ms": (second.t_ns - first.t_ns) * 1e-6}
    height, width = second.pixels.shape
    detail = f"{camera.info().name}: {width}×{height}, mean level {level:.0f}"
    if level < DARK_LEVEL:
        return Check(name="camera", result=Result.FAIL, detail=detail, remedy="hint.covered", numbers=numbers)
    if frozen:
        return Check(name="camera", result=Result.FAIL, detail=detail, remedy="hint.stalled", numbers=numbers)
    return Check(name="camera", result=Result.PASS, detail=detail, numbers=numbers)


def _check_disk(disk: Path) -> Check:
    folder = next(p for p in (disk, *disk.resolve().parents) if p.exists())
    free = shutil.disk_usage(folder).free
    low = free < FREE_BYTES_WARN
    return Check(
        name="disk",
        result=Result.WARN if low else Result.PASS,
        detail=f"{free / 1e9:.1f} GB free at {folder}",
        remedy="check.remedy.disk" if low else "", numbers={"free_bytes": float(free)},
    )  # fmt: skip


PROBES: Mapping[str, Callable[[Any], Check]] = {
    "sdr": _check_sdr,
    "monitor": _check_monitor,
    "ble": _check_ble,
    "camera": _check_camera,
}
