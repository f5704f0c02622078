"""Devices on the bench with planted faults: what is wrong with them is known by construction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firmware.diag.model import Asked, DiagBench
from hw.clock import ManualClock
from hw.config import HwConfig
from hw.formats.iq import to_complex
from hw.types import (
    BleAdvert,
    BleBatch,
    ButtonPress,
    DeviceHealth,
    DeviceInfo,
    Dot11Batch,
    Frame,
    IqBlock,
    LedState,
)

NS = 1e9


def bench(device: Any, clock: ManualClock, *, live: bool = True, **asked: Any) -> DiagBench:
    return DiagBench(device=device, clock=clock, config=HwConfig(), asked=Asked(**asked), live=live)


@dataclass
class BenchSdr:
    """Noise that follows the gain, and one carrier at ``tone_hz`` as this crystal sees it."""

    clock: ManualClock
    tone_hz: float | None = None
    tone_rms: float = 0.05
    ppm: float = 0.0
    gain_works: bool = True
    kept_share: float = 1.0
    dead: bool = False
    rate_hz: float = 2.4e6
    tunable: bool = True
    center_hz: float = 100e6
    gain_db: float = 20.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(5))

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None:
        self.center_hz = center_hz
        self.gain_db = self.gain_db if gain_db is None else gain_db

    def read(self, *, count: int) -> IqBlock:
        t_ns = self.clock.now_ns()
        n = max(1, round(count * self.kept_share))
        noise_rms = 0.003 * (10 ** ((self.gain_db - 20) / 20) if self.gain_works else 1.0)
        x = noise_rms * (self.rng.standard_normal(n) + 1j * self.rng.standard_normal(n)) + (0.004 + 0.003j)
        x += self._tone(n)
        self.clock.sleep_until(t_ns + round(count / self.rate_hz * NS))
        codes = np.clip(np.floor(np.stack([x.real, x.imag], 1) * 127.5 + 128), 0, 255).astype(np.uint8)
        if self.dead:
            codes[:] = 127
        clipped = float(np.mean((codes == 0) | (codes == 255)))
        return IqBlock(
            t_ns=t_ns, center_hz=self.center_hz, rate_hz=self.rate_hz, gain_db=self.gain_db,
            samples=to_complex(codes.ravel(), "cu8"), clipped_share=clipped,
        )  # fmt: skip

    def _tone(self, n: int) -> Any:
        if self.tone_hz is None:
            return 0.0
        offset_hz = self.tone_hz * (1 + self.ppm * 1e-6) - self.center_hz
        if abs(offset_hz) > self.rate_hz / 2:
            return 0.0
        turns = offset_hz / self.rate_hz * np.arange(n)
        return self.tone_rms * np.exp(2j * np.pi * turns)

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="sdr", backend="bench", name="bench receiver")

    def health(self) -> DeviceHealth:
        return DeviceHealth(ok=True)


@dataclass
class BenchRadio:
    """An adapter that hears a known number of frames a second on each channel."""

    clock: ManualClock
    per_s: dict[float, int] = field(default_factory=dict)
    link_type: int = 127
    lost_share: float = 0.0
    channel_hz: float = 2412e6
    newest: dict[str, int] = field(default_factory=dict)

    def channels_hz(self) -> tuple[float, ...]:
        return tuple(self.per_s)

    def generations(self) -> dict[str, int]:
        return dict(self.newest)

    def set_channel(self, *, center_hz: float) -> None:
        self.channel_hz = center_hz

    def read(self, *, duration_s: float) -> Dot11Batch:
        t_ns = self.clock.now_ns()
        until_ns = t_ns + round(duration_s * NS)
        self.clock.sleep_until(until_ns)
        count = round(self.per_s.get(self.channel_hz, 0) * duration_s)
        zeros = np.zeros(count, np.int64)
        return Dot11Batch(
            t_ns=t_ns, until_ns=until_ns, channel_hz=self.channel_hz, link_type=self.link_type, buffer=b"",
            starts=zeros, lengths=zeros, wire_lengths=zeros, times_ns=zeros,
            lost=round(count * self.lost_share / (1 - self.lost_share)),
        )  # fmt: skip

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="monitor", backend="bench", name="bench adapter")


@dataclass
class BenchBle:
    clock: ManualClock
    adverts: int = 0

    def read(self, *, duration_s: float) -> BleBatch:
        t_ns = self.clock.now_ns()
        self.clock.sleep_until(t_ns + round(duration_s * NS))
        heard = tuple(
            BleAdvert(t_ns=t_ns, address=f"{i % 3:012x}", address_type="random", rssi_dbm=-60, data=b"")
            for i in range(self.adverts)
        )
        return BleBatch(t_ns=t_ns, until_ns=self.clock.now_ns(), adverts=heard)

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="ble", backend="bench", name="bench scanner")


@dataclass
class BenchEye:
    """A camera whose picture is known: dark level, what each light adds, and how late it is seen."""

    clock: ManualClock
    dark_dn: float = 6.0
    ring_dn: float = 60.0
    side_dn: float = 50.0
    late_frames: Sequence[int] = (1,)
    interval_ms: float = 1000 / 60
    gap_at: int | None = None
    frozen: bool = False
    lights: tuple[LedState, ...] = ("off", "ring", "side")
    lit: LedState = "off"
    seq: int = 0
    since: int = 0
    switched: int = 0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(6))

    def read(self) -> Frame:
        t_ns = self.clock.now_ns()
        added = {"off": 0.0, "ring": self.ring_dn, "side": self.side_dn, "red": 0.0}[self.lit]
        late = self.late_frames[(self.switched // 2) % len(self.late_frames)]
        level = self.dark_dn + (added if self.since >= late else 0.0)
        noise = 0.0 if self.frozen else self.rng.normal(0, 1.0, (12, 16))
        gap = 4.0 if self.seq == self.gap_at else 1.0
        self.clock.sleep_until(t_ns + round(self.interval_ms * gap * 1e6))
        frame = Frame(
            seq=self.seq, t_ns=t_ns, exposure_us=4000, led=None,
            pixels=np.clip(level + noise + np.zeros((12, 16)), 0, 255).astype(np.uint8),
        )  # fmt: skip
        self.seq, self.since = self.seq + 1, self.since + 1
        return frame

    def states(self) -> tuple[LedState, ...]:
        return self.lights

    def set(self, state: LedState) -> None:
        self.switched += state != self.lit
        self.lit, self.since = state, 0

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="camera", backend="bench", name="bench camera")


@dataclass
class BenchButtons:
    clock: ManualClock
    script: list[ButtonPress] = field(default_factory=list)

    def poll(self) -> Sequence[ButtonPress]:
        due = [p for p in self.script if p.t_ns <= self.clock.now_ns()]
        self.script = [p for p in self.script if p not in due]
        return due

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="buttons", backend="bench", name="bench buttons")
