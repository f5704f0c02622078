"""How fast the RF sensor is: MS/s through each stage and through the whole chain, on one core.

Method: one 0.2 s slice of noise and one with PAL FM video at 10 dB, eight bits, 2.4 MS/s; the best of
``--repeat`` runs of each stage (CPU time of this process, one thread). ``welch`` is scipy's own averaged
periodogram of the same samples with the same number of bins, for comparison. A whole sweep through blocks
taken beforehand comes first. The memory of an hour is `rf_memory`; a sweep against Debian's ``rtl_power`` is
`rf_against_rtl_power`.

Command: ``OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.rf_speed`` (simulation; half a minute on an idle
core; the commands set one thread themselves).
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from hw.sim.rf_loop import filtered_noise, slice_loop
from hw.sim.sdr import quantise
from hw.sim.waveforms_video import fm_video
from hw.types import Counts, DeviceHealth, DeviceInfo, IqBlock
from sweeper.config import SweeperConfig
from sweeper.detect import detect
from sweeper.ofdm import find_ofdm
from sweeper.spectrum import BINS, measure_spectrum
from sweeper.sweeper import Sweeper
from sweeper.video import find_video
from tests.benchmarks.results import record

RATE_HZ = 2.4e6
SECONDS = 0.2
LOOK_S = 0.126  # a patient sweep: five times the usual look
FULL_HOPS = 871
Samples = NDArray[np.complex64]


def make_slice(*, with_video: bool) -> Samples:
    """Return one quantised slice."""
    rng = np.random.default_rng(3)
    x = filtered_noise(rng, round(SECONDS * RATE_HZ)) * np.float32(0.02)
    if with_video:
        x += slice_loop(fm_video(rng), offset_hz=1e6, rate_hz=RATE_HZ) * np.float32(0.06)
    return quantise(x)[0]


def best_s(work: Callable[[], object], repeat: int) -> float:
    """Return the least CPU time of one run."""
    work()
    times = []
    for _ in range(repeat):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def stages(samples: Samples) -> dict[str, Callable[[], object]]:
    """Name every stage of the chain for these samples."""
    spectrum = measure_spectrum(samples, center_hz=5e8, rate_hz=RATE_HZ)
    return {
        "spectrum": lambda: measure_spectrum(samples, center_hz=5e8, rate_hz=RATE_HZ),
        "detect": lambda: detect(spectrum, pfa=1e-7),
        "video": lambda: find_video(samples, rate_hz=RATE_HZ, fine=spectrum.fine),
        "cofdm, nothing wide": lambda: find_ofdm(samples, spectrum, thorough=False),
        "cofdm, thorough": lambda: find_ofdm(samples, spectrum),
        "scipy welch": lambda: scipy.signal.welch(samples, nperseg=BINS, return_onesided=False),
    }


class Tape:
    """A receiver that hands out one block again and again, tuned where it was asked to be."""

    tunable = True
    rate_hz = RATE_HZ

    def __init__(self, samples: Samples) -> None:
        self._samples, self._center_hz, self._t_ns = samples, 0.0, 0

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None:
        self._center_hz = center_hz

    def read(self, *, count: int) -> IqBlock:
        self._t_ns += round(count * 1e9 / RATE_HZ)
        return IqBlock(
            t_ns=self._t_ns,
            center_hz=self._center_hz,
            rate_hz=RATE_HZ,
            gain_db=29.7,
            samples=self._samples[:count],
            clipped_share=0.0,
        )

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="sdr", backend="sim", name="tape")

    def health(self) -> DeviceHealth:
        return DeviceHealth(ok=True)

    def close(self) -> None: ...
    def __enter__(self) -> Tape:
        return self

    def __exit__(self, *exc: object) -> None: ...


class Stopped:
    """A clock that is never asked."""

    def now_ns(self) -> int:
        return 0

    def sleep_until(self, t_ns: int) -> None: ...


def full_sweep(samples: Samples) -> tuple[float, float, Counts]:
    """Sweep 24–1766 MHz once; return CPU seconds, seconds of signal and the counts."""
    config = SweeperConfig(plan="full", look_s=LOOK_S)
    sweeper = Sweeper(sdr=Tape(samples), clock=Stopped(), config=config)
    began = time.process_time()
    for _ in range(FULL_HOPS):
        sweeper.step()
    return time.process_time() - began, FULL_HOPS * LOOK_S, sweeper.counts()


def main(argv: list[str] | None = None) -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeat", type=int, default=15)
    args = parser.parse_args(argv)
    noise = make_slice(with_video=False)
    cpu_s, signal_s, counts = full_sweep(noise)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"full sweep: {counts.read} hops, {signal_s:.0f} s of signal, {cpu_s:.1f} s CPU", end="")
    print(f", {signal_s / cpu_s:.0f} x real time; peak memory of this process {peak_mb:.0f} MB\n")
    print("slice   stage                   ms  x real time     MS/s")
    for name, with_video in (("noise", False), ("video", True)):
        samples = make_slice(with_video=with_video)
        spent = {stage: best_s(work, args.repeat) for stage, work in stages(samples).items()}
        chain = ("spectrum", "detect", "video", "cofdm, nothing wide")
        spent["whole chain"] = sum(spent[s] for s in chain)
        command = "OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.rf_speed"
        record(f"rf.{name}_real_time", f"{SECONDS / spent['whole chain']:.0f}", "× real time", command)
        for stage, seconds in spent.items():
            real, rate = SECONDS / seconds, len(samples) / seconds / 1e6
            print(f"{name:7s} {stage:20s} {seconds * 1e3:7.2f} {real:10.0f} {rate:10.0f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
