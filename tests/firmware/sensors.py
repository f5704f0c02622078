"""Observations whose truth is known by construction, and scripted sensors that give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from firmware.sensor import Observation
from firmware.settings.sections import EngineConfig
from firmware.verdict.engine import Engine, StepDone
from firmware.verdict.evidence.likelihoods import designed_likelihoods
from firmware.verdict.judge import Judge
from firmware.verdict.minimum import minimum_for
from hw.clock import ManualClock
from hw.errors import DeviceLost, EndOfRecording
from hw.protocols import Clock
from hw.types import SENSOR_NAMES, Counts, Coverage, DeviceHealth, SensorName
from lensdetect.model import Glint, GlintLabel
from sweeper.model import Emission, EmissionKind
from wifiscan.model import AccessPoint, BleDevice, Identity, Station

S = 1_000_000_000
PRIOR = 0.005
WELL = DeviceHealth(ok=True)
PARTS: Mapping[SensorName, tuple[str, ...]] = {
    "rf": ("analog_low", "cofdm", "cellular"),
    "wifi": ("streaming", "idle"),
    "ble": ("adverts",),
    "lens": ("surface",),
}


def covered(name: SensorName, share: float) -> Coverage:
    return Coverage(sensor=name, share=share, parts=dict.fromkeys(PARTS[name], share))


def emission(
    name: str = "1",
    *,
    kind: EmissionKind = "known-service",
    score: float = 0.01,
    last_s: float = 0.0,
    **more: float,
) -> Emission:
    return Emission(
        id=name, center_hz=1160e6, bandwidth_hz=8e6, snr_db=21.0, kind=kind, scores={"camera": score} | more,
        first_ns=0, last_ns=round(last_s * S), hits=3,
    )  # fmt: skip


def station(mac: str = "aa:00", *, score: float = 0.02, last_s: float = 0.0, **more: Any) -> Station:
    values: dict[str, Any] = {
        "mac": mac, "randomised": False, "vendor": None, "bssid": None, "ssid": None, "channel_mhz": 2437,
        "rssi_dbm": -50.0, "frames": 900, "bytes_up": 5_000_000, "bytes_down": 9_000, "uplink_bps": 1.6e6,
        "streaming_score": None, "identity": (), "score": score, "first_ns": 0, "last_ns": round(last_s * S),
    }  # fmt: skip
    return Station(**(values | more))


def streamer(mac: str = "ca:fe", *, score: float = 0.99, last_s: float = 28.0) -> Station:
    features = {"frame_rate_hz": 25.0, "keyframe_s": 3.0}
    return station(mac, score=score, last_s=last_s, streaming_score=score, features=features)


def named(strength: str = "A", seen: str = "ssid") -> Identity:
    values: dict[str, Any] = {"strength": strength, "seen": seen, "value": "CAM"}
    return Identity(rule=f"rule-{strength}", why="named like a camera", **values)


def network(
    bssid: str = "fe:ed", *, score: float = 0.95, strength: str | None = "A", ssid: str = "CAM"
) -> AccessPoint:
    identity = () if strength is None else (named(strength),)
    return AccessPoint(
        bssid=bssid, ssid=ssid, channel_mhz=2412, rssi_dbm=-60.0, frames=100, identity=identity, score=score,
        first_ns=0, last_ns=0,
    )  # fmt: skip


def advertiser(
    address: str = "be:ef", *, score: float = 0.9, strength: str | None = "A", **more: Any
) -> BleDevice:
    identity = () if strength is None else (named(strength, "name"),)
    return BleDevice(
        address=address, address_type="public", name="CAM", company_id=None, rssi_dbm=-60.0, adverts=5,
        identity=identity, score=score, first_ns=0, last_ns=0, **more,
    )  # fmt: skip


def glint(
    number: int = 1, *, label: GlintLabel = "lens", score: float = 0.985, poses: int = 11, last_s: float = 0.0
) -> Glint:
    return Glint(
        id=number, x_px=10.0, y_px=20.0, label=label, score=score, poses=poses, first_frame=0, last_frame=9,
        first_ns=0, last_ns=round(last_s * S), sightings=(),
    )  # fmt: skip


def clean_room() -> dict[SensorName, list[Observation]]:
    """An ordinary room: broadcasts, a dozen devices, a router, earbuds and twenty shiny things."""
    return {
        "rf": [emission(str(i)) for i in range(6)],
        "wifi": [*(station(f"00:{i:02x}") for i in range(12)), network("00:aa", score=0.02, strength=None)],
        "ble": [advertiser("00:01", score=0.02, strength=None)],
        "lens": [glint(100 + i, label="specular", score=0.02, poses=2) for i in range(20)],
    }


def room(**extra: Sequence[Observation]) -> dict[SensorName, list[Observation]]:
    """The ordinary room with something in it."""
    seen = clean_room()
    for name in SENSOR_NAMES:
        seen[name] += extra.get(name, ())
    return seen


def step(
    name: SensorName, seen: Sequence[Observation], *, t_s: float = 1.0, share: float = 0.9, **more: Any
) -> StepDone:
    values: dict[str, Any] = {
        "sensor": name, "t_ns": round(t_s * S), "observations": tuple(seen), "coverage": covered(name, share),
        "counts": Counts(sensor=name, read=10, dropped={}), "health": WELL,
    }  # fmt: skip
    return StepDone(**(values | more))


def engine_for(
    *names: SensorName, prior: float = PRIOR, least_s: float | None = None, **config: Any
) -> Engine:
    """Return an engine for these sensors; ``least_s``: how long each must look before a negative."""
    present = names or SENSOR_NAMES
    minimum = minimum_for("unknown", only=present)
    if least_s is not None:
        minimum = minimum.model_copy(update={"least_s": least_s})
    judge = Judge(prior=prior, table=designed_likelihoods(), minimum=minimum)
    return Engine(judge=judge, config=EngineConfig(**config), sensors=present)


@dataclass
class ScriptedSensor:
    """A sensor that gives the same table again and again, covers more with every step, and fails on cue."""

    name: SensorName
    clock: Clock = field(default_factory=ManualClock)
    seen: Sequence[Observation] = ()
    step_s: float = 0.25
    full_after_s: float = 5.0
    lost_from_s: float = float("inf")
    lost_until_s: float = float("inf")
    ends_at_s: float = float("inf")
    read_each: int = 7
    on_step: Callable[[], None] | None = None
    steps: int = 0
    worked_s: float = 0.0
    closed: int = 0
    finished: int = 0

    def step(self) -> Sequence[Observation]:
        now_s = self.clock.now_ns() / S
        if self.on_step is not None:
            self.on_step()
        if self.lost_from_s <= now_s < self.lost_until_s:
            raise DeviceLost(f"{self.name} was unplugged", hint="Plug it in again.")
        if now_s >= self.ends_at_s:
            raise EndOfRecording("over")
        self.clock.sleep_until(self.clock.now_ns() + round(self.step_s * S))
        self.steps += 1
        self.worked_s += self.step_s
        return self.seen

    def observations(self) -> Sequence[Observation]:
        return self.seen

    def coverage(self) -> Coverage:
        return covered(self.name, min(1.0, self.worked_s / self.full_after_s))

    def counts(self) -> Counts:
        return Counts(sensor=self.name, read=self.steps * self.read_each, dropped={})

    def health(self) -> DeviceHealth:
        return WELL

    def finish(self) -> None:
        self.finished += 1

    def close(self) -> None:
        self.closed += 1
