"""How well steady carriers are found in the FFTs of Wi-Fi chips, and how often others are taken for one.

Method: truth by construction, from two generators that share no code with the detector or with each other:
``air`` (waveforms in the time domain, the chip's filter, noise, FFT and quantisation) and ``shapes``
(spectral shapes drawn bin by bin). Chips, widths, sizes of the FFT, intervals, channels, numbers of FFTs,
levels, duties and frequencies are drawn anew for every dump. A dump is written as the kernel relays it and
read by the project's reader. Found: a carrier within 1 MHz of a planted sender of -65 dBm or more that a
channel covers. False: any carrier in a dump without one, or more than 2 MHz from the planted one.
Intervals are 95 %
Clopper-Pearson.

Command: ``python -m tests.benchmarks.spectral_quality --dumps 2000 --seed 5`` (simulation, one core).
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable

import numpy as np
import scipy.stats

from hw.formats.spectral_scan import SpectralReader
from sweeper.spectral_carrier import Carrier, find_carriers
from sweeper.spectral_images import received
from sweeper.spectral_peaks import measure_sample
from tests.benchmarks import spectral_air as air
from tests.benchmarks import spectral_shapes as shapes
from tests.benchmarks.results import record

Rng = np.random.Generator
CHANNELS_24 = list(range(2412, 2473, 5))
CHANNELS_5 = [5180, 5220, 5260, 5500, 5540, 5580, 5640, 5660, 5700, 5745, 5765, 5785, 5805, 5825]
NEAR_HZ, ELSEWHERE_HZ = 1.0e6, 2.0e6
Air = list[air.Sender]


def _channels(rng: Rng, *, five: bool, around_mhz: float | None) -> list[int]:
    """Some channels in a random order: a scan, or one that stays where it is."""
    every = CHANNELS_5 if five else CHANNELS_24
    if around_mhz is not None and rng.random() < 0.4:
        nearest = min(every, key=lambda mhz: abs(mhz - around_mhz))
        return [nearest]
    return [int(c) for c in rng.permutation(every)] if rng.random() < 0.5 else list(every)


def _wifi(rng: Rng, *, five: bool) -> Air:
    width_hz = float(rng.choice([16.6e6, 36e6, 76e6] if five else [16.6e6, 16.6e6, 36e6]))
    center_hz = float(rng.choice(CHANNELS_5 if five else CHANNELS_24)) * 1e6 + width_hz // 36e6 * 10e6
    busy = air.bursts(rng, duty=rng.uniform(0.02, 0.97), mean_s=rng.uniform(0.2e-3, 5e-3))
    dbm = rng.uniform(-85, -30)
    if not five and rng.random() < 0.25:
        return [air.dsss(rng, center_hz=center_hz, dbm=dbm, busy=busy)]
    return [air.noise_of_width(rng, center_hz=center_hz, dbm=dbm, width_hz=width_hz, busy=busy)]


AIR_NULLS: dict[str, Callable[[Rng, bool], Air]] = {
    "noise": lambda rng, five: [],
    "wifi": lambda rng, five: [s for _ in range(rng.integers(1, 4)) for s in _wifi(rng, five=five)],
    "bluetooth": lambda rng, five: [
        air.gfsk(rng, dbm=rng.uniform(-80, -25), where=air.bluetooth(rng)) for _ in range(rng.integers(1, 4))
    ],
    "hopping_phone": lambda rng, five: [
        air.gfsk(rng, dbm=rng.uniform(-75, -25), where=air.hopping_phone(rng), bit_s=1.2e-6)
    ],
    "zigbee": lambda rng, five: [
        air.gfsk(rng, dbm=rng.uniform(-80, -30), where=air.zigbee(rng), bit_s=0.5e-6, deviation_hz=500e3)
    ],
    "oven": lambda rng, five: [air.oven(rng, dbm=rng.uniform(-60, -10), inverter=False)],
    "inverter_oven": lambda rng, five: [air.oven(rng, dbm=rng.uniform(-60, -10), inverter=True)],
    "own_lines": lambda rng, five: [
        air.fm_video(
            rng,
            center_hz=rng.uniform(5.17e9, 5.83e9) if five else rng.uniform(2.402e9, 2.48e9),
            dbm=rng.uniform(-100, -82),
            modulated=False,
        )
    ],
    "all_at_once": lambda rng, five: [
        *_wifi(rng, five=five),
        air.gfsk(rng, dbm=rng.uniform(-80, -30), where=air.bluetooth(rng)),
        air.oven(rng, dbm=rng.uniform(-60, -20), inverter=bool(rng.random() < 0.3)),
    ],
}
SHAPE_NULLS: dict[str, Callable[[Rng, bool], list[shapes.Shape]]] = {
    "noise": lambda rng, five: [],
    "wifi": lambda rng, five: [
        shapes.wifi(
            rng,
            middle=float(rng.choice(CHANNELS_5 if five else CHANNELS_24)),
            dbm=rng.uniform(-90, -25),
            width=float(rng.choice([16.6, 36.0])),
            duty=rng.uniform(0.02, 1.0),
        )
        for _ in range(rng.integers(1, 4))
    ],
    "hopper": lambda rng, five: [
        shapes.hopper(
            rng,
            lowest=5725 if five else 2402,
            dbm=rng.uniform(-80, -20),
            duty=rng.uniform(0.05, 1.0),
            hop_s=float(rng.choice([625e-6, 1.9e-3, 3.1e-3, 10e-3])),
            slots=int(rng.choice([75, 79, 120])),
        )
    ],
    "oven": lambda rng, five: [shapes.magnetron(rng, dbm=rng.uniform(-60, -10))],
    "fixed_bursts": lambda rng, five: [
        shapes.fixed_bursts(
            rng,
            middle=rng.uniform(5730, 5820) if five else rng.uniform(2403, 2480),
            dbm=rng.uniform(-80, -25),
            duty=rng.uniform(0.01, 0.6),
        )
    ],
    "chip_lines": lambda rng, five: [
        shapes.own_line(rng, offset=rng.uniform(-8, 8), tuned=rng.uniform(-95, -45))
    ],
}


def read(data: bytes) -> tuple[Carrier, ...]:
    reader = SpectralReader()
    samples = [*reader.feed(data), *reader.finish()]
    return received(find_carriers([measure_sample(s) for s in samples]))


def air_dump(
    rng: Rng, senders: Air, *, five: bool, around_mhz: float | None, raised_db: float = 0.0
) -> bytes:
    chip = air.draw_chip(rng, five=five)
    count = int(rng.integers(8, 60)) if chip.interval_s > 1e-3 else int(rng.integers(60, 120))
    channels = _channels(rng, five=five, around_mhz=around_mhz)
    return air.dump(rng, chip, senders, channels_mhz=channels, count=count, raised_db=raised_db)


def shape_dump(rng: Rng, made: list[shapes.Shape], *, five: bool, around_mhz: float | None) -> bytes:
    narrow = [f for f in shapes.FORMS if five or f.span < 50]
    step_s = float(rng.choice([0.21e-3, 1.5e-3, 2.5e-3]))
    return shapes.written(
        rng,
        narrow[int(rng.integers(len(narrow)))],
        made,
        channels=_channels(rng, five=five, around_mhz=around_mhz),
        count=int(rng.integers(9, 60)) if step_s > 1e-3 else int(rng.integers(60, 120)),
        step_s=step_s,
        noise=int(rng.integers(-104, -90)),
    )


def planted(rng: Rng, *, air_made: bool) -> tuple[float, float, tuple[Carrier, ...]]:
    """Return place in Hz and level in dBm of a sender, and the carriers that were found."""
    five = bool(rng.random() < 0.5)
    # Within the reach of some channel of an adapter, whatever the grid.
    mhz = float(rng.choice(CHANNELS_5 if five else CHANNELS_24)) + rng.uniform(-7, 7)
    dbm, with_wifi = rng.uniform(-65, -20), rng.random() < 0.4
    if air_made:
        senders = [air.fm_video(rng, center_hz=mhz * 1e6, dbm=dbm, modulated=bool(rng.random() < 0.85))]
        senders += _wifi(rng, five=five) if with_wifi else []
        # The calibration has swallowed it: the floor stands where the sender is.
        raised_db = float(rng.uniform(20, 45)) if rng.random() < 0.2 else 0.0
        return mhz * 1e6, dbm, read(air_dump(rng, senders, five=five, around_mhz=mhz, raised_db=raised_db))
    made = [shapes.video(rng, middle=mhz, dbm=dbm)]
    made += SHAPE_NULLS["wifi"](rng, five) if with_wifi else []
    return mhz * 1e6, dbm, read(shape_dump(rng, made, five=five, around_mhz=mhz))


def interval(hits: int, of: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share."""
    beta = scipy.stats.beta
    low = 0.0 if hits == 0 else float(beta.ppf(0.025, hits, of - hits + 1))
    high = 1.0 if hits == of else float(beta.ppf(0.975, hits + 1, of - hits))
    return low, high


def measure_found(dumps: int, *, seed: int, air_made: bool) -> tuple[int, int, list[float]]:
    """Return senders found, dumps with a false carrier beside, and the errors of the frequency in Hz."""
    found, false, errors = 0, 0, []
    for number in range(dumps):
        rng = np.random.default_rng((seed, 1, air_made, number))
        place_hz, _, carriers = planted(rng, air_made=air_made)
        away = [abs(c.center_hz - place_hz) for c in carriers]
        found += any(a <= NEAR_HZ for a in away)
        false += any(a > ELSEWHERE_HZ for a in away)
        errors += [min(away)] if away else []
    return found, false, errors


def measure_false(dumps: int, *, seed: int, air_made: bool) -> dict[str, tuple[int, int]]:
    """Return dumps with a false carrier, and dumps, by kind of sender."""
    false: Counter[str] = Counter()
    of: defaultdict[str, int] = defaultdict(int)
    kinds = list(AIR_NULLS if air_made else SHAPE_NULLS)
    for number in range(dumps):
        rng = np.random.default_rng((seed, 2, air_made, number))
        kind, five = kinds[number % len(kinds)], bool(rng.random() < 0.4)
        if air_made:
            data = air_dump(rng, AIR_NULLS[kind](rng, five), five=five, around_mhz=None)
        else:
            data = shape_dump(rng, SHAPE_NULLS[kind](rng, five), five=five, around_mhz=None)
        false[kind] += bool(read(data))
        of[kind] += 1
    return {kind: (false[kind], of[kind]) for kind in kinds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--dumps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=5)
    asked = parser.parse_args()
    command = f"python -m tests.benchmarks.spectral_quality --dumps {asked.dumps} --seed {asked.seed}"
    for name, air_made in (("air", True), ("shapes", False)):
        found, false, errors = measure_found(asked.dumps, seed=asked.seed, air_made=air_made)
        low, high = interval(found, asked.dumps)
        worst = float(np.percentile(errors, 99)) / 1e6 if errors else float("nan")
        print(f"{name}: found {found} of {asked.dumps} [{low:.4f}, {high:.4f}], false beside {false}")
        print(f"{name}: 99 % of the frequencies within {worst:.2f} MHz")
        said = {"command": command, "seed": asked.seed}
        record(
            f"spectral.found_{name}", f"{found / asked.dumps:.3f}", "", **said,
            note=f"{found} of {asked.dumps} dumps, 95 % exact: {low:.3f} to {high:.3f}",
        )  # fmt: skip
        record(f"spectral.error_{name}", f"{worst:.2f}", "MHz", **said, note="99th percentile")
        low, high = interval(false, asked.dumps)
        record(
            f"spectral.false_beside_{name}", f"{false} of {asked.dumps}", "dumps", **said,
            note=f"95 % exact: {low:.4f} to {high:.4f}",
        )  # fmt: skip
        for kind, (wrong, of) in measure_false(asked.dumps, seed=asked.seed, air_made=air_made).items():
            low, high = interval(wrong, of)
            print(f"{name}: {kind}: false {wrong} of {of} [{low:.4f}, {high:.4f}]")
            record(
                f"spectral.false_{name}_{kind}", f"{wrong} of {of}", "dumps", **said,
                note=f"95 % exact: {low:.4f} to {high:.4f}",
            )  # fmt: skip


if __name__ == "__main__":
    main()
