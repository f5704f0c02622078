"""How well the RF sensor finds video senders, and how often it cries wolf.

Method: truth by construction. Waveforms come from ``hw.sim`` (which imports no detector), are cut to one
2.4 MS/s slice at a random offset inside the signal, scaled to an in-slice signal-to-noise ratio over 2.4 MHz,
added to noise and quantised to eight bits like a dongle's. Pictures, crystals, deviations, offsets and phases
are drawn anew. Null slices are drawn in equal parts from every kind in ``NULLS``, at -10 … 30 dB; one in four
is clipped. A false alarm of the video test is any null slice called video, one of the COFDM test any null
slice called a COFDM link. Intervals are 95 % Clopper-Pearson.

Command: ``python -m tests.benchmarks.rf_quality --slices 100000 --trials 200 --json out/rf_quality.json``
(simulation; one core, about half an hour; ``--slices 2000 --trials 20`` for a glance, ``--kinds
"OOK bursts,DME"`` for some nulls or senders alone). The file is written after every row, so that a run cut
short is not lost; every kind draws from its own generator, so that kinds can be run apart.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from hw.sim import waveforms_ofdm as ofdm
from hw.sim import waveforms_other as other
from hw.sim import waveforms_video as video
from hw.sim.rf_loop import Loop, filtered_noise, make_loop, slice_loop
from hw.sim.sdr import quantise
from sweeper.ofdm import find_ofdm
from sweeper.spectrum import measure_spectrum
from sweeper.video import find_video
from tests.benchmarks.results import record
from tests.benchmarks.rf_second_source import supply_slice

RATE_HZ = 2.4e6
LINE_HZ = (15_625.0, 4.5e6 / 286)
# From 0.7 % below PAL's to 0.7 % above that of modules of 16 kHz: every rate a camera is searched at.
ALL_LINE_HZ = (15_515.0, 16_115.0)
FOLDS_PPM = (-100.0, -33.3, 0.0, 13.3, 33.3, 100.0)
NOISE_SAMPLES = 1 << 22
NOISE_LEVEL = 2.0 / 127.5  # two steps of the converter
DRAWS_A_LOOP = 60
COFDM_EVERY = 4  # its test is the slower one, and its target the less strict
SECOND_SNR_DB = 50.0  # of a supply of the second source in its loop: its own noise is under that of the slice
Rng = np.random.Generator
Samples = NDArray[np.complex64]


def _supply(rng: Rng, *, spread: float, folds: bool = False) -> Loop:
    """A supply whose switching rate is within ``spread`` of a line rate, with the mains' ripple on it.

    ``folds``: where harmonics that are folded back, at 300 kHz say, come to lie on multiples of a field.
    """
    line_hz = float(rng.choice(LINE_HZ)) * (1 + (float(rng.choice(FOLDS_PPM)) * 1e-6 if folds else 0.0))
    return _supply_at(rng, line_hz * (1 + rng.uniform(-spread, spread)))


def _supply_at(rng: Rng, switching_hz: float) -> Loop:
    """A supply of one switching rate, with the mains' ripple on it."""
    full_wave = rng.random() < 0.8
    mains_hz = float(rng.choice([50.0, 60.0]))
    return other.supply(
        rng,
        switching_hz=switching_hz,
        style=("noise", "ringing", "carrier")[rng.integers(3)],
        duty=rng.uniform(0.15, 0.6),
        ripple_hz=mains_hz * (2 if full_wave else 1),
        ripple_depth=rng.uniform(0, 0.3 if full_wave else 0.1),
    )


def _second_supply(rng: Rng, switching_hz: float) -> Loop:
    """A supply of `rf_second_source`, which may be spread, pull a carrier, or ring."""
    x = supply_slice(rng, switching_hz=switching_hz, rate_hz=RATE_HZ, seconds=0.2, snr_db=SECOND_SNR_DB)
    return make_loop(x, rate_hz=RATE_HZ)


NULLS: dict[str, Callable[[Rng], Loop | None]] = {
    "noise": lambda rng: None,
    "DECT": lambda rng: other.dect(rng, slots=int(rng.integers(1, 12))),
    "GSM beacon": other.gsm,
    "GSM bursts": lambda rng: other.gsm(rng, busy_slots=int(rng.integers(1, 8))),
    "LTE": lambda rng: ofdm.lte(rng, load=rng.uniform(0.1, 1.0)),
    "8-VSB": other.atsc,
    "DVB-T": lambda rng: ofdm.cofdm(rng, fft_size=8192, guard=float(rng.choice([1 / 4, 1 / 8, 1 / 32]))),
    "DAB": ofdm.dab,
    "TETRA": other.tetra,
    "FM broadcast": other.fm_broadcast,
    "OOK bursts": lambda rng: other.ook_bursts(rng, bit_s=float(rng.choice([1e-4, 2e-4, 4e-4, 1e-3]))),
    "ADS-B": lambda rng: other.adsb(rng, messages_a_s=rng.uniform(20, 2000)),
    "DME": other.dme,
    "carrier": other.carrier,
    "pulses near line rate": lambda rng: _supply(rng, spread=0.02),
    "supply at line rate": lambda rng: _supply(rng, spread=1e-4),
    "supply at worst rates": lambda rng: _supply(rng, spread=6e-6, folds=True),
    "supply at any line rate": lambda rng: _supply_at(rng, rng.uniform(*ALL_LINE_HZ)),
    "second supply at line rate": lambda rng: _second_supply(
        rng, float(rng.choice(LINE_HZ)) * (1 + rng.uniform(-1e-4, 1e-4))
    ),
    "second supply at any line rate": lambda rng: _second_supply(rng, rng.uniform(*ALL_LINE_HZ)),
}
RECORDED_NULLS = {
    "supply at line rate": ("rf.false_supply", "a supply within 100 ppm of a line rate"),
    "supply at worst rates": ("rf.false_supply_worst", "a supply at the worst rates there are"),
    "supply at any line rate": ("rf.false_supply_any", "a supply at any rate from 15,515 to 16,115 Hz"),
    "second supply at line rate": (
        "rf.false_second_supply",
        "the second source's, within 100 ppm of a line rate",
    ),
    "second supply at any line rate": (
        "rf.false_second_supply_any",
        "the second source's, 15,515 to 16,115 Hz",
    ),
}
RECORDED_S = 0.2
COMMAND = "python -m tests.benchmarks.rf_quality"
COFDM_NULLS = frozenset(NULLS) - {"DVB-T"}


def _fm(standard: video.StandardName) -> Callable[[Rng], Loop]:
    return lambda rng: video.fm_video(
        rng, standard=standard, deviation_hz=rng.uniform(3e6, 5e6), clock_ppm=rng.uniform(-100, 100)
    )


def _vsb(standard: video.StandardName) -> Callable[[Rng], Loop]:
    return lambda rng: video.vsb_video(rng, standard=standard, clock_ppm=rng.uniform(-100, 100))


def _link(rng: Rng) -> Loop:
    return ofdm.cofdm(
        rng,
        bandwidth_hz=float(rng.choice([2e6, 3e6, 5e6, 6e6, 7e6, 8e6])),
        fft_size=2048,
        guard=float(rng.choice([1 / 4, 1 / 8, 1 / 16, 1 / 32])),
    )


def _link_8k(rng: Rng) -> Loop:
    width_hz = float(rng.choice([5e6, 6e6, 7e6, 8e6]))
    return ofdm.cofdm(
        rng, bandwidth_hz=width_hz, fft_size=8192, guard=float(rng.choice([1 / 4, 1 / 8, 1 / 16, 1 / 32]))
    )


# name: maker, offsets of the slice's centre from the signal's (share of its half width), test
SENDERS: dict[str, tuple[Callable[[Rng], Loop], tuple[float, float], str]] = {
    "PAL FM": (_fm("pal"), (-4e6, 4e6), "video"),
    "NTSC FM": (_fm("ntsc"), (-4e6, 4e6), "video"),
    "PAL AM/VSB": (_vsb("pal"), (-1e6, 1e6), "video"),
    "NTSC AM/VSB": (_vsb("ntsc"), (-1e6, 1e6), "video"),
    "COFDM 2k": (_link, (-0.3e6, 0.3e6), "cofdm"),
    "COFDM 8k": (_link_8k, (-1e6, 1e6), "cofdm"),
}


class Air:
    """Noise that is drawn once and cut at random, and slices laid over it."""

    def __init__(self, rng: Rng) -> None:
        self._rng = rng
        self._noise = filtered_noise(rng, NOISE_SAMPLES)

    def hear(self, part: Samples | None, *, snr_db: float, seconds: float, clip: bool = False) -> Samples:
        """Return one quantised slice; ``part`` is one loop of the signal in it, None for noise alone."""
        rng, count = self._rng, round(seconds * RATE_HZ)
        start = int(rng.integers(NOISE_SAMPLES - count))
        turn = np.exp(2j * np.pi * rng.random()) * NOISE_LEVEL
        x = self._noise[start : start + count] * np.complex64(turn)
        if part is not None:
            power = float(np.vdot(part, part).real) / len(part)
            gain = np.float32(NOISE_LEVEL * 10 ** (snr_db / 20) / np.sqrt(max(power, 1e-12)))
            x += np.resize(np.roll(part, -int(rng.integers(len(part)))), count) * gain
        if clip:
            x *= np.float32(rng.uniform(1.0, 4.0) / np.sqrt(np.mean(np.abs(x) ** 2)))
        elif (rms := float(np.sqrt(np.mean(np.abs(x) ** 2)))) > 0.3:
            x *= np.float32(0.3 / rms)
        return quantise(x)[0]


def is_video(samples: Samples) -> bool:
    """Return whether a slice is called analog video."""
    spectrum = measure_spectrum(samples, center_hz=5e8, rate_hz=RATE_HZ)
    return find_video(samples, rate_hz=RATE_HZ, fine=spectrum.fine).is_video


def is_link(samples: Samples) -> bool:
    """Return whether a slice is called a COFDM signal."""
    spectrum = measure_spectrum(samples, center_hz=5e8, rate_hz=RATE_HZ)
    return find_ofdm(samples, spectrum).family == "cofdm"


def interval(hits: int, tries: int) -> tuple[float, float]:
    """Return the 95 % Clopper-Pearson interval of a rate."""
    low = scipy.stats.beta.ppf(0.025, hits, tries - hits + 1) if hits else 0.0
    high = scipy.stats.beta.ppf(0.975, hits + 1, tries - hits) if hits < tries else 1.0
    return float(low), float(high)


def _own_rng(seed: int, name: str) -> Rng:
    return np.random.default_rng([seed, *name.encode()])


def detection_table(
    seed: int, *, trials: int, snrs_db: tuple[float, ...], seconds: float, kinds: frozenset[str]
) -> Iterator[dict[str, object]]:
    """Yield one row a sender and ratio: hits of ``trials``."""
    for name, (make, (low, high), test) in SENDERS.items():
        if name not in kinds:
            continue
        rng = _own_rng(seed, name)
        air = Air(rng)
        hits = dict.fromkeys(snrs_db, 0)
        for i in range(trials):
            if i % 4 == 0:
                loop = make(rng)
            part = slice_loop(loop, offset_hz=rng.uniform(low, high), rate_hz=RATE_HZ)
            for snr_db in snrs_db:
                samples = air.hear(part, snr_db=snr_db, seconds=seconds)
                hits[snr_db] += is_video(samples) if test == "video" else is_link(samples)
        for snr_db, count in hits.items():
            low_rate, high_rate = interval(count, trials)
            row = {"sender": name, "seconds": seconds, "snr_db": snr_db, "trials": trials, "found": count}
            yield row | {"low": low_rate, "high": high_rate}


def false_alarms(
    seed: int, *, slices: int, kinds: frozenset[str], seconds: float = 0.2
) -> Iterator[dict[str, object]]:
    """Yield one row a kind of null: slices, called video, and of every fourth slice those called COFDM."""
    each = -(-slices // len(NULLS))
    for name, make in NULLS.items():
        if name not in kinds:
            continue
        rng = _own_rng(seed, name)
        air = Air(rng)
        counts = [0, 0]
        part: Samples | None = None
        for i in range(each):
            if i % DRAWS_A_LOOP == 0 and (loop := make(rng)) is not None:
                part = slice_loop(loop, offset_hz=rng.uniform(-0.8e6, 0.8e6), rate_hz=RATE_HZ)
            snr_db, clip = rng.uniform(-10, 30), rng.random() < 0.25
            samples = air.hear(part, snr_db=snr_db, seconds=seconds, clip=clip)
            counts[0] += is_video(samples)
            counts[1] += is_link(samples) if i % COFDM_EVERY == 0 else 0
        tried = -(-each // COFDM_EVERY)
        yield {"null": name, "slices": each, "video": counts[0], "cofdm_slices": tried, "cofdm": counts[1]}


def main(argv: list[str] | None = None) -> int:
    """Run both tables and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--slices", type=int, default=2000)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", help="names of nulls and senders, with commas; all if not given")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    began = time.monotonic()
    kinds = frozenset(args.kinds.split(",") if args.kinds else {**NULLS, **SENDERS})
    report = Report(args.json)
    if args.trials:
        print_detection(args.trials, args.seed, kinds, report)
    if args.slices:
        print_alarms(args.slices, args.seed, kinds, report)
    print(f"\n{time.monotonic() - began:.0f} s, seed {args.seed}; simulation, see the module's docstring")
    return 0


class Report:
    """The rows so far, written after each one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._rows: dict[str, list[dict[str, object]]] = {"detection": [], "false_alarms": []}

    def add(self, table: str, row: dict[str, object]) -> None:
        """Keep a row."""
        self._rows[table].append(row)
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(self._rows, indent=1))


def print_detection(trials: int, seed: int, kinds: frozenset[str], report: Report) -> None:
    """Print the table of detections."""
    print("sender        seconds  SNR dB   Pd     95 % interval")
    for seconds, snrs in ((0.2, (-16.0, -13.0, -10.0, -5.0)), (0.1, (-5.0, 0.0, 5.0))):
        for row in detection_table(seed, trials=trials, snrs_db=snrs, seconds=seconds, kinds=kinds):
            rate = int(str(row["found"])) / trials
            print(f"{row['sender']:12s} {seconds:7.1f} {row['snr_db']:7.0f}  {rate:6.3f}", end="")
            print(f"   {row['low']:.3f} … {row['high']:.3f}", flush=True)
            report.add("detection", row)
            record_found(row, rate, seed)


def record_found(row: Mapping[str, object], rate: float, seed: int) -> None:
    """Write a share found in 0.2 s into the page of figures, by sender and ratio of signal to noise."""
    if row["seconds"] != RECORDED_S:
        return
    ratio = f"{row['snr_db']:.0f}".replace("-", "m")
    sender = _key(str(row["sender"]).partition("/")[0])
    command = f"{COMMAND} --slices 0 --trials {row['trials']} --seed {seed}"
    note = f"{row['trials']} trials of 0.2 s, {row['snr_db']:.0f} dB".replace("-", "−")
    record(f"rf.found_{ratio}_db_{sender}", f"{rate:.2f}", "", command, seed=seed, note=note)


def _key(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", words.lower())


def record_alarms(rows: Sequence[Mapping[str, object]], slices: int, seed: int) -> None:
    """Write the false alarms of each null, and of all together, into the page of figures."""
    command = f"{COMMAND} --slices {slices} --trials 0 --seed {seed}"
    for row in rows:
        null, tries, found = str(row["null"]), int(str(row["slices"])), int(str(row["video"]))
        name, note = RECORDED_NULLS.get(null, (f"rf.false_{_key(null)}", null))
        note += f", 95 % exact: at most {interval(found, tries)[1]:.1e}"
        record(name, f"{found} of {tries:,}", "slices", command, seed=seed, note=note)
    if {row["null"] for row in rows} == set(NULLS):
        hits, total = (sum(int(str(row[key])) for row in rows) for key in ("video", "slices"))
        note = f"every kind of null, 95 % exact: at most {interval(hits, total)[1]:.1e}"
        record("rf.false_video", f"{hits} of {total:,}", "slices", command, seed=seed, note=note)


def print_alarms(slices: int, seed: int, kinds: frozenset[str], report: Report) -> None:
    """Print the table of false alarms."""
    print("\nnull kind               slices   video  slices   COFDM")
    rows = []
    for row in false_alarms(seed, slices=slices, kinds=kinds):
        print(f"{row['null']:22s} {row['slices']:7d} {row['video']:7d}", end="")
        print(f" {row['cofdm_slices']:7d} {row['cofdm']:7d}", flush=True)
        rows.append(row)
        report.add("false_alarms", row)
    record_alarms(rows, slices, seed)
    total = sum(int(str(r["slices"])) for r in rows)
    alarms = sum(int(str(r["video"])) for r in rows)
    link_rows = [r for r in rows if r["null"] in COFDM_NULLS]
    link_total, links = (sum(int(str(r[k])) for r in link_rows) for k in ("cofdm_slices", "cofdm"))
    for word, hits, tries in (("video", alarms, total), ("COFDM", links, link_total)):
        if tries:
            print(
                f"{word}: {hits} in {tries}, rate {hits / tries:.1e}, at most {interval(hits, tries)[1]:.1e}"
            )


if __name__ == "__main__":
    raise SystemExit(main())
