"""Cameras with line rates and widths of their own: how many of them the RF sensor finds.

Method: truth by construction, from a second source of television (`rf_second_source`) that shares no code
with ``hw.sim``. Table *rates*: slices of 2.4 MS/s and 0.2 s at 10 dB in the slice, of FM senders of 3 to 8
MHz from peak to peak, tuned at random within them, and of AM senders, at each line rate; *wander* the same
with a clock that drifts by so many ppm within the slice (straight, in waves, at random). Each picture serves
five trials that differ in sender and noise. Table *inside*: FM senders that lie wholly inside a recording of
0.12 s (swing and place drawn so), through the whole sensor, from both sources. Intervals are 95 %
Clopper-Pearson.

Command: ``python -m tests.benchmarks.rf_cameras --trials 40 --looks 6`` (simulation; one core, about half an
hour; ``--trials 5 --looks 1`` for a glance, ``--cells pal`` for those whose name holds it).
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from hw.clock import ManualClock
from hw.errors import EndOfRecording
from hw.sim.rf_loop import slice_loop
from hw.sim.waveforms_video import StandardName, fm_video
from hw.types import DeviceHealth, DeviceInfo, IqBlock
from sweeper.config import SweeperConfig
from sweeper.sweeper import Sweeper
from tests.benchmarks.results import record
from tests.benchmarks.rf_quality import RATE_HZ, interval, is_video
from tests.benchmarks.rf_second_source import Samples, hear, send, shoot

SECONDS, SNR_DB, A_PICTURE = 0.2, 10.0, 5
WIDEST_HZ, NARROWEST_HZ = 8e6, 3e6
OFF_PPM = (-7000.0, -3000.0, -1000.0, 1000.0, 3000.0, 7000.0)
RATE_CELLS: tuple[tuple[str, float], ...] = (
    *(("pal", ppm) for ppm in OFF_PPM),
    *(("ntsc", ppm) for ppm in OFF_PPM),
    *((raster, 0.0) for raster in ("rs170", "288p", "312x50", "240p", "262x60", "16k")),
    ("16k", -7000.0),
    ("16k", 7000.0),
)
WANDER_CELLS = (("pal", 500.0), ("ntsc", 500.0), ("rs170", 500.0), ("16k", 500.0), ("pal", 1000.0))
INSIDE_S = 0.12
INSIDE_SNRS_DB = (5.0, 10.0, 20.0, 40.0)
INSIDE_RATES_HZ = (2.4e6, 3.2e6, 10e6, 18e6, 20e6)
INSIDE_SWINGS_HZ = (0.5e6, 1e6, 2e6, 4e6, 6e6, 8e6)
INSIDE_SHARE = 0.84  # of the rate: the swing and what Carson's rule adds for the slow part of the picture
SLOW_HZ = 0.2e6
PLACES_HZ = (0.915e9, 1.08e9, 1.2e9, 1.28e9, 1.36e9)
SIM_DEVIATION_SHARE = 0.5  # sync tip at −deviation, white at +deviation: half of the swing
COMMAND = "python -m tests.benchmarks.rf_cameras"
Rng = np.random.Generator


def wander(rng: Rng, ppm: float, points: int = 201) -> NDArray[np.float64]:
    """Return a drift of ``ppm`` between its ends or peaks: a slope, a wave, or a smooth random walk."""
    t = np.linspace(0, 1, points)
    kind = rng.integers(3)
    if kind == 0:
        curve = t * rng.choice([-1.0, 1.0])
    elif kind == 1:
        curve = np.sin(2 * np.pi * (t * rng.uniform(0.2, 1.0) + rng.random()))
    else:
        steps = np.convolve(rng.normal(size=points + 40), np.ones(41) / 41, mode="valid")
        curve = np.cumsum(steps)
    curve = curve - curve.mean()
    return np.asarray(curve * ppm / np.ptp(curve), np.float64)


def found_in_slices(
    rng: Rng, *, raster: str, trials: int, am: bool, ppm: float = 0.0, drift_ppm: float = 0.0
) -> int:
    """Return how many slices of one cell are called video."""
    found = 0
    for i in range(trials):
        if i % A_PICTURE == 0:
            shot = shoot(
                rng, raster=raster, rate_hz=RATE_HZ, seconds=SECONDS, widest_hz=0.0 if am else WIDEST_HZ,
                ppm=ppm, wander_ppm=wander(rng, drift_ppm) if drift_ppm else None,
            )  # fmt: skip
        swing_hz = rng.uniform(NARROWEST_HZ, WIDEST_HZ)
        offset_hz = rng.uniform(-0.8e6, 0.8e6) if am else rng.uniform(-0.4, 0.4) * swing_hz
        part = send(shot, swing_hz=swing_hz, offset_hz=offset_hz, am=am)[: round(SECONDS * RATE_HZ)]
        found += is_video(hear(rng, part, snr_db=SNR_DB))
    return found


class Recording:
    """A receiver that plays one recording."""

    tunable = False

    def __init__(self, samples: Samples, *, rate_hz: float, center_hz: float) -> None:
        self._samples, self.rate_hz, self._center_hz = samples, rate_hz, center_hz
        self._at = 0

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None: ...
    def read(self, *, count: int) -> IqBlock:
        if self._at >= len(self._samples):
            raise EndOfRecording("over")
        part, t_ns = self._samples[self._at : self._at + count], round(self._at * 1e9 / self.rate_hz)
        self._at += count
        return IqBlock(
            t_ns=t_ns, center_hz=self._center_hz, rate_hz=self.rate_hz, gain_db=29.7, samples=part,
            clipped_share=0.0,
        )  # fmt: skip

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="sdr", backend="replay", name="recording")

    def health(self) -> DeviceHealth:
        return DeviceHealth(ok=True)

    def close(self) -> None: ...
    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *exc: object) -> None: ...


def play(samples: Samples, *, rate_hz: float, center_hz: float) -> Sweeper:
    """Return the sensor after a recording."""
    recording = Recording(samples, rate_hz=rate_hz, center_hz=center_hz)
    sweeper = Sweeper(sdr=recording, clock=ManualClock(), config=SweeperConfig())
    while True:
        try:
            sweeper.step()
        except EndOfRecording:
            return sweeper


def shows_video(samples: Samples, *, rate_hz: float, center_hz: float) -> bool:
    """Say whether the whole sensor calls something in a recording analog video."""
    found = play(samples, rate_hz=rate_hz, center_hz=center_hz).observations()
    return any(e.kind.startswith("analog-video") for e in found)


def inside_cells() -> Iterator[tuple[float, float]]:
    """Yield rate and swing of the senders that fit into a recording, Hz."""
    for rate_hz in INSIDE_RATES_HZ:
        for swing_hz in INSIDE_SWINGS_HZ:
            if swing_hz + 2 * SLOW_HZ <= INSIDE_SHARE * rate_hz:
                yield rate_hz, swing_hz


def second_part(rng: Rng, rate_hz: float, swing_hz: float, offset_hz: float) -> Samples:
    """Return one sender of the second source inside a recording."""
    raster = str(rng.choice(["pal", "ntsc"]))
    shot = shoot(
        rng, raster=raster, rate_hz=rate_hz, seconds=INSIDE_S, widest_hz=swing_hz, ppm=rng.uniform(-100, 100)
    )
    return send(shot, swing_hz=swing_hz, offset_hz=offset_hz)[: round(INSIDE_S * rate_hz)]


def sim_part(rng: Rng, rate_hz: float, swing_hz: float, offset_hz: float) -> Samples:
    """Return one sender of ``hw.sim`` inside a recording."""
    standard: StandardName = "ntsc" if rng.integers(2) else "pal"
    deviation_hz = SIM_DEVIATION_SHARE * swing_hz
    loop = fm_video(rng, standard=standard, deviation_hz=deviation_hz, clock_ppm=rng.uniform(-100, 100))
    part = slice_loop(loop, offset_hz=-offset_hz, rate_hz=rate_hz)
    return np.resize(np.roll(part, -int(rng.integers(len(part)))), round(INSIDE_S * rate_hz))


SOURCES: dict[str, Callable[[Rng, float, float, float], Samples]] = {"second": second_part, "sim": sim_part}


def _own_rng(seed: int, *names: str) -> Rng:
    return np.random.default_rng([seed, *"/".join(names).encode()])


def _row(table: str, cell: str, found: int, tries: int, command: str, seed: int, note: str) -> None:
    """Print a cell and write it into the page of figures."""
    low, high = interval(found, tries)
    print(f"{table:7s} {cell:26s} {found:4d} of {tries:4d}  {low:.3f} … {high:.3f}", flush=True)
    name = re.sub(r"[^a-z0-9]+", "_", cell.lower().replace("-", "m").replace(".", "p"))
    note += f", 95 % exact: {low:.3f} to {high:.3f}"
    record(f"rf_cameras.{table}_{name}", f"{found} of {tries}", "", command, seed=seed, note=note)


def print_rates(trials: int, seed: int, wanted: str) -> None:
    """Print and record the senders at line rates of their own."""
    command = f"{COMMAND} --tables rates --trials {trials} --seed {seed}"
    for raster, ppm in RATE_CELLS:
        for way in ("FM", "AM"):
            if wanted in (cell := f"{raster} {ppm:+.0f} ppm {way}"):
                rng = _own_rng(seed, "rates", cell)
                found = found_in_slices(rng, raster=raster, trials=trials, am=way == "AM", ppm=ppm)
                name = cell.replace("+", "")
                _row("rates", name, found, trials, command, seed, "0.2 s, 10 dB in the slice")


def print_wander(trials: int, seed: int, wanted: str) -> None:
    """Print and record the senders whose line rate wanders."""
    command = f"{COMMAND} --tables wander --trials {trials} --seed {seed}"
    for raster, drift_ppm in WANDER_CELLS:
        for way in ("FM", "AM"):
            if wanted in (cell := f"{raster} {drift_ppm:.0f} ppm {way}"):
                rng = _own_rng(seed, "wander", cell)
                found = found_in_slices(
                    rng, raster=raster, trials=trials, am=way == "AM", drift_ppm=drift_ppm
                )
                _row("wander", cell, found, trials, command, seed, "0.2 s, 10 dB in the slice")


def print_inside(looks: int, seed: int, wanted: str) -> None:
    """Print and record the senders wholly inside a recording, by rate, swing, source and ratio to noise."""
    command = f"{COMMAND} --tables inside --looks {looks} --seed {seed}"
    by_snr: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for source, make in SOURCES.items():
        for rate_hz, swing_hz in inside_cells():
            cell = f"{source} {rate_hz / 1e6:g} MS/s {swing_hz / 1e6:g} MHz"
            if wanted not in cell:
                continue
            rng, found = _own_rng(seed, "inside", cell), 0
            for _ in range(looks):
                room_hz = max(INSIDE_SHARE * rate_hz - swing_hz - 2 * SLOW_HZ, 0.0) / 2
                part = make(rng, rate_hz, swing_hz, rng.uniform(-room_hz, room_hz))
                for snr_db in INSIDE_SNRS_DB:
                    heard = hear(rng, part, snr_db=snr_db)
                    hit = shows_video(heard, rate_hz=rate_hz, center_hz=float(rng.choice(PLACES_HZ)))
                    found += hit
                    by_snr[f"{source} {snr_db:g} dB"][0] += hit
                    by_snr[f"{source} {snr_db:g} dB"][1] += 1
            tries = looks * len(INSIDE_SNRS_DB)
            _row("inside", cell, found, tries, command, seed, "0.12 s, 5, 10, 20 and 40 dB")
    for cell, (found, tries) in by_snr.items():
        _row("inside", cell, found, tries, command, seed, "0.12 s, all rates and swings")


def main(argv: list[str] | None = None) -> int:
    """Run the tables asked for and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tables", default="rates,wander,inside")
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--looks", type=int, default=1)
    parser.add_argument("--cells", default="", help="only those whose name holds this")
    parser.add_argument("--seed", type=int, default=23)
    args = parser.parse_args(argv)
    tables = args.tables.split(",")
    if "rates" in tables:
        print_rates(args.trials, args.seed, args.cells)
    if "wander" in tables:
        print_wander(args.trials, args.seed, args.cells)
    if "inside" in tables:
        print_inside(args.looks, args.seed, args.cells)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
