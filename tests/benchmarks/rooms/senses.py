"""Runs one real sense over one room and keeps everything that it said, step by step."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

import hw.sim.sdr as sim_sdr
from firmware.runtime.factory import build_sensor
from firmware.runtime.lockstep import run_lockstep
from firmware.sensor import Observation, Sensor
from firmware.settings.settings import Settings, load_settings
from firmware.verdict.engine import Engine
from hw.clock import ManualClock
from hw.errors import EndOfRecording, HwError
from hw.kit import CameraWithLeds
from hw.sim.ble import SimBle
from hw.sim.camera import SimCamera
from hw.sim.facets import RfFacet
from hw.sim.lights import SimLeds
from hw.sim.radio import SimRadio
from hw.sim.rf_emitters import MAKERS
from hw.sim.rf_loop import Loop
from hw.sim.scene import Scene
from hw.sim.sdr import SimSdr
from hw.types import Counts, Coverage, DeviceHealth, Frame, IqBlock, SensorName
from lensdetect.model import Glint
from sweeper.model import Emission
from tests.benchmarks.rooms.draw import Case

# A smaller and slower eye than the handheld's, so that thousands of rooms can be looked at: three pictures a
# state of the light at 20 a second, 480x360. Recall is lower than at full size, never higher.
EYE = (
    "hw.camera.width_px=480",
    "hw.camera.height_px=360",
    "hw.camera.rate_hz=20",
    "lens.frames_per_state=3",
    "lens.distance_factor=1",
)
POOL = 3  # waveforms a kind of distant sender has; drawing each anew would cost more than hearing it
FACET_OF = {"rf": "rf", "wifi": "wifi", "ble": "ble", "lens": "optic"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one turn of a sense left: ``lost`` holds reason and hint, ``ended`` that it was its last."""

    until_ns: int
    changed: tuple[Observation, ...]
    coverage: Coverage
    counts: Counts
    health: DeviceHealth
    lost: tuple[str, str] | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All turns of one sense over one room, and its whole table at the end."""

    sensor: SensorName
    steps: tuple[Step, ...]
    table: tuple[Observation, ...]
    cost_s: float


def settings_of(case: Case) -> Settings:
    """Return the settings under which a room is inspected."""
    return _settings(case.region, case.area_m)


@lru_cache(maxsize=64)
def _settings(region: str, area_m: tuple[float, float]) -> Settings:
    wall = (f"lens.wall_width_m={area_m[0]}", f"lens.wall_height_m={area_m[1]}")
    return load_settings(overrides=(*EYE, *wall, f"rf.region={region}"))


def part_of(scene: Scene, name: SensorName) -> Scene:
    """Return the scene without what this sense cannot meet: what it hears depends on nothing else."""
    others = dict.fromkeys(set(FACET_OF.values()) - {FACET_OF[name]})
    things = tuple(
        t.model_copy(update=others) for t in scene.things if getattr(t, FACET_OF[name]) is not None
    )
    faults = tuple(f for f in scene.faults if f.sensor == name)
    return scene.model_copy(update={"things": things, "faults": faults})


def open_sense(case: Case, name: SensorName, clock: ManualClock) -> Sensor:
    """Put the real sense onto simulated devices in this room."""
    cv2.setNumThreads(1)
    settings, scene = settings_of(case), part_of(case.scene, name)
    device: Any
    if name == "rf":
        device = Limited(SimSdr(scene, config=settings.hw, clock=clock), clock=clock, until_s=case.walk.rf_s)
    elif name == "wifi":
        device = SimRadio(scene=scene, clock=clock, snap_length=settings.hw.monitor.snap_length)
    elif name == "ble":
        device = SimBle(scene=scene, clock=clock)
    else:
        leds = SimLeds(clock=clock)
        camera = SimCamera(scene=scene, leds=leds, clock=clock, settings=settings.hw.camera)
        device = CameraWithLeds(Limited(camera, clock=clock, until_s=case.walk.eye_s), leds)  # type: ignore[arg-type]
    return build_sensor(name, device, clock=clock, settings=settings)


class Limited:
    """A device that is put down after a while: the eye has seen its wall, the receiver has done its round."""

    def __init__(self, device: Any, *, clock: ManualClock, until_s: float) -> None:
        self._device, self._clock, self._until_ns = device, clock, round(until_s * 1e9)

    def read(self, **asked: Any) -> Frame | IqBlock:
        """Read, or say that it is over."""
        if self._clock.now_ns() >= self._until_ns:
            raise EndOfRecording("put down")
        got: Frame | IqBlock = self._device.read(**asked)
        return got

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)


class Tap:
    """A sense whose every turn is written down."""

    def __init__(self, sense: Sensor, clock: ManualClock) -> None:
        self._sense, self._clock = sense, clock
        self.steps: list[Step] = []

    def step(self) -> Sequence[Observation]:
        """Do one turn and keep what it left."""
        try:
            changed = tuple(self._sense.step())
        except EndOfRecording:
            self._keep((), ended=True)
            raise
        except HwError as error:
            self._keep((), lost=(str(error.reason), error.hint))
            raise
        self._keep(changed)
        return changed

    def _keep(
        self, changed: tuple[Observation, ...], *, lost: tuple[str, str] | None = None, ended: bool = False
    ) -> None:
        sense = self._sense
        self.steps.append(
            Step(
                until_ns=self._clock.now_ns(),
                changed=tuple(map(thin, changed)),
                coverage=sense.coverage(),
                counts=sense.counts(),
                health=sense.health(),
                lost=lost,
                ended=ended,
            )
        )

    def finish(self) -> None:
        """Settle what is pending, and keep it as the last turn."""
        self._sense.finish()
        self._keep(())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sense, name)


def thin(observation: Observation) -> Observation:
    """Drop what no judgement uses, so that the store stays small."""
    match observation:
        case Glint():
            return replace(observation, sightings=(), features={})
        case Emission():
            return replace(observation, measures={})
        case _:
            return observation


class _NoEngine:
    """Takes events and makes nothing of them."""

    def handle(self, _event: object) -> None:
        """Do nothing."""

    def snapshot(self) -> None:
        """Have nothing."""


def watch(case: Case, name: SensorName) -> Timeline:
    """Run one real sense over a room from start to end."""
    begin = time.process_time()
    clock = ManualClock()
    tap = Tap(open_sense(case, name, clock), clock)
    engine: Engine = _NoEngine()  # type: ignore[assignment]
    with PooledWaveforms():
        run_lockstep({name: tap}, engine, clocks={name: clock}, until_s=case.walk.air_s, tick_s=60.0)  # type: ignore[dict-item]
    table = tuple(map(thin, tap.observations()))
    tap.close()
    cost_s = time.process_time() - begin
    return Timeline(sensor=name, steps=tuple(tap.steps), table=table, cost_s=cost_s)


class PooledWaveforms:
    """While inside, distant senders (``air-…``) share a pool of waveforms; cameras keep their own."""

    def __enter__(self) -> None:
        self._own = sim_sdr.emitter_loop
        sim_sdr.emitter_loop = self._loop  # type: ignore[assignment]

    def __exit__(self, *exc: object) -> None:
        sim_sdr.emitter_loop = self._own

    def _loop(self, facet: RfFacet, *, seed: int, name: str) -> Loop:
        if not name.startswith("air-"):
            return self._own(facet, seed=seed, name=name)
        return _pool(facet.waveform, facet.bandwidth_hz, facet.guard, (seed + len(name)) % POOL)


@lru_cache(maxsize=32)
def _pool(waveform: str, bandwidth_hz: float | None, guard: float, number: int) -> Loop:
    facet = RfFacet(waveform=waveform, center_hz=1e9, bandwidth_hz=bandwidth_hz, guard=guard)  # type: ignore[arg-type]
    return MAKERS[waveform](facet, np.random.default_rng([number, 0x50]))
