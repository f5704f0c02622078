"""Records planted items through a tap and replays them; some batches and blocks to record."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import EndOfRecording, HwError
from hw.formats.iq import to_complex
from hw.kit import open_device
from hw.replay.recorder import Recorder
from hw.types import SENSOR_NAMES, Dot11Batch, IqBlock
from tests.hw.planted_devices import Planted, flat

WALL_NS = 1_700_000_000_123_456_789
ASK: dict[str, dict[str, float]] = {
    "sdr": {"count": 1 << 20},
    "monitor": {"duration_s": 0.25},
    "ble": {"duration_s": 0.25},
}


def clocks() -> dict[Any, ManualClock]:
    return {name: ManualClock() for name in SENSOR_NAMES}


def record(folder: Path, role: str, items: list[Any], **options: Any) -> tuple[list[Any], Recorder]:
    """Record planted items through a tap; return what the tap gave."""
    shutil.rmtree(folder, ignore_errors=True)
    recorder = Recorder(folder, wall_ns=WALL_NS, kit="planted", **options)
    clock = ManualClock()
    device = Planted(role, items, clock)
    tapped = recorder.wrap(
        role, (device, Planted("leds", [], clock)) if role == "camera" else device, clock=clock
    )
    given_items = drain(tapped[0] if role == "camera" else tapped, role, clock)
    recorder.close()
    return given_items, recorder


def replay(folder: Path, role: str) -> list[Any]:
    clock = ManualClock()
    device = open_device(role, spec=f"replay:{folder}", config=HwConfig(), clock=clock)
    with device[0] if role == "camera" else device as opened:
        return drain(opened, role, clock)


def drain(device: Any, role: str, clock: ManualClock) -> list[Any]:
    """Return everything a device gives, with the time of its clock after each read."""
    found: list[Any] = []
    while True:
        try:
            item = device.read(**ASK.get(role, {}))
        except EndOfRecording:
            return found
        except HwError as error:
            item = error
        found.append((flat(item), clock.now_ns()))


def some_batches(count: int) -> list[Dot11Batch]:
    lengths = np.array([100] * 4, dtype=np.int64)
    return [
        Dot11Batch(
            t_ns=n * 10**8,
            until_ns=(n + 1) * 10**8,
            channel_hz=2412e6,
            link_type=127,
            buffer=bytes(400),
            starts=np.arange(4, dtype=np.int64) * 100,
            lengths=lengths,
            wire_lengths=lengths,
            times_ns=n * 10**8 + np.arange(4, dtype=np.int64) * 1001,
        )
        for n in range(count)
    ]


def some_blocks(count: int, samples: int = 1000) -> list[IqBlock]:
    raw = np.random.default_rng(1).integers(0, 256, (count, 2 * samples), dtype=np.uint8)
    return [
        IqBlock(
            t_ns=n * 10**6,
            center_hz=1e8 + n,
            rate_hz=2.4e6,
            gain_db=20.0,
            samples=to_complex(raw[n], "cu8"),
            clipped_share=0.0,
        )
        for n in range(count)
    ]
