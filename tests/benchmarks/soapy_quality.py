"""How well senders at 2.4 and 5.8 GHz are found at 20 MS/s, what cries wolf there, and how fast it goes.

Method. Senders: FM video of `tests/hw/pi/soapy_standin.cpp` (C++, nothing of the detectors below it), through
the real SoapySDR and the whole sweep: channel, offset, standard, deviation, picture and crystal drawn anew,
C/N over twice the deviation. Found: an analog sender within 3 MHz after one round with its longer looks;
synchronised: its picture scores 0.9. Nulls: `tests.benchmarks.soapy_air` at -5 to 30 dB over the whole look,
noise added, 0.2 s, cut at random; a false alarm is a tested slice called video. Intervals are 95 %
Clopper-Pearson. Speed: median time of the process for a first look, the receiver's driver left out.

Command: ``OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.soapy_quality --trials 60 --slices 5000``
(simulation; ``--kinds "Bluetooth,LTE-U"`` for some nulls alone, ``--trials 0``, ``--slices 0`` or
``--looks 0`` for less).
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig, SdrConfig
from hw.kit import open_device
from hw.types import IqBlock
from sweeper.config import SweeperConfig
from sweeper.slices import quick_length
from sweeper.spectrum import measure_spectrum
from sweeper.sweeper import Sweeper
from sweeper.video import find_video
from sweeper.wide_looks import split_wide
from tests.benchmarks.results import record
from tests.benchmarks.rf_quality import interval
from tests.benchmarks.soapy_air import NULLS, RATE_HZ, Samples
from tests.hw.pi.conftest import SoapyFaults, build_soapy_module

COMMAND = "OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.soapy_quality"
CHANNELS_MHZ = {
    "2.4": (2414, 2432, 2450, 2468, 2370, 2390, 2490, 2510),
    "5.8": (5865, 5745, 5725, 5733, 5790, 5847, 5705, 5645, 5885, 5945, 5740, 5820, 5658, 5769, 5917, 5362),
}
NOISE_DB = -30.0
CUTS_A_WAVE = 12
LOOK_S, FIRST_S, WAVE_S = 0.2, 0.051, 0.6
NEAR_HZ = 3e6


def sweep(faults: SoapyFaults, rng: np.random.Generator, band: str, cn_db: float) -> tuple[bool, bool]:
    """Return whether a sender was found, and whether its picture was synchronised."""
    hz = float(rng.choice(CHANNELS_MHZ[band])) * 1e6 + rng.uniform(-0.5e6, 0.5e6)
    deviation_hz = rng.uniform(3e6, 5e6)
    level_db = NOISE_DB + 10 * np.log10(2 * deviation_hz / RATE_HZ) + cn_db
    standard, seed = rng.choice(["PAL", "NTSC"]), int(rng.integers(1, 1 << 30))
    faults.set(f"{hz:.0f} {deviation_hz:.0f} {level_db:.2f} {standard} {seed}", noise=NOISE_DB)
    low_hz = hz - rng.uniform(2e6, 12e6)
    settings = SweeperConfig(ranges_hz=((low_hz, low_hz + 14.5e6),))
    config, clock = HwConfig(sdr=SdrConfig(soapy="driver=standin")), ManualClock()
    with open_device("sdr", spec="pi", config=config, clock=clock) as sdr:
        sweeper = Sweeper(sdr=sdr, clock=clock, config=settings)
        sweeper.step()
        while sweeper.rounds < 2:  # the longer looks that the round asked for come before the next one
            sweeper.step()
        found = [e for e in sweeper.observations() if e.kind.startswith("analog") and e.camera_score > 0.5]
        near = [e for e in found if abs(e.center_hz - hz) <= NEAR_HZ]
    return bool(near), any(e.scores.get("picture", 0.0) >= 0.9 for e in near)


def detection(faults: SoapyFaults, trials: int, seed: int) -> None:
    """Print and record the share of senders found and shown."""
    print("band  C/N dB  trials  found  synchronised")
    for band in CHANNELS_MHZ:
        for cn_db in (10.0, 15.0):
            rng = np.random.default_rng([seed, *band.encode(), int(cn_db)])
            told = [sweep(faults, rng, band, cn_db) for _ in range(trials)]
            found, shown = (sum(each[i] for each in told) for i in (0, 1))
            print(f"{band:4s}  {cn_db:6.0f}  {trials:6d}  {found:5d}  {shown:12d}", flush=True)
            command = f"{COMMAND} --trials {trials} --slices 0 --looks 0 --seed {seed}"
            name = f"{band.replace('.', 'g')}_{cn_db:.0f}_db"
            note = (
                f"{trials} sweeps, C/N {cn_db:.0f} dB over twice the deviation, through SoapySDR at 20 MS/s"
            )
            record(f"rf.high_found_{name}", f"{found / trials:.2f}", "", command, seed=seed, note=note)
            record(f"rf.high_picture_{name}", f"{shown / trials:.2f}", "", command, seed=seed, note=note)


def look_of(samples: Samples, center_hz: float = 5800e6) -> IqBlock:
    """Return samples as a receiver of eight bits gives them."""
    scaled = samples * np.float32(0.25 / max(float(np.sqrt(np.mean(np.abs(samples) ** 2))), 1e-9))
    codes = np.clip(np.rint(scaled.view(np.float32) * 128), -128, 127) / np.float32(128)
    return IqBlock(
        t_ns=0,
        center_hz=center_hz,
        rate_hz=RATE_HZ,
        gain_db=30.0,
        samples=np.asarray(codes, np.float32).view(np.complex64),
        clipped_share=0.0,
        sample_format="ci8",
    )


def noise(rng: np.random.Generator, count: int) -> Samples:
    """White noise of power 1."""
    return np.asarray(
        rng.standard_normal(2 * count, dtype=np.float32).view(np.complex64) / np.sqrt(2), np.complex64
    )


def false_alarms(slices: int, seed: int, kinds: frozenset[str]) -> None:
    """Print and record the false alarms of every kind of null."""
    print("null             slices  video  at most")
    total = alarms = 0
    for name, make in NULLS.items():
        if name not in kinds:
            continue
        rng = np.random.default_rng([seed, *name.encode()])
        tested, called, cuts = 0, 0, 0
        wave, rest = np.empty(0, np.complex64), noise(rng, round(WAVE_S * RATE_HZ))
        while tested < slices:
            if cuts % CUTS_A_WAVE == 0:
                wave = make(rng, round(WAVE_S * RATE_HZ))
            cuts += 1
            part, count = cut(rng, wave, rest), 0
            look = split_wide(look_of(part))
            assert look is not None
            for each in look.loud:
                x = each.samples[: quick_length(len(each.samples))]
                fine = measure_spectrum(x, center_hz=each.center_hz, rate_hz=each.rate_hz).fine
                count += find_video(x, rate_hz=each.rate_hz, fine=fine).is_video
            tested, called = tested + len(look.loud), called + count
        print(f"{name:15s} {tested:7d} {called:6d}  {interval(called, tested)[1]:.1e}", flush=True)
        command = f"{COMMAND} --trials 0 --slices {slices} --looks 0 --seed {seed}"
        figure = f"rf.high_false_{re.sub(r'[^a-z0-9]+', '_', name.lower())}"
        record(figure, f"{called} of {tested:,}", "slices", command, seed=seed, note=f"{name}, 0.2 s each")
        total, alarms = total + tested, alarms + called
    if kinds == frozenset(NULLS):
        note = f"every kind of null; at most {interval(alarms, total)[1]:.1e} a slice (95 %)"
        record("rf.high_false", f"{alarms} of {total:,}", "slices", command, seed=seed, note=note)


def cut(rng: np.random.Generator, wave: Samples, rest: Samples) -> Samples:
    """Return a part of a wave at a random level over a part of the noise."""
    count = round(LOOK_S * RATE_HZ)
    a, b = (int(rng.integers(len(each) - count)) for each in (wave, rest))
    power = float(np.mean(np.abs(wave) ** 2)) + 1e-12
    level = np.float32(10 ** (rng.uniform(-5, 30) / 20) / np.sqrt(power))
    return wave[a : a + count] * level + rest[b : b + count]


class Played:
    """A receiver above 2 GHz that gives one look again and again."""

    rate_hz, tunable = RATE_HZ, True

    def __init__(self, block: IqBlock) -> None:
        self.block = block

    def reach_hz(self) -> tuple[tuple[float, float], ...]:
        return ((2e9, 6e9),)

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None:
        pass

    def read(self, *, count: int) -> IqBlock:
        return self.block


def speed(faults: SoapyFaults, looks: int, seed: int) -> None:
    """Print and record how many times faster than the air first looks are judged, on one core."""
    rng = np.random.default_rng(seed)
    count = round(FIRST_S * RATE_HZ)
    faults.set("5800e6 4e6 -13 PAL 5", noise=NOISE_DB)
    config = HwConfig(sdr=SdrConfig(soapy="driver=standin"))
    with open_device("sdr", spec="pi", config=config, clock=ManualClock()) as sdr:
        sdr.tune(center_hz=5801e6)
        sender = sdr.read(count=count)
    air = {
        "noise": look_of(noise(rng, count)),
        "sender": sender,
        "wifi": look_of(noise(rng, count) + 10 * NULLS["Wi-Fi 20 MHz"](rng, count)),
    }
    for name, block in air.items():
        played: Any = Played(block)
        sweeper = Sweeper(sdr=played, clock=ManualClock(), config=SweeperConfig())
        took = []
        for _ in range(looks):
            began = time.process_time()
            sweeper.step()
            took.append(time.process_time() - began)
        times = FIRST_S / float(np.median(took))
        print(f"{name:8s} {np.median(took) * 1e3:6.1f} ms a look: {times:.1f} × real time")
        command = f"{COMMAND} --trials 0 --slices 0 --looks {looks} --seed {seed}"
        note = f"first looks at 20 MS/s, one core, {name} in them; median of {looks}"
        record(f"rf.high_speed_{name}", f"{times:.1f}", "× real time", command, seed=seed, note=note)


def main(argv: list[str] | None = None) -> int:
    """Run the tables and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--slices", type=int, default=50)
    parser.add_argument("--looks", type=int, default=20)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--kinds", help="names of nulls, with commas; all if not given")
    args = parser.parse_args(argv)
    kinds = frozenset(args.kinds.split(",") if args.kinds else NULLS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["STANDIN_SOAPY"] = str(folder / "soapy-faults")
        try:
            if args.trials or args.looks:
                build_soapy_module(folder)
        except pytest.skip.Exception as missing:
            print(missing)
            return 0
        faults = SoapyFaults(folder)
        if args.looks:
            speed(faults, args.looks, args.seed)
        if args.trials:
            detection(faults, args.trials, args.seed)
        if args.slices:
            false_alarms(args.slices, args.seed, kinds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
