"""What the devices for 2.4 and 5.8 GHz change for a room: share caught, probability, alarms.

Method: rooms of the rooms benchmark (`tests.benchmarks.rooms`), with an analog camera at 2.4 or 5.8 GHz or
clean, each with the receiver alone and with each further device beside it, through the real sensor, fusion
and levels. Only the radio looks; the camera's power, channel and deviation are drawn from a generator of its
own, so that everything else in the room stays as it is there. Every device is simulated: what chips call
busy, and how pictures look at what level, was not measured.

Command: ``python -m tests.benchmarks.high_rooms --rooms 24`` (simulation, one core).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from firmware.runtime.factory import build_sensor
from firmware.runtime.lockstep import run_lockstep
from firmware.verdict.engine import Engine, Snapshot
from firmware.verdict.judge import Judge
from firmware.verdict.levels import ALARMS
from firmware.verdict.minimum import minimum_for
from hw.clock import ManualClock
from hw.kit import RfDevices
from hw.sim.facets import RfFacet
from hw.sim.sdr import SimSdr
from hw.sim.spectral import SimSpectral
from hw.sim.survey import SimSurvey
from hw.sim.video_receiver import SimVideoReceiver
from sweeper.bands import load_bands
from tests.benchmarks.results import record
from tests.benchmarks.rooms.draw import Case, draw_case
from tests.benchmarks.rooms.senses import Limited, PooledWaveforms, settings_of

COMMAND = "python -m tests.benchmarks.high_rooms"
UNITS: dict[str, tuple[str, ...]] = {
    "receiver": (),
    "survey": ("survey",),
    "spectral": ("spectral",),
    "module": ("video_receiver",),
    "all": ("spectral", "survey", "video_receiver"),
}
MAKERS = {"spectral": SimSpectral, "survey": SimSurvey, "video_receiver": SimVideoReceiver}
POWER_DBM = (0.0, 20.0)
MOST_SEARCHED = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdict of one unit on one room."""

    alarm: bool
    share_caught: float
    probability: float
    coverage: dict[str, float]


def high_cases(count: int, *, camera: bool) -> Iterator[Case]:
    """Yield rooms with an analog camera above 2 GHz, or clean ones."""
    found = 0
    for number in range(MOST_SEARCHED):
        case = draw_case("calibration", number)
        if (case.truth.kind == "analog-high") is not camera or (not camera and case.truth.kind is not None):
            continue
        yield with_sender(case) if camera else case
        found += 1
        if found == count:
            return


def with_sender(case: Case) -> Case:
    """Let the camera of a room send, by draws that disturb no others."""
    rng = np.random.default_rng([case.scene.seed, 0x4847])
    part = "analog_2g4" if rng.random() < 0.5 else "analog_5g8"
    facet = RfFacet(
        waveform="analog-video",
        center_hz=float(rng.choice(load_bands().high_channels(part))) + float(rng.uniform(-0.5e6, 0.5e6)),  # type: ignore[arg-type]
        power_dbm=float(rng.uniform(*POWER_DBM)),
        bandwidth_hz=16e6,
        deviation_hz=float(rng.uniform(3e6, 5e6)),
    )
    things = tuple(t.model_copy(update={"rf": facet}) if t.camera else t for t in case.scene.things)
    return replace(case, scene=case.scene.model_copy(update={"things": things}))


def judge(case: Case, devices: Sequence[str]) -> Judged:
    """Listen to a room with the receiver and further devices, and judge it by the radio alone."""
    settings, clock = settings_of(case), ManualClock()
    # Faults of the room belong to its own benchmark; lenses and Bluetooth are not heard.
    things = tuple(t.model_copy(update={"optic": None, "ble": None}) for t in case.scene.things)
    scene = case.scene.model_copy(update={"things": things, "faults": ()})
    sdr = Limited(SimSdr(scene, config=settings.hw, clock=clock), clock=clock, until_s=case.walk.rf_s)
    further = tuple(MAKERS[name](scene=scene, clock=clock) for name in devices)
    device = RfDevices((sdr, *further)) if further else sdr  # type: ignore[arg-type]
    sensor = build_sensor("rf", device, clock=clock, settings=settings)
    engine = Engine(
        judge=Judge(prior=settings.prior, minimum=minimum_for("unknown", only=("rf",))),
        config=settings.engine,
        sensors=("rf",),
    )
    with PooledWaveforms():
        run_lockstep({"rf": sensor}, engine, clocks={"rf": clock}, until_s=case.walk.air_s, tick_s=60.0)
    last: Snapshot = engine.snapshot()
    covered = dict(sensor.coverage().parts)
    sensor.close()
    return Judged(
        alarm=last.verdict.level in ALARMS,
        share_caught=last.verdict.share_caught,
        probability=last.verdict.probability,
        coverage=covered,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--rooms", type=int, default=24)
    asked = parser.parse_args()
    command = f"{COMMAND} --rooms {asked.rooms}"
    hidden = list(high_cases(asked.rooms, camera=True))
    clean = list(high_cases(asked.rooms, camera=False))
    for unit, devices in UNITS.items():
        found = [judge(case, devices) for case in hidden]
        quiet = [judge(case, devices) for case in clean]
        caught = float(np.mean([j.share_caught for j in quiet]))
        left = float(np.mean([j.probability for j in quiet]))
        alarms, false = sum(j.alarm for j in found), sum(j.alarm for j in quiet)
        print(
            f"{unit:9s} alarms {alarms} of {len(found)}, false {false} of {len(quiet)}, "
            f"share caught {caught:.3f}, probability of a quiet room {left:.5f}",
            flush=True,
        )
        note = f"{unit}: {asked.rooms} rooms with a camera at 2.4 or 5.8 GHz, as many clean; the radio alone"
        for name, value in (
            ("alarms", f"{alarms} of {len(found)}"),
            ("false", f"{false} of {len(quiet)}"),
            ("share_caught", f"{caught:.3f}"),
            ("probability", f"{left:.5f}"),
        ):
            unit_word = "rooms" if name in ("alarms", "false") else ""
            record(f"high_rooms.{name}_{unit}", value, unit_word, command, note=note)


if __name__ == "__main__":
    main()
